"""The audit log only grows, and whoever tampers with it is found (T-LG-1)."""

import asyncio
import json
from datetime import date
from uuid import uuid4

import asyncpg
import pytest

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from tests.core.tampering import UNPROTECT, tamper

ROWS = 40
CHAINS = ("sesion", "usuario", "ticket")


def _actor():
    return Actor(
        usuario_id=uuid4(), numero=1, tipo="usuario", rol="admin", cliente_id=None, nombre="A", correo=None
    )


async def _fill(db, rows=ROWS):
    actor = _actor()
    for number in range(rows):
        await audit.record(
            db,
            f"{CHAINS[number % 3]}.cambiada",
            actor=actor if number % 2 else None,
            objeto=("objeto", str(number)) if number % 4 else None,
            datos={"version": number, "importe": 1.5},
        )


async def _check_tamperings(pool, number):
    await _fill(pool.db)
    assert await audit.verify(pool.db) == []
    connection = await pool.connect()
    missed = []
    try:
        for seed in range(number):
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(UNPROTECT)
            done = await tamper(connection, seed)
            if not await audit.verify(Db(pool, connection)):
                missed.append(done)
            await transaction.rollback()
    finally:
        await connection.close()
    assert missed == []
    assert await audit.verify(pool.db) == []


async def test_a_thousand_random_tamperings_are_found(empty_pool):
    await _check_tamperings(empty_pool, 1000)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auditoria SET accion = 'x'",
        "DELETE FROM auditoria",
        "TRUNCATE auditoria",
        "TRUNCATE auditoria_cadenas",
        "DELETE FROM auditoria_cadenas",
        "UPDATE auditoria_cadenas SET hash = '\\x00'",
        "UPDATE auditoria_cadenas SET ultimo = ultimo + 2",
    ],
)
async def test_the_log_is_append_only(core_pool, db, statement):
    await audit.record(core_pool.db, "sesion.iniciada", actor=None)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        db.execute(statement)


async def test_parallel_records_make_one_chain(empty_pool):
    await asyncio.gather(*(_fill(empty_pool.db, 15) for _ in range(10)))
    assert await audit.verify(empty_pool.db) == []
    assert {seq for seq, _ in (await audit.heads(empty_pool.db)).values()} == {50}


async def test_a_refused_action_leaves_no_row(empty_pool):
    async def fail():
        async with empty_pool.db.transaction() as tx:
            await audit.record(tx, "sesion.iniciada", actor=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await audit.record(empty_pool.db, "sesion.cerrada", actor=None)
    assert await audit.verify(empty_pool.db) == []
    assert [entry.tipo for entry in (await audit.list_page(empty_pool.db)).items] == ["sesion.cerrada"]


async def _unprotect(db):
    """What the tables' owner can do."""
    await db.execute("ALTER TABLE auditoria DISABLE TRIGGER USER")
    await db.execute("ALTER TABLE auditoria_cadenas DISABLE TRIGGER USER")


async def _protect(db):
    await db.execute("ALTER TABLE auditoria ENABLE TRIGGER USER")
    await db.execute("ALTER TABLE auditoria_cadenas ENABLE TRIGGER USER")


async def test_a_chain_rewritten_whole_is_found_by_its_anchor(empty_pool, settings):
    await _fill(empty_pool.db)
    path = await audit.write_anchors(empty_pool.db, date(2026, 11, 20))
    assert path.stat().st_mode & 0o777 == 0o600
    anchors = audit.read_anchors(settings.data_dir)
    await _fill(empty_pool.db, 5)
    assert await audit.verify(empty_pool.db, anchors) == []
    await _unprotect(empty_pool.db)
    await empty_pool.db.execute("DELETE FROM auditoria WHERE cadena = 'ticket'")
    await empty_pool.db.execute("DELETE FROM auditoria_cadenas WHERE cadena = 'ticket'")
    await _protect(empty_pool.db)
    await audit.record(empty_pool.db, "ticket.cambiada", actor=None)
    assert await audit.verify(empty_pool.db) == [], "without the anchor it cannot be seen"
    found = await audit.verify(empty_pool.db, anchors)
    assert [(failure.cadena, failure.motivo) for failure in found] == [("ticket", "ancla")]


async def test_pages_go_back_in_time_and_filters_choose(empty_pool):
    await _fill(empty_pool.db)
    await audit.record(empty_pool.db, "token.creado", actor=_actor(), objeto=("token", "7"))
    seen = []
    cursor = None
    while True:
        page = await audit.list_page(empty_pool.db, cursor, 7)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert [entry.id for entry in seen] == sorted((entry.id for entry in seen), reverse=True)
    assert len(seen) == ROWS + 1
    newest = seen[0]
    assert (newest.tipo, newest.objeto_tipo, newest.referencia_id) == ("token.creado", "token", "7")
    assert json.dumps(seen[1].datos)
    by_action = await audit.list_page(empty_pool.db, filtro=audit.Filtro(accion="token.creado"))
    by_actor = await audit.list_page(empty_pool.db, filtro=audit.Filtro(actor_id=newest.actor_id))
    by_object = await audit.list_page(empty_pool.db, filtro=audit.Filtro(objeto=("token", "7")))
    assert by_action.items == by_actor.items == by_object.items == [newest]


async def test_verification_reads_in_steps(empty_pool, monkeypatch):
    await _fill(empty_pool.db)
    monkeypatch.setattr(audit, "_STEP", 4)
    assert await audit.verify(empty_pool.db) == []
    await _unprotect(empty_pool.db)
    for seq in (4, 5, 8, 9):
        await empty_pool.db.execute("DELETE FROM auditoria WHERE cadena = 'sesion' AND seq = $1", seq)
    await _protect(empty_pool.db)
    assert len(await audit.verify(empty_pool.db)) >= 2
