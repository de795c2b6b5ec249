"""Sample URLs: every converter gets a value, and the URL reaches its rule."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from werkzeug.routing import BaseConverter, FloatConverter, Map, Rule, ValidationError

from flask_method_guard.inspection.samples import NoSampleError, sample_url


class Hex(BaseConverter):
    """Reads six hexadecimal digits."""

    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> int:
        return int(value, 16)

    def to_url(self, value: int) -> str:
        return f"{value:06x}"


class Shout(BaseConverter):
    """Reads three capitals."""

    regex = "[A-Z]{3}"


class Lost(Exception):
    """The database isn't there."""


class Asks(BaseConverter):
    """Asks a database that isn't there, and remembers how often."""

    asked = 0

    def to_python(self, value: str) -> object:
        Asks.asked += 1
        raise Lost


class Unknown(BaseConverter):
    """Knows one value, which nobody guesses."""

    def to_python(self, value: str) -> str:
        if value != "open sesame":
            raise ValidationError
        return value


class Mute(BaseConverter):
    """Reads, and can't write."""

    def to_url(self, value: Any) -> str:
        raise TypeError("no URL of that")


class Fussy(BaseConverter):
    """Writes one value."""

    def to_url(self, value: str) -> str:
        return {"1": "1"}[value]


class Regex(BaseConverter):
    """Reads what a rule says, slashes too."""

    part_isolating = False

    def __init__(self, url_map: Map, regex: str) -> None:
        super().__init__(url_map)
        self.regex = regex


CONVERTERS = {
    "regex": Regex,
    "fussy": Fussy,
    "hex": Hex,
    "shout": Shout,
    "asks": Asks,
    "unknown": Unknown,
    "mute": Mute,
}


def made(*rules: Rule, given: dict[str, object] | None = None, **options: Any) -> str:
    """Make the URL of the last of several rules."""
    Map(rules, converters=CONVERTERS, **options)
    found = sample_url(rules[-1], "shop.test", given or {})
    return found.path if found.host == "shop.test" else found.host + found.path


def rule(text: str, **options: Any) -> Rule:
    """Make a rule for GET."""
    options = {"endpoint": text, "methods": ["GET"]} | options
    return Rule(text, **options)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/", "/"),
        ("/<name>", "/1"),
        ("/<string(length=3):name>", "/1.5"),
        ("/<string(minlength=40):name>", "/" + "1" * 40),
        ("/<string(maxlength=2):name>", "/1"),
        ("/<path:name>/edit", "/1/edit"),
        ("/<int:id>", "/1"),
        ("/<int(min=7):id>", "/7"),
        ("/<int(min=7, max=7):id>", "/7"),
        ("/<int(max=0):id>", "/0"),
        ("/<int(fixed_digits=4):id>", "/0001"),
        ("/<int(min=500, fixed_digits=4):id>", "/0500"),
        ("/<int(signed=True):id>", "/1"),
        # Werkzeug's main branch builds "/1." of 1.0, and does not accept it.
        pytest.param(
            "/<float:size>",
            "/1.0" if FloatConverter(Map()).to_url(1.0) == "1.0" else "/1.5",
            id="float",
        ),
        ("/<float(min=0.1, max=0.3):size>", "/0.1"),
        ("/<any(about, 'a b'):page>", "/a b"),
        ("/<uuid:key>", f"/{UUID('00000000-0000-4000-8000-000000000000')}"),
        ("/<hex:colour>", "/111111"),
        ("/<shout:currency>", "/AAA"),
        ("/<int:year>-<int:month>/<any(de, fr):lang>.html", "/1-1/de.html"),
        ('/<any("a)b", c):x>', "/a)b"),
        ('/files<regex("/.*"):key>', "/files/sample"),
        ('/<regex(".+/"):stage>connections', "/sample/connections"),
        ('/files<regex("/.+/"):key>end', "/files/sample/end"),
        ('/<regex("[0-9]+/"):key>end', "/1/end"),
    ],
)
def test_converters(text: str, url: str) -> None:
    """A value is made from the converter that will read it."""
    assert made(rule(text)) == url
    adapter = Map([rule(text)], converters=CONVERTERS).bind("shop.test")
    assert adapter.match(url)[0] == text


