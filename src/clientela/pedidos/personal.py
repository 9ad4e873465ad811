"""Everything of one person in the orders: handed out, forgotten, handed over."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from clientela.core.db import Db
from clientela.pedidos import store

TABLES: Final = frozenset({"pedidos", "pedido_lineas", "pedido_estados"})
"""The tables in which something of a client stands, that this module answers for."""


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return await store.hand_out(db, clients)


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget where some clients' orders went and what was noted on them; products and amounts stay."""
    await store.forget(db, clients, db.now())


async def hand_over(db: Db, source: UUID, target: UUID) -> None:
    """Give one client's orders to another."""
    await store.hand_over(db, source, target)
