"""Defects that the tests of the ledger must catch; each is planted in a server of its own (tests.tools.planted)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from clientela.cobranza import store
from clientela.cobranza.model import Abierta, NuevoPago, Parte
from clientela.core.db import Db

# A ledger as it is usually written: a column that the program adds to, and nothing that holds it to the truth.
NO_WALLS = """
ALTER TABLE cuentas_por_cobrar DISABLE TRIGGER USER;
ALTER TABLE pago_aplicaciones DISABLE TRIGGER USER"""


def without_lock() -> None:
    """Look at what is open without keeping others from looking."""
    store.LOCK_DEBTOR = store.FIND_DEBTOR  # type: ignore[misc]


def read_modify_write() -> None:
    """No lock, and the balance is what was read less what was paid."""
    without_lock()
    seen: dict[UUID, Abierta] = {}
    look, write = store.find_one, store.insert_pago

    async def find_one(db: Db, cuenta_id: UUID, cliente_id: UUID) -> tuple[Abierta, bool] | None:
        found = await look(db, cuenta_id, cliente_id)
        if found is not None:
            seen[id(db)] = found[0]  # type: ignore[index]
        return found

    async def insert_pago(
        db: Db, pago_id: UUID, new: NuevoPago, parts: Sequence[Parte], usuario_id: UUID, now: datetime
    ) -> None:
        await write(db, pago_id, new, parts, usuario_id, now)
        debt = seen.pop(id(db))  # type: ignore[call-overload]
        await db.execute(
            "UPDATE cuentas_por_cobrar SET aplicado = monto - $2::numeric WHERE id = $1",
            debt.id,
            debt.saldo_pendiente - parts[0].monto,
        )

    store.find_one, store.insert_pago = find_one, insert_pago