def test_a_url_that_another_rule_takes_is_passed_over() -> None:
    """A value is chosen that reaches the very rule."""
    assert made(rule("/1"), rule("/2"), rule("/<name>")) == "/sample"


def test_a_rule_that_no_value_reaches() -> None:
    """Where other rules take every value that was tried, one of them does."""
    only_head = rule("/<int:id>", methods=["HEAD"])
    assert made(rule("/<int:id>", endpoint="first"), only_head) == "/1"


def test_defaults() -> None:
    """An argument that the rule fills in by itself is not in the URL."""
    first = rule("/users/", defaults={"page": 1}, endpoint="users")
    assert made(rule("/users/<int:page>", endpoint="users"), first) == "/users/"
    word = {"word": "open sesame"}
    assert made(rule("/<unknown:word>", defaults=word)) == "/open%20sesame"
    first = rule("/users/", defaults={"page": 1}, endpoint="users")
    # The router would redirect page 1 to the rule that has it by default.
    assert made(first, rule("/users/<int:page>", endpoint="users")) == "/users/2"


def test_given_values() -> None:
    """A value that was given is taken as it is."""
    text = "/<hex:colour>/<unknown:word>"
    given = {"colour": 255, "word": "open sesame", "other": 1}
    assert made(rule(text), given=given) == "/0000ff/open%20sesame"


def test_hosts() -> None:
    """The host is that of the rule, with its arguments."""
    matching: dict[str, Any] = {"host_matching": True}
    assert made(rule("/", host="<any(a, b):x>.test"), **matching) == "a.test/"
    assert made(rule("/any"), **matching) == "/any"
    assert made(rule("/", subdomain="api")) == "api.shop.test/"
    assert made(rule("/", subdomain="<any(de, fr):x>")) == "de.shop.test/"
    assert made(rule("/"), default_subdomain="www") == "www.shop.test/"


def test_a_rule_for_every_method() -> None:
    """A rule without methods gets its URL as well."""
    assert made(rule("/x/1"), Rule("/x/<name>", endpoint="any")) == "/x/2"


@pytest.mark.parametrize(
    ("text", "given", "trouble", "fix"),
    [
        (
            "/a/<unknown:word>",
            {},
            "no value was found for <word> (converter: Unknown)",
            "samples={'word': …}",
        ),
        (
            "/<asks:a>",
            {},
            (
                "no value was found for <a> (converter: Asks, which raised Lost() for"
                " 'AA')"
            ),
            "samples={'a': …}",
        ),
        (
            "/<mute:x>",
            {},
            "no URL can be built from {'x': '1'}: TypeError('no URL of that')",
            "other values in samples=…",
        ),
        (
            "/<fussy:x>",
            {"x": "c"},
            "no URL can be built from {'x': 'c'}: KeyError('c')",
            "other values in samples=…",
        ),
    ],
    ids=["unknown", "crashing", "mute", "given"],
)
def test_no_sample(text: str, given: dict[str, object], trouble: str, fix: str) -> None:
    """A rule for which no URL can be made is named, and what to give."""
    with pytest.raises(NoSampleError) as caught:
        made(rule(text, endpoint="e"), given=given)
    assert str(caught.value) == f"{text} (endpoint 'e'): {trouble}. Give {fix}."


def test_a_value_that_the_converter_refuses_to_write() -> None:
    """A value that is refused when it is written is told apart from a crash."""

    class Refusing(BaseConverter):
        def to_url(self, value: Any) -> str:
            raise ValidationError

    one = rule("/<refusing:x>")
    Map([one], converters={"refusing": Refusing})
    with pytest.raises(NoSampleError, match="the converter rejects the value"):
        sample_url(one, "shop.test", {})


def test_a_converter_is_not_asked_for_ever() -> None:
    """A converter that may ask a database is asked a dozen times at most."""
    Asks.asked = 0
    with pytest.raises(NoSampleError):
        made(rule("/<asks:who>"))
    assert 0 < Asks.asked <= 12
