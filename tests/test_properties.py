"""Every answer over random URL maps, compared with bare Flask's own dispatch.

The judge is Werkzeug: an app with the same rules and no guard is asked, method by
method, what it would dispatch. Nothing of the package but the extension is
imported here, so that no mistake of its own can prove itself right.

``METHOD_GUARD_MAPS`` says how many maps to try, 40 where it is not set; more than
2,000 go in rounds. A round's maps follow from its seed, so they are the same in every
run. The seeds begin at ``METHOD_GUARD_SEED``, 0 where it is not set: another tries
other maps. A failure prints the command that repeats it::

    METHOD_GUARD_MAPS=2000 pytest tests/test_properties.py
    METHOD_GUARD_MAPS=100000 METHOD_GUARD_SEED=1000 pytest tests/test_properties.py
"""

from __future__ import annotations

import math
import os
import re
import typing as t
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property, partial
from types import SimpleNamespace

import flask
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    BaseConverter,
    RequestRedirect,
    Rule,
    UnicodeConverter,
    ValidationError,
)

from flask_method_guard import (
    MethodGuard,
    decision,
    deprecate_blueprint,
    deprecated_methods,
)
from flask_method_guard.decision import Reason, Routing
from tests.raw_wsgi import Answer, Environ, make_environ, run
from tests.routed_apps import duplicates_allowed

MAPS = int(os.environ.get("METHOD_GUARD_MAPS", "40"))
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
    "<{0}>": ("a", "12", "3"),
    "<crash:{0}>": ("crash", "a"),
    "<own:{0}>": ("12", "3"),
    "<string(minlength=0):{0}>": ("", "a"),
    '<any("<a/b", c):{0}>': ("c", "<a", "d"),
}

METHODS: tuple[tuple[str, ...], ...] = (
    ("GET",),
    ("GET", "POST"),
    ("POST",),
    ("PUT", "PATCH"),
    ("DELETE",),
    ("HEAD",),
    ("PROPFIND",),
    ("GLASSY", "QUERY"),
    ("GET", "FOO"),
    ("GET POST", "PUT"),  # a lost comma
)

#: What is said of a deprecated method, and the time at which it is said.
SAID: dict[str, dict[str, t.Any]] = {
    "past": {"since": "2025-01-01", "sunset": "2026-01-01", "link": "/past"},
    "older": {"sunset": "2025-06-01", "link": "/older"},
    "future": {"sunset": "2027-01-01", "link": "/future"},
    "undated": {"since": "2025-01-01"},
    "out": {"since": "2025-01-01", "brownouts": ["2026-06-01T00:00Z/P1D"]},
}
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
#: What of it has ended by then, the latest first.
ENDED = ("past", "older")
ANNOUNCED = {
    None: [],
    "past": ["@1735689600", "Thu, 01 Jan 2026 00:00:00 GMT", "past"],
    "older": ["Sun, 01 Jun 2025 00:00:00 GMT", "older"],
    "future": ["Fri, 01 Jan 2027 00:00:00 GMT", "future"],
    "undated": ["@1735689600"],
    "out": ["@1735689600"],
}

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


class CrashConverter(BaseConverter):
    """Fail on one value as no converter should."""

    def to_python(self, value: str) -> str:
        """Return the value, or fail."""
        if value == "crash":
            raise ZeroDivisionError
        return value


class OwnRule(Rule):
    """A rule with converters of its own, of which the map knows nothing."""

    def get_converter(
        self, variable_name: str, converter_name: str, args: t.Any, kwargs: t.Any
    ) -> BaseConverter:
        """Make an even number of ``own``, and of ``uuid``, whatever the map says."""
        if converter_name in ("own", "uuid"):
            return EvenConverter(self.map)
        return super().get_converter(variable_name, converter_name, args, kwargs)


class PrefixedFlask(flask.Flask):
    """An app that takes a language off the path before it asks its map."""

    def create_url_adapter(self, request: t.Any) -> t.Any:
        """Bind the map to the path without ``/en``."""
        adapter = super().create_url_adapter(request)
        if request is not None and adapter is not None:
            adapter.path_info = adapter.path_info.removeprefix("/en")
        return adapter


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
    own_class: bool
    blueprint: str
    marks: dict[str, str]

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
    script: str
    upgrade: bool
    anonymous: bool
    accept: str | None
    odd: tuple[str, ...]
    override: str

    def environ(self, method: str) -> Environ:
        """Make the request that asks for this URL with a method."""
        headers: dict[str, str] = {"X-Method": self.override} if self.override else {}
        if self.upgrade:
            headers |= {"Connection": "Upgrade", "Upgrade": "websocket"}
        if self.accept is not None:
            headers["Accept"] = self.accept
        query = "q=1" if self.anonymous else "login=1"
        environ = make_environ(
            method, self.path, host=self.host, headers=headers, query=query
        )
        return environ | {"SCRIPT_NAME": self.script}


class OverridingRequest(flask.Request):
    """A request whose method, for hooks and views, is that of a header."""

    @property
    def method(self) -> str:
        """Return the method of the header, or the client's."""
        method = self.environ.get("HTTP_X_METHOD", self.environ["REQUEST_METHOD"])
        return str(method).upper()

    @method.setter
    def method(self, value: str) -> None:
        """Leave the method to the environ."""


