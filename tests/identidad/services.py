"""The product's own services against a test's database, for what no route offers yet."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from clientela.core.db import Db, Pool
from clientela.settings import Settings
from tests.tools.database import Database

T = TypeVar("T")


def call(database: Database, work: Callable[[Db], Awaitable[T]], **settings: object) -> T:
    """Run a service call to its end on a pool of its own; `settings` are fields of Settings."""

    async def run() -> T:
        given = {"data_dir": Path("nowhere"), "bcrypt_costo": 4} | settings
        pool = await Pool(Settings(**given), lambda: database.dsn).open()  # type: ignore[arg-type]
        try:
            return await work(pool.db)
        finally:
            await pool.close()

    return asyncio.run(run())
