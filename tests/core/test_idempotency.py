"""An idempotency key gives the same answer again, exactly when there is the work (T-CA-6, D-2)."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from clientela.core import idempotency
from clientela.core.errors import BadRequest, Conflict, Invalid

PRINT = idempotency.fingerprint({"a": 1})


def _who():
    return f"usuario:{uuid4()}"


async def _request(db, actor, key="k", print_=PRINT, *, body=b"hola", status=201, path="/reclamos", hold=0.0):
    """A whole request under a key; returns the stored answer, or None when it did the work."""
    async with db.transaction() as tx:
        stored = await idempotency.begin(tx, actor, "POST", path, key, print_)
        if stored is None:
            await asyncio.sleep(hold)
            await idempotency.store(
                tx, actor, "POST", path, key, print_, status=status, headers={"ETag": '"1"'}, body=body
            )
        return stored


async def test_a_success_is_given_again_byte_by_byte(core_pool):
    actor, body = _who(), b'{"x": 1.50, "\xc3\xb1": "\x00\xff"}'
    assert await _request(core_pool.db, actor, body=body) is None
    again = await _request(core_pool.db, actor)
    assert again == idempotency.StoredReply(201, {"ETag": '"1"'}, body)


async def test_another_body_under_the_same_key_is_refused(core_pool):
    actor = _who()
    await _request(core_pool.db, actor)
    with pytest.raises(Invalid) as refused:
        await _request(core_pool.db, actor, print_=idempotency.fingerprint({"a": 2}))
    assert refused.value.code == "clave_idempotencia_reusada"
    assert refused.value.status == 422


async def test_a_key_belongs_to_one_actor_method_and_path(core_pool):
    actor = _who()
    assert await _request(core_pool.db, actor) is None
    assert await _request(core_pool.db, _who()) is None
    assert await _request(core_pool.db, actor, path="/soporte") is None
    async with core_pool.db.transaction() as tx:
        assert await idempotency.begin(tx, actor, "PUT", "/reclamos", "k", PRINT) is None


async def test_of_twenty_twins_one_works_and_the_others_are_told_to_wait(core_pool):
    actor = _who()
    results = await asyncio.gather(
        *(_request(core_pool.db, actor, hold=0.1) for _ in range(12)), return_exceptions=True
    )
    worked = [r for r in results if r is None]
    told = [r for r in results if isinstance(r, Conflict)]
    replayed = [r for r in results if isinstance(r, idempotency.StoredReply)]
    assert len(worked) == 1
    assert len(told) + len(replayed) == 11
    assert {(r.code, r.headers["Retry-After"]) for r in told} == {("peticion_en_curso", "1")}
    assert (await _request(core_pool.db, actor)).status == 201


async def test_work_that_is_rolled_back_leaves_no_answer(core_pool):
    actor = _who()

    async def fail():
        async with core_pool.db.transaction() as tx:
            assert await _request(tx, actor) is None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await _request(core_pool.db, actor) is None


@pytest.mark.parametrize("status", [302, 400, 409, 422, 429, 500, 503])
async def test_only_successes_are_kept(core_pool, status):
    actor = _who()
    await _request(core_pool.db, actor, status=status)
    assert await _request(core_pool.db, actor) is None


async def test_an_answer_lives_for_a_day(core_pool, clock, db):
    actor = _who()
    await _request(core_pool.db, actor)
    clock.offset = timedelta(hours=23, minutes=59)
    assert await _request(core_pool.db, actor) is not None
    clock.offset = timedelta(hours=24, seconds=1)
    assert await _request(core_pool.db, actor, print_=idempotency.fingerprint("otro")) is None
    assert await _request(core_pool.db, actor, print_=idempotency.fingerprint("otro")) is not None
    clock.offset = timedelta(hours=49)
    while await idempotency.purge(core_pool.db, batch=3):
        pass
    assert db.fetchval("SELECT count(*) FROM idempotencia WHERE actor = $1", actor) == 0


async def test_an_actor_can_be_forgotten(core_pool):
    actor = _who()
    await _request(core_pool.db, actor)
    await idempotency.forget(core_pool.db, actor)
    assert await _request(core_pool.db, actor) is None


@pytest.mark.parametrize("key", ["", "a b", "ñ", "x" * 256, "a\n", "\x00"])
async def test_a_key_is_visible_ascii(core_pool, key):
    with pytest.raises(BadRequest) as refused:
        await _request(core_pool.db, _who(), key=key)
    assert refused.value.code == "cabecera_invalida"


async def test_a_key_needs_a_transaction(core_pool):
    with pytest.raises(RuntimeError):
        await idempotency.begin(core_pool.db, _who(), "POST", "/x", "k", PRINT)


def test_the_order_of_keys_does_not_change_the_fingerprint():
    assert idempotency.fingerprint({"a": 1, "b": [Decimal("1.5")]}) == idempotency.fingerprint(
        {"b": [Decimal("1.5")], "a": 1}
    )
    assert idempotency.fingerprint({"a": 1}) != idempotency.fingerprint({"a": "1"})
    assert idempotency.fingerprint(b"{}") == idempotency.fingerprint({})


async def test_what_is_kept_can_be_read_only_with_the_key(core_pool):
    actor, body = _who(), b'{"token": "7|muy-secreto"}'
    await _request(core_pool.db, actor, key="una-clave-larga", body=body)
    row = await core_pool.db.fetchrow("SELECT * FROM idempotencia WHERE actor = $1", actor)
    stored = b"".join(bytes(value) for value in row.values() if isinstance(value, bytes))
    assert b"secreto" not in stored
    assert b"una-clave-larga" not in stored
    assert PRINT not in stored, "a fingerprint that is not keyed lets a short password be guessed"
    again = await _request(core_pool.db, actor, key="una-clave-larga")
    assert again.body == body
