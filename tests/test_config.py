"""The settings: what is read, and how a bad value is reported."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_method_guard import ConfigError, Deprecation, MethodGuard, Settings
from flask_method_guard.config import MEDIA_TYPES, PREFIX, described_keys
from flask_method_guard.messages import closest, given_twice, read_method

#: The registry of RFC 9110 §16.1, and what caches use.
REGISTERED_METHODS = (
    "ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK"
    " LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS"
    " ORDERPATCH PATCH POST PRI PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE"
    " UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL"
    " BAN PURGE REFRESH SUBSCRIBE UNSUBSCRIBE NOTIFY M-SEARCH SOURCE"
)


def read(**values: Any) -> Settings:
    """Read settings from keys whose names are given in lower case."""
    return Settings.from_mapping(
        {f"METHOD_GUARD_{name.upper()}": value for name, value in values.items()}
    )


def problem(**values: Any) -> str:
    """Return the text of the one problem that these values have."""
    with pytest.raises(ConfigError) as caught:
        read(**values)
    (text,) = caught.value.problems
    return text


def test_nothing_set() -> None:
    """Without keys the defaults hold; other keys are not looked at."""
    settings = Settings.from_mapping({"DEBUG": True, "METHOD": 1, 7: 8})
    assert settings == Settings()
    assert settings.supported_methods == {"default", "routes"}
    assert settings.case_sensitive
    assert not settings.reject_early
    assert settings.docs_url is None
    assert settings.error_formats == MEDIA_TYPES
    assert settings.drain_limit == 1048576
    assert settings.deprecated_methods == {}
    assert not settings.enforce_sunset


@pytest.mark.parametrize("name", Settings._fields)
def test_none_is_unset(name: str) -> None:
    """A key whose value is None has its default."""
    assert read(**{name: None}) == Settings()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["put", "PURGE"], {"PUT", "PURGE"}),
        (("PUT",), {"PUT"}),
        ({"PUT"}, {"PUT"}),
        (frozenset({"PUT"}), {"PUT"}),
        ("put, PURGE", {"PUT", "PURGE"}),
        ([], set()),
        ("routes", {"routes"}),
        ("default,routes", {"default", "routes"}),
        (" standard ", {"standard"}),
        ("*", {"*"}),
        (["*"], {"*"}),
        (["routes", "PUT", " lock"], {"routes", "PUT", "LOCK"}),
        ("default, *, PURGE", {"default", "*", "PURGE"}),
        ("PUT,", {"PUT"}),
        ("GET,,PUT", {"GET", "PUT"}),
        (["PUT", ""], {"PUT"}),
        ("REPORT, ROUTE66", {"REPORT", "ROUTE66"}),
        ("A, **", {"A", "**"}),
        ([""], set()),
        ("ROUTING, BREW, DEF, STD", {"ROUTING", "BREW", "DEF", "STD"}),
        (REGISTERED_METHODS.split(), set(REGISTERED_METHODS.split())),
    ],
    ids=lambda value: repr(
        sorted(value) if isinstance(value, frozenset | set) else value
    ),
)
def test_supported_methods(given: object, expected: set[str]) -> None:
    """Methods and groups can be mixed; methods are upper-cased, groups are not."""
    assert read(supported_methods=given).supported_methods == expected


LIST = "Use a list of methods and of the groups 'default', 'routes', 'standard', '*'"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (7, f"METHOD_GUARD_SUPPORTED_METHODS is 7. {LIST}."),
        ("", f"_SUPPORTED_METHODS is ''. It is empty. {LIST}, or leave it unset."),
        (" , ", "METHOD_GUARD_SUPPORTED_METHODS is ' , '. It is empty."),
        ({"PUT": True}, "Use a list of methods"),
        (["A B"], "'A B' is not a method. Use letters, digits and !#$%&'*+-.^_`|~"),
        ([b"PUT"], "b'PUT' is not a method. Use a string such as 'PUT'."),
        ([None], "None is not a method."),
        ([["PUT"]], "['PUT'] is not a method."),
        ("ROUTES", "'ROUTES' is not a group. Did you mean 'routes'?"),
        ("Default", "'Default' is not a group. Did you mean 'default'?"),
        (["PUT", "defaults"], "'defaults' is not a group. Did you mean 'default'?"),
        ("route", "'route' is not a group. Did you mean 'routes'?"),
        ("STANDART", "'STANDART' is not a group. Did you mean 'standard'?"),
        ("roQutes", "'roQutes' is not a group. Did you mean 'routes'?"),
        ("STANDARDS2", "'STANDARDS2' is not a group. Did you mean 'standard'?"),
        # Two characters are exchanged: the most frequent slip of all.
        ("defualt", "'defualt' is not a group. Did you mean 'default'?"),
        ("deafult", "'deafult' is not a group. Did you mean 'default'?"),
        ("standrad", "'standrad' is not a group. Did you mean 'standard'?"),
        ("stadnard", "'stadnard' is not a group. Did you mean 'standard'?"),
        ("rotues", "'rotues' is not a group. Did you mean 'routes'?"),
    ],
    ids=repr,
)
def test_bad_supported_methods(given: object, message: str) -> None:
    """A value that cannot be meant is reported with the fix."""
    text = problem(supported_methods=given)
    assert message in text
    assert not text.endswith("?.")


@pytest.mark.parametrize("name", ["case_sensitive", "reject_early", "enforce_sunset"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *[(True, True), (1, True), ("True", True), (" on ", True), ("yes", True)],
        *[(False, False), (0, False), ("false", False), ("off", False), ("no", False)],
    ],
    ids=repr,
)
def test_flags(name: str, given: object, expected: bool) -> None:
    """A flag is read as Python, JSON and people write it."""
    assert getattr(read(**{name: given}), name) is expected


@pytest.mark.parametrize("given", [2, "maybe", "", [], 1.0], ids=repr)
def test_bad_flags(given: object) -> None:
    """A value that is neither true nor false is reported."""
    assert problem(reject_early=given) == (
        f"METHOD_GUARD_REJECT_EARLY is {given!r}. Use True or False."
    )


@pytest.mark.parametrize(
    "given",
    [
        "https://docs.example.com/methods",
        "/docs#{method}",
        "https://docs.example.com/{endpoint}?r={reason}&s={status}",
        "https://docs.example.com/{{literal}}",
        str,
    ],
    ids=repr,
)
def test_docs_url(given: object) -> None:
    """A URL, a template and a callable are taken as they are."""
    assert read(docs_url=given).docs_url is given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (7, "a link is a string, not int"),
        ("", "a link is not empty"),
        ("https://e.com/\r\nX: y", "no line break"),
        ("javascript:alert(1)", "an http or https URL"),
        ("https://e.com/{methd}", "{methd}. Did you mean {method}? Known fields: {end"),
        ("https://e.com/{zzz}", "unknown field {zzz}. Known fields: {endpoint}, {m"),
        ("https://e.com/{}", "The template has the unknown field {}."),
        ("https://e.com/{method.__class__}", "{method.__class__}"),
        (
            "https://e.com/{method",
            "the braces do not match. Write a literal brace twice",
        ),
        ("https://e.com/{method:d}", "Write {method}, without a format"),
        ("https://e.com/{method:{foo}}", "Write {method}, without a format"),
        ("https://e.com/{method!r}", "Write {method}, without a format"),
        ("https://e.com/\ud800", "a link is text that UTF-8 can encode"),
        ("https:///docs", "a link with a scheme has a host"),
    ],
    ids=repr,
)
def test_bad_docs_url(given: object, message: str) -> None:
    """A link that could not be sent is reported at start."""
    assert message in problem(docs_url=given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["text/html"], ("text/html",)),
        ("text/html, application/json", ("text/html", "application/json")),
        (["text/html", "text/html"], ("text/html",)),
    ],
    ids=repr,
)
def test_error_formats(given: object, expected: tuple[str, ...]) -> None:
    """The order is kept; twice is once."""
    assert read(error_formats=given).error_formats == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "Use a list of one or more of application/problem+json"),
        (7, "Use a list"),
        (["json"], "'json' is not supported."),
        ("text/htm", "Did you mean 'text/html'?"),
        ([7], "7 is not supported. Use application/problem+json, "),
    ],
    ids=repr,
)
def test_bad_error_formats(given: object, message: str) -> None:
    """An unknown format is reported, with the known ones."""
    assert message in problem(error_formats=given)


@pytest.mark.parametrize("given", [0, 1, 5 * 1024 * 1024])
def test_drain_limit(given: int) -> None:
    """A number of bytes is taken as it is."""
    assert read(drain_limit=given).drain_limit == given


@pytest.mark.parametrize("given", [-1, "1 MB", 1.5, True], ids=repr)
def test_bad_drain_limit(given: object) -> None:
    """A value that is not a number of bytes is reported."""
    assert problem(drain_limit=given) == (
        f"METHOD_GUARD_DRAIN_LIMIT is {given!r}."
        " Use a number of bytes, 0 or more (0 disables draining)."
    )


@pytest.mark.parametrize(
    ("given", "days"), [(0, 0), (90, 90), ("0", 0), (" 90\n", 90)], ids=repr
)
def test_minimum_notice(given: object, days: int) -> None:
    """A number of days is read, also as text."""
    assert read(minimum_notice=given).minimum_notice == days
    assert read().minimum_notice is None


@pytest.mark.parametrize("given", [-1, "-1", 1.5, "90d", "", True, [90], "٣"], ids=repr)
def test_bad_minimum_notice(given: object) -> None:
    """A value that is not a number of days is reported."""
    assert problem(minimum_notice=given) == (
        f"METHOD_GUARD_MINIMUM_NOTICE is {given!r}."
        " Use a whole number of days, 0 or more."
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["PUT"], "Use a mapping of methods to mappings."),
        ({"PUT": "2026-01-01"}, "PUT: '2026-01-01' is not a mapping."),
        (
            {"PUT": {}},
            "PUT: it is empty. Set since, ",
        ),
        (
            {"PUT": {"notice": "x"}, "put": {"notice": "x"}},
            "'put' is given twice, in different case. Use it once.",
        ),
    ],
    ids=repr,
)
def test_bad_deprecated_methods(given: object, message: str) -> None:
    """A deprecation that cannot be read is reported with its method."""
    assert message in problem(deprecated_methods=given)


def test_every_problem_of_the_deprecated_methods() -> None:
    """Each is a problem of its own, with its method."""
    given = {
        "PUT": {"since": "soon", "sunset": 1, "link": "", "notice": 1, "by": 1},
        "A/B": {"since": "soon"},
        "DELETE": 7,
    }
    with pytest.raises(ConfigError) as caught:
        read(deprecated_methods=given)
    keys = ["since", "sunset", "brownouts", "link", "notice", "successor"]
    date = "since: 'soon' is not a date. Write 2026-03-01 or 2026-03-01T12:00:00Z."
    assert [text.split(": ", 1) for text in caught.value.problems] == [
        ["METHOD_GUARD_DEPRECATED_METHODS", text]
        for text in (
            f"PUT: {date}",
            "PUT: sunset: 1 is not a date, a datetime or an ISO 8601 string.",
            "PUT: link: '': a link is not empty and has no line break or control code.",
            "PUT: notice: 1 is not a string. Write a sentence.",
            f"PUT: 'by' is not one of {', '.join(keys)}. Remove it.",
            "'A/B' is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only.",
            f"A/B: {date}",
            f"DELETE: 7 is not a mapping. Set {', '.join(keys[:-1])} or successor.",
        )
    ]


def test_all_problems_in_one_error() -> None:
    """One error names each key, its value and the fix."""
    with pytest.raises(ConfigError) as caught:
        Settings.from_mapping(
            {
                "METHOD_GUARD_DRAIN_LIMIT": -1,
                "METHOD_GUARD_REJECT_EARLY": "perhaps",
                "METHOD_GUARD_DEPRECATED_METHODS": {"PUT": 1, "A B": 2},
                "METHOD_GUARD_SUPORTED_METHODS": ["GET"],
                "METHOD_GUARD_XYZZY": 1,
            }
        )
    problems = caught.value.problems
    assert len(problems) == 7
    assert (
        "METHOD_GUARD_SUPORTED_METHODS is ['GET'], but there is no such key."
        " Did you mean METHOD_GUARD_SUPPORTED_METHODS?"
    ) in problems
    assert "METHOD_GUARD_XYZZY is 1, but there is no such key. Remove it." in problems
    first = "The configuration of the method guard has errors:"
    assert str(caught.value).split("\n- ") == [first, *problems]


def test_a_refused_configuration_registers_nothing() -> None:
    """An app whose settings are refused is as it was before."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_DRAIN_LIMIT"] = -1
    abort_405 = app.aborter.mapping[405]
    with pytest.raises(ConfigError):
        MethodGuard(app)
    assert not app.extensions
    assert not app.before_request_funcs
    assert not app.after_request_funcs
    assert not app.error_handler_spec
    assert app.aborter.mapping[405] is abort_405


