"""A day is planned once, however many ask and on whatever process; its orders are found by index."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from clientela.core.db import Pool
from clientela.core.errors import Unavailable
from clientela.entregas import planner, plans, store
from clientela.entregas.model import Plan, Problema
from clientela.pedidos import store as pedidos
from clientela.settings import Settings
from tests.cobranza.test_planes import explain
from tests.entregas.days import day, judge, stop, van
from tests.tools.database import Database

pytestmark = pytest.mark.usefixtures("patient")
_days = itertools.count()
PROBLEM = day([stop("a", 1), stop("b", 2)], [van()])


@pytest.fixture
async def pools(db: Database) -> AsyncIterator[list[Pool]]:
    """The connections of four processes."""
    made = [await Pool(Settings(), lambda: db.dsn).open() for _ in range(4)]
    yield made
    for pool in made:
        await pool.close()


@pytest.fixture
def fecha() -> date:
    """A day that nobody else plans."""
    return date(2041, 1, 1) + timedelta(days=next(_days))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Problema]:
    """What was planned, by the real planner; a moment later, so that everybody is there."""
    found: list[Problema] = []
    real = planner.plan

    async def plan(problem: Problema) -> Plan:
        found.append(problem)
        await asyncio.sleep(0.3)
        return await real(problem)

    monkeypatch.setattr(planner, "plan", plan)
    return found


async def asked_at_once(pools: list[Pool], fecha: date) -> list[Any]:
    """What twelve hear who ask for a day at once."""
    asking = (plans.plan_day(pool.db, fecha, PROBLEM, ()) for pool in pools for _ in range(3))
    return await asyncio.gather(*asking)


async def test_of_many_who_ask_at_once_one_plans(
    pools: list[Pool], fecha: date, made: list[Problema]
) -> None:
    heard = await asked_at_once(pools, fecha)
    assert len(made) == 1
    assert all(one == heard[0] for one in heard)
    assert judge(PROBLEM, heard[0].plan) == []


async def test_without_the_reservation_everybody_would(
    pools: list[Pool], fecha: date, made: list[Problema], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with nobody kept out, the same day is planned over and over."""

    async def anybody(*_: Any) -> bool:
        return True

    monkeypatch.setattr(store, "reserve_plan", anybody)
    await asked_at_once(pools, fecha)
    assert len(made) > 1


async def test_whoever_comes_just_after_takes_what_is_there(
    pools: list[Pool], fecha: date, made: list[Problema], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is stored between somebody's look and his reservation."""
    real = store.reserve_plan

    async def late(db: Any, day: date, *rest: Any) -> bool:
        monkeypatch.setattr(store, "reserve_plan", real)
        await plans.plan_day(pools[1].db, day, PROBLEM, ())
        return await real(db, day, *rest)

    monkeypatch.setattr(store, "reserve_plan", late)
    assert await plans.plan_day(pools[0].db, fecha, PROBLEM, ()) == await plans.stored(pools[0].db, fecha)
    assert len(made) == 1


async def test_who_could_not_plan_lets_others(
    pools: list[Pool], fecha: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(_: Problema) -> Plan:
        raise Unavailable("servicio_ocupado")

    async def slow(_: Problema) -> Plan:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")

    with monkeypatch.context() as patched:
        patched.setattr(planner, "plan", busy)
        assert await plans.plan_day(pools[0].db, fecha, PROBLEM, ()) is None
        # Nor does whoever hangs up keep the day.
        patched.setattr(planner, "plan", slow)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(plans.plan_day(pools[0].db, fecha, PROBLEM, ()), 0.5)
    found = await plans.plan_day(pools[1].db, fecha, PROBLEM, ())
    assert found is not None
    assert judge(PROBLEM, found.plan) == []


async def test_a_plan_of_an_older_state_is_not_kept_over_a_newer_reservation(
    pools: list[Pool], fecha: date
) -> None:
    """Who was given up on writes nothing any more."""
    db = pools[0].db
    found = await plans.plan_day(db, fecha, PROBLEM, ())
    assert found is not None
    other = day([stop("z", 1)], [van()])
    await store.write_plan(db, fecha, UUID(int=1), found)
    assert (await plans.plan_day(db, fecha, other, ())) != found
    assert (await plans.stored(db, fecha)) != found


async def test_a_day_of_nothing_leaves_no_trace(pools: list[Pool], fecha: date, db: Database) -> None:
    found = await plans.plan_day(pools[0].db, fecha, day([]), ())
    assert found is not None
    assert found.plan.rutas == ()
    assert db.fetchval("SELECT count(*) FROM planes_entrega WHERE fecha = $1", fecha) == 0


ORDERS = """
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
VALUES (md5('u')::uuid, 'Cliente', 'cliente', md5('c')::uuid, now(), now());
INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
VALUES (md5('c')::uuid, md5('u')::uuid, 'Cliente', now(), now())"""
MANY = """
INSERT INTO pedidos (id, cliente_id, creado_por, carrito_version, condicion_pago, fecha_entrega_requerida,
                     fecha_entrega_solicitada, total, creado_en, actualizado_en)
SELECT md5('p' || i)::uuid, md5('c')::uuid, md5('u')::uuid, 1, 'CONTADO',
       CASE WHEN i % 2 = 0 THEN date '2026-01-01' + i % 1000 END,
       CASE WHEN i % 4 = 1 THEN timestamptz '2026-01-01 12:00Z' + (i % 1000) * interval '1 day' END, 0, now(), now()
  FROM generate_series(1, 40000) AS i"""


def test_a_days_orders_are_found_by_their_dates(new_database: Any) -> None:
    database = new_database()
    database.execute(ORDERS)
    database.execute(MANY)
    database.execute("ANALYZE pedidos")
    values = (
        "date '2026-11-20'",
        "timestamptz '2026-11-20 04:00Z'",
        "timestamptz '2026-11-21 04:00Z'",
        "5",
    )
    _, used = explain(database, pedidos.DELIVERIES, *values)
    assert {"pedidos_fecha_requerida_ix", "pedidos_fecha_solicitada_ix"} <= used
