"""Agreement over random URL maps and random documents, the judge being the app.

Each method is really sent, and what comes back is compared with what the document says
there: the status, and the headers of a deprecation. Of the package, only the extension
and the report are used, so that no mistake can prove itself right.

``METHOD_GUARD_MAPS`` and ``METHOD_GUARD_SEED`` choose how many maps, and which, as in
``test_properties.py``.
"""

from __future__ import annotations

import math
import os
import re
import typing as t
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from flask_method_guard import MethodGuard, deprecated_methods
from flask_method_guard.report import DocumentError, agreement

MAPS = int(os.environ.get("METHOD_GUARD_MAPS", "40"))
ROUNDS = math.ceil(MAPS / 2000)
SEED = int(os.environ.get("METHOD_GUARD_SEED", "0"))

#: A piece of a rule, how a document writes it, and a text that it matches. No text is
#: matched by another piece, unless that one matches everything.
PIECES = {
    "a": ("a", "a"),
    "b": ("b", "b"),
    "<int:{}>": ("{{{}}}", "1"),
    "<{}>": ("{{{}}}", "sample"),
    "<any(p, q):{}>": ("{{{}}}", "p"),
    "v-<int:{}>.json": ("v-{{{}}}.json", "v-1.json"),
    "<float:{}>": ("{{{}}}", "1.0"),
}
NAMES = ("id", "name", "x")
METHODS = ("get", "put", "post", "delete", "purge")
SUNSETS = ("2030-01-01", "2031-01-01")


@dataclass(frozen=True)
class RuleSpec:
    """One rule of a map, and what the document says of it."""

    pieces: tuple[tuple[str, str], ...]
    slash: bool
    methods: tuple[str, ...]
    deprecated: str | None
    sunset: str | None

    def write(self, part: int) -> str:
        """Write the rule (0), its path (1), a URL of it (2) or another one (3)."""
        texts = []
        for number, (piece, name) in enumerate(self.pieces):
            other = "1" if piece == "<{}>" else PIECES[piece][1]
            forms = (piece, *PIECES[piece], other)
            texts.append(forms[part].format(f"{name}{number}"))
        return "/" + "/".join(texts) + "/" * (self.slash and bool(texts))


#: What is wrong with a document, one at most of each path.
FAULTS = (
    *("", "", "", "", "drop", "more", "slash", "rename", "stale", "deprecated"),
    *("current", "sunset", "date"),
)


@dataclass(frozen=True)
class Case:
    """A map, and how its document is written."""

    rules: tuple[RuleSpec, ...]
    prefix: str
    servers: tuple[str, ...]
    faults: tuple[str, ...]
    referenced: tuple[bool, ...]

    def app(self) -> Flask:
        """Make the app; each view says who it is."""
        app = Flask("mapped", static_folder=None)
        app.testing = True
        MethodGuard(app)
        for number, rule in enumerate(self.rules):
            self._add(app, f"e{number}", rule)
        return app

    def _add(self, app: Flask, endpoint: str, rule: RuleSpec) -> None:
        def view(**_: object) -> tuple[str, dict[str, str]]:
            return "", {"X-Endpoint": endpoint}

        if rule.deprecated:
            mark = {"since": "2020-01-01", "sunset": rule.sunset}
            view = deprecated_methods(rule.deprecated.upper(), **mark)(view)
        app.add_url_rule(
            self.prefix + rule.write(0), endpoint, view, methods=[*rule.methods]
        )

    def paths(self) -> dict[str, dict[str, t.Any]]:
        """Write the paths of the document, with their faults."""
        found: dict[str, dict[str, t.Any]] = {}
        for rule, fault in zip(self.rules, self.faults, strict=True):
            known = found.setdefault(write_path(rule, fault), {})
            for method, operation in write_item(rule, fault).items():
                known.setdefault(method, operation)
        return found

    def document(self) -> dict[str, t.Any]:
        """Write the document; some path items are elsewhere in it."""
        paths: dict[str, t.Any] = {}
        items: dict[str, t.Any] = {}
        for number, (path, item) in enumerate(self.paths().items()):
            purge = item.pop("purge", None)
            if purge is not None:
                item["additionalOperations"] = {"PURGE": purge}
            paths[path] = item
            if self.referenced[number]:
                items[f"{number}/~"] = item
                paths[path] = {"$ref": f"#/components/items/{number}~1~0"}
        servers = [{"url": url} for url in (*self.servers, self.prefix or "/")]
        return {
            "openapi": "3.2.0",
            "servers": servers,
            "paths": paths,
            "components": {"items": items},
        }


