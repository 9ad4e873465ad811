"""Field service under load: 200,000 work orders, as a company has them after years, and one administrator."""

import asyncio
import http.client
import json
import time
from statistics import median
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from bench.dataset import BORN, LIFE
from bench.statements import CLIENT, SESSION, USER, UUID_PREFIX
from clientela.core.db import Pool
from clientela.identidad.signing import Claims, keyring, sign
from clientela.postventa import maintenance
from clientela.settings import Settings

ORDERS: Final = 200_000
VIEWS: Final = {
    "sin_asignar": "sin_asignar",
    "en_ejecucion": "en_ejecucion",
    "sin_movimiento": "sin_movimiento_5d",
}
"""The lists behind the overview's three figures: their names here and in the API."""
HOUSEHOLDS: Final = 10_000
TECHNICIANS: Final = 40
PLANS: Final = 50_000
RATED: Final = 10_000
"""Ratings of the first technician; everybody else together has as many again."""

_ORDER: Final = 500_000_000_000
_SERVICE: Final = 600_000_000_000
_ADMIN: Final = USER + HOUSEHOLDS


def order_id(n: int) -> UUID:
    """Return the identifier of order n, from 0."""
    return UUID(f"{UUID_PREFIX}{_ORDER + n}")


def household_id(n: int) -> UUID:
    """Return the identifier of client n, from 0."""
    return UUID(f"{UUID_PREFIX}{CLIENT + n}")


def technician_id(n: int) -> UUID:
    """Return the identifier of technician n, from 0."""
    return UUID(f"{UUID_PREFIX}{_ADMIN + 1 + n}")


