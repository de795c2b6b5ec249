"""Blueprints: how a 405 or a 410 reaches the error handlers of the URL's blueprint.

The router rejected the method, so Flask knows no blueprint and would ask only the app's
handlers. The guard knows the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

from flask.app import Flask
from flask.typing import ResponseReturnValue

from .exceptions import (
    OF_A_RESOURCE,
    MethodNotAllowed,
    Rejection,
    ResourceGone,
    SelfRendering,
)

if TYPE_CHECKING:
    from flask.ctx import RequestContext
    from werkzeug.routing import Rule

    from .guard import RequestSituation


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
        self.rejection = rejection
        self.rule, self.view_args = rule, view_args

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


def for_blueprint(rejection: Rejection, situation: RequestSituation) -> Rejection:
    """Return the exception that reaches the blueprint of a URL, if it has one."""
    if situation.req.url_rule is not None or rejection.code not in OF_A_RESOURCE:
        return rejection  # Flask knows the blueprint, or there is none
    if "." not in (rejection.facts.endpoint or ""):
        return rejection
    is_gone = isinstance(rejection, ResourceGone)
    carrier = BlueprintResourceGone if is_gone else BlueprintMethodNotAllowed
    match = situation.resource.representative(situation.dispatched_methods)
    return carrier(rejection, match.rule, match.args)


def ask_blueprint(error: ForBlueprint, ctx: RequestContext) -> ResponseReturnValue:
    """Let the error handlers of the URL's blueprint answer, as Flask chooses them.

    The rule is set only while the handler runs: the blueprint's ``after_request``
    functions must not run, since its ``before_request`` functions did not.
    """
    req = ctx.request
    req.url_rule, req.view_args = error.rule, error.view_args
    handle: Callable[..., ResponseReturnValue] = ctx.app.handle_user_exception
    given: tuple[Any, ...] = (ctx,) if _PASSES_CONTEXT else ()
    try:
        return handle(*given, error.rejection)
    finally:
        req.url_rule = req.view_args = None


#: Flask 3.2 passes the context to its methods.
_PASSES_CONTEXT = "ctx" in signature(Flask.handle_user_exception).parameters
