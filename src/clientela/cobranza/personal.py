"""Everything of one person in the ledger: handed out, forgotten."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from clientela.cobranza import store
from clientela.core.db import Db

TABLES: Final = frozenset({"cuentas_por_cobrar", "pagos", "pago_aplicaciones", "facturas", "factura_lineas"})
"""The tables in which something of a client stands, that this module answers for."""


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return await store.hand_out(db, clients)


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what some clients wrote, for ever; amounts stay."""
    await store.forget(db, clients, db.now())
