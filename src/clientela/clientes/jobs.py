"""Background work of the client register."""

from collections.abc import AsyncIterator
from datetime import date, time
from typing import Final
from uuid import UUID

from clientela.clientes import images
from clientela.clientes.store import images as image_rows
from clientela.clientes.store import lists
from clientela.core import files
from clientela.core.db import Db
from clientela.core.jobs import Daily, Loop

PAGE: Final = 500
# A list adds up so many rows in a tenth of a millisecond.
TOTALS: Final = 500


async def _every(db: Db) -> AsyncIterator[list[str]]:
    keys, last = await image_rows.images_after(db, UUID(int=0), PAGE)
    while last is not None:
        yield keys
        keys, last = await image_rows.images_after(db, last, PAGE)


ARCHIVOS: Final = files.Owned(images.FOLDER, image_rows.named_images, _every)


async def _sweep(db: Db, _: date) -> None:
    await files.sweep(db, ARCHIVOS)


async def _add_up(db: Db) -> None:
    await lists.compact(db, TOTALS)


LOOPS: Final = (Loop("clientes_totales", 60.0, _add_up),)
DIARIAS: Final = (Daily("archivos_clientes", time(3, 40), _sweep),)
