"""The tour: a real server, real requests, and a table of what came back."""

import argparse
import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import zip_longest
from typing import NamedTuple
from urllib.parse import urlsplit

from examples import serve

COMMAND = "python3 -m examples"

#: What ``--serve`` says.
GREETING = """\
The bookshop is up at {url} until you press Ctrl-C. Ask it something, such as
curl -i -X PURGE {url}/books"""

#: Where the front end of the shop lives: Flask-CORS lets its scripts read responses.
ORIGIN = "https://shop.example.com"

#: Method, path, and what is sent along as JSON.
REQUESTS = [
    ("GET", "/books", None),
    ("HEAD", "/books", None),
    ("POST", "/books", {"title": "Beloved"}),
    ("OPTIONS", "/books", None),
    ("PUT", "/books", {"title": "Beloved"}),
    ("GET", "/books/3", None),
    ("POST", "/books/3", None),
    ("DELETE", "/books/3", None),
    ("GET", "/books/3", None),
    ("GET", "/orders", None),
    ("HEAD", "/orders", None),
    ("PURGE", "/books", None),
    ("PROPFIND", "/nowhere", None),
    ("GET", "/nowhere", None),
    ("OPTIONS", "*", None),
]


class Answer(NamedTuple):
    """One row of the table."""

    method: str
    path: str
    status: int
    allow: str
    body: str
    #: Whether a script of the front end may read it.
    readable: bool


@contextmanager
def server() -> Iterator[str]:
    """Start the bookshop in a process of its own and yield its address."""
    command = [sys.executable, "-m", "examples.serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (url := process.stdout.readline()):
                sys.exit("The server did not start; what it said stands above.")
            yield url.strip()
        finally:
            process.terminate()


def ask(url: str, method: str, path: str, document: object) -> Answer:
    """Send one request and keep what matters of the response."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    headers = {"Origin": ORIGIN}
    body = None
    if document is not None:
        body = json.dumps(document)
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(
            method,
            path,
            response.status,
            response.headers.get("Allow", ""),
            message(response.read().decode()),
            response.headers.get("Access-Control-Allow-Origin") == ORIGIN,
        )
    finally:
        connection.close()


def message(body: str) -> str:
    """Return what a body says: an error's message, else the body itself."""
    if not body:
        return "(empty)"
    document = json.loads(body)
    return str(document.get("message") or json.dumps(document))


def table(answers: list[Answer], width: int) -> str:
    """Lay the responses out as a table."""
    titles = ("method", "path", "status", "allow", "what the body says")
    rows = [tuple(map(str, answer[: len(titles)])) for answer in answers]
    fixed = [max(map(len, column)) for column in zip(*rows, titles, strict=True)][:-1]
    widths = [*fixed, max(width - sum(fixed) - 2 * len(fixed), 24)]
    rule = tuple("-" * size for size in widths)
    lines: list[str] = []
    for row in (titles, rule, *rows):
        cells = [
            textwrap.wrap(cell, size, break_on_hyphens=False) or [""]
            for cell, size in zip(row, widths, strict=True)
        ]
        for parts in zip_longest(*cells, fillvalue=""):
            padded = (
                part.ljust(size) for part, size in zip(parts, widths, strict=True)
            )
            lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def tour() -> None:
    """Ask everything, show the responses, stop the server."""
    with server() as url:
        print(f"The bookshop of examples/bookshop.py, served at {url}:\n")
        answers = [ask(url, *request) for request in REQUESTS]
    print(table(answers, shutil.get_terminal_size((100, 24)).columns))
    print(
        f"\n{sum(answer.readable for answer in answers)} of {len(answers)} responses "
        "carried the headers of Flask-CORS. The server is stopped."
        f"\nTo keep it up and ask it yourself: {COMMAND} --serve"
    )


def main() -> None:
    """Read the command line: the tour, or the server alone."""
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=__doc__,
        epilog=f"'{COMMAND} deprecation' plays how a method is retired.",
    )
    parser.add_argument(
        "--serve", action="store_true", help="keep the server up until Ctrl-C"
    )
    parser.add_argument(
        "--port", type=int, help="with --serve: the port (default: a free one)"
    )
    arguments = parser.parse_args()
    if arguments.serve:
        try:
            return serve.main(arguments.port or 0, GREETING)
        except OSError as error:
            parser.exit(1, f"Port {arguments.port} can't be used: {error.strerror}.\n")
    if arguments.port is not None:
        parser.error(
            "--port has no effect without --serve. Try: "
            f"{COMMAND} --serve --port {arguments.port}"
        )
    return tour()


if __name__ == "__main__":
    main()
