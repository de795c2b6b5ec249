"""The URL map: everything that this project knows about Werkzeug's router.

The router is asked; nothing is guessed from the text of a rule. Asked for a method
that no rule has, it lists the methods of the rules at a URL. That list is exact,
except in two cases:

* It is too long where a rule may still refuse the URL, since it is made before the
  converters run. The methods of such a rule are *doubtful*. Where they are listed, the
  router is asked about each.
* It is too short where only a slash is missing at the end of the URL. The URL with
  the slash is then asked, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    AnyConverter,
    BaseConverter,
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

#: Converters of these classes accept every value that matches their pattern …
_TOTAL = (UnicodeConverter, PathConverter, AnyConverter, UUIDConverter)
#: … and so do these, unless they have limits.
_NUMBERS = (IntegerConverter, FloatConverter)

# Python can be configured to refuse numbers with more digits, but not with fewer.
_MAX_DIGITS = 640

# A space is not a valid method. If a rule has it by mistake, the router matches instead
# of listing methods, and every method is asked about.
_NO_METHOD = " "


class Rules(NamedTuple):
    """What the rules of one URL map say together."""

    #: The methods that any rule declares, tokens or not.
    declared: frozenset[str]
    #: For each of these methods, the name of its group: methods that the same rules
    #: declare. The router treats the methods of a group alike at every URL.
    alike: Mapping[str, str]
    #: Whether some rule has no methods, and so accepts every method.
    any_method: bool
    #: The methods of the rules that may refuse a URL that matches their pattern.
    doubtful: frozenset[str]
    #: The paths that lack only the slash of a rule without variables.
    static_branches: frozenset[str]
    #: The first path segments of the other rules that end in a slash. Only under these
    #: can a slash be missing, too. ``None`` if one of them is a variable.
    branches: frozenset[str] | None

    @classmethod
    def read(cls, url_map: Map) -> Rules:
        """Read the rules of a map, without failing on any of them.

        :param url_map: the map; its rules are bound.
        :return: what they say.
        """
        # The other rules only build URLs; no request reaches them.
        rules = [rule for rule in url_map.iter_rules() if not rule.build_only]
        method_sets = {
            frozenset(rule.methods) for rule in rules if rule.methods is not None
        }
        return cls(
            declared=frozenset().union(*method_sets),
            alike=_alike(method_sets),
            any_method=any(rule.methods is None for rule in rules),
            doubtful=frozenset(
                method
                for rule in rules
                if _may_refuse(rule)
                for method in rule.methods or ()
            ),
            static_branches=frozenset(_static_branches(rules)),
            branches=_branches(rules),
        )

    def knows(self, methods: Iterable[str] | None) -> bool:
        """Return whether these methods of a rule, or of several, were read.

        :param methods: the methods; ``None`` for those of a rule that accepts all.
        """
        if methods is None:
            return self.any_method
        return self.declared.issuperset(methods)

    def is_list_complete(self, adapter: MapAdapter, method: str) -> bool:
        """Return whether the router's exception names all methods that may dispatch.

        :param adapter: the map bound to the URL.
        :param method: the refused method.
        """
        return not (
            method in self.doubtful
            or self.is_all_doubtful(adapter)
            or self.may_lack_slash(adapter)
        )

    def is_all_doubtful(self, adapter: MapAdapter) -> bool:
        """Return whether every method is doubtful at a URL."""
        path = adapter.path_info
        length = len(path) + len(adapter.server_name) + len(adapter.subdomain or "")
        return (
            self.any_method
            or length > _MAX_DIGITS
            or "//" in path  # which the router may merge into one slash
            or adapter.websocket  # which rules for other requests refuse
        )

    def may_lack_slash(self, adapter: MapAdapter) -> bool:
        """Return whether a rule may match the URL with one more slash at its end."""
        path, branches = adapter.path_info, self.branches
        return (
            branches is None
            or path[:1] != "/"  # an app that is mounted can have an empty path
            or path in self.static_branches
            or _first_segment(path) in branches
        )


def _alike(method_sets: Collection[frozenset[str]]) -> dict[str, str]:
    """Return :attr:`Rules.alike`."""
    first: dict[tuple[bool, ...], str] = {}
    return {
        method: first.setdefault(tuple(method in each for each in method_sets), method)
        for method in sorted(frozenset().union(*method_sets))
    }


def _first_segment(path: str) -> str:
    return path.lstrip("/").partition("/")[0]


def _is_static(rule: Rule) -> bool:
    """Return whether only one path matches a rule: no variable, nothing to merge."""
    return "<" not in rule.rule and "//" not in rule.rule


def _static_branches(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield the members of :attr:`Rules.static_branches`."""
    for rule in rules:
        if rule.rule != "/" and rule.rule.endswith("/") and _is_static(rule):
            yield rule.rule[:-1]