def write_path(rule: RuleSpec, fault: str) -> str:
    """Write the path of a rule, with a fault."""
    path = rule.write(1)
    if fault == "slash" and path != "/":
        return path.rstrip("/") if path.endswith("/") else f"{path}/"
    if fault == "stale":
        return f"{path.rstrip('/')}/gone"
    return re.sub(r"\{.*?\}", "{other}", path) if fault == "rename" else path


def write_item(rule: RuleSpec, fault: str) -> dict[str, t.Any]:
    """Write the methods of a rule, with a fault."""
    item: dict[str, t.Any] = {method: {} for method in rule.methods}
    if rule.deprecated in item:
        item[rule.deprecated] = {"deprecated": True}
        if rule.sunset:
            item[rule.deprecated]["x-sunset"] = rule.sunset
    first = rule.methods[0]
    match fault:
        case "drop":
            del item[first]
        case "more":
            item |= {method: {} for method in METHODS}
        case "deprecated":
            item[first] = {"deprecated": True}
        case "current":
            item[first] = {}
        case "sunset" | "date":
            date = SUNSETS[0] if fault == "sunset" else "soon"
            item[first] = {**item[first], "x-sunset": date}
    return item


def draw_cases() -> st.SearchStrategy[Case]:
    """Draw maps with documents."""
    rule = st.builds(
        RuleSpec,
        pieces=st.lists(
            st.tuples(st.sampled_from(sorted(PIECES)), st.sampled_from(NAMES)),
            min_size=0,
            max_size=3,
        ).map(tuple),
        slash=st.booleans(),
        methods=st.lists(
            st.sampled_from(METHODS), min_size=1, max_size=3, unique=True
        ).map(tuple),
        deprecated=st.sampled_from((None, None, *METHODS)),
        sunset=st.sampled_from((None, *SUNSETS)),
    )
    rules = st.lists(rule, min_size=1, max_size=5, unique_by=lambda r: r.write(0))
    return rules.flatmap(
        lambda found: st.builds(
            Case,
            rules=st.just(tuple(found)),
            prefix=st.sampled_from(("", "/api", "/api/v1")),
            servers=st.sampled_from(((), (), ("https://x.example/lie",))),
            faults=st.tuples(*[st.sampled_from(FAULTS)] * len(found)),
            referenced=st.tuples(*[st.booleans()] * (2 * len(found))),
        )
    )


# -- the judge ----------------------------------------------------------------------


@dataclass
class Judge:
    """Says what is different, from what the app sends."""

    case: Case
    app: Flask

    def send(self, method: str, url: str) -> t.Any:
        """Send a request."""
        client = self.app.test_client()
        return client.open(self.case.prefix + url, method=method.upper())

    def partners(self, path: str) -> list[int]:
        """Return the rules that a path may mean."""
        shape = re.sub(r"\{.*?\}", "{}", path).rstrip("/")
        same = [
            number
            for number, rule in enumerate(self.case.rules)
            if re.sub(r"\{.*?\}", "{}", rule.write(1)).rstrip("/") == shape
        ]
        named = [
            number
            for number in same
            if self.case.rules[number].write(1).rstrip("/") == path.rstrip("/")
        ]
        return named or same

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """Yield id, method and path of what is sent and of what is written."""
        paths = self.case.paths()
        for path, item in paths.items():
            for method, operation in item.items():
                for kind in self.of_operation(path, method, operation):
                    yield kind, method.upper(), path
        meant = {n for path in paths if paths[path] for n in self.partners(path)}
        for number, rule in enumerate(self.case.rules):
            listed = {
                method
                for path, item in paths.items()
                if number in self.partners(path)
                for method in item
            }
            for method in {*rule.methods} - listed:
                response = self.send(method, rule.write(2))
                is_chosen = number not in meant and self.is_chosen(number, method)
                if response.headers.get("X-Endpoint") == f"e{number}" and not is_chosen:
                    yield "MG204", method.upper(), self.case.prefix + rule.write(0)

    def urls(self, path: str) -> list[tuple[str, str]]:
        """Return URLs of a path, each with that of its rule."""
        slash = "/" * path.endswith("/")
        found = [self.case.rules[n].write(2) for n in self.partners(path)]
        return [(own.rstrip("/") + slash or "/", own) for own in found] or [
            (re.sub(r"\{.*?\}", "1", path), "")
        ]

    def is_chosen(self, number: int, method: str) -> bool:
        """Return whether the app chooses a rule for a path that means another."""
        return any(
            self.send(method, url).headers.get("X-Endpoint") == f"e{number}"
            for path, item in self.case.paths().items()
            if method in item
            for url, _ in self.urls(path)
        )

    def of_operation(
        self, path: str, method: str, said: dict[str, t.Any]
    ) -> Iterator[str]:
        """Compare one documented method with what is sent."""
        sent = [(self.send(method, url), own) for url, own in self.urls(path)]
        served = [
            self.send(method, own) if response.status_code == 308 else response
            for response, own in sent
            if response.status_code in (200, 308)
        ]
        if not served:
            statuses = {response.status_code for response, _ in sent}
            yield "MG201" if statuses == {404} else "MG202"
            return
        marks = ["Deprecation" in response.headers for response in served]
        if all(marks) and not said.get("deprecated"):
            yield "MG205"
        if not any(marks) and said.get("deprecated"):
            yield "MG206"
        sunsets = [response.headers.get("Sunset") for response in served]
        days = [str(parsedate_to_datetime(text).date()) for text in sunsets if text]
        if said.get("x-sunset", "") not in ("", *days):
            yield "MG207"


