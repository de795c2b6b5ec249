"""The URL map: how Werkzeug's router is asked, and what it finds.

The router is asked; nothing is guessed from the text of a rule. If the guard asks
for a method that no rule has, the router lists the methods of the rules at that URL.
That list is exact, except in two cases:

* It is too long where a rule may still reject the URL, since it is made before the
  converters run. The methods of such a rule are *doubtful*. Where they are listed, the
  router is asked about each.
* It is too short where only a slash is missing at the end of the URL. The URL with
  the slash is then asked, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    BaseConverter,
    MapAdapter,
    RequestRedirect,
    Rule,
)

from .ruleset import Rules

# A space is not a valid method. If a rule has it by mistake, the router matches instead
# of listing methods, and every method is asked about.
_NO_METHOD = " "


class Match(NamedTuple):
    """What the router finds for one method at a URL."""

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
    # A converter without a to_url of its own would show any object's repr, and a number
    # without its zeros.
    is_inherited = getattr(converter.to_url, "__func__", None) is BaseConverter.to_url
    if is_inherited and type(value) is not str:
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
    :param match: what the router found for the adapter's own method.
    """

    def __init__(self, rules: Rules, adapter: MapAdapter, match: Match) -> None:
        self._rules = rules
        self._adapter = adapter
        self._method = adapter.default_method.upper()
        self._own = match
        # An adapter of another class may treat every method in its own way.
        self._is_usual = type(adapter) is MapAdapter
        #: Returns a name for the methods that the router treats as this one.
        self._group: Callable[[str], str | None]
        self._group = rules.alike.get if self._is_usual else str
        self._matches = {self._group(self._method): match}
        #: The doubtful methods of the URL; ``None`` if every method is.
        self._doubtful = rules.doubtful_at(adapter)

    def match(self, method: str) -> Match:
        """Return what the router finds for a method at this URL."""
        group = self._group(method)
        if group not in self._matches:
            self._matches[group] = ask(self._adapter, method)
        return self._matches[group]

    def methods(
        self, supported: Iterable[str], listed: frozenset[str] | None = None
    ) -> list[str]:
        """Return the methods that dispatch here, sorted (RFC 9110 §10.2.1).

        :param supported: the methods to choose from.
        :param listed: what :meth:`methods_listed` would return, if it is known.
        """
        listed = self._methods_listed_with_slash(listed)
        if listed is None:
            found = asked = frozenset(supported)
        else:
            found = listed.intersection(supported)
            asked = found if self._doubtful is None else found & self._doubtful
        rejected = [method for method in asked if not self.match(method).dispatches]
        return sorted(found.difference(rejected))

    def methods_listed(self) -> frozenset[str] | None:
        """Return the methods of the rules at exactly this URL, as the router lists.

        :return: the methods, or ``None`` if the router cannot list them: a rule
            accepts any method, or the router finds a redirect or an error.
        """
        listed = self._own.listed
        if listed is None or self._doubtful is None or self._method in self._doubtful:
            # The router's list for a doubtful method may be too short: it stops at the
            # first rule that matches, even if it rejects the URL.
            listed = self.match(_NO_METHOD).listed
        return listed

    def _methods_listed_with_slash(
        self, listed: frozenset[str] | None
    ) -> frozenset[str] | None:
        """Return the methods of the rules at this URL, with and without a slash.

        :param listed: those at exactly this URL, if they are known.
        :return: the methods, or ``None`` if the router cannot list them all.
        """
        adapter, path = self._adapter, self._adapter.path_info
        if "//" in path or not self._is_usual:
            return None  # slashes may be merged
        if listed is None:
            listed = self.methods_listed()
        if listed is None or not self._rules.may_lack_slash(adapter):
            return listed
        if path == "/":
            return None  # "//" would be merged
        more = ask(adapter, _NO_METHOD, f"/{path.lstrip('/')}/").listed
        return None if more is None else listed | more

    def representative(self, methods: Collection[str]) -> Match:
        """Return the match whose rule represents the resource: GET's if it has one.

        :param methods: the methods that dispatch here.
        :return: the match; without a rule if every method redirects.
        """
        first = ("GET",) if "GET" in methods else ()
        for method in (*first, *methods):
            match = self.match(method)
            if match.rule is not None and not is_options_route(match.rule):
                return match
        return Match(dispatches=False)


def is_options_route(rule: Rule) -> bool:
    """Return whether Flask added a rule only to respond to OPTIONS.

    No released Flask does; a proposal for a later one gives these rules an endpoint of
    their own. The view's rule then no longer has the method.
    """
    return bool(rule.endpoint == "_automatic_options")


def is_automatic(rule: Rule) -> bool:
    """Return whether Flask itself responds to OPTIONS at the URLs of a rule."""
    return bool(getattr(rule, "provide_automatic_options", False))


def answers_options(rule: Rule) -> bool:
    """Return whether Flask itself responds to OPTIONS requests at a rule."""
    if rule.methods is None or "OPTIONS" not in rule.methods:
        return False
    return is_automatic(rule) or is_options_route(rule)
