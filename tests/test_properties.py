"""Every answer over random URL maps, compared with bare Flask's own dispatch.

The judge is Werkzeug: an app with the same rules and no guard is asked, method by
method, what it would dispatch. Nothing of the package but the extension is
imported here, so that no mistake of its own can prove itself right.

``METHOD_GUARD_MAPS`` says how many maps to try, 300 where it is not set; more than
2,000 go in rounds. A round's maps follow from its seed, so they are the same in every
run. The seeds begin at ``METHOD_GUARD_SEED``, 0 where it is not set: another tries
other maps::

    METHOD_GUARD_MAPS=2000 pytest tests/test_properties.py
    METHOD_GUARD_MAPS=100000 METHOD_GUARD_SEED=1000 pytest tests/test_properties.py
"""

from __future__ import annotations

import math
import os
import re
import typing as t
from collections import Counter
from dataclasses import dataclass

import flask
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, RequestRedirect, Rule, ValidationError
from werkzeug.wrappers import Request

from flask_method_guard import MethodGuard
from tests.raw_wsgi import Answer, Environ, ask, make_environ, run

MAPS = int(os.environ.get("METHOD_GUARD_MAPS", "300"))
ROUNDS = math.ceil(MAPS / 2000)
SEED = int(os.environ.get("METHOD_GUARD_SEED", "0"))

#: The seven of RFC 9110 and RFC 5789, written out: not imported from the package.
SEVEN = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
NOT_TOKENS = ("", "\0", "GET\r\nX: 1", "A\tB", "G ET", "<script>", "A/B", "GLA\xdfY")
UNKNOWN = ("FOO", "PROPFIND", "TRACE", "CONNECT", "QUERY", "--", "X" * 1000)
CASED = ("get", "Get", "patch", "head", "Options", "glassy")

UUID = "a8098c1a-f86e-11da-bd1a-00112444be1e"

#: A piece of a rule and values to try for it: some that it takes, some not.
PIECES: dict[str, tuple[str, ...]] = {
    "a": ("a",),
    "b": ("b",),
    "": ("",),
    "a-<int:{0}>": ("a-3", "a-x"),
    "<string:{0}>": ("a", "b", "x y", "ä", "*"),
    "<string(length=1):{0}>": ("a", "ab"),
    "<string(minlength=2, maxlength=3):{0}>": ("ab", "a", "abcd"),
    "<string:{0}>.json": ("a.json", "a.xml"),
    "<int:{0}>": ("3", "07", "x", "-1"),
    "<int(max=5):{0}>": ("3", "9", "x"),
    "<int(min=3, max=9):{0}>": ("3", "9", "1", "12"),
    "<int(fixed_digits=2):{0}>": ("07", "7"),
    "<int(signed=True):{0}>": ("-1", "3"),
    "<float:{0}>": ("2.5", "3"),
    "<float(max=2.5):{0}>": ("1.0", "9.9"),
    "<uuid:{0}>": (UUID, "a"),
    "<any(a, b, no):{0}>": ("a", "no", "yes"),
    "<even:{0}>": ("12", "3", "9"),
    "<pair:{0}>": ("a/b", "b/a", "a/c"),
    "<path:{0}>": ("a", "a/b", "a//b", "3/a/"),
}

METHODS = (
    ("GET",),
    ("GET", "POST"),
    ("POST",),
    ("PUT", "PATCH"),
    ("DELETE",),
    ("HEAD",),
    ("PROPFIND",),
    ("GLASSY", "QUERY"),
    ("GET", "FOO"),
)

SUPPORTED: tuple[t.Any, ...] = (
    None,
    None,
    "routes",
    "*",
    ["GET", "POST", "OPTIONS"],
    ["post", "FOO"],
    [],
)


class EvenConverter(BaseConverter):
    """Refuse an odd number after the pattern has matched it."""

    regex = r"\d+"

    def to_python(self, value: str) -> int:
        """Return an even number."""
        if int(value) % 2:
            raise ValidationError("odd")
        return int(value)


class PairConverter(BaseConverter):
    """Take two segments of the path, and refuse two alike."""

    regex = r"[abc]/[abc]"

    def to_python(self, value: str) -> str:
        """Return two unlike segments."""
        if value[0] == value[2]:
            raise ValidationError("alike")
        return value


