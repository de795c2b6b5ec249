"""What is known of one app: its settings, its rules, the marks of its views.

All of it is read on first need, and again when the app has changed. This module
knows no request, and what it keeps of an app refers to the app in no way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from math import inf
from time import monotonic
from typing import Any, Protocol

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule

from .bodies import Facts, fill_docs_url
from .config import Settings
from .decision import Reason, is_token
from .deprecation import Deprecation
from .exceptions import BY_REASON
from .marks import marked_deprecations
from .urlmap import MethodIndex

#: A map of up to so many rules is counted at every refusal …
_SMALL_MAP = 20
#: … and a larger one, or a map that refused nothing, at most once in so many seconds.
_COUNT_EVERY = 1.0


class App(Protocol):
    """What is read of an app."""

    @property
    def url_map(self) -> Map:
        """The rules."""

    @property
    def view_functions(self) -> Mapping[str, Callable[..., Any]]:
        """The views, by endpoint."""


class AppState:
    """What is known of one app.

    :param settings: the app's settings.
    :param clock: tells the time, as an aware :class:`~datetime.datetime`.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._index: MethodIndex | None = None
        #: When the rules are to be counted again.
        self._count_at = -inf
        self._marks: Mapping[str, Mapping[str, Deprecation]] = {}
        #: The app's views, and how many of them there were when they were read.
        self.view_functions: Mapping[str, Callable[..., Any]] = {}
        self.view_count = -1
        self._may_hide: Callable[[str], bool]
        #: Makes facts; refusals repeat, so what was made is kept, up to a bound.
        self.make_facts: Callable[..., Facts]
        #: The raw methods for which the first three rows and ``retired`` never hold:
        #: a match needs no second look, nor a 404 that hides nothing, and of a 405
        #: only ``Allow`` is to be found out.
        self.settled: frozenset[str] = frozenset()

    def index(self, app: App) -> MethodIndex:
        """Give the index of the app's URL map, read anew if the app has changed."""
        index = self._index
        if (
            index is None
            or len(self.view_functions) != self.view_count
            or not index.is_current(app.url_map)
        ):
            index = self._index = self._read(app)
        return index

    def recent_index(self, app: App) -> MethodIndex:
        """Give the index without counting the rules of a large map at every call."""
        index = self._index
        now = monotonic()
        if (
            index is not None
            and index.size > _SMALL_MAP
            and now < self._count_at
            and index.url_map is app.url_map
            and len(self.view_functions) == self.view_count
        ):
            return index
        self._count_at = now + _COUNT_EVERY
        return self.index(app)

    def _read(self, app: App) -> MethodIndex:
        """Read the rules and the marks of the views."""
        views = dict(app.view_functions)  # which another thread may add to
        index = MethodIndex.read(app.url_map, self.settings.supported_methods)
        self._marks = marked_deprecations(views)
        deprecated = set(self.settings.deprecated_methods).union(*self._marks.values())
        # OPTIONS has a row of its own.
        settled = index.named - deprecated - {"OPTIONS"}
        self.settled = frozenset(filter(is_token, settled))
        self._may_hide = index.may_hide
        self.make_facts = lru_cache(maxsize=256)(
            partial(_make_facts, self.settings.docs_url, index.supported_names)
        )
        self.view_functions = app.view_functions
        # Last, for the hooks of other threads go by it.
        self.view_count = len(views)
        return index

    def is_plain_404(self, found: HTTPException, path: str) -> bool:
        """Tell whether the router's answer is a 404 for every method.

        :param found: the router's answer.
        :param path: the path of the request.
        """
        return (
            type(found) is NotFound
            # The rules are not counted here, but at the latest when the time is up.
            and monotonic() < self._count_at
            # This may stand for no path at all, at the root of a mounted app.
            and path != "/"
            and not self._may_hide(path)
        )

    def deprecation(self, endpoint: str | None, method: str) -> Deprecation | None:
        """Find what is said of a method: the view's word, else the app's.

        :param endpoint: the endpoint; ``None`` to ask for the app's word alone.
        :param method: the method, in upper case.
        :return: the deprecation, if there is one.
        """
        if endpoint is not None and endpoint in self._marks:
            mark = self._marks[endpoint].get(method)
            if mark is not None:
                return mark
        return self.settings.deprecated_methods.get(method)

    def is_retired(self, rule: Rule | None, method: str) -> bool:
        """Tell whether a method of a rule is past an enforced sunset (RFC 8594)."""
        if not self.settings.enforce_sunset or rule is None:
            return False
        deprecation = self.deprecation(rule.endpoint, method)
        if deprecation is None or deprecation.sunset is None:
            return False
        return deprecation.has_ended(self.clock())


def _make_facts(  # noqa: PLR0913, PLR0917
    docs_url: str | Callable[..., object] | None,
    supported_methods: tuple[str, ...],
    reason: Reason,
    media_type: str,
    method: str | None,
    allowed_methods: tuple[str, ...] | None,
    endpoint: str | None,
    deprecation: Deprecation | None,
) -> Facts:
    facts = Facts(
        reason=reason,
        status=BY_REASON[reason].code,
        media_type=media_type,
        method=method,
        allowed_methods=allowed_methods,
        supported_methods=supported_methods,
        endpoint=endpoint,
        deprecation=deprecation,
    )
    if isinstance(docs_url, str):
        return facts._replace(docs_url=fill_docs_url(docs_url, facts))
    return facts
