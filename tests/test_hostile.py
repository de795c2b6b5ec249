"""What a hostile request costs: the script that measures it, and its limits."""

from __future__ import annotations

import pytest

from tests import hostile
from tests.hostile import KINDS, LIMIT, Kind, build, main
from tests.raw_wsgi import run


def test_every_kind_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is a line for each kind, and one over its limit fails the command."""
    kinds = {"cheap": Kind(limit=1_000), "expensive": Kind(limit=0)}
    monkeypatch.setattr(hostile, "KINDS", kinds)
    with pytest.raises(SystemExit, match=r"bare Flask: expensive$"):
        main(["--rounds", "1", "--size", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["cheap", "expensive"]


def test_a_hostile_request_is_no_error() -> None:
    """Each kind gets a response of the table, not a crash that would be cheap."""
    app = build(guard=True)
    found = {
        name: {run(app, environ).status for environ in kind.environs(2)}
        for name, kind in KINDS.items()
    }
    assert {k: v for k, v in found.items() if not v <= {200, 400, 404, 405, 501}} == {}


@pytest.mark.slow
def test_no_hostile_request_is_expensive() -> None:
    """The limits hold; the kinds with a higher one are paths alone."""
    main([])
    assert {name.split(",")[0] for name in KINDS if KINDS[name].limit > LIMIT} == {
        "path"
    }
