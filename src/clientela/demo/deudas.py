"""What the demo company's customers owe it, and what they paid: invoices on credit of the last three months."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from clientela.cobranza import payments, service
from clientela.cobranza.model import Medio, NuevaCuenta, NuevoPago
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.demo.calendario import SANTA_CRUZ, Calendario

DAYS_TO_PAY: Final = 30
# Of those who may owe anything; the others paid at the door.
SHARE: Final = 0.6


class Asiento(msgspec.Struct, frozen=True):
    """An entry of the ledger, at a moment."""

    momento: datetime
    que: NuevaCuenta | NuevoPago


def entries(
    rng: random.Random, calendar: Calendario, debtors: Sequence[tuple[UUID, Decimal]]
) -> list[Asiento]:
    """Return the entries of all who have credit, oldest first; the first of the debtors has not paid."""
    made: list[Asiento] = []
    first = rng.randint(3100, 3400)
    for place, (cliente_id, limit) in enumerate(debtors):
        if place == 0:
            made += _invoice(rng, calendar, cliente_id, limit, first)[:1]
        elif limit > 0 and rng.random() < SHARE:
            for _ in range(rng.randint(1, 3)):
                made += _invoice(rng, calendar, cliente_id, limit, first + len(made))
    return sorted(made, key=lambda entry: entry.momento)


def _invoice(
    rng: random.Random, calendar: Calendario, cliente_id: UUID, limit: Decimal, number: int
) -> list[Asiento]:
    days = rng.uniform(3, 85)
    begun = calendar.working_hour(rng, days)
    amount = (limit * rng.randint(4, 22) / 100).quantize(Decimal("0.10")) + Decimal(rng.randint(0, 9)) / 10
    due = (begun + timedelta(days=DAYS_TO_PAY)).astimezone(SANTA_CRUZ).date()
    debt = Asiento(begun, NuevaCuenta(cliente_id, f"Factura {number}", amount, amount, due))
    # Whoever is past his day has paid, mostly; the young debts are open, some of them in part.
    late = days > DAYS_TO_PAY
    if rng.random() > (0.85 if late else 0.3):
        return [debt]
    paid = amount if late and rng.random() < 0.8 else (amount / 2).quantize(Decimal("0.01"))
    when = calendar.working_hour(rng, rng.uniform(0.2, max(0.3, days - 2)))
    how = rng.choice((Medio.EFECTIVO, Medio.QR, Medio.TRANSFERENCIA))
    return [debt, Asiento(max(when, begun + timedelta(hours=1)), NuevoPago(cliente_id, paid, how))]


async def write(db: Db, calendar: Calendario, admin: Actor, entry: Asiento) -> None:
    """Write one entry into the books."""
    calendar.go(entry.momento)
    if isinstance(entry.que, NuevaCuenta):
        await service.create_receivable(db, admin, entry.que)
    else:
        await payments.register_payment(db, admin, entry.que)
