"""OpenAPI documents: the methods of each path, and which of them are deprecated.

This module reads a document, and knows no app. It reads versions 2.0 and 3.x, and of
them only what says where a method is, ``deprecated`` and ``x-sunset``.

In CI the document comes from a pull request, and the log may be public. So nothing is
fetched, references stay inside the document's folder, an error never shows text from a
file, and everything is bounded.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from .text import printable

#: A variable in a path: ``{name}``.
VARIABLE = re.compile(r"\{([^{}]*)\}")

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

#: The size of a file, in bytes.
MAX_BYTES = 10 * 2**20
#: PyYAML needs up to 4 seconds and 250 MB of memory for each MB.
_MAX_YAML = 2 * 2**20
_MAX_STEPS = 20
# One text can be used many times, so what it adds up to needs limits of its own.
_MAX_OPERATIONS = 20_000
_MAX_OBJECTS = 1_000_000
_MAX_LIST = 100
_MAX_TEXT = 2_000
_MAX_DEFAULT = 100

#: A value of each type and format of a parameter; every other one may be 1.
_SAMPLES = {
    "boolean": "true",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2026-01-31",
    "date-time": "2026-01-31T00:00:00Z",
}

Source = Mapping[str, object] | str | PathLike[str]


class DocumentError(ValueError):
    """An OpenAPI document can't be read; the message says where and why."""


@dataclass(frozen=True)
class Operation:
    """One method of one path, as a document lists it."""

    method: str
    #: The path as the document has it, without a prefix.
    path: str
    deprecated: bool
    #: The value of ``x-sunset``, which may be anything; ``None`` if there is none.
    sunset: object
    #: The paths of the servers of this path or method; empty if it has none of its own.
    prefixes: tuple[str, ...]
    #: The path with a value for each variable.
    example: str


@dataclass(frozen=True)
class Document:
    """What a document says about methods."""

    #: The paths of the servers.
    prefixes: tuple[str, ...]
    operations: tuple[Operation, ...]


def read_document(source: Source) -> Document:
    """Read a document.

    :param source: the document, or the path of a JSON or YAML file. A mapping has no
        folder, so it can't refer to files.
    :raises DocumentError: if it is not an OpenAPI document, or a reference is lost.
    """
    if isinstance(source, Mapping):
        file, root = None, source
    else:
        file = Path(source).resolve()
        root = _read(file, str(source))
    version = root.get("openapi", root.get("swagger"))
    if str(version).partition(".")[0] not in ("2", "3"):
        raise DocumentError(
            "This is not an OpenAPI document: it needs openapi: 3.x, or swagger: '2.0'."
        )
    found = _Reader(file, root).operations(_Node(root.get("paths"), file))
    operations = tuple(islice(found, _MAX_OPERATIONS + 1))
    if len(operations) > _MAX_OPERATIONS:
        raise DocumentError(
            f"The document lists more than {_MAX_OPERATIONS:,} methods."
        )
    prefixes = _prefixes(root.get("servers"), root.get("basePath"))
    return Document(prefixes, operations)


# -- files ------------------------------------------------------------------------


