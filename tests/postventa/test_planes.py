"""The lists of work orders come from an index each, however the server plans, and hold what a look at each row finds.

Forty thousand orders, as a company has them: one of a hundred is open, one of four hundred a guarantee.
"""

import hashlib
import itertools
import json
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from clientela.postventa import rules
from clientela.postventa.model import Estado, Filtro, Tipo, Vista
from clientela.postventa.store import lists, maintenance
from tests.tools.cluster import Cluster
from tests.tools.database import Database, run

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
STILL = NOW - rules.STILL
PLANT = """
INSERT INTO usuarios (id, nombre, rol, creado_en, actualizado_en)
SELECT md5('t' || i)::uuid, 'Técnico', 'tecnico', now(), now() FROM generate_series(0, 39) AS i;
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
SELECT md5('u' || i)::uuid, 'Cliente', 'cliente', md5('c' || i)::uuid, now(), now() FROM generate_series(0, 3999) AS i;
INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
SELECT md5('c' || i)::uuid, md5('u' || i)::uuid, 'Cliente', now(), now() FROM generate_series(0, 3999) AS i;
INSERT INTO servicios (id, nombre, creado_en, actualizado_en) VALUES (md5('s')::uuid, 'Uno', now(), now());
ALTER TABLE ordenes_trabajo DISABLE TRIGGER USER;
INSERT INTO ordenes_trabajo (id, cliente_id, servicio_id, tecnico_id, tipo, estado, garantia_de, raiz_id,
                             garantia_meses, duracion_min, periodicidad_meses, fecha_programada, fecha_ejecucion,
                             ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
SELECT md5('o' || n)::uuid, md5('c' || n * 7 % 4000)::uuid, md5('s')::uuid,
       CASE WHEN estado <> 'PENDIENTE' THEN md5('t' || n % 40)::uuid END,
       CASE WHEN root IS NULL THEN 'NORMAL' ELSE 'REVISION' END, estado, root, root, 12, 60,
       CASE WHEN estado = 'FINALIZADO' AND n % 20 = 0 THEN 6 END, moved, CASE WHEN estado = 'FINALIZADO' THEN moved END,
       moved, md5('t1')::uuid, moved, moved
  FROM (SELECT n, CASE WHEN n % 400 = 299 THEN md5('o' || 1)::uuid END AS root,
               CASE WHEN n % 100 = 99 THEN (ARRAY['PENDIENTE', 'ASIGNADA', 'EN_EJECUCION'])[1 + n / 100 % 3]
                    WHEN n % 50 = 7 THEN 'CANCELADA' ELSE 'FINALIZADO' END AS estado,
               $1::timestamptz - CASE WHEN n % 100 = 99 THEN n / 100 % 240 * interval '1 hour'
                                      ELSE (40000 - n) * interval '25 minutes' END AS moved
          FROM generate_series(1, 40000) AS n) o"""


@pytest.fixture(scope="module")
def full(cluster: Cluster, worker: str) -> Iterator[Database]:
    """A database of its own, vacuumed as autovacuum would have done."""
    name = f"ordenes_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    # A guarantee is asked for once at a time; here one order has a hundred of them.
    database.execute("DROP INDEX ordenes_trabajo_garantia_abierta_uk")
    database.execute(PLANT.replace("$1", f"'{NOW.isoformat()}'"))
    database.execute("ALTER TABLE ordenes_trabajo ENABLE TRIGGER USER")
    database.execute(
        """INSERT INTO ordenes_por_dia (dia, abiertas, sin_asignar, en_ejecucion)
           SELECT (ultimo_movimiento_en AT TIME ZONE 'UTC')::date, count(*), count(*) FILTER (WHERE tecnico_id IS NULL),
                  count(*) FILTER (WHERE estado = 'EN_EJECUCION')
             FROM ordenes_trabajo WHERE estado NOT IN ('FINALIZADO', 'CANCELADA') GROUP BY 1"""
    )
    for table in ("ordenes_trabajo", "clientes", "usuarios"):
        database.execute(f"VACUUM ANALYZE {table}")
    yield database
    database.close()
    cluster.drop(name)


def known(text: str) -> uuid.UUID:
    """The identifier that the plant makes of a name."""
    return uuid.UUID(bytes=hashlib.md5(text.encode(), usedforsecurity=False).digest())


CLIENT, TECHNICIAN = known("c77"), known("t3")
DAY = {"desde": NOW - timedelta(days=40), "hasta": NOW - timedelta(days=39)}

# What is asked, and the index that answers it.
ASKED: list[tuple[dict[str, Any], str]] = [
    ({}, "ordenes_trabajo_numero_uk"),
    ({"vista": Vista.SIN_ASIGNAR}, "ordenes_trabajo_sin_asignar_ix"),
    ({"vista": Vista.EN_EJECUCION}, "ordenes_trabajo_en_ejecucion_ix"),
    ({"vista": Vista.SIN_MOVIMIENTO}, "ordenes_trabajo_movimiento_ix"),
    ({"vista": Vista.SIN_MOVIMIENTO, "estado": Estado.ASIGNADA}, "ordenes_trabajo_movimiento_ix"),
    ({"cliente_id": CLIENT}, "ordenes_trabajo_cliente_ix"),
    ({"cliente_id": CLIENT, "estado": Estado.FINALIZADO} | DAY, "ordenes_trabajo_cliente_ix"),
    ({"tecnico_id": TECHNICIAN}, "ordenes_trabajo_tecnico_ix"),
    ({"tipo": Tipo.REVISION}, "ordenes_trabajo_raiz_ix"),
    (DAY, "ordenes_trabajo_fecha_ix"),
    (DAY | {"tecnico_id": TECHNICIAN}, "ordenes_trabajo_fecha_ix"),
]


