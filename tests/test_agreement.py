"""Agreement: every kind of difference, and what is no difference."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import BaseConverter, Rule, ValidationError

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.report import (
    DIFFERENCES,
    Agreement,
    Difference,
    DocumentError,
    agreement,
)

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


def fail(*_: object, **__: object) -> Any:
    """Stand for everything that must not run."""
    raise AssertionError("this must not run")


def app_of(*rules: tuple[str, str], **config: object) -> Flask:
    """Make an app of rules with methods, ``("/items", "GET POST")``.

    The endpoints are e0, e1 and so on; no view and no hook may run.
    """
    app = Flask("shop", static_folder=None)
    app.config.update(config)
    app.url_map.converters.update(secret=Secret, crash=Crash, slow=Slow)
    MethodGuard(app, clock=lambda: NOW)
    for number, (rule, methods) in enumerate(rules):
        app.add_url_rule(rule, f"e{number}", fail, methods=methods.split())
    app.before_request(fail)
    app.url_value_preprocessor(fail)
    return app


def paths(**methods: str) -> dict[str, Any]:
    """Write paths with methods: the keys are the paths."""
    return {
        path: {method: {} for method in names.split()}
        for path, names in methods.items()
    }


def document(found: dict[str, Any], **more: object) -> dict[str, Any]:
    """Write a document."""
    return {"openapi": "3.1.0", "paths": found, **more}


def ids(found: Agreement) -> list[str]:
    """Write each difference in one line."""
    return [f"{each.id} {each.method} {each.path}" for each in found]


def compare(
    app: Flask, found: dict[str, Any], *, servers: object = None, **options: Any
) -> list[str]:
    """Compare paths with an app."""
    return ids(agreement(app, document(found, servers=servers), **options))


class Secret(BaseConverter):
    """Knows one value, which nobody guesses."""

    def to_python(self, value: str) -> str:
        """Return the value."""
        if value != "sesame":
            raise ValidationError
        return value


class Crash(BaseConverter):
    """Fails on a value that a document gives."""

    def to_python(self, value: str) -> str:
        """Return the value, or fail."""
        if value == "crash":
            raise ZeroDivisionError
        return value


class Slow(BaseConverter):
    """Matches three letters."""

    regex = "[a-z]{3}"


# -- paths and rules ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("/a/", "/a"),  # a redirect counts
        ("/a/<int:id>", "/a/{id}"),
        ("/a/<int:id>", "/a/{number}"),
        ("/a/<string(length=3):id>/b", "/a/{x}/b"),
        ("/a/<path:rest>", "/a/{rest}"),
        ("/a/v<int:x>.<any(json, xml):kind>", "/a/v{x}.{y}"),
        ("/<a>/<b>", "/{b}/{a}"),
        ("/café/<x>", "/caf%C3%A9/{x}"),
        ("/café/<x>", "/café/{x}"),
        # Paths of another form: an example, and URLs that fit.
        ("/pets/<any(cat, dog):kind>", "/pets/cat"),
        ("/pets/cat/<int:id>", "/pets/{kind}/{id}"),
        ("/pets/<kind>.<form>", "/pets/{file}"),
        ("/pets/<int:id>", "/{a}/{b}"),
        ("/a/x-<int:id>-y", "/a/{before}-{id}-{after}"),
    ],
)
def test_paths_that_agree(rule: str, path: str) -> None:
    """The same URLs can be written in many ways."""
    assert compare(app_of((rule, "GET PUT")), {path: {"get": {}, "put": {}}}) == []


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/a", "/a/"),
        ("/a", "/b"),
        ("/a/<int:id>", "/a"),
        ("/a/<int:id>", "/a/{id}/b"),
        ("/a/<int:id>", "/a/x{id}"),
        ("/a/<int:id>", "/a/{id}x"),
        ("/a/<slow:id>", "/a/{x}a{y}a{z}a{w}"),
        ("/a/b<int:id>", "/a/{x}b{id}"),
        ("/a/<int:id>", "/a/x"),
        ("/a/<path:rest>/b", "/a/{rest}/c"),
        ("/a/bc<int:id>", "/a/x{id}"),
        ("/a/<int:id>bc", "/a/{id}x"),
        ("/a/bc", "/a/bc{id}c"),
    ],
)
def test_paths_that_do_not(rule: str, path: str) -> None:
    """A documented path that no route matches is MG201, and its route MG204."""
    found = compare(app_of((rule, "GET")), {path: {"get": {}}}, under="/")
    expected = [f"MG201 GET {path}"]
    if rule != path.rstrip("/"):
        expected.append(f"MG204 GET {rule}")
    assert sorted(found) == sorted(expected)


def test_a_method_that_is_rejected() -> None:
    """405 and 501 are MG202; the message says what is allowed."""
    app = app_of(("/a", "GET"), ("/b/<int:id>", "GET"))
    item: dict[str, Any] = {
        "get": {},
        "put": {},
        "trace": {},
        "additionalOperations": {"A B": {}},
    }
    found = agreement(app, document({"/a": item, **paths(**{"/b/{id}": "get"})}))
    assert [(each.method, each.id, each.endpoint, each.message) for each in found] == [
        (
            "A B",
            "MG202",
            None,
            "'A B' /a: documented, but /a responds with 400 Bad Request.",
        ),
        (
            *("PUT", "MG202", "e0"),
            (
                "PUT /a: documented, but /a responds with 405 Method Not Allowed;"
                " allowed: GET, HEAD, OPTIONS."
            ),
        ),
        (
            "TRACE",
            "MG202",
            None,
            "TRACE /a: documented, but /a responds with 501 Not Implemented.",
        ),
    ]


def test_a_method_that_no_path_lists() -> None:
    """It is found with its view; what Flask adds by itself is left out."""
    app = app_of(("/a", "GET POST PURGE"), ("/b", "HEAD"))

    def view() -> Any:
        fail()

    app.add_url_rule("/c", "view", view, methods=["GET", "OPTIONS"])

    app.url_map.add(Rule("/d", endpoint="e0"))  # every method
    app.add_url_rule("/static/<path:f>", "static", fail)
    app.register_blueprint(Blueprint("x", __name__, static_folder=".", url_prefix="/x"))
    app.url_map.add(Rule("/e", endpoint="e0", methods=["GET"], build_only=True))
    found = agreement(app, document(paths(**{"/a": "get", "/d": "get"})))
    assert ids(found) == [
        *("MG204 POST /a", "MG204 PURGE /a", "MG204 HEAD /b"),
        *("MG204 GET /c", "MG204 OPTIONS /c"),
    ]
    [get] = [each for each in found if each.path == "/c" and each.method == "GET"]
    assert get == Difference(
        id="MG204",
        method="GET",
        path="/c",
        message="GET /c: served, but not documented.",
        hint=DIFFERENCES["MG204"].hint,
        endpoint="view",
        file="tests/test_agreement.py",
        line=view.__code__.co_firstlineno,
    )


def test_what_the_router_answers() -> None:
    """A redirect serves what is documented, and is no route to document."""
    app = app_of(("/new", "GET"))
    app.url_map.add(Rule("/old", redirect_to="/new", endpoint="e0", methods=["GET"]))
    assert compare(app, paths(**{"/new": "get"})) == []
    assert compare(app, paths(**{"/new": "get", "/old": "get"})) == []


def test_a_method_that_no_route_supports() -> None:
    """A declared method that gets 501 is not served, so nobody must document it."""
    app = app_of(("/a", "GET PUT"), METHOD_GUARD_SUPPORTED_METHODS=["GET"])
    assert compare(app, paths(**{"/a": "get"})) == []
    assert compare(app, paths(**{"/a": "get put"})) == ["MG202 PUT /a"]


def test_rules_of_one_form() -> None:
    """They are told apart by the names of their variables."""
    app = app_of(("/u/<int:id>", "GET DELETE"), ("/u/<name>", "GET PUT"))
    right = paths(**{"/u/{id}": "get delete", "/u/{name}": "get put"})
    wrong = paths(**{"/u/{id}": "get put", "/u/{name}": "get delete"})
    assert compare(app, right) == []
    assert compare(app, wrong) == [
        *("MG204 DELETE /u/<int:id>", "MG204 PUT /u/<name>"),
        "MG202 DELETE /u/{name}",  # PUT /u/1 is served, by the other rule
    ]


def test_rules_of_one_form_without_names() -> None:
    """One path can stand for several rules, and several paths for one rule."""
    app = app_of(("/u/<int:a>", "GET"), ("/u/<b>", "PUT"), ("/v/<int:id>", "GET PUT"))
    both = paths(**{"/u/{x}": "get put", "/v/{y}": "get", "/v/{z}": "put"})
    assert compare(app, both) == []


def test_one_url_in_two_rules_of_other_names() -> None:
    """A method belongs to the rule that serves it, also if its names are others."""
    app = app_of(("/u/<int:id>", "GET"), ("/u/<int:user_id>", "PUT"))
    assert compare(app, paths(**{"/u/{id}": "get put"})) == []


def test_one_rule_in_two_hosts() -> None:
    """Hosts do not matter."""
    app = Flask("hosts", static_folder=None, host_matching=True)
    app.url_map.add(Rule("/a", endpoint="a", methods=["GET"], host="a.example"))
    app.url_map.add(Rule("/b/<x>", endpoint="b", methods=["GET"], host="b.example"))
    MethodGuard(app)
    found = paths(**{"/a": "get", "/b/c": "get", "/c": "get"})
    assert compare(app, found) == ["MG201 GET /c"]
    assert compare(app, paths(**{"/b/{x}": "get"}), under="/") == [
        "MG204 GET a.example/a"
    ]


# -- prefixes and folders --------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "prefix"),
    [
        (["/api"], "/api"),
        (["/wrong", "/api", "/other"], "/api"),
        (["/wrong"], ""),
        (["/api/v1", "/api"], "/api"),
    ],
    ids=str,
)
def test_the_prefix_that_fits(servers: list[str], prefix: str) -> None:
    """Servers lie; what fits the most paths is right."""
    app = app_of((f"{prefix}/items", "GET"), (f"{prefix}/items/<id>", "GET"))
    found = document(
        paths(**{"/items": "get", "/items/{id}": "get"}),
        servers=[{"url": url} for url in servers],
    )
    assert agreement(app, found).prefix == prefix
    assert agreement(app, found) == ()


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/api/pets/<any(cat, dog):kind>", "/pets/cat"),
        ("/api/t/<secret:code>", "/t/{code}"),
    ],
    ids=["another form", "no sample"],
)
def test_a_prefix_that_one_path_fits(rule: str, path: str) -> None:
    """It fits if a URL does, or if the form of a rule without a URL does."""
    listed = document(
        paths(**{path: "get"}), servers=[{"url": "/wrong"}, {"url": "/api"}]
    )
    assert agreement(app_of((rule, "GET")), listed).prefix == "/api"


def test_a_prefix_that_nothing_fits() -> None:
    """Then the first server is taken, and the hint says what to do."""
    app = app_of(("/api/items", "GET"))
    found = paths(**{"/items": "get"})
    wrong = agreement(app, document(found, servers=[{"url": "/wrong"}]), under="/")
    assert [each.message for each in wrong] == [
        "GET /api/items: served, but not documented.",
        "GET /items: documented, but no route matches /wrong/items.",
    ]
    assert "prefix" in wrong[1].hint
    for prefix in ("/api", "api/", "/api/"):
        assert compare(app, found, servers=[{"url": "/wrong"}], prefix=prefix) == []
    assert compare(app, found, prefix="", exclude=["/api/*"]) == ["MG201 GET /items"]


def test_servers_of_a_path() -> None:
    """They overrule the document's, if the path is found there."""
    app = app_of(("/api/items", "GET"), ("/health", "GET"), ("/up/file", "PUT"))
    found = {
        "/items": {"get": {}, "servers": [{"url": "/lie"}]},
        "/health": {"get": {}, "servers": [{"url": "https://x.example"}]},
        "/file": {"put": {"servers": [{"url": "/up"}]}},
        "/gone": {"get": {"servers": [{"url": "/up"}]}},
    }
    assert compare(app, found, servers=[{"url": "/api"}]) == ["MG201 GET /gone"]
    assert compare(app, found, prefix="/api") == ["MG201 GET /gone"]


