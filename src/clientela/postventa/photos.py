"""Use cases of the photos of work orders: private, as the images of clients are (CONTRACT §10, §12)."""

from typing import Final
from uuid import UUID

from clientela.core import audit, files
from clientela.core import images as pictures
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, NotFound
from clientela.core.ids import uuid7
from clientela.core.images import Imagen
from clientela.identidad import links
from clientela.postventa import access, rules
from clientela.postventa.model import Foto
from clientela.postventa.store import photos as store

FOLDER: Final = "ordenes"
MAX_PHOTOS: Final = 20
"""As many an order may have; the table has no place for more."""


async def add(
    db: Db, actor: Actor, ref: UUID | int, data: bytes | Imagen, descripcion: str | None = None
) -> Foto:
    """Add a photo to an order (its technician, soporte, admin); it is a movement of the order.

    Raises NotFound `orden_no_encontrada` also for a foreign order, Conflict `demasiadas_fotos` where there are
    twenty, Invalid `imagen_invalida` on `foto` for what is no picture, StorageFull.
    """
    order = await access.order(db, actor, ref)
    if await store.count(db, order.id) >= MAX_PHOTOS:
        # Decided again under the lock; but nobody decodes for nothing.
        raise Conflict("demasiadas_fotos")
    image = await pictures.normalise(data, "foto")
    key = files.new_key(FOLDER, order.id, image.tipo)
    async with files.written(files.open_storage(db.settings), {key: image.data}), db.transaction() as tx:
        return await store.add(
            tx,
            uuid7(),
            order.id,
            key,
            descripcion,
            size=(image.ancho, image.alto),
            most=MAX_PHOTOS,
            tecnico_id=rules.works_on(actor),
            actor_id=actor.usuario_id,
            now=tx.now(),
        )


async def of_order(
    db: Db, actor: Actor, ref: UUID | int, limit: int, offset: int
) -> tuple[tuple[Foto, ...], int]:
    """Return one page of an order's photos, the first one first, and how many there are; NotFound as `add`."""
    order = await access.order(db, actor, ref)
    return await store.of_order(db, order.id, limit, offset), await store.count(db, order.id)


async def view(db: Db, actor: Actor, ref: UUID | int, foto_id: UUID) -> tuple[str, bytes]:
    """Return the key and the content of a photo, to whoever may see its order.

    NotFound `orden_no_encontrada`, and `imagen_no_encontrada` where there is no such photo.
    """
    found = await _access(db, actor, ref, foto_id)
    return found.clave, await files.open_storage(db.settings).get(found.clave)


async def remove(db: Db, actor: Actor, ref: UUID | int, foto_id: UUID) -> Foto:
    """Remove a photo, and its file after the commit (who uploaded it, admin); return it as it was.

    Forbidden for others who may see it; NotFound as `view`.
    """
    found = await _access(db, actor, ref, foto_id)
    if not actor.es_admin and found.subida_por.id != actor.usuario_id:
        raise Forbidden
    async with db.transaction() as tx:
        if not await store.remove(tx, foto_id, found.orden_id, actor.usuario_id, tx.now()):
            raise NotFound("imagen_no_encontrada")
        await audit.record(
            tx,
            "orden.foto_quitada",
            actor=actor,
            objeto=("orden", str(found.orden_id)),
            datos={"foto_id": str(foto_id)},
        )
        files.forget(tx, [found.clave])
    return found


async def _access(db: Db, actor: Actor, ref: UUID | int, foto_id: UUID) -> Foto:
    order = await access.order(db, actor, ref)
    found = await store.read(db, foto_id, order.id)
    if found is None:
        raise NotFound("imagen_no_encontrada")
    return found


def link(db: Db, actor: Actor, foto: Foto) -> str:
    """Return an address that opens a photo for five minutes, as the session that asked for it."""
    path = f"/api/v1/ordenes/{foto.orden_id}/fotos/{foto.id}"
    return db.settings.url + links.sign(actor, path, db.now())
