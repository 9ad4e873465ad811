"""What the tests of reminders share: the job in this process, and the links that it sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from clientela.core.db import Pool
from clientela.identidad import signing
from clientela.postventa import links, reminders
from clientela.settings import Settings
from tests.tools.database import Database, run
from tests.tools.server import SECRET

ENLACE = "/api/v1/visitas/enlace"


@asynccontextmanager
async def pool_of(db: Database, **settings: Any) -> AsyncIterator[Pool]:
    """Connections of a process that has the key of the servers under test."""
    signing.keyring.load(SECRET)
    pool = await Pool(Settings(database_url=db.dsn, secreto=SECRET, **settings), lambda: db.dsn).open()
    try:
        yield pool
    finally:
        await pool.close()


async def remind_at_once(db: Database, times: int, **settings: Any) -> None:
    """Run the job to its end so many times, side by side."""

    async def once(pool: Pool) -> None:
        more = True
        while more:
            async with pool.db.transaction() as tx:
                more = await reminders.remind(tx)

    async with pool_of(db, **settings) as pool:
        await asyncio.gather(*(once(pool) for _ in range(times)))


def remind(db: Database, **settings: Any) -> None:
    """Run the job once."""
    run(remind_at_once(db, 1, **settings))


def link(visita: dict[str, Any], *, later: timedelta = timedelta(0)) -> str:
    """The token of a visit's link, for its date or another one."""
    signing.keyring.load(SECRET)
    return links.sign(UUID(visita["id"]), datetime.fromisoformat(visita["fecha_programada"]) + later)


def mails(db: Database, visita: dict[str, Any]) -> int:
    """How many mails there are of a visit."""
    found: int = db.fetchval(
        "SELECT count(*) FROM correos WHERE clave LIKE 'mantenimiento:' || $1 || ':%'", visita["id"]
    )
    return found


def reminded(db: Database, visita: dict[str, Any]) -> int:
    """How often a client's devices heard that he is reminded of a visit."""
    found: int = db.fetchval(
        "SELECT count(*) FROM eventos WHERE tipo = 'maintenance.reminder' AND datos ->> 'id' = $1",
        visita["id"],
    )
    return found