@pytest.mark.parametrize(
    ("documented", "under", "found"),
    [
        ("/api/v1/a", None, "/api/v1/b /api/v1/b/c"),
        ("/api/v1/a /api/v2/a", None, "/api /api/v1/b /api/v1/b/c"),
        ("/api/v1/b/c", None, "/api/v1/b"),
        ("/api/v1/b", "/", "/ /api /api/v1/a /api/v1/b/c /api/v2/a /apix"),
        ("/api/v1/a", "/api/", "/api /api/v1/b /api/v1/b/c /api/v2/a"),
        ("/api/v1/a", "api/v2", "/api/v2/a"),
        ("", None, "/ /api /api/v1/a /api/v1/b /api/v1/b/c /api/v2/a /apix"),
    ],
)
def test_the_folder(documented: str, under: str | None, found: str) -> None:
    """Undocumented is only what is in the deepest folder of all documented paths."""
    urls = ("/", "/api", "/api/v1/a", "/api/v1/b", "/api/v1/b/c", "/api/v2/a", "/apix")
    app = app_of(*((url, "GET") for url in urls))
    listed = paths(**dict.fromkeys(documented.split(), "get"))
    assert compare(app, listed, under=under) == [
        f"MG204 GET {url}" for url in found.split()
    ]


def test_a_folder_with_variables() -> None:
    """A variable in a folder is one in a rule, whatever it is called."""
    app = app_of(("/<team>/a", "GET"), ("/<int:t>/b", "GET"), ("/x/c", "GET"))
    listed = paths(**{"/{team}/a": "get"})
    assert compare(app, listed) == ["MG204 GET /<int:t>/b"]
    assert compare(app, listed, under="/<team>") == ["MG204 GET /<int:t>/b"]
    assert compare(app, listed, under="/{x}/") == ["MG204 GET /<int:t>/b"]