@dataclass(frozen=True)
class Seams:
    """What some apps have at the places where they meet the guard.

    Each is at ``app``, or at ``bp``, the blueprint.
    """

    #: Where there is an error handler for ``Exception``.
    catch_all: str = ""
    #: What a ``url_value_preprocessor`` does.
    preprocessor: str = ""
    preprocessor_at: str = "app"
    #: What a hook answers to OPTIONS.
    options: str = ""
    options_at: str = "app"
    #: Whether the app has :class:`OverridingRequest`.
    override: bool = False

    def install(self, app: flask.Flask, blueprint: flask.Blueprint) -> None:
        """Add to an app, and to its blueprint, what this stands for."""
        scopes: dict[str, flask.Flask | flask.Blueprint] = {"app": app, "bp": blueprint}
        if self.catch_all:
            handle = partial(catch_all, self.catch_all)
            scopes[self.catch_all].register_error_handler(Exception, handle)
        if self.preprocessor:
            preprocess = PREPROCESSORS[self.preprocessor]
            scopes[self.preprocessor_at].url_value_preprocessor(preprocess)
            app.after_request(show_url_values)
        if self.options:
            answer = partial(answer_options, self.options)
            scopes[self.options_at].before_request(answer)
        if self.override:
            app.request_class = OverridingRequest


def catch_all(place: str, error: Exception) -> tuple[str, int, dict[str, str]]:
    """Handle every exception, and say so."""
    code = getattr(error, "code", 500)
    return f"all of {place}", code, {"X-Handler": f"all of {place}"}


def read_url_values(endpoint: str | None, values: dict[str, t.Any] | None) -> None:
    """Keep what Flask shows before every hook."""
    flask.g.seen = f"{endpoint} {sorted(values or {})}"


def pop_url_value(endpoint: str | None, values: dict[str, t.Any] | None) -> None:
    """Take a value from the view, as in Flask's recipe for language codes."""
    read_url_values(endpoint, values)
    flask.g.popped = (values or {}).pop("x0", None)


def reject_by_url(status: int, endpoint: str | None, values: t.Any) -> None:
    """Reject those who do not say that they have logged in."""
    if "login" not in flask.request.args:
        flask.abort(status)


PREPROCESSORS: dict[str, t.Any] = {
    "read": read_url_values,
    "pop": pop_url_value,
    "reject": partial(reject_by_url, 403),
    "close": partial(reject_by_url, 405),
}


def show_url_values(response: flask.Response) -> flask.Response:
    """Say what the preprocessor saw."""
    response.headers["X-Seen"] = flask.g.get("seen", "nothing")
    return response


