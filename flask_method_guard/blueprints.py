"""Blueprints: how a 405 reaches the error handlers of the blueprint of its URL.

The router rejected the method, so Flask knows no blueprint and would ask only the app's
handlers. The guard knows the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

from flask.app import Flask
from flask.typing import ResponseReturnValue

from .exceptions import MethodNotAllowed, Rejection

if TYPE_CHECKING:
    from flask.ctx import RequestContext

    from .guard import RequestSituation


class BlueprintMethodNotAllowed(MethodNotAllowed):
    """A 405 for a URL of a blueprint, on its way to the blueprint's error handlers.

    Flask looks handlers up by the ``code`` of the exception's class. It is ``None``
    here, so Flask finds the guard's handler for this class, :func:`ask_blueprint`.
    Everyone else sees a 405.

    :param rejection: the 405 for the handlers.
    :param situation: the request.
    """

    code: int = None  # type: ignore[assignment]

    def __init__(self, rejection: Rejection, situation: RequestSituation) -> None:
        self.code = MethodNotAllowed.code
        super().__init__(facts=rejection.facts)
        self.rejection = rejection
        match = situation.resource.representative(situation.allowed_methods)
        self.rule, self.view_args = match.rule, match.args


def for_blueprint(rejection: Rejection, situation: RequestSituation) -> Rejection:
    """Return the exception that reaches the blueprint of a URL, if it has one."""
    if situation.req.url_rule is not None or rejection.code != 405:
        return rejection  # Flask knows the blueprint, or there is none
    if "." not in (rejection.facts.endpoint or ""):
        return rejection
    return BlueprintMethodNotAllowed(rejection, situation)


def ask_blueprint(
    error: BlueprintMethodNotAllowed, ctx: RequestContext
) -> ResponseReturnValue:
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
