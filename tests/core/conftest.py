"""The core spoken to directly: a pool on the worker's migrated database, and a clock that a test can set."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clientela.core.clock import SystemClock
from clientela.core.db import Pool
from clientela.settings import Settings
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


@pytest.fixture
async def empty_pool(
    new_database: Callable[[], Database], settings: Settings, clock: SetClock
) -> AsyncIterator[Any]:
    """A pool on a database that no other test writes to."""
    database = new_database()
    pool = await Pool(settings, lambda: database.dsn, clock).open()
    yield pool
    await pool.close()
