"""OpenAPI documents: what is read of them, and that a hostile one does no harm."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flask_method_guard.inspection import openapi
from flask_method_guard.inspection.openapi import (
    Document,
    DocumentError,
    Operation,
    read_document,
)

#: What no error may show.
SECRET = "hunter2"

# There, so many calls end Python itself, before it can raise RecursionError.
needs_a_stack = pytest.mark.skipif(
    sys.platform == "emscripten", reason="WebAssembly's stack is too small"
)


def document(paths: object = None, **more: object) -> dict[str, Any]:
    """Write a document of version 3.1."""
    return {"openapi": "3.1.0", "paths": {} if paths is None else paths, **more}


def methods(source: Any) -> list[tuple[str, str]]:
    """List what a document documents."""
    return [(found.method, found.path) for found in read_document(source).operations]


def only(source: Any) -> Operation:
    """Return the only method of a document."""
    [found] = read_document(source).operations
    return found


def example(path: str, *parameters: object, **more: object) -> str:
    """Return the example of a path with parameters."""
    return only(
        document({path: {"get": {"parameters": parameters and [*parameters]}}, **more})
    ).example


# -- what is read -------------------------------------------------------------------


def test_methods() -> None:
    """The methods of all versions count, and nothing else of a path."""
    fixed = (
        *("get", "put", "post", "delete", "options", "head", "patch", "trace"),
        "query",
    )
    other: dict[str, Any] = {"GET": {}, "link": {}, "summary": "", "x-get": {}}
    path: dict[str, Any] = {
        **{method: {} for method in fixed},
        **other,
        "additionalOperations": {"PURGE": {}, "copy": {}, "GET": {"deprecated": True}},
    }
    found = read_document(document({"/a": path, "x-paths": {"get": {}}})).operations
    assert [each.method for each in found] == [
        *("PURGE", "copy", "GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD"),
        *("PATCH", "TRACE", "QUERY"),
    ]
    assert not any(each.deprecated for each in found)


def test_webhooks_and_callbacks_are_not_paths() -> None:
    """They are requests that the app sends."""
    path: dict[str, Any] = {"post": {"callbacks": {"done": {"/back": {"post": {}}}}}}
    source = document({"/a": path}, webhooks={"/hook": {"post": {}}})
    assert methods(source) == [("POST", "/a")]


@pytest.mark.parametrize(
    "version",
    [{"swagger": "2.0"}, {"swagger": 2.0}, {"openapi": "3.0.3"}, {"openapi": "3.2.0"}],
    ids=str,
)
def test_versions(version: dict[str, Any]) -> None:
    """Versions 2 and 3 are read."""
    assert methods({**version, "paths": {"/a": {"get": {}}}}) == [("GET", "/a")]


@pytest.mark.parametrize(
    "version",
    [{}, {"openapi": "4.0"}, {"swagger": "1.2"}, {"openapi": None}, {"info": "3"}],
    ids=str,
)
def test_other_versions(version: dict[str, Any]) -> None:
    """Anything else is not taken for a document."""
    with pytest.raises(DocumentError, match="not an OpenAPI document"):
        read_document({**version, "paths": {}})


def test_a_document_without_paths() -> None:
    """Since 3.1, a document can have webhooks only."""
    assert read_document({"openapi": "3.1.0"}) == Document((), ())


@pytest.mark.parametrize(
    ("operation", "deprecated", "sunset"),
    [
        ({"deprecated": True, "x-sunset": "2026-07-01"}, True, "2026-07-01"),
        ({"deprecated": False}, False, None),
        ({"deprecated": "true"}, False, None),
        ({"x-sunset": 3}, False, 3),
        (None, False, None),
    ],
)
def test_deprecations(operation: object, deprecated: bool, sunset: object) -> None:
    """``deprecated`` is a boolean; ``x-sunset`` may be anything."""
    found = only(document({"/a": {"get": operation}}))
    assert (found.deprecated, found.sunset) == (deprecated, sunset)


# -- servers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "prefixes"),
    [
        ({}, ()),
        ({"servers": []}, ()),
        ({"servers": [{"url": "/"}]}, ("",)),
        ({"servers": [{"url": "https://a.example/v1/"}]}, ("/v1",)),
        ({"servers": [{"url": "https://a.example"}, {"url": "v2"}]}, ("", "/v2")),
        ({"servers": [{"url": "//a.example/x/y"}]}, ("/x/y",)),
        (
            {
                "servers": [
                    {
                        "url": "{scheme}://{host}:{port}/{base}/{none}",
                        "variables": {
                            "scheme": {"default": "https"},
                            "host": {"default": "a.example"},
                            "port": {"default": "8443"},
                            "base": {"enum": ["v1"], "default": "v1"},
                            "none": 3,
                        },
                    }
                ]
            },
            ("/v1",),
        ),
        ({"servers": [{"url": "/{base}"}]}, ("",)),
        ({"servers": [{"url": "/a"}, {"url": "/a/"}]}, ("/a",)),
        ({"servers": [{"url": "http://[/a"}, {"url": "/a"}]}, ("", "/a")),
        ({"servers": [{}, 3, {"url": 3}]}, ()),
        ({"servers": {"url": "/a"}}, ()),
        ({"basePath": "/v1"}, ("/v1",)),
        ({"basePath": "/"}, ("",)),
        ({"basePath": 3}, ()),
        ({"servers": [{"url": "/\ud800"}]}, ("",)),
    ],
    ids=str,
)
def test_servers(more: dict[str, Any], prefixes: tuple[str, ...]) -> None:
    """Only the paths of servers count."""
    assert read_document(document(**more)).prefixes == prefixes


def test_servers_of_a_path_and_of_a_method() -> None:
    """The nearest ones are an operation's own."""
    path: dict[str, Any] = {
        "servers": [{"url": "/path"}],
        "get": {"servers": [{"url": "/get"}]},
        "put": {},
    }
    found = read_document(document({"/a": path}, servers=[{"url": "/all"}]))
    assert found.prefixes == ("/all",)
    assert [each.prefixes for each in found.operations] == [("/get",), ("/path",)]
    assert only(document({"/a": {"get": {}}})).prefixes == ()