@pytest.mark.parametrize(
    ("exclude", "found"),
    [
        ([], ["MG204 PUT /a", "MG204 GET /b/<x>", "MG201 GET /gone"]),
        (["/gone"], ["MG204 PUT /a", "MG204 GET /b/<x>"]),
        (["/api/gone"], ["MG204 PUT /api/a", "MG204 GET /api/b/<x>"]),
        (["/b/*"], ["MG204 PUT /a", "MG201 GET /gone"]),
        (["e1", "/g*"], ["MG204 PUT /a"]),
        (["e*"], ["MG201 GET /gone"]),
        (["/a"], ["MG204 GET /b/<x>", "MG201 GET /gone"]),
    ],
    ids=str,
)
def test_what_is_left_out(exclude: list[str], found: list[str]) -> None:
    """A pattern fits documented paths, rules and endpoints; both sides are left out."""
    prefix = "/api" if "/api" in str(exclude) else ""
    app = app_of((f"{prefix}/a", "GET PUT"), (f"{prefix}/b/<x>", "GET"))
    listed = paths(**{"/a": "get", "/gone": "get"})
    assert compare(app, listed, exclude=exclude, prefix=prefix) == found


def test_an_endpoint_that_is_left_out() -> None:
    """What the document says of its URLs is left out, too, also what is wrong."""
    app = app_of(("/a", "GET"), ("/b", "GET"))
    listed = paths(**{"/a": "get put", "/b": "get"})
    assert compare(app, listed) == ["MG202 PUT /a"]
    assert compare(app, listed, exclude=["e0"]) == []


