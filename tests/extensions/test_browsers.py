"""Extensions that speak to browsers: their headers, hooks and pages stay."""

from __future__ import annotations

import base64

import flask
import pytest
from flask.app import Flask
from werkzeug.test import Client

from tests.raw_wsgi import ask

from .apps import BY_NAME, ORIGIN
from .kit import around, each_place, guarded, need, plain

REFUSALS = [("PUT", 405), ("FOO", 501)]


@each_place
def test_cors_headers_are_on_every_answer(place: str) -> None:
    """A script in a browser may read a refusal, and its Allow."""
    app = BY_NAME["Flask-CORS"].app(place)
    for method, path in [("GET", "/items"), ("PUT", "/items"), ("FOO", "/nowhere")]:
        answer = ask(app, method, path, headers={"Origin": ORIGIN})
        assert answer.get("Access-Control-Allow-Origin") == ORIGIN
        assert answer.get("Access-Control-Expose-Headers") == "Allow, Link"
    stranger = ask(app, "PUT", "/items", headers={"Origin": "https://evil.example"})
    assert stranger.get("Access-Control-Allow-Origin") is None


@guarded
def test_cors_preflight_is_untouched(place: str) -> None:
    """A preflight is answered as without the guard, but for the order of Allow."""
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    bare = ask(BY_NAME["Flask-CORS"].app("none"), "OPTIONS", "/items", headers=headers)
    answer = ask(BY_NAME["Flask-CORS"].app(place), "OPTIONS", "/items", headers=headers)
    assert answer.status == bare.status == 200
    assert answer.without("Allow") == bare.without("Allow")
    assert bare.get("Access-Control-Allow-Methods")


@guarded
def test_cors_varies_beside_the_guard(place: str) -> None:
    """A cache is told of both reasons for which a refusal may differ."""
    flask_cors = need("flask_cors", "Flask-CORS")
    app = BY_NAME["Flask-HTTPAuth"].app(place)
    flask_cors.CORS(app, origins=[ORIGIN, "https://other.example"])
    answer = ask(app, "PUT", "/items", headers={"Origin": ORIGIN})
    assert answer.get("Access-Control-Allow-Origin") == ORIGIN
    vary = {name.strip() for line in answer.all("Vary") for name in line.split(",")}
    assert vary == {"Accept", "Origin"}


@guarded
def test_cors_by_decorator_answers_options_itself(place: str) -> None:
    """What the documentation warns of: the view's Allow stays as the view says it."""
    flask_cors = need("flask_cors", "Flask-CORS")
    app = plain()
    view = flask_cors.cross_origin(origins=[ORIGIN])(lambda: "shared")
    around(app, place, lambda: app.add_url_rule("/shared", "shared", view))
    answer = ask(app, "OPTIONS", "/shared", headers={"Origin": ORIGIN})
    assert answer.get("Access-Control-Allow-Origin") == ORIGIN
    assert set((answer.get("Allow") or "").split(", ")) == {"GET", "HEAD", "OPTIONS"}
    refused = ask(app, "PUT", "/shared", headers={"Origin": ORIGIN})
    assert (refused.status, refused.get("Allow")) == (405, "GET, HEAD, OPTIONS")


@each_place
def test_login_keeps_its_users(place: str) -> None:
    """A user logs in, is remembered, and sees her page; a stranger gets 401."""
    app = BY_NAME["Flask-Login"].app(place)
    client = Client(app)
    assert client.get("/mine").status_code == 401
    assert client.post("/login").text == "welcome"
    assert client.get_cookie("remember_token") is not None
    assert client.get("/mine").text == "only ada"
    assert client.put("/mine").status_code == 405
    assert client.open("/mine", method="FOO").status_code == (
        405 if place == "none" else 501
    )
    assert client.get("/mine").text == "only ada"


@guarded
@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
def test_login_in_a_hook_comes_first(place: str, early: bool) -> None:
    """A check before every request says 401 before 405 and 501, unless early."""
    flask_login = need("flask_login", "Flask-Login")
    app = BY_NAME["Flask-Login"].app("none", METHOD_GUARD_REJECT_EARLY=early)

    def check() -> None:
        if not flask_login.current_user.is_authenticated:
            flask.abort(app.login_manager.unauthorized())  # type: ignore[attr-defined]

    around(app, place, lambda: app.before_request(check))
    for method, status in REFUSALS:
        expected = status if early and place == "first" else 401
        assert ask(app, method, "/items").status == expected