# -- examples of paths --------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ({"example": "x y"}, "x%20y"),
        ({"example": 7, "schema": {"example": 8}}, "7"),
        ({"schema": {"example": 8, "default": 9}}, "8"),
        ({"schema": {"default": 9, "enum": [3]}}, "9"),
        ({"default": 0}, "0"),
        ({"schema": {"enum": ["b", "c"]}}, "b"),
        ({"enum": []}, "1"),
        ({"schema": {"type": "boolean"}}, "true"),
        ({"schema": {"default": False}}, "false"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        (
            {"schema": {"type": "string", "format": "uuid"}},
            "00000000-0000-4000-8000-000000000000",
        ),
        ({"schema": {"type": ["string", "null"]}}, "1"),
        ({"example": {"a": 1}}, "1"),
        ({"in": "query", "example": "q"}, "1"),
        ({"name": 3, "example": "q"}, "1"),
        ({"schema": {"$ref": "#/lost"}, "example": "q"}, "1"),
        ({"schema": 3}, "1"),
        ({"example": "\ud800"}, "%3F"),
    ],
    ids=str,
)
def test_examples(parameter: dict[str, Any], value: str) -> None:
    """A value that is written down, or one that its type allows."""
    parameter = {"in": "path", "name": "id", **parameter}
    assert example("/a/{id}/b", parameter) == f"/a/{value}/b"


def test_parameters_of_a_path_and_of_a_method() -> None:
    """The method's come first; a reference is followed, a lost one is no error."""
    path: dict[str, Any] = {
        "parameters": [
            {"in": "path", "name": "a", "example": "path"},
            {"in": "path", "name": "b", "example": "path"},
            {"$ref": "https://example.com/parameters.json#/c"},
            {"$ref": "#/components/parameters/d"},
            3,
        ],
        "get": {"parameters": [{"in": "path", "name": "a", "example": "get"}]},
    }
    components = {"parameters": {"d": {"in": "path", "name": "d", "example": "ref"}}}
    found = only(document({"/{a}/{b}/{c}/{d}": path}, components=components))
    assert found.example == "/get/path/1/ref"
    assert only(document({"/{a}": {"parameters": 3, "get": {}}})).example == "/1"


