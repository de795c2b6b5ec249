"""Serve the bookshop with waitress until it is stopped."""

import logging
import socket

import waitress

from examples.bookshop import create_app


def main(port: int = 0, greeting: str = "{url}") -> None:
    """Print the server's address, and serve.

    :param port: the port; 0 for a free one.
    :param greeting: the text to print, with ``{url}`` in place of the address.
    """
    # It warns about every request that waits, even if only for a thread to wake up.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with socket.create_server(("127.0.0.1", port)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(greeting.format(url=url), flush=True)
        waitress.serve(create_app(), sockets=[listener])


if __name__ == "__main__":
    main()
