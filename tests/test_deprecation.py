"""The value of a deprecation, its headers, its reading, and the marks on views."""

from __future__ import annotations

import functools
import inspect
import locale
import pickle
import re
import time as clock
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from unittest.mock import Mock
from urllib.parse import unquote, urlsplit

import http_sf
import pytest
from flask.views import MethodView
from hypothesis import given
from hypothesis import strategies as st

from flask_method_guard import Deprecation, Phase, deprecated_methods
from flask_method_guard.deprecation import (
    read_deprecation,
    spoken_date,
    utc_now,
)
from flask_method_guard.links import as_url, check_url
from flask_method_guard.marks import find_marks

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=timezone.utc)
FULL = Deprecation(MIDNIGHT, NOON, "https://docs.example.com/", "Use PATCH.")


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
    """What names no zone is UTC, wherever the server stands."""
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


@pytest.mark.parametrize("offset", ["+05:00", "-05:00", "+0500", "+05"])
def test_an_offset_needs_a_time(offset: str) -> None:
    """An offset behind a date is refused, since Python reads it as a time of UTC."""
    with pytest.raises(ValueError, match="is not a date"):
        Deprecation.from_mapping({"since": f"2026-01-01{offset}"})


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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"sinse": 1},
            "'sinse' is not one of since, sunset, brownouts, link, notice. Did you me",
        ),
        ({"SUNSETS": 1}, "Did you mean 'sunset'?"),
        (
            {"x": 1},
            "'x' is not one of since, sunset, brownouts, link, notice. Remove it.",
        ),
        ({7: 1}, "7 is not one of since, sunset, brownouts, link, notice. Remove it."),
        (
            {"link": "/", "Link": "/"},
            "'Link' is given twice, in different case. Use it",
        ),
        ({}, "it is empty. Set since, sunset, brownouts, link or notice."),
        ({"since": None}, "it is empty. Set since, sunset, brownouts, link or notice."),
        (
            {"notice": " \n"},
            r"notice: ' \n' is empty. Write a sentence, or leave it out.",
        ),
    ],
    ids=repr,
)
def test_bad_mappings(values: dict[Any, object], message: str) -> None:
    """What is unknown, given twice or empty is reported with the fix."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Deprecation.from_mapping(values)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (7, TypeError, "notice: 7 is not a string. Write a sentence."),
        (b"Use PATCH.", TypeError, "notice: b'Use PATCH.' is not a string. Write a"),
        ("", ValueError, "notice: '' is empty. Write a sentence, or leave it out."),
    ],
    ids=repr,
)
def test_bad_notices(value: object, kind: type[Exception], message: str) -> None:
    """A notice is a sentence."""
    with pytest.raises(kind, match=re.escape(message)):
        Deprecation.from_mapping({"notice": value})


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
]


@pytest.mark.parametrize(("value", "url"), LINKS, ids=ascii)
def test_links(value: str, url: str) -> None:
    """A link is kept, and what may not stand in a header is percent-encoded."""
    assert check_url(value) == value
    assert as_url(value) == url
    found = Deprecation.from_mapping({"link": value})
    assert found.headers() == [("Link", f'<{url}>; rel="deprecation"')]


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("", ValueError, "a link is not empty and has no line break or control code"),
        (" ", ValueError, "a link is not empty and has no line break or control code"),
        ("/a\r\nX-Evil: 1", ValueError, "a link is not empty and has no line break"),
        ("/a\n", ValueError, "a link is not empty and has no line break"),
        ("/a\0", ValueError, "a link is not empty and has no line break"),
        ("java\tscript:alert(1)", ValueError, "a link is not empty and has no line "),
        ("/a\x7f", ValueError, "a link is not empty and has no line break"),
        (
            "javascript:alert(1)",
            ValueError,
            "a link is an http or https URL, or a rela",
        ),
        (" JavaScript:alert(1)", ValueError, "a link is an http or https URL, or a re"),
        ("data:text/html,x", ValueError, "a link is an http or https URL, or a rela"),
        ("mailto:api@example.com", ValueError, "a link is an http or https URL, or a "),
        ("https:/docs.example.com", ValueError, "a link with a scheme has a host"),
        ("https:", ValueError, "a link with a scheme has a host"),
        ("http://[", ValueError, "Invalid IPv6 URL"),
        ("/\ud800", ValueError, "a link is text that UTF-8 can encode"),
        (None, TypeError, "a link is a string, not NoneType"),
        (b"/", TypeError, "a link is a string, not bytes"),
    ],
    ids=ascii,
)
def test_bad_links(value: object, kind: type[Exception], message: str) -> None:
    """A link that would break a header, or run as a script, is reported."""
    with pytest.raises(kind, match=message):
        check_url(value)
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
        check_url(text)
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


@pytest.mark.parametrize(
    ("offset", "ended"),
    [
        (timedelta(seconds=-1), False),
        (timedelta(microseconds=-1), False),
        (timedelta(), True),
        (timedelta(seconds=1), True),
    ],
    ids=str,
)
@pytest.mark.parametrize("hours", [0, 14, -12])
def test_the_sunset_is_a_second(offset: timedelta, ended: bool, hours: int) -> None:
    """The end is the very second of the sunset, in whatever zone the clock is."""
    zone = timezone(timedelta(hours=hours))
    phase = Phase.RETIRED if ended else Phase.DEPRECATED
    assert FULL.phase((NOON + offset).astimezone(zone), enforced=True) is phase
    endless = replace(FULL, sunset=None)
    assert endless.phase(NOON + offset, enforced=True) is Phase.DEPRECATED


def test_the_second_is_that_of_the_header() -> None:
    """What is given to the microsecond ends when the header says, not after."""
    value = Deprecation.from_mapping({"sunset": NOON.replace(microsecond=5)})
    sunset = parsedate_to_datetime(dict(value.headers())["Sunset"])
    assert value.phase(sunset, enforced=False) is Phase.OVERDUE


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
        locale.setlocale(locale.LC_TIME, "de_DE.UTF-8")
    except locale.Error:
        pytest.skip("the locale de_DE.UTF-8 is not installed")
    try:
        assert NOON.strftime("%B") == "März"
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


# -- the decorator ---------------------------------------------------------------


def marks(view: Callable[..., Any], **others: Callable[..., Any]) -> dict[str, Any]:
    """Give what is said of a view that is registered, beside others if need be."""
    found = find_marks({"it": view, **others})
    return {method: value.notice for method, value in found.get("it", {}).items()}


def note(text: str, *methods: str) -> Callable[[Any], Any]:
    """Mark PUT, or other methods, with a notice."""
    return deprecated_methods(*(methods or ("PUT",)), notice=text)


def make() -> Callable[[], str]:
    """Make a view that nobody has marked."""

    def view() -> str:
        """Answer."""
        return "ok"

    return view


def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a view as extensions do."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def test_no_marks() -> None:
    """A view of which nothing is said is not listed."""
    assert find_marks({"it": make(), "that": wrap(make())}) == {}
    assert find_marks({}) == {}


def test_a_mark_is_the_value() -> None:
    """The decorator reads its arguments as the configuration is read."""
    values: dict[str, Any] = {
        "since": date(2026, 3, 1),
        "sunset": "2026-03-01T12:00:00Z",
        "link": "https://docs.example.com/",
        "notice": "Use PATCH.",
    }
    view = deprecated_methods("put", "LINK", **values)(make())
    assert find_marks({"it": view}) == {"it": {"PUT": FULL, "LINK": FULL}}


def test_the_view_stays_what_it_is() -> None:
    """The decorator gives back what it was given: name, docstring, signature."""

    async def asynchronous() -> None:
        """Do nothing."""

    class View(MethodView):
        """Do nothing."""

    def generator() -> Iterator[int]:
        """Do nothing."""
        yield 1

    for view in (asynchronous, View, generator):
        name = view.__name__
        assert note("x")(view) is view
        assert (view.__name__, view.__doc__) == (name, "Do nothing.")
    assert inspect.iscoroutinefunction(asynchronous)
    assert inspect.isgeneratorfunction(generator)
    assert str(inspect.signature(asynchronous)) == "() -> 'None'"


def test_the_last_word_is_the_outermost() -> None:
    """Of two words for one method the outer counts, and words for others stay."""
    view = note("outer")(wrap(note("inner", "PUT", "LINK")(make())))
    assert marks(view) == {"PUT": "outer", "LINK": "inner"}
    view = note("outer")(note("inner", "PUT", "LINK")(make()))
    assert marks(view) == {"PUT": "outer", "LINK": "inner"}


def test_a_wrapper_does_not_write_on_what_it_wraps() -> None:
    """What functools.wraps has copied is the wrapper's own from then on."""
    inner = note("inner")(make())
    outer = note("outer")(wrap(inner))
    assert marks(outer) == {"PUT": "outer"}
    assert marks(inner, outer=outer) == {"PUT": "inner"}