@dataclass(frozen=True)
class RuleSpec:
    """One rule of a random map."""

    kind: str
    pieces: tuple[str, ...]
    slash: bool
    methods: tuple[str, ...]
    automatic: bool | None
    strict: bool | None
    merge: bool | None
    view: str
    host: str | None

    @property
    def pattern(self) -> str:
        """The text of the rule, its arguments named x0, x1 and so on."""
        named = [piece.format(f"x{i}") for i, piece in enumerate(self.pieces)]
        return "/" + "/".join(named) + ("/" if self.slash and named else "")

    @property
    def is_automatic(self) -> bool:
        """Whether Flask answers OPTIONS by itself."""
        return self.automatic is not False and self.kind != "options"

    @property
    def takes(self) -> tuple[str, ...] | None:
        """The methods of the rule, with OPTIONS where Flask would add it."""
        match self.kind:
            case "any":
                return None
            case "bare":
                return self.methods
            case "options":
                return (*self.methods, "OPTIONS")
        methods = ("GET",) if self.kind == "websocket" else self.methods
        return (*methods, "OPTIONS") if self.is_automatic else methods


@dataclass(frozen=True)
class Ask:
    """A URL, to which every method is sent."""

    path: str
    host: str
    upgrade: bool
    accept: str | None
    odd: tuple[str, ...]

    def environ(self, method: str) -> Environ:
        """Make the request that asks for this URL with a method."""
        headers: dict[str, str] = {}
        if self.upgrade:
            headers |= {"Connection": "Upgrade", "Upgrade": "websocket"}
        if self.accept is not None:
            headers["Accept"] = self.accept
        return make_environ(
            method, self.path, host=self.host, headers=headers, query="q=1"
        )


@dataclass(frozen=True)
class Case:
    """A map, the guard's settings, and the URLs to ask for."""

    rules: tuple[RuleSpec, ...]
    hosts: str
    strict_slashes: bool
    merge_slashes: bool
    supported: t.Any
    case_sensitive: bool
    reject_early: bool
    guard_first: bool
    asks: tuple[Ask, ...]
    later: tuple[RuleSpec, ...]

    def folded(self, method: str) -> str:
        """Return the method as the app compares it."""
        return method if self.case_sensitive else method.upper()

    def app(self, *, guarded: bool) -> flask.Flask:
        """Make the app of this map, with the guard or without it."""
        app = flask.Flask(
            "mapped",
            static_folder=None,
            host_matching=self.hosts == "host",
            subdomain_matching=self.hosts == "subdomain",
        )
        app.testing = True
        if self.hosts == "subdomain":
            app.config["SERVER_NAME"] = "example.test"
        app.url_map.strict_slashes = self.strict_slashes
        app.url_map.merge_slashes = self.merge_slashes
        app.url_map.converters |= {"even": EvenConverter, "pair": PairConverter}
        if guarded:
            if self.supported is not None:
                app.config["METHOD_GUARD_SUPPORTED_METHODS"] = self.supported
            app.config["METHOD_GUARD_CASE_SENSITIVE"] = self.case_sensitive
            app.config["METHOD_GUARD_REJECT_EARLY"] = self.reject_early
            app.config["METHOD_GUARD_DOCS_URL"] = "/docs/{endpoint}"
            if self.guard_first:
                MethodGuard(app)
        for number, rule in enumerate(self.rules):
            add_rule(app, f"e{number}", rule)
        if guarded and not self.guard_first:
            MethodGuard(app)
        return app


def make_view(name: str, spec: RuleSpec) -> t.Callable[..., t.Any]:
    """Make a view that tells what reached it, or refuses by itself."""
    status = {"ok": 200, "missing": 404, "own501": 501}.get(spec.view, 405)
    if spec.kind == "options" and status == 405:
        status = 200

    def view(**args: t.Any) -> t.Any:
        if spec.view == "abort":
            flask.abort(405)
        text = f"{name} {flask.request.method} {sorted(args.items())!r}"
        response = flask.Response(text, status, {"X-Endpoint": name})
        if spec.view == "allows":
            response.headers["Allow"] = "ZZZ, AAA"
        return response

    return view


