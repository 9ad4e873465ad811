"""Use cases of debts (CONTRACT §4, §7): opened by administrators, never changed, annulled where they were wrong."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import structs

from clientela.cobranza import access, rules, store
from clientela.cobranza.model import Cuenta, CuentaCompleta, FiltroCuentas, NuevaCuenta, PaginaCuentas
from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, Invalid, NotFound
from clientela.core.ids import uuid7
from clientela.core.textos import CAMPOS
from clientela.organizacion import service as organizacion


async def create_receivable(db: Db, actor: Actor, new: NuevaCuenta) -> CuentaCompleta:
    """Write a debt (admin); NotFound `cliente_no_encontrado`, Invalid where more is open than was owed."""
    if not actor.es_admin:
        raise Forbidden
    if new.saldo_pendiente > new.monto:
        raise Invalid({"saldo_pendiente": [CAMPOS["saldo_excesivo"]]})
    today = await _today(db)
    async with db.transaction() as tx:
        debtor = await access.hold_books(tx, actor, new.cliente_id)
        made = await store.insert_cuenta(tx, uuid7(), new, actor.usuario_id, today=today, now=tx.now())
        datos = {"cliente_id": made.cliente_id, "monto": made.monto, "saldo_pendiente": made.saldo_pendiente}
        await audit.record(tx, "cuenta.creada", actor=actor, objeto=("cuenta", str(made.id)), datos=datos)
        await events.emit(
            tx,
            "receivable.created",
            flujos=access.audience(debtor),
            datos={"id": made.id, "version": made.version},
            cliente_id=made.cliente_id,
            actor=actor,
        )
        return CuentaCompleta(**structs.asdict(made), pagos=())


async def annul_receivable(db: Db, actor: Actor, ref: UUID | int, motivo: str) -> CuentaCompleta:
    """Annul a debt that should not be there (admin); its row stays, its balance is zero.

    Raises NotFound, Conflict `cuenta_anulada` the second time, `cuenta_con_pagos` while payments count in it.
    """
    if not actor.es_admin:
        raise Forbidden
    today = await _today(db)
    before = await access_receivable(db, actor, ref)
    async with db.transaction() as tx:
        debtor = await access.hold_books(tx, actor, before.cliente_id)
        done = await store.annul_cuenta(tx, before.id, actor.usuario_id, motivo, tx.now())
        after = await store.read_cuenta(tx, before.id, today)
        if after is None:
            raise NotFound("cuenta_no_encontrada")
        if not done:
            raise Conflict("cuenta_con_pagos" if after.anulada_en is None else "cuenta_anulada")
        datos = {"cliente_id": after.cliente_id, "monto": after.monto}
        await audit.record(tx, "cuenta.anulada", actor=actor, objeto=("cuenta", str(after.id)), datos=datos)
        await events.emit(
            tx,
            "receivable.annulled",
            flujos=access.audience(debtor),
            datos={"id": after.id, "version": after.version},
            cliente_id=after.cliente_id,
            actor=actor,
        )
        return after


async def search_receivables(
    db: Db, actor: Actor, wanted: FiltroCuentas, *, page: int, per_page: int
) -> PaginaCuentas:
    """Return one page of the debts that the caller may see.

    Newest first; where only open or overdue ones are wanted, those that are due first. What belongs to a client whom
    the caller may not read is not there.
    """
    scope = await access.scope(db, actor, wanted.cliente_id)
    if scope is None:
        return PaginaCuentas((), 0)
    cliente_id, vendedor_id = scope
    narrowed = structs.replace(wanted, cliente_id=cliente_id)
    return await store.find_cuentas(
        db, narrowed, vendedor_id, await _today(db), per_page, (page - 1) * per_page
    )


async def access_receivable(db: Db, actor: Actor, ref: UUID | int) -> CuentaCompleta:
    """Return a debt with its payments; NotFound `cuenta_no_encontrada` also for one of a foreign client."""
    found = await store.read_cuenta(db, ref, await _today(db))
    if found is None or not await access.may_read(db, actor, found.cliente_id):
        raise NotFound("cuenta_no_encontrada")
    return found


async def open_receivables(db: Db, cliente_id: UUID) -> tuple[Cuenta, ...]:
    """Return a client's open debts, those that are due first; the caller has checked who asks."""
    return await store.open_cuentas(db, cliente_id, await _today(db))


async def open_balance(db: Db, cliente_id: UUID) -> Decimal:
    """Return what a client owes, exactly; inside a transaction that holds the client it stays so until its end."""
    return rules.open_total(await store.open_for_payment(db, cliente_id))


async def move_books(db: Db, source: UUID, target: UUID) -> None:
    """Give all debts, payments and invoices of one client to another, within the transaction that merges the two.

    The caller holds both clients' rows, the smaller identifier first, and announces the merging himself.
    """
    await store.move_books(db, source, target, db.now())


async def _today(db: Db) -> date:
    return db.now().astimezone(await organizacion.zona(db)).date()
