"""Measure all servers and write ``docs/reference/servers.md``."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from .harness import SERVERS, Server
from .report import measure, page

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "servers.md"


def write(servers: tuple[Server, ...], output: Path) -> None:
    """Measure servers, one after the other, and write the page."""
    found = {}
    for server in servers:
        print(server.name, "…", flush=True)
        found[server.name] = measure(server)
    output.write_text(page(found, datetime.now(timezone.utc).date()))
    print(output, "is written.")


def main() -> None:
    """Write the page of all servers, or say what is missing and stop."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.servers")
    parser.add_argument("--output", type=Path, default=PAGE)
    output: Path = parser.parse_args().output
    missing = sorted({name for server in SERVERS for name in server.missing()})
    if missing:
        parser.error(
            f"Not installed: {', '.join(missing)}. The page tells of all servers, so"
            " all must be here: the dependency group 'servers', and nginx by"
            " .ci/install nginx curl."
        )
    write(SERVERS, output)


if __name__ == "__main__":
    main()
