"""The rules of one URL map: what they say together, read once for many requests.

They say where the router's own list of methods is exact; see :mod:`.urlmap`. A rule
affects only the URLs that its pattern matches. These have the rule's first path
segment, and no other URL pays for such a rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import (
    BaseConverter,
    FloatConverter,
    IntegerConverter,
    Map,
    MapAdapter,
    Rule,
    UUIDConverter,
)

_T = TypeVar("_T")

# Python can be configured to reject integers of more than 640 digits, but the limit
# cannot be lower. So an integer converter may reject a longer URL.
_MAX_DIGITS = 640


class Rules(NamedTuple):
    """What the rules of one URL map say together."""

    #: The methods that any rule declares, tokens or not.
    declared: frozenset[str]
    #: For each of these methods, the name of its group: methods that the same rules
    #: declare. The router treats the methods of a group alike at every URL.
    alike: Mapping[str, str]
    #: Whether some rule has no methods, and so accepts every method.
    any_method: bool
    #: The methods of the rules that may reject a URL that matches their pattern, by the
    #: first path segment of these rules. Under ``None``, those of the rules that begin
    #: with a variable, which every other entry contains, too.
    doubtful: Mapping[str | None, frozenset[str]]
    #: The paths that lack only the slash of a rule without variables.
    static_branches: frozenset[str]
    #: How many slashes the URLs of the other rules that end in one have, in the same
    #: order. Only at such a URL can a slash be missing. ``None``: any number.
    branches: Mapping[str | None, frozenset[int | None]]

    @classmethod
    def read(cls, url_map: Map) -> Rules:
        """Read the rules of a map, without failing on any of them.

        :param url_map: the map; its rules are bound.
        :return: what they say.
        """
        # The other rules only build URLs; no request reaches them.
        rules = [rule for rule in url_map.iter_rules() if not rule.build_only]
        method_sets = {_named(rule) for rule in rules if rule.methods is not None}
        branches = [r for r in rules if r.rule.endswith("/") and r.rule != "/"]
        return cls(
            declared=frozenset().union(*method_sets),
            alike=_alike(method_sets),
            any_method=any(rule.methods is None for rule in rules),
            doubtful=_by_segment(
                (rule, rule.methods or ()) for rule in rules if _may_reject(rule)
            ),
            static_branches=frozenset(
                rule.rule[:-1] for rule in branches if _is_static(rule)
            ),
            branches=_by_segment(
                (rule, [_slashes(rule)]) for rule in branches if not _is_static(rule)
            ),
        )

    def knows(self, rule: Rule | None, error: Exception | None) -> bool:
        """Return whether the methods that the router showed for a request were read.

        :param rule: the rule that it found.
        :param error: what it raised instead.
        """
        shown: Iterable[str] | None = ()
        if rule is not None:
            shown = rule.methods
        elif isinstance(error, MethodNotAllowed):
            shown = error.valid_methods or ()
        return self.any_method if shown is None else self.declared.issuperset(shown)

    def is_list_complete(self, adapter: MapAdapter, *methods: str) -> bool:
        """Return whether the router's list names just the methods that dispatch.

        :param adapter: the map bound to the URL.
        :param methods: the method that was asked about, and those that are listed.
        """
        doubtful = self.doubtful_at(adapter)
        return (
            doubtful is not None
            and doubtful.isdisjoint(methods)
            and not self.may_lack_slash(adapter)
        )

    def doubtful_at(self, adapter: MapAdapter) -> frozenset[str] | None:
        """Return the doubtful methods of a URL; ``None`` if every method is."""
        path = adapter.path_info
        length = len(path) + len(adapter.server_name) + len(adapter.subdomain or "")
        if (
            self.any_method
            or length > _MAX_DIGITS
            or "//" in path  # which the router may merge into one slash
            or adapter.websocket  # which rules for other requests reject
            or type(adapter) is not MapAdapter  # which may do anything
        ):
            return None
        return _at(self.doubtful, path)

    def may_lack_slash(self, adapter: MapAdapter) -> bool:
        """Return whether a rule may match the URL with one more slash at its end."""
        path = adapter.path_info
        if path[:1] != "/" or path in self.static_branches:
            return True  # an app that is mounted can have an empty path
        slashes = _at(self.branches, path)
        return bool(slashes) and (
            None in slashes or (path[-1] != "/" and path.count("/") + 1 in slashes)
        )


def _alike(method_sets: Collection[frozenset[str]]) -> dict[str, str]:
    """Return :attr:`Rules.alike`."""
    first: dict[tuple[bool, ...], str] = {}
    return {
        method: first.setdefault(tuple(method in each for each in method_sets), method)
        for method in sorted(frozenset().union(*method_sets))
    }


def _named(rule: Any) -> frozenset[str]:
    """Return the methods of a rule, without names of other types than text."""
    return frozenset(method for method in rule.methods if isinstance(method, str))


def _first_segment(path: str) -> str:
    return path.lstrip("/").partition("/")[0]


def _is_static(rule: Rule) -> bool:
    """Return whether only one path matches a rule: no variable, nothing to merge."""
    return "<" not in rule.rule and "//" not in rule.rule


def _by_segment(
    found: Iterable[tuple[Rule, Iterable[_T]]],
) -> dict[str | None, frozenset[_T]]:
    """Collect values of rules by the first path segment of each rule."""
    places: dict[str | None, set[_T]] = {None: set()}
    for rule, values in found:
        segment = _first_segment(rule.rule)
        key = None if "<" in segment else segment
        places.setdefault(key, set()).update(values)
    return {key: frozenset(values | places[None]) for key, values in places.items()}


def _at(places: Mapping[str | None, frozenset[_T]], path: str) -> frozenset[_T]:
    """Return what :func:`_by_segment` collected for a path."""
    anywhere = places[None]
    return anywhere if len(places) == 1 else places.get(_first_segment(path), anywhere)


#: A variable of a rule, if its arguments contain nothing that looks like a rule.
_VARIABLE = "<[^</>]*>"


def _slashes(rule: Rule) -> int | None:
    """Return how many slashes each URL of a rule has; ``None`` if that differs."""
    text = re.sub(_VARIABLE, "x", rule.rule)
    if "<" in text or "//" in text:
        return None
    try:
        converters = _converters(rule)
        if not all(c.part_isolating and not _may_be_empty(c) for c in converters):
            return None
    except Exception:  # noqa: BLE001 -- a converter can be anything
        return None
    return text.count("/")


def _may_reject(rule: Rule) -> bool:
    """Return whether a rule may reject a URL that matches its pattern."""
    if rule.websocket or callable(rule.redirect_to):
        return True
    try:
        return not all(_is_total(converter) for converter in _converters(rule))
    except Exception:  # noqa: BLE001 -- a converter can be anything
        return True


def _converters(rule: Rule) -> Iterable[BaseConverter]:
    # Private, but nothing public tells which converters a rule was bound with:
    # map.converters may have changed since, and rules can have their own.
    return rule._converters.values()  # noqa: SLF001


def _may_be_empty(converter: BaseConverter) -> bool:
    """Return whether a converter matches nothing at all.

    Whether a segment is there then depends on slashes.
    """
    return re.fullmatch(converter.regex, "") is not None


def _is_total(converter: Any) -> bool:
    """Return whether a converter accepts every value that its pattern matches.

    Its function decides, not its class, since a class inherits also from one that
    rejects values.
    """
    convert = getattr(converter.to_python, "__func__", None)
    if _may_be_empty(converter):
        return False
    if convert is IntegerConverter.to_python:
        # A class of its own can set limits, a pattern and a type of number.
        has_limits = (converter.min, converter.max) != (None, None)
        return not (has_limits or converter.fixed_digits) and any(
            converter.num_convert is known.num_convert
            and converter.regex in (known.regex, f"-?{known.regex}")
            for known in (IntegerConverter, FloatConverter)
        )
    if convert is UUIDConverter.to_python:
        return bool(converter.regex == UUIDConverter.regex)
    return convert is BaseConverter.to_python
