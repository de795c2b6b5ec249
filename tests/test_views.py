"""What views say by themselves: a 405 gets an ``Allow``, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort
from markupsafe import Markup
from werkzeug import exceptions as werkzeug
from werkzeug.exceptions import Aborter
from werkzeug.routing import BaseConverter

from flask_method_guard import (
    MethodGuard,
)
from tests.raw_wsgi import ask
from tests.rejecting import (
    heard,
    items_app,
)
from tests.routed_apps import make_app


def app_of(view: Callable[[], Any], *, guarded: bool = True) -> Flask:
    """Make an app with one view on GET and another, that works, on PUT."""
    app = Flask(__name__, static_folder=None)
    app.testing = True
    if guarded:
        MethodGuard(app)
    app.add_url_rule("/", "get", view, methods=["GET"])
    app.add_url_rule("/", "put", lambda: "ok", methods=["PUT"])
    return app


def raises(error: Exception) -> Callable[[], Any]:
    """Make a view that raises."""

    def view() -> Any:
        raise error

    return view


def aborts(*args: Any, **kwargs: Any) -> Callable[[], Any]:
    """Make a view that aborts."""
    return lambda: abort(*args, **kwargs)


WITHOUT_GET = "HEAD, OPTIONS, PUT"


CLOSED = "Closed on Sunday."


#: What a view says, its Allow, and a text in its answer.
OWN_405: dict[str, tuple[Callable[[], Any], str, str]] = {
    "abort": (aborts(405), WITHOUT_GET, ""),
    "abort-description": (aborts(405, description=CLOSED), WITHOUT_GET, CLOSED),
    "abort-description-instead-of-methods": (aborts(405, CLOSED), WITHOUT_GET, CLOSED),
    "abort-both-by-position": (aborts(405, "A", CLOSED), "A", CLOSED),
    "methods": (aborts(405, ["PUT", "DELETE"]), "PUT, DELETE", ""),
    "no-methods": (aborts(405, []), "", ""),
    "both": (aborts(405, valid_methods=["PUT"], description="No."), "PUT", "No."),
    "raised": (raises(werkzeug.MethodNotAllowed()), WITHOUT_GET, ""),
    "raised-both": (raises(werkzeug.MethodNotAllowed(["PUT"], "No.")), "PUT", "No."),
    "returned": (lambda: ("no", 405), WITHOUT_GET, "no"),
    "own-allow": (lambda: ("no", 405, {"Allow": "B, A"}), "B, A", "no"),
    "response": (lambda: Response("no", 405), WITHOUT_GET, "no"),
}


@pytest.mark.parametrize(("view", "allow", "text"), OWN_405.values(), ids=OWN_405)
def test_a_405_of_a_view_has_an_allow(
    view: Callable[[], Any], allow: str, text: str
) -> None:
    """A view's own 405 stays what it is, and gets the Allow that it lacks."""
    answer = ask(app_of(view), "GET")
    assert (answer.status, answer.get("Allow")) == (405, allow)
    assert text in answer.text


def test_abort_405_answers_as_the_guard_does() -> None:
    """``abort(405)`` has the guard's document, with the methods that are left."""
    answer = ask(app_of(aborts(405)), "GET")
    assert answer.get("Content-Type") == "application/problem+json"
    assert answer.json["status"] == 405
    assert answer.json["method"] == "GET"
    assert answer.json["allowed_methods"] == WITHOUT_GET.split(", ")
    assert answer.get("Cache-Control") == "no-store"


def test_abort_405_leaves_out_the_method_in_any_case() -> None:
    """Where the case does not matter, the rejected method is the upper-cased one."""
    app = items_app(CASE_SENSITIVE=False)
    app.add_url_rule("/no", "no", aborts(405))
    assert ask(app, "get", "/no").get("Allow") == "HEAD, OPTIONS"


def test_abort_405_has_the_link_of_a_callable() -> None:
    """The documentation of a view's own 405 is asked for, too."""
    app = items_app(DOCS_URL=lambda error: f"/docs/{error.endpoint}")
    app.add_url_rule("/no", "no", aborts(405))
    assert ask(app, "GET", "/no").all("Link") == ['</docs/no>; rel="help"']


def test_abort_405_in_a_hook_has_an_allow() -> None:
    """A hook may refuse a method that the route takes."""
    app = items_app()
    app.before_request(lambda: abort(405))
    answer = ask(app, "POST", "/items")
    assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, OPTIONS")