# -- references ---------------------------------------------------------------------


def write(folder: Path, **files: object) -> Path:
    """Write JSON files; the document is the first."""
    for name, value in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    return folder / f"{next(iter(files))}.json"


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/pathItems/a",
        "#/components/pathItems/x~1y~0z",
        "#/components/pathItems/caf%C3%A9",
        "#/components/list/1",
        "items.json",
        "./sub/../items.json#",
        "items.json#/inner",
        "sub/far.json#/back",
        "document.json#/components/pathItems/a",
    ],
)
def test_references(reference: str, tmp_path: Path) -> None:
    """A path item can be elsewhere in the document, and in a file beside it."""
    item = {"get": {"deprecated": True}}
    source = write(
        tmp_path,
        document=document(
            {"/a": {"$ref": reference}},
            components={
                "pathItems": {"a": item, "x/y~z": item, "café": item},
                "list": [3, item],
            },
        ),
        items={**item, "inner": item},
        **{"sub/far": {"back": {"$ref": "../items.json#/inner"}}},
    )
    assert only(source) == Operation("GET", "/a", True, None, (), "/a")


def test_what_is_next_to_a_reference_wins() -> None:
    """The rest is the target's."""
    path = {"$ref": "#/components/a", "get": {}}
    there = {"get": {"deprecated": True}, "put": {"deprecated": True}}
    found = read_document(document({"/a": path}, components={"a": there})).operations
    assert [(each.method, each.deprecated) for each in found] == [
        ("GET", False),
        ("PUT", True),
    ]


def test_references_of_paths_and_methods(tmp_path: Path) -> None:
    """Documents that are split into files have references in these places, too."""
    source = write(
        tmp_path,
        document=document({"$ref": "paths.json"}),
        paths={"/a": {"get": {"$ref": "./get.json"}}},
        get={"deprecated": True},
    )
    assert only(source).deprecated


def chain(length: int) -> dict[str, Any]:
    """Write a document whose path is this number of references away."""
    steps: dict[str, Any] = {
        str(n): {"$ref": f"#/components/{n + 1}"} for n in range(length - 1)
    }
    steps[str(length - 1)] = {"get": {}}
    return document({"/a": {"$ref": "#/components/0"}}, components=steps)


def test_the_number_of_steps() -> None:
    """20 references can follow each other, and no more."""
    assert methods(chain(20)) == [("GET", "/a")]
    with pytest.raises(
        DocumentError, match=r"^/a: its \$ref leads in a circle, or takes more than 20"
    ):
        read_document(chain(21))


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (
            {"$ref": "#/nowhere"},
            "/a: the reference #/nowhere is lost: nothing is there.",
        ),
        ({"$ref": "#/tags/1"}, "is lost: nothing is there."),
        ({"$ref": "#/tags/x"}, "is lost: nothing is there."),
        ({"$ref": "#/info/title/x"}, "is lost: nothing is there."),
        ({"$ref": "#/info/title/0"}, "is lost: nothing is there."),
        ({"$ref": "#/info/0"}, "is lost: nothing is there."),
        ({"$ref": "#anchor"}, "is lost: after # comes a path, such as #/paths."),
        ({"$ref": "other.json"}, "is lost: this document has no folder."),
        ({"$ref": "https://example.com/a"}, "is lost: this document has no folder."),
        ({"$ref": 3}, "/a: its $ref is not a reference."),
        ({"$ref": "#/" + "x" * 1999}, "/a: its $ref is not a reference."),
        ({"$ref": "#/" + "x" * 1998}, "is lost: nothing is there."),
        ({"$ref": "#/paths/~1a"}, "/a: its $ref leads in a circle"),
        ({"$ref": "#/info/title"}, "/a is not an object."),
        (3, "/a is not an object."),
        ({"get": SECRET}, "GET /a is not an object."),
        ({"get": {"$ref": "#/x"}}, "GET /a: the reference #/x is lost"),
        ({"additionalOperations": []}, "/a is not an object."),
        ({"additionalOperations": {"A\nB": 3}}, "'A\\nB' /a is not an object."),
    ],
    ids=str,
)
def test_what_a_mapping_can_get_wrong(item: object, problem: str) -> None:
    """The error names the path and the reference."""
    source = document({"/a": item}, tags=[{}], info={"title": SECRET})
    with pytest.raises(DocumentError) as caught:
        read_document(source)
    assert problem in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("paths", [[], "x", 3], ids=str)