async def explain(database: Database, mode: str, sql: str, *values: Any) -> list[dict[str, Any]]:
    """The steps of the plan that a connection keeps, or of one for these values."""
    async with database.connect() as connection:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        said = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values)
    waiting, steps = [json.loads(said)[0]["Plan"]], []
    while waiting:
        steps.append(waiting.pop())
        waiting += steps[-1].get("Plans", ())
    return steps


MODES = pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
MANY_ROWS = {"ordenes_trabajo", "clientes", "usuarios"}


def used(steps: list[dict[str, Any]]) -> set[str]:
    """Which indexes a plan uses; AssertionError where it reads a whole table of many rows."""
    assert not {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"} & MANY_ROWS, steps
    return {step["Index Name"] for step in steps if "Index Name" in step}


@MODES
@pytest.mark.parametrize(("asked", "index"), ASKED, ids=[" ".join(asked) or "all" for asked, _ in ASKED])
def test_a_list_comes_from_its_index(full: Database, mode: str, asked: dict[str, Any], index: str) -> None:
    sql, values = lists.statement(Filtro(**asked), STILL)
    assert index in used(run(explain(full, mode, sql, *values, 20, 0)))


@pytest.mark.parametrize("estado", [Estado.PENDIENTE, Estado.ASIGNADA, Estado.EN_EJECUCION, Estado.CANCELADA])
def test_a_list_of_one_state_comes_from_the_index_of_states(full: Database, estado: Estado) -> None:
    # Most orders are finished, so that a plan for any state may as well look at all.
    sql, values = lists.statement(Filtro(estado=estado), STILL)
    found = used(run(explain(full, "force_custom_plan", sql, *values, 20, 0)))
    assert found & {"ordenes_trabajo_estado_ix", "ordenes_trabajo_en_ejecucion_ix"}


@MODES
def test_what_waits_comes_from_its_index(full: Database, mode: str) -> None:
    waiting = run(explain(full, mode, lists.PENDING_GUARANTEES, 20, 0))
    assert "ordenes_trabajo_garantias_ix" in {step.get("Index Name") for step in waiting}
    plans = run(explain(full, mode, maintenance.PLANS_LACKING, NOW, 500))
    assert "ordenes_trabajo_planes_ix" in {step.get("Index Name") for step in plans}


LOOK = """
SELECT array_agg(id ORDER BY {order}) FROM ordenes_trabajo o
 WHERE ($1::uuid IS NULL OR cliente_id = $1) AND ($2::uuid IS NULL OR tecnico_id = $2)
   AND ($3::text IS NULL OR estado = $3) AND ($4::text IS NULL OR tipo = $4)
   AND ($5::timestamptz IS NULL OR fecha_programada >= $5) AND ($6::timestamptz IS NULL OR fecha_programada < $6)
   AND CASE $7::text WHEN 'sin_asignar' THEN tecnico_id IS NULL AND estado = 'PENDIENTE'
                     WHEN 'en_ejecucion' THEN estado = 'EN_EJECUCION'
                     WHEN 'sin_movimiento_5d' THEN estado IN ('PENDIENTE', 'ASIGNADA', 'EN_EJECUCION')
                                                   AND ultimo_movimiento_en <= $8
                     ELSE true END AND $8::timestamptz IS NOT NULL"""
SORTED = {
    None: "numero DESC",
    Vista.SIN_ASIGNAR: "numero",
    Vista.EN_EJECUCION: "numero",
    Vista.SIN_MOVIMIENTO: "ultimo_movimiento_en, numero",
}


def every_filter() -> Iterator[Filtro]:
    """Nothing, each alone, and all together with each."""
    clients, technicians = (None, CLIENT), (None, TECHNICIAN)
    states, kinds = (None, Estado.ASIGNADA, Estado.FINALIZADO), (None, Tipo.REVISION)
    for vista, cliente, tecnico, estado, tipo in itertools.product(
        (None, *Vista), clients, technicians, states, kinds
    ):
        wanted = Filtro(cliente_id=cliente, tecnico_id=tecnico, estado=estado, tipo=tipo, vista=vista)
        yield wanted
        yield msgspec.structs.replace(wanted, desde=NOW - timedelta(days=400))
        yield msgspec.structs.replace(wanted, desde=NOW - timedelta(days=90), hasta=NOW)


async def differing(
    connection: asyncpg.Connection, choose: Callable[..., tuple[str, tuple[Any, ...]]]
) -> int:
    """Count the filters whose list, on two of its pages, or total is not what a look at each row finds."""
    wrong = 0
    for wanted in every_filter():
        sql, values = choose(wanted, STILL)
        asked = (
            wanted.cliente_id, wanted.tecnico_id, wanted.estado, wanted.tipo, wanted.desde, wanted.hasta, wanted.vista,
        )  # fmt: skip
        there = await connection.fetchval(LOOK.format(order=SORTED[wanted.vista]), *asked, STILL) or []
        for offset in (0, 20):
            row = await connection.fetchrow(sql, *values, 20, offset)
            found = [uuid.UUID(order["id"]) for order in json.loads(row["ordenes"])]
            wrong += (row["total"], found) != (len(there), there[offset : offset + 20])
    return wrong


async def test_every_list_holds_what_is_there(full: Database) -> None:
    async with full.connect() as connection:
        assert await differing(connection, lists.statement) == 0

        def forgetful(wanted: Filtro, still: datetime) -> tuple[str, tuple[Any, ...]]:
            return lists.statement(msgspec.structs.replace(wanted, tipo=None), still)

        # The control: a list that forgets one of its conditions.
        assert await differing(connection, forgetful) > 0
