"""Use cases of the catalogue (CONTRACT §5): everybody reads, the administrator writes."""

from collections.abc import Awaitable
from uuid import UUID

import msgspec

from clientela.catalogo import images, rules, store
from clientela.catalogo.model import CambiosProducto, Filtro, NuevoProducto, Pagina, Producto
from clientela.core import audit, events, files
from clientela.core import images as pictures
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    UniqueViolation,
)
from clientela.core.ids import uuid7
from clientela.core.images import Imagen
from clientela.core.textos import CAMPOS


async def search(db: Db, actor: Actor, wanted: Filtro, *, page: int = 1, per_page: int = 20) -> Pagina:
    """Return one page of the products wanted; customers see those on sale only."""
    if not actor.es_personal:
        if wanted.activo is False:
            return Pagina((), 0)
        wanted = msgspec.structs.replace(wanted, activo=True)
    return await store.find(db, wanted, rules.order_of(wanted), per_page, (page - 1) * per_page)


async def get(db: Db, actor: Actor, product_id: UUID) -> Producto:
    """Return one product; NotFound, also for a customer who asks for a retired one."""
    product = await store.read(db, product_id)
    if product is None or not (product.activo or actor.es_personal):
        raise NotFound("producto_no_encontrado")
    return product


async def create(db: Db, actor: Actor, new: NuevoProducto) -> Producto:
    """Add a product (admin); Conflict `codigo_en_uso` when another has its code in any case of letters."""
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        product = await _with_free_code(store.insert(tx, uuid7(), new, tx.now()))
        await audit.record(
            tx,
            "producto.creado",
            actor=actor,
            objeto=("producto", str(product.id)),
            datos=rules.audited_birth(new),
        )
        await _announce(tx, actor, product)
        return product


async def update(
    db: Db, actor: Actor, product_id: UUID, changes: CambiosProducto, version: int | None = None
) -> Producto:
    """Change some fields of a product (admin); `activo` false retires it.

    The row is held while its fields are merged, so two changes at once both stay. A `version` that is not the
    stored one raises PreconditionFailed with the present one, a code that another product has Conflict
    `codigo_en_uso`. A change that changes nothing is neither stored nor announced.
    """
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        before = await _hold(tx, product_id, version)
        return await _store(tx, actor, before, rules.apply_changes(before, _inward(tx, before, changes)))


async def add_image(
    db: Db, actor: Actor, product_id: UUID, data: bytes | Imagen, version: int | None = None
) -> tuple[Producto, str]:
    """Add an uploaded picture to a product (admin); return the product and the picture's path.

    Errors as `update`; Invalid `imagen_invalida` for what is no picture, Conflict `demasiadas_imagenes` when the
    product has eight.
    """
    if not actor.es_admin:
        raise Forbidden
    await get(db, actor, product_id)
    image = await pictures.normalise(data)
    key = files.new_key(images.FOLDER, product_id, image.tipo)
    path = images.path_of(key)
    async with files.written(files.open_storage(db.settings), {key: image.data}), db.transaction() as tx:
        before = await _hold(tx, product_id, version)
        if len(before.imagenes) >= images.MAX_IMAGES:
            raise Conflict("demasiadas_imagenes")
        wanted = msgspec.structs.replace(before, imagenes=(*before.imagenes, path))
        return await _store(tx, actor, before, wanted), path


async def remove_image(
    db: Db, actor: Actor, product_id: UUID, name: str, version: int | None = None
) -> Producto:
    """Remove an uploaded picture from a product, and its file after the commit (admin); errors as `update`.

    NotFound `imagen_no_encontrada` where the product has no such picture.
    """
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        before = await _hold(tx, product_id, version)
        key = images.key_of(product_id, name)
        if key is None or images.path_of(key) not in before.imagenes:
            raise NotFound("imagen_no_encontrada")
        left = tuple(address for address in before.imagenes if address != images.path_of(key))
        return await _store(tx, actor, before, msgspec.structs.replace(before, imagenes=left))


async def read_image(db: Db, product_id: UUID, name: str) -> tuple[str, bytes]:
    """Return the key and the content of an uploaded picture, to whoever knows its name: 128 random bits.

    NotFound `imagen_no_encontrada` where there is none.
    """
    key = images.key_of(product_id, name)
    if key is None:
        raise NotFound("imagen_no_encontrada")
    try:
        return key, await files.open_storage(db.settings).get(key)
    except NotFound as error:
        raise NotFound("imagen_no_encontrada") from error


async def _hold(tx: Db, product_id: UUID, version: int | None) -> Producto:
    before = await store.lock(tx, product_id)
    if before is None:
        raise NotFound("producto_no_encontrado")
    if version is not None and version != before.version:
        raise PreconditionFailed("desactualizado", data={"version": before.version})
    return before


def _inward(db: Db, before: Producto, changes: CambiosProducto) -> CambiosProducto:
    """Say the images that were sent as they are stored; one of ours that is not there any more is refused."""
    if changes.imagenes is msgspec.UNSET:
        return changes
    wanted = images.inward(db.settings.url, changes.imagenes, before.imagenes)
    for number, address in enumerate(wanted):
        if address not in before.imagenes and images.stored(before.id, [address]):
            raise Invalid.of(f"imagenes.{number}", CAMPOS["imagen_desconocida"])
    return msgspec.structs.replace(changes, imagenes=wanted)


async def _store(tx: Db, actor: Actor, before: Producto, wanted: Producto) -> Producto:
    """Write what is wanted of a product that is held, tell of it, and forget the pictures that are gone."""
    if wanted == before:
        return before
    after = await _with_free_code(store.write(tx, wanted, tx.now()))
    gone = set(images.stored(before.id, before.imagenes)) - set(images.stored(before.id, after.imagenes))
    files.forget(tx, gone)
    await audit.record(
        tx,
        "producto.actualizado",
        actor=actor,
        objeto=("producto", str(before.id)),
        datos=rules.audited_change(before, wanted),
    )
    await _announce(tx, actor, after)
    return after


async def _with_free_code(writing: Awaitable[Producto]) -> Producto:
    try:
        return await writing
    except UniqueViolation as error:
        if error.constraint != store.CODIGO_UNICO:
            raise
        taken = {"codigo": ["Ya existe un producto con este código"]}
        raise Conflict("codigo_en_uso", errors=taken) from error


async def _announce(db: Db, actor: Actor, product: Producto) -> None:
    datos = {"id": str(product.id), "version": product.version}
    await events.emit(db, "product.updated", flujos=[events.role_stream("admin")], datos=datos, actor=actor)
