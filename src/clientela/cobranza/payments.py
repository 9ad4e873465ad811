"""Use cases of payments (CONTRACT §7): each goes to open debts to the last cent, and is annulled where it was wrong."""

from uuid import UUID

from clientela.cobranza import access, rules, store
from clientela.cobranza.model import Abierta, Deudor, NuevoPago, PaginaPagos, Pago
from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, Invalid, NotFound
from clientela.core.ids import uuid7
from clientela.core.textos import CAMPOS


async def register_payment(db: Db, actor: Actor, new: NuevoPago) -> Pago:
    """Write a payment of a client: to one debt, or to the oldest open ones in their order.

    Administrators, and sellers for the clients whom they serve. Raises NotFound `cliente_no_encontrado`, Invalid on
    `cuenta_id` for a debt that is not the client's, Conflict `cuenta_anulada`, and Conflict `pago_excede_saldo` with
    `saldo_pendiente` where less is open than was paid: nothing is written then.
    """
    async with db.transaction() as tx:
        debtor = await access.hold_books(tx, actor, new.cliente_id)
        debts = await _targets(tx, new)
        parts = rules.spread(new.monto, debts)
        if parts is None:
            raise Conflict("pago_excede_saldo", data={"saldo_pendiente": rules.open_total(debts)})
        pago_id = uuid7()
        await store.insert_pago(tx, pago_id, new, parts, actor.usuario_id, tx.now())
        return await _tell(tx, actor, debtor, pago_id)


async def _targets(db: Db, new: NuevoPago) -> list[Abierta]:
    if new.cuenta_id is None:
        return await store.open_for_payment(db, new.cliente_id)
    found = await store.find_one(db, new.cuenta_id, new.cliente_id)
    if found is None:
        raise Invalid({"cuenta_id": [CAMPOS["cuenta_desconocida"]]})
    debt, annulled = found
    if annulled:
        raise Conflict("cuenta_anulada")
    return [debt]


async def annul_payment(db: Db, actor: Actor, ref: UUID | int, motivo: str) -> Pago:
    """Annul a payment (admin): its row stays, and what it had paid is open again.

    Raises NotFound, and Conflict `pago_anulado` the second time.
    """
    if not actor.es_admin:
        raise Forbidden
    before = await access_payment(db, actor, ref)
    async with db.transaction() as tx:
        debtor = await access.hold_books(tx, actor, before.cliente_id)
        if not await store.annul_pago(tx, before.id, actor.usuario_id, motivo, tx.now()):
            raise Conflict("pago_anulado")
        return await _tell(tx, actor, debtor, before.id)


async def search_payments(
    db: Db, actor: Actor, cliente_id: UUID | None, *, page: int, per_page: int
) -> PaginaPagos:
    """Return one page of the payments that the caller may see, newest first; of one client, or of all."""
    scope = await access.scope(db, actor, cliente_id)
    if scope is None:
        return PaginaPagos((), 0)
    return await store.find_pagos(db, *scope, per_page, (page - 1) * per_page)


async def access_payment(db: Db, actor: Actor, ref: UUID | int) -> Pago:
    """Return a payment; NotFound `pago_no_encontrado` also for one of a foreign client."""
    found = await store.read_pago(db, ref)
    if found is None or not await access.may_read(db, actor, found.cliente_id):
        raise NotFound("pago_no_encontrado")
    return found


async def _tell(db: Db, actor: Actor, debtor: Deudor, pago_id: UUID) -> Pago:
    """Audit and announce what happened to a payment, and return it as it is now."""
    after = await store.read_pago(db, pago_id)
    if after is None:
        raise NotFound("pago_no_encontrado")
    annulled = after.anulado_en is not None
    await audit.record(
        db,
        "pago.anulado" if annulled else "pago.registrado",
        actor=actor,
        objeto=("pago", str(pago_id)),
        datos={
            "cliente_id": after.cliente_id,
            "monto": after.monto,
            "medio": after.medio,
            "cuentas": [part.cuenta_id for part in after.aplicaciones],
        },
    )
    await events.emit(
        db,
        "payment.annulled" if annulled else "payment.created",
        flujos=access.audience(debtor),
        datos={"id": pago_id, "version": after.version},
        cliente_id=after.cliente_id,
        actor=actor,
    )
    return after