def test_an_error_pickles() -> None:
    """A worker process can hand the error to its parent."""
    error = ConfigError(["one", "two"])
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.problems, str(copy)) == (error.problems, str(error))


VALUES: dict[str, Any] = {
    "SUPPORTED_METHODS": ["GET", "PURGE"],
    "CASE_SENSITIVE": False,
    "REJECT_EARLY": True,
    "DOCS_URL": "https://docs.example.com/{endpoint}#{method}",
    "ERROR_FORMATS": ["text/html", "application/json"],
    "DRAIN_LIMIT": 4096,
    "DEPRECATED_METHODS": {
        "PUT": {
            "since": "2026-01-01",
            "sunset": "2026-03-01T12:00:00Z",
            "notice": "Use PATCH.",
            "brownouts": ["2026-02-10T14:00Z/PT1H", "2026-02-17T14:00Z/PT2H"],
            "successor": "PATCH /v2/books/{number}",
        },
        "DELETE": {"successor": ["/v1/", "/v2/"]},
    },
    "ENFORCE_SUNSET": True,
    "MINIMUM_NOTICE": 90,
}
TOML = """\
METHOD_GUARD_SUPPORTED_METHODS = ["GET", "PURGE"]
METHOD_GUARD_CASE_SENSITIVE = false
METHOD_GUARD_REJECT_EARLY = true
METHOD_GUARD_DOCS_URL = "https://docs.example.com/{endpoint}#{method}"
METHOD_GUARD_ERROR_FORMATS = ["text/html", "application/json"]
METHOD_GUARD_DRAIN_LIMIT = 4096
METHOD_GUARD_ENFORCE_SUNSET = true
METHOD_GUARD_MINIMUM_NOTICE = 90

[METHOD_GUARD_DEPRECATED_METHODS.PUT]
since = 2026-01-01
sunset = 2026-03-01T13:00:00+01:00
notice = "Use PATCH."
brownouts = ["2026-02-10T14:00Z/PT1H", "2026-02-17T14:00Z/PT2H"]
successor = "PATCH /v2/books/{number}"

[METHOD_GUARD_DEPRECATED_METHODS.DELETE]
successor = ["/v1/", "/v2/"]
"""


