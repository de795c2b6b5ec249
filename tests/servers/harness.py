"""Start real servers on 127.0.0.1, wait until they answer, and stop them again.

One :class:`Server` describes one server. This file knows commands and processes; it
knows nothing of methods, guards or what an answer should be.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

#: Debian keeps nginx where a plain user's PATH does not look.
SEARCH_PATH = os.pathsep.join(
    (sysconfig.get_path("scripts"), os.environ.get("PATH", ""), "/usr/sbin")
)

START_SECONDS = 20
STOP_SECONDS = 10


@dataclass(frozen=True)
class Server:
    """A server: its name, the command that starts it, and what that needs.

    ``{port}`` in the command is the port to listen on and ``{scratch}`` a folder of
    its own. ``{nginx.conf}`` is the path of the configuration made of ``nginx``, in
    which ``{upstream}`` is the address of the server ``behind`` it. ``http`` is false
    for a server that speaks no HTTP: then an open port is all that can be waited for.
    ``twin`` is true for one that differs from another in the methods that it takes,
    and in nothing else.
    """

    name: str
    command: str
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    nginx: str = ""
    behind: Server | None = None
    http: bool = True
    twin: bool = False

    def missing(self) -> list[str]:
        """Name what is not installed here, of this server and the one behind it."""
        return [
            *(self.behind.missing() if self.behind else []),
            *(name for name in self.packages if not _is_installed(name)),
            *(name for name in self.programs if not _program(name)),
        ]

    def version(self) -> str:
        """Say what runs, with versions, as one line."""
        parts = [f"{name} {importlib.metadata.version(name)}" for name in self.packages]
        if "nginx" in self.programs:
            parts.append(f"nginx {_nginx_version()}")
        if self.behind:
            parts.append(self.behind.version())
        return ", ".join(parts)


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _program(name: str) -> str | None:
    return shutil.which(name, path=SEARCH_PATH)


def _nginx_version() -> str:
    program = _program("nginx") or "nginx"
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True)
    found = re.search(r"nginx/(\S+)", said.stderr)
    return found.group(1) if found else "unknown"


GUNICORN = (
    "{python} -m gunicorn --bind 127.0.0.1:{port} --workers 1 --threads 4 "
    "--graceful-timeout 1 --no-control-socket --log-level error app:app --worker-class "
)
PERMIT = " --permit-unconventional-http-method"
UWSGI = (
    "uwsgi --master --processes 1 --threads 4 --need-app --die-on-term "
    "--disable-logging --module app:app "
)
NGINX = "nginx -p {scratch} -c {scratch}/nginx.conf"


def _gunicorn(worker: str, *, permit: bool = False) -> Server:
    return Server(
        f"gunicorn {worker}" + (" permit" if permit else ""),
        GUNICORN + worker + (PERMIT if permit else ""),
        packages=("gunicorn", "gevent") if "gevent" in worker else ("gunicorn",),
        twin=permit,
    )


def _nginx(upstream: str, behind: Server, remark: str = "") -> Server:
    name = f"nginx {remark}".rstrip()
    return Server(
        f"{name}, {behind.name}",
        NGINX,
        programs=("nginx",),
        nginx=upstream,
        behind=behind,
    )


#: The body limit of nginx is raised above its default of 1 MiB, so that larger bodies
#: reach the application at all. One process, for nothing here wants more.
NGINX_CONF = """\
daemon off;
master_process off;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log crit;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 16m;
  client_body_temp_path {scratch}/body;
  proxy_temp_path {scratch}/proxy;
  uwsgi_temp_path {scratch}/uwsgi;
  fastcgi_temp_path {scratch}/fastcgi;
  scgi_temp_path {scratch}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ {upstream} }}
  }}
}}
"""
PROXY_PASS = "proxy_pass http://{upstream};"
UWSGI_PASS = "uwsgi_pass {upstream}; " + " ".join(
    f"uwsgi_param {name} ${variable};"
    for name, variable in (
        ("QUERY_STRING", "query_string"),
        ("REQUEST_METHOD", "request_method"),
        ("CONTENT_TYPE", "content_type"),
        ("CONTENT_LENGTH", "content_length"),
        ("REQUEST_URI", "request_uri"),
        ("PATH_INFO", "document_uri"),
        ("SERVER_PROTOCOL", "server_protocol"),
        ("REQUEST_SCHEME", "scheme"),
        ("REMOTE_ADDR", "remote_addr"),
        ("REMOTE_PORT", "remote_port"),
        ("SERVER_PORT", "server_port"),
        ("SERVER_NAME", "server_name"),
    )
)

UWSGI_SOCKET = Server(
    "uwsgi socket",
    UWSGI + "--uwsgi-socket 127.0.0.1:{port}",
    packages=("pyuwsgi",),
    programs=("uwsgi",),
    http=False,
)

SERVERS = (
    Server(
        "werkzeug",
        "{python} -m flask --app app run --port {port} --no-reload --no-debugger",
        packages=("werkzeug",),
    ),
    _gunicorn("sync"),
    _gunicorn("gthread"),
    _gunicorn("gevent"),
    _gunicorn("gevent_pywsgi"),
    Server(
        "gevent pywsgi",
        "{python} gevent_server.py pywsgi {port}",
        packages=("gevent",),
    ),
    Server(
        "flask-socketio gevent",
        "{python} gevent_server.py socketio {port}",
        packages=("flask-socketio", "gevent"),
    ),
    Server(
        "waitress",
        "{python} -m waitress --listen 127.0.0.1:{port} app:app",
        packages=("waitress",),
    ),
    Server(
        "cheroot",
        "{python} -m cheroot --bind 127.0.0.1:{port} app:app",
        packages=("cheroot",),
    ),
    Server(
        "uwsgi",
        UWSGI + "--http-socket 127.0.0.1:{port}",
        packages=("pyuwsgi",),
        programs=("uwsgi",),
    ),
    Server(
        "uvicorn h11",
        "{python} -m uvicorn --factory app:asgi --port {port} --http h11 "
        "--log-level error",
        packages=("uvicorn", "a2wsgi", "h11"),
    ),
    Server(
        "uvicorn httptools",
        "{python} -m uvicorn --factory app:asgi --port {port} --http httptools "
        "--log-level error",
        packages=("uvicorn", "a2wsgi", "httptools"),
    ),
    Server(
        "granian",
        "granian --interface wsgi --port {port} --http 1 --no-ws --blocking-threads 4 "
        "--log-level error app:app",
        packages=("granian",),
        programs=("granian",),
    ),
    _nginx(PROXY_PASS, _gunicorn("sync", permit=True)),
    _nginx(PROXY_PASS, _gunicorn("gthread", permit=True)),
    _nginx(UWSGI_PASS, UWSGI_SOCKET),
    # What nginx answers by itself it then need not pass on.
    _nginx(UWSGI_PASS + ' uwsgi_param HTTP_EXPECT "";', UWSGI_SOCKET, "no Expect"),
    # Twins come last, so that a list without them numbers the others alike.
    _gunicorn("sync", permit=True),
    _gunicorn("gthread", permit=True),
    _gunicorn("gevent", permit=True),
)


@dataclass(frozen=True)
class Running:
    """A server that answers, where, by which process, and what it has said."""

    server: Server
    port: int
    pid: int
    log: Path


@contextmanager
def running(server: Server, *, guard: bool) -> Iterator[Running]:
    """Serve the application until the block ends.

    :raises RuntimeError: if the server does not answer in time; with what it said.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = ""
        if server.behind:
            behind = stack.enter_context(running(server.behind, guard=guard))
            upstream = f"127.0.0.1:{behind.port}"
        port = _free_port()
        if server.nginx:
            block = server.nginx.format(upstream=upstream)
            text = NGINX_CONF.format(scratch=scratch, port=port, upstream=block)
            (scratch / "nginx.conf").write_text(text)
        process = stack.enter_context(
            _process(_argv(server, port, scratch), scratch / "log", guard=guard)
        )
        _wait_until_ready(server, port, process, scratch / "log")
        yield Running(server, port, process.pid, scratch / "log")


def _argv(server: Server, port: int, scratch: Path) -> list[str]:
    text = server.command.format(python=sys.executable, port=port, scratch=scratch)
    first, *rest = text.split()
    return [_program(first) or first, *rest]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _process(
    argv: list[str], log: Path, *, guard: bool
) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**os.environ, "GUARD": "on" if guard else "off"}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            argv,
            cwd=HERE,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)


def _wait_until_ready(
    server: Server, port: int, process: subprocess.Popen[bytes], log: Path
) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _answers(port, http=server.http):
            return
        time.sleep(0.05)
    said = log.read_text(errors="replace").strip()
    raise RuntimeError(f"{server.name} does not answer on port {port}. It said: {said}")


def _answers(port: int, *, http: bool) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            if not http:
                return True
            connection.sendall(b"GET /after HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False