def test_a_path_that_is_left_out_has_no_folder() -> None:
    """Else one documented /health would make the whole app the folder."""
    app = app_of(("/api/a", "GET"), ("/health", "GET"), ("/page", "GET"))
    listed = paths(**{"/api/a": "get", "/health": "get"})
    assert compare(app, listed) == ["MG204 GET /page"]
    assert compare(app, listed, exclude=["/health"]) == []


# -- deprecations -------------------------------------------------------------------


def marked(**config: object) -> Flask:
    """Make an app with deprecated methods."""
    app = Flask("marked", static_folder=None)
    app.config.update({f"METHOD_GUARD_{key}": value for key, value in config.items()})
    MethodGuard(app, clock=lambda: NOW)
    mark = deprecated_methods("PUT", since="2026-01-01", sunset="2026-07-01")
    app.add_url_rule("/a/", "a", mark(lambda: ""), methods=["GET", "PUT"])
    later = deprecated_methods(
        "PUT", since="2026-03-01", brownouts=["2026-05-01/P1D"], notice="Use POST."
    )
    app.add_url_rule("/b", "b", later(lambda: ""), methods=["GET", "PUT"])
    return app


def put(path: str, **said: object) -> dict[str, Any]:
    """Document all of :func:`marked`, and say something of one PUT."""
    found: dict[str, Any] = {
        "/a/": {"get": {}, "put": {"deprecated": True}},
        "/b": {"get": {}, "put": {"deprecated": True}},
    }
    if path == "/a":
        del found["/a/"]
    found[path] = {"get": {}, "put": said}
    return found