def settings_of(app: Flask) -> Settings:
    """Guard an app, and give the settings that were read."""
    MethodGuard(app)
    settings = app.extensions["method_guard"].settings
    assert isinstance(settings, Settings)
    return settings


def test_all_sources_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects, JSON, TOML and environment variables give the same settings."""
    keys = {PREFIX + name: value for name, value in VALUES.items()}

    from_object = Flask(__name__)
    from_object.config.from_object(type("Config", (), keys))

    (tmp_path / "config.json").write_text(json.dumps(keys), "utf-8")
    from_json = Flask(__name__)
    from_json.config.from_file(str(tmp_path / "config.json"), load=json.load)

    from_env = Flask(__name__)
    for key, value in keys.items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"FLASK_{key}", text)
    from_env.config.from_prefixed_env()

    expected = Settings.from_mapping(keys)
    assert expected != Settings()
    for app in (from_object, from_json, from_env):
        assert settings_of(app) == expected


def test_toml(tmp_path: Path) -> None:
    """TOML's own dates and lists give the same settings as an object."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    (tmp_path / "config.toml").write_text(TOML, "utf-8")
    app = Flask(__name__)
    app.config.from_file(str(tmp_path / "config.toml"), load=tomllib.load, text=False)
    assert settings_of(app) == Settings.from_mapping(
        {PREFIX + name: value for name, value in VALUES.items()}
    )


