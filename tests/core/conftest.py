"""The core spoken to directly: a pool on the worker's migrated database, and a clock that a test can set."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clientela.core.clock import SystemClock
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.tools.cluster import Cluster
from tests.tools.database import Database


class SetClock:
    """The machine's time plus what the test adds to it."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.offset


@pytest.fixture
def clock() -> SetClock:
    """`clock.offset` moves the time of `core_pool`."""
    return SetClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data directory of the test's own."""
    return Settings(data_dir=tmp_path, secreto="s" * 32)


@pytest.fixture
async def core_pool(db: Database, settings: Settings, clock: SetClock) -> AsyncIterator[Pool]:
    """A pool of the product's own making; `core_pool.db` is what services get."""
    pool = await Pool(settings, lambda: db.dsn, clock).open()
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def own_database(cluster: Cluster, worker: str) -> Iterator[Database]:
    """A migrated database of the test module's own."""
    name = f"clientela_{os.getpid()}_{worker}_core_{os.urandom(3).hex()}"
    database = Database(cluster.create(name))
    yield database
    database.close()
    cluster.drop(name)


@pytest.fixture
async def empty_pool(own_database: Database, settings: Settings, clock: SetClock) -> AsyncIterator[Pool]:
    """A pool on a database whose core tables are empty and that no other test writes to."""
    # The audit log refuses to be emptied while its triggers work.
    own_database.execute(
        """ALTER TABLE auditoria DISABLE TRIGGER USER; ALTER TABLE auditoria_cadenas DISABLE TRIGGER USER;
           DELETE FROM auditoria; DELETE FROM auditoria_cadenas; DELETE FROM correos; DELETE FROM idempotencia;
           DELETE FROM limites; DELETE FROM eventos; DELETE FROM flujos; DELETE FROM trabajos_diarios;
           ALTER TABLE auditoria ENABLE TRIGGER USER; ALTER TABLE auditoria_cadenas ENABLE TRIGGER USER"""
    )
    pool = await Pool(settings, lambda: own_database.dsn, clock).open()
    yield pool
    await pool.close()
