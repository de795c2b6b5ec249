"""What real servers let through, and what the guard answers to it."""

from __future__ import annotations

import pytest

from . import wire
from .conftest import Pair
from .contract import METHODS, PATHS
from .methods import Answer, ask, faults

TARGETS = (*PATHS, "*", "localhost:80")


@pytest.mark.parametrize("name", METHODS)
def test_every_answer_is_the_tables(pair: Pair, name: str) -> None:
    """What reaches the application gets the table's answer, on every target."""
    answers = {target: ask(pair.on.port, METHODS[name], target) for target in TARGETS}
    wrong = {target: faults(answer) for target, answer in answers.items()}
    assert wrong == {target: [] for target in TARGETS}


@pytest.mark.parametrize("name", METHODS)
def test_the_guard_hides_nothing_from_the_server(pair: Pair, name: str) -> None:
    """A method reaches the guarded application where it reaches the bare one."""
    guarded, bare = (ask(run.port, METHODS[name], "/items/3") for run in pair[1:])
    assert guarded.by_app == bare.by_app
    assert guarded.reply is None or guarded.reply.status != 500


@pytest.mark.parametrize("path", PATHS)
def test_head_is_answered_as_get_without_a_body(pair: Pair, path: str) -> None:
    """HEAD has the status and the fields of GET, and no body."""
    get, head = (ask(pair.on.port, method, path).reply for method in (b"GET", b"HEAD"))
    assert get
    assert head
    assert (head.status, head.body) == (get.status, b"")
    assert head.all("Content-Type") == get.all("Content-Type")


def test_options_of_the_server_is_200(pair: Pair) -> None:
    """OPTIONS * is answered for the server as a whole; nginx refuses it by itself."""
    answer = ask(pair.on.port, b"OPTIONS", "*")
    assert answer.reply
    if "nginx" in pair.server.programs:
        assert (answer.by_app, answer.reply.status) == (False, 400)
    else:
        assert (answer.by_app, answer.reply.status) == (True, 200)
        assert (answer.reply.body, answer.reply.all("Allow")) == (b"", [])


GOOD = (
    b"HTTP/1.1 405 METHOD NOT ALLOWED\r\nX-App-Method: PUT\r\nX-App-Path: /dir/\r\n"
    b"Allow: GET, HEAD, OPTIONS\r\nContent-Type: application/problem+json\r\n"
    b"Vary: Accept\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    b'Content-Length: 32\r\n\r\n{"status": 405, "method": "PUT"}'
)


def judged(received: bytes) -> list[str]:
    """Judge what a server might have said to PUT."""
    try:
        reply = wire.replies(received)[0]
    except wire.MalformedReply:
        return faults(Answer(b"PUT", received, None))
    return faults(Answer(b"PUT", received, reply))


def test_the_judge_accepts_what_is_right() -> None:
    """A right answer has no fault."""
    assert judged(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        pytest.param(b"1 405", b"1 500", "500 instead of 405", id="status"),
        pytest.param(b"HEAD, OPTIONS", b"OPTIONS, HEAD", "Allow", id="order"),
        pytest.param(b"Allow: GET, HEAD, OPTIONS\r\n", b"", "Allow []", id="no Allow"),
        pytest.param(
            b"Vary: ",
            b"Allow: GET, HEAD, OPTIONS\r\nVary: ",
            "Allow",
            id="two Allow",
        ),
        pytest.param(b"no-store", b"public", "Cache-Control", id="cache"),
        pytest.param(b"Vary", b"X-Injected: yes\r\nVary", "injected", id="injected"),
        pytest.param(b"Vary: Accept", b"Vary", "malformed", id="malformed"),
        pytest.param(b": 405,", b": 501,", "body says 501", id="body"),
        pytest.param(b'"PUT"}', b'"GET"}', "body says 'GET'", id="echo"),
        pytest.param(b": PUT\r", b": P%2FT\r", "instead of 400", id="token"),
    ],
)
def test_the_judge_sees_a_fault(old: bytes, new: bytes, fault: str) -> None:
    """Each kind of wrong answer is seen."""
    assert old in GOOD
    assert fault in " ".join(judged(GOOD.replace(old, new)))
