"""SQL of the ratings."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from clientela.core.db import Db
from clientela.postventa.model import Calificacion, Estrellas

_CALIFICACION: Final = msgspec.json.Decoder(Calificacion)

RATE: Final = "SELECT fn.orden_calificar($1::uuid, $2::uuid, $3::integer, $4::text, $5::timestamptz)"


async def rate(
    db: Db, calificacion_id: UUID, orden_id: UUID, estrellas: int, comentario: str | None, now: datetime
) -> Calificacion:
    """Write the rating of an order; errors as `fn.orden_calificar`."""
    return _CALIFICACION.decode(
        await db.fetchval(RATE, calificacion_id, orden_id, estrellas, comentario, now)
    )


READ_RATING: Final = """
SELECT o.cliente_id, o.tecnico_id, CASE WHEN c.id IS NOT NULL THEN fn.calificacion_neutra(c) END AS calificacion
  FROM ordenes_trabajo o LEFT JOIN calificaciones c ON c.orden_id = o.id WHERE o.id = $1::uuid"""


async def read_rating(db: Db, orden_id: UUID) -> tuple[UUID, UUID | None, Calificacion | None] | None:
    """Return whose an order is, who did it, and its rating; None where there is no such order."""
    row = await db.fetchrow(READ_RATING, orden_id)
    if row is None:
        return None
    rating = _CALIFICACION.decode(row["calificacion"]) if row["calificacion"] else None
    return row["cliente_id"], row["tecnico_id"], rating


STARS: Final = """
SELECT coalesce(t.n1, 0) AS n1, coalesce(t.n2, 0) AS n2, coalesce(t.n3, 0) AS n3, coalesce(t.n4, 0) AS n4,
       coalesce(t.n5, 0) AS n5
  FROM usuarios u LEFT JOIN tecnico_estrellas t ON t.tecnico_id = u.id
 WHERE u.id = $1::uuid AND (u.rol = 'tecnico' OR t.tecnico_id IS NOT NULL)"""


async def stars(db: Db, tecnico_id: UUID) -> Estrellas | None:
    """Count a technician's ratings; None where there is no such technician, nor was."""
    row = await db.fetchrow(STARS, tecnico_id)
    return Estrellas(**dict(row)) if row else None
