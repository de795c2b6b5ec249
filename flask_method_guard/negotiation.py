"""Negotiation: which format of a body the client prefers (RFC 9110 §12)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

#: A longer ``Accept`` is not read, so that no client can make a response expensive.
#: Browsers send up to 150 characters.
_ACCEPT_LIMIT = 1024
#: How many media ranges are read, for the same reason. Browsers send up to 10.
_MAX_RANGES = 64


def negotiate(accept: str | None, formats: Sequence[str]) -> str:
    """Choose the format of a response.

    Follows RFC 9110 §12.5.1, generously: parameters are ignored, every ``+json``
    type counts as JSON, and invalid parts are skipped. If nothing is acceptable, the
    first format is used, since an error in another format helps more than a 406. A
    value of more than 1,024 characters is not read, nor is what follows 64 ranges.

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
    families = (media_type.partition("/")[0] + "/*" for media_type in formats)
    names = {"*/*", "application/json", *families, *formats}
    wanted: dict[str, float] = {}
    for found in islice(re.finditer(_ITEM, accept.lower()), _MAX_RANGES):
        name, parameters = found.groups()
        if name in names or name.endswith("+json"):
            quality = _quality(parameters) if parameters else 1.0
            if quality > wanted.get(name, _INVALID):
                wanted[name] = quality
    best = formats[0]
    best_rank = (0.0, 0)
    for media_type in formats:
        rank = _rank(media_type, wanted)
        if rank > best_rank:
            best, best_rank = media_type, rank
    return best


# Werkzeug's parsers would take longer than all the rest of a rejection.
_QUOTED = r'"(?:[^"\\]+|\\.)*"?'
_ITEM = rf'([^,;" \t]+)((?:[^,"]+|{_QUOTED})*)'
# RFC 9110 §12.4.2, with any number of digits.
_NUMBER = r"([0-9]+(?:\.[0-9]*)?)(?=[ \t]*(?:;|$))"
_PARAMETER = rf';[ \t]*([^=;" \t]+)[ \t]*=[ \t]*(?:{_NUMBER}|{_QUOTED}|[^;" \t]*)'
_INVALID = -1.0


def _quality(parameters: str) -> float:
    """Return the quality among the parameters of a media range."""
    quality = 1.0
    for name, number in re.findall(_PARAMETER, parameters):
        if name == "q":
            quality = float(number) if number else _INVALID
    return quality if quality <= 1 else _INVALID


def _rank(media_type: str, wanted: dict[str, float]) -> tuple[float, int]:
    """Return how much a format is wanted: by quality, then by precision."""
    family = []
    if media_type.endswith("json"):
        family = [
            quality
            for name, quality in wanted.items()
            if name == "application/json" or name.endswith("+json")
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
