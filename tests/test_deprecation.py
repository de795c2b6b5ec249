"""The value of a deprecation, its headers, its reading, and the marks on views."""

from __future__ import annotations

import json
import locale
import pickle
import re
import time as clock
from collections.abc import Callable
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

import http_sf
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_method_guard import Deprecation, Successor
from flask_method_guard.deprecation import read_deprecation
from flask_method_guard.links import as_url, read_url
from flask_method_guard.moments import spoken_date, utc_now

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=timezone.utc)
FULL = Deprecation(MIDNIGHT, NOON, "https://docs.example.com/", "Use PATCH.")
SUCCESSOR = Successor("PATCH", "/v2")


class Undecided(tzinfo):
    """A time zone that does not say what it is."""

    def utcoffset(self, moment: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


class OwnDatetime(datetime):
    """A datetime of a library with a UTC of its own, as pendulum has it."""

    def astimezone(self, tz: tzinfo | None = None) -> OwnDatetime:
        moved = super().astimezone(tz)
        return moved.replace(tzinfo=timezone(timedelta(), "UTC of its own"))


def name_of(value: object) -> str:
    """Name a value in a test's id, which has no memory address in it."""
    return re.sub(" object at 0x[0-9a-f]+", "", repr(value))


# -- reading ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (date(2026, 3, 1), MIDNIGHT),
        ("2026-03-01", MIDNIGHT),
        (" 2026-03-01\n", MIDNIGHT),
        (datetime(2026, 3, 1, 12), NOON),  # noqa: DTZ001 -- naive is UTC
        (NOON, NOON),
        (datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))), NOON),
        (NOON.replace(tzinfo=Undecided()), NOON),
        (NOON.replace(microsecond=999_999), NOON),
        (OwnDatetime(2026, 3, 1, 12), NOON),
        ("2026-03-01T12:00:00", NOON),
        ("2026-03-01 12:00", NOON),
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T12:00:00z", NOON),
        ("2026-03-01T12:00:00.250000+00:00", NOON),
        ("2026-03-01T02:00:00-10:00", NOON),
        (
            "1969-07-20T20:17:40Z",
            datetime(1969, 7, 20, 20, 17, 40, tzinfo=timezone.utc),
        ),
        (None, None),
    ],
    ids=name_of,
)
@pytest.mark.parametrize("key", ["since", "sunset"])
def test_times(key: str, value: object, moment: datetime | None) -> None:
    """A time is UTC unless it says otherwise; a date is its first second."""
    found = getattr(Deprecation.from_mapping({key: value, "notice": "x"}), key)
    assert found == moment
    if moment is not None:
        assert type(found) is datetime
        assert found.tzinfo is timezone.utc
        assert found.microsecond == 0


@pytest.mark.skipif(not hasattr(clock, "tzset"), reason="the zone cannot be set")
@pytest.mark.parametrize("zone", ["XXX+10", "XXX-10"])
@pytest.mark.parametrize(
    "value",
    [NOON.replace(tzinfo=None), NOON.replace(tzinfo=Undecided()), "2026-03-01T12:00"],
    ids=["naive", "undecided", "text"],
)
def test_the_zone_of_the_process_is_nothing(
    zone: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What names no zone is UTC, wherever the server is."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        clock.tzset()
        found = Deprecation.from_mapping({"since": value})
    clock.tzset()
    assert found.headers() == [("Deprecation", "@1772366400")]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2026-02-30",
        "2026-03-01T12:00Z00",
        "01.03.2026",
        "Sun, 01 Mar 2026 12:00:00 GMT",
        "@1767225600",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
        # An offset needs a time: Python would read it as a time of UTC.
        *(f"2026-01-01{offset}" for offset in ("+05:00", "-05:00", "+0500", "+05")),
    ],
)
@pytest.mark.parametrize("key", ["since", "sunset"])
def test_texts_that_are_not_dates(key: str, value: str) -> None:
    """A text that is not a date is reported with its key, the value and the fix."""
    with pytest.raises(ValueError, match="date") as caught:
        Deprecation.from_mapping({key: value})
    assert str(caught.value) == (
        f"{key}: {value!r} is not a date. Write 2026-03-01 or 2026-03-01T12:00:00Z."
    )


