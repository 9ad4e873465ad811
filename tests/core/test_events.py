"""The event stream: nothing lost, nothing twice, no gap, in the order of each stream (RELIABILITY M4)."""

import asyncio
import random
from uuid import uuid4

import asyncpg
import pytest

from clientela.core import events

WRITERS = 16
COMMITS = 60


async def _write(dsn, streams, seed):
    """One writer: commits that emit to one or two streams, some of them slowly."""
    chance = random.Random(seed)
    connection = await asyncpg.connect(dsn)
    try:
        for _ in range(COMMITS):
            async with connection.transaction():
                await connection.execute(
                    "INSERT INTO control_eventos (flujo) VALUES ($1)", chance.choice(streams)
                )
                await connection.execute(
                    "SELECT fn.evento_emitir($1::text[], 'prueba', '{}'::jsonb)",
                    chance.sample(streams, chance.choice((1, 2))),
                )
                if chance.random() < 0.2:
                    await asyncio.sleep(chance.uniform(0, 0.01))
    finally:
        await connection.close()


async def _follow(pool, stream, seen, finished):
    """A reader by cursor, as sockets do it."""
    cursor = 0
    while True:
        last = finished.is_set()
        page = await events.read_stream(pool.db, stream, cursor, 50)
        seen += [event.seq for event in page]
        cursor = seen[-1] if seen else 0
        if last and not page:
            return
        await asyncio.sleep(0.001)


async def _follow_ids(dsn, seen, finished):
    """The negative control: the cursor `id > last` over a sequence, as most programs do it."""
    connection = await asyncpg.connect(dsn)
    cursor = 0
    try:
        while True:
            last = finished.is_set()
            rows = await connection.fetch("SELECT id FROM control_eventos WHERE id > $1 ORDER BY id", cursor)
            seen += [row["id"] for row in rows]
            cursor = seen[-1] if seen else 0
            if last and not rows:
                return
            await asyncio.sleep(0.001)
    finally:
        await connection.close()


async def test_a_cursor_loses_nothing_while_sixteen_write(core_pool, db):
    db.execute("DROP TABLE IF EXISTS control_eventos")
    db.execute("CREATE TABLE control_eventos (id bigserial PRIMARY KEY, flujo text)")
    streams = [f"prueba:{uuid4()}" for _ in range(4)]
    seen: dict[str, list[int]] = {stream: [] for stream in streams}
    naive: list[int] = []
    finished = asyncio.Event()
    readers = [asyncio.create_task(_follow(core_pool, stream, seen[stream], finished)) for stream in streams]
    readers.append(asyncio.create_task(_follow_ids(db.dsn, naive, finished)))
    await asyncio.gather(*(_write(db.dsn, streams, seed) for seed in range(WRITERS)))
    finished.set()
    await asyncio.gather(*readers)
    for stream in streams:
        assert seen[stream] == list(range(1, await events.head(core_pool.db, stream) + 1))
    assert sum(map(len, seen.values())) == db.fetchval(
        "SELECT count(*) FROM eventos WHERE flujo = ANY($1)", streams
    )
    written = db.fetchval("SELECT count(*) FROM control_eventos")
    assert written == WRITERS * COMMITS
    assert len(naive) < written, "the control must lose events, or this test could not see a loss"
    db.execute("DROP TABLE control_eventos")


async def test_an_event_goes_to_each_stream_once_and_has_one_principal_copy(core_pool, db):
    usuario, rol = f"usuario:{uuid4()}", f"rol:{uuid4()}"
    cliente = uuid4()
    await events.emit(
        core_pool.db,
        "cart.updated",
        flujos=[usuario, rol, usuario],
        datos={"id": str(cliente), "version": 3},
        cliente_id=cliente,
    )
    rows = db.fetch("SELECT * FROM eventos WHERE flujo = ANY($1) ORDER BY principal", [usuario, rol])
    assert [(row["flujo"], row["seq"], row["principal"]) for row in rows] == [
        (rol, 1, False),
        (usuario, 1, True),
    ]
    [event] = await events.read_stream(core_pool.db, usuario, 0)
    assert event.datos == {"id": str(cliente), "version": 3}
    assert event.cliente_id == cliente
    assert event.tipo == "cart.updated"


async def test_a_refused_transaction_leaves_no_event_and_no_gap(core_pool):
    stream = f"prueba:{uuid4()}"
    await events.emit(core_pool.db, "uno", flujos=[stream], datos={})

    async def fail():
        async with core_pool.db.transaction() as tx:
            await events.emit(tx, "dos", flujos=[stream], datos={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await events.emit(core_pool.db, "tres", flujos=[stream], datos={})
    page = await events.read_stream(core_pool.db, stream, 0)
    assert [(event.seq, event.tipo) for event in page] == [(1, "uno"), (2, "tres")]


async def test_emitters_to_the_same_streams_never_deadlock(db):
    streams = [f"prueba:{uuid4()}" for _ in range(6)]

    async def emit_shuffled(seed):
        chance = random.Random(seed)
        connection = await asyncpg.connect(db.dsn)
        try:
            for _ in range(30):
                await connection.execute(
                    "SELECT fn.evento_emitir($1::text[], 'prueba', '{}'::jsonb)", chance.sample(streams, 6)
                )
        finally:
            await connection.close()

    await asyncio.gather(*(emit_shuffled(seed) for seed in range(8)))
    assert {
        row["ultimo"] for row in db.fetch("SELECT ultimo FROM flujos WHERE flujo = ANY($1)", streams)
    } == {240}


async def test_the_notification_carries_ids_only(core_pool):
    stream = f"prueba:{uuid4()}"
    heard: asyncio.Queue[str] = asyncio.Queue()
    connection = await core_pool.connect()
    try:
        await connection.add_listener(events.CHANNEL, lambda *args: heard.put_nowait(args[-1]))
        await events.emit(core_pool.db, "prueba", flujos=[stream], datos={"id": "secreto"})
        while True:
            payload = await asyncio.wait_for(heard.get(), 5)
            if payload.startswith(stream):
                assert payload == f"{stream}:1"
                return
    finally:
        await connection.close()
