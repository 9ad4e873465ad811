"""SQL of the guarantees."""

from datetime import datetime
from typing import Final
from uuid import UUID

from clientela.core.db import Db
from clientela.postventa.model import Cobertura, Estado

_COVER: Final = """
SELECT o.id AS orden_id, o.cliente_id, o.estado, r.fecha_ejecucion AS raiz_ejecutada_en, r.garantia_meses,
       (SELECT a.id FROM ordenes_trabajo a
         WHERE a.raiz_id = r.id AND a.tipo = 'REVISION' AND a.estado NOT IN ('FINALIZADO', 'CANCELADA')) AS abierta_id
  FROM ordenes_trabajo o JOIN ordenes_trabajo r ON r.id = coalesce(o.raiz_id, o.id)
 WHERE o.id = $1::uuid"""
COVER: Final = _COVER
# The root is held, so that of several who ask at once each sees what the one before him did.
HOLD_ROOT: Final = """
SELECT 1 FROM ordenes_trabajo WHERE id = (
    SELECT coalesce(raiz_id, id) FROM ordenes_trabajo WHERE id = $1::uuid) FOR NO KEY UPDATE"""


async def cover(db: Db, orden_id: UUID) -> Cobertura | None:
    """Return what the guarantee of an order is decided from."""
    row = await db.fetchrow(COVER, orden_id)
    return Cobertura(**(dict(row) | {"estado": Estado(row["estado"])})) if row else None


async def hold_root(db: Db, orden_id: UUID) -> None:
    """Keep the root of an order's family for this transaction."""
    await db.fetchval(HOLD_ROOT, orden_id)


OPEN_GUARANTEE: Final = "SELECT fn.garantia_abrir($1::uuid, $2::uuid, $3::uuid, $4::timestamptz)"


async def open_guarantee(db: Db, orden_id: UUID, de: UUID, actor_id: UUID, now: datetime) -> None:
    """Make the revision of an order, whose root is held."""
    await db.execute(OPEN_GUARANTEE, orden_id, de, actor_id, now)
