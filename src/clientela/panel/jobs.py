"""Daily work of the panel."""

from datetime import date, time
from typing import Final

from clientela.core.db import Db
from clientela.core.jobs import Daily
from clientela.panel import service


async def wipe_sent(db: Db, _: date) -> bool:
    """Forget the texts of sendings that late autosaves are no longer compared with."""
    return await service.wipe_sent(db)


DIARIAS: Final = (Daily("borradores_enviados", time(3, 20), wipe_sent),)