def test_above_the_route() -> None:
    """A mark on a wrapper that nobody registered is meant for the view within."""
    view = wrap(make())
    wrapper = wrap(note("above", "PUT")(wrap(view)))
    assert marks(view) == {"PUT": "above"}
    assert marks(view, other=wrapper) == {}
    assert marks(wrapper) == {"PUT": "above"}


def test_above_the_route_and_forgotten() -> None:
    """The mark outlives the wrapper, which a factory drops when it returns."""
    view = make()
    note("above")(wrap(view))
    assert marks(view) == {"PUT": "above"}


def test_above_one_of_two_routes() -> None:
    """A mark above one route is not a mark on another wrapper of the function."""
    function = make()
    old, new = wrap(function), wrap(function)
    note("above")(wrap(old))
    assert marks(old, new=new) == {"PUT": "above"}
    assert marks(new, old=old) == {}


def test_above_the_route_twice() -> None:
    """The one that was put last has the last word."""
    view = note("own", "PUT", "LINK")(make())
    note("first", "PUT", "POST")(wrap(view))
    note("second")(wrap(view))
    assert marks(view) == {"PUT": "second", "POST": "first", "LINK": "own"}


def test_classes() -> None:
    """A class has its parents' marks, in the order of resolution, and gives none."""

    @note("a", "PUT", "POST")
    class A(MethodView):
        pass

    @note("b", "PUT", "DELETE")
    class B(MethodView):
        pass

    @note("c", "POST")
    class C(A, B):
        pass

    assert marks(A.as_view("it")) == {"PUT": "a", "POST": "a"}
    assert marks(B.as_view("it")) == {"PUT": "b", "DELETE": "b"}
    assert marks(C.as_view("it")) == {"PUT": "a", "POST": "c", "DELETE": "b"}
    assert marks(note("d")(C.as_view("it")))["PUT"] == "d"
    assert marks(C.as_view("it"))["PUT"] == "a"


