"""The ledger spoken to directly, beside HTTP."""

from collections.abc import AsyncIterator

import pytest

from clientela.core.db import Pool
from clientela.settings import Settings
from tests.tools.database import Database


@pytest.fixture
async def pool(db: Database) -> AsyncIterator[Pool]:
    """A pool of the product's own making on the worker's database; `pool.db` is what services get."""
    made = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    yield made
    await made.close()
