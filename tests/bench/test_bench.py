"""What the benchmarks check, and what they write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask, Response

from benchmarks import chart, page, pythons, report
from benchmarks.apps import KINDS, Kind, build
from benchmarks.cases import CASES, HEAD, NOT_ALLOWED, SERVED, WrongAnswerError, verify
from benchmarks.cases import Case as _Case
from benchmarks.goals import REFUSED, Goal, Outcome, outcomes
from benchmarks.instructions import problems
from benchmarks.pythons import PLAN
from benchmarks.requests import Plan, Taken, compare, measure_requests
from benchmarks.results import Results
from benchmarks.timing import Spread, in_turns, ratio

CASE_IDS = [case.name for case in CASES]


@pytest.fixture(scope="module")
def apps() -> dict[Kind, Flask]:
    """Make one app of each kind."""
    return {kind: build(kind, 10) for kind in KINDS}


@pytest.fixture(scope="module")
def results() -> Results:
    """Read the results that the documentation shows."""
    return Results.load()


@pytest.mark.parametrize("case", CASES, ids=CASE_IDS)
def test_every_app_answers_as_it_must(apps: dict[Kind, Flask], case: _Case) -> None:
    """What is measured is right, on each kind of app."""
    verify(case, apps, 10)


@pytest.mark.parametrize(
    ("case", "header", "value"),
    [
        pytest.param(NOT_ALLOWED[0], "Allow", "GET", id="Allow"),
        pytest.param(NOT_ALLOWED[1], "Content-Type", "text/plain", id="format"),
        pytest.param(NOT_ALLOWED[0], "Link", "<x>", id="link"),
        pytest.param(SERVED[0], "X-More", "1", id="served"),
        pytest.param(HEAD, "X-More", "1", id="HEAD"),
    ],
)
def test_a_wrong_answer_is_not_measured(case: _Case, header: str, value: str) -> None:
    """A guard that cuts a corner is found out."""
    guarded = build("guard", 10)

    def spoil(response: Response) -> Response:
        response.headers[header] = value
        return response

    # The one that was registered first runs last.
    guarded.after_request_funcs.setdefault(None, []).insert(0, spoil)
    with pytest.raises(WrongAnswerError, match=case.name):
        verify(case, {"bare": build("bare", 10), "guard": guarded}, 10)


def test_an_undrained_body_is_not_measured() -> None:
    """A guard that leaves the body unread is found out."""
    app = build("guard", 10)
    guard = app.extensions["method_guard"]
    guard.settings = replace(guard.settings, drain_limit=0)
    with pytest.raises(WrongAnswerError, match="0 bytes of the body were read"):
        verify(NOT_ALLOWED[-1], {"guard": app}, 10)


COUNTS = {
    "the naive hook, before": 9_000,
    "the guard, before": 3_000,
    "the guard, after": 1_000,
    **{
        f"{name}, {kind}, 10 routes": 500_000
        for name in ("served", "405", "501", "404", "OPTIONS")
        for kind in ("bare", "guard")
    },
    **{f"{name}, guard, 200 routes": 500_000 for name in ("served", "405")},
}


@pytest.mark.parametrize("key", ["known", "another"])
@pytest.mark.parametrize(
    ("name", "factor", "found"),
    [
        ("the guard, before", 1.05, {"known": 0, "another": 0}),
        ("the guard, before", 1.15, {"known": 1, "another": 0}),
        ("the guard, before", 1.25, {"known": 1, "another": 1}),
        ("405, guard, 10 routes", 1.25, {"known": 1, "another": 1}),
        ("405, guard, 200 routes", 1.15, {"known": 1, "another": 1}),
        ("405, bare, 10 routes", 1.25, {"known": 0, "another": 0}),
    ],
)
def test_a_count_that_has_grown(
    key: str, name: str, factor: float, found: dict[str, int]
) -> None:
    """A growth is told, with a record and, more coarsely, without one."""
    counts = {**COUNTS, name: round(COUNTS[name] * factor)}
    assert len(problems(counts, {"known": COUNTS}, key)) == found[key]


def test_rounds_give_ratios() -> None:
    """Every candidate is taken once a round, and compared within its round."""
    calls: list[str] = []

    def block(name: str, taken: int) -> int:
        calls.append(name)
        return taken

    taken = in_turns({"a": lambda: block("a", 3), "b": lambda: block("b", 2)}, rounds=8)
    assert sorted(calls[:2]) == sorted(calls[-2:]) == ["a", "b"]
    assert ratio(taken["a"], taken["b"]) == Spread(1.5, 1.5, 1.5)


@pytest.mark.parametrize(
    ("measured", "margin", "verdict"),
    [
        (Spread(1.0, 0.9, 1.1), 0, "1 met"),
        (Spread(1.01, 1.0, 1.1), 0, "1 within the ±"),
        (Spread(1.02, 1.01, 1.1), 0, "1 missed"),
        (Spread(1.02, 1.01, 1.1), 0.01, "1 within the ±"),
        (Spread(1.02, 1.01, 1.1), 0.02, "1 met"),
    ],
)
def test_a_goal(measured: Spread, margin: float, verdict: str) -> None:
    """A goal is met up to its limit; within its bounds, it is not missed."""
    outcome = Outcome(Goal("a goal", 1.0), "somewhere", measured)
    *_, row = report.goal_table([outcome], margin)
    assert row.split(" | ")[2] == verdict


def test_the_outcomes_of_a_goal() -> None:
    """All are counted, and the worst is shown."""
    goal = Goal("a goal", 1.0)
    outcomes = [
        Outcome(goal, "here", Spread(1.0, 0.9, 1.1)),
        Outcome(goal, "there", Spread(1.2, 1.1, 1.3)),
        Outcome(goal, "here, too", Spread(0.9, 0.8, 1.0)),
    ]
    *_, row = report.goal_table(outcomes)
    assert row == "| a goal | ≤ 1.0 | 2 met, 1 missed | 1.20 ± 0.10 | there |"


def test_processes_are_compared() -> None:
    """Each process gives one ratio, however fast it is; each size has its own."""
    plan = replace(PLAN, sizes=(10, 500), processes=2, rounds=2, calls=1)
    said: list[str] = []
    results, growth = measure_requests(plan, [HEAD], said.append)
    assert [(result.case, result.routes) for result in results] == [
        ("HEAD", 10),
        ("HEAD", 500),
    ]
    for result in results:
        assert set(result.microseconds) == set(plan.kinds)
        assert all(value > 0 for value in result.microseconds.values())
        assert set(result.ratios) == set(plan.kinds) - {"bare"}
    assert [each.case for each in growth] == ["HEAD"]
    assert set(growth[0].ratios) == set(plan.kinds)
    assert len(said) == len(set(said)) == 4


def test_what_processes_say() -> None:
    """A ratio is that of one process; what differs between them does not matter."""
    plan = Plan((10,), processes=3, rounds=3, calls=1, kinds=("bare", "hooks", "guard"))

    def process(speed: int) -> Taken:
        return {
            "bare": [1000.0 * speed] * 3,
            "hooks": [1100.0 * speed, 1100.0 * speed, 9000.0],
            "guard": [2200.0 * speed] * 3,
        }

    result = compare(HEAD, 10, [process(speed) for speed in (1, 2, 7)], plan)
    assert result.microseconds == {"bare": 2.0, "hooks": 2.2, "guard": 4.4}
    assert result.ratios["guard"] == Spread(2.2, 2.2, 2.2)
    assert result.to_hooks == Spread(2.0, 2.0, 2.0)


def test_a_python_is_kept_once(tmp_path: Path) -> None:
    """A new result replaces that of the same version, and of no other."""
    file = tmp_path / "pythons.json"
    of = {result.made.python: result for result in pythons.load()}
    first, second = list(of.values())[:2]
    again = replace(first, made=replace(first.made, date="2030-01-01"))
    for result in (second, first, again):
        pythons.record(result, file)
    assert pythons.load(file) == [again, second]


def test_every_goal_is_measured(results: Results) -> None:
    """No goal is met because nothing was measured for it."""
    found = {outcome.goal for outcome in outcomes(results)}
    assert set(REFUSED.values()) < found
    assert len(found) == 7


def test_the_page_is_what_was_measured(results: Results) -> None:
    """The figures of the page are those of the run that was kept, unedited."""
    shown = page.PAGE.read_text(encoding="utf-8")
    assert shown == page.renewed(shown, results, pythons.load())
    assert report.made(results.made) in shown


def test_what_two_hooks_take(results: Results) -> None:
    """The page gives the range over what is served, and over nothing else."""
    served = {case.name: 1.21 + number / 10 for number, case in enumerate(SERVED)}
    requests = [
        replace(
            result,
            ratios={
                **result.ratios,
                "hooks": Spread(served.get(result.case, 9.0), 1.0, 1.0),
            },
        )
        for result in results.requests
    ]
    figures = page.figures(replace(results, requests=requests), [])
    assert "Two empty hooks take 1.21 to 1.41 of bare Flask" in figures


def test_a_page_without_markers(results: Results) -> None:
    """Figures are written nowhere but between the markers."""
    with pytest.raises(ValueError, match="The page has no line"):
        page.renewed("# A page", results, [])


def test_the_chart_is_what_was_measured(results: Results) -> None:
    """The chart is well-formed, and drawn from the run that was kept."""
    shown = page.CHART.read_text(encoding="utf-8")
    ElementTree.fromstring(shown)  # noqa: S314 -- our own file
    fewest = results.requests[0].routes
    assert shown == chart.draw([r for r in results.requests if r.routes == fewest])


def test_where_it_is_slower(results: Results) -> None:
    """What is slower by more than the spread is listed, whatever it is."""
    slow = replace(results.requests[0], ratios={"guard": Spread(1.5, 1.4, 1.6)})
    same = replace(results.requests[0], ratios={"guard": Spread(1.01, 0.99, 1.03)})
    found = report.slower(replace(results, requests=[same, slow]), slow.routes)
    assert found == [slow]
