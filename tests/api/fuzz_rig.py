"""Servers for fuzzing."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.api.world import World
from tests.cast import Cast
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.server import CLIENTELA, Server


def fuzzing_world(
    cluster: Cluster, worker: str, scratch: Path, *, program: tuple[str, ...] = (CLIENTELA,), workers: int = 2
) -> Iterator[World]:
    """A world on a database and a server that nobody else uses; it believes X-Forwarded-For of this machine."""
    name = f"clientela_{os.getpid()}_{worker}_fuzz{os.urandom(2).hex()}"
    database = Database(cluster.create(name))
    settings = {"proxies": "127.0.0.1"}
    with Server(scratch / name, database.dsn, workers=workers, settings=settings, program=program) as server:
        yield World(Cast(server.url, database, server.data_dir))
    database.close()
    cluster.drop(name)
