"""What the benchmarks check, and what they write."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask, Response

from benchmarks import chart, command, page, pythons, report
from benchmarks.apps import KINDS, Kind, build
from benchmarks.cases import (
    CASES,
    HEAD,
    NOT_ALLOWED,
    OPTIONS,
    SERVED,
    Case,
    WrongAnswerError,
    verify,
)
from benchmarks.goals import REFUSED, Goal, Outcome, outcomes
from benchmarks.instructions import problems
from benchmarks.requests import Plan, Taken, compare, growth, measure_requests
from benchmarks.results import PythonResult, Results
from benchmarks.timing import Spread, in_turns, ratio
from tests.raw_wsgi import Environ

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
def test_every_app_answers_as_it_must(apps: dict[Kind, Flask], case: Case) -> None:
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
def test_a_wrong_answer_is_not_measured(case: Case, header: str, value: str) -> None:
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
    ("count", "lower", "upper"), [(1, 0, 0), (3, 0, 2), (20, 5, 14), (40, 13, 26)]
)
def test_bounds(count: int, lower: int, upper: int) -> None:
    """As many values are below the one as are above the other."""
    values = [float(number) for number in range(count)]
    assert Spread.of(values) == Spread((count - 1) / 2, lower, upper)


@pytest.mark.parametrize(
    ("measured", "margin", "met"),
    [(1.0, 0, True), (1.01, 0, False), (1.01, 0.02, True)],
)
def test_a_goal(measured: float, margin: float, met: bool) -> None:
    """A goal is met up to its limit, and up to the margin above it."""
    outcome = Outcome(Goal("a goal", 1.0), "", Spread(measured, 0, 2))
    assert outcome.is_met(margin) is met


def test_the_outcomes_of_a_goal() -> None:
    """All are counted, and the worst is shown."""
    goal = Goal("a goal", 1.0)
    outcomes = [
        Outcome(goal, "here", Spread(1.0, 0.9, 1.1)),
        Outcome(goal, "there", Spread(1.2, 1.1, 1.3)),
        Outcome(goal, "here, too", Spread(0.9, 0.8, 1.0)),
    ]
    *_, row = report.goal_table(outcomes)
    assert row == "| a goal | ≤ 1.0 | missed, 2 of 3 | 1.20 ± 0.10 | there |"


def test_two_hooks_are_two() -> None:
    """What the guard is compared with has as many hooks as the guard."""
    for kind in ("hooks", "guard"):
        app = build(kind, 10)
        assert len(app.before_request_funcs[None]) == 1
        assert len(app.after_request_funcs[None]) == 1
    assert not build("again", 10).before_request_funcs


def test_processes_measure() -> None:
    """Each case is measured on each app, in processes that know the cases anew."""
    plan = Plan((10,), processes=2, rounds=2, calls=1)
    cases = [HEAD, OPTIONS, NOT_ALLOWED[1]]
    said: list[str] = []
    results, _ = measure_requests(plan, cases, said.append)
    assert [result.case for result in results] == [case.name for case in cases]
    for result in results:
        assert all(value > 0 for value in result.microseconds.values())
        assert set(result.microseconds) == set(plan.kinds)
        assert set(result.ratios) == set(plan.kinds) - {"bare"}
    assert said == ["process 1 of 2, 10 routes", "process 2 of 2, 10 routes"]


def test_a_process_that_dies() -> None:
    """A process that ends without a word ends the run."""
    with pytest.raises(BrokenExecutor):
        measure_requests(Plan((10,), 1, 1, 1), [Deadly("", "GET", "page", 200)], print)


class Deadly(Case):
    """A request that no process outlives."""

    def environ(self, routes: int) -> Environ:
        """Never come back."""
        os._exit(9)


def process(bare: float, hooks: float, guard: float) -> dict[Case, Taken]:
    """Give what a process found: rounds of one length, but for one of the hooks'."""
    return {
        HEAD: {
            "bare": [bare] * 3,
            "hooks": [hooks, hooks, 9000.0],
            "guard": [guard] * 3,
        }
    }


