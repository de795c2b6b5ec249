"""What ``flask methods diff`` compares: where the document is, and what is ignored."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask

from .agreement import DIFFERENCES, Agreement, agreement
from .checks import check_ids
from .explanation import explain
from .openapi import MAX_BYTES, Source, parse


def compare(
    app: Flask,
    document: str | None,
    url: str | None,
    ignore: Iterable[str],
    exclude: Iterable[str],
    **options: Any,
) -> Agreement:
    """Compare a document with an app, and leave out differences.

    :param document: a file, or ``-`` for standard input.
    :param url: where the app itself serves the document; this URL is left out.
    :param ignore: ids such as ``MG204``, and ids of one path such as ``MG206:/items``.
    :param options: other arguments of :func:`~.agreement.agreement`.
    :raises ValueError: if an id is not known, or there is no document.
    """
    ignored = frozenset(ignore)
    ids = {name.partition(":")[0] for name in ignored}
    check_ids("difference", ids, DIFFERENCES)
    source: Source
    if url is not None and document is None:
        source = _served(app, url)
        exclude = [*exclude, glob.escape(explain(app, "GET", url).rule or "")]
    elif url is not None or document is None:
        raise ValueError(
            "Name one document: a file such as openapi.yaml, - for standard input, or"
            " --url /openapi.json."
        )
    elif document == "-":
        source = parse(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
    else:
        source = document
    found = agreement(app, source, exclude=exclude, **options)
    kept = (f for f in found if ignored.isdisjoint((f.id, f"{f.id}:{f.path}")))
    return Agreement(kept, found.not_compared, found.prefix)


def _served(app: Flask, url: str) -> Mapping[str, object]:
    """Ask an app for its document."""
    response = app.test_client().get(url, follow_redirects=True)
    found = response.get_json(force=True, silent=True)
    if response.status_code != 200 or not isinstance(found, Mapping):
        raise ValueError(
            f"GET {url} responds with {response.status}, and not with a document in"
            " JSON."
        )
    return found
