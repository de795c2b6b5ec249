"""``METHOD_GUARD_DEPRECATED_METHODS``: what is refused, and where it comes from."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask import (
    Flask,
)

from flask_method_guard import (
    ConfigError,
    MethodGuard,
)
from tests.deprecations import (
    ANNOUNCED,
    SAID,
    SINCE,
    SUNSET,
    Clock,
    announced,
)
from tests.raw_wsgi import ask

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None

_View = TypeVar("_View", bound=Callable[..., Any])

BAD: dict[str, tuple[dict[Any, Any], list[str]]] = {
    "sunset before since": (
        {"PUT": {"since": "2026-03-01", "sunset": "2026-02-28T23:59:59Z"}},
        [
            (
                "PUT: sunset 2026-02-28T23:59:59+00:00 is earlier than since"
                " 2026-03-01T00:00:00+00:00. Use a sunset on or after since."
            )
        ],
    ),
    "an unknown key": (
        {"PUT": {"sunest": "2026-01-01"}},
        [
            (
                "PUT: 'sunest' is not one of since, sunset, brownouts, link, notice."
                " Did you mean 'sunset'?"
            )
        ],
    ),
    "an unknown key in upper case": (
        {"PUT": {"SUNEST": "2026-01-01"}},
        [
            (
                "PUT: 'SUNEST' is not one of since, sunset, brownouts, link, notice."
                " Did you mean 'sunset'?"
            )
        ],
    ),
    "a key like none": (
        {"PUT": {"xyzzy": 1}},
        [
            (
                "PUT: 'xyzzy' is not one of since, sunset, brownouts, link, notice."
                " Remove it."
            )
        ],
    ),
    "a key that is no text": (
        {"PUT": {7: 1}},
        ["PUT: 7 is not one of since, sunset, brownouts, link, notice. Remove it."],
    ),
    "a key given twice": (
        {"PUT": {"since": "2026-01-01", "SINCE": "2026-01-02"}},
        ["PUT: 'SINCE' is given twice, in different case. Use it once."],
    ),
    "a date that is none": (
        {"PUT": {"since": "2026-02-30"}},
        [
            (
                "PUT: since: '2026-02-30' is not a date."
                " Write 2026-03-01 or 2026-03-01T12:00:00Z."
            )
        ],
    ),
    "a date of another type": (
        {"PUT": {"sunset": 20260301}},
        ["PUT: sunset: 20260301 is not a date, a datetime or an ISO 8601 string."],
    ),
    "a method that is no token": (
        {"P UT": {"since": "2026-01-01"}},
        ["'P UT' is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only."],
    ),
    "an empty method": (
        {"": SAID},
        ["'' is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only."],
    ),
    "a method that is no text": (
        {7: SAID},
        ["7 is not a method. Use a string such as 'PUT'."],
    ),
    "a method given twice": (
        {"PUT": SAID, "put": SAID},
        ["'put' is given twice, in different case. Use it once."],
    ),
    "a link with CR and LF": (
        {"PUT": {"link": "https://docs.example.com/\r\nX-Evil: 1"}},
        [
            (
                r"PUT: link: 'https://docs.example.com/\r\nX-Evil: 1':"
                " a link is not empty and has no line break or control code."
            )
        ],
    ),
    "a link with a script": (
        {"PUT": {"link": "javascript:alert(1)"}},
        [
            (
                "PUT: link: 'javascript:alert(1)':"
                " a link is an http or https URL, or a relative one."
            )
        ],
    ),
    "a link that is no text": (
        {"PUT": {"link": b"/docs"}},
        ["PUT: link: b'/docs': a link is a string, not bytes."],
    ),
    "a notice that is no text": (
        {"PUT": {"notice": ["Use PATCH."]}},
        ["PUT: notice: ['Use PATCH.'] is not a string. Write a sentence."],
    ),
    "no mapping": (
        {"PUT": "2026-01-01"},
        [
            (
                "PUT: '2026-01-01' is not a mapping."
                " Set since, sunset, brownouts, link or notice."
            )
        ],
    ),
    "nothing said": (
        {"PUT": {}},
        ["PUT: it is empty. Set since, sunset, brownouts, link or notice."],
    ),
    "everything at once": (
        {
            "PUT": {"since": "soon", "sunset": 1, "link": "", "notice": 1, "by": 1},
            "A/B": {"since": "soon"},
            "DELETE": 7,
        },
        [
            (
                "PUT: since: 'soon' is not a date."
                " Write 2026-03-01 or 2026-03-01T12:00:00Z."
            ),
            "PUT: sunset: 1 is not a date, a datetime or an ISO 8601 string.",
            (
                "PUT: link: '': a link is not empty and has no line break or control"
                " code."
            ),
            "PUT: notice: 1 is not a string. Write a sentence.",
            (
                "PUT: 'by' is not one of since, sunset, brownouts, link, notice."
                " Remove it."
            ),
            "'A/B' is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only.",
            (
                "A/B: since: 'soon' is not a date."
                " Write 2026-03-01 or 2026-03-01T12:00:00Z."
            ),
            "DELETE: 7 is not a mapping. Set since, sunset, brownouts, link or notice.",
        ],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_at_start(name: str) -> None:
    """Each problem is in the one configuration error, and nothing is registered."""
    methods, messages = BAD[name]
    app = Flask(__name__)
    app.config["METHOD_GUARD_DEPRECATED_METHODS"] = methods
    app.config["METHOD_GUARD_DRAIN_LIMIT"] = -1
    with pytest.raises(ConfigError) as caught:
        MethodGuard(app)
    assert app.extensions == {}
    *ours, other = caught.value.problems
    assert ours == [f"METHOD_GUARD_DEPRECATED_METHODS: {text}" for text in messages]
    assert "DRAIN_LIMIT" in other


TOML = """\
[METHOD_GUARD_DEPRECATED_METHODS.PUT]
since = 2026-01-01
sunset = 2026-03-01T13:00:00+01:00
link = "https://docs.example.com/put"
notice = "Use PATCH."
"""
NESTED = "FLASK_METHOD_GUARD_DEPRECATED_METHODS__PUT"


def from_toml(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read a TOML file, with dates of TOML's own."""
    if tomllib is None:
        pytest.skip("tomllib came with Python 3.11")
    (path / "app.toml").write_text(TOML)
    app.config.from_file(str(path / "app.toml"), load=tomllib.load, text=False)


