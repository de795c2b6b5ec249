"""What a client gets of a successor, from an app that serves and rejects."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from flask import Flask, g
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, ValidationError

from flask_method_guard import (
    MethodGuard,
    MethodNotAllowed,
    MethodRejected,
    Successor,
    deprecated_methods,
)
from flask_method_guard.cli import methods
from flask_method_guard.report import deprecations, explain, inventory
from tests.deprecations import SUNSET, Clock, make_app
from tests.raw_wsgi import Answer, ask

PUT: dict[str, Any] = {"since": "2026-01-01", "sunset": SUNSET}


def successor_link(answer: Answer) -> str | None:
    """Return the URL of the successor, of which there is one at most."""
    found = [
        link.removeprefix("<").removesuffix('>; rel="successor-version"')
        for link in answer.all("Link")
        if link.endswith('rel="successor-version"')
    ]
    assert len(found) < 2
    return found[0] if found else None


def make_books(
    successor: Any,
    rule: str = "/books/<int:number>",
    *,
    retired: bool = False,
    **config: Any,
) -> Flask:
    """Make an app that deprecates PUT of a rule."""
    clock = Clock(SUNSET) if retired else Clock()
    app = make_app(clock, ENFORCE_SUNSET=True, **config)

    @app.route(rule, methods=["GET", "PUT"])
    @deprecated_methods("PUT", **PUT, successor=successor)
    def book(**values: object) -> str:
        return "a book"

    return app


FORMS: list[tuple[Any, str | None, str]] = [
    ("PATCH", None, "PATCH"),
    ("/v2/books/{number}", "/v2/books/3", "PUT /v2/books/3"),
    ("PATCH /v2/books/{number}", "/v2/books/3", "PATCH /v2/books/3"),
    ("https://new.example/{number}", "https://new.example/3", ""),
    (("/books/", "/v2/books/"), "/v2/books/3", "PUT /v2/books/3"),
    (("/books/", "https://new.example/"), "https://new.example/3", ""),
    (("/v1/", "/v2/"), None, ""),
    ("/v2/books/{unknown}", None, ""),
]


@pytest.mark.parametrize(("successor", "url", "text"), FORMS, ids=repr)
def test_while_the_method_works(successor: Any, url: str | None, text: str) -> None:
    """A response has the link if a URL is given, and its other methods have none."""
    app = make_books(successor)
    for _ in range(2):
        answer = ask(app, "PUT", "/books/3", query="page=2")
        assert (answer.text, successor_link(answer)) == ("a book", url)
        assert answer.get("Deprecation") == "@1767225600"
    for method, path in (("GET", "/books/3"), ("PUT", "/other"), ("POST", "/books/3")):
        assert successor_link(ask(app, method, path)) is None


@pytest.mark.parametrize(("successor", "url", "text"), FORMS, ids=repr)
@pytest.mark.parametrize("when", ["retired", "brownout"])
def test_when_it_is_rejected(
    successor: Any, url: str | None, text: str, when: str
) -> None:
    """A rejection has the link, and the successor in its words and in JSON."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=when == "retired")
    windows = {"brownouts": ["2026-03-01T12:00Z/PT1H"]} if when == "brownout" else PUT

    @app.route("/books/<int:number>", methods=["GET", "PUT"])
    @deprecated_methods("PUT", **windows, successor=successor, notice="Or ask.")
    def book(number: int) -> str:
        return "a book"

    answer = ask(app, "PUT", "/books/3")
    assert (answer.status, successor_link(answer)) == (405, url)
    method = text.partition(" ")[0] or "PUT"
    sentence = f" Use {text or f'PUT {url}'} instead." if text or url else ""
    assert f".{sentence} Or ask. Allowed: " in answer.json["detail"]
    expected = {"method": method} | ({"url": url} if url else {})
    assert answer.json.get("successor") == (expected if sentence else None)
    assert "successor" not in answer.json["deprecation"]
    plain = ask(app, "PUT", "/books/3", headers={"Accept": "text/plain"})
    assert f".{sentence} Or ask. Allowed: " in plain.text


def test_the_page_links_to_what_a_browser_can_open() -> None:
    """A link sends GET: another method is only named."""
    app = make_app(Clock(SUNSET), ENFORCE_SUNSET=True)

    @app.route("/a", methods=["GET", "POST", "PUT"])
    @deprecated_methods("GET", sunset=SUNSET, successor="/v2/a?x=1&y=2")
    @deprecated_methods("PUT", sunset=SUNSET, successor="PATCH /v2/a")
    def index() -> str:
        return "ok"

    def page(method: str, path: str) -> str:
        return ask(app, method, path, headers={"Accept": "text/html"}).text

    link = '<a href="/v2/a?x=1&amp;y=2">GET /v2/a?x=1&amp;y=2</a>'
    assert f"<p>GET was retired on 1 March 2026. Use {link} instead.</p>" in page(
        "GET", "/a"
    )
    assert "Use PATCH /v2/a instead." in page("PUT", "/a")
    assert "<a " not in page("PUT", "/a")