@pytest.mark.parametrize(
    ("path", "said", "at", "found"),
    [
        ("/a/", {"deprecated": True}, None, []),
        ("/a/", {"deprecated": True, "x-sunset": "2026-07-01"}, None, []),
        ("/a", {"deprecated": True, "x-sunset": "2026-07-01"}, None, []),
        ("/a/", {"deprecated": True, "x-sunset": date(2026, 7, 1)}, None, []),
        ("/a/", {"deprecated": True, "x-sunset": "2026-07-01T23:00:00Z"}, None, []),
        (
            "/a/",
            {"deprecated": True, "x-sunset": "2026-07-01T00:00+02:00"},
            None,
            ["MG207"],
        ),
        ("/a/", {"deprecated": True, "x-sunset": "2026-08-01"}, None, ["MG207"]),
        ("/a/", {"deprecated": True, "x-sunset": "July"}, None, ["MG207"]),
        ("/a/", {"deprecated": True, "x-sunset": 2026}, None, ["MG207"]),
        ("/b", {"deprecated": True, "x-sunset": "2026-07-01"}, None, ["MG207"]),
        ("/a/", {"x-sunset": "2026-08-01"}, None, ["MG205", "MG207"]),
        ("/a/", {}, None, ["MG205"]),
        ("/a", {}, None, ["MG205"]),
        ("/b", {}, None, ["MG205"]),
        ("/b", {}, "2026-02-01", []),  # scheduled
        ("/b", {"deprecated": True}, "2026-02-01", []),
        ("/b", {}, "2026-03-01", ["MG205"]),
        ("/b", {}, "2026-05-01", ["MG205"]),  # in a brownout
        ("/b", {"deprecated": True}, "2026-05-01", []),
        ("/a/", {}, "2027-01-01", ["MG205"]),  # overdue, and not enforced
    ],
    ids=str,
)
def test_deprecations(
    path: str, said: dict[str, Any], at: str | None, found: list[str]
) -> None:
    """The document and the app deprecate the same methods, with the same sunset."""
    exclude = ["/a/"] if path == "/b" else ["/b"]
    result = agreement(marked(), document(put(path, **said)), at=at, exclude=exclude)
    assert [each.id for each in result] == found
    assert {each.endpoint for each in result} <= {path.strip("/")}