@pytest.mark.parametrize(
    "change", [str, str.upper, json.dumps], ids=["lower", "upper", "json"]
)
def test_variables_for_one_method(
    change: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One variable a method, or one a fact, which Windows has in upper case.

    They replace what a file says of the same.
    """
    put = VALUES["DEPRECATED_METHODS"]["PUT"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({f"{PREFIX}DEPRECATED_METHODS": {"PUT": {}}}), "utf-8")
    name = f"FLASK_{PREFIX}DEPRECATED_METHODS__PUT"
    if change is json.dumps:
        env = {name: json.dumps(put)}
    else:
        texts = put | {"brownouts": ",".join(put["brownouts"])}
        env = {f"{name}__{change(key)}": value for key, value in texts.items()}
    # The keys of os.environ itself are in upper case on Windows.
    monkeypatch.setattr("os.environ", env)
    app = Flask(__name__)
    app.config.from_file(str(path), load=json.load)
    app.config.from_prefixed_env()
    assert settings_of(app).deprecated_methods == {"PUT": Deprecation.from_mapping(put)}


@pytest.mark.parametrize("name", Settings._fields)
def test_every_setting_is_documented(name: str) -> None:
    """Each field says its type and why its default is what it is."""
    _, kind, text = described_keys()[name]
    assert kind
    assert "default" in text.lower()


# -- what several kinds of error have in common ---------------------------------------


@pytest.mark.parametrize(
    ("name", "cutoff", "found"),
    [
        ("sunest", 0.6, "sunset"),
        ("since", 0.6, "since"),
        ("xyzzy", 0.6, None),
        ("sun", 0.6, "sunset"),
        ("sun", 0.9, None),
        (7, 0.6, None),
    ],
)
def test_the_closest_name(name: object, cutoff: float, found: str | None) -> None:
    """A misspelt name is recognized, unless it resembles none."""
    assert closest(name, iter(["since", "sunset", "link"]), cutoff) == found


def test_a_name_given_twice() -> None:
    """The message says why two names are one."""
    assert given_twice("put") == (
        "'put' is given twice, in different case. Use it once."
    )


@pytest.mark.parametrize(
    ("value", "method"),
    [("PUT", "PUT"), ("put", "PUT"), ("Version-Control", "VERSION-CONTROL")],
)
def test_methods(value: str, method: str) -> None:
    """A method is upper-cased, as the router has it."""
    assert read_method(value) == method


@pytest.mark.parametrize(
    ("value", "kind", "fix"),
    [
        *[
            (value, ValueError, "Use letters, digits and !#$%&'*+-.^_`|~ only.")
            for value in ("", "P T", "PUT\n", "ÜT")
        ],
        (7, TypeError, "Use a string such as 'PUT'."),
        (["PUT"], TypeError, "Use a string such as 'PUT'."),
    ],
    ids=ascii,
)
def test_bad_methods(value: object, kind: type[Exception], fix: str) -> None:
    """A name that is not a token is reported with the fix."""
    with pytest.raises(kind) as caught:
        read_method(value)
    assert str(caught.value) == f"{value!r} is not a method. {fix}"