def test_paths_that_are_none(paths: object) -> None:
    """Paths are an object."""
    with pytest.raises(DocumentError, match=r"^paths is not an object"):
        read_document(document(paths))


def test_names_that_are_not_text() -> None:
    """A key that JSON can't have is left out; text that has no bytes is an error."""
    assert methods(document({3: {"get": {}}, "/a": {"get": {}}})) == [("GET", "/a")]
    bad: dict[str, Any]
    for bad in (
        {"/\ud800": {"get": {}}},
        {"/a": {"additionalOperations": {"\ud800": {}}}},
        {"/" + "a" * 2000: {"get": {}}},
    ):
        with pytest.raises(DocumentError, match="is too long, or not text"):
            read_document(document(bad))


# -- files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("../outside.json", "it leaves the document's folder"),
        ("link.json", "it leaves the document's folder"),
        ("%2e%2e/outside.json", "it leaves the document's folder"),
        ("/etc/passwd", "it leaves the document's folder"),
        ("loop.json", "" if sys.version_info >= (3, 13) else "it leaves"),
        ("a\0b.json", ""),
        ("x" * 1000, ""),
        ("gone.json", "gone.json can't be read. Is it there?"),
        ("pipe", "pipe is not a regular file"),
        (".", "is not a regular file"),
        ("secret.json", "secret.json, line 2: not JSON."),
        ("secret.yaml", "secret.yaml, line 2: neither JSON nor plain YAML."),
        ("secret.txt", "secret.txt is not an OpenAPI document."),
        ("https://example.com/a.json", "nothing is fetched"),
        ("file:///etc/passwd", "nothing is fetched"),
        ("//example.com/a.json", "nothing is fetched"),
        ("http://[", ""),
        ("a\nb.json", "'a\\nb.json'"),
    ],
    ids=ascii,
)
def test_files_that_are_not_read(reference: str, problem: str, tmp_path: Path) -> None:
    """A reference stays in the document's folder, and no error shows a file's text."""
    pytest.importorskip("yaml")
    folder = tmp_path / "api"
    source = write(folder, document=document({"/a": {"$ref": reference}}))
    (tmp_path / "outside.json").write_text(json.dumps({"get": {"x": SECRET}}))
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    (folder / "secret.json").write_text(f'{{"a":\n{SECRET}}}')
    (folder / "secret.yaml").write_text(f"a: 1\nb: !{SECRET} {SECRET}\n")
    (folder / "secret.txt").write_text(f"{SECRET}={SECRET}")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this platform has no named pipes")
    os.mkfifo(folder / "pipe")
    with pytest.raises(DocumentError) as caught:
        read_document(source)
    assert str(caught.value).startswith("/a: the reference ")
    assert problem in str(caught.value)
    assert SECRET not in repr(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_a_link_inside_the_folder(tmp_path: Path) -> None:
    """A link may lead to another file of the folder; the document may be a link."""
    source = write(
        tmp_path, document=document({"/a": {"$ref": "link"}}), item={"get": {}}
    )
    (tmp_path / "link").symlink_to("item.json")
    away = tmp_path / "away"
    away.mkdir()
    (away / "openapi").symlink_to(source)
    assert methods(away / "openapi") == methods(source) == [("GET", "/a")]


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    """The file is named as it was given."""
    with pytest.raises(
        DocumentError, match=r"^nowhere\.json can't be read. Is it there"
    ):
        read_document("nowhere.json")
    with pytest.raises(DocumentError, match="is not a regular file"):
        read_document(tmp_path)


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many references into one file cost one reading."""
    paths = {f"/{n}": {"$ref": "item.json"} for n in range(50)}
    source = write(tmp_path, document=document(paths), item={"get": {}})
    names: list[str] = []
    parse = openapi.parse

    def watch(data: bytes, name: str) -> Any:
        names.append(name)
        return parse(data, name)

    monkeypatch.setattr(openapi, "parse", watch)
    assert len(methods(source)) == 50
    assert names == [str(source), "item.json"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    """Windows PowerShell writes UTF-16 when output is redirected."""
    source = tmp_path / "openapi.json"
    source.write_bytes(json.dumps(document({"/a": {"get": {}}})).encode(encoding))
    assert methods(source) == [("GET", "/a")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xff\xfa", "is not a text file"),
        (b"", "line 1: not JSON"),
        (b"{\n\n]", "line 3: not JSON"),
        pytest.param(b"[" * 100_000, "is nested too deeply", marks=needs_a_stack),
        (b"1" * 5000, "line 1: not JSON"),
        (b"[]", "is not an OpenAPI document"),
        (b"x" * (openapi.MAX_BYTES + 1), "is larger than 10 MB"),
    ],
    ids=["binary", "empty", "broken", "deep", "number", "list", "huge"],
)
def test_files_that_are_no_json(data: bytes, problem: str, tmp_path: Path) -> None:
    """The error names the file, and the line if it is known."""
    source = tmp_path / "openapi.json"
    source.write_bytes(data)
    with pytest.raises(DocumentError, match=problem) as caught:
        read_document(source)
    assert str(source) in str(caught.value)


# -- YAML ---------------------------------------------------------------------------

YAML = """
openapi: 3.1.0
servers: [{url: /api}]
x-old: &old {deprecated: yes, x-sunset: 2026-07-01}
paths:
  /a:
    get: {<<: *old}
    put: {<<: [*old, {x-more: 1}], x-sunset: 2026-02-31}
    post:
"""


def test_yaml(tmp_path: Path) -> None:
    """A date stays the text that somebody wrote; merges are followed."""
    pytest.importorskip("yaml")
    source = tmp_path / "openapi.yaml"
    source.write_text(YAML)
    found = read_document(source)
    assert found.prefixes == ("/api",)
    assert [
        (each.method, each.deprecated, each.sunset) for each in found.operations
    ] == [
        ("GET", True, "2026-07-01"),
        ("PUT", True, "2026-02-31"),
        ("POST", False, None),
    ]


def merges(levels: int, width: int) -> str:
    """Write mappings each of which has the one before many times."""
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(width)) + "}"]
    for n in range(1, levels):
        before = ", ".join([f"*a{n - 1}"] * width)
        own = ", ".join(f"b{n}x{m}: 1" for m in range(width))
        lines.append(f"a{n}: &a{n} {{<<: [{before}], {own}}}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: !!python/object/apply:os.system [exit]", 1),
        ("a: 1\nb: !secret hunter2", 2),
        ("a: !!bool hunter2", None),
        ("a: *hunter2", 1),
        ("a: 1\n b: hunter2", 2),
        ("? [a]\n: hunter2", 1),
        ("a: 1\n---\nhunter2: 2", 2),
        ("a: \x07hunter2", None),
        pytest.param("[" * 100_000, None, marks=needs_a_stack),
        pytest.param("{a: " * 100_000, None, marks=needs_a_stack),
        pytest.param("- " * 100_000, None, marks=needs_a_stack),
        ("a: &a {<<: 3}", 1),
    ],
    ids=range(12),
)
def test_what_is_no_yaml(text: str, line: int | None) -> None:
    """Whatever PyYAML makes of a text, the error has a line at most."""
    pytest.importorskip("yaml")
    with pytest.raises(DocumentError) as caught:
        openapi.parse(text.encode(), "standard input")
    where = f", line {line}" if line else ""
    if line:
        assert (
            str(caught.value) == f"standard input{where}: neither JSON nor plain YAML."
        )
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1" + ":1" * 200_000,
        "a: &a [*a]\nb: &b {c: *b}",
        "a: !!int hunter2\nb: !!timestamp x\nc: !!float x\nd: !!binary x",
        "a: " + "9" * 100_000,
        merges(12, 8),
    ],
    ids=["sexagesimal", "circle", "tags", "digits", "merges"],
)
def test_yaml_that_takes_long_elsewhere(text: str) -> None:
    """Texts on which plain PyYAML spends minutes, or fails, are read at once."""
    pytest.importorskip("yaml")
    start = time.process_time()
    assert openapi.parse(text.encode(), "x")
    assert time.process_time() - start < 5


def test_a_large_document_must_be_json() -> None:
    """PyYAML takes seconds for each megabyte; JSON is read at once."""
    paths = {f"/{n}": {"summary": "x" * 1000} for n in range(2500)}
    text = json.dumps(document(paths)).encode()
    assert len(openapi.parse(text, "x")["paths"]) == 2500  # type: ignore[arg-type]
    start = time.process_time()
    with pytest.raises(DocumentError) as caught:
        openapi.parse(b"# A comment.\n" + text, "openapi.yaml")
    assert time.process_time() - start < 1
    assert str(caught.value) == (
        "openapi.yaml is larger than 2 MB, which is much for YAML. Convert it to JSON."
    )


def test_merges_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of merges of merges is given up."""
    pytest.importorskip("yaml")
    from flask_method_guard.inspection import yaml_text  # noqa: PLC0415

    monkeypatch.setattr(yaml_text, "_MAX_PAIRS", 1000)
    with pytest.raises(DocumentError, match="neither JSON nor plain YAML"):
        openapi.parse(merges(12, 8).encode(), "x")


def test_without_a_yaml_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON needs nothing; for YAML the error names the extra."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(
        sys.modules, "flask_method_guard.inspection.yaml_text", raising=False
    )
    source = tmp_path / "openapi.yaml"
    source.write_text(YAML)
    with pytest.raises(
        DocumentError, match=r"pip install 'flask-method-guard\[openapi\]'"
    ):
        read_document(source)
    source.write_text(json.dumps(document({"/a": {"get": {}}})))
    assert methods(source) == [("GET", "/a")]


