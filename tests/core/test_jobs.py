"""Daily jobs run once a day over all nodes and are made up for; loops survive their defects and stop cleanly."""

import asyncio
import time as clocks
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from clientela.core import housekeeping, idempotency, jobs, mail
from clientela.core.db import Pool
from clientela.core.errors import Unavailable
from clientela.core.jobs import Daily, Loop, Runner

LA_PAZ = ZoneInfo("America/La_Paz")
SANTIAGO = ZoneInfo("America/Santiago")


async def _la_paz():
    return LA_PAZ


def _daily(work, hora=time(0, 0)):
    return Daily(f"prueba_{uuid4().hex}", hora, work)


async def _days(db, daily):
    rows = await db.fetch(
        "SELECT fecha, lotes, terminado_en FROM trabajos_diarios WHERE nombre = $1", daily.nombre
    )
    return [(row["fecha"], row["lotes"], row["terminado_en"] is not None) for row in rows]


@pytest.mark.parametrize(
    ("hora", "now", "zona", "due"),
    [
        ("03:00", "2026-11-20T07:00:00", LA_PAZ, "2026-11-20"),
        ("03:00", "2026-11-20T06:59:59", LA_PAZ, "2026-11-19"),
        ("23:30", "2026-11-20T03:30:00", LA_PAZ, "2026-11-19"),
        ("00:00", "2026-01-01T03:59:59", LA_PAZ, "2025-12-31"),
        ("00:00", "2026-01-01T04:00:00", LA_PAZ, "2026-01-01"),
        # Chile loses the hour 24:00–01:00 on 6 September 2026 and repeats 23:00–24:00 on 4 April 2026.
        ("00:30", "2026-09-06T04:29:59", SANTIAGO, "2026-09-05"),
        ("00:30", "2026-09-06T04:30:00", SANTIAGO, "2026-09-06"),
        ("23:30", "2026-04-05T02:30:00", SANTIAGO, "2026-04-04"),
        ("23:30", "2026-04-05T03:30:00", SANTIAGO, "2026-04-04"),
    ],
)
def test_a_day_is_due_at_its_hour_in_the_zone(hora, now, zona, due):
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert jobs.due_date(time.fromisoformat(hora), instant, zona) == date.fromisoformat(due)


async def test_twenty_nodes_do_it_once(core_pool, db, settings):
    done = []

    async def work(_db, fecha):
        done.append(fecha)
        await asyncio.sleep(0.05)

    daily = _daily(work)
    pools = [await Pool(settings, lambda: db.dsn).open() for _ in range(4)]
    await asyncio.gather(*(jobs.run_daily(pools[n % 4].db, daily, LA_PAZ) for n in range(20)))
    await asyncio.gather(*(jobs.run_daily(pools[n % 4].db, daily, LA_PAZ) for n in range(20)))
    for pool in pools:
        await pool.close()
    assert len(done) == 1
    assert await _days(core_pool.db, daily) == [(done[0], 1, True)]


async def test_the_next_day_comes_once_more_and_missed_days_are_made_up_for_once(core_pool, clock):
    done = []

    async def work(_db, fecha):
        done.append(fecha)

    daily = _daily(work)
    for days in (0, 0, 1, 1, 5, 5):
        clock.offset = timedelta(days=days)
        await jobs.run_daily(core_pool.db, daily, LA_PAZ)
    assert [fecha - done[0] for fecha in done] == [timedelta(0), timedelta(days=1), timedelta(days=5)]


async def test_batches_are_transactions_of_their_own(core_pool):
    daily_calls = []

    async def work(tx, _fecha):
        assert tx.in_transaction
        daily_calls.append(await tx.fetchval("SELECT pg_current_xact_id()::text"))
        return len(daily_calls) < 4

    daily = _daily(work)
    assert await jobs.run_daily(core_pool.db, daily, LA_PAZ) == 4
    assert len(set(daily_calls)) == 4
    assert await jobs.run_daily(core_pool.db, daily, LA_PAZ) == 0
    assert [(lotes, done) for _, lotes, done in await _days(core_pool.db, daily)] == [(4, True)]


