"""Daily work of the catalogue."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, time
from typing import Final
from uuid import UUID

from clientela.catalogo import images, store
from clientela.core import files
from clientela.core.db import Db
from clientela.core.ids import parse_uuid
from clientela.core.jobs import Daily

PAGE: Final = 500


async def _named(db: Db, keys: Sequence[str]) -> set[str]:
    asked = {images.path_of(key): key for key in keys}
    owners = {path: parse_uuid(key.split("/")[1]) for path, key in asked.items()}
    found = await store.named_images(
        db, [(owner, path) for path, owner in owners.items() if owner is not None]
    )
    return {asked[path] for path in found}


async def _every(db: Db) -> AsyncIterator[list[str]]:
    page = await store.images_after(db, UUID(int=0), PAGE)
    while page:
        yield [key for product_id, addresses in page for key in images.stored(product_id, addresses)]
        page = await store.images_after(db, page[-1][0], PAGE)


ARCHIVOS: Final = files.Owned(images.FOLDER, _named, _every)


async def _sweep(db: Db, _: date) -> None:
    await files.sweep(db, ARCHIVOS)


DIARIAS: Final = (Daily("archivos_productos", time(3, 45), _sweep),)
