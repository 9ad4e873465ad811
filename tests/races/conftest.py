"""Shops to race in."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.races.shops import Shop
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.server import Server


@pytest.fixture
def shop(server: str, cast: Cast, db: Database) -> Shop:
    """The sound one, that all tests of a worker share."""
    return Shop(server, cast, db)


@pytest.fixture(scope="session")
def unguarded(cluster: Cluster, scratch: Path, worker: str) -> Iterator[Shop]:
    """One for controls, whose guards are taken away one after the other and put back (tests.tools.mutants)."""
    name = f"sin_guardia_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    with Server(scratch / name, database.dsn) as server:
        yield Shop(server.url, Cast(server.url, database, server.data_dir), database)
    database.close()
    cluster.drop(name)
