"""What the benchmarks check, and what they print."""

from __future__ import annotations

import random
import re
from itertools import count
from xml.etree import ElementTree

import pytest
from flask import Response

from benchmarks import chart
from benchmarks.cases import CASES, GOALS, MAPS, Case, MapName, WrongAnswerError
from benchmarks.figures import PAGE_ROWS, ROWS, Figures, markdown, percent, table
from benchmarks.instructions import problems, read_record
from benchmarks.timing import QUICK, Spread, Taken, in_turns, make_apps

CASE_IDS = [case.name for case in CASES]
BY_NAME = dict(zip(CASE_IDS, CASES, strict=True))


def measure(
    case: Case,
    url_map: MapName,
    spoiled: str = "",
    header: str = "",
    requests: range = range(0),
) -> dict[str, list[float]]:
    """Measure a case; one app has a wrong header in its answers to some requests."""
    apps = make_apps(url_map, many=30)
    numbers = count()

    def spoil(response: Response) -> Response:
        if next(numbers) in requests:
            response.headers[header] = "spoiled"
        return response

    if spoiled:
        # The function that was registered first runs last.
        functions = apps[spoiled].flask.after_request_funcs
        functions.setdefault(None, []).insert(0, spoil)
    return in_turns(case, apps, QUICK, random.Random(1))  # noqa: S311 -- no secret


@pytest.mark.parametrize("url_map", MAPS)
@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_every_app_has_a_turn_in_every_round(case: Case, url_map: MapName) -> None:
    """All apps answer each case as they must, and all are measured."""
    taken = measure(case, url_map)
    assert taken.keys() == {"bare", "hooks", "guard", "many"}
    for times in taken.values():
        assert len(times) == QUICK.rounds
        assert all(time > 0 for time in times)


@pytest.mark.parametrize(
    "requests", [range(6), range(6, 10**6)], ids=["only at first", "only later"]
)
@pytest.mark.parametrize(
    ("case", "app", "header"),
    [
        ("served", "hooks", "X-More"),
        ("served", "guard", "X-More"),
        ("404", "guard", "X-More"),
        ("OPTIONS", "many", "Allow"),
        ("405", "guard", "Allow"),
        ("405", "guard", "Content-Type"),
        ("405", "many", "Link"),
        ("501", "guard", "Allow"),
        ("501", "guard", "Vary"),
    ],
)
def test_a_wrong_answer_stops_the_measurement(
    case: str, app: str, header: str, requests: range
) -> None:
    """An app that is fast because it answers wrongly gives no figure."""
    with pytest.raises(WrongAnswerError, match=f"{app}: {BY_NAME[case].method}"):
        measure(BY_NAME[case], "plain", app, header, requests)


RECORDED = next(iter(read_record().values()))


@pytest.mark.parametrize(
    ("where", "name", "app", "factor", "fails"),
    [
        ("here", "served, plain", "guard", 1.005, False),
        ("here", "served, plain", "guard", 1.015, True),
        ("here", "405, limited", "guard", 1.015, True),
        ("here", "405, plain", "baseline", 0.98, True),
        ("here", "405, plain", "many", 1.04, False),
        ("here", "405, plain", "many", 1.06, True),
        ("elsewhere", "served, plain", "guard", 1.02, False),
        ("elsewhere", "served, plain", "guard", 1.04, True),
    ],
)
def test_the_gate_of_instructions(
    where: str, name: str, app: str, factor: float, fails: bool
) -> None:
    """A request that takes more instructions than recorded is reported, by its name."""
    counts = {
        name: {"baseline": 10**6, "guard": round(ratio * 10**6), "many": 0}
        for name, ratio in RECORDED.items()
    }
    counts[name]["many"] = counts[name]["guard"]
    counts[name][app] = round(counts[name][app] * factor)
    found = [*problems(counts, {"here": RECORDED}, where)]
    assert len(found) == fails
    assert all(problem.startswith(name) for problem in found)


def test_the_record_has_every_request() -> None:
    """No request passes the gate because nothing was recorded for it."""
    requests = {f"{case.name}, {name}" for case in CASES for name in MAPS}
    assert all(recorded.keys() == requests for recorded in read_record().values())