def test_what_processes_say() -> None:
    """A ratio is that of one process; what differs between them does not matter."""
    plan = Plan((10,), processes=3, rounds=3, calls=1, kinds=("bare", "hooks", "guard"))
    found = [process(1000 * n, 1100 * n, 2200 * n) for n in (1, 2, 7)]
    result = compare(HEAD, 10, found, plan)
    assert result.microseconds == {"bare": 2.0, "hooks": 2.2, "guard": 4.4}
    assert result.ratios["guard"] == Spread(2.2, 2.2, 2.2)
    assert result.to_hooks == Spread(2.0, 2.0, 2.0)


def test_rounds_are_compared_one_by_one() -> None:
    """A ratio is the median of the rounds', not the medians' ratio."""
    plan = Plan((10,), processes=1, rounds=3, calls=1, kinds=("bare", "hooks", "guard"))
    taken: Taken = {
        "bare": [1.0, 2.0, 9.0],
        "hooks": [1.0, 2.0, 2.0],
        "guard": [3.0, 8.0, 4.0],
    }
    result = compare(HEAD, 10, [{HEAD: taken}], plan)
    assert result.ratios["guard"].median == 3.0
    assert result.to_hooks.median == 3.0


def test_growth() -> None:
    """The largest apps are compared with the smallest, process by process."""
    found = {
        500: [process(10, 10, 10)] * 3,
        5000: [process(n, 2 * n, 3 * n) for n in (1, 2, 3)],
        10: [process(n, n, n) for n in (1, 2, 3)],
    }
    result = growth(HEAD, found)
    assert result.sizes == "5,000 routes instead of 10"
    assert result.ratios == {
        "bare": Spread(1, 1, 1),
        "hooks": Spread(2, 2, 2),
        "guard": Spread(3, 3, 3),
    }


def test_a_python_is_kept_once(tmp_path: Path) -> None:
    """A new result replaces that of the same version, and of no other."""
    file = tmp_path / "pythons.json"
    one = PythonResult.load_all()[0]

    def of(python: str) -> PythonResult:
        return replace(one, made=replace(one.made, python=python))

    for python in ("CPython 3.9.1", "CPython 3.10.1", "PyPy 3.10.1", "CPython 3.10.2"):
        of(python).save(file)
    kept = [result.made.python for result in PythonResult.load_all(file)]
    assert kept == ["CPython 3.9.1", "CPython 3.10.2", "PyPy 3.10.1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quick", "--write-docs"],
        ["served", "--quick", "--write-docs"],
        ["--quick", "served", "--write-docs"],
        ["--write-docs", "served", "--quick"],
    ],
)
def test_a_trial_is_not_kept(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a trial finds is no figure, wherever the option stands."""
    monkeypatch.setattr(command, "measure_requests", pytest.fail)
    monkeypatch.setattr(pythons, "measure_requests", pytest.fail)
    assert command.main(arguments) == 2


def test_every_goal_is_measured(results: Results) -> None:
    """No goal is met because nothing was measured for it."""
    found = {outcome.goal for outcome in outcomes(results)}
    assert set(REFUSED.values()) < found
    assert len(found) == 7


def test_the_page_is_what_was_measured(results: Results) -> None:
    """The figures of the page are those of the run that was kept, unedited."""
    shown = page.PAGE.read_text(encoding="utf-8")
    assert shown == page.renewed(shown, results, PythonResult.load_all())
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
    assert "two empty hooks take 1.21 to 1.41 of bare Flask" in figures


@pytest.mark.parametrize(
    ("lower", "said"),
    [(1.06, "On CPython 9.9, two empty hooks alone"), (1.05, "Nowhere do two empty")],
)
def test_where_a_goal_is_out_of_reach(
    results: Results, lower: float, said: str
) -> None:
    """Only where two empty hooks certainly take more than the guard may."""
    python = PythonResult.load_all()[0]
    hooks = Spread(1.07, lower, 1.08)
    python = replace(
        python,
        made=replace(python.made, python="CPython 9.9"),
        requests=[
            replace(request, ratios={**request.ratios, "hooks": hooks})
            for request in python.requests
        ],
    )
    assert said in page.figures(results, [python])


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
