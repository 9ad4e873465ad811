"""The nightly emptying against somebody who touches his cart, itself on another node, and askers by the dozen."""

import asyncio

import pytest

from tests.pedidos.conftest import OWN, quantities
from tests.races.planting import plant_client, plant_products
from tests.tools.burst import Request

EMPTY = "SELECT fn.carritos_vaciar(now() - interval '90 days', 100, now())"
ADD = """SELECT fn.carrito_poner_linea($1, $2, NULL, false, $3, 1, true, NULL, false, NULL, false, NULL,
                                       gen_random_uuid(), $1, now())"""
# What FOR UPDATE SKIP LOCKED is for: without it the job decides by what it saw before the writer was through.
UNLOCKED = ("FOR UPDATE OF c SKIP LOCKED", "")


@pytest.fixture
def stale(new_database):
    """A database with one cart that nobody touched for a year: (database, usuario_id, cliente_id, cart, product)."""
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    (product,) = plant_products(database, 1)
    database.execute(ADD, usuario_id, cliente_id, product)
    database.execute("UPDATE carritos SET actualizado_en = now() - interval '1 year'")
    return database, usuario_id, cliente_id, database.fetchval("SELECT id FROM carritos"), product


def in_cart(database):
    return database.fetchval("SELECT coalesce(sum(cantidad), 0) FROM carrito_lineas")


@pytest.mark.parametrize("planted", [False, True])
async def test_what_is_touched_meanwhile_stays(stale, planted):
    """A line is being added to a stale cart while the job runs; the control decides without holding the cart."""
    database, usuario_id, cliente_id, _, product = stale
    if planted:
        text = database.fetchval("SELECT pg_get_functiondef('fn.carritos_vaciar'::regproc)")
        assert UNLOCKED[0] in text
        database.execute(text.replace(*UNLOCKED))
    async with database.connect() as writer, database.connect() as node:
        writing = writer.transaction()
        await writing.start()
        await writer.fetchval(ADD, usuario_id, cliente_id, product)
        job = asyncio.create_task(node.fetchval(EMPTY))
        waits = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
        )
        async with asyncio.timeout(20):
            while not job.done() and not await writer.fetchval(waits):  # noqa: ASYNC110 - a lock is no event
                await asyncio.sleep(0.01)
        await writing.commit()
        emptied = await job
    if planted:
        assert (emptied, in_cart(database)) == (1, 0), "the control lost a cart that was in use"
    else:
        assert (emptied, in_cart(database)) == (0, 2)
        assert database.fetchval(EMPTY) == 0


async def test_two_nodes_empty_a_cart_once(stale):
    database, *_ = stale
    async with database.connect() as one, database.connect() as two:
        first = one.transaction()
        await first.start()
        assert await one.fetchval(EMPTY) == 1
        # The other neither waits for it nor does it again.
        assert await asyncio.wait_for(two.fetchval(EMPTY), 20) == 0
        await first.commit()
    assert database.fetchval(EMPTY) == 0
    assert database.fetchval("SELECT sum(cantidad) FROM carrito_lineas_vaciadas") == 1
    assert database.fetchval("SELECT version FROM carritos") == 2


@pytest.mark.parametrize("rounds", [15, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_it_comes_back_once(burst, db, new_cliente, new_producto, rounds):
    """Twenty ask at once, while five add to the same cart."""
    client, product = new_cliente(), new_producto()["id"]
    cart = client.get(OWN).json()["id"]
    for turn in range(1, rounds + 1):
        db.execute(
            """INSERT INTO carrito_lineas_vaciadas (carrito_id, vaciado_en, posicion, producto_id, nombre, cantidad)
               VALUES ($1::uuid, now(), 1, $2::uuid, 'x', 10)""",
            cart,
            product,
        )
        asking = Request("POST", f"/api/v1/carritos/{cart}/recuperar", token=client.token)
        adding = Request("POST", OWN, json={"producto_id": product, "cantidad": 1}, token=client.token)
        answers = burst([asking] * 20 + [adding] * 5, settle=0.01)
        assert sorted(answer.status for answer in answers) == [200] + [201] * 5 + [409] * 19
        assert quantities(client.get(OWN).json()) == {product: 15 * turn}


@pytest.mark.parametrize("planted", [False, True])
async def test_control_without_lock_and_taking_it_comes_back_twice(stale, planted):
    database, usuario_id, _, cart, _ = stale
    assert database.fetchval(EMPTY) == 1
    if planted:
        text = database.fetchval("SELECT pg_get_functiondef('fn.carrito_recuperar'::regproc)")
        held = "deleted_at IS NULL FOR UPDATE"
        taken = "DELETE FROM public.carrito_lineas_vaciadas"
        assert held in text
        assert taken in text
        text = text.replace(held, "deleted_at IS NULL").replace("RETURNING *", "")
        database.execute(text.replace(taken, "SELECT * FROM public.carrito_lineas_vaciadas"))
    ask = "SELECT fn.carrito_recuperar($1, $2, false, NULL, now() - interval '30 days', now())"

    async def twice():
        async with database.connect() as one, database.connect() as two:
            first = one.transaction()
            await first.start()
            await one.fetchval(ask, cart, usuario_id)
            second = asyncio.create_task(two.fetchval(ask, cart, usuario_id))
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
            async with asyncio.timeout(20):
                while not await one.fetchval(waits):  # noqa: ASYNC110 - a lock is no event
                    await asyncio.sleep(0.01)
            await first.commit()
            await second

    if planted:
        # Both are told that it came back, and the second writes over the first.
        await twice()
        assert database.fetchval("SELECT version FROM carritos") == 4
    else:
        with pytest.raises(Exception, match="nada_que_recuperar"):
            await twice()
        assert (in_cart(database), database.fetchval("SELECT version FROM carritos")) == (1, 3)