def answer_options(how: str) -> t.Any:
    """Answer OPTIONS before Flask does, in one of the ways of real apps."""
    if flask.request.method != "OPTIONS":
        return None
    if how == "own":
        return "", 200, {"Allow": "OPTIONS, PURGE"}
    if how == "flask":
        try:
            return flask.current_app.make_default_options_response()
        except ZeroDivisionError:  # a converter that crashes
            pass
    return flask.Response(status=204)


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
    enforce_sunset: bool
    deprecated: dict[str, str]
    #: What is said of blueprints: of each method, or of ``""``, every other one.
    scopes: dict[str, dict[str, str]]
    by_operator: bool
    handlers: tuple[int | None, ...]
    hook: str
    default: str
    names: str
    padded: bool
    prefixed: bool
    asks: tuple[Ask, ...]
    later: tuple[RuleSpec, ...]
    seams: Seams

    def folded(self, method: str) -> str:
        """Return the method as the app compares it."""
        return method if self.case_sensitive else method.upper()

    def app(self, *, guarded: bool) -> flask.Flask:
        """Make the app of this map, with the guard or without it."""
        app = self.empty_app()
        guard = MethodGuard(clock=lambda: NOW)
        if guarded and self.guard_first:
            guard.init_app(app)
        self.register(app)
        for number, rule in enumerate(self.rules):
            add_rule(app, f"e{number}", rule)
        for number in range(25 if self.padded else 0):
            app.url_map.add(Rule(f"/more/{number}", endpoint="e0", methods=["GET"]))
        if guarded and not self.guard_first:
            guard.init_app(app)
        if self.names == "swapped":
            for name in (*CONVERTERS, "default"):
                app.url_map.converters[name] = UnicodeConverter
        return app

    def empty_app(self) -> flask.Flask:
        """Make an app without rules, hooks and handlers, which knows its settings."""
        app = (PrefixedFlask if self.prefixed else flask.Flask)(
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
        app.url_map.converters |= CONVERTERS
        app.url_map.converters["default"] = DEFAULTS[self.default]
        self.configure(app)
        return app

    @property
    def configured(self) -> dict[str, dict[str, t.Any]]:
        """What the configuration says of the blueprints: one thing of each."""
        return {
            scope: {
                **SAID[how],
                "exclude": list(KEPT),
                **({} if "" in marks else {"methods": [*marks]}),
            }
            for scope, marks in self.scopes.items()
            for how in {*marks.values()}
            if self.by_operator and len({*marks.values()}) == 1
            if len(marks) == 1 or "" not in marks
        }

    def configure(self, app: flask.Flask) -> None:
        """Set what the guard reads."""
        keys = {
            "CASE_SENSITIVE": self.case_sensitive,
            "REJECT_EARLY": self.reject_early,
            "DOCS_URL": "/docs/{endpoint}",
            "ENFORCE_SUNSET": self.enforce_sunset,
            "DEPRECATED_METHODS": {m: SAID[how] for m, how in self.deprecated.items()},
            "DEPRECATED_BLUEPRINTS": self.configured,
            "SUPPORTED_METHODS": self.supported,
        }
        app.config |= {f"METHOD_GUARD_{key}": value for key, value in keys.items()}

    def register(self, app: flask.Flask) -> None:
        """Add the hooks and the handlers of the app, and those of a blueprint."""
        for code in self.handlers:
            app.register_error_handler(code or HTTPException, HANDLERS[code])
        if self.hook == "login":
            app.before_request(log_in)
        elif self.hook == "paired":
            app.before_request(begin)
            app.after_request(end)
        blueprint = flask.Blueprint("bp", __name__)
        blueprint.before_request(begin)
        blueprint.after_request(end)
        self.seams.install(app, blueprint)
        inner = flask.Blueprint("inner", __name__)
        blueprint.register_blueprint(inner)
        app.register_blueprint(blueprint)
        for scope, each in (("bp", blueprint), ("bp.inner", inner)):
            if scope not in self.configured:
                for method, how in self.scopes[scope].items():
                    names = [method] if method else []
                    deprecate_blueprint(each, *names, exclude=KEPT, **SAID[how])

    @cached_property
    def nowhere(self) -> flask.Flask:
        """A bare app without rules: each of its answers is the router's 404."""
        return replace(self, rules=(), padded=False).app(guarded=False)


CONVERTERS = {"even": EvenConverter, "pair": PairConverter, "crash": CrashConverter}
DEFAULTS: dict[str, type[BaseConverter]] = {
    "string": UnicodeConverter,
    "even": EvenConverter,
    "crash": CrashConverter,
}


def handle_mine(error: t.Any) -> tuple[str, int, dict[str, str]]:
    """Handle one status, and say so."""
    return "mine", error.code, {"X-Handler": "mine"}


#: Handlers by status; None is for each HTTP exception, which is kept as it is.
HANDLERS: dict[int | None, Callable[[t.Any], t.Any]] = {
    **dict.fromkeys((400, 404, 405, 410, 501), handle_mine),
    None: lambda error: error,
}


def log_in() -> tuple[str, int] | None:
    """Let in only those who say that they have logged in."""
    return None if "login" in flask.request.args else ("who?", 401)


def begin() -> None:
    """Begin what :func:`end` needs."""
    flask.g.begun = "yes"


def end(response: flask.Response) -> flask.Response:
    """Say that both functions ran."""
    response.headers["X-Begun"] = flask.g.get("begun", "no")
    return response


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

    for method, how in spec.marks.items():
        deprecated_methods(method, **SAID[how])(view)
    return view


def add_rule(app: flask.Flask, name: str, spec: RuleSpec, *, view: bool = True) -> None:
    """Add what a spec stands for: one rule, or a pair that shares an endpoint.

    The rules go straight into the map, since Flask's own way refuses a running app,
    and are marked for automatic OPTIONS as Flask marks them.
    """
    options = host_and_slashes(app, spec) | KIND_OPTIONS.get(spec.kind, {})
    pairs: list[tuple[str, dict[str, t.Any]]] = [(spec.pattern, {})]
    if spec.kind == "defaults":
        pairs[0][1]["defaults"] = {"page": 1}
        pairs.append((f"{spec.pattern.rstrip('/')}/<int:page>", {}))
    elif spec.kind == "alias":
        pairs.append((f"/alias{spec.pattern}", {"alias": True}))

    if view:
        name = f"{spec.blueprint}.{name}".lstrip(".")
        app.view_functions[name] = make_view(name, spec)
    kind = OwnRule if spec.own_class else Rule
    for pattern, more in pairs:
        rule = kind(pattern, endpoint=name, methods=spec.takes, **options, **more)
        if spec.kind not in ("any", "bare"):
            rule.provide_automatic_options = spec.is_automatic  # type: ignore[attr-defined]
        with duplicates_allowed():
            app.url_map.add(rule)


#: What makes a rule one of its kind.
KIND_OPTIONS: dict[str, dict[str, t.Any]] = {
    "websocket": {"websocket": True},
    "build_only": {"build_only": True},
    "redirect": {"redirect_to": "/a"},
    "redirect_call": {"redirect_to": lambda adapter, **args: f"a{len(args)}"},
}


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

#: A host that each of the parts takes, and the one that a rule without a part needs.
TAKEN: dict[str, dict[str | None, str]] = {
    "none": {None: "localhost"},
    "subdomain": {
        None: "example.test",
        "api": "api.example.test",
        "<sub>": "joe.example.test",
        "<int(max=5):sub>": "3.example.test",
    },
    "host": {
        "example.test": "example.test",
        "api.example.test": "api.example.test",
        "<sub>.example.test": "joe.example.test",
        "<even:sub>.example.test": "8.example.test",
    },
}
HOST_PARTS = {kind: tuple(taken) for kind, taken in TAKEN.items()}
HOSTS = {kind: (*taken.values(), "9.example.test") for kind, taken in TAKEN.items()}
NAMES = (*PIECES, *("<crash:{0}>",) * 3)
KINDS = (
    *("view",) * 6,
    *("any", "bare", "websocket", "options", "redirect", "defaults", "alias"),
    *("redirect_call", "build_only"),
)
VIEWS = (*("ok",) * 6, "missing", "own501", "own405", "allows", "abort")
ACCEPT = (None, "*/*", "text/html", "text/plain", "application/json", "rubbish;;,")


MARKS: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    # Everything, so that some resources are gone.
    st.sampled_from([dict.fromkeys((*SEVEN, "PROPFIND"), how) for how in ENDED]),
    st.dictionaries(
        st.sampled_from(("GET", "POST", "PUT", "OPTIONS", "HEAD", "PROPFIND")),
        st.sampled_from(("past", *SAID)),
        min_size=1,
        max_size=3,
    ),
)


SCOPE: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.builds(lambda marks, how: {**marks, "": how}, MARKS, st.sampled_from([*SAID])),
    st.sampled_from([{"": how} for how in (*ENDED, "out")]),
    MARKS,
)
#: The endpoints that the marks of a blueprint leave out.
KEPT = ("e1", "inner.e2")


@st.composite
def rule_specs(draw: st.DrawFn, hosts: str, known: list[RuleSpec]) -> RuleSpec:
    """Draw a rule, often one that shares its URL, or part of it, with another."""
    kind = draw(st.sampled_from(KINDS))
    reuse, vary = draw(st.booleans()), draw(st.booleans())
    if known and reuse:
        pieces = draw(st.sampled_from(known)).pieces
        if pieces and vary:
            pieces = (*pieces[:-1], draw(st.sampled_from(NAMES)))
    else:
        pieces = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=3)))
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
        own_class="<own:{0}>" in pieces or draw(st.integers(0, 9)) == 9,
        blueprint=draw(st.sampled_from(("", "", "", "bp", "bp.inner"))),
        marks=draw(MARKS),
    )


