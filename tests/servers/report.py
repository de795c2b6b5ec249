"""What the servers do, measured and written down for the docs.

``python3 -m tests.servers`` asks every server and writes the page; it takes some
minutes. What is written is what was seen, with the date and the versions.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from . import bodies
from .contract import METHODS
from .harness import Server, running
from .methods import ask, outcome

#: The resource that the methods are sent to, and two targets that are none.
KNOWN = "/items/3"
ODD_TARGETS = {
    "OPTIONS *": (b"OPTIONS", "*"),
    "CONNECT host:port": (b"CONNECT", "host:80"),
}

#: The forms of a body that the page has a table of.
FORMS = ("Content-Length", "Expect", "chunked")
STORY_SIZES = (1, 100_000, 2_000_000)
STORY_METHODS = (b"PUT", b"FOO")

Key = tuple[str, str]


@dataclass
class Findings:
    """What was seen of one server."""

    version: str
    #: By method: who answered, and what.
    methods: dict[str, str] = field(default_factory=dict)
    #: By form and size: how many answers arrived, without the guard and with it.
    arrived: dict[Key, tuple[int, int]] = field(default_factory=dict)
    #: By form: how many connections were out of step, without the guard and with it.
    lost_step: dict[str, tuple[int, int]] = field(default_factory=dict)


def measure(server: Server, tries: int = bodies.TRIES) -> Findings:
    """Ask one server everything."""
    found = Findings(server.version())
    with running(server, guard=False) as bare, running(server, guard=True) as guarded:
        for name, method in METHODS.items():
            found.methods[name] = outcome(ask(guarded.port, method, KNOWN))
        for name, (method, target) in ODD_TARGETS.items():
            found.methods[name] = outcome(ask(guarded.port, method, target))
        if not server.twin:
            _measure_bodies(found, (bare.port, guarded.port), tries)
    return found


def _measure_bodies(found: Findings, ports: tuple[int, int], tries: int) -> None:
    for form in FORMS:
        for name, size in bodies.SIZES.items():
            if size or form != "Expect":
                off, on = bodies.outcomes(ports, form, size, tries)
                found.arrived[form, name] = off["405"], on["405"]
    for form in bodies.FORMS:
        off_steps, on_steps = (_lost_steps(port, form) for port in ports)
        found.lost_step[form] = off_steps, on_steps


def _lost_steps(port: int, form: str) -> int:
    told = [
        bodies.story(port, form, method, size)
        for method in STORY_METHODS
        for size in STORY_SIZES
    ]
    return sum(not bodies.is_in_step(one) for one in told)


# -- the page -----------------------------------------------------------------------

PAGE = """\
<!-- Written by `python3 -m tests.servers`; changes by hand are lost. -->

# Servers

A server stands between the client and the guard, and each one treats odd methods and
unread bodies its own way. These tables were measured on {day}, on the loopback of a
Linux machine, with
{versions}.

Each server has its default settings unless its name says otherwise: *permit* is
gunicorn's `--permit-unconventional-http-method`, *sync*, *gthread* and *gevent* are its
workers. nginx passes requests on to the server that is named after it, with
`proxy_pass`, or with `uwsgi_pass` to a uWSGI *socket*; its `client_max_body_size` is
raised to 16 MB. To measure again:

```text
$ python3 -m tests.servers
```

## The methods that come through

Each method was sent on a raw socket to a URL that takes DELETE, GET, GLASSY, HEAD and
OPTIONS. A number alone is the guard's answer, or the view's. *server:* is an answer
that the server made by itself: the app, and so the guard, never saw the request.
*as* tells, percent-encoded, what the server made of the method.

{methods}

Whatever comes through gets the answer of [the decision table](behaviour.md), on known
paths, unknown ones, and ones without their slash: `tests/servers` checks each of them.

## Whether the answer arrives

A server that closes a connection while bytes of the request lie unread resets it, and
then the answer can be lost: nginx turns it into 502. The guard reads and drops a body
of known length up to `METHOD_GUARD_DRAIN_LIMIT`, 1 MiB by default, before it answers.

