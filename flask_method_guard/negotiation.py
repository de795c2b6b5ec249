"""Negotiation: which format of a body the client prefers (RFC 9110 §12)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from werkzeug.http import parse_list_header, parse_options_header

#: A longer ``Accept`` is not read, so that no client can make a response expensive.
#: Browsers send up to 150 characters.
_ACCEPT_LIMIT = 1024


def negotiate(accept: str | None, formats: Sequence[str]) -> str:
    """Choose the format of an answer.

    Follows RFC 9110 §12.5.1, generously: parameters are ignored, every ``+json``
    type counts as JSON, and invalid parts are skipped. If nothing is acceptable, the
    first format is used, since an error in another format helps more than a 406. A
    value of more than 1,024 characters is not read.

    :param accept: the value of ``Accept``; ``None`` if there is none.
    :param formats: the available formats, the default first.
    :return: one of ``formats``.
    """
    if not accept or len(accept) > _ACCEPT_LIMIT:
        return formats[0]
    return _negotiate(accept, tuple(formats))


# Clients send the same few values again and again, and parsing one is slow.
@lru_cache(maxsize=256)
def _negotiate(accept: str, formats: tuple[str, ...]) -> str:
    wanted: dict[str, float] = {}
    for media_range, quality in _media_ranges(accept):
        wanted[media_range] = max(quality, wanted.get(media_range, 0))
    best = formats[0]
    best_rank = (0.0, 0)
    for media_type in formats:
        rank = _rank(media_type, wanted)
        if rank > best_rank:
            best, best_rank = media_type, rank
    return best


# RFC 9110 §12.4.2, with any number of digits.
_QUALITY = r"[0-9]+(\.[0-9]*)?"


def _media_ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield the valid media ranges of ``Accept``, each with its quality."""
    # Werkzeug's parser of the whole field is renamed in 3.2; this one is not.
    for item in parse_list_header(accept):
        media_range, parameters = parse_options_header(item)
        quality = parameters.get("q", "1")
        if re.fullmatch(_QUALITY, quality) and float(quality) <= 1:
            yield media_range.lower(), float(quality)


def _rank(media_type: str, wanted: dict[str, float]) -> tuple[float, int]:
    """Return how much a format is wanted: by quality, then by precision."""
    is_json = media_type.endswith("json")
    family = [
        quality
        for name, quality in wanted.items()
        if is_json and (name == "application/json" or name.endswith("+json"))
    ]
    by_precision = (
        wanted.get(media_type),
        max(family, default=None),
        wanted.get(media_type.partition("/")[0] + "/*"),
        wanted.get("*/*"),
    )
    for lost, quality in enumerate(by_precision):
        if quality is not None:
            return quality, -lost
    return 0.0, -len(by_precision)
