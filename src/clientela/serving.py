"""Runs the server: the database if it is ours, then one or several processes of the application."""

import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
from uvicorn.supervisors import Multiprocess

from clientela.core.metrics import METRICS_DIRECTORY, Metrics
from clientela.core.postgres import EmbeddedPostgres
from clientela.settings import Settings

GRACE_SECONDS: Final = 8
# The largest message that a socket takes, in bytes.
MAX_FRAME: Final = 64 * 1024


class Listen(msgspec.Struct, frozen=True):
    """Where and how to listen."""

    host: str = "127.0.0.1"
    port: int = 3977
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Give the database's URL; the embedded server lives as long as the context, or as whoever supervises it."""
    if settings.database_url:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.data_dir)
    server.start()
    try:
        yield server.dsn()
    finally:
        server.stop()


def serve(listen: Listen, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests that have begun are finished, at most ten seconds."""
    Metrics(settings.data_dir / METRICS_DIRECTORY).clear()
    _admit_many()
    config = server_config(listen)
    with listening(listen) as sock:
        server = uvicorn.Server(config)
        if listen.workers > 1:
            Multiprocess(config, sockets=[sock]).run()
        else:
            _end_quietly()
            server.run(sockets=[sock])


def _admit_many() -> None:
    """Have as many open sockets as the system allows this process; its usual 1,024 would be the devices' limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _end_quietly() -> None:
    # Once it has ended, the web server raises its signal again; the database must still be stopped after that.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def server_config(listen: Listen, app: str = "clientela.app:create_app") -> uvicorn.Config:
    """Return how the web server runs an application factory."""
    return uvicorn.Config(
        app,
        factory=True,
        host=listen.host,
        port=listen.port,
        workers=listen.workers,
        loop="uvloop",
        http="clientela.app:HttpProtocol",
        ws="clientela.api.ws.protocol:SocketProtocol",
        ws_max_size=MAX_FRAME,
        # Devices are spoken to in frames of ours, all of them by one task instead of a timer each.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=4096,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
    )


@contextmanager
def listening(listen: Listen) -> Iterator[socket.socket]:
    """Bind the port before anything else is done with it."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((listen.host, listen.port))
        sock.set_inheritable(True)
        yield sock
    finally:
        sock.close()