def test_a_page_without_a_url_has_no_link() -> None:
    """GET of the same URL is where the reader is already."""
    app = make_books("GET", retired=True)
    page = ask(app, "PUT", "/books/3", headers={"Accept": "text/html"}).text
    assert "Use GET instead." in page
    assert "<a " not in page


def test_the_exception_has_the_filled_pair() -> None:
    """An app's own handler, and whoever unpickles, gets method and URL."""
    app = make_books("PATCH /v2/books/{number}", retired=True)
    found: list[MethodNotAllowed] = []

    @app.errorhandler(MethodRejected)
    def keep(error: MethodNotAllowed) -> tuple[str, int]:
        found.append(pickle.loads(pickle.dumps(error)))
        return "own", 405

    answer = ask(app, "PUT", "/books/3")
    assert (answer.text, successor_link(answer)) == ("own", "/v2/books/3")
    assert found[0].successor == Successor("PATCH", "/v2/books/3")
    assert str(found[0].successor) == "PATCH /v2/books/3"
    assert found[0].deprecation is not None
    assert str(found[0].deprecation.successor) == "PATCH /v2/books/{number}"
    ask(app, "POST", "/books/3")
    assert found[1].successor is None


def test_a_link_of_the_view_stays() -> None:
    """The guard's links come next to the app's own."""
    app = make_app(DEPRECATED_METHODS={"GET": {"link": "/docs", "successor": "/v2/"}})
    app.add_url_rule("/", "index", lambda: ("ok", {"Link": "</>; rel=self"}))
    assert ask(app, "GET").all("Link") == [
        "</>; rel=self",
        '</docs>; rel="deprecation"',
        '</v2/>; rel="successor-version"',
    ]


def test_head_keeps_its_method() -> None:
    """A mark on GET covers HEAD, whose successor is HEAD elsewhere."""
    app = make_app(
        Clock(SUNSET),
        ENFORCE_SUNSET=True,
        DEPRECATED_METHODS={"GET": {"sunset": SUNSET, "successor": "/v2/"}},
    )
    app.add_url_rule("/", "index", lambda: "ok", methods=["GET", "POST"])
    app.register_error_handler(405, lambda e: ("", 405, {"X-It": str(e.successor)}))
    assert ask(app, "HEAD").get("X-It") == "HEAD /v2/"


def test_a_method_that_no_route_has() -> None:
    """Its 501 has the successor, if that needs no variable."""
    marks = {
        "PROPFIND": {"successor": "GET /books"},
        "LOCK": {"successor": "/books/{number}"},
        "MOVE": {"successor": ("/v1/", "/v2/")},
    }
    app = make_app(DEPRECATED_METHODS=marks)
    answer = ask(app, "PROPFIND", "/v1/x")
    assert (answer.status, successor_link(answer)) == (501, "/books")
    assert answer.json["detail"].startswith(
        "PROPFIND is not implemented. Use GET /books instead. Supported: "
    )
    assert successor_link(ask(app, "LOCK", "/books/3")) is None
    assert successor_link(ask(app, "MOVE", "/v1/x")) == "/v2/x"
    assert successor_link(ask(app, "MOVE", "/x")) is None


def test_report_only_changes_nothing() -> None:
    """The response is Flask's own, without the link."""
    app = make_books("/v2/books/{number}", REPORT_ONLY=True)
    assert ask(app, "PUT", "/books/3").all("Link") == []


# -- where the values come from ---------------------------------------------------


class Book:
    """What a converter makes of a number."""

    def __init__(self, number: int) -> None:
        self.number = number


BOOKS = {3: Book(3)}


class BookConverter(BaseConverter):
    """Looks a book up, and can write its number."""

    regex = r"\d+"

    def to_python(self, value: str) -> Book:
        if int(value) not in BOOKS:
            raise ValidationError
        return BOOKS[int(value)]

    def to_url(self, value: Book) -> str:
        return str(value.number)


class Mute(BookConverter):
    """Looks a book up, and cannot write it."""

    to_url = BaseConverter.to_url


class Crashing(BookConverter):
    """Looks a book up, and crashes when it writes it."""

    def to_url(self, value: Book) -> str:
        raise RuntimeError(value)


class Odd(BookConverter):
    """Writes something that is no text."""

    def to_url(self, value: Book) -> Any:
        return value