The cells say how many of {tries} tries of PUT with a body, to a URL that does not take
PUT, got their 405: without the guard → with it. Servers that lost no answer are left
out: {fine}.
Where nothing is drained the counts differ from run to run, for the answer
races with the rest of the body: the sooner it is ready, the more often it is lost.

### With `Content-Length`

{length}

### With `Expect: 100-continue`

The client waits up to {patience} s for a word, and sends the body unless the word is a
final answer. The guard reads nothing then, for a client that waits for the answer has
sent nothing. But nginx says `100 Continue` by itself, takes the body, and with
`uwsgi_pass` passes the field on all the same. The line
`uwsgi_param HTTP_EXPECT "";` keeps the field back, and then the guard drains: that is
*nginx no Expect*.

{expect}

### With `Transfer-Encoding: chunked`

The guard never reads a chunked body, for nothing says how long it is. nginx takes all
of it, unless told otherwise, and gives gunicorn a `Content-Length`; what it gives to
`uwsgi_pass` has none.

{chunked}

## Whether the connection stays in step

A body that is left unread on a connection that lives on may be taken for the next
request. Each server got bodies of up to 2 MB that read as requests themselves, and then
a request that was meant, on {stories} connections for each form of body: the three
above, and *late*, a body that follows its head after {patience} s. {step}
"""


def page(found: Mapping[str, Findings], day: date, tries: int = bodies.TRIES) -> str:
    """Write the page.

    :param found: what was seen, by the names of the servers.
    :param day: when it was seen.
    :param tries: how many tries the counts are of.
    """
    full = {name: f for name, f in found.items() if f.arrived}
    lossy = {
        name: f
        for name, f in full.items()
        if any(counts != (tries, tries) for counts in f.arrived.values())
    }
    fine = [name for name in full if name not in lossy]
    versions = sorted({part for f in found.values() for part in f.version.split(", ")})
    return PAGE.format(
        day=day.isoformat(),
        versions=_listed(versions),
        methods=_methods_table(found),
        tries=tries,
        fine=_listed(fine) or "none",
        length=_arrived_table(lossy, "Content-Length"),
        expect=_arrived_table(lossy, "Expect"),
        chunked=_arrived_table(lossy, "chunked"),
        patience=bodies.PATIENCE,
        stories=len(STORY_SIZES) * len(STORY_METHODS),
        step=_step_text(full),
    )


def _listed(names: Iterable[str]) -> str:
    return "\n".join(textwrap.wrap(", ".join(_escaped(name) for name in names), 88))


def _methods_table(found: Mapping[str, Findings]) -> str:
    """Write the methods below each other; alike rows and alike columns are one."""
    columns = _merged({name: tuple(f.methods.values()) for name, f in found.items()})
    by_row = zip(*columns.values(), strict=True)
    rows = _merged(dict(zip(next(iter(found.values())).methods, by_row, strict=True)))
    return _table(
        ["Method", *columns], [[name, *cells] for name, cells in rows.items()]
    )


def _merged(lines: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Give lines with the same cells one name, made of theirs."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, cells in lines.items():
        alike.setdefault(cells, []).append(_escaped(name))
    return {"<br>".join(names): cells for cells, names in alike.items()}


def _arrived_table(found: Mapping[str, Findings], form: str) -> str:
    if not found:
        return "None lost an answer."
    sizes = [size for size in bodies.SIZES if size != "0" or form != "Expect"]
    rows = [
        [_escaped(name), *(_arrow(f.arrived[form, size]) for size in sizes)]
        for name, f in found.items()
    ]
    return _table(["Server", *sizes], rows)


def _arrow(counts: tuple[int, int]) -> str:
    return f"{counts[0]} → {counts[1]}"


def _step_text(found: Mapping[str, Findings]) -> str:
    rows = [
        [_escaped(name), form, _arrow(counts)]
        for name, f in found.items()
        for form, counts in f.lost_step.items()
        if any(counts)
    ]
    if not rows:
        return "None\nof them took a body for a request, nor tried to."
    said = "These took\npart of a body for a request, or tried to and said 400:\n\n"
    return said + _table(["Server", "Body", "Connections out of step"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _escaped(text: str) -> str:
    """Write text so that Markdown leaves it as it is."""
    special = "\\`*_{}[]<>#|~$&^"
    return "".join(f"\\{char}" if char in special else char for char in text)
