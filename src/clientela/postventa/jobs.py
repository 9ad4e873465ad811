"""Background work of field service."""

from collections.abc import AsyncIterator
from datetime import date, time
from typing import Final
from uuid import UUID

from clientela.core import files
from clientela.core.db import Db
from clientela.core.jobs import Daily
from clientela.postventa import maintenance, photos, reminders
from clientela.postventa.store import photos as photo_rows

PAGE: Final = 500


async def _plan(db: Db, _: date) -> bool:
    return await maintenance.plan_all(db)


async def _remind(db: Db, _: date) -> bool:
    return await reminders.remind(db)


async def _every(db: Db) -> AsyncIterator[list[str]]:
    page = await photo_rows.after(db, UUID(int=0), PAGE)
    while page:
        yield [key for _, key in page]
        page = await photo_rows.after(db, page[-1][0], PAGE)


ARCHIVOS: Final = files.Owned(photos.FOLDER, photo_rows.named, _every)


async def _sweep(db: Db, _: date) -> None:
    await files.sweep(db, ARCHIVOS)


DIARIAS: Final = (
    Daily("archivos_ordenes", time(3, 50), _sweep),
    Daily("visitas_mantenimiento", time(4, 10), _plan),
    Daily("avisos_mantenimiento", time(8, 0), _remind),
)
