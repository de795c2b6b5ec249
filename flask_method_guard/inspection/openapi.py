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
from typing import NamedTuple, TypeGuard
from urllib.parse import quote, unquote, urlsplit

from .text import printable

#: A variable in a path: ``{name}``.
VARIABLE = re.compile(r"\{([^{}]*)\}")

_METHODS = (
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "query",
)
_ITEM = ("servers", "parameters", "additionalOperations", *_METHODS)
_OPERATION = ("servers", "parameters", "deprecated", "x-sunset")
_PARAMETER = ("in", "name", "example", "default", "enum", "type", "format", "schema")

#: The size of a file, in bytes.
MAX_BYTES = 10 * 2**20
_MAX_STEPS = 20
# One text can be used many times, so what it adds up to needs limits of its own.
_MAX_OPERATIONS = 20_000
_MAX_LIST = 100
_MAX_TEXT = 2_000

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
        reader = _Reader(None, source)
    else:
        file = Path(source).resolve()
        reader = _Reader(file, parse(_read_bytes(file, str(source)), str(source)))
    operations = tuple(islice(reader.operations(), _MAX_OPERATIONS + 1))
    if len(operations) > _MAX_OPERATIONS:
        raise DocumentError(
            f"The document lists more than {_MAX_OPERATIONS:,} methods."
        )
    return Document(_prefixes(reader.root), operations)


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


def _read_bytes(file: Path, name: str) -> bytes:
    """Read a regular file, and no more of it than what shows that it is too large."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise DocumentError(f"{name} is not a regular file.")
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(f"{name} can't be read. Is it there?") from None


# -- references -------------------------------------------------------------------


class _Node(NamedTuple):
    """A value, and the file that it is in."""

    value: object
    file: Path | None


#: The parts of an object that are read.
_Parts = dict[str, _Node]


class _Reader:
    """Reads one document, and each file that it refers to once.

    :param file: the document's file, after links; ``None`` if it is in none.
    """

    def __init__(self, file: Path | None, root: Mapping[str, object]) -> None:
        self._folder = None if file is None else file.parent
        self._files: dict[Path | None, object] = {file: root}
        self._file = file
        self.root = root
        version = root.get("openapi", root.get("swagger"))
        if str(version).partition(".")[0] not in ("2", "3"):
            raise DocumentError(
                "This is not an OpenAPI document: it needs openapi: 3.x, or"
                " swagger: '2.0'."
            )

    def operations(self) -> Iterator[Operation]:
        """Yield the methods of each path."""
        paths = self._follow(_Node(self.root.get("paths"), self._file), "paths")
        for path, node in paths.items():
            if not path.startswith("x-"):
                yield from self._operations_of(path, node)

    def _operations_of(self, path: str, node: _Node) -> Iterator[Operation]:
        place = printable(path[:_MAX_TEXT])
        item = self._follow(node, place, _ITEM)
        more = self._follow(item.get("additionalOperations", _NOTHING), place)
        named = {method.upper(): item[method] for method in _METHODS if method in item}
        for method, operation in (more | named).items():
            _check_text(path + method, place)
            found = self._follow(operation, f"{printable(method)} {place}", _OPERATION)
            value = {key: part.value for key, part in found.items()}
            own = _prefixes(value) or _prefixes({"servers": _value(item, "servers")})
            yield Operation(
                method=method,
                path=path,
                deprecated=value.get("deprecated") is True,
                sunset=value.get("x-sunset"),
                prefixes=own,
                example=self._example(path, item, found),
            )

    def _follow(
        self, node: _Node, place: str, keys: tuple[str, ...] | None = None
    ) -> _Parts:
        """Return the parts of an object; those next to a reference win.

        :param place: names the object in errors.
        :param keys: the parts to look for; ``None`` for all.
        """
        parts: _Parts = {}
        value, file = node
        for _ in range(_MAX_STEPS + 1):
            # In YAML, an object that nothing is written into is null.
            value = {} if value is None else value
            if not isinstance(value, Mapping):
                raise DocumentError(f"{place} is not an object.")
            for key in value if keys is None else keys:
                if key in value and isinstance(key, str) and key != "$ref":
                    parts.setdefault(key, _Node(value[key], file))
            if "$ref" not in value:
                return parts
            value, file = self._target(value["$ref"], file, place)
        raise DocumentError(
            f"{place}: its $ref leads in a circle, or takes more than {_MAX_STEPS}"
            " steps."
        )

    def _target(self, reference: object, file: Path | None, place: str) -> _Node:
        """Return what a reference refers to (RFC 3986, RFC 6901).

        :param file: the file that it is in.
        """
        if not isinstance(reference, str) or len(reference) > _MAX_TEXT:
            raise DocumentError(f"{place}: its $ref is not a reference.")
        lost = f"{place}: the reference {printable(reference)} is lost"
        location, _, pointer = reference.partition("#")
        if location:
            file = self._find(location, file, lost)
        value = self._files[file]
        for token in unquote(pointer).split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, Mapping) and key in value:
                value = value[key]
            elif _is_list(value) and key.isdecimal() and int(key[:9]) < len(value):
                value = value[int(key[:9])]
            else:
                raise DocumentError(f"{lost}: nothing is there.")
        if pointer[:1] not in ("", "/"):
            raise DocumentError(f"{lost}: after # comes a path, such as #/paths.")
        return _Node(value, file)

    def _find(self, location: str, file: Path | None, lost: str) -> Path:
        """Find a file in the document's folder, and read it once."""
        if file is None or self._folder is None:
            raise DocumentError(f"{lost}: this document has no folder.")
        try:
            if urlsplit(location).scheme or location.startswith("//"):
                raise DocumentError(f"{lost}: nothing is fetched.")
            found = (file.parent / unquote(location)).resolve()
            name = printable(str(found.relative_to(self._folder)))
        except DocumentError:
            raise
        except (OSError, RuntimeError, ValueError):
            raise DocumentError(f"{lost}: it leaves the document's folder.") from None
        if found not in self._files:
            try:
                self._files[found] = parse(_read_bytes(found, name), name)
            except DocumentError as error:
                raise DocumentError(f"{lost}: {error}") from None
        return found

    # -- an example of a path -----------------------------------------------------

    def _example(self, path: str, *levels: _Parts) -> str:
        """Fill the variables of a path.

        :param levels: the path item and the operation; the last one wins.
        """
        values: dict[object, str] = {}
        for parts in levels:
            for node in _listed(parts, "parameters"):
                # A parameter that can't be read only costs an example.
                with suppress(DocumentError):
                    found = self._follow(node, "parameter", _PARAMETER)
                    schema = self._follow(
                        found.get("schema", _NOTHING), "schema", _PARAMETER
                    )
                    if _value(found, "in") == "path":
                        values[str(_value(found, "name"))] = _some_value(found, schema)
        return VARIABLE.sub(lambda found: values.get(found[1], "1"), path)


