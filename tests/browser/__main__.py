"""Take the documentation's picture of the error page: ``python3 -m tests.browser``."""

from tests._bootstrap import run

if __name__ == "__main__":
    run("browser", "-m", "tests.browser.picture")
