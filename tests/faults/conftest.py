"""Servers and databases that the tests of faults may mistreat."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.tools.cluster import OwnCluster, start_embedded
from tests.tools.database import Database
from tests.tools.server import Server

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Site:
    """A server with its own database, and people on it."""

    server: Server
    db: Database
    cast: Cast


MakeSite = Callable[..., AbstractContextManager[Site]]


@pytest.fixture(scope="module")
def victim() -> Iterator[OwnCluster]:
    """A PostgreSQL of the module's own, which its tests freeze, kill and fill."""
    with start_embedded() as made:
        made.prepare_template()
        yield made
        made.thaw()


@pytest.fixture
def site(scratch: Path) -> MakeSite:
    """Factory of servers on a fresh database of a cluster; the words after it are theirs, or settings."""
    return open_site(scratch)


@pytest.fixture(scope="module")
def module_site(scratch: Path) -> MakeSite:
    """The same factory, for servers that all tests of a module share."""
    return open_site(scratch)


@pytest.fixture(scope="module")
def calm(victim: OwnCluster, module_site: MakeSite) -> Iterator[Site]:
    """One server for all tests of a module, which leave it as it was."""
    with module_site(victim) as found:
        yield found


def open_site(scratch: Path) -> MakeSite:
    """Make the factory of `site`."""

    @contextmanager
    def make(cluster: Any, **options: Any) -> Iterator[Site]:
        name = f"victima_{next(_numbers)}"
        database = Database(cluster.create(name))
        kinds = {"workers", "arguments", "program", "port"}
        words = {key: options.pop(key) for key in kinds & options.keys()}
        server = Server(scratch / name, database.dsn, settings=options, **words)
        try:
            server.start()
            yield Site(server, database, Cast(server.url, database, server.data_dir))
        finally:
            server.kill()
            database.close()
            cluster.drop(name)

    return make