@pytest.mark.parametrize(
    ("size", "lower", "upper"), [(1, 0, 0), (3, 0, 2), (20, 5, 14), (40, 13, 26)]
)
def test_the_bounds_of_a_median(size: int, lower: int, upper: int) -> None:
    """As many values are below the one as are above the other."""
    values = [float(number) for number in range(size)]
    assert Spread.of(values) == Spread((size - 1) / 2, lower, upper)


def figures(guard: float) -> Figures:
    """Make the figures of three processes in which the guard takes a given ratio."""

    def process(speed: float) -> Taken:
        # One round is slow for everyone, which no ratio may show.
        bare = [1000 * speed, 9000 * speed, 1000 * speed]
        guarded = [guard * time for time in bare]
        apps = {"bare": bare, "hooks": bare, "guard": guarded, "many": guarded}
        return {case.name: apps for case in CASES}

    taken = {name: [process(1), process(2), process(7)] for name in MAPS}
    return Figures(QUICK, taken, Spread(guard, guard, guard))


def test_a_ratio_compares_what_ran_together() -> None:
    """Neither a slow round nor a slow process changes a ratio."""
    assert figures(1.5).ratio("plain", "405", "guard") == Spread(1.5, 1.5, 1.5)
    assert figures(1.5).microseconds("405", "bare") == "2 µs"


def test_limits() -> None:
    """Each ratio with a limit says on each map with a goal whether it is kept."""
    limited = [row for row in ROWS if row.limits]
    assert {len(row.limits) for row in limited} == {len(GOALS)}
    for ratio, verdict in [(1.6, "MISSED"), (0.04, "ok")]:
        text = "\n".join(table(figures(ratio)))
        missed = [row for row in limited if row.app != "many"] if ratio > 1 else []
        kept = len(limited) - len(missed)
        assert text.count("MISSED") == len(GOALS) * len(missed) + (ratio > 1)
        assert text.count(" ok") == len(GOALS) * kept + (ratio < 1)
        assert text.endswith(verdict)


@pytest.mark.parametrize(
    ("ratio", "text"), [(1.054, "+5 %"), (0.82, "\N{MINUS SIGN}18 %"), (1.0, "+0 %")]
)
def test_percent(ratio: float, text: str) -> None:
    """A ratio is shown as the difference from the whole."""
    assert percent(ratio) == text


def test_a_limit_within_the_spread_is_kept() -> None:
    """A ratio misses its limit only if the measurement can tell."""
    found = figures(0.04)
    for lower, verdict in [(0.069, "ok"), (0.071, "MISSED")]:
        imports = Spread(0.08, lower, 0.09)
        *_, line = table(Figures(found.plan, found.taken, imports))
        assert line.endswith(verdict)


def test_the_figures_of_the_page() -> None:
    """The table has a row for each case, and the chart a bar for each ratio."""
    sentence, rows, growth, _ = markdown(figures(1.25))
    assert sentence.count("+25 %") == 1
    assert rows.count("+25\N{NO-BREAK SPACE}%") == len(MAPS) * len(PAGE_ROWS)
    assert "at most +0 %" in growth
    drawn = ElementTree.fromstring(chart.draw(figures(1.25)))  # noqa: S314 -- ours
    assert [*drawn.itertext()].count("+25 %") == len(GOALS) * len(PAGE_ROWS)


def test_the_page_and_its_chart_are_of_one_run() -> None:
    """Every ratio that the chart shows is in the table of the page."""
    page = chart.FILE.with_suffix(".md").read_text(encoding="utf-8")
    number = r"([+\N{MINUS SIGN}]\d+).%"
    shown = re.findall(number + "</text>", chart.FILE.read_text(encoding="utf-8"))
    rows = [line for line in page.splitlines() if line.count("±") == len(MAPS)]
    found = [re.findall(number, row)[: len(GOALS)] for row in rows]
    assert shown == [text for row in found for text in row]
    assert len(shown) == len(GOALS) * len(PAGE_ROWS)