def doubled(path: str) -> str:
    """Double the slash after the first segment, or the first one."""
    middle = max(path.find("/", 1), 0)
    return path[:middle] + "/" + path[middle:]


#: What a careless or curious client does to a path, and how often.
BENDS: tuple[t.Callable[[str], str], ...] = (
    *(lambda path: path,) * 16,
    *(lambda path: path[:-1] if path.endswith("/") else path + "/",) * 3,
    doubled,
    lambda path: path + "/b",
    lambda path: path.rsplit("/", 1)[0] or "/",
    lambda path: f"/alias{path}",
    lambda path: f"{path.rstrip('/')}/1",
    lambda path: "/nowhere",
    *(lambda path: "*",) * 2,
    lambda path: "",
    lambda path: f"/en{path}",
)


@st.composite
def asks(draw: st.DrawFn, hosts: str, rules: list[RuleSpec]) -> Ask:
    """Draw a URL, derived from a rule of the map and then bent."""
    spec = draw(st.sampled_from(rules))
    # The first value of a piece is one that it takes, most often.
    tries = [(PIECES[piece][0], *PIECES[piece]) for piece in spec.pieces]
    values = [draw(st.sampled_from(values)) for values in tries]
    path = "/" + "/".join(values) + ("/" if spec.slash and values else "")
    return Ask(
        path=draw(st.sampled_from(BENDS))(path),
        host=draw(st.sampled_from((*(TAKEN[hosts][spec.host],) * 6, *HOSTS[hosts]))),
        script=draw(st.sampled_from(("", "", "/mounted"))),
        upgrade=draw(st.integers(0, 3)) == 3,
        anonymous=draw(st.booleans()),
        accept=draw(st.sampled_from(ACCEPT)),
        odd=tuple(
            draw(st.sampled_from(each)) for each in (UNKNOWN, CASED, CASED, NOT_TOKENS)
        ),
        override=draw(st.sampled_from(OVERRIDES)),
    )


#: The values of the header that some apps read the method from.
OVERRIDES = ("", "", "", "GET", "POST", "put", "OPTIONS", "OPTIONS", "FOO")

