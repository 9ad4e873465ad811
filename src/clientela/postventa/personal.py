"""Everything of one person in field service: handed out, forgotten, handed over."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from clientela.core.db import Db
from clientela.postventa.store import persons, photos

TABLES: Final = frozenset(
    {
        "ordenes_trabajo", "orden_movimientos", "orden_fotos", "calificaciones", "tecnico_estrellas",
        "visitas_mantenimiento", "visita_movimientos",
    }
)  # fmt: skip
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


async def photos_of(db: Db, clients: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return the photos of some clients' orders; `clave` names the file, `orden` is its order's number."""
    return await photos.hand_out(db, clients)


async def forget_photos(db: Db, clients: Sequence[UUID]) -> list[str]:
    """Forget the photos of some clients' orders; return the keys of their files."""
    return await photos.forget(db, clients)
