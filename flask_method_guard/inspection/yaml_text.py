"""YAML from a stranger: the plain values of a text, in bounded time.

This module needs PyYAML, the extra ``openapi``, so it is imported for YAML only.
"""

from __future__ import annotations

from typing import ClassVar

import yaml

# The parser in C is ten times as fast; not every installation has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: What an unquoted text can become. The rest stays text: nothing that is compared is a
#: number, ``1:1:1…`` takes PyYAML minutes, and 2026-02-31 makes it fail.
_KINDS = ("bool", "null", "merge")

#: How many pairs all mappings together may have. With ``<<``, older releases of PyYAML
#: let every line multiply a mapping.
_MAX_PAIRS = 5_000_000


class _PlainLoader(_Loader):  # type: ignore[misc, valid-type]
    """Reads texts, lists, mappings, booleans and null."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in found if tag.endswith(_KINDS)]
        for first, found in _Loader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._pairs = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge ``<<`` into a mapping."""
        super().flatten_mapping(node)
        self._pairs += len(node.value)
        if self._pairs > _MAX_PAIRS:
            raise yaml.YAMLError("too many merges")


for _kind in ("int", "float", "timestamp", "binary"):
    _PlainLoader.add_constructor(
        f"tag:yaml.org,2002:{_kind}", _Loader.construct_yaml_str
    )


def load_yaml(text: str) -> object:
    """Read a text.

    :raises Exception: if it is not YAML. PyYAML fails with more than its own errors.
    """
    return yaml.load(text, _PlainLoader)  # noqa: S506 -- it makes plain values only
