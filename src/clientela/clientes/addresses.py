"""A client's addresses; one with coordinates is a branch, where orders may go (CONTRACT §4, §12)."""

from typing import Any
from uuid import UUID

from msgspec import UNSET, structs

from clientela.clientes import access
from clientela.clientes.model import CambiosDireccion, Cliente, Direccion, NuevaDireccion
from clientela.clientes.store import parts, records
from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import NotFound
from clientela.core.ids import uuid7


def row_of(db: Db, cliente_id: UUID, a: NuevaDireccion) -> tuple[Any, ...]:
    """Return the values of a new address, in the order of the statement that inserts it."""
    return (
        uuid7(), cliente_id, a.direccion, a.ciudad, a.departamento, a.codigo_postal, a.latitud, a.longitud,
        a.es_principal, a.activa, db.now(),
    )  # fmt: skip


async def list_addresses(
    db: Db, actor: Actor, ref: UUID | int, limite: int, desde: int
) -> tuple[tuple[Direccion, ...], int]:
    """Return one page of a client's addresses and how many he has; NotFound where the caller may not see him."""
    client = await access.visible_client(db, actor, ref)
    return await parts.list_direcciones(db, client.id, limite, desde)


async def add_address(db: Db, actor: Actor, ref: UUID | int, new: NuevaDireccion) -> Direccion:
    """Add an address; a principal one takes the place of the one that was. Errors as `list_addresses`."""
    async with db.transaction() as tx:
        client = await _held(tx, actor, ref)
        if new.es_principal:
            await parts.clear_principal(tx, client.id, tx.now())
        made = await parts.insert_direccion(tx, row_of(tx, client.id, new))
        await audit.record(
            tx,
            "cliente.direccion_creada",
            actor=actor,
            objeto=_whose(client),
            datos={"direccion_id": made.id},
        )
        await _tell(tx, actor, client)
    return made


async def change_address(
    db: Db, actor: Actor, ref: UUID | int, address: UUID | int, changes: CambiosDireccion
) -> Direccion:
    """Change an address, by identifier or number; what is UNSET stays. Errors as `list_addresses`."""
    async with db.transaction() as tx:
        client = await _held(tx, actor, ref)
        before = await _of(tx, client, address)
        wanted = {f: v for f, v in structs.asdict(changes).items() if v is not UNSET}
        after = structs.replace(before, **wanted)
        if after == before:
            return before
        if after.es_principal and not before.es_principal:
            await parts.clear_principal(tx, client.id, tx.now())
        saved = await parts.update_direccion(tx, after, tx.now())
        await audit.record(
            tx,
            "cliente.direccion_actualizada",
            actor=actor,
            objeto=_whose(client),
            datos={"direccion_id": saved.id},
        )
        await _tell(tx, actor, client)
    return saved


async def delete_address(db: Db, actor: Actor, ref: UUID | int, address: UUID | int) -> Direccion:
    """Delete an address that nothing refers to (else Conflict `referencia_inexistente`) and return what it was.

    Errors as `list_addresses`.
    """
    async with db.transaction() as tx:
        client = await _held(tx, actor, ref)
        found = await _of(tx, client, address)
        await parts.delete_direccion(tx, found.id)
        await audit.record(
            tx,
            "cliente.direccion_eliminada",
            actor=actor,
            objeto=_whose(client),
            datos={"direccion_id": found.id},
        )
        await _tell(tx, actor, client)
    return found


async def _held(db: Db, actor: Actor, ref: UUID | int) -> Cliente:
    client = await records.lock_cliente(db, (await access.visible_client(db, actor, ref)).id)
    if client is None:
        raise NotFound
    return client


async def _of(db: Db, client: Cliente, address: UUID | int) -> Direccion:
    found = await parts.get_direccion(db, client.id, address)
    if found is None:
        raise NotFound
    return found


async def _tell(db: Db, actor: Actor, client: Cliente) -> None:
    # The record's version goes up with what belongs to it.
    await access.announce(db, actor, await records.update_cliente(db, client, db.now()))


def _whose(client: Cliente) -> tuple[str, str]:
    return ("cliente", str(client.id))
