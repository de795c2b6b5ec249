"""Build the documentation: ``python3 -m docs``. The pages are in docs/_build/html."""

from tests._bootstrap import ROOT, run

if __name__ == "__main__":
    folder = ROOT / "docs"
    run(
        "site", "-m", "sphinx", "-n", "-W", str(folder), str(folder / "_build" / "html")
    )
