"""Configuration: the ``METHOD_GUARD_*`` keys, read once, checked together.

This module knows no app: it takes any mapping. The keys, their defaults and
their documentation are the fields of :class:`Settings`, and nowhere else.
"""

from __future__ import annotations

import difflib
import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from .decision import REQUIRED_METHODS, SupportedSetting
from .deprecation import (
    GIVE,
    Deprecation,
    check_method,
    given_twice,
    read_deprecation,
)
from .links import check_url

PREFIX = "METHOD_GUARD_"

#: The media types that an answer can have, in the default order.
MEDIA_TYPES = (
    "application/problem+json",
    "application/json",
    "text/html",
    "text/plain",
)

#: What a template in ``METHOD_GUARD_DOCS_URL`` may name.
DOCS_URL_FIELDS = ("endpoint", "method", "reason", "status")


class ConfigError(ValueError):
    """The configuration is refused; nothing was registered on the app.

    :param problems: one text a problem: the key, the value and the mend.
    """

    def __init__(self, problems: Collection[str]) -> None:
        #: One text a problem.
        self.problems = tuple(problems)
        super().__init__(
            "The configuration of the method guard is refused:"
            + "".join(f"\n- {problem}" for problem in self.problems)
        )

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[str, ...]]]:
        # The default would hand the finished text to __init__.
        return type(self), (self.problems,)


def _supported_methods(value: object) -> SupportedSetting:
    mend = (
        "Give a list of methods, a comma-separated string, 'routes' or '*';"
        " leave it unset for the default"
    )
    if isinstance(value, str):
        word = value.strip()
        if word == "*":
            return "*"
        if word.lower() == "routes":
            return "routes"
        value = [part.strip() for part in word.split(",")] if word else None
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise TypeError(mend)
    if "*" in value or "routes" in value:
        raise ValueError(f"'*' and 'routes' stand alone, not in a list. {mend}")
    return frozenset(check_method(method) for method in value) | REQUIRED_METHODS


def _flag(value: object) -> bool:
    # An environment variable gives 1, "on" or "True" where it means True.
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    found = words.get(str(value).strip().lower())
    if found is None or not isinstance(value, (bool, int, str)):
        raise ValueError("Give True or False")
    return found


def _docs_url(value: object) -> str | Callable[..., object]:
    if callable(value):
        return value
    text = check_url(value)
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text)]
    except ValueError as error:
        raise ValueError(
            f"{error}: the braces do not match; write a literal one twice, '{{{{'"
        ) from None
    for name in names:
        if name is not None and name not in DOCS_URL_FIELDS:
            close = difflib.get_close_matches(name, DOCS_URL_FIELDS, 1)
            hint = f"Did you mean {{{close[0]}}}? " if close else ""
            raise ValueError(
                f"The template names {{{name}}}. {hint}It may name "
                + ", ".join(f"{{{known}}}" for known in DOCS_URL_FIELDS)
            )
    text.format(**dict.fromkeys(DOCS_URL_FIELDS, ""))  # finds a bad format spec
    return text


