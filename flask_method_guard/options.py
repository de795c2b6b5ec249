"""Flask's automatic response to OPTIONS: how it differs from a hook's response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from flask.wrappers import Request, Response
from werkzeug.datastructures import HeaderSet
from werkzeug.routing import MapAdapter

if TYPE_CHECKING:
    from .guard import RequestSituation


def listed_by_flask(
    app: Flask, situation: RequestSituation, response: Response
) -> frozenset[str] | None:
    """Return the methods that Flask listed; ``None`` if something else responded.

    :return: the methods of all rules at the URL; empty if the router cannot list them.
    """
    listed, req = _listed_in(response), situation.req
    if _has_later_hook(app, req):
        return listed if _is_flasks(app, situation.adapter, response) else None
    methods = (req.url_rule and req.url_rule.methods) or ()
    if len(methods) > 1 and listed.issuperset(methods):
        return listed
    # A rule for OPTIONS alone shows nothing: an app can have its own way to respond.
    known = situation.resource.methods_listed() or frozenset()
    return known if listed == known else None


def _has_later_hook(app: Flask, req: Request) -> bool:
    """Return whether some ``before_request`` function runs after the guard's."""
    hooks = app.before_request_funcs
    if hooks[None][-1].__module__ != f"{__package__}.extension":
        return True
    # Without such hooks, the names of the blueprints need not be looked up.
    return len(hooks) > 1 and any(hooks.get(name) for name in req.blueprints)


def _listed_in(response: Response) -> frozenset[str]:
    """Return the methods in ``Allow``."""
    allow = response.headers.get("Allow", "").replace('"', "").replace(", ", ",")
    return frozenset(allow.split(",") if allow else ())


def _is_flasks(app: Flask, adapter: MapAdapter, response: Response) -> bool:
    """Return whether a response is what Flask makes of the router's list.

    Nothing else distinguishes it from a hook's response.
    """
    try:
        # In the order of a set, which is the same for the same rules.
        listed = [*adapter.allowed_methods()]
    except Exception:  # noqa: BLE001 -- a converter can raise anything
        listed = []
    if not listed:
        # Flask then sends no Allow, like many hooks.
        fresh = app.response_class()
        return (
            response.status_code == fresh.status_code
            and response.response == []
            and [*response.headers] == [*fresh.headers]
        )
    if response.headers.get("Allow") == HeaderSet(listed).to_header():
        return True
    # An app may have its own notation for the list.
    make = getattr(app.make_default_options_response, "__func__", None)
    is_own = make is not Flask.make_default_options_response
    return is_own and _listed_in(response) == frozenset(listed)
