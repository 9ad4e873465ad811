"""The limiter is exact for parallel attempts, on several processes, at the edge of its window (T-RL-1, T-AU-1)."""

import asyncio
import subprocess
import sys
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from clientela.core import limits
from clientela.core.errors import TooManyRequests
from clientela.core.limits import Limit

TEN_MINUTES = timedelta(minutes=10)


def _limit(maximo=3, ventana=TEN_MINUTES):
    return Limit("prueba", str(uuid4()), maximo, ventana)


def _let_in(dsn, kind):
    """200 attempts at once from four processes on one subject."""
    subject = str(uuid4())
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.core.attempts", dsn, kind, subject, "50"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    return sum(int(process.communicate(timeout=60)[0]) for process in processes)


def test_of_parallel_attempts_from_four_processes_exactly_five_get_in(db):
    assert _let_in(db.dsn, "exact") == 5
    assert _let_in(db.dsn, "naive") > 5, "the control must let more in, or this test could not see a race"


async def test_a_failure_stays_counted_and_a_success_gives_its_place_back(core_pool):
    limit = _limit()
    for _ in range(2):
        await (await limits.reserve(core_pool.db, limit)).keep()
    for _ in range(10):
        await (await limits.reserve(core_pool.db, limit)).release()
    await (await limits.reserve(core_pool.db, limit)).keep()
    with pytest.raises(TooManyRequests):
        await limits.reserve(core_pool.db, limit)


async def test_retry_after_is_exact_and_whoever_waits_gets_in(core_pool, clock):
    limit = _limit(maximo=2)
    await (await limits.reserve(core_pool.db, limit)).keep()
    clock.offset += timedelta(seconds=100)
    await (await limits.reserve(core_pool.db, limit)).keep()
    clock.offset += timedelta(seconds=50.5)
    with pytest.raises(TooManyRequests) as refused:
        await limits.reserve(core_pool.db, limit)
    seconds = int(refused.value.headers["Retry-After"])
    assert seconds == 450
    clock.offset += timedelta(seconds=seconds - 2)
    with pytest.raises(TooManyRequests):
        await limits.reserve(core_pool.db, limit)
    clock.offset += timedelta(seconds=2)
    await (await limits.reserve(core_pool.db, limit)).keep()
    with pytest.raises(TooManyRequests) as refused:
        await limits.reserve(core_pool.db, limit)
    assert 98 <= int(refused.value.headers["Retry-After"]) <= 101


async def test_no_edge_of_a_window_lets_twice_as_many_in(core_pool, clock):
    limit = _limit(maximo=5)
    let_in = []
    for second in range(0, 1800, 20):
        clock.offset = timedelta(seconds=second)
        try:
            await (await limits.reserve(core_pool.db, limit)).keep()
            let_in.append(second)
        except TooManyRequests:
            continue
    for start in let_in:
        assert len([second for second in let_in if start <= second < start + 599]) <= 5
    assert len(let_in) == 15


async def test_who_finds_none_free_waits_for_an_attempt_at_work(core_pool):
    limit = _limit(maximo=1)
    first = await limits.reserve(core_pool.db, limit)
    waiting = asyncio.create_task(limits.reserve(core_pool.db, limit))
    await asyncio.sleep(0.15)
    assert not waiting.done()
    await first.release()
    second = await asyncio.wait_for(waiting, 1)
    waiting = asyncio.create_task(limits.reserve(core_pool.db, limit))
    await asyncio.sleep(0.1)
    await second.keep()
    with pytest.raises(TooManyRequests):
        await asyncio.wait_for(waiting, 1)


async def test_nobody_waits_longer_than_two_seconds(core_pool):
    limit = _limit(maximo=1)
    await limits.reserve(core_pool.db, limit)
    began = time.monotonic()
    with pytest.raises(TooManyRequests) as refused:
        await limits.reserve(core_pool.db, limit)
    assert 2 <= time.monotonic() - began < 4
    assert 590 < int(refused.value.headers["Retry-After"]) <= 600


async def test_a_crashed_attempt_counts(core_pool):
    limit = _limit(maximo=1)
    await limits.reserve(core_pool.db, limit)
    with pytest.raises(TooManyRequests):
        await limits.reserve(core_pool.db, limit, wait=0)


async def test_several_limits_are_taken_together_or_not_at_all(core_pool, db):
    wide, narrow = _limit(maximo=5), _limit(maximo=1, ventana=timedelta(hours=1))
    await (await limits.reserve(core_pool.db, wide, narrow)).keep()
    for _ in range(3):
        with pytest.raises(TooManyRequests) as refused:
            await limits.reserve(core_pool.db, wide, narrow)
        assert int(refused.value.headers["Retry-After"]) > 3590
    assert db.fetchval("SELECT count(*) FROM limites WHERE clave = $1", wide.key) == 1


async def test_a_clock_set_back_does_not_free_anybody(core_pool, clock):
    limit = _limit(maximo=1)
    await (await limits.reserve(core_pool.db, limit)).keep()
    clock.offset -= timedelta(hours=1)
    with pytest.raises(TooManyRequests):
        await limits.reserve(core_pool.db, limit)


async def test_a_limit_of_nothing_refuses_everybody(core_pool):
    with pytest.raises(TooManyRequests) as refused:
        await limits.reserve(core_pool.db, _limit(maximo=0))
    assert refused.value.headers["Retry-After"] == "600"


async def test_the_subject_is_never_stored(core_pool, db):
    limit = Limit("acceso", "clave-escrita-en-el-campo-equivocado", 1, TEN_MINUTES)
    await limits.reserve(core_pool.db, limit)
    assert db.fetchval("SELECT count(*) FROM limites l WHERE l::text LIKE '%escrita%'") == 0


async def test_a_place_is_not_taken_inside_a_transaction(core_pool):
    async with core_pool.db.transaction() as tx:
        with pytest.raises(RuntimeError):
            await limits.reserve(tx, _limit())


async def test_attempts_out_of_every_window_are_purged(core_pool, clock, db):
    old, new = _limit(maximo=500), _limit(maximo=500)
    for _ in range(30):
        await limits.reserve(core_pool.db, old)
    clock.offset += timedelta(hours=3)
    await limits.reserve(core_pool.db, new)
    while await limits.purge(core_pool.db, batch=7):
        pass
    counts = dict(
        db.fetch(
            "SELECT clave, count(*) FROM limites WHERE clave = ANY($1) GROUP BY clave", [old.key, new.key]
        )
    )
    assert counts == {new.key: 1}


@pytest.mark.serial
async def test_a_place_costs_little(core_pool):
    limit = _limit(maximo=1000)
    times = []
    for _ in range(200):
        began = time.perf_counter()
        place = await limits.reserve(core_pool.db, limit)
        times.append(time.perf_counter() - began)
        await place.release()
    assert sorted(times)[len(times) // 2] < 0.002
