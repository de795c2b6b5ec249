"""The URL map: what the app supports, and what dispatches at one URL.

All that this project knows of Werkzeug's router stands here, and nothing of a
request. The router's own list of valid methods promises methods whose converter
refuses the value, and hides those of a rule with an optional slash: it is used
where neither can be, and elsewhere the router is asked, method by method.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from sys import maxsize
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    AnyConverter,
    FloatConverter,
    IntegerConverter,
    Map,
    MapAdapter,
    PathConverter,
    RequestRedirect,
    Rule,
    UnicodeConverter,
    UUIDConverter,
)

from .decision import DEFAULT_METHODS, REQUIRED_METHODS, Routing, SupportedSetting

# What is between "<" and ":" in a rule: a converter's name and its arguments.
_CONVERTER = re.compile(r"<\s*([A-Za-z_]\w*)\s*([(:])")
# A slash in a converter's arguments is none of the path's.
_SLASH_IN_ARGUMENTS = re.compile(r"\([^<>]*/[^<>]*>")
# Each matches within one segment of a path …
_ONE_SEGMENT = {
    *(UnicodeConverter, AnyConverter, UUIDConverter),
    *(IntegerConverter, FloatConverter),
}
# … and each takes every value that its pattern matches, a number without arguments.
_TAKES_ALL = {UnicodeConverter, PathConverter, AnyConverter, UUIDConverter}
_TAKES_ALL_PLAIN = _TAKES_ALL | {IntegerConverter, FloatConverter}

# Python may be told to refuse a number of more digits than this, and of no fewer.
_MAX_DIGITS = 640

# No method that a rule can have is no token.
_NO_METHOD = " "


@dataclass(frozen=True, eq=False)
class MethodIndex:
    """What the rules of one URL map say about methods, all together."""

    url_map: Map
    #: How many rules the map had when they were read.
    size: int
    #: The methods that any rule declares.
    declared: frozenset[str]
    #: The methods that the app supports, by name.
    named: frozenset[str]
    #: The same, sorted, for people.
    supported_names: tuple[str, ...]
    #: Whether every token is supported, named or not.
    everything: bool
    #: The named methods, in groups that no rule tells apart.
    groups: tuple[tuple[str, ...], ...]
    #: Whether the router's own list of methods is exact but for optional slashes:
    #: no converter refuses a value, no rule is for WebSocket, and so on.
    plain: bool
    #: Tells of a path whether a rule may match it with one slash more, whose methods
    #: the router then does not list. ``False`` only if none does.
    may_lack_slash: Callable[[str], bool]
    #: Tells of a path whether a 404 of the router may hide a method that dispatches.
    #: ``False`` only if it does not.
    may_hide: Callable[[str], bool]

    @classmethod
    def read(cls, url_map: Map, setting: SupportedSetting) -> MethodIndex:
        """Read the rules once.

        :param url_map: the app's URL map.
        :param setting: ``METHOD_GUARD_SUPPORTED_METHODS``, as the settings have it.
        :return: the index.
        """
        every_rule = list(url_map.iter_rules())
        # The others only build URLs; nothing is ever sent to them.
        rules = [rule for rule in every_rule if not rule.build_only]
        method_sets = {frozenset(r.methods) for r in rules if r.methods is not None}
        declared = frozenset().union(*method_sets)
        if isinstance(setting, frozenset):
            named, everything = setting, False
        else:
            # A rule without methods takes every method.
            everything = setting == "*" or any(r.methods is None for r in rules)
            named = REQUIRED_METHODS | declared
            if everything or setting != "routes":
                named |= frozenset(DEFAULT_METHODS)
        plain = all(_is_plain(rule) for rule in rules)
        may_lack_slash = _slash_test(rule for rule in rules if not rule.is_leaf)
        return cls(
            url_map=url_map,
            size=len(every_rule),
            declared=declared,
            named=named,
            supported_names=tuple(sorted(named)),
            everything=everything,
            groups=_groups(named, method_sets),
            plain=plain,
            may_lack_slash=may_lack_slash,
            may_hide=may_lack_slash if plain else lambda path: True,
        )

    def is_current(self, url_map: Map) -> bool:
        """Tell whether the map still is the one that was read.

        Rules can be added to a map, not taken away. They are counted, which takes
        Werkzeug a walk over all of them: no public attribute has the number.
        """
        return url_map is self.url_map and self.size == len([*url_map.iter_rules()])

    def is_plain_at(self, path: str) -> bool:
        """Tell whether the router's own list is :attr:`plain` for a path, too.

        :param path: the path of the request.
        """
        return self.plain and len(path) <= _MAX_DIGITS

    def supports(self, method: str) -> bool:
        """Tell whether the app supports ``method`` on any resource.

        Follows RFC 9110 §9.1.
        """
        return self.everything or method in self.named


def _slash_test(branches: Iterable[Rule]) -> Callable[[str], bool]:
    """Make :attr:`MethodIndex.may_lack_slash`.

    :param branches: the rules that end in a slash.
    """
    # The texts of those without converters, less that slash …
    static = set()
    # … and how many slashes each of the others has, if that is a fixed number.
    counts, anywhere = set(), False
    for rule in branches:
        used = {name for name, _ in _CONVERTER.findall(rule.rule)} | {"default"}
        if "//" in rule.rule:
            anywhere = True  # the router may take several slashes for one
        elif not rule.arguments:
            static.add(rule.rule[:-1])
        elif _SLASH_IN_ARGUMENTS.search(rule.rule) or not (
            {rule.map.converters[name] for name in used} <= _ONE_SEGMENT
        ):
            anywhere = True
        else:
            counts.add(rule.rule.count("/"))
    depths: Container[int] = range(maxsize) if anywhere else counts

    # A function of plain variables: it is asked at every 404.
    def may_lack_slash(path: str) -> bool:
        return (
            path in static
            or path.count("/") + 1 in depths
            or "//" in path  # several in a row may count as one
            or len(path) > _MAX_DIGITS  # too long to tell: a number may be refused
        )

    return may_lack_slash


def _is_plain(rule: Rule) -> bool:
    """Tell whether the router serves whatever it lists for a rule."""
    if rule.methods is None or rule.websocket or rule.merge_slashes is False:
        return False
    if type(rule).get_converter is not Rule.get_converter:
        return False  # the names may stand for other converters than the map's
    converters = rule.map.converters
    text = f"{rule.host or rule.subdomain or ''}{rule.rule}"
    return converters["default"] in _TAKES_ALL and all(
        converters[name] in (_TAKES_ALL_PLAIN if end == ":" else _TAKES_ALL)
        for name, end in _CONVERTER.findall(text)
    )


def _groups(
    methods: Iterable[str], method_sets: Iterable[frozenset[str]]
) -> tuple[tuple[str, ...], ...]:
    """Group methods that are in the same rules.

    The router looks at a method only to ask whether it is among a rule's, so
    methods that the same sets contain are dispatched alike on every URL.
    """
    found: dict[tuple[bool, ...], list[str]] = {}
    for method in sorted(methods):
        found.setdefault(tuple(method in s for s in method_sets), []).append(method)
    return tuple(tuple(group) for group in found.values())


def declared_methods(adapter: MapAdapter, path: str | None = None) -> set[str] | None:
    """Ask the router which methods the rules at a URL declare.

    :param adapter: the map bound to the URL.
    :param path: another path than the adapter's.
    :return: the methods; ``None`` if the router does not come to list them.
    """
    try:
        adapter.match(path, _NO_METHOD)
    except MethodNotAllowed as error:
        return set(error.valid_methods or ())
    except NotFound:
        return set()
    except Exception:  # noqa: BLE001
        return None  # a redirect, a refusal, or a converter of the app that crashed
    return None  # a rule that takes every method


def dispatching_methods(
    index: MethodIndex, adapter: MapAdapter, declared: set[str] | None
) -> tuple[str, ...]:
    """Find the supported methods that dispatch at the adapter's URL.

    Follows RFC 9110 §10.2.1: what ``Allow`` is made of.

    :param index: the index of the adapter's map.
    :param adapter: the map bound to the URL.
    :param declared: what the rules at the URL declare, as the router lists it;
        ``None`` if that is not known.
    :return: the methods, sorted.
    """
    path = adapter.path_info
    if declared is not None and not (
        (path[:1] != "/" or index.may_lack_slash(path)) and _has_branch(adapter)
    ):
        if not declared:
            return ()
        if index.is_plain_at(path) and not adapter.websocket:
            return tuple(sorted(declared & index.named))
    # Methods of one group are dispatched alike, so one of them is asked for all.
    return tuple(
        sorted(
            method
            for group in index.groups
            if route(adapter, group[0])[0] is not Routing.UNMATCHED
            for method in group
        )
    )


def _has_branch(adapter: MapAdapter) -> bool:
    """Tell whether there is a rule at the URL with a slash behind it."""
    # As the router reads it: PATH_INFO may be without a slash, or with several.
    path = f"/{adapter.path_info.lstrip('/')}" if adapter.path_info else ""
    # It cannot be asked for two slashes alone, which it takes for one.
    return path == "/" or declared_methods(adapter, f"{path}/") != set()


def route(adapter: MapAdapter, method: str) -> tuple[Routing, Rule | None]:
    """Ask the router for one method at the adapter's URL.

    :param adapter: the map bound to the URL.
    :param method: the method.
    :return: the outcome, and the rule if one matched.
    """
    try:
        rule, _ = adapter.match(method=method, return_rule=True)
    except RequestRedirect:
        return Routing.ANSWERED, None
    except HTTPException:
        return Routing.UNMATCHED, None
    except Exception:  # noqa: BLE001
        # A converter of the app crashed on a value that a rule for this method
        # gave it. Sending the method gives 500; asking about it must not.
        return Routing.ANSWERED, None
    return Routing.MATCHED, rule


def find_rule(
    adapter: MapAdapter, methods: tuple[str, ...]
) -> tuple[Rule | None, dict[str, Any] | None]:
    """Find the rule that stands for a URL: GET's if there is one.

    :param adapter: the map bound to the URL.
    :param methods: the methods that dispatch there.
    :return: a rule, and what its converters made of the URL; nothing of either if
        every method redirects.
    """
    first = ("GET",) if "GET" in methods else ()
    for method in (*first, *methods):
        try:
            rule, args = adapter.match(method=method, return_rule=True)
        except Exception:  # noqa: BLE001, S112
            continue  # a redirect, or a converter of the app that crashed
        return rule, dict(args)
    return None, None


def rule_text(rule: Rule) -> str:
    """Write a rule as people tell it from others: with its host, if it has one.

    :param rule: a rule that is bound to a map.
    :return: such as ``/items/<int:id>`` or ``api.example.com/items``; of a
        subdomain, which has no more than its own name, ``api.*/items``.
    """
    if rule.map.host_matching:
        return f"{rule.host or ''}{rule.rule}"
    return f"{rule.subdomain}.*{rule.rule}" if rule.subdomain else rule.rule


def url_rules(url_map: Map) -> list[Rule]:
    """List the rules that a request can match, in the order of their URLs."""
    rules = [r for r in url_map.iter_rules() if not (r.build_only or r.websocket)]
    return sorted(
        rules, key=lambda r: (rule_text(r), r.endpoint, sorted(r.methods or ()))
    )