def rated_id(n: int) -> UUID:
    """Return the identifier of order n of the first technician, which is rated, from 0."""
    return order_id(n * (ORDERS // RATED))


_PEOPLE: Final = f"""
INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({_ADMIN} + n))::uuid, 'Personal ' || n,
       CASE WHEN n = 0 THEN 'admin' ELSE 'tecnico' END, 'personal' || n || '@ejemplo.test', 'x', now(), now()
  FROM generate_series(0, {TECHNICIANS}) AS n;
INSERT INTO sesiones (id, usuario_id, creada_en, expira_en)
VALUES ('{UUID_PREFIX}{SESSION}', '{UUID_PREFIX}{_ADMIN}', to_timestamp({BORN}), to_timestamp({BORN + LIFE}));
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({USER} + n))::uuid, 'Cliente', 'cliente',
       ('{UUID_PREFIX}' || ({CLIENT} + n))::uuid, now(), now()
  FROM generate_series(0, {HOUSEHOLDS - 1}) AS n;
INSERT INTO clientes (id, usuario_principal_id, nombre, email, telefono, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({CLIENT} + n))::uuid, ('{UUID_PREFIX}' || ({USER} + n))::uuid, 'Cliente ' || n,
       'c' || n || '@ejemplo.test', (60000000 + n * 197)::text, now(), now()
  FROM generate_series(0, {HOUSEHOLDS - 1}) AS n;
INSERT INTO servicios (id, nombre, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({_SERVICE} + n))::uuid, 'Servicio ' || n, now(), now() FROM generate_series(0, 9) AS n;
"""  # noqa: S608 - every part is a constant of this module

# Of a hundred orders one is open: in a third of those nobody was chosen, a third is under way, and all of them moved
# within the last ten days. Every fiftieth of the others was cancelled. Every twentieth is the first technician's.
_ORDERS: Final = f"""
INSERT INTO ordenes_trabajo (
    id, cliente_id, servicio_id, tecnico_id, tipo, estado, descripcion, garantia_meses, duracion_min,
    fecha_programada, fecha_ejecucion, ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({_ORDER} + n))::uuid, ('{UUID_PREFIX}' || ({CLIENT} + n * 7 % {HOUSEHOLDS}))::uuid,
       ('{UUID_PREFIX}' || ({_SERVICE} + n % 10))::uuid,
       CASE WHEN estado <> 'PENDIENTE' THEN ('{UUID_PREFIX}' || (
           {_ADMIN + 1} + CASE WHEN n % {ORDERS // RATED} > 0 THEN 1 + n % {TECHNICIANS - 1} ELSE 0 END))::uuid END,
       'NORMAL', estado, 'Dos cámaras no graban de noche', 12, 60, moved,
       CASE WHEN estado = 'FINALIZADO' THEN moved END, moved, '{UUID_PREFIX}{_ADMIN}', moved, moved
  FROM (SELECT n, CASE WHEN n % 100 <> 99 THEN CASE WHEN n % 50 = 7 THEN 'CANCELADA' ELSE 'FINALIZADO' END
                       ELSE (ARRAY['PENDIENTE', 'ASIGNADA', 'EN_EJECUCION'])[1 + n / 100 % 3] END AS estado,
               now() - CASE WHEN n % 100 = 99 THEN (n / 100 % 240) * interval '1 hour'
                            ELSE ({ORDERS} - n) * interval '5 minutes' END AS moved
          FROM generate_series($1::bigint, $2::bigint) AS n) o
"""  # noqa: S608

_REVISIONS: Final = """
INSERT INTO ordenes_trabajo (
    id, cliente_id, servicio_id, tipo, estado, garantia_de, raiz_id, garantia_meses, duracion_min,
    ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
SELECT gen_random_uuid(), cliente_id, servicio_id, 'REVISION', 'PENDIENTE', id, id, 12, 60, now(), creado_por, now(),
       now()
  FROM ordenes_trabajo WHERE estado = 'FINALIZADO' ORDER BY numero DESC LIMIT 500"""

_HAPPENED: Final = """
INSERT INTO orden_movimientos (orden_id, posicion, accion, tecnico_id, fecha_programada, actor_id, creado_en)
SELECT o.id, m.posicion, m.accion, o.tecnico_id, o.fecha_programada, o.creado_por, o.creado_en
  FROM ordenes_trabajo o
 CROSS JOIN (VALUES (1, 'creada'), (2, 'asignada'), (3, 'iniciada'), (4, 'finalizada')) AS m (posicion, accion)
 WHERE o.estado = 'FINALIZADO' OR m.posicion = 1"""

# The first technician's orders are all rated, and as many of the others'.
_RATINGS: Final = f"""
INSERT INTO calificaciones (id, orden_id, cliente_id, tecnico_id, estrellas, comentario, fecha)
SELECT gen_random_uuid(), o.id, o.cliente_id, o.tecnico_id, 1 + n % 5, 'Excelente servicio, muy profesional', now()
  FROM generate_series($1::bigint, $2::bigint) AS n
  JOIN ordenes_trabajo o ON o.id = ('{UUID_PREFIX}' || ({_ORDER} + n * {ORDERS // RATED // 2}))::uuid
 WHERE o.estado = 'FINALIZADO'"""  # noqa: S608


async def plant(dsn: str) -> None:
    """Fill an empty, migrated database; figures are counted by the product's own triggers."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_PEOPLE)
        # In pieces: a figure that one transaction counts up thousands of times gets slower each time.
        for statement, rows in ((_ORDERS, ORDERS), (_RATINGS, 2 * RATED)):
            for first in range(0, rows, rows // 20):
                await connection.execute(statement, first, first + rows // 20 - 1)
        await connection.execute(_REVISIONS)
        await connection.execute(_HAPPENED)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def plant_now(dsn: str) -> None:
    """Run `plant` to its end."""
    asyncio.run(plant(dsn))


class Visits(NamedTuple):
    """What the daily job did: how many visits, in how many batches, in how many seconds."""

    made: int
    batches: int
    seconds: float
    longest: float


_PLANS: Final = f"""
UPDATE ordenes_trabajo SET periodicidad_meses = 6
 WHERE estado = 'FINALIZADO' AND numero IN (SELECT generate_series(1, {ORDERS}, {ORDERS // PLANS}))"""  # noqa: S608
_COUNT: Final = "SELECT count(*) FROM visitas_mantenimiento"


async def _plan(dsn: str) -> list[Visits]:
    connection = await asyncpg.connect(dsn)
    pool = await Pool(Settings(database_url=dsn), lambda: dsn).open()
    found = []
    try:
        await connection.execute(_PLANS)
        await connection.execute("VACUUM ANALYZE ordenes_trabajo")
        for _ in range(2):
            before, batches = await connection.fetchval(_COUNT), []
            more = True
            while more:
                begun = time.perf_counter()
                async with pool.db.transaction() as tx:
                    more = await maintenance.plan_all(tx)
                batches.append(time.perf_counter() - begun)
            made = await connection.fetchval(_COUNT) - before
            found.append(Visits(made, len(batches), sum(batches), max(batches)))
    finally:
        await pool.close()
        await connection.close()
    return found


def plan_now(dsn: str) -> list[Visits]:
    """Run the daily job over plans that have no visit yet, and once more with nothing to do."""
    return asyncio.run(_plan(dsn))


def token(key: str) -> str:
    """Sign the administrator's token."""
    keyring.load(key)
    return sign(
        Claims(
            sub=UUID(f"{UUID_PREFIX}{_ADMIN}"),
            tipo="usuario",
            rol="admin",
            cliente_id=None,
            jti=UUID(f"{UUID_PREFIX}{SESSION}"),
            iat=BORN,
            exp=BORN + LIFE,
        )
    )


def alone(port: int, bearer: str) -> dict[str, float]:
    """Return how long each answer takes when nobody else asks: the median of 400, in ms, asked in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(path: str) -> tuple[float, bytes]:
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {bearer}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"bench: {path} answered {answer.status}")
        return (time.perf_counter() - begun) * 1000, body

    some = json.loads(ask("/api/v1/ordenes?per_page=1")[1])["items"][0]["id"]
    paths = {"orden_leer": f"/api/v1/ordenes/{some}", "resumen": "/api/dashboard/overview"}
    paths |= {name: f"/api/v1/ordenes?vista={view}" for name, view in VIEWS.items()}
    times: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(400):
        for name, path in paths.items():
            times[name].append(ask(path)[0])
    connection.close()
    return {name: round(median(found), 3) for name, found in times.items()}