def test_a_diamond_of_classes() -> None:
    """A mark of a common parent is found behind that of a class in between."""

    @note("base")
    class Base(MethodView):
        pass

    @note("left", "LINK")
    class Left(Base):
        pass

    @note("right")
    class Right(Base):
        pass

    class View(Left, Right):
        pass

    assert marks(View.as_view("it")) == {"PUT": "right", "LINK": "left"}


def test_callable_objects() -> None:
    """An object has its own marks and those of its class, equal to others or not."""

    @note("class", "PUT", "POST")
    class Index:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

        def __call__(self) -> str:
            return "ok"

    assert marks(Index()) == {"PUT": "class", "POST": "class"}
    assert marks(note("own")(Index())) == {"PUT": "own", "POST": "class"}
    assert marks(wrap(Index()), other=Index()) == {}
    partial = functools.partial(make())
    assert marks(note("partial")(partial)) == {"PUT": "partial"}


def test_methods_of_objects() -> None:
    """A bound method stands for its function, which takes the marks."""

    class Api:
        def view(self) -> str:
            return "ok"

        @note("class")
        @classmethod
        def of_class(cls) -> str:
            return "ok"

        @note("static")
        @staticmethod
        def static() -> str:
            return "ok"

    api = Api()
    note("bound")(api.view)
    assert marks(api.view) == {"PUT": "bound"}
    note("above", "LINK")(wrap(api.view))
    assert marks(api.view) == {"PUT": "bound", "LINK": "above"}
    assert marks(Api.of_class) == {"PUT": "class"}
    assert marks(api.static) == {"PUT": "static"}


def test_a_view_that_wraps_itself() -> None:
    """A circle of wrappers is walked once."""
    view: Any = make()
    wrapper: Any = wrap(view)
    view.__wrapped__ = wrapper
    assert marks(note("x")(wrapper)) == {"PUT": "x"}


def test_what_is_wrapped_may_take_no_mark() -> None:
    """A wrapper of a built-in function is marked by itself."""
    view = wrap(make())
    view.__wrapped__ = print  # type: ignore[attr-defined]
    assert marks(note("x")(view)) == {"PUT": "x"}


def test_a_mock_is_a_view() -> None:
    """A view that has every attribute has no mark."""
    assert marks(Mock()) == {}
    assert marks(note("x")(Mock())) == {"PUT": "x"}


