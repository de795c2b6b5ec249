"""Measure what the guard costs, compared with bare Flask.

Without options, print every ratio with its ± and the project's limit for it, on five
kinds of URL map. This takes a quarter of an hour.

The speed page: run with --markdown --chart. Replace the figures of
docs/explanation/speed.md with what is printed; speed.svg is written.

Instructions: --check counts the instructions of every request in Valgrind, which is as
exact on a busy machine. It compares them with those of a baseline: bare Flask, or two
empty hooks for a served request. It fails if a ratio exceeds the one in
benchmarks/instructions.json. When a change is worth its instructions, renew the record
on each Python, and commit it:

  for version in 3.10 3.11 3.12 3.13; do
    python$version -m venv /tmp/count-$version
    /tmp/count-$version/bin/pip install --editable .
    /tmp/count-$version/bin/python -m benchmarks.command --record
  done

Where there is no record for a Python and a Flask, the limit is the largest ratio of the
others and 3 %. Delete records that nobody uses any more.
"""

from __future__ import annotations

import argparse
import sys

from . import chart, figures, instructions, timing
from .cases import MAPS

OPTIONS = {
    "quick": "a trial in seconds; its figures mean nothing",
    "markdown": "also print the figures of the speed page",
    "chart": "also write the chart of the speed page",
    "check": "count instructions instead; exit with 1 if a request takes too many",
    "record": "count instructions instead, and record them",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    :return: the exit code: 1 if a check failed.
    """
    parser = argparse.ArgumentParser(
        "python3 -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, text in OPTIONS.items():
        parser.add_argument(f"--{name}", action="store_true", help=text)
    options = parser.parse_args(arguments)
    if options.quick and options.chart:
        parser.error("--quick has no figures that --chart could draw")
    if options.check or options.record:
        return _instructions(record=options.record)
    _times(options)
    return 0


def _times(options: argparse.Namespace) -> None:
    plan = timing.QUICK if options.quick else timing.FULL
    found = figures.Figures(
        plan=plan,
        taken={name: timing.measure(plan, name) for name in MAPS},
        imports=timing.measure_import(plan.processes),
    )
    print("\n".join(figures.table(found)))
    if options.markdown:
        print("", *figures.markdown(found), sep="\n\n")
    if options.chart:
        chart.FILE.write_text(chart.draw(found), encoding="utf-8")


def _instructions(*, record: bool) -> int:
    counts = instructions.count()
    for name, apps in counts.items():
        print(f"{name:20}", *(f"{app} {value:9,}  " for app, value in apps.items()))
    if record:
        instructions.write_record(counts)
    recorded, here = instructions.read_record(), instructions.environment()
    print(
        f"{'compared with the record' if here in recorded else 'no record'} of {here}"
    )
    problems = [*instructions.problems(counts, recorded, here)]
    print("\n".join(problems) or "no request takes more instructions than it may")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