def add_rule(app: flask.Flask, name: str, spec: RuleSpec) -> None:
    """Add what a spec stands for: one rule, or a pair that shares an endpoint.

    The rules go straight into the map, since Flask's own way refuses a running app,
    and are marked for automatic OPTIONS as Flask marks them.
    """
    options = host_and_slashes(app, spec)
    pairs: list[tuple[str, dict[str, t.Any]]] = [(spec.pattern, {})]
    if spec.kind == "websocket":
        options["websocket"] = True
    elif spec.kind == "redirect":
        options["redirect_to"] = "/a"
    elif spec.kind == "defaults":
        pairs[0][1]["defaults"] = {"page": 1}
        pairs.append((f"{spec.pattern.rstrip('/')}/<int:page>", {}))
    elif spec.kind == "alias":
        pairs.append((f"/alias{spec.pattern}", {"alias": True}))

    app.view_functions[name] = make_view(name, spec)
    for pattern, more in pairs:
        rule = Rule(pattern, endpoint=name, methods=spec.takes, **options, **more)
        if spec.kind not in ("any", "bare"):
            rule.provide_automatic_options = spec.is_automatic  # type: ignore[attr-defined]
        app.url_map.add(rule)


def host_and_slashes(app: flask.Flask, spec: RuleSpec) -> dict[str, t.Any]:
    """Return the options of a rule that any kind of rule may have."""
    place = "host" if app.url_map.host_matching else "subdomain"
    options = {
        "strict_slashes": spec.strict,
        "merge_slashes": spec.merge,
        place: spec.host,
    }
    return {key: value for key, value in options.items() if value is not None}


# What a map is made of.

HOST_PARTS: dict[str, tuple[str | None, ...]] = {
    "none": (None,),
    "subdomain": (None, "api", "<sub>", "<int(max=5):sub>"),
    "host": (
        "example.test",
        "api.example.test",
        "<sub>.example.test",
        "<even:sub>.example.test",
    ),
}
HOSTS = {
    "none": ("localhost",),
    "subdomain": (
        "example.test",
        "api.example.test",
        "joe.example.test",
        "3.example.test",
        "8.example.test",
    ),
    "host": (
        "example.test",
        "api.example.test",
        "joe.example.test",
        "3.example.test",
        "8.example.test",
        "other.test",
    ),
}
KINDS = (
    *("view",) * 6,
    *("any", "bare", "websocket", "options", "redirect", "defaults", "alias"),
)
VIEWS = (*("ok",) * 6, "missing", "own501", "own405", "allows", "abort")
ACCEPT = (None, "*/*", "text/html", "text/plain", "application/json", "rubbish;;,")


@st.composite
def rule_specs(draw: st.DrawFn, hosts: str, known: list[RuleSpec]) -> RuleSpec:
    """Draw a rule, often one that shares its URL, or part of it, with another."""
    kind = draw(st.sampled_from(KINDS))
    reuse, vary = draw(st.booleans()), draw(st.booleans())
    if known and reuse:
        pieces = draw(st.sampled_from(known)).pieces
        if pieces and vary:
            pieces = (*pieces[:-1], draw(st.sampled_from(tuple(PIECES))))
    else:
        pieces = tuple(draw(st.lists(st.sampled_from(tuple(PIECES)), max_size=3)))
    if any(p.startswith("<path") for p in pieces[:-1]):
        # Werkzeug's own redirects run away on some of these; one is enough.
        pieces = tuple(p for p in pieces if not p.startswith("<path"))
    if kind == "defaults" and pieces and pieces[-1].startswith("<path"):
        kind = "view"
    return RuleSpec(
        kind=kind,
        pieces=pieces,
        slash=draw(st.booleans()),
        methods=draw(st.sampled_from(METHODS)),
        automatic=draw(st.sampled_from((None, None, False))),
        strict=draw(st.sampled_from((None, None, True, False))),
        merge=draw(st.sampled_from((None, None, None, False))),
        view=draw(st.sampled_from(VIEWS)),
        host=draw(st.sampled_from(HOST_PARTS[hosts])),
    )


def doubled(path: str) -> str:
    """Double the slash after the first segment, or the first one."""
    middle = max(path.find("/", 1), 0)
    return path[:middle] + "/" + path[middle:]


#: What a careless or curious client does to a path, and how often.
BENDS: tuple[t.Callable[[str], str], ...] = (
    *(lambda path: path,) * 8,
    *(lambda path: path[:-1] if path.endswith("/") else path + "/",) * 3,
    doubled,
    lambda path: path + "/b",
    lambda path: path.rsplit("/", 1)[0] or "/",
    lambda path: f"/alias{path}",
    lambda path: f"{path.rstrip('/')}/1",
    lambda path: "/nowhere",
    lambda path: "*",
)


