"""Many work orders in one statement: known by their reference, made, rated and planned a thousand at a time."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from clientela.core import values
from clientela.core.db import Db
from clientela.core.errors import Conflict, UniqueViolation
from clientela.postventa.model import Conocida, Estado, Plan

SERVICES: Final = "SELECT id, numero, nombre FROM servicios"


async def services(db: Db) -> list[tuple[UUID, int, str]]:
    """Return every service as (identifier, number, name)."""
    return [tuple(row) for row in await db.fetch(SERVICES)]


TECHNICIANS: Final = """
SELECT i.clave, u.id FROM identificadores i JOIN usuarios u ON u.id = i.usuario_id
 WHERE i.clave = ANY ($1::text[]) AND u.rol = 'tecnico'"""


async def technicians(db: Db, keys: Collection[str]) -> dict[str, UUID]:
    """Return the technicians who have one of these names (`clave_acceso`), also those who left."""
    return {row["clave"]: row["id"] for row in await db.fetch(TECHNICIANS, sorted(keys))}


# An order that was made here goes out under its identifier, and is known by it when it comes back.
KNOWN: Final = """
SELECT f.referencia, o.id, o.cliente_id, o.estado, coalesce(o.raiz_id, o.id) AS raiz_id,
       EXISTS (SELECT FROM ordenes_trabajo a
                WHERE a.raiz_id = coalesce(o.raiz_id, o.id) AND a.tipo = 'REVISION'
                  AND a.estado NOT IN ('FINALIZADO', 'CANCELADA')) AS abierta
  FROM unnest($1::text[], $2::uuid[]) AS f (referencia, id)
 CROSS JOIN LATERAL (
       SELECT * FROM ordenes_trabajo WHERE referencia = f.referencia
       UNION ALL
       SELECT * FROM ordenes_trabajo WHERE id = f.id AND referencia IS NULL) o"""


async def known(db: Db, references: Sequence[tuple[str, UUID | None]]) -> dict[str, Conocida]:
    """Return the orders that are there under these references, or, having none, under these identifiers."""
    names, ids = [name for name, _ in references], [orden_id for _, orden_id in references]
    found = {}
    for row in await db.fetch(KNOWN, names, ids):
        fields = dict(row)
        name = fields.pop("referencia")
        found[name] = Conocida(**(fields | {"estado": Estado(row["estado"])}))
    return found


# Nobody merges or erases them from here to the commit.
HOLD_CLIENTS: Final = """
SELECT id FROM clientes WHERE id = ANY ($1::uuid[]) AND fusionado_en IS NULL AND anonimizado_en IS NULL
 ORDER BY id FOR KEY SHARE"""
# In the order of the days on which they moved: so lock the counters' rows whoever changes an order.
INSERT_MANY: Final = """
INSERT INTO ordenes_trabajo (id, referencia, cliente_id, servicio_id, tecnico_id, tipo, estado, descripcion,
    garantia_de, raiz_id, garantia_meses, duracion_min, periodicidad_meses, fecha_programada, fecha_ejecucion,
    ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
SELECT f.id, f.referencia, f.cliente_id, f.servicio_id, f.tecnico_id, f.tipo, f.estado, f.descripcion, f.garantia_de,
       f.raiz_id, s.garantia_meses, s.duracion_min, f.periodicidad_meses, f.fecha_programada, f.fecha_ejecucion,
       f.ultimo_movimiento_en, $2::uuid, $3::timestamptz, $3::timestamptz
  FROM jsonb_to_recordset($1::jsonb) AS f (lugar integer, id uuid, referencia text, cliente_id uuid, servicio_id uuid,
           tecnico_id uuid, tipo text, estado text, descripcion text, garantia_de uuid, raiz_id uuid,
           periodicidad_meses integer, fecha_programada timestamptz, fecha_ejecucion timestamptz,
           ultimo_movimiento_en timestamptz)
  JOIN servicios s ON s.id = f.servicio_id
 ORDER BY f.lugar"""
INSERT_MOVEMENTS: Final = """
INSERT INTO orden_movimientos (orden_id, posicion, accion, tecnico_id, fecha_programada, actor_id, creado_en)
SELECT id, 1, 'creada', tecnico_id, fecha_programada, creado_por, creado_en FROM ordenes_trabajo
 WHERE id = ANY ($1::uuid[])"""
INSERT_RATINGS: Final = """
INSERT INTO calificaciones (id, orden_id, cliente_id, tecnico_id, estrellas, comentario, fecha)
SELECT f.calificacion_id, f.id, f.cliente_id, f.tecnico_id, f.estrellas, f.comentario, f.calificada_en
  FROM jsonb_to_recordset($1::jsonb) AS f (calificacion_id uuid, id uuid, cliente_id uuid, tecnico_id uuid,
           estrellas integer, comentario text, calificada_en timestamptz)
 ORDER BY f.tecnico_id"""


async def insert_many(db: Db, rows: Sequence[Mapping[str, Any]], actor_id: UUID | None) -> None:
    """Make work orders with their ratings.

    Conflict `conflicto_simultaneo` when one of them was made, or its guarantee asked for, or its client merged,
    while this was prepared.
    """
    clients = {row["cliente_id"] for row in rows}
    changed = Conflict("conflicto_simultaneo", headers={"Retry-After": "1"})
    if len(await db.fetch(HOLD_CLIENTS, sorted(clients))) < len(clients):
        raise changed
    try:
        await db.execute(INSERT_MANY, values.dumps(list(rows)), actor_id, db.now())
    except UniqueViolation as error:
        raise changed from error
    await db.execute(INSERT_MOVEMENTS, [row["id"] for row in rows])
    rated = [row for row in rows if row["estrellas"] is not None]
    if rated:
        await db.execute(INSERT_RATINGS, values.dumps(rated))


INSERT_DONE: Final = """
INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                                   fecha_original, estado, hecha_en, creado_en, actualizado_en)
SELECT n.id, n.orden_id, n.cliente_id, n.periodicidad_meses, n.ciclo, n.fecha, n.fecha, 'HECHA', n.fecha,
       $7::timestamptz, $7::timestamptz
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::timestamptz[])
       AS n (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha)"""


async def insert_done(db: Db, visits: Sequence[tuple[UUID, Plan]]) -> None:
    """Write the last visit that was made of each plan, as (identifier, plan that is known so far)."""
    if visits:
        await db.execute(
            INSERT_DONE,
            [visit_id for visit_id, _ in visits],
            [plan.orden_id for _, plan in visits],
            [plan.cliente_id for _, plan in visits],
            [plan.periodicidad_meses for _, plan in visits],
            [plan.ciclo for _, plan in visits],
            [plan.hasta for _, plan in visits],
            db.now(),
        )


# Pages by number: a reader of the whole list holds no transaction and no more than one page.
EXPORT: Final = """
SELECT o.numero, coalesce(o.referencia, o.id::text) AS referencia, o.cliente_id, k.nit AS cliente_nit,
       k.telefono AS cliente_telefono, s.nombre AS servicio, coalesce(t.correo, t.usernick, t.celular) AS tecnico,
       o.estado, o.descripcion, o.fecha_programada, o.fecha_ejecucion, o.ultimo_movimiento_en, o.periodicidad_meses,
       (SELECT max(v.fecha_original) FROM visitas_mantenimiento v
         WHERE v.orden_id = o.id AND v.estado = 'HECHA') AS mantenida_hasta,
       (SELECT coalesce(g.referencia, g.id::text) FROM ordenes_trabajo g WHERE g.id = o.garantia_de) AS garantia_de,
       c.estrellas, c.comentario, c.fecha AS calificada_en
  FROM ordenes_trabajo o
  JOIN clientes k ON k.id = o.cliente_id
  JOIN servicios s ON s.id = o.servicio_id
  LEFT JOIN usuarios t ON t.id = o.tecnico_id
  LEFT JOIN calificaciones c ON c.orden_id = o.id
 WHERE o.numero > $1::bigint AND k.anonimizado_en IS NULL
 ORDER BY o.numero LIMIT $2"""


async def export_page(db: Db, after: int, rows: int) -> list[dict[str, Any]]:
    """Return the orders after a number as a sheet shows them; none of erased clients."""
    return [dict(row) for row in await db.fetch(EXPORT, after, rows)]
