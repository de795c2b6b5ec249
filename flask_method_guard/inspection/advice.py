"""Advice: what to do about a rejected request."""

from __future__ import annotations

from inspect import isclass

from flask import Flask
from flask.views import MethodView, http_method_funcs

from ..decision import Reason
from ..deprecation import Phase
from .apps import guard_of
from .explanation import Explanation
from .places import Place, is_installed, source_of

_SETTING = "METHOD_GUARD_SUPPORTED_METHODS"

#: What to do about a rejection, where the reason says it all.
_BY_REASON = {
    Reason.INVALID_TOKEN: (
        "There is nothing to fix in the app: the client sent something that is not a"
        " method."
    ),
    Reason.GONE: (
        "To serve this URL again, give a method a later sunset, or do not enforce"
        " sunsets."
    ),
    Reason.RETIRED: (
        "To serve {method} again, give it a later sunset, or do not enforce sunsets."
    ),
    Reason.BROWNOUT: (
        "{method} works again after the brownout. To serve it now, remove the window"
        " from brownouts."
    ),
    Reason.NOT_FOUND: (
        "No URL rule matches. See the URLs of the app with: flask methods"
    ),
}


def advice(app: Flask, found: Explanation) -> str | None:
    """Say what to do about a rejection.

    :param app: the app that was asked.
    :param found: the explanation of the request.
    :return: a sentence or two; ``None`` where there is nothing to do.
    """
    if found.reason is Reason.NOT_IMPLEMENTED:
        return _not_implemented(app, found.method)
    if found.reason is Reason.NOT_ALLOWED:
        return _not_allowed(app, found)
    if found.reason in _BY_REASON:
        return _BY_REASON[found.reason].format(method=found.method)
    if found.phase is Phase.OVERDUE:
        return f"To retire {found.method}, set METHOD_GUARD_ENFORCE_SUNSET = True."
    return None


def view_of(found: Explanation) -> str | None:
    """Name the view, with its place in the app's own code: ``shop.Item (shop.py:12)``.

    The path of an installed package is long, and nobody edits it.
    """
    if found.file is None or found.line is None or is_installed(found.file):
        return found.view
    return f"{found.view} ({Place(found.file, found.line)})"


def _not_implemented(app: Flask, method: str) -> str:
    guard, upper = guard_of(app), method.upper()
    if method != upper and guard.refresh(app).supports(upper):
        return (
            f"Send {upper} in upper case. To accept any case, set"
            " METHOD_GUARD_CASE_SENSITIVE = False."
        )
    if "routes" not in guard.settings.supported_methods:
        return f"To accept {method}, add it to a route and to {_SETTING}."
    return (
        f"To accept {method}, add it to a route. To send 405 instead of 501, add it"
        f" to {_SETTING}."
    )


def _not_allowed(app: Flask, found: Explanation) -> str:
    method = found.method.upper()
    view = view_of(found)
    source = source_of(app.view_functions.get(found.endpoint or ""))
    if isclass(source) and issubclass(source, MethodView):
        return f"To accept {method} here, {_class_advice(method, source, view)}"
    route = f"the route of {view}" if view else "one of its routes"
    return f"To accept {method} here, add it to the methods of {route}."


def _class_advice(method: str, source: type[MethodView], view: str | None) -> str:
    """Say what to change in a class, or in its route, to accept a method."""
    name = method.lower()
    if hasattr(source, name):
        return (
            f"add it to the methods of the class or of the route. {view} already has"
            f" {name}()."
        )
    # Flask collects only the functions that it knows, and only if nothing lists them.
    if name in http_method_funcs:
        return (
            f"define {name}() in {view}. If the class or the route lists its methods,"
            f" add {method} to the list."
        )
    return (
        f"define {name}() in {view}, and add {method} to the methods of the class or of"
        " the route."
    )