#: Most apps have none of these; some have several.
SEAMS = st.builds(
    Seams,
    catch_all=st.sampled_from(("", "", "", "app", "bp")),
    preprocessor=st.sampled_from(("", "", "", *PREPROCESSORS)),
    preprocessor_at=st.sampled_from(("app", "bp")),
    options=st.sampled_from(("", "", "", "own", "none", "flask")),
    options_at=st.sampled_from(("app", "bp")),
    override=st.sampled_from((False, False, True)),
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
    codes = st.lists(st.sampled_from(tuple(HANDLERS)), unique=True, max_size=2)
    return Case(
        rules=tuple(rules),
        hosts=hosts,
        strict_slashes=draw(st.sampled_from((True, True, False))),
        merge_slashes=draw(st.sampled_from((True, True, False))),
        supported=draw(st.sampled_from(SUPPORTED)),
        case_sensitive=draw(st.sampled_from((True, True, False))),
        reject_early=draw(st.booleans()),
        guard_first=draw(st.booleans()),
        enforce_sunset=draw(st.sampled_from((True, True, False))),
        deprecated=draw(MARKS),
        scopes={"bp": draw(SCOPE), "bp.inner": draw(SCOPE)},
        by_operator=draw(st.booleans()),
        handlers=tuple(draw(st.one_of(st.just([]), codes))),
        hook=draw(st.sampled_from(("", "", "paired", "login"))),
        default=draw(st.sampled_from(("string", "string", *DEFAULTS))),
        names=draw(st.sampled_from(("kept", "kept", "swapped"))),
        padded=draw(st.integers(0, 9)) == 9,
        prefixed=draw(st.integers(0, 9)) == 9,
        asks=tuple(draw(asks(hosts, [*rules, *later])) for _ in range(count)),
        later=tuple(later),
        seams=draw(st.one_of(st.just(Seams()), SEAMS)),
    )


# The judge: the contract in terms of bare Flask and Werkzeug's dispatch alone.


def rules_of(app: flask.Flask) -> list[Rule]:
    """Return the rules that a request can match."""
    return [rule for rule in app.url_map.iter_rules() if not rule.build_only]


def routed(app: flask.Flask) -> set[str]:
    """Return every method that some rule names."""
    return {m for rule in rules_of(app) for m in rule.methods or ()}


def supports(case: Case, bare: flask.Flask, method: str) -> bool:
    """Return whether the app supports a method."""
    method = case.folded(method)
    if case.supported == "*":
        return True
    if isinstance(case.supported, list):
        return method in {m.upper() for m in case.supported} | {"GET", "HEAD"}
    if any(rule.methods is None for rule in rules_of(bare)):
        return True
    base = ("GET", "HEAD") if case.supported == "routes" else SEVEN
    return method in routed(bare) | set(base)


class Judge:
    """What bare Flask's dispatch and the contract say of one URL of a case."""

    def __init__(self, case: Case, bare: flask.Flask, ask: Ask) -> None:
        self.case, self.bare, self.ask = case, bare, ask
        self.dispatched: dict[str, Rule | Exception] = {}
        request = bare.request_class(ask.environ("GET"))
        adapter = bare.create_url_adapter(request)
        assert adapter is not None
        self.adapter = adapter

    # What Werkzeug says.

    def dispatch(self, method: str) -> Rule | Exception:
        """Return the rule that Werkzeug dispatches to, or the exception it raises."""
        method = method.upper()
        if method not in self.dispatched:
            try:
                # The empty method is one that no rule has, not the adapter's own.
                found = self.adapter.match(method=method or " ", return_rule=True)[0]
            except (HTTPException, ZeroDivisionError) as error:
                self.dispatched[method] = error
            else:
                self.dispatched[method] = found
        return self.dispatched[method]

    def said(self, method: str, shown: str = "") -> str | None:
        """Return what is said of a method where a rule takes it.

        :param shown: the method that the view sees, where that is another.
        """
        rule, method = self.dispatch(method), shown or method.upper()
        if not isinstance(rule, Rule):
            return None
        names = [method, "GET"] if method == "HEAD" else [method]
        specs = {f"e{n}": spec for n, spec in enumerate(self.case.rules)}
        specs |= {f"later{n}": spec for n, spec in enumerate(self.case.later)}
        *blueprints, name = rule.endpoint.split(".")
        places = [specs[name].marks]
        while blueprints and self.declares(rule.endpoint, method):
            scope = ".".join(blueprints)
            if rule.endpoint.removeprefix(f"{scope}.") not in KEPT:
                every = self.case.scopes[scope].get("")
                places += [self.case.scopes[scope], {m: every for m in names if every}]
            blueprints.pop()
        places.append(self.case.deprecated)
        found = [place[name] for place in places for name in names if name in place]
        return found[0] if found else None

    def declares(self, endpoint: str, method: str) -> bool:
        """Return whether a rule of an endpoint has a method.

        OPTIONS does not count where Flask answers it for one of the rules.
        """
        rules = [*self.bare.url_map.iter_rules(endpoint)]
        if method == "OPTIONS" and any(
            getattr(rule, "provide_automatic_options", False) for rule in rules
        ):
            return False
        return any(rule.methods is None or method in rule.methods for rule in rules)

    def retired(self, method: str, shown: str = "") -> bool:
        """Return whether a method is past its enforced sunset."""
        return self.case.enforce_sunset and self.said(method, shown) in ENDED

    def brownout(self, method: str, shown: str = "") -> bool:
        """Return whether a method is inside a brownout."""
        return self.said(method, shown) == "out"

    def closed(self, method: str) -> bool:
        """Return whether a method is refused because of its dates."""
        return self.retired(method) or self.brownout(method)

    def supports(self, method: str) -> bool:
        """Return whether the app supports a method."""
        return supports(self.case, self.bare, method)

    def takes(self, method: str) -> bool:
        """Return whether a method is supported, and dispatches or redirects."""
        found = self.dispatch(method)
        works = isinstance(found, RequestRedirect) or (
            isinstance(found, Rule) and not self.closed(method)
        )
        return works and self.supports(method)

    def crashes(self, method: str) -> bool:
        """Return whether the router crashes on a method."""
        return isinstance(self.dispatch(method), ZeroDivisionError)

    @cached_property
    def names(self) -> set[str]:
        """Each method with a name that is worked with."""
        names = {*SEVEN, *routed(self.bare)}
        if isinstance(self.case.supported, list):
            names |= {m.upper() for m in self.case.supported}
        return {m for m in names if TOKEN.fullmatch(m)}

    @cached_property
    def allowed(self) -> set[str]:
        """Each of them that is taken."""
        return {m for m in self.names if self.takes(m)}

    @cached_property
    def left(self) -> dict[str, Rule | Exception]:
        """What the supported methods reach, without the OPTIONS that Flask answers."""
        reached = Rule | RequestRedirect | ZeroDivisionError
        return {
            method: self.dispatch(method)
            for method in (*sorted(self.names), "AN-UNKNOWN-ONE")
            if self.supports(method)
            and not self.is_automatic(method)
            and isinstance(self.dispatch(method), reached)
        }

    def is_automatic(self, method: str, shown: str = "") -> bool:
        """Return whether Flask answers OPTIONS by itself."""
        rule = self.dispatch(method)
        automatic = getattr(rule, "provide_automatic_options", False)
        return (shown or method.upper()) == "OPTIONS" and bool(automatic)

    @cached_property
    def is_gone(self) -> bool:
        """Return whether something reaches a route, and all that does is retired."""
        return bool(self.left) and all(map(self.retired, self.left))

    def shown(self, method: str) -> str:
        """Return the method that hooks and views see of a request."""
        override = self.case.seams.override and self.ask.override
        return (override or method).upper()

    def gone(self, method: str) -> bool:
        """Return whether a request finds that nothing of the resource is left."""
        shown = self.shown(method)
        return (
            self.is_gone
            and not self.is_automatic(method, shown)
            # What is retired may be shown to the view as a method that is not.
            and (self.retired(method, shown) or not self.matches(method))
        )

    def matches(self, method: str, blueprint: str = "") -> bool:
        """Return whether a route matches, one of the blueprint where that is given."""
        found = self.dispatch(method)
        return isinstance(found, Rule) and found.endpoint.startswith(blueprint)

    def endpoint(self, method: str) -> str:
        """Return the endpoint that stands for the URL: the method's, or GET's."""
        methods = [m for m in self.names if self.supports(m)]
        methods.sort(key=lambda m: (m != "GET", m))
        found = [self.dispatch(m) for m in (method, *methods)]
        return next((rule.endpoint for rule in found if isinstance(rule, Rule)), "")

    # What the table says.

    def reason(self, method: str) -> Reason:
        """Name the row that decides, in other words than the table's."""
        if not TOKEN.fullmatch(method):
            return Reason.INVALID_TOKEN
        if not self.supports(method):
            return Reason.NOT_IMPLEMENTED
        if self.ask.path == "*" and self.case.folded(method) == "OPTIONS":
            return Reason.SERVER_OPTIONS
        found = self.dispatch(method)
        if not isinstance(found, Rule | MethodNotAllowed | NotFound):
            return Reason.REDIRECT
        if self.gone(method):
            return Reason.GONE
        return self.reason_of_a_method(method, found)

    def reason_of_a_method(self, method: str, found: Rule | Exception) -> Reason:
        """Name the row that decides where something of the resource is left."""
        if not isinstance(found, Rule):
            return Reason.NOT_ALLOWED if self.allowed else Reason.NOT_FOUND
        shown = self.shown(method)
        if self.retired(method, shown):
            return Reason.RETIRED
        return Reason.BROWNOUT if self.brownout(method, shown) else Reason.ALLOWED

    def facts(self, method: str) -> SimpleNamespace:
        """Return what the table may ask about a request."""
        found = self.dispatch(method)
        routing = Routing.MATCHED if isinstance(found, Rule) else Routing.ANSWERED
        if isinstance(found, MethodNotAllowed | NotFound):
            routing = Routing.UNMATCHED
        return SimpleNamespace(
            raw_method=method,
            method=self.case.folded(method),
            supported=self.supports(method),
            asterisk=self.ask.path == "*",
            routing=routing,
            gone=self.gone(method),
            retired=self.retired(method, self.shown(method)),
            brownout=self.brownout(method, self.shown(method)),
            allowed_methods=tuple(sorted(self.allowed)),
        )

    # What comes back.

    def before(self, method: str) -> Answer:
        """Return what the app answers without the guard."""
        return run(self.bare, self.ask.environ(method))

    def is_preprocessed(self, method: str) -> bool:
        """Return whether a ``url_value_preprocessor`` that can reject runs."""
        seams = self.case.seams
        everywhere = seams.preprocessor_at == "app"
        rejects = seams.preprocessor in ("reject", "close")
        return rejects and (everywhere or self.matches(method, "bp."))

    def answers_first(self, method: str, reason: Reason) -> str:
        """Name what answers before the guard does: a preprocessor, or a hook."""
        case, seams = self.case, self.case.seams
        is_anonymous = self.ask.anonymous
        if is_anonymous and self.is_preprocessed(method):
            return seams.preprocessor
        early = case.reject_early and reason in REJECTED
        if is_anonymous and case.hook == "login" and not (early and case.guard_first):
            return "hook"
        if not seams.options or self.shown(method) != "OPTIONS":
            return ""
        # The functions of a blueprint run after all of the app's.
        at_app = seams.options_at == "app"
        loses = early and (case.guard_first or not at_app)
        runs = (at_app or self.matches(method, "bp.")) and not loses
        return f"{seams.options} options" if runs else ""

    def check_first(self, answer: Answer, method: str, first: str) -> None:
        """Require what the app answers without the guard, whoever it is."""
        before = self.before(method)
        if first == "reject":
            assert answer == before
        elif first == "close":
            # Where no route matched, Flask asks no blueprint about an abort.
            self.check_rendered(answer, 405, method, before.get("X-Handler"))
            routed = self.shown(method) if self.matches(method) else method.upper()
            self.check_allow(answer, less=routed)
        else:
            left_out: tuple[str, ...] = ANNOUNCING
            if answer.get("Allow") != before.get("Allow"):
                # Nothing tells it from the answer that Flask gives by itself.
                assert first == "flask options"
                assert self.is_automatic(method, "OPTIONS")
                self.check_allow(answer)
                left_out = (*ANNOUNCING, "Allow")
            assert (answer.line, answer.body) == (before.line, before.body)
            assert headers(answer, *left_out) == headers(before, *left_out)

    def handler(self, status: int, method: str) -> str | None:
        """Name the handler of the app for a status: Flask asks for the code first."""
        case, place = self.case, self.case.seams.catch_all
        if status in case.handlers:
            return "mine"
        if status in (405, 410):
            in_blueprint = self.endpoint(method).startswith("bp.")
        else:
            in_blueprint = self.matches(method, "bp.")
        if place == "bp":
            return "all of bp" if in_blueprint else None
        return "all of app" if place and None not in case.handlers else None

    def check_allow(self, answer: Answer, less: str = "") -> None:
        """Require one line with exactly the methods that dispatch, sorted."""
        line = answer.get("Allow")
        assert line is not None, "an Allow is sent"
        names = line.split(", ") if line else []
        assert names == sorted(set(names)), "sorted, and each but once"
        exact = self.allowed - {less}
        assert exact <= set(names), "each that dispatches is there"
        for extra in set(names) - exact:
            # More may be named only where every token is supported, and truly is, or
            # where the router crashes.
            assert extra != less
            assert TOKEN.fullmatch(extra)
            assert self.crashes(extra) or self.takes(extra)
            assert self.crashes(extra) or self.supports("AN-UNKNOWN-ONE")

    def check(self, answer: Answer, method: str) -> str:
        """Compare an answer with what the contract demands; return its row."""
        assert method != "HEAD" or not answer.body
        reason = self.decided(answer, method)
        if self.case.seams.preprocessor:
            assert answer.get("X-Seen") == self.before(method).get("X-Seen")
        first = self.answers_first(method, reason)
        if first:
            self.check_first(answer, method, first)
            return first
        return self.check_reason(answer, method, reason)

    def check_reason(self, answer: Answer, method: str, reason: Reason) -> str:
        """Compare an answer with what the row of the table demands; return its row."""
        if reason in REJECTED:
            assert "no-store" in (answer.get("Cache-Control") or "")
        if reason is Reason.ALLOWED:
            return self.check_dispatched(answer, method)
        if reason is Reason.NOT_FOUND:
            assert answer == run(self.case.nowhere, self.ask.environ(method))
            known = isinstance(self.dispatch(method), MethodNotAllowed)
            return "not-found-after-all" if known else "not-found"
        if reason in OF_A_RESOURCE:
            self.check_resource(answer, method, reason)
        elif reason is Reason.SERVER_OPTIONS:
            assert (answer.status, answer.body) == (200, b"")
            assert answer.get("Allow") is None
        elif reason is Reason.REDIRECT:
            assert answer == self.before(method)
            if not isinstance(self.dispatch(method), RequestRedirect):
                return "bad-request"
        else:
            status = 501 if TOKEN.fullmatch(method) else 400
            self.check_document(answer, status, method)
            assert answer.get("Allow") is None
            assert method not in ("GET", "HEAD")
            assert TOKEN.fullmatch(method) or (
                not method or method.encode("latin-1") not in answer.body
            )
        return str(reason)

    def decided(self, answer: Answer, method: str) -> Reason:
        """Name the row; where the router crashes on a method, 405 is right, too."""
        reason = self.reason(method)
        crashes = answer.status == 405 and any(map(self.crashes, self.names))
        return Reason.NOT_ALLOWED if reason is Reason.NOT_FOUND and crashes else reason

    def check_dispatched(self, answer: Answer, method: str) -> str:
        """Require the view's answer, byte for byte, but for an Allow that it lacks."""
        before, shown = self.before(method), self.shown(method)
        announced = [
            v for name in ANNOUNCING for v in answer.all(name) if "help" not in v
        ]
        said = [re.sub('</(.+)>; rel="deprecation"', r"\1", v) for v in announced]
        assert said == ANNOUNCED[self.said(method, shown)]
        if self.is_automatic(method, shown):
            row, less = "automatic-options", ""
        elif before.status == 405 and before.get("X-Endpoint") is None:
            self.check_document(answer, 405, method)
            self.check_allow(answer, less=shown)
            return "aborted-405"
        elif before.status == 405 and before.get("Allow") is None:
            row, less = "own-405", shown
        else:
            row = "announced" if said else "served"
            assert headers(answer, *ANNOUNCING) == headers(before, *ANNOUNCING)
            assert (answer.line, answer.body) == (before.line, before.body)
            return row
        assert (answer.line, answer.body) == (before.line, before.body)
        assert headers(answer, "Allow", *ANNOUNCING) == headers(before, "Allow")
        self.check_allow(answer, less)
        return row

    def check_resource(self, answer: Answer, method: str, reason: Reason) -> None:
        """Require what belongs to a rejection that is about the resource."""
        if reason is Reason.GONE:
            self.check_document(answer, 410, method)
            assert answer.get("Allow") is None
        else:
            self.check_document(answer, 405, method)
            self.check_allow(answer)
        links = [f'</docs/{self.endpoint(method)}>; rel="help"']
        ended = {
            Reason.GONE: {self.said(name) for name in self.left},
            Reason.RETIRED: {self.said(method, self.shown(method))},
        }.get(reason, set())
        links += [f'</{e}>; rel="deprecation"' for e in ENDED if e in ended][:1]
        assert answer.all("Link") == links
        retry_after = "86400" if reason is Reason.BROWNOUT else None
        assert answer.get("Retry-After") == retry_after

    def check_document(self, answer: Answer, status: int, method: str) -> None:
        """Require what the handler makes of a rejection that Flask raises."""
        self.check_rendered(answer, status, method, self.handler(status, method))

    def check_rendered(
        self, answer: Answer, status: int, method: str, handler: str | None
    ) -> None:
        """Require the headers of a rejection and, in JSON, the facts of the answer."""
        assert answer.status == status
        assert answer.get("X-Handler") == handler
        if handler:
            assert answer.text in (handler, "")
            return
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


#: The rows that answer with 405 or 410.
OF_A_RESOURCE = (Reason.GONE, Reason.RETIRED, Reason.BROWNOUT, Reason.NOT_ALLOWED)
REJECTED = (Reason.INVALID_TOKEN, Reason.NOT_IMPLEMENTED, *OF_A_RESOURCE)
ANNOUNCING = ("Deprecation", "Sunset", "Link")


def headers(answer: Answer, *left_out: str) -> list[tuple[str, str]]:
    """Return the headers of an answer less those of some names."""
    return [(name, value) for name, value in answer.headers if name not in left_out]


def read_url(
    case: Case, bare: flask.Flask, guarded: flask.Flask, ask: Ask
) -> dict[str, str]:
    """Send every known and routed method and some odd ones; return their rows."""
    judge = Judge(case, bare, ask)
    rows = {}
    for method in [*sorted({*SEVEN, *routed(bare)}), *ask.odd]:
        if judge.crashes(method):
            with pytest.raises(ZeroDivisionError):
                run(guarded, ask.environ(method))
            rows[method] = "crash"
        else:
            rows[method] = judge.check(run(guarded, ask.environ(method)), method)
    return rows


def check_case(case: Case, seen: Counter[str]) -> None:
    """Ask for every URL of a case, then add a rule to the running apps and ask again.

    A rule that is added may make a method known, and never makes a 405 a 501.
    """
    bare, guarded = case.app(guarded=False), case.app(guarded=True)
    rows: dict[str, str] = {}
    for url in case.asks:
        rows = read_url(case, bare, guarded, url)
        seen.update(rows.values())
    for number, spec in enumerate(case.later):
        for app in (bare, guarded):
            add_rule(app, f"later{number}", spec)
        after = read_url(case, bare, guarded, case.asks[-1])
        seen.update(f"added: {row}" for row in after.values())
        for method, row in rows.items():
            assert (row, after[method]) != ("not-allowed", "not-implemented")


#: What the maps must have shown for the run to prove anything.
ROWS = (
    *(reason.value for reason in Reason if reason is not Reason.ALLOWED),
    *("served", "announced", "automatic-options", "own-405", "aborted-405"),
    *("not-found-after-all", "bad-request", "hook", "crash"),
    *("reject", "close", "own options", "none options", "flask options"),
    *("added: served", "added: not-allowed", "added: not-implemented"),
)

#: A round's number is its seed.
EVERY_ROUND = pytest.mark.parametrize("number", range(SEED, SEED + ROUNDS))


@contextmanager
def repeatable(name: str, number: int, maps: int) -> t.Iterator[None]:
    """Print the command that repeats a round, where it fails."""
    try:
        yield
    except BaseException:
        print(  # noqa: T201
            f"Seed {number}. To repeat it: METHOD_GUARD_SEED={number}"
            f" METHOD_GUARD_MAPS={maps} python3 -m tests tests/test_properties.py"
            f" -k {name}"
        )
        raise


def search(
    number: int, maps: int, *strategies: t.Any
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Try examples that follow from a seed alone."""
    options = settings(
        max_examples=maps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        seeded: t.Any = seed(number)(given(*strategies)(options(check)))  # type: ignore[no-untyped-call]
        return t.cast("Callable[[], None]", seeded)

    return decorate


@EVERY_ROUND
def test_every_answer_over_random_maps(number: int) -> None:
    """Each method on each URL gets what Werkzeug's own dispatch says it must."""
    seen: Counter[str] = Counter()
    maps = math.ceil(MAPS / ROUNDS)

    @search(number, maps, cases())
    def check(case: Case) -> None:
        seen["maps"] += 1
        check_case(case, seen)

    with repeatable("every_answer", number, maps):
        check()
    assert seen["maps"] >= maps * 0.9
    if maps >= 1000:
        assert not [row for row in ROWS if not seen[row]], f"too rare: {seen}"


# -- a row that is added to the table ----------------------------------------------


@dataclass(frozen=True)
class Condition:
    """A condition over some facts of a request, each with the values that meet it."""

    facts: dict[str, tuple[t.Any, ...]]

    def __call__(self, it: t.Any) -> bool:
        """Return whether a request meets it."""
        for name, values in self.facts.items():
            fact = getattr(it, name)
            if (bool(fact) if name == "allowed_methods" else fact) not in values:
                return False
        return True


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "method": st.lists(st.sampled_from((*SEVEN, "PROPFIND", "FOO", "QUERY"))),
        "raw_method": st.lists(st.sampled_from((*SEVEN, *CASED))),
        "supported": st.sampled_from(((True,), (False,))),
        "asterisk": st.sampled_from(((True,), (False,))),
        "routing": st.lists(st.sampled_from(tuple(Routing)), min_size=1),
        "gone": st.sampled_from(((True,), (False,))),
        "retired": st.sampled_from(((True,), (False,))),
        "allowed_methods": st.sampled_from(((True,), (False,))),
    },
).map(lambda facts: Condition({k: tuple(v) for k, v in facts.items()}))


