"""The hub: what it hands out is whole and in order, through cuts, kills and slow readers; its lease is honest."""

import asyncio
import time
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from clientela.core import events
from clientela.core import hub as hub_module
from clientela.core.db import Pool
from clientela.core.errors import Unavailable
from clientela.core.hub import LEASE, EventHub
from tests.tools.proxy import FaultProxy


async def _until(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


@pytest.fixture
async def hub(core_pool):
    made = EventHub(core_pool.connect)
    await made.start()
    await _until(lambda: made.lease_until > time.monotonic())
    yield made
    await made.stop()


async def _emit(pool, stream, number=1, tipo="prueba", pause=0.0):
    for _ in range(number):
        await events.emit(pool.db, tipo, flujos=[stream], datos={})
        await asyncio.sleep(pause)


async def _take(subscription, number):
    return [(await asyncio.wait_for(subscription.get(), 5)).seq for _ in range(number)]


async def test_a_subscriber_hears_what_comes_after(hub, core_pool, monkeypatch):
    stream = f"prueba:{uuid4()}"
    await _emit(core_pool, stream, 3)
    subscription = await hub.subscribe(stream)
    # Only the hint can tell in time now.
    monkeypatch.setattr(hub_module, "HEARTBEAT", 60)
    await asyncio.sleep(0.3)
    await _emit(core_pool, stream)
    assert await _take(subscription, 1) == [4]


async def test_a_cursor_gets_what_was_missed_and_then_what_comes(hub, core_pool):
    stream = f"prueba:{uuid4()}"
    await _emit(core_pool, stream, 30)
    # There is less room than was missed: it is read in portions.
    subscription = await hub.subscribe(stream, after=10, capacity=8)
    heard = await _take(subscription, 15)
    for _ in range(6):
        # What comes is handed out as it is read, however much that is at once, so it fits into the room here.
        writing = asyncio.create_task(_emit(core_pool, stream, 5))
        heard += await _take(subscription, 5)
        await writing
    heard += await _take(subscription, 5)
    assert heard == list(range(11, 61))
    assert subscription.live


async def test_many_readers_of_one_stream_hear_the_same(hub, core_pool):
    stream = f"prueba:{uuid4()}"
    readers = [await hub.subscribe(stream, after=0) for _ in range(20)]
    await _emit(core_pool, stream, 25)
    for reader in readers:
        assert await _take(reader, 25) == list(range(1, 26))


async def test_a_slow_reader_is_cut_and_catches_up_by_its_cursor(hub, core_pool):
    stream = f"prueba:{uuid4()}"
    slow = await hub.subscribe(stream, capacity=5)
    quick = await hub.subscribe(stream)
    await _emit(core_pool, stream, 3)
    assert await _take(slow, 2) == [1, 2]
    await _emit(core_pool, stream, 10)
    assert await _take(quick, 13) == list(range(1, 14))
    with pytest.raises(events.SlowConsumer):
        await slow.get()
    hub.unsubscribe(slow)
    again = await hub.subscribe(stream, after=slow.cursor)
    assert await _take(again, 11) == list(range(3, 14))


async def test_killed_listeners_lose_nothing(hub, core_pool, db):
    stream = f"prueba:{uuid4()}"
    subscription = await hub.subscribe(stream, after=0)
    stop = asyncio.Event()
    kills = 0

    async def kill():
        nonlocal kills
        while not stop.is_set():
            kills += db.fetchval(
                """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                      AND query LIKE '%CROSS JOIN LATERAL%'"""
            )
            await asyncio.sleep(0.07)

    killer = asyncio.create_task(kill())
    writers = asyncio.gather(*(_emit(core_pool, stream, 60, pause=0.02) for _ in range(5)))
    seen = await asyncio.wait_for(_take(subscription, 300), 30)
    await writers
    stop.set()
    await killer
    assert seen == list(range(1, 301))
    assert kills > 2


async def test_a_stream_nobody_follows_is_forgotten(hub):
    subscription = await hub.subscribe("prueba:efimera")
    hub.unsubscribe(subscription)
    assert "prueba:efimera" not in hub._streams
    with pytest.raises(StopAsyncIteration):
        await subscription.get()


async def test_what_was_remembered_before_the_hub_listened_is_forgotten(core_pool):
    hub = EventHub(core_pool.connect)
    resets = []
    hub.on_reset(lambda: resets.append(hub.lease_until))
    await _emit(core_pool, events.SESIONES, 1, "sesion.terminada")
    generation = hub.generation
    await hub.start()
    await _until(lambda: hub.lease_until > time.monotonic())
    await hub.stop()
    assert resets == [0.0], "the reset comes once, before the first lease"
    assert hub.generation > generation


async def test_callbacks_hear_sesiones_before_the_lease_is_renewed(hub, core_pool):
    heard: list[tuple[int, float, float]] = []
    hub.on(events.SESIONES, lambda event: heard.append((event.seq, time.monotonic(), hub.lease_until)))
    generation = hub.generation
    await _emit(core_pool, events.SESIONES, 5, "sesion.revocada")
    await _until(lambda: len(heard) >= 5)
    numbers = [seq for seq, _, _ in heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert hub.generation - generation == len(numbers)


async def test_a_failing_callback_costs_nobody_an_event(hub, core_pool):
    stream = f"prueba:{uuid4()}"
    heard: list[events.Event] = []

    def fail(_):
        raise ZeroDivisionError

    hub.on(stream, fail)
    hub.on(stream, heard.append)
    subscription = await hub.subscribe(stream, after=0)
    await _emit(core_pool, stream, 2)
    assert await _take(subscription, 2) == [1, 2]
    assert [event.seq for event in heard] == [1, 2]


async def test_a_lost_hint_is_made_good(hub, core_pool):
    stream = f"prueba:{uuid4()}"
    subscription = await hub.subscribe(stream, after=0)
    hub._hint = lambda *_: None
    await core_pool.db.execute("INSERT INTO flujos VALUES ($1, 1)", stream)
    await core_pool.db.execute(
        "INSERT INTO eventos VALUES ($1, 1, 'prueba', '{}', NULL, NULL, true, now())", stream
    )
    assert await _take(subscription, 1) == [1]


async def test_without_a_database_the_lease_runs_out_and_comes_back(core_pool, db, settings):
    address = urlsplit(db.dsn)
    with FaultProxy(address.hostname or "", address.port or 5432) as proxy:
        account = address.netloc.rpartition("@")[0]
        through = urlunsplit(address._replace(netloc=f"{account}@127.0.0.1:{proxy.port}"))
        pool = Pool(settings, lambda: through)
        hub = EventHub(pool.connect)
        await hub.start()
        await _until(lambda: hub.lease_until > time.monotonic())
        stream = f"prueba:{uuid4()}"
        subscription = await hub.subscribe(stream, after=0)
        proxy.half_open = True
        frozen = time.monotonic()
        await _until(lambda: hub.lease_until < time.monotonic(), 2)
        assert time.monotonic() - frozen <= LEASE + 0.2
        await _emit(core_pool, stream, 3)
        with pytest.raises(Unavailable):
            await hub.subscribe(f"prueba:{uuid4()}", wait=0.2)
        proxy.heal()
        assert await _take(subscription, 3) == [1, 2, 3]
        assert hub.lease_until > time.monotonic() - 1
        await hub.stop()


async def test_a_database_that_went_back_is_noticed(hub, core_pool, db):
    stream = f"prueba:{uuid4()}"
    subscription = await hub.subscribe(stream, after=0)
    await _emit(core_pool, stream, 5)
    await _take(subscription, 5)
    resets = []
    hub.on_reset(lambda: resets.append(True))
    db.execute("DELETE FROM eventos WHERE flujo = $1 AND seq > 2", stream)
    db.execute("UPDATE flujos SET ultimo = 2 WHERE flujo = $1", stream)
    await _until(lambda: resets)
    await _emit(core_pool, stream)
    assert await _take(subscription, 1) == [3]