@pytest.mark.parametrize(
    "value", [1767225600, True, b"2026-03-01", time(12), ["2026-03-01"]], ids=repr
)
@pytest.mark.parametrize("key", ["since", "sunset"])
def test_values_that_are_not_dates(key: str, value: object) -> None:
    """So is a value of another type."""
    with pytest.raises(TypeError) as caught:
        Deprecation.from_mapping({key: value})
    assert str(caught.value) == (
        f"{key}: {value!r} is not a date, a datetime or an ISO 8601 string."
    )


@pytest.mark.parametrize(
    "value", [NOON, NOON + timedelta(seconds=1), NOON.replace(microsecond=1)], ids=str
)
def test_a_sunset_on_or_after_since(value: datetime) -> None:
    """What is deprecated may end in the same second (RFC 9745 §4)."""
    found = Deprecation.from_mapping({"since": NOON, "sunset": value})
    assert found.sunset is not None
    assert found.sunset >= NOON


def test_a_sunset_before_since() -> None:
    """What ends before it is deprecated is refused, with both times."""
    with pytest.raises(ValueError, match="earlier") as caught:
        Deprecation.from_mapping({"since": NOON, "sunset": "2026-03-01"})
    assert str(caught.value) == (
        "sunset 2026-03-01T00:00:00+00:00 is earlier than since"
        " 2026-03-01T12:00:00+00:00. Use a sunset on or after since."
    )


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_keys_in_any_case(change: Callable[[str], str]) -> None:
    """Environment variables are in upper case, on Windows always."""
    values = {
        "since": "2026-03-01",
        "sunset": NOON,
        "link": "https://docs.example.com/",
        "notice": "Use PATCH.",
    }
    changed = {change(key): value for key, value in values.items()}
    assert Deprecation.from_mapping(MappingProxyType(changed)) == FULL


