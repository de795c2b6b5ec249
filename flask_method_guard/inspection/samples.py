"""Sample URLs: one for each rule of a URL map.

This module knows the router's rules and converters, and no app and no request. A
value is made from the converter that will read it, and the router is asked whether
the URL reaches its rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any
from urllib.parse import unquote

from werkzeug.routing import (
    AnyConverter,
    BaseConverter,
    MapAdapter,
    Rule,
    ValidationError,
)
from werkzeug.routing.converters import NumberConverter

from ..urlmap import ask
from .rules import rule_text

# Werkzeug's own grammar of a variable, in its documented form <converter(args):name>.
RULE_VARIABLE = re.compile(
    r"<(?:[a-zA-Z_]\w*(?:\(.*?\))?:)?(?P<name>[a-zA-Z_]\w*)>", re.ASCII
)

#: A converter may ask a database: it is asked no more often than this.
_ATTEMPTS = 12

#: How many URLs of one rule are tried before one that another rule matches will do.
_CHOICES = 3

#: What a converter may read, the most likely first. Some ask for a slash at either end.
_TEXTS = (
    *("1", "2", "sample", "en", "1.5", "-1", "2026-01-31"),
    *("00000000-0000-4000-8000-000000000000", "sample/path", "sample-1"),
    *("/sample", "sample/", "/sample/", "/1", "1/", "/1/"),
    *(char * length for length in range(2, 257) for char in "1aA"),
)


class NoSampleError(LookupError):
    """No URL can be made for a rule.

    :param problem: names the rule and says why.
    :param advice: what to do where samples can be given.
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.problem} {self.advice}".rstrip()


@dataclass(frozen=True)
class SampleUrl:
    """A URL that stands for one rule."""

    rule: str
    endpoint: str
    host: str
    #: As the rule builds it.
    path: str

    def __str__(self) -> str:
        return self.path if self.rule.startswith("/") else f"{self.host}{self.path}"


def sample_url(rule: Rule, server_name: str, given: Mapping[str, object]) -> SampleUrl:
    """Make a URL for a rule.

    :param rule: a rule that is bound to a map.
    :param server_name: the host, without the subdomain.
    :param given: values for arguments, as :func:`flask.url_for` takes them.
    :return: of the URLs that were tried, the first that reaches the rule with the most
        of its methods.
    :raises NoSampleError: if there is no value for an argument.
    """
    # Private, but nothing public tells which converters a rule was bound with.
    converters = getattr(rule, "_converters", {})
    choices = {
        name: [given[name]] if name in given else _values(rule, name, converter)
        for name, converter in converters.items()
        if name not in (rule.defaults or {})
    }
    found: list[tuple[int, SampleUrl]] = []
    for number in range(_CHOICES):
        values = {name: c[min(number, len(c) - 1)] for name, c in choices.items()}
        adapter, path = _build(rule, values, server_name)
        host = adapter.get_host(None)
        sample = SampleUrl(rule_text(rule), rule.endpoint, host, path)
        methods = rule.methods or {"GET"}
        reached = [ask(adapter, method).rule is rule for method in methods]
        if all(reached):
            return sample
        found.append((sum(reached), sample))
    return max(found, key=itemgetter(0))[1]


def _values(rule: Rule, name: str, converter: BaseConverter) -> list[Any]:
    """Find a few values that a converter reads from a URL."""
    own: list[str] = []
    if isinstance(converter, AnyConverter):
        own = sorted(converter.items)
    elif isinstance(converter, NumberConverter):
        bounds = (1, 2, converter.min, converter.max)
        own = [converter.to_url(bound) for bound in bounds if bound is not None]
    pattern = re.compile(converter.regex)
    fitting = filter(pattern.fullmatch, dict.fromkeys((*own, *_TEXTS)))
    found = []
    trouble = ""
    for text in islice(fitting, _ATTEMPTS):
        try:
            found.append(converter.to_python(text))
        except ValidationError:
            continue
        except Exception as error:  # noqa: BLE001
            # A converter of the app may ask for what is not there.
            trouble = f", which raised {error!r} for {text!r}"
    if not found:
        raise NoSampleError(
            f"{rule_text(rule)} (endpoint {rule.endpoint!r}): no value was found for"
            f" <{name}> (converter: {type(converter).__name__}{trouble}).",
            f"Give samples={{{name!r}: …}}.",
        )
    return found


def _build(
    rule: Rule, values: Mapping[str, object], server_name: str
) -> tuple[MapAdapter, str]:
    """Make a URL: its path, and an adapter that asks the router about it."""
    try:
        built = rule.build(values, append_unknown=False)
        if built is None:
            raise ValidationError("the converter rejects the value")
    except Exception as error:
        raise NoSampleError(
            f"{rule_text(rule)} (endpoint {rule.endpoint!r}): no URL can be built from"
            f" {dict(values)!r}: {error!r}.",
            "Give other values in samples=….",
        ) from error
    domain, path = built
    if rule.map.host_matching:
        return rule.map.bind(domain or server_name, path_info=unquote(path)), path
    adapter = rule.map.bind(server_name, subdomain=domain, path_info=unquote(path))
    return adapter, path
