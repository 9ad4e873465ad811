"""SQL of the maintenance."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from clientela.core.db import Db
from clientela.core.ids import uuid7
from clientela.postventa.model import Estado, Orden, Plan, Visita

_ORDEN: Final = msgspec.json.Decoder(Orden)
_VISITAS: Final = msgspec.json.Decoder(tuple[Visita, ...])

CONFIGURE: Final = """
SELECT fn.mantenimiento_configurar($1::uuid, $2::integer, $3::text[], $4::uuid, $5::timestamptz)"""


async def configure(db: Db, orden_id: UUID, meses: int, *, actor_id: UUID, now: datetime) -> Orden:
    """Set how often an order's maintenance is due; visits not yet made give way. Errors as `fn.orden_retener`."""
    since = [estado for estado in Estado if estado != Estado.CANCELADA]
    return _ORDEN.decode(await db.fetchval(CONFIGURE, orden_id, meses, since, actor_id, now))


# How far the visits of a plan are known.
_PLAN: Final = """
SELECT o.id AS orden_id, o.cliente_id, o.fecha_ejecucion, o.periodicidad_meses, v.ciclo, v.fecha_original AS hasta,
       (SELECT max(fecha_original) FROM visitas_mantenimiento
         WHERE orden_id = o.id AND estado = 'HECHA') AS hecha_hasta
  FROM ordenes_trabajo o
  LEFT JOIN LATERAL (
       SELECT ciclo, fecha_original FROM visitas_mantenimiento
        WHERE orden_id = o.id AND estado <> 'REEMPLAZADA' AND periodicidad_meses = o.periodicidad_meses
        ORDER BY ciclo DESC LIMIT 1) v ON true
 WHERE o.estado = 'FINALIZADO' AND o.periodicidad_meses IS NOT NULL"""
PLAN_OF: Final = f"{_PLAN} AND o.id = $1::uuid"
PLAN_OF_VISIT: Final = f"""{_PLAN} AND o.id = (
    SELECT orden_id FROM visitas_mantenimiento WHERE id = $1::uuid)"""  # noqa: S608
PLANS_LACKING: Final = f"""{_PLAN} AND (v.fecha_original IS NULL OR v.fecha_original <= $1::timestamptz)
 ORDER BY o.id LIMIT $2"""


async def plan_of(db: Db, orden_id: UUID) -> Plan | None:
    """Return an order's plan of maintenance; None where it has none, or was not executed yet."""
    row = await db.fetchrow(PLAN_OF, orden_id)
    return Plan(**dict(row)) if row else None


async def plan_of_visit(db: Db, visita_id: UUID) -> Plan | None:
    """Return the plan of which a visit is; None where it has ended."""
    row = await db.fetchrow(PLAN_OF_VISIT, visita_id)
    return Plan(**dict(row)) if row else None


async def plans_lacking(db: Db, until: datetime, limit: int) -> list[Plan]:
    """Return plans whose last known visit is due until an instant."""
    return [Plan(**dict(row)) for row in await db.fetch(PLANS_LACKING, until, limit)]


ADD_VISITS: Final = """
INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                                   fecha_original, creado_en, actualizado_en)
SELECT n.id, n.orden_id, n.cliente_id, n.periodicidad_meses, n.ciclo, n.fecha_programada, n.fecha_programada,
       $7::timestamptz, $7::timestamptz
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::timestamptz[])
       AS n (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada)
    ON CONFLICT DO NOTHING"""


async def add_visits(db: Db, visits: Sequence[tuple[Plan, int, datetime]], now: datetime) -> None:
    """Write visits, as (plan, number, date); those that are there stay as they are."""
    await db.execute(
        ADD_VISITS,
        [uuid7() for _ in visits],
        [plan.orden_id for plan, _, _ in visits],
        [plan.cliente_id for plan, _, _ in visits],
        [plan.periodicidad_meses for plan, _, _ in visits],
        [cycle for _, cycle, _ in visits],
        [date for _, _, date in visits],
        now,
    )


VISITS_OF_CLIENT: Final = "SELECT fn.mantenimientos_de_cliente($1::uuid, $2::timestamptz)"


async def visits_of_client(db: Db, cliente_id: UUID, until: datetime) -> tuple[Visita, ...] | None:
    """Return the next visit of each of a client's orders that is due until an instant; None for no such client."""
    found = await db.fetchval(VISITS_OF_CLIENT, cliente_id, until)
    return None if found is None else _VISITAS.decode(found)