KEYS = "since, sunset, brownouts, link, notice, successor"
SET = "Set since, sunset, brownouts, link, notice or successor."
BLANK = "is empty. Write a sentence, or leave it out."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sinse": 1}, f"'sinse' is not one of {KEYS}. Did you mean 'since'?"),
        ({"SUNSETS": 1}, "Did you mean 'sunset'?"),
        ({"x": 1}, f"'x' is not one of {KEYS}. Remove it."),
        ({7: 1}, f"7 is not one of {KEYS}. Remove it."),
        ({"link": "/", "Link": "/"}, "'Link' is given twice, in different case. Use"),
        ({}, f"it is empty. {SET}"),
        ({"since": None}, f"it is empty. {SET}"),
        ({"notice": " \n"}, rf"notice: ' \n' {BLANK}"),
        ({"notice": ""}, f"notice: '' {BLANK}"),
    ],
    ids=repr,
)
def test_bad_mappings(values: dict[Any, object], message: str) -> None:
    """What is unknown, given twice or empty is reported with the fix."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Deprecation.from_mapping(values)


@pytest.mark.parametrize("value", [7, b"Use PATCH."], ids=repr)
def test_a_notice_is_a_string(value: object) -> None:
    """A notice of another type is reported."""
    with pytest.raises(TypeError) as caught:
        Deprecation.from_mapping({"notice": value})
    expected = f"notice: {value!r} is not a string. Write a sentence."
    assert str(caught.value) == expected


def test_a_notice_is_trimmed() -> None:
    """A text block of TOML ends in a line break; the notice does not."""
    assert Deprecation.from_mapping({"notice": "\nA\nB\n"}).notice == "A\nB"


def test_all_problems_are_read() -> None:
    """Reading goes on where it could stop, and what is good is kept."""
    value, problems = read_deprecation(
        {"since": "soon", "sunset": NOON, "link": 7, "by": 1}
    )
    assert value == Deprecation(sunset=NOON)
    assert [(type(p), str(p).split()[0]) for p in problems] == [
        (ValueError, "since:"),
        (TypeError, "link:"),
        (ValueError, "'by'"),
    ]


def test_several_problems_are_one_error() -> None:
    """One error reports them all; it has the type of the first."""
    with pytest.raises(TypeError) as caught:
        Deprecation.from_mapping({"link": 7, "since": "soon"})
    assert str(caught.value) == (
        "link: 7: a link is a string, not int. since: 'soon' is not a date."
        " Write 2026-03-01 or 2026-03-01T12:00:00Z."
    )


# -- links ------------------------------------------------------------------------

LINKS = [
    (
        "https://docs.example.com/a?b=c&d=%20#e",
        "https://docs.example.com/a?b=c&d=%20#e",
    ),
    ("HTTP://[2001:db8::1]:8080/", "HTTP://[2001:db8::1]:8080/"),
    ("/docs/put", "/docs/put"),
    ("//docs.example.com", "//docs.example.com"),
    ("put.html", "put.html"),
    ("?deprecated", "?deprecated"),
    ("#put", "#put"),
    (" https://docs.example.com/ ", "https://docs.example.com/"),
    ('/a b"<c>\\^`{|}é', "/a%20b%22%3Cc%3E%5C%5E%60%7B%7C%7D%C3%A9"),
    ("/a\u2028b\x80", "/a%E2%80%A8b%C2%80"),
    ("/\ud7ff\ue000", "/%ED%9F%BF%EE%80%80"),
]


@pytest.mark.parametrize(("value", "url"), LINKS, ids=ascii)
def test_links(value: str, url: str) -> None:
    """A link is kept, and what may not stand in a header is percent-encoded."""
    assert read_url(value) == value
    assert as_url(value) == url
    found = Deprecation.from_mapping({"link": value})
    assert found.headers() == [("Link", f'<{url}>; rel="deprecation"')]


BROKEN = "a link is not empty and has no line break or control code"
BROKEN_LINKS = ("", " ", "/a\r\nX: 1", "/a\n", "/a\0", "java\tscript:x", "/a\x7f")
SURROGATES = "a link is text that UTF-8 can encode"
OTHER_SCHEME = "a link is an http or https URL, or a rela"
OTHER_SCHEMES = (
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "data:text/html,x",
    "mailto:api@example.com",
)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        *((text, ValueError, BROKEN) for text in BROKEN_LINKS),
        *((text, ValueError, OTHER_SCHEME) for text in OTHER_SCHEMES),
        ("https:/docs.example.com", ValueError, "a link with a scheme has a host"),
        ("https:", ValueError, "a link with a scheme has a host"),
        ("http://[", ValueError, "Invalid IPv6 URL"),
        *((f"/{chr(c)}", ValueError, SURROGATES) for c in (0xD800, 0xDFFF)),
        (None, TypeError, "a link is a string, not NoneType"),
        (b"/", TypeError, "a link is a string, not bytes"),
    ],
    ids=ascii,
)
def test_bad_links(value: object, kind: type[Exception], message: str) -> None:
    """A link that would break a header, or run as a script, is reported."""
    with pytest.raises(kind, match=message):
        read_url(value)
    if value is not None:
        with pytest.raises(kind) as caught:
            Deprecation.from_mapping({"link": value})
        assert type(caught.value) is kind
        assert str(caught.value).startswith(f"link: {value!r}: ")
        assert message in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_link_is_safe(text: str) -> None:
    """Whatever is taken for a link cannot leave the angle brackets of the header."""
    try:
        read_url(text)
    except ValueError:
        return
    url = as_url(text)
    assert re.fullmatch(r"[!-~]+", url)
    assert not set('<>"\\') & set(url)
    assert as_url(url) == url
    assert unquote(url) == unquote(text.strip())
    assert urlsplit(url).scheme in ("", "http", "https")


# -- headers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Deprecation(), []),
        (Deprecation(notice="Use PATCH."), []),
        (Deprecation(since=MIDNIGHT), [("Deprecation", "@1772323200")]),
        (Deprecation(sunset=NOON), [("Sunset", "Sun, 01 Mar 2026 12:00:00 GMT")]),
        (Deprecation(link="/put"), [("Link", '</put>; rel="deprecation"')]),
        (
            FULL,
            [
                ("Deprecation", "@1772323200"),
                ("Sunset", "Sun, 01 Mar 2026 12:00:00 GMT"),
                ("Link", '<https://docs.example.com/>; rel="deprecation"'),
            ],
        ),
    ],
    ids=["empty", "notice", "since", "sunset", "link", "full"],
)
def test_headers(value: Deprecation, expected: list[tuple[str, str]]) -> None:
    """Each field that is known has its header; a notice has none."""
    assert value.headers() == expected


# Whole minutes, as ISO 8601 writes them: of an offset below a second, Python's own
# reader of it makes none.
zones = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 -- the strategy wants naive ones
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=zones,
)


@given(moments, moments)
def test_the_dates_by_other_parsers(first: datetime, second: datetime) -> None:
    """A structured-fields parser and the standard library read the same second."""
    first, second = sorted([first, second])
    value = Deprecation.from_mapping({"since": first, "sunset": second.isoformat()})
    (_, deprecation), (_, sunset) = value.headers()
    item: Any = http_sf.parse(deprecation.encode(), tltype="item")
    since, parameters = item
    assert parameters == {}
    assert timedelta() <= first - since < timedelta(seconds=1)
    if second.astimezone(timezone.utc).year >= 1000:  # an HTTP-date has four digits
        read = parsedate_to_datetime(sunset)
        assert timedelta() <= second - read < timedelta(seconds=1)
        assert sunset == f"{sunset[:-4]} GMT"


def test_as_json() -> None:
    """JSON has what is known, with times as RFC 3339 writes them."""
    assert FULL.as_json() == {
        "since": "2026-03-01T00:00:00Z",
        "sunset": "2026-03-01T12:00:00Z",
        "link": "https://docs.example.com/",
        "notice": "Use PATCH.",
    }
    assert Deprecation(notice="Use PATCH.").as_json() == {"notice": "Use PATCH."}
    assert Deprecation.from_mapping(FULL.as_json()) == FULL


def test_a_deprecation_is_a_value() -> None:
    """It can be compared, hashed, pickled and replaced, and not be changed."""
    assert pickle.loads(pickle.dumps(FULL)) == FULL
    assert hash(replace(FULL)) == hash(FULL)
    assert replace(FULL, notice=None) != FULL
    with pytest.raises(FrozenInstanceError):
        FULL.notice = "other"  # type: ignore[misc]


def test_the_values_are_objects_to_a_handler() -> None:
    """Flask's JSON has their names, and text has what people read."""
    found = json.loads(Flask(__name__).json.dumps([FULL, SUCCESSOR]))
    assert [each["link"] for each in found[:1]] == [FULL.link]
    assert found[1] == {"method": "PATCH", "url": "/v2", "prefix": None}
    assert "Use %s." % SUCCESSOR == "Use PATCH /v2."  # noqa: UP031