def test_a_deprecation_that_no_header_tells() -> None:
    """``deprecated: true`` needs a deprecation in the app."""
    found = put("/b", deprecated=True)
    found["/b"]["get"] = {"deprecated": True, "x-sunset": "2026-07-01"}
    assert ids(agreement(marked(), document(found))) == ["MG206 GET /b", "MG207 GET /b"]


def test_no_date_decides_by_itself() -> None:
    """Without ``at``, the result is the same on every day, also after the sunset."""
    app = marked(ENFORCE_SUNSET=True)
    for day in (
        datetime(2000, 1, 1, tzinfo=timezone.utc),
        datetime(2040, 1, 1, tzinfo=timezone.utc),
    ):
        app.extensions["method_guard"].clock = lambda day=day: day
        assert agreement(app, document(put("/a/", deprecated=True))) == ()


def test_a_sunset_that_has_passed() -> None:
    """With ``at``, a documented method that is retired is MG203."""
    app = marked(ENFORCE_SUNSET=True)
    found = document(put("/a/", deprecated=True, **{"x-sunset": "2030-01-01"}))
    assert ids(agreement(app, found, at="2026-06-30")) == ["MG207 PUT /a/"]
    [late] = agreement(app, found, at="2026-07-01")
    assert (late.id, late.method, late.endpoint) == ("MG203", "PUT", "a")
    assert late.message == (
        "PUT /a/: past its sunset, and /a/ responds with 405 Method Not Allowed;"
        " allowed: GET, HEAD, OPTIONS."
    )


def test_a_retired_method_that_is_not_documented() -> None:
    """It is served no more, so nobody must document it."""
    app = marked(ENFORCE_SUNSET=True)
    found = put("/b", deprecated=True)
    found["/a/"] = {"get": {}}
    assert ids(agreement(app, document(found))) == ["MG204 PUT /a/"]
    assert agreement(app, document(found), at="2026-07-01") == ()


def test_a_method_that_was_never_there_is_not_past_its_sunset() -> None:
    """405 is MG202 on every day if the app has no such method."""
    found = put("/b", deprecated=True)
    found["/b"]["post"] = {}
    app = marked(ENFORCE_SUNSET=True)
    for at, expected in ((None, []), ("2026-07-01", ["MG203 PUT /a/"])):
        found_then = ids(agreement(app, document(found), at=at))
        assert found_then == [*expected, "MG202 POST /b"]


def test_one_path_of_several_rules() -> None:
    """The document is wrong if all rules say otherwise, and not if one does."""
    app = Flask("both", static_folder=None)
    MethodGuard(app)
    mark = deprecated_methods("GET", sunset="2026-07-01")
    app.add_url_rule("/a/<int:x>", "old", mark(lambda x: ""))
    app.add_url_rule("/a/<y>", "new", lambda y: "")
    for said in ({}, {"deprecated": True}, {"x-sunset": "2026-07-01"}):
        assert compare(app, {"/a/{id}": {"get": said}}) == []
    assert compare(app, {"/a/{x}": {"get": {}}}, exclude=["new"]) == [
        "MG205 GET /a/{x}"
    ]


def test_a_rule_is_asked_where_each_of_its_methods_reaches_it() -> None:
    """Another rule may have one of them at a URL, and not the others."""
    app = Flask("both", static_folder=None)
    MethodGuard(app)
    mark = deprecated_methods("POST", since="2026-01-01")
    app.add_url_rule("/a/<x>", "old", mark(lambda x: ""), methods=["DELETE", "POST"])
    app.add_url_rule("/a/<int:x>", "new", lambda x: "", methods=["POST"])
    said = {"/a/{x}": {"post": {"deprecated": True}, "delete": {}}}
    assert compare(app, said) == []