@st.composite
def asks(draw: st.DrawFn, hosts: str, rules: list[RuleSpec]) -> Ask:
    """Draw a URL, derived from a rule of the map and then bent."""
    spec = draw(st.sampled_from(rules))
    values = [draw(st.sampled_from(PIECES[piece])) for piece in spec.pieces]
    path = "/" + "/".join(values) + ("/" if spec.slash and values else "")
    return Ask(
        path=draw(st.sampled_from(BENDS))(path),
        host=draw(st.sampled_from(HOSTS[hosts])),
        upgrade=draw(st.integers(0, 9)) == 9,
        accept=draw(st.sampled_from(ACCEPT)),
        odd=tuple(
            draw(st.sampled_from(each))
            for each in (UNKNOWN, UNKNOWN, CASED, CASED, NOT_TOKENS, NOT_TOKENS)
        ),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a whole case."""
    hosts = draw(st.sampled_from(("none", "none", "none", "subdomain", "host")))
    rules: list[RuleSpec] = []
    for _ in range(draw(st.integers(1, 6))):
        rules.append(draw(rule_specs(hosts, rules)))
    later = [draw(rule_specs(hosts, rules))] if draw(st.booleans()) else []
    count = draw(st.integers(1, 4))
    return Case(
        rules=tuple(rules),
        hosts=hosts,
        strict_slashes=draw(st.sampled_from((True, True, False))),
        merge_slashes=draw(st.sampled_from((True, True, False))),
        supported=draw(st.sampled_from(SUPPORTED)),
        case_sensitive=draw(st.sampled_from((True, True, False))),
        reject_early=draw(st.booleans()),
        guard_first=draw(st.booleans()),
        asks=tuple(draw(asks(hosts, [*rules, *later])) for _ in range(count)),
        later=tuple(later),
    )


# The judge: the contract in terms of bare Flask and Werkzeug's dispatch alone.


def routed(app: flask.Flask) -> set[str]:
    """Return every method that some rule names."""
    return {m for rule in app.url_map.iter_rules() for m in rule.methods or ()}


def supports(case: Case, bare: flask.Flask, method: str) -> bool:
    """Tell whether the app supports a method, as section 3 has it."""
    method = case.folded(method)
    if case.supported == "*":
        return True
    if isinstance(case.supported, list):
        return method in {m.upper() for m in case.supported} | {"GET", "HEAD"}
    if any(rule.methods is None for rule in bare.url_map.iter_rules()):
        return True
    base = ("GET", "HEAD") if case.supported == "routes" else SEVEN
    return method in routed(bare) | set(base)


class Judge:
    """What bare Flask's dispatch and the contract say of one URL of a case."""

    def __init__(self, case: Case, bare: flask.Flask, ask: Ask) -> None:
        self.case, self.bare, self.ask = case, bare, ask
        adapter = bare.create_url_adapter(Request(ask.environ("GET")))  # type: ignore[arg-type]
        assert adapter is not None
        self.adapter = adapter

    def dispatch(self, method: str) -> Rule | HTTPException:
        """Return the rule that Werkzeug dispatches to, or the exception it raises."""
        try:
            return self.adapter.match(method=method, return_rule=True)[0]
        except HTTPException as error:
            return error

    def takes(self, method: str) -> bool:
        """Tell whether a method is supported, and dispatches or redirects."""
        return supports(self.case, self.bare, method) and isinstance(
            self.dispatch(method), Rule | RequestRedirect
        )

    def allowed(self) -> set[str]:
        """Return each method with a name that is worked with and that is taken."""
        names = {*SEVEN, *routed(self.bare)}
        if isinstance(self.case.supported, list):
            names |= {m.upper() for m in self.case.supported}
        return {m for m in names if self.takes(m)}

    def endpoint(self) -> str:
        """Return the endpoint that stands for the URL: GET's if there is one."""
        methods = ("GET", *sorted(self.allowed()))
        found = [self.dispatch(m) for m in methods if self.takes(m)]
        return next((rule.endpoint for rule in found if isinstance(rule, Rule)), "")

    def before(self, method: str) -> Answer:
        """Return what the app answers without the guard."""
        return run(self.bare, self.ask.environ(method))

    def check_allow(self, answer: Answer, less: str = "") -> None:
        """Require one line with exactly the methods that dispatch, sorted."""
        line = answer.get("Allow")
        assert line is not None, "an Allow is sent"
        names = line.split(", ") if line else []
        assert names == sorted(set(names)), "sorted, and each but once"
        exact = self.allowed() - {less}
        assert exact <= set(names), "each that dispatches is there"
        for extra in set(names) - exact:
            # More may be named only where every token is supported, and truly is.
            assert extra != less
            assert supports(self.case, self.bare, "AN-UNKNOWN-ONE")
            assert self.takes(extra)

    def check(self, answer: Answer, method: str) -> str:
        """Compare an answer with what the contract demands; return its row."""
        assert method != "HEAD" or not answer.body
        if not TOKEN.fullmatch(method):
            check_document(answer, 400)
            assert answer.get("Allow") is None
            assert not method or method.encode("latin-1") not in answer.body
            return "invalid-token"
        if not supports(self.case, self.bare, method):
            check_document(answer, 501)
            assert answer.get("Allow") is None
            assert method not in ("GET", "HEAD")
            return "not-implemented"
        if self.ask.path == "*" and self.case.folded(method) == "OPTIONS":
            assert (answer.status, answer.body) == (200, b"")
            assert answer.get("Allow") is None
            return "server-options"
        found = self.dispatch(method)
        if isinstance(found, Rule):
            return self.check_dispatched(answer, method, found)
        if isinstance(found, MethodNotAllowed | NotFound):
            return self.check_unmatched(answer, method)
        assert answer == self.before(method)
        return "redirect" if isinstance(found, RequestRedirect) else "bad-request"

    def check_unmatched(self, answer: Answer, method: str) -> str:
        """Require a 405 where another method would do, and the router's 404 else."""
        if self.allowed():
            check_document(answer, 405)
            self.check_allow(answer)
            assert answer.get("Link") == f'</docs/{self.endpoint()}>; rel="help"'
            return "not-allowed"
        assert answer == run(EMPTY, self.ask.environ(method))
        known = isinstance(self.dispatch(method), MethodNotAllowed)
        return "not-found-after-all" if known else "not-found"

    def check_dispatched(self, answer: Answer, method: str, rule: Rule) -> str:
        """Require the view's answer, byte for byte, but for an Allow that it lacks."""
        before = self.before(method)
        automatic = getattr(rule, "provide_automatic_options", False)
        if automatic and method.upper() == "OPTIONS":
            row, less = "automatic-options", ""
        elif before.status == 405 and before.get("X-Endpoint") is None:
            check_document(answer, 405)
            self.check_allow(answer, less=method.upper())
            return "aborted-405"
        elif before.status == 405 and before.get("Allow") is None:
            row, less = "own-405", method.upper()
        else:
            assert answer == before
            return "served"
        assert answer.line == before.line
        assert answer.body == before.body
        assert answer.without("Allow") == before.without("Allow")
        self.check_allow(answer, less)
        return row


#: An app that knows no route at all: each of its answers is the router's 404.
EMPTY = flask.Flask("empty", static_folder=None)


def check_document(answer: Answer, status: int) -> None:
    """Require the headers of a rejection and, in JSON, the facts of the answer."""
    assert answer.status == status
    assert "no-store" in (answer.get("Cache-Control") or "")
    assert answer.get("X-Content-Type-Options") == "nosniff"
    assert "accept" in ", ".join(answer.all("Vary")).lower()
    if "json" in (answer.get("Content-Type") or "") and answer.body:
        document = answer.json
        assert document["status"] == status
        if status == 405:
            allow = answer.get("Allow")
            named = document.get("allowed_methods", [])
            assert named == (allow.split(", ") if allow else [])


def check_url(
    case: Case, bare: flask.Flask, guarded: flask.Flask, ask: Ask
) -> dict[str, str]:
    """Send every known and routed method and some odd ones; return their rows."""
    judge = Judge(case, bare, ask)
    methods = [*sorted({*SEVEN, *routed(bare)}), *ask.odd]
    return {m: judge.check(run(guarded, ask.environ(m)), m) for m in methods}


def check_case(case: Case, seen: Counter[str]) -> None:
    """Ask for every URL of a case, then add a rule to the running apps and ask again.

    A rule that is added may make a method known, and never makes a 405 a 501.
    """
    bare, guarded = case.app(guarded=False), case.app(guarded=True)
    rows: dict[str, str] = {}
    for url in case.asks:
        rows = check_url(case, bare, guarded, url)
        seen.update(rows.values())
    for number, spec in enumerate(case.later):
        for app in (bare, guarded):
            add_rule(app, f"later{number}", spec)
        after = check_url(case, bare, guarded, case.asks[-1])
        seen.update(f"added: {row}" for row in after.values())
        for method, row in rows.items():
            assert (row, after[method]) != ("not-allowed", "not-implemented")


#: What the maps must have shown for the run to prove anything.
ROWS = (
    "invalid-token",
    "not-implemented",
    "server-options",
    "redirect",
    "served",
    "automatic-options",
    "own-405",
    "aborted-405",
    "not-allowed",
    "not-found",
    "not-found-after-all",
    "bad-request",
    "added: served",
    "added: not-allowed",
    "added: not-implemented",
)


@pytest.mark.parametrize("number", range(SEED, SEED + ROUNDS))
def test_every_answer_over_random_maps(number: int) -> None:
    """Each method on each URL gets what Werkzeug's own dispatch says it must."""
    seen: Counter[str] = Counter()
    maps = math.ceil(MAPS / ROUNDS)

    @seed(number)
    @settings(
        max_examples=maps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def check(case: Case) -> None:
        seen["maps"] += 1
        check_case(case, seen)

    check()
    assert seen["maps"] >= maps * 0.9
    assert not [row for row in ROWS if seen[row] < maps / 300], f"too rare: {seen}"


# The same properties where they are easy to read, one map each.


def numbers() -> flask.Flask:
    """Make an app with a converter that refuses, and two rules on one URL."""
    app = flask.Flask(__name__, static_folder=None)
    app.testing = True
    MethodGuard(app)

    @app.get("/n/<int(max=5):number>")
    def number(number: int) -> str:
        return str(number)

    @app.route("/both", methods=["GET"])
    def read() -> str:
        return "read"

    @app.route("/both", methods=["PUT"])
    def write() -> str:
        return "written"

    return app


@pytest.mark.parametrize(
    ("path", "status", "allow"),
    [
        pytest.param("/n/3", 405, "GET, HEAD, OPTIONS", id="value-taken"),
        pytest.param("/n/9", 404, None, id="value-refused"),
        pytest.param("/n/x", 404, None, id="pattern-unmet"),
        pytest.param("/both", 405, "GET, HEAD, OPTIONS, PUT", id="two-rules"),
    ],
)
def test_allow_promises_only_what_dispatches(
    path: str, status: int, allow: str | None
) -> None:
    """POST is refused with the methods that do work at that very URL, or not found."""
    answer = ask(numbers(), "POST", path)
    assert (answer.status, answer.get("Allow")) == (status, allow)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("supported", [None, "routes", "*", [], ["POST"]])
def test_get_and_head_are_always_implemented(method: str, supported: t.Any) -> None:
    """A POST-only app refuses GET and HEAD with 405, whatever the list says."""
    app = flask.Flask(__name__, static_folder=None)
    if supported is not None:
        app.config["METHOD_GUARD_SUPPORTED_METHODS"] = supported
    MethodGuard(app)
    app.add_url_rule("/", "post", lambda: "ok", methods=["POST"])
    assert ask(app, method, "/").status == (405 if supported != [] else 404)
    assert ask(app, method, "/nowhere").status == 404


def test_a_crashing_converter_does_not_make_a_405_a_500() -> None:
    """A value that crashes for another method is no reason to fail on this one."""

    class Fragile(BaseConverter):
        def to_python(self, value: str) -> str:
            raise KeyError(value)

    def app(guarded: bool) -> flask.Flask:
        app = flask.Flask(__name__, static_folder=None)
        app.url_map.converters["fragile"] = Fragile
        if guarded:
            MethodGuard(app)
        app.add_url_rule("/f/<fragile:x>", "fragile", lambda x: x)
        app.add_url_rule("/f/<x>", "put", lambda x: x, methods=["PUT"])
        return app

    assert ask(app(guarded=False), "POST", "/f/1").status == 405
    answer = ask(app(guarded=True), "POST", "/f/1")
    assert answer.status == 405
    assert "PUT" in (answer.get("Allow") or "")


def test_an_alias_that_cannot_be_built_does_not_make_a_405_a_500() -> None:
    """A redirect that Werkzeug cannot build for a method is no reason to fail."""

    def app(guarded: bool) -> flask.Flask:
        app = flask.Flask(__name__, static_folder=None)
        if guarded:
            MethodGuard(app)
        app.add_url_rule("/a", "a", lambda: "a", methods=["GET"])
        app.add_url_rule("/alias", "a", methods=["GET", "POST"], alias=True)
        return app

    assert ask(app(guarded=False), "DELETE", "/alias").status == 405
    answer = ask(app(guarded=True), "DELETE", "/alias")
    assert answer.status == 405
    assert "GET" in (answer.get("Allow") or "")
