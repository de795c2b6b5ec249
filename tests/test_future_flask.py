"""A proposal for a later Flask: each automatic OPTIONS is a route of its own.

The rule of the view then no longer has OPTIONS. A Flask that works as today is made to
work that way.
"""

from inspect import signature
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from flask_method_guard import MethodGuard, MethodRejected, Reason, deprecated_methods
from flask_method_guard.report import check, deprecations, explain, inventory
from flask_method_guard.testing import assert_method_contract
from tests.raw_wsgi import ask
from tests.routed_apps import duplicates_allowed, outcome

ENDPOINT = "_automatic_options"
WORKS_THAT_WAY = ENDPOINT in Flask(__name__).view_functions


class FutureFlask(Flask):
    """Flask, with OPTIONS as the proposal has it."""

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        self.view_functions[ENDPOINT] = answer_options

    def add_url_rule(self, rule: str, *args: Any, **options: Any) -> None:
        """Add a rule, and one more for its OPTIONS."""
        if WORKS_THAT_WAY:
            return super().add_url_rule(rule, *args, **options)
        automatic = options.pop("provide_automatic_options", None)
        if automatic is None:
            automatic = "OPTIONS" not in (options.get("methods") or ())
        before = list(map(id, self.url_map.iter_rules()))
        options["provide_automatic_options"] = False
        super().add_url_rule(rule, *args, **options)
        [added] = [r for r in self.url_map.iter_rules() if id(r) not in before]
        added.provide_automatic_options = automatic  # type: ignore[attr-defined]
        if automatic:
            only = {k: options[k] for k in ("defaults", "subdomain") if k in options}
            own = self.url_rule_class(
                rule, methods={"OPTIONS"}, endpoint=ENDPOINT, **only
            )
            with duplicates_allowed():
                self.url_map.add(own)
        return None

    if "ctx" not in signature(Flask.dispatch_request).parameters:

        def dispatch_request(self) -> ResponseReturnValue:
            """Call the view; nothing asks the rule about OPTIONS."""
            if request.routing_exception is not None:
                self.raise_routing_exception(request)
            rule = request.url_rule
            assert rule is not None
            view = self.ensure_sync(self.view_functions[rule.endpoint])
            answer: ResponseReturnValue = view(**(request.view_args or {}))
            return answer


def answer_options(**_: object) -> Response:
    """Answer as Flask does: with what the router lists."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    response = current_app.response_class()
    response.allow.update(adapter.allowed_methods())
    return response


def make_app(**config: Any) -> FutureFlask:
    """Make a guarded app; on a part of its URLs, the router's own list is wrong."""
    app = FutureFlask(__name__)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "POST"])
    app.add_url_rule("/post", "post", lambda: "post", methods=["POST"])
    app.add_url_rule("/n/<int(max=5):i>", "small", str)
    app.add_url_rule("/n/<int:i>", "any", str, methods=["PUT"])
    app.add_url_rule("/manual", "manual", lambda: "mine", methods=["GET", "OPTIONS"])
    return app


ALLOW = [
    ("/items", "GET, HEAD, OPTIONS, POST"),
    ("/post", "OPTIONS, POST"),
    ("/n/3", "GET, HEAD, OPTIONS, PUT"),
]


@pytest.mark.parametrize(("path", "allow"), ALLOW)
def test_exact_allow(path: str, allow: str) -> None:
    """Automatic OPTIONS and a 405 have the same exact set."""
    app = make_app()
    assert outcome(ask(app, "OPTIONS", path)) == (200, allow)
    assert outcome(ask(app, "DELETE", path)) == (405, allow)


def test_a_method_that_is_not_served_is_not_listed() -> None:
    """What the app's settings rule out is missing from automatic OPTIONS."""
    app = make_app(SUPPORTED_METHODS=["GET", "OPTIONS"])
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, "GET, HEAD, OPTIONS")
    app = make_app(
        DEPRECATED_METHODS={"POST": {"sunset": "2020-01-01"}}, ENFORCE_SUNSET=True
    )
    assert outcome(ask(app, "OPTIONS", "/items")) == (200, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("allow", ["OPTIONS", "OPTIONS, PURGE", "GET, OPTIONS"])
def test_the_answer_of_a_hook_is_kept(allow: str) -> None:
    """Only Flask's own list is made exact; a hook may answer OPTIONS, too."""
    app = make_app()

    @app.before_request
    def preflight() -> Response:
        return Response(headers={"Allow": allow})

    assert outcome(ask(app, "OPTIONS", "/items")) == (200, allow)


def test_the_answer_of_a_view_is_kept() -> None:
    """A view that declares OPTIONS answers it."""
    assert outcome(ask(make_app(), "OPTIONS", "/manual")) == (200, None)


def test_a_405_reaches_its_blueprint() -> None:
    """The route for OPTIONS has no blueprint, and does not hide that of the view."""
    app = make_app()
    api = Blueprint("api", __name__, url_prefix="/api")
    api.add_url_rule("/orders", "orders", lambda: "orders", methods=["POST"])

    @api.errorhandler(405)
    def refused(error: MethodRejected) -> tuple[str, int]:
        return f"the API's words for {error.endpoint}", 405

    app.register_blueprint(api)
    answer = ask(app, "PUT", "/api/orders")
    assert outcome(answer) == (405, "OPTIONS, POST")
    assert answer.body == b"the API's words for api.orders"


def test_reports() -> None:
    """A report has one line for a URL and its view, with OPTIONS among the methods."""
    app = make_app()
    routes = {route.rule: route for route in inventory(app).routes}
    assert ENDPOINT not in {route.endpoint for route in routes.values()}
    assert routes["/items"].methods == ("GET", "HEAD", "OPTIONS", "POST")
    assert routes["/manual"].methods == ("GET", "HEAD", "OPTIONS")
    explained = explain(app, "OPTIONS", "/items")
    assert explained.reason is Reason.ALLOWED
    assert explained.status == 200
    assert explained.allowed_methods == ("GET", "HEAD", "OPTIONS", "POST")
    assert not [found for found in check(app) if found.endpoint == ENDPOINT]


def test_a_deprecated_options() -> None:
    """A mark on the automatic OPTIONS of a URL belongs to the route of the view."""
    app = make_app(DEPRECATED_METHODS={"OPTIONS": {"since": "2020-01-01"}})
    rules = {row.rule for row in deprecations(app)}
    assert rules >= {"/items", "/post", "/manual"}
    assert "MG106" not in {found.id for found in check(app)}

    app = make_app()
    view = deprecated_methods("OPTIONS", since="2020-01-01")(lambda: "marked")
    app.add_url_rule("/marked", "marked", view)
    [row] = deprecations(app)
    assert (row.method, row.rule, row.endpoint) == ("OPTIONS", "/marked", "marked")
    assert "MG106" not in {found.id for found in check(app)}


def test_the_contract_holds() -> None:
    """The contract test sends what it sends to any app."""
    assert_method_contract(make_app())


def test_report_only_assumes_that_the_view_ran(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who dispatches otherwise cannot be observed, and is left alone."""
    app = make_app(REPORT_ONLY=True, SUPPORTED_METHODS=["POST", "OPTIONS"])
    app.add_url_rule("/purge", "purge", lambda: "gone", methods=["PURGE"])

    @app.before_request
    def answer() -> str:
        return f"no view, but {request.endpoint}"

    assert ask(app, "PURGE", "/purge").body == b"no view, but purge"
    assert "PURGE /purge: answered 200, would be 501 not-implemented" in caplog.text
