"""The example app, and the tour as a newcomer takes it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from examples.bookshop import create_app

ROOT = Path(__file__).parent.parent
TOUR = [sys.executable, "-m", "examples.tour"]


@pytest.fixture(scope="module")
def shown() -> str:
    """Return what the tour shows on its way from start to end."""
    finished = subprocess.run(
        TOUR,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "120"},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert finished.stderr == ""
    return finished.stdout


@pytest.mark.parametrize(
    "row",
    [
        r"GET +/books +200 +\{",
        r"HEAD +/books +200 +\(empty\)",
        r"POST +/books +201 +\{.id.: 3\}",
        r"OPTIONS +/books +200 +GET, HEAD, OPTIONS, POST +\(empty\)",
        r"PUT +/books +405 +GET, HEAD, OPTIONS, POST +PUT is not allowed here\.",
        r"POST +/books/3 +405 +DELETE, GET, HEAD, OPTIONS +POST is not allowed",
        r"GET +/books/3 +404 +There is no book 3\.",
        r"GET +/orders +405 +OPTIONS, POST +GET is not allowed here\.",
        r"HEAD +/orders +405 +OPTIONS, POST +\(empty\)",
        r"PURGE +/books +501 +PURGE is not implemented",
        r"PROPFIND +/nowhere +501 +PROPFIND is not implemented",
        r"GET +/nowhere +404 +The requested URL was not found",
        r"OPTIONS +\* +200 +\(empty\)",
    ],
)
def test_tour(shown: str, row: str) -> None:
    """The tour's table has the row."""
    assert re.search(f"^{row}", shown, re.MULTILINE)


def test_the_tour_fits_a_terminal() -> None:
    """At 80 columns, no line is longer and no word is broken."""
    env = os.environ | {"COLUMNS": "80"}
    command = subprocess.run(
        TOUR, cwd=ROOT, env=env, capture_output=True, check=True, text=True, timeout=60
    )
    assert max(map(len, command.stdout.splitlines())) <= 80
    assert "/nowhere" in command.stdout


def test_a_port_in_use_is_named() -> None:
    """``--serve`` on a port that is taken says so, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            [*TOUR, "--serve", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {port} can't be used: Address already in")
    assert refused.stdout == ""


def test_a_story_has_help() -> None:
    """``--help`` explains the story, and does not play it."""
    shown = subprocess.run(
        [sys.executable, "-m", "examples.deprecation", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "usage: python3 -m examples deprecation" in shown.stdout
    assert "Retire a method" in shown.stdout
    assert "2026-02-01" not in shown.stdout


def test_the_tour_cleans_up(shown: str) -> None:
    """The tour says how to keep the server up, and leaves none behind."""
    assert "python3 -m examples --serve" in shown
    [port] = re.findall(r"http://127\.0\.0\.1:(\d+)", shown)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=5)


def test_every_answer_carries_cors(shown: str) -> None:
    """A script of another origin may read every answer, 405 and 501 too."""
    [(readable, answers)] = re.findall(r"(\d+) of (\d+) responses", shown)
    assert readable == answers == "15"


def test_serve_keeps_the_server_up() -> None:
    """``--serve`` serves until it is stopped, and says where."""
    with subprocess.Popen(
        [*TOUR, "--serve"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            [port] = re.findall(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            connection = HTTPConnection("127.0.0.1", int(port), timeout=10)
            connection.request("PURGE", "/books")
            assert connection.getresponse().status == 501
            connection.close()
            assert process.poll() is None
        finally:
            process.terminate()


def test_a_port_without_serve_is_refused() -> None:
    """``--port`` alone starts nothing, and the message has the right command."""
    refused = subprocess.run(
        [*TOUR, "--port", "8000"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "python3 -m examples --serve --port 8000" in refused.stderr
    assert refused.stdout == ""


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    """Yield a client of a fresh bookshop."""
    with create_app().test_client() as client:
        yield client


def test_the_shop_words_a_405(client: FlaskClient) -> None:
    """The shop's own handler renders a 405 from the exception's facts."""
    response = client.put("/books")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert response.json == {
        "docs": "https://docs.example.com/shop.books#PUT",
        "error": "Method Not Allowed",
        "message": "PUT is not allowed here. Allowed: GET, HEAD, OPTIONS, POST.",
        "reason": "not-allowed",
        "try": ["GET", "HEAD", "OPTIONS", "POST"],
    }


def test_the_shop_words_a_501(client: FlaskClient) -> None:
    """The same handler renders a 501, with what the app supports."""
    response = client.open("/nowhere", method="PURGE")
    assert response.status_code == 501
    assert response.json is not None
    assert response.json["reason"] == "not-implemented"
    assert response.json["try"] == sorted(
        {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
    )


def test_the_shop_words_other_errors(client: FlaskClient) -> None:
    """An error that is not the guard's has no facts of the guard's."""
    response = client.get("/books/7")
    assert response.status_code == 404
    assert response.json == {"error": "Not Found", "message": "There is no book 7."}


def test_the_shop_sells(client: FlaskClient) -> None:
    """What the routes serve, they serve."""
    index = client.get("/").json
    assert index == {"books": "/books", "orders": "/orders"}
    assert client.post("/orders", json={"id": 1}).status_code == 202
    assert client.post("/books", json={"title": "Beloved"}).location == "/books/3"
    assert client.get("/books/3").json == {"title": "Beloved"}
    assert client.delete("/books/3").status_code == 204
    assert client.get("/books/3").status_code == 404
