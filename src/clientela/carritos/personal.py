"""Everything of one person in the carts: handed out, forgotten, handed over to another record."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from clientela.carritos import store
from clientela.core.db import Db

TABLES: Final = frozenset(
    {"carritos", "carrito_lineas", "carrito_lineas_vaciadas", "propuestas", "propuesta_lineas"}
)
"""The tables in which something of a client stands, that this module answers for."""


async def hand_out(db: Db, clients: Sequence[UUID], *, own: bool) -> Any:
    """Return everything that is kept of some clients.

    `own`: for the client himself, who is not shown what his seller keeps for him and has not proposed.
    """
    return {
        "carritos": await store.hand_out(db, clients, own=own),
        "propuestas": await store.hand_out_proposals(db, clients),
    }


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what some clients wrote."""
    await store.forget(db, clients)


async def hand_over(db: Db, source: UUID, target: UUID) -> int:
    """Give what belongs to one client to another; both are held. Returns how many lines moved."""
    return await store.hand_over(db, source, target, db.now())