MONTHS = "January February March April May June July August September October"


@pytest.mark.parametrize(
    ("month", "name"), list(enumerate(f"{MONTHS} November December".split(), 1))
)
def test_spoken_date(month: int, name: str) -> None:
    """A date is written as people read it, whatever the month."""
    moment = datetime(33, month, 9, 23, 59, tzinfo=timezone.utc)
    assert spoken_date(moment) == f"9 {name} 33"


def test_a_locale_changes_no_date() -> None:
    """The texts are English whatever the process speaks."""
    before = locale.setlocale(locale.LC_TIME)
    try:
        # glibc raises if a locale is not installed; musl ignores it.
        with suppress(locale.Error):
            locale.setlocale(locale.LC_TIME, "de_DE.UTF-8")
        if NOON.strftime("%B") != "März":
            pytest.skip("the locale de_DE.UTF-8 is not installed")
        assert spoken_date(NOON) == "1 March 2026"
        assert dict(FULL.headers())["Sunset"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    finally:
        locale.setlocale(locale.LC_TIME, before)


def test_the_clock_is_aware() -> None:
    """The default clock tells UTC, and moves."""
    first, second = utc_now(), utc_now()
    assert first.utcoffset() == timedelta()
    assert first <= second
    assert abs(datetime.now().astimezone() - first) < timedelta(minutes=1)
