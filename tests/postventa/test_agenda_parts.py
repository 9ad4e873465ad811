"""The parts of a technician's day: the walk, the order of its hours, the search that is made once, its indexes."""

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clientela.core.errors import Unavailable
from clientela.entregas import planner, planning
from clientela.entregas.model import Plan, Problema
from clientela.entregas.planning import Stage, walk
from clientela.flows import plan_technician_day
from tests.races.planting import plant_client
from tests.tools.database import Database

# A hundred technicians with two hundred orders each, of a hundred days, one of twenty still to be made.
MANY = """
INSERT INTO usuarios (id, nombre, rol, creado_en, actualizado_en)
SELECT md5('t' || i)::uuid, 'Tito', 'tecnico', now(), now() FROM generate_series(1, 100) AS i;
INSERT INTO servicios (id, nombre, creado_en, actualizado_en) VALUES (md5('s')::uuid, 'Uno', now(), now());
ALTER TABLE ordenes_trabajo DISABLE TRIGGER USER;
INSERT INTO ordenes_trabajo (id, cliente_id, servicio_id, tecnico_id, tipo, estado, garantia_meses, duracion_min,
                             fecha_programada, fecha_ejecucion, ultimo_movimiento_en, creado_por, creado_en,
                             actualizado_en)
SELECT md5('o' || i)::uuid, k.id, md5('s')::uuid, md5('t' || (1 + i % 100))::uuid, 'NORMAL',
       CASE WHEN i % 2000 < 100 THEN 'ASIGNADA' ELSE 'FINALIZADO' END, 12, 60, d,
       CASE WHEN i % 2000 >= 100 THEN d END, d, k.usuario_principal_id, now(), now()
  FROM clientes k, generate_series(1, 20000) AS i,
       LATERAL (SELECT date '2026-01-01' + i / 200 + time '12:00') AS t (d)"""
SCANS = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'ordenes_trabajo'"


def scans(database: Database, *settings: str) -> tuple[int, int]:
    """How often the orders are read as a whole, and by an index, for one technician's day."""
    database.execute("BEGIN")
    try:
        for setting in settings:
            database.execute(f"SET LOCAL {setting} = off")
        day = "SELECT fn.tecnico_agenda(md5('t7')::uuid, NULL, '2026-03-04', 'America/La_Paz')"
        assert len(json.loads(database.fetchval(day))["ordenes"]) == 2
        return tuple(database.fetchrow(SCANS).values())
    finally:
        database.execute("ROLLBACK")


def test_a_day_comes_from_indexes(new_database: Callable[[], Database]) -> None:
    database = new_database()
    plant_client(database)
    database.execute(MANY)
    database.execute("ANALYZE ordenes_trabajo")
    whole, by_index = scans(database)
    assert whole == 0
    assert by_index >= 2
    # The control: without them all orders are read, twice.
    assert scans(database, "enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan")[0] >= 2


async def empty(problem: Problema) -> Plan:
    return Plan((), {}, 0, 0)


async def test_those_who_ask_at_once_wait_for_one_search(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []

    async def slow(problem: Problema) -> Plan:
        searches.append(problem)
        await asyncio.sleep(0.02)
        if len(searches) == 1:
            raise Unavailable
        return await empty(problem)

    monkeypatch.setattr(planner, "plan", slow)
    problem = Problema(0.0, 0.0, 20.0, (), ())
    found = await asyncio.gather(*(planner.plan_known(problem) for _ in range(9)), return_exceptions=True)
    assert (len(searches), {type(one) for one in found}) == (1, {Unavailable})
    # What failed is looked for again, what was found is not.
    for _ in range(3):
        assert await planner.plan_known(problem) == await empty(problem)
    assert len(searches) == 2


def test_hours_that_were_agreed_on_keep_their_order() -> None:
    """Even where the planner would swap them."""
    one, other = (
        plan_technician_day._Waiting(
            _orden(number), (0.0, 0.0), datetime(2031, 5, 7, 12 + number, tzinfo=UTC), True, True
        )
        for number in (1, 2)
    )
    begins = {one.orden.id: one.since + timedelta(hours=5), other.orden.id: other.since}
    assert plan_technician_day._in_order([other, one], begins) == [one, other]


def _orden(number: int) -> Any:
    class Orden:
        id = uuid.uuid4()
        numero = number

    return Orden()


def test_a_walk_takes_its_time() -> None:
    """Against figures done by hand: one degree of latitude is 111.195 km, an hour at 111.195 km/h."""
    eight = datetime(2031, 5, 7, 8, tzinfo=UTC)
    hour = timedelta(hours=1)
    kmh = planning.metres((0.0, 0.0), (1.0, 0.0)) / 1000
    stages = [
        Stage((1.0, 0.0), eight, hour),
        Stage(None, eight, hour / 2),
        Stage((3.0, 0.0), eight + 9 * hour, hour),
    ]
    at_eight = walk((0.0, 0.0), None, stages, kmh)
    assert [step.arrives - eight for step in at_eight] == [0 * hour, hour, 3.5 * hour]
    assert [step.begins - eight for step in at_eight] == [0 * hour, hour, 9 * hour]
    assert [step.metres and round(step.metres / 1000 / kmh, 6) for step in at_eight] == [1.0, None, 2.0]
    later = walk((0.0, 0.0), eight + 2 * hour, stages, kmh)
    assert [round((step.arrives - eight) / hour, 6) for step in later] == [3.0, 4.0, 6.5]
    assert walk(None, eight, stages[:1], kmh)[0].metres is None