_NOTHING = _Node(None, None)


def _check_text(text: str, place: str) -> None:
    """Reject what can't be sent: a path that is too long, half a character."""
    if len(text) > _MAX_TEXT or text != text.encode(errors="replace").decode():
        raise DocumentError(
            f"{place[:80]}: the path or a method is too long, or not text."
        )


def _value(parts: _Parts, key: str) -> object:
    return parts.get(key, _NOTHING).value


def _listed(parts: _Parts, key: str) -> list[_Node]:
    """Return the items of a list, as far as anyone would write it."""
    value, file = parts.get(key, _NOTHING)
    return [_Node(item, file) for item in value[:_MAX_LIST]] if _is_list(value) else []


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _some_value(*levels: _Parts) -> str:
    """Choose a value of a parameter: one that is written down, or one of its type."""
    for key in ("example", "default", "enum"):
        for parts in levels:
            value = _value(parts, key)
            if key == "enum":
                value = value[0] if _is_list(value) and value else None
            if isinstance(value, (str, int, float)):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                return quote(text[:_MAX_TEXT], errors="replace")
    kinds = {
        kind
        for parts in levels
        for key in ("type", "format")
        for kind in [_value(parts, key)]
        if isinstance(kind, str)
    }
    return next((text for kind, text in _SAMPLES.items() if kind in kinds), "1")


#: A value of each type and format; every other one may be 1.
_SAMPLES = {
    "boolean": "true",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2026-01-31",
    "date-time": "2026-01-31T00:00:00Z",
}


# -- servers ----------------------------------------------------------------------


def _prefixes(parts: Mapping[str, object]) -> tuple[str, ...]:
    """Return the paths of ``servers``, or ``basePath``, without a slash at the end."""
    servers = parts.get("servers")
    urls = [parts.get("basePath")]
    if _is_list(servers):
        urls += [_server_url(server) for server in servers[:_MAX_LIST]]
    found = [_path_of(url) for url in urls if isinstance(url, str)]
    return tuple(dict.fromkeys(found))


def _server_url(server: object) -> object:
    """Return the URL of a server, its variables filled with their defaults."""
    if not isinstance(server, Mapping) or not isinstance(server.get("url"), str):
        return None
    variables = server.get("variables")

    def default(found: re.Match[str]) -> str:
        variable = variables.get(found[1]) if isinstance(variables, Mapping) else None
        value = variable.get("default") if isinstance(variable, Mapping) else None
        return value[:_MAX_TEXT] if isinstance(value, str) else ""

    return VARIABLE.sub(default, server["url"][:_MAX_TEXT])


def _path_of(url: str) -> str:
    text = url[:_MAX_TEXT].encode(errors="replace").decode()
    try:
        path = urlsplit(text).path.strip("/")
    except ValueError:
        return ""
    return f"/{path}" if path else ""
