"""Use cases of the catalogue (CONTRACT §5): everybody reads, the administrator writes."""

from collections.abc import Awaitable
from uuid import UUID

import msgspec

from clientela.catalogo import rules, store
from clientela.catalogo.model import CambiosProducto, Filtro, NuevoProducto, Pagina, Producto
from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, NotFound, PreconditionFailed, UniqueViolation
from clientela.core.ids import uuid7


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
        before = await store.lock(tx, product_id)
        if before is None:
            raise NotFound("producto_no_encontrado")
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        wanted = rules.apply_changes(before, changes)
        if wanted == before:
            return before
        after = await _with_free_code(store.write(tx, wanted, tx.now()))
        await audit.record(
            tx,
            "producto.actualizado",
            actor=actor,
            objeto=("producto", str(product_id)),
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
