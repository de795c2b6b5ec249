"""Measure the guard beside bare Flask, two empty hooks and a hook made by hand."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import Any

from . import instructions, page, pythons, report, server
from .cases import CASES
from .goals import outcomes
from .requests import Plan, measure_hooks, measure_requests
from .results import Made, PythonResult, Results
from .startup import measure_import, measure_start

#: So many calls that their garbage is collected among them, for some refusals leave
#: more than others.
FULL = Plan((10, 500, 5000), processes=20, rounds=20, calls=40)


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    :return: the exit code: 1 if a check failed.
    """
    options = _parser().parse_args(arguments)
    exit_code: int = options.run(options)
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python3 -m benchmarks", description=__doc__)
    parser.set_defaults(run=_times)
    parser.add_argument(
        "--quick", action="store_true", help="a few rounds: no figures, only a trial"
    )
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 if a goal is missed"
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=0,
        help="what a ratio may exceed its goal by, for a noisy machine",
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="keep the results, and write them into the documentation",
    )
    parser.add_argument(
        "--redraw",
        action="store_true",
        help="write the documentation from the results that were kept",
    )
    commands = parser.add_subparsers(title="others")
    # What stands before the command's name counts, too.
    once_more: Any = {"action": "store_true", "default": argparse.SUPPRESS}
    count = commands.add_parser("instructions", help="count instructions in Valgrind")
    count.add_argument("--check", help="exit with 1 if a count has grown", **once_more)
    count.add_argument("--record", action="store_true", help="put the counts on record")
    count.set_defaults(run=_instructions)
    served = commands.add_parser("served", help="measure what is served, more finely")
    served.add_argument("--quick", help="only a trial", **once_more)
    served.add_argument(
        "--write-docs",
        help="keep the results of this Python, and write them into the documentation",
        **once_more,
    )
    served.set_defaults(run=_served)
    serve = commands.add_parser("server", help="drive gunicorn with wrk")
    serve.add_argument("--rounds", type=int, default=10)
    serve.add_argument("--seconds", type=int, default=2, help="of each load")
    serve.set_defaults(run=_server)
    return parser


def _quick(plan: Plan) -> Plan:
    """Make a plan too small for figures, and enough to see that all of it works."""
    return replace(plan, sizes=plan.sizes[:2], processes=2, rounds=3, calls=2)


def _say(what: str) -> None:
    print(f"  {what}", file=sys.stderr, flush=True)


def _measure(plan: Plan) -> Results:
    requests, growth = measure_requests(plan, CASES, _say)
    _say("the hooks alone")
    rounds = plan.rounds * 5  # in this one process
    return Results(
        made=Made.now(plan.processes, plan.rounds, plan.calls),
        requests=requests,
        growth=growth,
        hook=measure_hooks(rounds, plan.calls * 25),
        start=measure_start(plan.sizes, rounds, _say),
        import_milliseconds=measure_import(max(3, rounds // 5)),
    )


def _times(options: argparse.Namespace) -> int:
    if options.redraw:
        page.write(Results.load(), PythonResult.load_all())
        return 0
    if _writes_a_trial(options):
        return 2
    results = _measure(_quick(FULL) if options.quick else FULL)
    print(report.text(results, options.margin))
    if options.write_docs:
        results.save()
        page.write(results, PythonResult.load_all())
    return _goals(results, options.margin) if options.check else 0


def _goals(results: Results, margin: float) -> int:
    missed = [found for found in outcomes(results) if not found.is_met(margin)]
    for outcome in missed:
        print(
            f"missed: {outcome.goal.text}, {outcome.case}:"
            f" {report.ratio(outcome.measured)}, at most {outcome.goal.limit}"
        )
    return 1 if missed else 0


def _writes_a_trial(options: argparse.Namespace) -> bool:
    wrong: bool = options.quick and options.write_docs
    if wrong:
        print("--quick gives no figures that --write-docs could write")
    return wrong


def _served(options: argparse.Namespace) -> int:
    if _writes_a_trial(options):
        return 2
    plan = _quick(pythons.PLAN) if options.quick else pythons.PLAN
    result = pythons.measure_python(plan, _say)
    print(report.made(result.made), "", *report.python_table([result]), sep="\n")
    if options.write_docs:
        result.save()
        page.write(Results.load(), PythonResult.load_all())
    return 0


def _instructions(options: argparse.Namespace) -> int:
    try:
        counts = instructions.count()
    except instructions.NotAvailableError as error:
        must = os.environ.get("METHOD_GUARD_REQUIRE_ALL") == "1"
        print(f"{'failed' if must else 'skipped'}: {error}")
        return 1 if must else 0
    for name, value in counts.items():
        print(f"{value:>10,}  {name}")
    if options.record:
        instructions.record(counts)
    return _check(counts) if options.check else 0


def _check(counts: dict[str, int]) -> int:
    key, recorded = instructions.environment(), instructions.on_record()
    if key in recorded:
        print(f"compared with the record of {key}")
    else:
        print(f"no record of {key}; only ratios are compared")
    problems = instructions.problems(counts, recorded, key)
    for problem in problems:
        print(f"failed: {problem}")
    if not problems:
        print("no count has grown")
    return 1 if problems else 0


def _server(options: argparse.Namespace) -> int:
    try:
        results = server.measure_server(options.rounds, options.seconds, _say)
    except server.NotAvailableError as error:
        print(error)
        return 1
    print("\n".join(report.server_table(results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