def _branches(rules: Iterable[Rule]) -> frozenset[str] | None:
    """Return :attr:`Rules.branches`."""
    found = frozenset(
        _first_segment(rule.rule)
        for rule in rules
        if rule.rule.endswith("/") and not _is_static(rule)
    )
    return None if any("<" in segment for segment in found) else found


def _may_refuse(rule: Rule) -> bool:
    """Return whether a rule may refuse a URL that matches its pattern."""
    if rule.websocket or rule.merge_slashes is False:
        return True
    if callable(rule.redirect_to):
        return True
    try:
        # Private, but nothing public tells which converters a rule was bound with:
        # map.converters may have changed since, and rules can have their own.
        converters = rule._converters.values()  # noqa: SLF001
        return not all(_is_total(converter) for converter in converters)
    except Exception:  # noqa: BLE001 -- a converter can be anything
        return True


def _is_total(converter: BaseConverter) -> bool:
    """Return whether a converter accepts every value that its pattern matches.

    One that matches the empty string does not count: whether a segment is there
    then depends on slashes.
    """
    if re.fullmatch(converter.regex, ""):
        return False
    if isinstance(converter, _NUMBERS) and type(converter) in _NUMBERS:
        limits = (converter.min, converter.max)
        return limits == (None, None) and not converter.fixed_digits
    return type(converter) in _TOTAL


@dataclass(slots=True)
class Match:
    """What the router answers to one method at a URL."""

    #: Whether the method reaches a rule or a redirect.
    dispatches: bool
    #: The rule that it reaches, and what the rule's converters made of the URL.
    rule: Rule | None = None
    args: dict[str, Any] | None = None
    #: The methods of the rules at the URL, if the router listed them.
    listed: frozenset[str] | None = None


def match_of(error: Exception) -> Match:
    """Return what an exception of the router says about a method."""
    if isinstance(error, NotFound):
        return Match(dispatches=False, listed=frozenset())
    if isinstance(error, MethodNotAllowed):
        listed = error.valid_methods
        return Match(
            dispatches=False, listed=None if listed is None else frozenset(listed)
        )
    if isinstance(error, HTTPException) and not isinstance(error, RequestRedirect):
        return Match(dispatches=False)
    # A redirect, or a converter that crashed on a value that a rule for this method
    # gave it. Sending the method gives a 500; asking about it must not.
    return Match(dispatches=True)


def ask(adapter: MapAdapter, method: str, path: str | None = None) -> Match:
    """Ask the router for one method.

    :param adapter: the map bound to the URL.
    :param method: the method, in upper case.
    :param path: another path than the adapter's.
    """
    try:
        rule, args = adapter.match(path, method, return_rule=True)
    except Exception as error:  # noqa: BLE001 -- a converter can raise anything
        return match_of(error)
    return Match(True, rule, dict(args))


def url_values(adapter: MapAdapter, method: str) -> dict[str, str]:
    """Return what the URL contains for each variable of the rule that matches.

    The URL is matched again, since a ``url_value_preprocessor`` may have removed a
    value from the request. A value that its converter cannot write is left out.
    """
    match = ask(adapter, method)
    # Private, but nothing public tells which converters a rule was bound with.
    converters = getattr(match.rule, "_converters", {})
    found = {}
    for name, value in (match.args or {}).items():
        text = _url_text(converters.get(name), value)
        if text is not None:
            found[name] = text
    return found


