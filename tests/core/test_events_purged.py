"""Old events are forgotten once no device may ask for them; timelines never are."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from clientela.core import events
from clientela.settings import Settings
from tests.core.conftest import SetClock

KEPT = timedelta(days=90)


async def emit(db, *streams, cliente_id=None):
    await events.emit(db, "prueba", flujos=streams, datos={"id": str(uuid4())}, cliente_id=cliente_id)


def rows(database, stream):
    """The events of a stream, and up to where it was purged."""
    seqs = database.fetch("SELECT seq FROM eventos WHERE flujo = $1 ORDER BY seq", stream)
    return [row["seq"] for row in seqs], database.fetchval(
        "SELECT purgado FROM flujos WHERE flujo = $1", stream
    )


async def purge_all(db):
    """What the daily job does."""
    batches = 1
    while await events.purge(db):
        batches += 1
    return batches


async def test_what_is_in_no_timeline_is_forgotten_after_its_days(empty_pool, own_database, clock: SetClock):
    db, cliente_id = empty_pool.db, uuid4()
    await emit(db, "usuario:1", "rol:admin", cliente_id=cliente_id)
    await emit(db, "rol:admin")
    await emit(db, "sesiones")
    clock.offset = timedelta(days=40)
    await emit(db, "usuario:1", "rol:admin", cliente_id=cliente_id)
    await purge_all(db)
    assert rows(own_database, "rol:admin") == ([1, 2, 3], 0)

    clock.offset = KEPT + timedelta(seconds=30)
    await purge_all(db)
    assert rows(own_database, "rol:admin") == ([3], 2)
    assert rows(own_database, "sesiones") == ([], 1)
    # The first stream has the principal copy, which is the client's timeline.
    assert rows(own_database, "usuario:1") == ([1, 2], 0)
    # What comes goes on from where the stream was, and a follower finds it.
    await emit(db, "sesiones")
    assert [event.seq for event in await events.read_stream(db, "sesiones", 0)] == [2]
    assert await events.head(db, "sesiones") == 2

    clock.offset = timedelta(days=4000)
    await purge_all(db)
    assert rows(own_database, "usuario:1") == ([1, 2], 0)
    assert rows(own_database, "rol:admin") == ([], 3)


async def test_a_device_that_was_away_for_thirty_days_finds_everything(empty_pool, own_database, clock):
    db = empty_pool.db
    for _ in range(5):
        await emit(db, "rol:soporte")
    clock.offset = timedelta(days=30)
    await purge_all(db)
    assert [event.seq for event in await events.read_stream(db, "rol:soporte", 0)] == [1, 2, 3, 4, 5]
    assert rows(own_database, "rol:soporte")[1] == 0


async def test_a_long_backlog_goes_in_batches(empty_pool, own_database, clock):
    own_database.execute(
        """INSERT INTO flujos (flujo, ultimo) SELECT 'rol:' || f, 300 FROM generate_series(1, 10) AS f;
           INSERT INTO eventos (flujo, seq, tipo, datos, principal, creado_en)
           SELECT 'rol:' || f, s, 'prueba', '{}', true, now() - interval '200 days'
             FROM generate_series(1, 10) AS f, generate_series(1, 300) AS s"""
    )
    assert await purge_all(empty_pool.db) == 4
    assert rows(own_database, "rol:7") == ([], 300)


async def test_a_purge_goes_by_the_index(own_database):
    """Whatever number of timelines there is, only what is to be forgotten is looked at."""
    async with own_database.connect() as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = "\n".join(
            row[0]
            for row in await connection.fetch(
                "EXPLAIN " + events._PURGE.replace("$1", "now()").replace("$2", "1000")
            )
        )
    assert "eventos_perecederos_ix" in plan


@pytest.mark.parametrize("days", ["30", "0"])
def test_the_setting_keeps_what_a_device_may_ask_for(days, monkeypatch):
    monkeypatch.setenv("CLIENTELA_EVENTOS_DIAS", days)
    with pytest.raises(ValidationError):
        Settings()