class Sloppy(BaseConverter):
    """Writes more than one segment, and does not encode."""

    def to_url(self, value: str) -> str:
        return f"../{value}?x=1#y\r\nX: 1"


CONVERTERS: dict[str, type[BaseConverter]] = {
    "book": BookConverter,
    "mute": Mute,
    "crashing": Crashing,
    "odd": Odd,
    "sloppy": Sloppy,
}


def make_converted(rule: str, successor: str) -> Flask:
    """Make an app with converters, whose view of a rule deprecates GET."""
    app = make_app()
    app.url_map.converters.update(CONVERTERS)
    view = deprecated_methods("GET", successor=successor)(lambda **values: "served")
    app.add_url_rule(rule, "view", view)
    return app


@pytest.mark.parametrize(
    ("rule", "path", "url"),
    [
        ("/<x>", "/a b", "/v2/a%20b"),
        ("/<x>", "/ä", "/v2/%C3%A4"),
        ("/<x>", "/a?b", "/v2/a%3Fb"),
        ("/<x>", "/a%2Fb", "/v2/a%252Fb"),
        ("/<x>", "/\\evil.example", "/v2/%5Cevil.example"),
        ("/<int:x>", "/007", "/v2/7"),
        ("/<int(fixed_digits=3):x>", "/007", "/v2/007"),
        ("/<float:x>", "/1.50", "/v2/1.5"),
        (
            "/<uuid:x>",
            "/AAAAAAAA-0000-4000-8000-000000000000",
            "/v2/aaaaaaaa-0000-4000-8000-000000000000",
        ),
        ("/<any(en, de):x>", "/de", "/v2/de"),
        ("/<path:x>", "/a/b c/d", "/v2/a/b%20c/d"),
        ("/<path:x>", "/a/../../d", None),
        ("/<path:x>", "/a/.", None),
        ("/<x>", "/..", None),
        ("/<x>", "/.", None),
        ("/<book:x>", "/3", "/v2/3"),
        ("/<mute:x>", "/3", None),
        ("/<crashing:x>", "/3", None),
        ("/<odd:x>", "/3", None),
        ("/<sloppy:x>", "/3", "/v2/..%2F3%3Fx%3D1%23y%0D%0AX%3A%201"),
        ("/<y>", "/3", None),
    ],
    ids=repr,
)
def test_values_of_a_url(rule: str, path: str, url: str | None) -> None:
    """Values go through to_url; what cannot be written leaves the request served."""
    app = make_converted(rule, "/v2/{x}")
    answer = ask(app, "GET", path)
    assert (answer.status, answer.text, successor_link(answer)) == (200, "served", url)


def test_a_template_that_starts_with_a_variable() -> None:
    """A path that starts with a slash would be the name of a host."""

    class Anything(BaseConverter):
        regex = "/?.*?"

    app = make_app()
    app.url_map.merge_slashes = False
    app.url_map.converters["anything"] = Anything
    view = deprecated_methods("GET", successor="/{x}")(lambda **values: "served")
    app.add_url_rule("/go<anything:x>", "view", view)
    assert successor_link(ask(app, "GET", "/go/evil.example")) is None
    assert successor_link(ask(app, "GET", "/go\\evil.example")) == "/%5Cevil.example"
    assert successor_link(ask(app, "GET", "/goodbye")) == "/odbye"
    assert ask(app, "GET", "/go/evil.example").text == "served"


def test_a_default_is_not_a_variable() -> None:
    """A value that the URL does not contain has no converter."""
    app = make_app()
    view = deprecated_methods("GET", successor="/v2/{page}")(lambda page: "served")
    app.add_url_rule("/", "view", view, defaults={"page": 1})
    app.add_url_rule("/<int:page>", "view", view)
    assert successor_link(ask(app, "GET", "/")) is None
    assert successor_link(ask(app, "GET", "/7")) == "/v2/7"


def test_a_preprocessor_that_takes_a_value() -> None:
    """The URL is matched afresh, so no hook changes where the link leads."""
    app = make_books("/{language}/v2/{number}", "/<language>/books/<int:number>")

    @app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        assert values is not None
        g.language = values.pop("language")
        values["number"] = "/evil.example"

    answer = ask(app, "PUT", "/de/books/3")
    assert (answer.text, successor_link(answer)) == ("a book", "/de/v2/3")


def test_a_book_that_is_deleted() -> None:
    """The URL is read before the view, which may delete what it names."""
    app = make_app()
    app.url_map.converters.update(CONVERTERS)

    @app.delete("/<book:x>")
    @deprecated_methods("DELETE", successor="/v2/{x}")
    def delete(x: Book) -> str:
        del BOOKS[x.number]
        return "deleted"

    try:
        answer = ask(app, "DELETE", "/3")
    finally:
        BOOKS[3] = Book(3)
    assert (answer.text, successor_link(answer)) == ("deleted", "/v2/3")


