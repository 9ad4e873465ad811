"""A bare reply: a plain handler of the same framework, under the same settings of the same web server."""

import sys

import uvicorn
from litestar import Litestar, MediaType, get

from clientela.serving import Listen, listening, server_config

BODY = b'{"items":[]}'


@get("/", media_type=MediaType.JSON)
async def bare() -> bytes:
    """Answer with a constant."""
    return BODY


def create_app() -> Litestar:
    """Build the application that does nothing else."""
    return Litestar([bare], openapi_config=None, logging_config=None, debug=False)


def main() -> None:
    """Serve on the port of the first argument."""
    listen = Listen(port=int(sys.argv[1]))
    with listening(listen) as sock:
        uvicorn.Server(server_config(listen, "bench.bare:create_app")).run(sockets=[sock])


if __name__ == "__main__":
    main()
