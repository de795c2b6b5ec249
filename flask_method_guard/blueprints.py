"""Blueprints: how one is deprecated, and how a rejection reaches its error handlers.

The router rejected the method, so Flask knows no blueprint and would ask only the app's
handlers. The guard knows the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from functools import cache
from inspect import signature
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint
from flask.app import Flask
from flask.typing import ResponseReturnValue

from .exceptions import (
    OF_A_RESOURCE,
    MethodNotAllowed,
    Rejection,
    ResourceGone,
    SelfRendering,
)
from .marks import mark_blueprint
from .messages import joined
from .snapshot import blueprints_of

if TYPE_CHECKING:
    from flask.ctx import RequestContext
    from werkzeug.routing import Rule

    from .guard import RequestSituation


_Blueprint = TypeVar("_Blueprint", bound=Blueprint)


class ForBlueprint(SelfRendering):
    """A rejection on its way to the error handlers of the blueprint of its URL.

    Flask looks handlers up by the ``code`` of the exception's class. It is ``None``
    here, so Flask finds the guard's handler for this class, :func:`ask_blueprint`.
    Everyone else sees a 405 or a 410.

    :param rejection: the rejection for the handlers.
    :param rule: the rule of the blueprint.
    :param view_args: what the rule's converters made of the URL.
    """

    code: int = None  # type: ignore[assignment]

    def __init__(
        self,
        rejection: Rejection,
        rule: Rule | None = None,
        view_args: dict[str, Any] | None = None,
    ) -> None:
        self.code = rejection.code
        super().__init__(facts=rejection.facts)
        self.rejection: Rejection = rejection
        self.rule: Rule | None = rule
        self.view_args: dict[str, Any] | None = view_args

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the rule out of a pickle, since it refers to the whole URL map."""
        state = {**vars(self), "rule": None, "view_args": None}
        return type(self), (self.rejection,), state

    def __copy__(self) -> ForBlueprint:
        again = type(self)(self.rejection)
        vars(again).update(vars(self))
        return again


class BlueprintMethodNotAllowed(ForBlueprint, MethodNotAllowed):
    """A 405 for the handlers of a blueprint."""

    code: int = None  # type: ignore[assignment]


class BlueprintResourceGone(ForBlueprint, ResourceGone):
    """A 410 for the handlers of a blueprint."""

    code: int = None  # type: ignore[assignment]


def deprecate_blueprint(  # noqa: PLR0913 -- each has a name
    blueprint: _Blueprint,
    *methods: str,
    since: date | str | None = None,
    sunset: date | str | None = None,
    brownouts: Sequence[str] | None = None,
    link: str | None = None,
    notice: str | None = None,
    successor: str | Sequence[str] | None = None,
    exclude: Collection[str] = (),
) -> _Blueprint:
    """Deprecate the methods of a whole blueprint (RFC 9745, RFC 8594).

    The blueprints inside it are deprecated, too, whenever and however often they are
    registered. Flask's automatic OPTIONS and the blueprint's static files are not.
    A deprecation of a view or of an inner blueprint overrides this one, and
    ``METHOD_GUARD_DEPRECATED_BLUEPRINTS`` can change its values.

    :param blueprint: the blueprint; a second call replaces the deprecations of
        the methods that it names again.
    :param methods: the methods' names; by default every method that a route declares.
    :param since: when they become deprecated.
    :param sunset: when they may stop working.
    :param brownouts: when they are rejected for a while before the sunset: ISO 8601
        intervals, such as ``2026-05-05T14:00Z/PT1H``.
    :param link: a page that explains the deprecation.
    :param notice: a sentence for people.
    :param successor: what replaces them, above all a pair of prefixes, such as
        ``("/v1/", "/v2/")``.
    :param exclude: the endpoints that keep working, by their names inside the
        blueprint.
    :return: the blueprint.
    :raises TypeError: for something that is not a blueprint, or for a value of the
        wrong type.
    :raises ValueError: for a value that is not a method, a time, a link or a
        successor, or a sunset before ``since``; the message names the blueprint.
    """
    if not isinstance(blueprint, Blueprint):
        raise TypeError(
            f"deprecate_blueprint needs a blueprint, not {blueprint!r}. Pass a"
            " flask.Blueprint; for a namespace of Flask-RESTX, that of its Api."
        )
    values = {
        "methods": methods or None,
        "since": since,
        "sunset": sunset,
        "brownouts": brownouts,
        "link": link,
        "notice": notice,
        "successor": successor,
        "exclude": exclude,
    }
    if problems := mark_blueprint(blueprint, values):
        raise joined(problems, f"deprecate_blueprint of {blueprint.name!r}: ")
    return blueprint


Handler = Callable[[Any], Any]


def handlers_of(
    app: Flask, kind: type[Exception], endpoint: str | None = None
) -> Iterator[tuple[Handler, str | None]]:
    """Yield the error handlers for a class, as Flask prefers them.

    It prefers a handler for the code to one for the class, then one of the blueprint to
    one of the app, then one for the more specific class.

    :param endpoint: the endpoint of the target resource, if it is known.
    :return: each handler, and the name of its blueprint; ``None`` for the app.
    """
    scopes = (*reversed(blueprints_of(endpoint)), None)
    for key, scope in product((getattr(kind, "code", None), None), scopes):
        # Reading a defaultdict by its keys would change the app.
        handlers: Any = app.error_handler_spec.get(scope, {}).get(key, {})
        yield from (
            (handlers[each], scope) for each in kind.__mro__ if each in handlers
        )


def for_blueprint(
    app: Flask, rejection: Rejection, situation: RequestSituation
) -> Rejection:
    """Return the exception that reaches the handler of the URL's blueprint, if any."""
    if situation.req.url_rule is not None or rejection.code not in OF_A_RESOURCE:
        return rejection  # Flask knows the blueprint, or there is none
    endpoint = str(rejection.facts.endpoint or "")
    found = handlers_of(app, type(rejection), endpoint) if "." in endpoint else ()
    if next((scope for _, scope in found), None) is None:
        return rejection  # a handler of the app sees the request as Flask shows it
    is_gone = isinstance(rejection, ResourceGone)
    carrier = BlueprintResourceGone if is_gone else BlueprintMethodNotAllowed
    match = situation.resource.representative(situation.dispatched_methods)
    return carrier(rejection, match.rule, match.args)


def ask_blueprint(error: ForBlueprint, ctx: RequestContext) -> ResponseReturnValue:
    """Let the error handlers of the URL's blueprint respond, as Flask chooses them.

    The rule is set only while the handler runs: the blueprint's ``after_request``
    functions must not run, since its ``before_request`` functions did not.
    """
    req = ctx.request
    before = req.url_rule, req.view_args
    req.url_rule, req.view_args = error.rule, error.view_args
    handle: Callable[..., ResponseReturnValue] = ctx.app.handle_user_exception
    given: tuple[Any, ...] = (ctx,) if _passes_context() else ()
    try:
        return handle(*given, error.rejection)
    finally:
        req.url_rule, req.view_args = before


@cache
def _passes_context() -> bool:
    """Return whether Flask passes the context to its methods, as Flask 3.2 does."""
    return "ctx" in signature(Flask.handle_user_exception).parameters
