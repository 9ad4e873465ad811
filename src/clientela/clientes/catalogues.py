"""Localities and client categories: everybody of the staff reads them, administrators write (CONTRACT §4, §12)."""

from collections.abc import Awaitable
from typing import Any

from msgspec import UNSET, structs

from clientela.clientes.model import CambiosCategoria, CambiosLocalidad, Categoria, Localidad
from clientela.clientes.store import catalogues as store
from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, NotFound, UniqueViolation
from clientela.core.textos import MENSAJES


async def list_localities(db: Db, limite: int, desde: int) -> tuple[tuple[Localidad, ...], int]:
    """Return one page of the localities by name, and how many there are."""
    return await store.list_localidades(db, limite, desde)


async def add_locality(db: Db, actor: Actor, nombre: str, codigo: str) -> Localidad:
    """Add a locality (administrators); Conflict `localidad_en_uso` when another has its code in any case."""
    async with db.transaction() as tx:
        made = await _free_code(store.insert_localidad(tx, nombre, codigo, tx.now()))
        await audit.record(tx, "localidad.creada", actor=actor, objeto=("localidad", str(made.id)))
    return made


async def change_locality(db: Db, actor: Actor, localidad_id: int, changes: CambiosLocalidad) -> Localidad:
    """Change a locality (administrators); what is UNSET stays. NotFound, else as `add_locality`."""
    async with db.transaction() as tx:
        before = await store.get_localidad(tx, localidad_id, lock=True)
        if before is None:
            raise NotFound
        after = structs.replace(before, **_set(changes))
        if after == before:
            return before
        saved = await _free_code(store.update_localidad(tx, after, tx.now()))
        await audit.record(tx, "localidad.actualizada", actor=actor, objeto=("localidad", str(saved.id)))
    return saved


async def list_categories(db: Db, limite: int, desde: int) -> tuple[tuple[Categoria, ...], int]:
    """Return one page of the client categories by name, and how many there are."""
    return await store.list_categorias(db, limite, desde)


async def add_category(db: Db, actor: Actor, clave: str, nombre: str, *, activo: bool) -> Categoria:
    """Add a client category (administrators); Conflict `categoria_en_uso` when another has its key in any case."""
    async with db.transaction() as tx:
        made = await _free_key(store.insert_categoria(tx, clave, nombre, tx.now(), activo=activo))
        await audit.record(tx, "categoria.creada", actor=actor, objeto=("categoria", str(made.id)))
    return made


async def change_category(db: Db, actor: Actor, categoria_id: int, changes: CambiosCategoria) -> Categoria:
    """Change a client category (administrators); what is UNSET stays. NotFound, else as `add_category`."""
    async with db.transaction() as tx:
        before = await store.lock_categoria(tx, categoria_id)
        if before is None:
            raise NotFound
        after = structs.replace(before, **_set(changes))
        if after == before:
            return before
        saved = await _free_key(store.update_categoria(tx, after, tx.now()))
        await audit.record(tx, "categoria.actualizada", actor=actor, objeto=("categoria", str(saved.id)))
    return saved


def _set(changes: CambiosLocalidad | CambiosCategoria) -> dict[str, Any]:
    return {field: value for field, value in structs.asdict(changes).items() if value is not UNSET}


async def _free_code(writing: Awaitable[Localidad]) -> Localidad:
    try:
        return await writing
    except UniqueViolation as error:
        raise Conflict("localidad_en_uso", errors={"codigo": [MENSAJES["localidad_en_uso"]]}) from error


async def _free_key(writing: Awaitable[Categoria]) -> Categoria:
    try:
        return await writing
    except UniqueViolation as error:
        raise Conflict("categoria_en_uso", errors={"clave": [MENSAJES["categoria_en_uso"]]}) from error
