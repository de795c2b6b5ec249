"""Bodies that nobody wants: the answer arrives, and the connection keeps in step."""

from __future__ import annotations

import socket

import pytest

from . import wire
from .bodies import FORMS, PATIENCE, SIZES, TRIES, is_in_step, outcome, outcomes, story
from .conftest import Pair, each_distinct_server
from .contract import expected
from .harness import SERVERS

#: The bodies that the guard reads and drops, its limit being 1 MiB by default.
DRAINED = [name for name, size in SIZES.items() if size <= 1024 * 1024]

#: An expectation without content is illegal (RFC 9110 §10.1.1).
ODD_FORMS = [
    pytest.param(form, name, id=f"{form}, {name}")
    for form in FORMS
    for name, size in SIZES.items()
    if form in ("Expect", "chunked") and (size or form != "Expect")
]


@each_distinct_server
@pytest.mark.parametrize("size", DRAINED)
def test_the_answer_arrives_every_time(pair: Pair, size: str) -> None:
    """Up to the drain limit, a client that sends all of the body gets its 405."""
    (got,) = outcomes([pair.on.port], "Content-Length", SIZES[size])
    assert got == {"405": TRIES}


@pytest.mark.parametrize(
    "pair",
    [server for server in SERVERS if server.name.startswith("nginx no Expect")],
    indirect=True,
)
def test_nginx_can_keep_an_expectation_back(pair: Pair) -> None:
    """With the line that the docs give, uwsgi_pass loses no answer to it either."""
    (got,) = outcomes([pair.on.port], "Expect", SIZES["900 kB"])
    assert got == {"405": TRIES}


@each_distinct_server
@pytest.mark.parametrize(("form", "size"), ODD_FORMS)
def test_an_answer_is_right_or_lost(pair: Pair, form: str, size: str) -> None:
    """Where nothing is drained an answer can be lost, as bare Flask's is; none lies."""
    (got,) = outcomes([pair.on.port], form, SIZES[size], tries=5)
    assert set(got) <= {"405", "nothing", "cut short", "server: 502"}


@each_distinct_server
@pytest.mark.parametrize("size", [1, 100_000, 2_000_000])
@pytest.mark.parametrize("method", [b"PUT", b"FOO"], ids=bytes.decode)
@pytest.mark.parametrize("form", FORMS)
def test_the_connection_keeps_in_step(
    pair: Pair, form: str, method: bytes, size: int
) -> None:
    """A body that reads as requests is not taken for them where bare Flask's is not."""
    guarded = story(pair.on.port, form, method, size)
    bare = story(pair.off.port, form, method, size)
    assert is_in_step(guarded) or not is_in_step(bare), (guarded, bare)


@each_distinct_server
def test_a_client_that_hangs_up_harms_nobody(pair: Pair) -> None:
    """A body that ends early leaves the server whole for the next client."""
    head = wire.request(b"PUT", b"/items/3", wire.length(b"x" * 1_000))
    for _ in range(5):
        with wire.connect(pair.on.port) as connection:
            wire.send(connection, head + b"only so much")
    reply, *rest = wire.replies(wire.ask(pair.on.port, wire.request(b"GET")))
    assert (reply.status, rest) == (expected("GET", "/items/3").status, [])


@each_distinct_server
def test_a_client_that_stops_half_way(pair: Pair) -> None:
    """A client that sends less than it said, and listens still, gets 405 or nothing.

    uWSGI alone calls this an error of reading, and an error is not swallowed.
    """
    head = wire.request(b"PUT", b"/items/3", wire.length(b"x" * 1_000))
    with wire.connect(pair.on.port, PATIENCE * 10) as connection:
        wire.send(connection, head + b"only so much")
        connection.shutdown(socket.SHUT_WR)
        received = wire.read(connection, finals=1)
    error = ("500",) if pair.server.name == "uwsgi" else ()
    assert outcome(received) in ("405", "nothing", "server: 400", *error)


@pytest.mark.parametrize(
    ("told", "in_step"),
    [
        pytest.param((), True, id="no answer"),
        pytest.param(("/items/3",), True, id="closed after one"),
        pytest.param(("/items/3", "/after"), True, id="both"),
        pytest.param(("502", "/after"), True, id="the gateway speaks"),
        pytest.param(("400",), True, id="the server refuses"),
        pytest.param(("/items/3", "cut short"), True, id="cut short"),
        pytest.param(("/items/3", "/smuggled"), False, id="the body is answered"),
        pytest.param(("/items/3", "400"), False, id="the body is parsed"),
        pytest.param(("/items/3", "/after", "400"), False, id="one too many"),
        pytest.param(("/after",), False, id="the first is missing"),
    ],
)
def test_a_story_is_judged(told: tuple[str, ...], in_step: bool) -> None:
    """A story out of step is told from one that ends early."""
    assert is_in_step(told) is in_step


@pytest.mark.parametrize(
    ("received", "said"),
    [
        pytest.param(b"", "nothing", id="nothing"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", "nothing", id="interim"),
        pytest.param(
            b"HTTP/1.1 405 No\r\nContent-Length: 9\r\n\r\n123", "cut short", id="cut"
        ),
        pytest.param(
            b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", "server: 502", id="server"
        ),
        pytest.param(
            b"HTTP/1.1 100 Go\r\n\r\n"
            b"HTTP/1.1 405 No\r\nX-App-Method: PUT\r\nContent-Length: 0\r\n\r\n",
            "405",
            id="the application",
        ),
    ],
)
def test_an_outcome_is_named(received: bytes, said: str) -> None:
    """What a client got is named by whose it is."""
    assert outcome(received) == said