@guarded
def test_csrf_does_not_hide_a_405(place: str) -> None:
    """POST to a GET route is 405, not a CSRF 400; a real form stays protected."""
    app = BY_NAME["Flask-WTF"].app(place)
    answer = ask(app, "POST", "/items")
    assert (answer.status, answer.get("Allow")) == (405, "GET, HEAD, OPTIONS")
    assert ask(app, "FOO", "/form").status == 501
    refused = ask(app, "POST", "/form")
    assert (refused.status, "CSRF" in refused.text) == (400, True)


@guarded
def test_csrf_tokens_still_work(place: str) -> None:
    """A form with its token is sent as without the guard."""
    app = BY_NAME["Flask-WTF"].app(place)
    csrf = need("flask_wtf.csrf", "Flask-WTF")
    app.add_url_rule("/token", "token", csrf.generate_csrf)
    client = Client(app)
    token = client.get("/token").text
    assert client.post("/form", headers={"X-CSRFToken": token}).text == "sent"


@each_place
def test_talisman_headers_are_on_every_answer(place: str) -> None:
    """A refusal has the same security headers as a page."""
    app = BY_NAME["flask-talisman"].app(place)
    for method, path in [("GET", "/items"), ("PUT", "/items"), ("FOO", "/nowhere")]:
        answer = ask(app, method, path)
        assert answer.get("X-Frame-Options") == "SAMEORIGIN"
        assert answer.get("Content-Security-Policy")
        assert answer.get("X-Content-Type-Options") == "nosniff"


@guarded
@pytest.mark.parametrize(("method", "status"), REFUSALS)
def test_talisman_policy_is_the_only_one(place: str, method: str, status: int) -> None:
    """The page of a refusal is under Talisman's policy, in place of its own."""
    app = BY_NAME["flask-talisman"].app(place)
    answer = ask(app, method, "/items", headers={"Accept": "text/html"})
    assert (answer.status, "<style>" in answer.text) == (status, True)
    served = ask(app, "GET", "/items")
    assert answer.all("Content-Security-Policy") == [
        served.get("Content-Security-Policy")
    ]


@guarded
def test_talisman_redirects_first(place: str) -> None:
    """On plain HTTP even a refused method is sent to HTTPS, as without the guard."""
    talisman = need("flask_talisman", "flask-talisman")

    def app(place: str) -> Flask:
        app = plain()
        app.add_url_rule("/items", "items", lambda: "items")
        extension = talisman.Talisman()
        return around(app, place, lambda: extension.init_app(app, force_https=True))

    for method in ("GET", "PUT", "FOO"):
        bare = ask(app("none"), method, "/items")
        answer = ask(app(place), method, "/items")
        assert (answer.status, answer.get("Location")) == (
            302,
            "https://localhost/items",
        )
        assert answer == bare
    assert ask(app(place), "FOO", "/items", scheme="https").status == 501


@each_place
def test_httpauth_asks_for_the_password(place: str) -> None:
    """A protected view asks, lets in who knows, and its 405 needs no password."""
    app = BY_NAME["Flask-HTTPAuth"].app(place)
    stranger = ask(app, "GET", "/secret")
    assert stranger.status == 401
    assert (stranger.get("WWW-Authenticate") or "").startswith("Basic")
    word = base64.b64encode(b"ada:word").decode()
    answer = ask(app, "GET", "/secret", headers={"Authorization": f"Basic {word}"})
    assert answer.text == "only ada"
    assert ask(app, "PUT", "/secret").status == 405


@each_place
def test_admin_pages_are_served(place: str) -> None:
    """The administration's pages and files are there, and its URLs are guarded."""
    app = BY_NAME["Flask-Admin"].app(place)
    assert "shop" in ask(app, "GET", "/admin/").text
    assert ask(app, "GET", "/admin").status == 308
    assert ask(app, "POST", "/admin/stock/").text == "stock"
    answer = ask(app, "PUT", "/admin/stock/")
    assert answer.status == 405
    if place != "none":
        assert answer.get("Allow") == "GET, HEAD, OPTIONS, POST"
        assert ask(app, "FOO", "/admin/").status == 501