async def test_a_failed_day_stays_due_and_goes_on_where_it_was(core_pool):
    calls = 0

    async def work(_tx, _fecha):
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ZeroDivisionError
        return calls < 3

    daily = _daily(work)
    with pytest.raises(ZeroDivisionError):
        await jobs.run_daily(core_pool.db, daily, LA_PAZ)
    assert [(lotes, done) for _, lotes, done in await _days(core_pool.db, daily)] == [(1, False)]
    await jobs.run_daily(core_pool.db, daily, LA_PAZ)
    assert calls == 3
    assert [(lotes, done) for _, lotes, done in await _days(core_pool.db, daily)] == [(2, True)]


async def test_loops_go_on_after_an_error_and_again_at_once_while_there_is_more(core_pool):
    calls = []

    async def work(_db):
        calls.append(clocks.monotonic())
        if len(calls) == 2:
            raise Unavailable
        if len(calls) == 3:
            raise ZeroDivisionError
        return 4 <= len(calls) < 50

    runner = Runner(core_pool.db, loops=[Loop("prueba", 0.05, work)], zona=_la_paz)
    await runner.start()
    deadline = clocks.monotonic() + 10
    while len(calls) < 50:
        assert clocks.monotonic() < deadline
        await asyncio.sleep(0.01)
    await runner.stop()
    number = len(calls)
    assert calls[49] - calls[4] < 0.5
    await asyncio.sleep(0.2)
    assert len(calls) == number, "nothing begins after the stop"


async def test_one_failing_daily_job_does_not_hold_up_the_others(core_pool):
    done = asyncio.Event()

    async def fail(_db, _fecha):
        raise ZeroDivisionError

    async def work(_db, _fecha):
        done.set()

    runner = Runner(core_pool.db, diarias=[_daily(fail), _daily(work)], zona=_la_paz)
    await runner.start()
    await asyncio.wait_for(done.wait(), 5)
    await runner.stop()


async def test_stopping_lets_work_finish_and_cuts_what_hangs(core_pool):
    finished = []

    async def brief(_db):
        await asyncio.sleep(0.3)
        finished.append("brief")

    async def endless(_db):
        await asyncio.sleep(3600)

    runner = Runner(core_pool.db, loops=[Loop("breve", 60, brief), Loop("eterno", 60, endless)], zona=_la_paz)
    await runner.start()
    await asyncio.sleep(0.1)
    began = clocks.monotonic()
    await runner.stop(wait=1)
    assert 0.9 < clocks.monotonic() - began < 2
    assert finished == ["brief"]


async def test_the_core_keeps_its_own_house(empty_pool, clock, settings):
    db = empty_pool.db
    async with db.transaction() as tx:
        print_ = idempotency.fingerprint(b"")
        await idempotency.begin(tx, "a", "POST", "/x", "k", print_)
        await idempotency.store(tx, "a", "POST", "/x", "k", print_, status=201, headers={}, body=b"")
    await mail.enqueue(
        db,
        destinatario="ana@example.com",
        plantilla="restablecer_contrasenia",
        contexto={"nombre": "Ana", "enlace": "x", "minutos": 30},
        clave="k",
    )
    runner = Runner(db, loops=housekeeping.loops(settings), diarias=housekeeping.DIARIAS, zona=_la_paz)
    await runner.start()
    deadline = clocks.monotonic() + 10
    while not list(settings.data_dir.glob("correo/*.eml")) or not list(
        settings.data_dir.glob("auditoria/*.json")
    ):
        assert clocks.monotonic() < deadline
        await asyncio.sleep(0.05)
    await runner.stop()
    clock.offset = timedelta(days=32)
    for daily in housekeeping.DIARIAS:
        await jobs.run_daily(db, daily, LA_PAZ)
    assert await db.fetchval("SELECT count(*) FROM correos") == 0
    assert await db.fetchval("SELECT count(*) FROM idempotencia") == 0