def parse(data: bytes, name: str) -> Mapping[str, object]:
    """Read a text as JSON, or else as YAML.

    :param name: names the text in errors; a file ``….json`` is not read as YAML.
    :raises DocumentError: if it is neither, or not an object.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError(f"{name} is larger than {MAX_BYTES >> 20} MB.")
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        raise DocumentError(f"{name} is not a text file.") from None
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise DocumentError(f"{name} is nested too deeply.") from None
    except ValueError as error:
        if name.endswith(".json"):
            line = getattr(error, "lineno", 1)
            raise DocumentError(f"{name}, line {line}: not JSON.") from None
        value = _parse_yaml(text, name)
    if not isinstance(value, Mapping):
        raise DocumentError(f"{name} is not an OpenAPI document.")
    return value


def _parse_yaml(text: str, name: str) -> object:
    if len(text) > _MAX_YAML:
        raise DocumentError(
            f"{name} is larger than {_MAX_YAML >> 20} MB, which is much for YAML."
            " Convert it to JSON."
        )
    try:
        from .yaml_text import load_yaml  # noqa: PLC0415 -- needs an extra
    except ImportError:
        raise DocumentError(
            f"{name} is not JSON, and YAML needs PyYAML. Run:"
            " pip install 'flask-method-guard[openapi]'"
        ) from None
    try:
        return load_yaml(text)
    except Exception as error:  # noqa: BLE001 -- PyYAML raises what it happens to hit
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        raise DocumentError(f"{name}{line}: neither JSON nor plain YAML.") from None


def _read(file: Path, name: str) -> Mapping[str, object]:
    """Read a regular file, and no more of it than what shows that it is too large."""
    try:
        is_regular = stat.S_ISREG(file.stat().st_mode)
        if is_regular:
            with file.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        raise DocumentError(f"{name} can't be read. Is it there?") from None
    if not is_regular:
        raise DocumentError(f"{name} is not a regular file.")
    return parse(data, name)


# -- references -------------------------------------------------------------------


class _Node(NamedTuple):
    """A value, and the file that it is in; ``None`` if it is in none."""

    value: object
    file: Path | None


_NOTHING = _Node(None, None)
#: An object, and those that it refers to; the first that has a key wins.
_Chain = list[tuple[Mapping[Any, object], Path | None]]


class _Reader:
    """Reads the methods of one document, and each file that it refers to once.

    :param file: the document's file, after links; ``None`` if it is in none.
    """

    def __init__(self, file: Path | None, root: Mapping[str, object]) -> None:
        self._folder = None if file is None else file.parent
        self._files: dict[Path | None, object] = {file: root}
        self._objects = 0
        # Many methods can share one list of servers, which is kept to keep its id.
        self._prefixes: dict[int, tuple[object, tuple[str, ...]]] = {}

    def operations(self, paths: _Node) -> Iterator[Operation]:
        """Yield the methods of each path."""
        for path, node in _items(self._follow(paths, "paths")).items():
            if not path.startswith("x-"):
                yield from self._operations_of(path, node)

    def _operations_of(self, path: str, node: _Node) -> Iterator[Operation]:
        place = printable(path[:_MAX_TEXT])
        item = self._follow(node, place)
        methods = _items(self._follow(_get(item, "additionalOperations"), place))
        named = {method.upper(): _get(item, method) for method in METHODS}
        methods |= {name: node for name, node in named.items() if node is not _NOTHING}
        for method, operation in methods.items():
            _check_text(path + method, place)
            found = self._follow(operation, f"{printable(method)} {place}")
            yield Operation(
                method=method,
                path=path,
                deprecated=_get(found, "deprecated").value is True,
                sunset=_get(found, "x-sunset").value,
                prefixes=self._prefixes_of(found) or self._prefixes_of(item),
                example=self._example(path, item, found),
            )

    def _prefixes_of(self, chain: _Chain) -> tuple[str, ...]:
        servers = _get(chain, "servers").value
        known = self._prefixes.get(id(servers)) or (servers, _prefixes(servers))
        self._prefixes[id(servers)] = known
        return known[1]

    def _follow(self, node: _Node, place: str) -> _Chain:
        """Return an object, and behind it those that its references lead to.

        :param place: names the object in errors.
        """
        chain: _Chain = []
        for _ in range(_MAX_STEPS + 1):
            self._objects += 1
            if self._objects > _MAX_OBJECTS:
                raise DocumentError(
                    f"The document refers to more than {_MAX_OBJECTS:,} objects."
                )
            # In YAML, an object that nothing is written into is null.
            value = {} if node.value is None else node.value
            if not isinstance(value, Mapping):
                raise DocumentError(f"{place} is not an object.")
            chain.append((value, node.file))
            if "$ref" not in value:
                return chain
            node = self._target(value["$ref"], node.file, place)
        raise DocumentError(
            f"{place}: its $ref leads in a circle, or takes more than {_MAX_STEPS}"
            " steps."
        )

    def _target(self, reference: object, file: Path | None, place: str) -> _Node:
        """Return what a reference refers to.

        :param file: the file that it is in.
        """
        if not isinstance(reference, str) or len(reference) > _MAX_TEXT:
            raise DocumentError(f"{place}: its $ref is not a reference.")
        location, _, pointer = reference.partition("#")
        try:
            file = self._find(location, file) if location else file
            return _Node(_point(self._files[file], pointer), file)
        except DocumentError as error:
            raise DocumentError(
                f"{place}: the reference {printable(reference)} is lost: {error}"
            ) from None

    def _find(self, location: str, file: Path | None) -> Path:
        """Find a file in the document's folder, and read it once."""
        if file is None or self._folder is None:
            raise DocumentError("this document has no folder.")
        if re.match("[^/]+:|//", location):
            raise DocumentError("nothing is fetched.")
        try:
            found = (file.parent / unquote(location)).resolve()
            name = printable(str(found.relative_to(self._folder)))
        except (OSError, RuntimeError, ValueError):
            raise DocumentError("it leaves the document's folder.") from None
        if found not in self._files:
            self._files[found] = _read(found, name)
        return found

    def _example(self, path: str, *levels: _Chain) -> str:
        """Fill the variables of a path.

        :param levels: the path item and the operation; the last one wins.
        """
        values: dict[object, str] = {}
        for level in levels:
            parameters, file = _get(level, "parameters")
            for value in _few(parameters):
                # A parameter that can't be read only costs an example.
                with suppress(DocumentError):
                    found = self._follow(_Node(value, file), "")
                    found += self._follow(_get(found, "schema"), "")
                    if _get(found, "in").value == "path":
                        values[str(_get(found, "name").value)] = _some_value(found)
        return VARIABLE.sub(lambda found: values.get(found[1], "1"), path)