def from_json(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read a JSON file."""
    keys = {"METHOD_GUARD_DEPRECATED_METHODS": {"PUT": SAID}}
    (path / "app.json").write_text(json.dumps(keys))
    app.config.from_file(str(path / "app.json"), load=json.load)


def from_json_variable(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read one environment variable that holds all."""
    value = json.dumps({"PUT": SAID})
    env["FLASK_METHOD_GUARD_DEPRECATED_METHODS"] = value
    app.config.from_prefixed_env()


def from_method_variable(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read one environment variable a method."""
    env[NESTED] = json.dumps(SAID)
    app.config.from_prefixed_env()


def from_lower_variables(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read one environment variable a fact, with the names as Python has them."""
    env.update({f"{NESTED}__{key}": value for key, value in SAID.items()})
    app.config.from_prefixed_env()


def from_upper_variables(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read one environment variable a fact, in upper case, as Windows makes it."""
    env.update({f"{NESTED}__{key.upper()}": value for key, value in SAID.items()})
    app.config.from_prefixed_env()


def from_object(app: Flask, path: Path, env: dict[str, str]) -> None:
    """Read an object, with datetimes."""

    class Config:
        METHOD_GUARD_DEPRECATED_METHODS = {  # noqa: RUF012 -- as Flask has it
            "PUT": {
                **SAID,
                "since": SINCE.date(),
                "sunset": SUNSET.replace(tzinfo=None),
            }
        }

    app.config.from_object(Config)


@pytest.mark.parametrize(
    "source",
    [
        from_toml,
        from_json,
        from_json_variable,
        from_method_variable,
        from_lower_variables,
        from_upper_variables,
        from_object,
    ],
    ids=lambda source: source.__name__,
)
def test_every_source(
    source: Callable[[Flask, Path, dict[str, str]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same is said from wherever it is read."""
    env: dict[str, str] = {}
    monkeypatch.setattr("os.environ", env)
    app = Flask(__name__)
    source(app, tmp_path, env)
    MethodGuard(app, clock=Clock())
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    assert announced(ask(app, "PUT", "/")) == ANNOUNCED


def test_a_variable_beside_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable replaces what a file says under the very same name."""
    env = {f"{NESTED}__since": "2020-01-01"}
    monkeypatch.setattr("os.environ", env)
    app = Flask(__name__)
    from_json(app, tmp_path, env)
    app.config.from_prefixed_env()
    MethodGuard(app)
    app.add_url_rule("/", "index", lambda: "ok", methods=["PUT"])
    assert announced(ask(app, "PUT", "/")) == (["@1577836800"], *ANNOUNCED[1:])
