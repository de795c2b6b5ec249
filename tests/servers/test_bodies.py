"""Bodies that nobody wants: the answer arrives, and the connection keeps in step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from . import wire
from .bodies import (
    FORMS,
    MANNERS,
    SIZES,
    TRIES,
    UPGRADES,
    half_closed,
    is_in_step,
    outcome,
    outcomes,
    story,
    told,
    upgrading,
)
from .conftest import Pair, each_distinct_server
from .contract import expected
from .harness import SERVERS
from .methods import Answer, faults

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


def first_fault(method: bytes, received: bytes) -> list[str]:
    """Judge the first reply by the decision table."""
    first = next(iter(wire.replies(received)), None)
    return faults(Answer(method, received, first))


def dateless(replies: list[wire.Reply]) -> list[tuple[object, ...]]:
    """Take the only field away that may differ between two runs of one request."""
    return [
        (r.status, [pair for pair in r.headers if pair[0].lower() != "date"], r.body)
        for r in replies
    ]


@each_distinct_server
@pytest.mark.parametrize(
    ("upgrade", "method"),
    # The URL is no WebSocket's, so a handshake by PUT is 404 and no 405.
    [(name, b"PUT") for name in UPGRADES if name != "handshake"]
    + [(name, b"FOO") for name in UPGRADES],
)
def test_nothing_is_smuggled_past_an_upgrade(
    pair: Pair, upgrade: str, method: bytes
) -> None:
    """The first request is rejected, and the second has bare Flask's reply, whole."""
    guarded, bare = (upgrading(run.port, method, upgrade) for run in pair[1:])
    assert first_fault(method, guarded) == []
    rejected, *more = wire.replies(guarded)
    also_rejected, *expected_more = wire.replies(bare)
    assert rejected.path == also_rejected.path
    assert dateless(more) == dateless(expected_more)
    assert b"/smuggled" not in guarded


@each_distinct_server
@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.__name__)
def test_a_connection_is_framed_as_by_bare_flask(
    pair: Pair, manner: Callable[[int, bytes], bytes]
) -> None:
    """A body that stalls, ends early or is followed at once changes no boundary.

    Where bare Flask's server gives up, the guarded one may read on. It logs no error.
    """
    ports = (pair.on.port, pair.off.port)
    with ThreadPoolExecutor(len(ports)) as pool:
        received, from_bare = pool.map(manner, ports, [b"PUT"] * len(ports))
    guarded, bare = told(received), told(from_bare)
    if pair.server.name.startswith("uvicorn") and manner is half_closed:
        # It closes, too, and whether the response still arrives is a race.
        bare = ()
    assert guarded[: len(bare)] == bare
    assert is_in_step(guarded)
    assert outcome(received) in ("405", "nothing", "cut short", "server: 400")
    said = pair.on.log.read_text()
    assert "Traceback" not in said
    assert "Exception on" not in said


@pytest.mark.parametrize(
    ("said", "in_step"),
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
def test_a_story_is_judged(said: tuple[str, ...], in_step: bool) -> None:
    """A story out of step is told from one that ends early."""
    assert is_in_step(said) is in_step


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
