"""The exceptions: facts, rendering, and their place among Werkzeug's."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from markupsafe import Markup
from werkzeug import exceptions as werkzeug

from flask_method_guard import (
    Deprecation,
    InvalidMethod,
    MethodNotAllowed,
    MethodNotImplemented,
    MethodRejected,
    Reason,
)
from flask_method_guard.bodies import Facts
from flask_method_guard.config import MEDIA_TYPES
from flask_method_guard.exceptions import Rejection

FACTS = Facts(
    Reason.RETIRED,
    405,
    media_type="application/json",
    method="PUT",
    allowed_methods=("GET",),
    supported_methods=("GET", "PUT"),
    endpoint="items",
    docs_url="https://docs.example.com/",
    deprecation=Deprecation(notice="Use PATCH."),
)
CLASSES = [
    (InvalidMethod, werkzeug.BadRequest, 400),
    (MethodNotImplemented, werkzeug.NotImplemented, 501),
    (MethodNotAllowed, werkzeug.MethodNotAllowed, 405),
]


@pytest.mark.parametrize(("own", "base", "code"), CLASSES)
def test_resolution_order(
    own: type[Rejection], base: type[werkzeug.HTTPException], code: int
) -> None:
    """Werkzeug's classes come before the guard's own, so that their handlers win."""
    order = own.__mro__
    assert order.index(base) < order.index(werkzeug.HTTPException)
    assert order.index(werkzeug.HTTPException) < order.index(MethodRejected)
    assert order[-4:] == (MethodRejected, Exception, BaseException, object)
    assert own.code == own().code == code


def test_facts_are_attributes() -> None:
    """A handler of the app's own has all that the guard's answer has."""
    error = MethodNotAllowed(facts=FACTS)
    assert error.reason is Reason.RETIRED
    assert error.method == "PUT"
    assert error.allowed_methods == ("GET",)
    assert error.valid_methods == ["GET"]
    assert error.supported_methods == ("GET", "PUT")
    assert error.endpoint == "items"
    assert error.docs_url == "https://docs.example.com/"
    assert error.deprecation == Deprecation(notice="Use PATCH.")
    assert error.description == "PUT was retired. Use PATCH. Allowed: GET."
    assert str(error) == f"405 Method Not Allowed: {error.description}"


@pytest.mark.parametrize(("own", "base", "code"), CLASSES)
def test_no_facts(
    own: type[Rejection], base: type[werkzeug.HTTPException], code: int
) -> None:
    """An exception that an app makes by itself renders, too."""
    error = own()
    document = json.loads(error.get_body())
    assert document["status"] == code
    assert set(document) == {"type", "title", "status", "detail"}
    assert error.allowed_methods == error.supported_methods == ()
    headers = dict(error.get_headers())
    assert headers["Content-Type"] == "application/problem+json"
    assert "Allow" not in headers
    assert error.get_response().status_code == code


def test_valid_methods() -> None:
    """Given methods are kept as they are, and beat those of the facts."""
    error = MethodNotAllowed(["PUT", "GET"], facts=FACTS)
    assert error.valid_methods == ["PUT", "GET"]
    assert error.allowed_methods == ("PUT", "GET")
    assert dict(error.get_headers())["Allow"] == "PUT, GET"
    assert dict(MethodNotAllowed([]).get_headers())["Allow"] == ""


@pytest.mark.parametrize(("own", "base", "code"), CLASSES)
def test_description(
    own: type[Rejection], base: type[werkzeug.HTTPException], code: int
) -> None:
    """A description given, or set later, is the body's detail."""
    error = own(description="Not today.")
    assert json.loads(error.get_body())["detail"] == "Not today."
    error.description = "Never."
    assert json.loads(error.get_body())["detail"] == "Never."
    error.description = None
    assert json.loads(error.get_body())["detail"] == ""


class Lazy:
    """A text that is made where it is shown, as translations are."""

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "later"


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize(
    ("description", "text"),
    [(Lazy(), "later"), ({"why": "closed"}, "closed"), (4242, "4242")],
    ids=["lazy", "mapping", "number"],
)
def test_a_description_of_any_type(
    description: object, text: str, media_type: str
) -> None:
    """What is no string is shown as one, as Werkzeug's own exceptions do."""
    error = MethodNotAllowed(facts=FACTS._replace(media_type=media_type))
    error.description = description
    assert text in error.get_body()


def test_markup_and_its_text_are_two_descriptions() -> None:
    """Markup is the app's own, and opens no door for a text that looks like it."""
    facts = FACTS._replace(media_type="text/html")
    bodies = [
        MethodNotAllowed(None, text, facts=facts).get_body()
        for text in (Markup("<b>x</b>"), "<b>x</b>")
    ]
    assert "<p><b>x</b>" in bodies[0]
    assert "<p>&lt;b&gt;x&lt;/b&gt;" in bodies[1]


@pytest.mark.parametrize("clone", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
@pytest.mark.parametrize(
    "error",
    [
        MethodNotAllowed(facts=FACTS),
        MethodNotAllowed(["GET"], "Not today."),
        MethodNotImplemented(facts=Facts(Reason.NOT_IMPLEMENTED, 501, method="FOO")),
        InvalidMethod(),
    ],
    ids=repr,
)
def test_clones_render_again(error: Rejection, clone: object) -> None:
    """An exception pickles and copies, and its clone says the same."""
    assert callable(clone)
    again = clone(error)
    assert type(again) is type(error)
    assert again.get_body() == error.get_body()
    assert again.get_headers() == error.get_headers()
    assert vars(again) == vars(error)


def test_response() -> None:
    """A response given to the exception is its response."""
    response = MethodNotAllowed().get_response()
    assert InvalidMethod(response=response).get_response() is response
