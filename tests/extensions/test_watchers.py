"""Extensions that watch: spans, counters and events are there for a refusal."""

from __future__ import annotations

import typing as t
from functools import partial

import flask

from tests.raw_wsgi import ask

from .apps import BY_NAME, add_items
from .kit import around, each_place, guarded, need

STATUS = "http.response.status_code"


def refusals(place: str) -> list[tuple[str, int]]:
    """Return methods and the statuses with which they are refused."""
    return [("PUT", 405), ("FOO", 405 if place == "none" else 501)]


@each_place
def test_prometheus_counts_and_times_a_refusal(place: str) -> None:
    """Each refusal is one request in the counter, and one in the histogram."""
    app = BY_NAME["prometheus-flask-exporter"].app(place)
    registry = app.extensions["test.registry"]
    for method, status in refusals(place):
        ask(app, method, "/items")
        labels = {"method": method, "status": str(status)}
        assert registry.get_sample_value("flask_http_request_total", labels) == 1
        labels["path"] = "/items"
        assert (
            registry.get_sample_value(
                "flask_http_request_duration_seconds_count", labels
            )
            == 1
        )
    assert "flask_http_request_total" in ask(app, "GET", "/metrics").text


@each_place
def test_opentelemetry_ends_a_span_for_a_refusal(place: str) -> None:
    """Every answer has its span, with the status that the client got."""
    app = BY_NAME["opentelemetry-instrumentation-flask"].app(place)
    spans = app.extensions["test.spans"]
    for method, path, status in [
        ("GET", "/items", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/items", 405),
        ("FOO", "/items", 405 if place == "none" else 501),
    ]:
        spans.clear()
        assert ask(app, method, path).status == status
        (span,) = spans.get_finished_spans()
        assert span.attributes["http.status_code"] == status
        assert span.end_time > span.start_time


@guarded
def test_early_refusals_are_seen_by_those_before_the_guard(place: str) -> None:
    """What the documentation warns of: REJECT_EARLY cuts off the hooks that follow."""
    early = {"METHOD_GUARD_REJECT_EARLY": True}
    app = BY_NAME["opentelemetry-instrumentation-flask"].app(place, **early)
    assert ask(app, "FOO", "/items").status == 501
    spans = app.extensions["test.spans"].get_finished_spans()
    assert len(spans) == (0 if place == "first" else 1)


@guarded
def test_opentelemetry_may_rebind_the_class(place: str) -> None:
    """Apps made before and after ``instrument()`` are both apps for the guard."""
    instrumentation = need(
        "opentelemetry.instrumentation.flask", "opentelemetry-instrumentation-flask"
    )
    before = flask.Flask("before", static_folder=None)
    instrumentor = instrumentation.FlaskInstrumentor()
    instrumentor.instrument()
    try:
        after = flask.Flask("after", static_folder=None)
        for app in (before, after):
            around(app, place, partial(add_items, app))
            assert ask(app, "FOO", "/items").status == 501
            assert ask(app, "GET", "/items").status == 200
    finally:
        instrumentor.uninstrument()


@each_place
def test_sentry_sees_transactions_and_no_error(
    place: str, sentry_events: list[dict[str, t.Any]]
) -> None:
    """A refusal is no error. Sentry itself leaves out the methods that it ignores."""
    app = BY_NAME["sentry-sdk"].app(place)
    for method, status in [("GET", 200), *refusals(place)]:
        sentry_events.clear()
        assert ask(app, method, "/items").status == status
        assert [
            (event["type"], event["contexts"]["trace"]["data"][STATUS])
            for event in sentry_events
        ] == ([] if method == "FOO" else [("transaction", status)])


@each_place
def test_sentry_still_gets_real_errors(
    place: str, sentry_events: list[dict[str, t.Any]]
) -> None:
    """A view that breaks is an event, with the guard as without it."""
    app = BY_NAME["sentry-sdk"].app(place)
    app.testing = False

    def breaks() -> t.NoReturn:
        raise ZeroDivisionError

    app.add_url_rule("/breaks", "breaks", breaks)
    assert ask(app, "GET", "/breaks").status == 500
    errors = [e for e in sentry_events if e.get("level") == "error"]
    assert [e["exception"]["values"][0]["type"] for e in errors] == [
        "ZeroDivisionError"
    ]
