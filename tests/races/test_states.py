"""States of orders under fire: a customer cancels while his seller confirms; stock returns once, or not at all."""

import asyncio
import uuid

import pytest

from tests.pedidos.conftest import ORDER, OWN, stock
from tests.races.planting import plant_client, plant_products
from tests.tools.burst import Request


@pytest.mark.parametrize("rounds", [20, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_cancelled_or_confirmed_but_not_both(burst, db, cast, new_cliente, new_producto, rounds):
    client, seller = new_cliente(), cast.vendedora
    product = new_producto(existencias="5")["id"]
    for turn in range(rounds):
        line = {"producto_id": product, "cantidad": 2}
        assert client.post(OWN, json=line).status_code == 201
        path = f"/orders/{client.post(ORDER, json={}).json()['id']}"
        cancelling = Request("POST", f"{path}/cancelar", token=client.token)
        confirming = Request("PATCH", f"{path}/estado", json={"estado": "CONFIRMADO"}, token=seller.token)
        pair = [cancelling, confirming] if turn % 2 else [confirming, cancelling]
        answers = burst(pair * 8, settle=0.01)
        states = [step["estado"] for step in client.get(path).json()["historial"]]
        assert states in (["PENDIENTE", "CANCELADO"], ["PENDIENTE", "CONFIRMADO"])
        cancelled = states[-1] == "CANCELADO"
        won = [answer.status for answer in answers].count(200)
        # Confirming what is confirmed changes nothing and is no error; everything else that comes second is.
        assert won == (1 if cancelled else 8)
        assert {answer.status for answer in answers} == {200, 409}
        assert stock(db, product) == (5 if cancelled else 3)
        if not cancelled:
            done = seller.patch(f"{path}/estado", json={"estado": "CANCELADO"})
            assert (done.status_code, stock(db, product)) == (200, 5)


@pytest.mark.parametrize("planted", [False, True])
async def test_control_without_the_lock_what_was_confirmed_is_cancelled(new_database, planted):
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    (product,) = plant_products(database, 1)
    order = uuid.uuid4()
    add = """SELECT fn.carrito_poner_linea($1, $2, NULL, false, $3, 1, true, NULL, false, NULL, false, NULL,
                                           gen_random_uuid(), $1, now())"""
    database.execute(add, usuario_id, cliente_id, product)
    make = """SELECT fn.pedido_crear($1, $2, NULL, false, NULL, '{}', false, false, $3, gen_random_uuid(), $1, NULL,
                                     now())"""
    database.execute(make, usuario_id, cliente_id, order)
    if planted:
        text = database.fetchval("SELECT pg_get_functiondef('fn.pedido_cancelar'::regproc)")
        assert "FOR NO KEY UPDATE" in text
        database.execute(text.replace("FOR NO KEY UPDATE", ""))
    confirm = "SELECT fn.pedido_cambiar_estado($1, 'CONFIRMADO', NULL, NULL, $2, now())"
    cancel = "SELECT fn.pedido_cancelar($1, NULL, NULL, $2, now())"

    async def both():
        async with database.connect() as seller, database.connect() as customer:
            confirming = seller.transaction()
            await confirming.start()
            await seller.fetchval(confirm, order, usuario_id)
            cancelling = asyncio.create_task(customer.fetchval(cancel, order, usuario_id))
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
            async with asyncio.timeout(20):
                while not await seller.fetchval(waits):  # noqa: ASYNC110 - a lock is no event
                    await asyncio.sleep(0.01)
            await confirming.commit()
            await cancelling

    if planted:
        await both()
        assert database.fetchval("SELECT estado FROM pedidos") == "CANCELADO"
    else:
        with pytest.raises(Exception, match="transicion_invalida"):
            await both()
        assert database.fetchval("SELECT estado FROM pedidos") == "CONFIRMADO"