def check_added_row(
    case: Case, condition: Condition, at: int, seen: Counter[str]
) -> None:
    """Add a row, and send every request thrice: it decides each, or none of them."""
    added = decision.TABLE[1]._replace(holds=condition)
    assert added.reason is Reason.NOT_IMPLEMENTED
    table = (*decision.TABLE[:at], added, *decision.TABLE[at:])
    places = {row.reason: place for place, row in enumerate(decision.TABLE)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decision, "TABLE", table)
        bare, guarded = case.app(guarded=False), case.app(guarded=True)
        for ask in case.asks:
            judge = Judge(case, bare, ask)
            for method in [*SEVEN, *ask.odd]:
                if any(map(judge.crashes, (method, *judge.names))):
                    continue
                reason = judge.reason(method)
                decides = places[reason] >= at and condition(judge.facts(method))
                for _ in range(3):
                    answer = run(guarded, ask.environ(method))
                    if not decides:
                        judge.check(answer, method)
                    elif not judge.answers_first(method, Reason.NOT_IMPLEMENTED):
                        judge.check_document(answer, 501, method)
                        seen[str(reason)] += 1


#: Where an added row must have decided.
DECIDED = ("invalid-token", "not-implemented", "allowed", "not-allowed", "not-found")


@EVERY_ROUND
def test_an_added_row_decides_every_request(number: int) -> None:
    """A row that is added anywhere in the table decides the third request, too."""
    seen: Counter[str] = Counter()
    maps = math.ceil(MAPS / ROUNDS)

    @search(number, math.ceil(maps / 6), cases(), CONDITIONS, st.integers(0, 8))
    def check(case: Case, condition: Condition, at: int) -> None:
        check_added_row(case, condition, at, seen)

    with repeatable("added_row", number, maps):
        check()
    if maps >= 200:
        assert min(seen[row] for row in DECIDED) > 0, f"too rare: {seen}"