def is_clear(case: Case, app: Flask) -> bool:
    """Return whether each rule is reached at its URL, and has one answer to the rest.

    Otherwise the report may know another URL of it, where another rule has the method.
    """
    judge = Judge(case, app)
    return all(
        judge.send(method, rule.write(2)).headers.get("X-Endpoint") == f"e{number}"
        if method in rule.methods
        else judge.send(method, rule.write(2)).status_code
        == judge.send(method, rule.write(3)).status_code
        for number, rule in enumerate(case.rules)
        for method in METHODS
    )


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_the_app_is_the_judge(round_: int) -> None:
    """Every difference is one that a client meets, and every one is found."""

    @seed(SEED + round_)
    @settings(
        max_examples=min(MAPS, 2000),
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(draw_cases())
    def compare(case: Case) -> None:
        app = case.app()
        if not is_clear(case, app):
            return
        found = agreement(app, case.document(), under="/", prefix=case.prefix)
        assert not found.not_compared
        expected = set(Judge(case, app).differences())
        assert {(each.id, each.method, each.path) for each in found} == expected
        # The path of a server that fits gives the same, unless another fits as well.
        if not case.servers and not case.prefix:
            assert agreement(app, case.document(), under="/") == found

    compare()


# -- documents that are damaged -----------------------------------------------------

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(("#/paths", "#", "#/paths/~1a", "x.json", "/{x}"))
)
KEYS = st.sampled_from(("$ref", "get", "parameters", "servers", "url", "x", "/a"))


def nested(inner: st.SearchStrategy[t.Any]) -> st.SearchStrategy[t.Any]:
    """Put values into lists and objects."""
    more = PLAIN | inner
    return st.lists(more, max_size=3) | st.dictionaries(KEYS, more, max_size=4)


VALUES = PLAIN | nested(PLAIN) | nested(nested(PLAIN))


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_damaged_documents(round_: int) -> None:
    """Whatever is in the place of something, the end is a result or a clear error."""

    @seed(SEED + round_)
    @settings(
        max_examples=min(MAPS, 2000),
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(draw_cases(), st.data())
    def damage(case: Case, data: st.DataObject) -> None:
        document: dict[str, t.Any] = case.document()
        place: t.Any = document
        key: t.Any = data.draw(st.sampled_from(sorted(place)))
        while isinstance(place[key], (dict, list)) and place[key]:
            if data.draw(st.integers(0, 3)) == 0:
                break
            place = place[key]
            keys = sorted(place) if isinstance(place, dict) else range(len(place))
            key = data.draw(st.sampled_from(list(keys)))
        place[key] = data.draw(VALUES)
        with suppress(DocumentError):
            for each in agreement(case.app(), document):
                assert each.message.isprintable()

    damage()
