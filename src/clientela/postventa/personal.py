"""Everything of one person in field service: handed out, forgotten, handed over."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from clientela.core.db import Db
from clientela.postventa.store import persons

TABLES: Final = frozenset(
    {"ordenes_trabajo", "orden_movimientos", "calificaciones", "tecnico_estrellas", "visitas_mantenimiento"}
)
"""The tables in which something of a client stands, that this module answers for."""


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return await persons.hand_out(db, clients)


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what was written about some clients' orders; what was done, and the stars, stay."""
    await persons.forget(db, clients, db.now())


async def hand_over(db: Db, source: UUID, target: UUID) -> None:
    """Give one client's orders to another."""
    await persons.hand_over(db, source, target)
