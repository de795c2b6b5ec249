"""Serve the bookshop with waitress until somebody stops it."""

import logging
import socket

import waitress

from examples.bookshop import create_app


def main(port: int = 0, greeting: str = "{url}") -> None:
    """Say where the server listens, and serve.

    :param port: 0 takes one that is free.
    :param greeting: the text that says where.
    """
    # It warns of any request that waits, if only for a thread to wake up.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with socket.create_server(("127.0.0.1", port)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(greeting.format(url=url), flush=True)
        waitress.serve(create_app(), sockets=[listener])


if __name__ == "__main__":
    main()
