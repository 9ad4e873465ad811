"""Background work of field service."""

from datetime import date, time
from typing import Final

from clientela.core.db import Db
from clientela.core.jobs import Daily
from clientela.postventa import maintenance


async def _plan(db: Db, _: date) -> bool:
    return await maintenance.plan_all(db)


DIARIAS: Final = (Daily("visitas_mantenimiento", time(4, 10), _plan),)
