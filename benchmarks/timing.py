"""The clock: blocks of calls in turns, and the ratios between them.

pyperf, the usual tool, gives every benchmark processes of its own. Processes
differ in their hash seed, in where their memory lies, and in what else the
machine did meanwhile, by more than the few per cent in question here. So all
that is to be compared is measured in one process, in rounds: each round takes
every candidate once, in random order, and gives one ratio. What slows a round
down slows both sides of the ratio. The median over the rounds is the result. The
clock is the thread's own: it stands still while the machine does other work.

One process still favours one candidate or another by where each one's memory lies:
two equal apps differ by a per cent or two for as long as it runs. What is to be
told apart more finely is measured in many processes, each of which gives one value.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from time import thread_time_ns
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)

#: Does its work and tells how long that took, in nanoseconds.
Block = Callable[[], int]


@dataclass(frozen=True)
class Spread:
    """A median, and bounds that hold the true one in 95 of 100 such runs."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Summarise some values.

        The bounds are two of the values: how many of them lie below the true
        median is a matter of tossing a coin, whatever their distribution is.
        """
        values = sorted(values)
        half = len(values) / 2
        reach = 0.98 * len(values) ** 0.5
        lower = max(math.floor(half - reach), 0)
        return cls(statistics.median(values), values[lower], values[-1 - lower])


def ratio(of: list[float], to: list[float]) -> Spread:
    """Compare what two candidates took, round by round."""
    return Spread.of([mine / other for mine, other in zip(of, to, strict=True)])


def in_turns(
    candidates: Mapping[_Key, Block], rounds: int, seed: int = 1
) -> dict[_Key, list[float]]:
    """Take every candidate's time once a round.

    :return: the nanoseconds of each candidate, one value a round.
    """
    # The order is random so that none always follows the same other one.
    shuffle = random.Random(seed).shuffle  # noqa: S311 -- it guards nothing
    order = list(candidates)
    taken: dict[_Key, list[float]] = {key: [] for key in order}
    for block in candidates.values():
        block()  # warms caches and the interpreter's specialised code
    # What is there already takes no part in garbage collection: a full collection
    # would land on whomever it meets. What a candidate leaves behind does, and is
    # its own to pay for.
    gc.collect()
    gc.freeze()
    try:
        for _ in range(rounds):
            shuffle(order)
            for key in order:
                gc.collect()  # what the one before has left
                taken[key].append(candidates[key]())
    finally:
        gc.unfreeze()
    return taken


def repeated(function: Callable[[], object], calls: int) -> Block:
    """Make a block of calls; the nanoseconds are those of all of them."""
    times = [None] * calls

    def block() -> int:
        start = thread_time_ns()
        for _ in times:
            function()
        return thread_time_ns() - start

    return block
