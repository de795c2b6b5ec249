"""The URL map: what the app supports, and what dispatches at one URL.

All that this project knows of Werkzeug's router stands here, and nothing of a
request. The router itself is asked, method by method; its own list of valid
methods is not used, for it promises methods whose converter refuses the value,
and hides those of a rule with an optional slash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from .decision import DEFAULT_METHODS, REQUIRED_METHODS, Routing, SupportedSetting


@dataclass(frozen=True)
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
    #: Whether a 404 of the router may hide another method's route: it does not
    #: look behind an optional slash, nor behind a converter that refuses.
    may_hide: bool

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
        return cls(
            url_map=url_map,
            size=len(every_rule),
            declared=declared,
            named=named,
            supported_names=tuple(sorted(named)),
            everything=everything,
            groups=_groups(named, method_sets),
            may_hide=any(r.rule.endswith("/") or r.arguments for r in rules),
        )

    def is_current(self, url_map: Map) -> bool:
        """Tell whether the map still is the one that was read.

        Rules can be added to a map, not taken away. They are counted, which takes
        Werkzeug a walk over all of them: no public attribute has the number.
        """
        return url_map is self.url_map and self.size == sum(
            1 for _ in url_map.iter_rules()
        )

    def supports(self, method: str) -> bool:
        """Tell whether the app supports ``method`` on any resource.

        Follows RFC 9110 §9.1.
        """
        return self.everything or method in self.named


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


def dispatching_methods(
    index: MethodIndex, adapter: MapAdapter, refused: str | None = None
) -> dict[str, Rule | None]:
    """Find the supported methods that dispatch at the adapter's URL.

    Follows RFC 9110 §10.2.1: what ``Allow`` is made of.

    :param index: the index of the adapter's map.
    :param adapter: the map bound to the URL.
    :param refused: a method that the router is known to refuse here.
    :return: each such method, sorted, with its rule; ``None`` for a redirect.
    """
    found: dict[str, Rule | None] = {}
    for group in index.groups:
        if refused not in group:
            routing, rule = route(adapter, group[0])
            if routing is not Routing.UNMATCHED:
                found.update(dict.fromkeys(group, rule))
    return dict(sorted(found.items()))


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


def preferred_rule(methods: Mapping[str, Rule | None]) -> Rule | None:
    """Choose the rule that stands for a URL: GET's if there is one.

    :param methods: what :func:`dispatching_methods` found.
    :return: a rule; ``None`` if every method redirects.
    """
    first = [methods.get("GET"), *methods.values()]
    return next((rule for rule in first if rule is not None), None)