def _url_text(converter: BaseConverter | None, value: object) -> str | None:
    """Return a value as a URL contains it; ``None`` if that is not known."""
    if converter is None:
        return None
    # A converter without a to_url of its own would show any object's repr.
    is_inherited = getattr(converter.to_url, "__func__", None) is BaseConverter.to_url
    if is_inherited and type(value) not in (str, int):
        return None
    try:
        text: object = converter.to_url(value)
    except Exception:  # noqa: BLE001 -- a converter can raise anything
        return None
    if not isinstance(text, str):
        return None
    return text.replace("/", "%2F") if converter.part_isolating else text


class Resource:
    """One URL of a map. It asks the router at most once about each group of methods.

    :param rules: the rules of the adapter's map.
    :param adapter: the map bound to the URL.
    :param method: the request's own method, in upper case.
    :param match: the router's answer to it.
    """

    def __init__(
        self, rules: Rules, adapter: MapAdapter, method: str, match: Match
    ) -> None:
        self._rules = rules
        self._adapter = adapter
        self._method = method
        # By group; None is that of the methods that no rule declares.
        self._matches = {rules.alike.get(method): match}
        self._all_doubtful = rules.is_all_doubtful(adapter)
        #: The methods that the router itself lists, once they are known.
        self.listed_here: frozenset[str] | None = None

    def match(self, method: str) -> Match:
        """Return the router's answer to a method at this URL."""
        group = self._rules.alike.get(method)
        if group not in self._matches:
            self._matches[group] = ask(self._adapter, method)
        return self._matches[group]

    def methods(self, supported: Iterable[str]) -> list[str]:
        """Return the methods that dispatch here, sorted (RFC 9110 §10.2.1).

        :param supported: the methods to choose from.
        """
        listed = self.methods_listed_with_slash()
        if listed is None:
            found = asked = frozenset(supported)
        else:
            found = listed.intersection(supported)
            asked = found if self._all_doubtful else found & self._rules.doubtful
        refused = [method for method in asked if not self.match(method).dispatches]
        return sorted(found.difference(refused))

    def _is_doubtful(self, method: str) -> bool:
        return self._all_doubtful or method in self._rules.doubtful

    def methods_listed(self) -> frozenset[str] | None:
        """Return the methods of the rules at exactly this URL, as the router lists.

        :return: the methods, or ``None`` if the router cannot list them; see
            :meth:`methods_listed_with_slash`.
        """
        if self.listed_here is None:
            listed = self.match(self._method).listed
            if listed is None or self._is_doubtful(self._method):
                # The answer to a doubtful method may list too little: the router stops
                # at the first rule that matches, even if it refuses.
                listed = self.match(_NO_METHOD).listed
            self.listed_here = listed
        return self.listed_here

    def methods_listed_with_slash(self) -> frozenset[str] | None:
        """Return the methods of the rules at this URL, with and without a slash.

        :return: the methods, or ``None`` if the router cannot list them: a rule
            accepts any method, the answer is a redirect or an error, or slashes are
            merged.
        """
        adapter, path = self._adapter, self._adapter.path_info
        found = None if "//" in path else self.methods_listed()
        if found is None or not self._rules.may_lack_slash(adapter):
            return found
        if path == "/":
            return None  # "//" would be merged
        more = ask(adapter, _NO_METHOD, f"/{path.lstrip('/')}/").listed
        return None if more is None else found | more

    def representative(self, methods: Collection[str]) -> Match:
        """Return the answer whose rule represents the resource: GET's if it has one.

        :param methods: the methods that dispatch here.
        :return: the answer; without a rule if every method redirects.
        """
        first = ("GET",) if "GET" in methods else ()
        for method in (*first, *methods):
            match = self.match(method)
            if match.rule is not None and not is_options_route(match.rule):
                return match
        return Match(dispatches=False)


def is_options_route(rule: Rule) -> bool:
    """Return whether Flask added a rule only to answer OPTIONS.

    No released Flask does; a proposal for a later one gives these rules an endpoint of
    their own. The view's rule then no longer has the method.
    """
    return bool(rule.endpoint == "_automatic_options")


def answers_options(rule: Rule) -> bool:
    """Return whether Flask itself answers the OPTIONS requests that match a rule."""
    if rule.methods is None or "OPTIONS" not in rule.methods:
        return False
    marked = getattr(rule, "provide_automatic_options", False)
    return bool(marked) or is_options_route(rule)
