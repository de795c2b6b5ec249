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
from .methods import BY_SERVER, ask, outcome

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

#: A space that a narrow table does not break.
NBSP = "\N{NO-BREAK SPACE}"


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
<!-- Written by `python3 -m tests.servers`. Do not edit by hand. -->

# Servers

```{{index}} ! gunicorn, ! uWSGI, ! uvicorn, ! waitress, ! cheroot, ! granian
```

```{{index}} ! gevent, ! Flask-SocketIO
```

Which requests your server answers itself, and whether the guard's response arrives:

* **A method in upper-case letters, such as PUT or PROPFIND, reaches the guard.** The
  exceptions: nginx sends 405 for TRACE and CONNECT, cheroot for CONNECT, and uvicorn
  with httptools sends 400 for methods that it does not know. Many servers send 400 for
  methods in lower case or with special characters.
* **Responses arrive**, with one exception: behind nginx, a response to a large request
  body can be lost if the guard does not read the body. It reads bodies with
  `Content-Length`, up to {{confval}}`METHOD_GUARD_DRAIN_LIMIT`. For uWSGI behind nginx,
  also set `uwsgi_param HTTP_EXPECT "";`.
* **No server takes a rejected body for the next request**, except that cheroot does so
  with chunked bodies, with and without the guard.

The rest of this page is what was measured.

Everything was measured on {day}, on one Linux machine, with
{versions}.

Each server has its default settings, unless its name says more. *permit* is gunicorn
with `--permit-unconventional-http-method`; *sync*, *gthread*, *gevent* and
*gevent_pywsgi* are its workers. *gevent pywsgi* is gevent's own server, and
*flask-socketio gevent* is Flask-SocketIO's `socketio.run(app)`, which starts it. nginx
is in front of the server that is named after it. It uses `proxy_pass`, or `uwsgi_pass`
to a uWSGI *socket*, and its `client_max_body_size` is 16 MB. To measure again:

```text
$ python3 -m tests.servers
```

## Which methods reach the guard

```{{index}} ! TRACE, ! CONNECT
```

These methods were sent to a URL that accepts DELETE, GET, GLASSY, HEAD and OPTIONS.
Many of them are not valid. GLAßY is one that becomes GLASSY if a server or the app
upper-cases it.

{sent}.

The table shows which of them each server answers itself, by status. The app, and so the
guard, never sees those. Every other method reaches the guard and gets the response that
[the decision table](../explanation/decision.md) requires. The tests in `tests/servers`
check that on paths that exist, on paths that do not, and on paths without their slash
at the end.

:::{{container}} names-first
{methods}
:::

## Whether the response arrives

If a server closes a connection before it has read the whole request body, the response
can be lost, and nginx sends a 502 instead. So [the guard reads the body
first](behaviour.md#the-request-body-is-read-first), by default up to 1 MiB.

A request with a body was sent {tries} times, with PUT to a URL that does not accept
PUT. The cells show how many of the 405s arrived, without the guard → with the guard.
The tables contain only servers that lost a response. These lost none:
{fine}.

For bodies that the guard does not read, the numbers differ from run to run. The
response races with the rest of the body: the sooner the response is ready, the more
often it is lost.

### With `Content-Length`

{length}

### With `Expect: 100-continue`

The client waits up to {patience} s for a response and then sends the body, unless it
has got a final status. The guard does not read this body, because a client that waits
has not sent it yet. But nginx sends `100 Continue` itself and receives the body. With
`uwsgi_pass`, it still passes the `Expect` header on. The line
`uwsgi_param HTTP_EXPECT "";` removes the header, so that the guard reads the body: that
is *nginx no Expect*.

{expect}

### With `Transfer-Encoding: chunked`

The guard never reads a chunked body, because its length is unknown. By default, nginx
receives the whole body. It then sends gunicorn a `Content-Length`, but `uwsgi_pass`
gets none.

{chunked}

## Whether the next request is read correctly

If a server keeps a connection open, it could take an unread body for the next request.
Each server got bodies of up to 2 MB that look like requests, and then a real request,
on {stories} connections for each form of body. *late* is a body that is sent {patience}
s after its head. {step}

### After a request for an upgrade

gevent's own server gives the connection itself as the body of a request that asks for
another protocol, with `Upgrade` or with `Connection: upgrade`. Afterwards it skips as
many bytes as `Content-Length` says. So the guard reads nothing of such a request.
Otherwise the server would skip a part of the next request, and a client could smuggle a
request past a proxy.

The tests send every server such a request and a second one on the same connection. The
response to the second one is the same as bare Flask's, byte for byte. They also send
bodies that stall and bodies that end early: no server takes them for anything else than
it does with bare Flask.
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
        sent=_listed(next(iter(found.values())).methods),
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
    """Write a row for each server; servers that do the same share one."""
    alike: dict[str, list[str]] = {}
    for name, server in found.items():
        alike.setdefault(_own_answers(server.methods), []).append(_escaped(name))
    rows = [["<br>".join(names), cell] for cell, names in alike.items()]
    return _table(["Server", "What it does itself"], rows)


def _own_answers(outcomes: Mapping[str, str]) -> str:
    """Say which methods a server does not pass on as they are."""
    own: dict[str, list[str]] = {}
    for name, seen in outcomes.items():
        status, changed, method = seen.partition(" as ")
        if seen.startswith(BY_SERVER):
            own.setdefault(seen.removeprefix(BY_SERVER), []).append(_escaped(name))
        elif changed:
            text = f"passes on `{method}`, which gets {status}"
            own.setdefault(text, []).append(_escaped(name))
    lines = [f"**{what}**: {', '.join(names)}" for what, names in own.items()]
    return "<br>".join(lines) or "nothing"


def _arrived_table(found: Mapping[str, Findings], form: str) -> str:
    if not found:
        return "No server lost a response."
    sizes = [size for size in bodies.SIZES if size != "0" or form != "Expect"]
    rows = [
        [_escaped(name), *(_arrow(f.arrived[form, size]) for size in sizes)]
        for name, f in found.items()
    ]
    return _table(["Server", *sizes], rows)


def _arrow(counts: tuple[int, int]) -> str:
    return f"{counts[0]}{NBSP}→{NBSP}{counts[1]}"


def _step_text(found: Mapping[str, Findings]) -> str:
    rows = [
        [_escaped(name), form, _arrow(counts)]
        for name, f in found.items()
        for form, counts in f.lost_step.items()
        if any(counts)
    ]
    if not rows:
        return "None\nof them took a body for a request."
    said = "These\ntook part of a body for a request, or tried to and sent a 400:\n\n"
    return said + _table(["Server", "Body", "Connections affected"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _escaped(text: str) -> str:
    """Write text so that Markdown leaves it as it is."""
    special = "\\`*_{}[]<>#|~$&^"
    return "".join(f"\\{char}" if char in special else char for char in text)
