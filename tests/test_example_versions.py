"""The example that retires a version of an API, as it is played."""

import pytest

from tests.test_example_deprecation import play

LINKS = """\
    Link: <https://docs.example.com/from-v1-to-v2>; rel="deprecation"
    Link: </v2/books/1>; rel="successor-version"
"""
ANNOUNCED = f"""\
    Deprecation: @1767225600
    Sunset: Wed, 01 Jul 2026 00:00:00 GMT
{LINKS}"""
RETIRED = f"""\
{LINKS}    This resource was retired on 1 July 2026. Use GET /v2/books/1 instead.
"""
STORY = {
    "2026-02-01 00:00:00 UTC: announce": f"""\
  GET /v1/books/1: 200 OK
{ANNOUNCED}  GET /v2/books/1: 200 OK
""",
    "2026-03-01 00:00:00 UTC: watch": """\
  GET /v1/books/<int:number> is deprecated, 122 days left.
  PUT /v1/books/<int:number> is deprecated, 122 days left.
""",
    "2026-04-01 00:00:00 UTC: rehearse": """\
  On 2026-07-01, GET /v1/books/1 will get 410: gone.
  The contract test of that day passes: 30 responses.
""",
    "2026-05-05 14:45:00 UTC: brown out": f"""\
  GET /v1/books/1: 405 METHOD NOT ALLOWED
    Allow: OPTIONS
    Retry-After: 900
{ANNOUNCED}    GET is deprecated and is not available until 5 May 2026, 15:00 UTC. It
    may stop working for good on 1 July 2026. Use GET /v2/books/1 instead.
    Allowed: OPTIONS.
""",
    "2026-07-01 00:00:00 UTC: enforce": f"""\
  GET /v1/books/1: 410 GONE
{RETIRED}  DELETE /v1/books/1: 410 GONE
{RETIRED}  OPTIONS /v1/books/1: 200 OK
    Allow: OPTIONS
  GET /v1/docs: 200 OK
""",
    "2026-07-01 00:00:00 UTC: enforce, where the operator needs more time": f"""\
  GET /v1/books/1: 200 OK
{ANNOUNCED.replace("Wed, 01 Jul", "Thu, 01 Oct")}""",
    "2026-12-01 00:00:00 UTC: remove": """\
  GET /v1/books/1: 404 NOT FOUND
""",
}


@pytest.fixture(scope="module")
def scenes() -> dict[str, str]:
    """Play the story."""
    return play("examples.versions")


@pytest.mark.parametrize("title", STORY)
def test_each_scene(scenes: dict[str, str], title: str) -> None:
    """Each scene shows what clients get on its day."""
    assert scenes[title] == STORY[title]


def test_every_scene_is_known(scenes: dict[str, str]) -> None:
    """No scene is left out."""
    assert list(scenes) == list(STORY)