# -- what can't be compared -----------------------------------------------------------


def test_a_rule_without_a_sample() -> None:
    """It is listed, unless the document has an example."""
    app = app_of(("/t/<secret:code>", "GET"), ("/u", "GET"))
    listed = paths(**{"/u": "get", "/t/{code}": "get"})
    found = agreement(app, document(listed))
    assert not list(found)
    [problem] = found.not_compared
    assert problem.startswith("/t/<secret:code> (endpoint 'e0'): no value was found")
    assert "samples" not in problem
    other_name = agreement(app, document(paths(**{"/u": "get", "/t/{x}": "get"})))
    assert (ids(other_name), other_name.not_compared) == ([], (problem,))
    listed["/t/{code}"]["parameters"] = [
        {"name": "code", "in": "path", "example": "sesame"}
    ]
    found = agreement(app, document(listed))
    assert (len(found), found.not_compared) == (0, ())
    del listed["/t/{code}"]
    listed["/x/{y}"] = {"get": {}}
    found = agreement(app, document(listed), under="/")
    assert (ids(found), len(found.not_compared)) == (["MG201 GET /x/{y}"], 1)
    assert not agreement(app, document(listed), under="/u").not_compared


def test_a_converter_that_fails() -> None:
    """What the app can't say is no difference."""
    app = app_of(("/c/<crash:x>/<int:y>", "GET"))
    found = agreement(app, document(paths(**{"/c/crash/7": "get"})), under="/c/x")
    assert ids(found) == []
    assert found.not_compared == (
        "GET /c/crash/7: the app can't be asked at /c/crash/7.",
    )


# -- the value, and errors -------------------------------------------------------------


def test_the_value() -> None:
    """Differences are plain values, sorted by path, method and id."""
    app = app_of(("/b", "GET"), ("/a", "PUT"))
    found = agreement(app, document(paths(**{"/z": "get delete", "/c": "post"})))
    assert isinstance(found, tuple)
    assert ids(found) == [
        *("MG204 PUT /a", "MG204 GET /b", "MG201 POST /c"),
        *("MG201 DELETE /z", "MG201 GET /z"),
    ]
    assert json.loads(json.dumps(found[2].as_json())) == {
        "id": "MG201",
        "method": "POST",
        "path": "/c",
        "message": "POST /c: documented, but no route matches /c.",
        "hint": DIFFERENCES["MG201"].hint,
        "endpoint": None,
        "file": None,
        "line": None,
    }


def test_text_from_a_document_is_on_one_line() -> None:
    """A path can't write workflow commands or escape codes into a log."""
    path = "/a\n::error::b\x1b[31m"
    item = {"get": {}, "additionalOperations": {"X\n::": {"x-sunset": "a\nb"}}}
    found = agreement(app_of(("/b", "GET")), document({path: item}))
    assert [each.id for each in found] == ["MG201", "MG202", "MG204"]
    assert all(each.message.isprintable() for each in found)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"at": "tomorrow"}, ValueError), ({"at": 3}, TypeError)],
    ids=str,
)
def test_wrong_calls(options: dict[str, Any], error: type[Exception]) -> None:
    """A day is a date."""
    with pytest.raises(error, match="at: "):
        agreement(app_of(), document({}), **options)


def test_an_error_of_the_document() -> None:
    """It is a ``ValueError``."""
    with pytest.raises(ValueError, match="not an OpenAPI document") as caught:
        agreement(app_of(), {})
    assert isinstance(caught.value, DocumentError)


def test_patterns_that_take_for_ever_elsewhere() -> None:
    """A path of many variables is compared with a long URL at once."""
    app = app_of(("/<string(length=200):x>", "GET"))
    found = agreement(app, document({"/" + "{x}a" * 400 + "b": {"get": {}}}))
    assert ids(found)[0].startswith("MG204")