def test_abort_405_works_where_there_is_no_request() -> None:
    """Outside a request it raises, as it does in bare Flask."""
    app = items_app()
    with app.app_context(), pytest.raises(werkzeug.MethodNotAllowed) as caught:
        abort(405, description="No.")
    assert "No." in str(caught.value)


def test_an_own_class_for_405_stays() -> None:
    """An aborter in which the app has put a class of its own is left alone."""

    class Mine(werkzeug.MethodNotAllowed):
        pass

    app = Flask(__name__)
    app.aborter.mapping[405] = Mine
    MethodGuard(app)
    with app.app_context(), pytest.raises(Mine):
        abort(405)


def test_the_aborters_of_other_apps_are_left_alone() -> None:
    """The mapping that is changed is the app's own."""
    items_app()
    other = Flask(__name__)
    assert other.aborter.mapping[405] is werkzeug.MethodNotAllowed
    with pytest.raises(werkzeug.MethodNotAllowed) as caught:
        werkzeug.abort(405)
    assert type(caught.value) is werkzeug.MethodNotAllowed


@pytest.mark.parametrize("report_only", [False, True], ids=["guard", "report-only"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "last"])
def test_a_shared_aborter_speaks_for_the_app_of_the_request(
    order: tuple[int, int], report_only: bool
) -> None:
    """An extension may give each app the same aborter."""
    aborter = Aborter()

    class Sharing(Flask):
        def make_aborter(self) -> Aborter:
            return aborter

    apps = [Sharing(name, static_folder=None) for name in ("one", "two", "bare")]
    for app in apps:
        app.add_url_rule("/no", "no", aborts(405), methods=["GET", "PUT"])
        app.config["METHOD_GUARD_DOCS_URL"] = f"/{app.name}"
    apps[1].config["METHOD_GUARD_REPORT_ONLY"] = report_only
    for number in order:
        MethodGuard(apps[number])
    one, two, bare = (ask(app, "GET", "/no") for app in apps)
    assert (one.json["docs"], one.get("Allow")) == ("/one", "HEAD, OPTIONS, PUT")
    assert (bare.get("Allow"), "<title>405" in bare.text) == (None, True)
    if report_only:
        assert two == bare
    else:
        assert (two.json["docs"], two.get("Allow")) == ("/two", "HEAD, OPTIONS, PUT")


def test_markup_in_an_allow_makes_no_other_text_markup() -> None:
    """Names that are equal are escaped unless they themselves are markup."""
    app = make_app()
    names = iter([Markup("<i>x</i>"), "<i>x</i>"])
    app.add_url_rule("/odd", "odd", lambda: abort(405, valid_methods=[next(names)]))
    pages = [ask(app, "GET", "/odd", headers={"Accept": "text/html"}) for _ in range(2)]
    assert "<li>&lt;i&gt;x&lt;/i&gt;</li>" in pages[1].text


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(aborts(501), id="abort-501"),
        pytest.param(aborts(501, description="Soon."), id="abort-501-description"),
        pytest.param(raises(werkzeug.NotImplemented()), id="raise-501"),
        pytest.param(lambda: ("later", 501), id="return-501"),
        pytest.param(aborts(404), id="abort-404"),
        pytest.param(lambda: ("none", 404), id="return-404"),
        pytest.param(aborts(400), id="abort-400"),
        pytest.param(lambda: ("", 200, {"Allow": "B, A"}), id="allow-on-200"),
    ],
)
def test_other_answers_of_a_view_are_untouched(view: Callable[[], Any]) -> None:
    """A 404, 400 or 501 that a view says is sent as without the guard."""
    app = app_of(view)
    with heard(app) as caught:
        assert ask(app, "GET") == ask(app_of(view, guarded=False), "GET")
    assert caught == []


def test_a_404_of_a_converter_is_untouched() -> None:
    """A 404 in which a URL converter says why is not replaced by another."""

    class Order(BaseConverter):
        def to_python(self, value: str) -> str:
            raise werkzeug.NotFound(f"no order {value}")

    app = items_app()
    app.url_map.converters["order"] = Order
    app.add_url_rule("/orders/<order:o>", "order", str)
    answer = ask(app, "GET", "/orders/7")
    assert (answer.status, "no order 7" in answer.text) == (404, True)