# -- a rule that is added for a view that is there -----------------------------------


def check_late_rule(case: Case) -> None:
    """Add a rule to running apps, without a view: what it serves is served at once.

    Until the app has another view, a rejection may follow what was known before. So may
    what a deprecated blueprint announces.
    """
    apps = bare, guarded = case.app(guarded=False), case.app(guarded=True)
    for ask in case.asks:
        read_url(case, bare, guarded, ask)
    spec = replace(case.later[0], methods=("LATE", *case.later[0].methods))
    for app in apps:
        add_rule(app, next(iter(app.view_functions)), spec, view=False)
    for ask in case.asks:
        judge = Judge(case, bare, ask)
        for method in sorted({*SEVEN, *routed(bare)} - {"OPTIONS"}):
            # A view's own 405 is a refusal, too.
            is_served = judge.reason(method) is Reason.ALLOWED
            if is_served and judge.before(method).status != 405:
                answer, before = run(guarded, ask.environ(method)), judge.before(method)
                is_served = any(case.scopes.values()) and answer.status == before.status
                assert is_served or judge.check(answer, method)
    for app in apps:
        app.view_functions["another"] = lambda: "another"
    for ask in case.asks:
        read_url(case, bare, guarded, ask)


#: Without an override, which could show the view a method of the rule that is added.
KNOWN_ENDPOINTS = cases().filter(lambda it: bool(it.later) and not it.seams.override)


@EVERY_ROUND
def test_a_late_rule_is_served_at_once(number: int) -> None:
    """A rule that is added for a view that is there need not wait for anything."""
    maps = math.ceil(MAPS / ROUNDS)

    @search(number, math.ceil(maps / 6), KNOWN_ENDPOINTS)
    def check(case: Case) -> None:
        check_late_rule(case)

    with repeatable("late_rule", number, maps):
        check()