def test_a_subdomain_is_a_variable_too() -> None:
    """A value of the host may fill the path, and never the host."""
    app = Flask(__name__, host_matching=True, static_host="localhost")
    MethodGuard(app)
    view = deprecated_methods("GET", successor="/{tenant}/")(lambda tenant: "served")
    app.add_url_rule("/", "view", view, host="<tenant>.example.com")
    answer = ask(app, "GET", "/", host="a.example.com")
    assert (answer.text, successor_link(answer)) == ("served", "/a/")


# -- where the app is mounted -----------------------------------------------------


@pytest.mark.parametrize("retired", [False, True], ids=["works", "retired"])
@pytest.mark.parametrize(
    "successor", ["/v2/{number}", ("/books/", "/v2/")], ids=["template", "pair"]
)
def test_a_mounted_app(successor: Any, retired: bool) -> None:
    """The link has the prefix under which the app is mounted."""
    app = make_books(successor, retired=retired)
    mounted = DispatcherMiddleware(Flask("other"), {"/my shop": app})
    answer = ask(mounted, "PUT", "/my shop/books/3")
    assert answer.status == (405 if retired else 200)
    assert successor_link(answer) == "/my%20shop/v2/3"


@pytest.mark.parametrize(
    ("prefix", "url"),
    [
        ("/shop", "/shop/v2/3"),
        ("//evil.example", None),
        ("https://evil.example", None),
        ("evil", None),
        ("/a/..", None),
    ],
)
def test_the_prefix_of_a_proxy(prefix: str, url: str | None) -> None:
    """A client that can send the header of a proxy does not choose the host."""
    app = ProxyFix(make_books("/v2/{number}"), x_prefix=1)
    answer = ask(app, "PUT", "/books/3", headers={"X-Forwarded-Prefix": prefix})
    assert (answer.text, successor_link(answer)) == ("a book", url)


# -- what it costs ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("successor", "url"),
    [("/v2/{number}", "/v2/{}"), (("/books/", "/v2/"), "/v2/{}"), ("PATCH", None)],
    ids=repr,
)
def test_other_urls_do_not_flush_what_is_kept(successor: Any, url: str | None) -> None:
    """The facts of a rejection are kept once, however many URLs there are."""
    app = make_books(successor, retired=True)
    kept = app.extensions["method_guard"].facts
    for number in range(1000):
        answer = ask(app, "PUT", f"/books/{number}")
        assert successor_link(answer) == (url and url.format(number))
        assert answer.json["successor"].get("url") == (url and url.format(number))
    assert (kept.cache_info().misses, kept.cache_info().currsize) == (1, 1)


def test_the_router_is_asked_only_for_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A successor without a variable needs no second match."""
    asked = []

    class Counted(BaseConverter):
        def to_python(self, value: str) -> str:
            asked.append(value)
            return value

    monkeypatch.setitem(CONVERTERS, "counted", Counted)
    for successor, matches in (("/v2/", 1), ("PATCH", 1), ("/v2/{x}", 2)):
        app = make_converted("/<counted:x>", successor)
        asked.clear()
        assert ask(app, "GET", "/a").text == "served"
        assert len(asked) == matches


# -- what the reports show ----------------------------------------------------------


@pytest.mark.parametrize(
    ("successor", "written", "text"),
    [
        ("patch /v2/books/{number}", "PATCH /v2/books/{number}", None),
        (("/books/", "/v2/"), ["/books/", "/v2/"], "/books/ -> /v2/"),
    ],
    ids=["template", "pair"],
)
@pytest.mark.parametrize("retired", [False, True], ids=["works", "retired"])
def test_reports_show_it_as_it_was_written(
    successor: Any, written: Any, text: str | None, retired: bool
) -> None:
    """Lists, the schedule and explanations have the template, and not one URL."""
    app = make_books(successor, retired=retired)
    [route] = inventory(app).routes
    assert route.as_json()["successors"] == {"PUT": written}
    [row] = deprecations(app)
    assert row.as_json()["successor"] == written
    found = explain(app, "PUT", "/books/3")
    values: Any = found.as_json()["deprecation"]
    assert values["successor"] == written
    assert explain(app, "GET", "/books/3").as_json()["deprecation"] is None
    if retired:
        assert str(found.detail).count("/v2/") == 1
        assert "{number}" not in str(found.detail)
    for command in ("deprecations", "explain PUT /books/3"):
        result = app.test_cli_runner().invoke(methods, command.split())
        assert (text or written) in result.output