def _point(value: object, pointer: str) -> object:
    """Return what a pointer leads to (RFC 6901)."""
    if pointer[:1] not in ("", "/"):
        raise DocumentError("after # comes a path, such as #/paths.")
    for token in unquote(pointer).split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key[:9]) < len(value):
            value = value[int(key[:9])]
        else:
            raise DocumentError("nothing is there.")
    return value


def _get(chain: _Chain, key: str) -> _Node:
    found = (_Node(value[key], file) for value, file in chain if key in value)
    return next(found, _NOTHING)


def _items(chain: _Chain) -> dict[str, _Node]:
    return {
        key: _Node(value[key], file)
        for value, file in reversed(chain)
        for key in value
        if isinstance(key, str) and key != "$ref"
    }


def _few(value: object) -> list[object]:
    """Return the items of a list, as far as anyone would write it."""
    return value[:_MAX_LIST] if isinstance(value, list) else []


def _check_text(text: str, place: str) -> None:
    """Reject what can't be sent: a path that is too long, half a character."""
    if len(text) > _MAX_TEXT or text != text.encode(errors="replace").decode():
        raise DocumentError(
            f"{place[:80]}: the path or a method is too long, or not text."
        )


def _some_value(parameter: _Chain) -> str:
    """Choose a value of a parameter: one that is written down, or one of its type."""
    names = ("example", "default", "enum", "type", "format")
    example, default, enum, *kinds = (_get(parameter, name).value for name in names)
    for value in (example, default, *_few(enum)[:1]):
        if isinstance(value, (str, int, float)):
            text = value if isinstance(value, str) else json.dumps(value)
            return quote(text[:_MAX_TEXT], errors="replace")
    return next((text for kind, text in _SAMPLES.items() if kind in kinds), "1")


# -- servers ----------------------------------------------------------------------


def _prefixes(servers: object, base: object = None) -> tuple[str, ...]:
    """Return the paths of ``servers``, or ``basePath``, without a slash at the end."""
    urls = [base, *map(_server_url, _few(servers))]
    return tuple(dict.fromkeys(_path_of(url) for url in urls if isinstance(url, str)))


def _server_url(server: object) -> object:
    """Return the URL of a server, its variables filled with their defaults."""
    url, variables = _value(server, "url"), _value(server, "variables")

    def default(found: re.Match[str]) -> str:
        value = _value(_value(variables, found[1]), "default")
        return value[:_MAX_DEFAULT] if isinstance(value, str) else ""

    return VARIABLE.sub(default, url[:_MAX_TEXT]) if isinstance(url, str) else None


def _value(parent: object, key: str) -> object:
    return parent.get(key) if isinstance(parent, Mapping) else None


def _path_of(url: str) -> str:
    try:
        path = urlsplit(url[:_MAX_TEXT].encode(errors="replace").decode()).path
    except ValueError:
        path = ""
    return f"/{path.strip('/')}".rstrip("/")