def nameless() -> Any:
    """Make a view without a name, which takes no attribute."""

    class Nameless:
        __slots__ = ()

        def __repr__(self) -> str:
            return "<nameless>"

    return Nameless()


def as_view_function() -> Any:
    """Make the function of a class whose decorators are wrong."""

    class Books(MethodView):
        pass

    return Books.as_view("shop_books")


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (make(), "tests.test_deprecation.view"),
        (wrap(make()), "tests.test_deprecation.view"),
        (as_view_function(), "tests.test_deprecation.shop_books"),
        (MethodView, "flask.views.MethodView"),
        (nameless(), "<nameless>"),
    ],
    ids=["function", "wrapper", "as_view", "class", "nameless"],
)
def test_problems_name_the_view(view: Any, name: str) -> None:
    """Problems are reported when the view is known, with its name."""
    decorator = deprecated_methods("PUT", since="soon")
    with pytest.raises(ValueError, match="soon") as caught:
        decorator(view)
    assert str(caught.value) == (
        f"deprecated_methods on {name}: since: 'soon' is not a date."
        " Write 2026-03-01 or 2026-03-01T12:00:00Z."
    )
    if view is not MethodView:
        assert marks(view) == {}


def test_problems_in_a_list_of_decorators() -> None:
    """Where as_view() runs the decorator, the name is the endpoint's."""

    class Books(MethodView):
        decorators = [deprecated_methods("P T", notice="x")]  # noqa: RUF012

    with pytest.raises(
        ValueError, match=r"^deprecated_methods on tests\..*\.shop_books: "
    ):
        Books.as_view("shop_books")


@pytest.mark.parametrize(
    ("methods", "said", "kind", "message"),
    [
        (
            ["PUT"],
            {},
            ValueError,
            "it is empty. Set since, sunset, brownouts, ",
        ),
        (
            ["P T"],
            {"notice": "x"},
            ValueError,
            "'P T' is not a method. Use letters, dig",
        ),
        (
            [7],
            {"notice": "x"},
            TypeError,
            "7 is not a method. Use a string such as 'PUT'.",
        ),
        ([["PUT"]], {"notice": "x"}, TypeError, "['PUT'] is not a method."),
        (
            ["PUT"],
            {"notice": 7},
            TypeError,
            "notice: 7 is not a string. Write a sentence.",
        ),
        (
            ["PUT"],
            {"link": "/\r\nX: 1"},
            ValueError,
            "link: '/\\r\\nX: 1': a link is ",
        ),
        (
            ["PUT"],
            {"since": "2026-01-02", "sunset": "2026-01-01"},
            ValueError,
            "sunset 2026-01-01T00:00:00+00:00 is earlier than since 2026-01-02T",
        ),
        (
            ["P T", 7],
            {"since": 7, "sunset": "soon"},
            TypeError,
            (
                "since: 7 is not a date, a datetime or an ISO 8601 string."
                " sunset: 'soon' is not a date."
                " Write 2026-03-01 or 2026-03-01T12:00:00Z."
                " 'P T' is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only."
                " 7 is not a method. Use a string such as 'PUT'."
            ),
        ),
    ],
    ids=lambda value: ascii(value) if isinstance(value, (dict, list)) else "",
)
def test_bad_decorators(
    methods: list[Any], said: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """All problems are reported at once, and the view has no mark."""
    view = make()
    with pytest.raises(kind) as caught:
        deprecated_methods(*methods, **said)(view)
    prefix = "deprecated_methods on tests.test_deprecation.view: "
    assert str(caught.value).startswith(prefix + message)
    assert marks(view) == {}


@pytest.mark.parametrize(
    ("view", "name"),
    [(print, "builtins.print"), (nameless(), "<nameless>"), ("index", "'index'")],
    ids=repr,
)
def test_what_takes_no_mark(view: Any, name: str) -> None:
    """Where a mark cannot be kept, it is not lost in silence."""
    with pytest.raises(TypeError) as caught:
        note("x")(view)
    assert str(caught.value) == (
        f"deprecated_methods on {name}: it takes no mark. Use a function or a class."
    )


@pytest.mark.parametrize("given", [(), (make(),), (MethodView,)], ids=len)
def test_no_methods(given: Any) -> None:
    """Without parentheses, or without a method, the error shows how to write it."""
    with pytest.raises(TypeError) as caught:
        deprecated_methods(*given)
    assert str(caught.value) == (
        "deprecated_methods needs the methods' names:"
        ' write @deprecated_methods("PUT", since=…) above the view.'
    )