def _error_formats(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    known = ", ".join(MEDIA_TYPES)
    if not isinstance(value, (list, tuple)) or not value:
        raise TypeError(f"Give a list of one or more of {known}")
    for media_type in value:
        if media_type not in MEDIA_TYPES:
            close = difflib.get_close_matches(str(media_type), MEDIA_TYPES, 1, 0.3)
            hint = f"Did you mean {close[0]!r}? " if close else ""
            raise ValueError(f"{media_type!r} is not known. {hint}Known: {known}")
    return tuple(dict.fromkeys(value))


def _drain_limit(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("Give a number of bytes, 0 or more; 0 never reads")
    return value


def _deprecated_methods(value: object) -> Mapping[str, Deprecation]:
    if not isinstance(value, Mapping):
        raise TypeError("Give a mapping of methods to mappings")
    found: dict[str, Deprecation] = {}
    told: list[str] = []
    for name, values in value.items():
        try:
            method = check_method(name)
            if method in found:
                told.append(given_twice(name))
        except (TypeError, ValueError) as error:
            method = str(name)
            told.append(str(error))
        if isinstance(values, Mapping):
            found[method], problems = read_deprecation(values)
            told += [f"{method}: {problem}" for problem in problems]
        else:
            told.append(f"{method}: {values!r} is no mapping. {GIVE}")
    if told:
        raise ConfigError(told)
    return found


def _setting(
    default: Any, read: Callable[[object], object], kind: str, doc: str
) -> Any:
    """Describe one key: its default, its reader, and its text in the docs."""
    # A factory, for dataclasses refuse a mapping as a default.
    return field(
        default_factory=lambda: default,
        metadata={"read": read, "type": kind, "doc": doc},
    )


@dataclass(frozen=True)
class Settings:
    """The settings of one app, as read in ``init_app``."""

    supported_methods: SupportedSetting = _setting(
        None,
        _supported_methods,
        'list of methods, comma-separated string, `"routes"` or `"*"`',
        "The methods that are not answered with 501. Unset: the seven of"
        " `DEFAULT_METHODS` and every method that a route declares, so that a"
        " route for PROPFIND makes PROPFIND known with no configuration. A list:"
        " exactly these and GET and HEAD, and a routed method outside of it is"
        ' 501, for the operator\'s word beats the routes. `"routes"`: only what the'
        ' routes declare, and GET and HEAD. `"*"`: every method is known and'
        " nothing is 501, for those whose load balancer ejects hosts on 5xx.",
    )
    case_sensitive: bool = _setting(
        True,
        _flag,
        "bool",
        "Whether `get` is another method than `GET`. True by default, for methods"
        " are case-sensitive (RFC 9110 §9.1). False takes a method for what Flask"
        " takes it for: upper-cased.",
    )
    reject_early: bool = _setting(
        False,
        _flag,
        "bool",
        "Whether a rejection is raised at once, before the `before_request`"
        " functions that were registered after the guard's, authentication above"
        " all. False by default, for such functions come in pairs with"
        " `after_request` functions that count on them.",
    )
    docs_url: str | Callable[..., object] | None = _setting(
        None,
        _docs_url,
        "URL, template or callable",
        "The documentation that a rejection links to, in its body and as"
        ' `Link: <…>; rel="help"`. A template may name `{endpoint}`, `{method}`,'
        " `{reason}` and `{status}`; a callable is given the exception and returns"
        " a URL or `None`. Unset by default: there is no link to guess.",
    )
    error_formats: tuple[str, ...] = _setting(
        MEDIA_TYPES,
        _error_formats,
        "list of media types",
        "The formats of a rejection's body, negotiated by `Accept`. The first one"
        " answers a client that names none, or none of these. Problem details"
        " (RFC 9457) come first by default, for they are the standard and most"
        " clients that name no format are programs.",
    )
    drain_limit: int = _setting(
        1024 * 1024,
        _drain_limit,
        "int",
        "How many bytes of request body are read and dropped before a rejection,"
        " so that the answer arrives: a server that closes on unread bytes loses"
        " it. A longer body is not read at all. 1 MiB by default, which is nginx's"
        " own `client_max_body_size`; 0 never reads.",
    )
    deprecated_methods: Mapping[str, Deprecation] = _setting(
        MappingProxyType({}),
        _deprecated_methods,
        "mapping of methods to mappings",
        "Methods that are deprecated in the whole app, each with `since`, `sunset`,"
        " `link` and `notice`. The first two are dates or times, as ISO 8601 text or as"
        " objects, in UTC unless they say otherwise. The names may be in either case,"
        " so `…_DEPRECATED_METHODS__PUT__SINCE` is fine as an environment variable."
        " What `@deprecated_methods` says of a view comes first. Empty by default.",
    )
    enforce_sunset: bool = _setting(
        False,
        _flag,
        "bool",
        "Whether a deprecated method is refused with 405 from its sunset on. False"
        " by default: a date that was written down long ago should not stop"
        " anything by itself.",
    )

    @classmethod
    def from_mapping(cls, config: Mapping[Any, object]) -> Settings:
        """Read the ``METHOD_GUARD_*`` keys of a configuration.

        A key whose value is ``None`` is unset.

        :param config: the configuration, such as :attr:`flask.Flask.config`.
        :return: the settings.
        :raises ConfigError: that names every problem at once.
        """
        known = {item.name.upper(): item for item in fields(cls)}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for key, value in config.items():
            if not isinstance(key, str) or not key.startswith(PREFIX):
                continue
            name = key.removeprefix(PREFIX)
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                hint = f"Did you mean {PREFIX}{close[0]}?" if close else "Remove it."
                problems.append(f"{key} is {value!r}, and is no known key. {hint}")
            elif value is not None:
                item = known[name]
                try:
                    values[item.name] = item.metadata["read"](value)
                except ConfigError as error:
                    problems += [f"{key}: {problem}" for problem in error.problems]
                except (TypeError, ValueError) as error:
                    mend = str(error).removesuffix(".")
                    problems.append(f"{key} is {value!r}. {mend}.")
        if problems:
            raise ConfigError(problems)
        return cls(**values)
