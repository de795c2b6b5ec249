"""The contract: what was sent to an app, what came back, and the report on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .explanation import Explanation
from .samples import SampleUrl
from .text import counted, few, wrapped

#: How much of each kind a report shows: kinds, and examples of each.
_MAX_KINDS, _EXAMPLES = 5, 3
_WIDTH = 88
#: Names what responded first where no function and no middleware did.
_UNKNOWN = "something that is neither a hook nor a middleware"


@dataclass(frozen=True)
class Reply:
    """One response of the app to a method that must be rejected."""

    sample: SampleUrl
    method: str
    #: What the table says.
    expected: Explanation
    #: The status code of the response; 500 for an exception that left the app.
    status: int
    #: What is wrong with it, as ``"kind"`` or ``"kind: detail"``; empty if nothing is.
    faults: tuple[str, ...] = ()
    #: Whether the guard made the decision that became the response.
    from_guard: bool = False
    #: Whether a hook or a middleware responded before the guard.
    came_first: bool = False
    #: The name of what responded first, if it is known.
    first: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.sample} ({self.sample.endpoint})"


@dataclass(frozen=True)
class ContractReport:
    """What :func:`~flask_method_guard.testing.assert_method_contract` saw."""

    answers: tuple[Reply, ...]
    #: The rules that nothing could be sent to: each text names its rule, and why.
    left_out: tuple[str, ...] = ()
    #: What to do about responses that came first, a sentence each.
    hints: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[Reply, ...]:
        """The responses that differ from the table."""
        return tuple(answer for answer in self.answers if answer.faults)

    @property
    def answered_first(self) -> tuple[Reply, ...]:
        """The responses that a hook or a middleware gave first, such as 401 or 302.

        They are neither right nor wrong: what is behind them was not tested.
        """
        return tuple(answer for answer in self.answers if answer.came_first)

    @property
    def is_hollow(self) -> bool:
        """Whether fewer than one in ten responses came from the guard.

        Wrong responses do not count: they are a failure of another kind.
        """
        guards = sum(answer.from_guard for answer in self.answers)
        return guards * 10 < len(self.answers) - len(self.wrong)

    def __str__(self) -> str:
        urls = {(answer.sample.host, answer.sample.path) for answer in self.answers}
        sent = counted(len(self.answers), "request")
        parts = [
            f"Sent {sent} to {counted(len(urls), 'URL')}.",
            *_wrong_part(self.wrong),
            *_left_out_part(self.left_out),
            *_first_part(self),
        ]
        return "\n".join(parts)


class MethodContractError(AssertionError):
    """The app breaks the contract; the message is the report, shortened.

    :param report: what was seen.
    """

    # Tracebacks name the class by the module that users import it from.
    __module__ = "flask_method_guard.testing"

    def __init__(self, report: ContractReport) -> None:
        super().__init__(str(report))
        #: All that was seen.
        self.report = report


def _wrong_part(wrong: Sequence[Reply]) -> Iterator[str]:
    """List the wrong responses by what is wrong, the most frequent first."""
    if wrong:
        yield f"\n{counted(len(wrong), 'wrong response')}:"
    kinds: dict[str, list[tuple[str, Reply]]] = {}
    for answer in wrong:
        for fault in answer.faults:
            kind, _, detail = fault.partition(": ")
            kinds.setdefault(kind, []).append((detail, answer))
    largest = sorted(kinds, key=lambda kind: -len(kinds[kind]))
    for kind in largest[:_MAX_KINDS]:
        yield f"\n  {counted(len(kinds[kind]), 'response')}: {kind}"
        details = {detail for detail, _ in kinds[kind]}
        if len(details) == 1:
            yield from (f"      {detail}" for detail in details if detail)
            examples = [str(answer) for _, answer in kinds[kind]]
        else:
            examples = [f"{answer}: {detail}" for detail, answer in kinds[kind]]
        yield from (f"      {line}" for line in few(examples, _EXAMPLES))
    if len(kinds) > _MAX_KINDS:
        yield f"\n  … and {len(kinds) - _MAX_KINDS} more kinds"


def _left_out_part(left_out: Sequence[str]) -> Iterator[str]:
    """List the rules that nothing was sent to."""
    if left_out:
        yield f"\n{counted(len(left_out), 'rule')} without a request:\n"
    for line in few(left_out, _EXAMPLES):
        yield wrapped(line, _WIDTH, "  ", "      ")


def _first_part(report: ContractReport) -> Iterator[str]:
    """List the responses that came before the guard's, by status and by sender."""
    first = report.answered_first
    if report.is_hollow:
        share = "fewer than 1 in 10 responses are the guard's."
        yield f"\nAlmost nothing was tested: {share}"
    if first:
        total = counted(len(report.answers), "response")
        yield f"\n{len(first):,} of {total} came before the guard's:\n"
    groups = Counter((answer.status, answer.first or _UNKNOWN) for answer in first)
    lines = [
        f"{counted(count, 'response')}: {status} from {name}"
        for (status, name), count in groups.most_common()
    ]
    yield from (f"  {line}" for line in few(lines, _MAX_KINDS))
    if first and report.hints:
        yield ""
    yield from (wrapped(hint, _WIDTH) for hint in report.hints)
