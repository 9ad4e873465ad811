"""Background work of identity: reset mails, and the end of what is long over."""

from datetime import date, time, timedelta
from typing import Final

from clientela.core.db import Db
from clientela.core.jobs import Daily, Loop
from clientela.identidad import recovery
from clientela.identidad.passes import service as passes
from clientela.identidad.verification import service as verification

PURGE_AFTER: Final = timedelta(days=30)
BATCH: Final = 1000


async def _purge(db: Db, _: date) -> bool:
    before = db.now() - PURGE_AFTER
    more = [
        await recovery.purge(db, before, BATCH),
        await verification.purge(db, before, BATCH),
        await passes.purge(db, BATCH),
    ]
    return any(more)


LOOPS: tuple[Loop, ...] = (Loop("restablecimientos", 1.0, recovery.send_next_reset),)
DIARIAS: tuple[Daily, ...] = (Daily("identidad_limpieza", time(3, 20), _purge),)