# -- documents that are small and mean much --------------------------------------------


def test_too_many_methods() -> None:
    """A few lines can stand for millions of methods."""
    item: dict[str, Any] = {"additionalOperations": {f"M{n}": {} for n in range(3000)}}
    paths = {f"/{n}": {"$ref": "#/components/a"} for n in range(3000)}
    with pytest.raises(DocumentError, match="more than 20,000 methods"):
        read_document(document(paths, components={"a": item}))


def test_too_many_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every method can have the same hundred parameters, each 20 references away."""
    monkeypatch.setattr(openapi, "_MAX_OBJECTS", 10_000)
    steps: dict[str, Any] = {
        str(n): {"$ref": f"#/components/{n + 1}"} for n in range(19)
    }
    steps["19"] = {"in": "path", "name": "a", "example": "x"}
    steps["item"] = {"get": {}, "parameters": [{"$ref": "#/components/0"}] * 100}
    paths = {f"/{n}/{{a}}": {"$ref": "#/components/item"} for n in range(6)}
    with pytest.raises(DocumentError, match="refers to more than 10,000 objects"):
        read_document(document(paths, components=steps))
    few = dict(list(paths.items())[:4])
    found = read_document(document(few, components=steps)).operations
    assert [each.example for each in found] == [f"/{n}/x" for n in range(4)]


def test_servers_that_every_path_shares() -> None:
    """A list of long URLs is read once, however many paths refer to it."""
    url = "/" + "{a}" * 600
    variables = {"a": {"default": "x" * 2000}}
    servers = [{"url": f"/{n}{url}", "variables": variables} for n in range(100)]
    paths = {f"/{n}": {"$ref": "#/components/a"} for n in range(5000)}
    components = {"a": {"get": {}, "servers": servers}}
    start = time.process_time()
    found = read_document(document(paths, components=components)).operations
    assert time.process_time() - start < 5
    assert len(found) == 5000
    assert len(found[-1].prefixes) == 100


def test_lists_are_read_as_far_as_anyone_writes_them() -> None:
    """A list that every method shares costs no more for its length."""
    servers = [{"url": f"/{n}"} for n in range(1000)]
    parameters = [{"in": "path", "name": f"p{n}", "example": "x"} for n in range(1000)]
    item: dict[str, Any] = {"get": {}, "servers": servers, "parameters": parameters}
    found = only(document({"/{p0}/{p999}": item}, servers=servers))
    assert len(found.prefixes) == 100
    assert found.example == "/x/1"
