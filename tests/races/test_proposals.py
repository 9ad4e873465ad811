"""Proposals under fire: of many answers one counts, of many proposals of one content one waits."""

import asyncio
import uuid

import pytest

from tests.pedidos.conftest import OWN, kept, quantities
from tests.races.planting import plant_client, plant_products
from tests.tools.burst import Request

ROUNDS = [15, pytest.param(2_000, marks=pytest.mark.long)]


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_one_answer_counts(burst, cast, new_cliente, new_producto, rounds):
    """Fifty at once, every other one a refusal: the cart holds the lines once, or not at all."""
    client, product = new_cliente(), new_producto()["id"]
    seller = cast.vendedora
    seller.post(kept(client), json={"producto_id": product, "cantidad": 3})
    cart = f"/api/v1/carritos/{seller.get(kept(client)).json()['id']}/proponer"
    accepted = 0
    for turn in range(rounds):
        proposal = seller.post(cart).json()["id"]
        words = ["aceptar", "rechazar"] if turn % 2 else ["rechazar", "aceptar"]
        paths = [f"/api/v1/propuestas/{proposal}/{words[number % 2]}" for number in range(50)]
        answers = burst([Request("POST", path, token=client.token) for path in paths], settle=0.01)
        assert sorted(answer.status for answer in answers) == [200] + [409] * 49
        (won,) = [answer.json()["estado"] for answer in answers if answer.status == 200]
        accepted += won == "ACEPTADA"
        listed = client.get("/api/v1/propuestas", params={"per_page": 1}).json()["items"]
        assert (listed[0]["id"], listed[0]["estado"]) == (proposal, won)
        assert quantities(client.get(OWN).json()).get(product, 0) == 3 * accepted


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_one_content_is_proposed_once(burst, cast, new_cliente, new_producto, rounds):
    client, product = new_cliente(), new_producto()["id"]
    seller = cast.vendedora
    for _ in range(rounds):
        cart = seller.post(kept(client), json={"producto_id": product, "cantidad": 1}).json()["id"]
        path = f"/api/v1/carritos/{cart}/proponer"
        answers = burst([Request("POST", path, token=seller.token)] * 20, settle=0.01)
        assert sorted(answer.status for answer in answers) == [201] + [409] * 19
        waiting = client.get("/api/v1/propuestas", params={"estado": "PENDIENTE"}).json()
        assert waiting["total"] == 1


LOOK_THEN_WRITE = """
CREATE OR REPLACE FUNCTION fn.propuesta_responder(p_id uuid, p_cliente_id uuid, p_estado text, p_ahora timestamptz)
RETURNS public.propuestas LANGUAGE plpgsql AS $$
DECLARE
    v_propuesta public.propuestas;
BEGIN
    SELECT * INTO v_propuesta FROM public.propuestas WHERE id = p_id AND cliente_id = p_cliente_id;
    IF v_propuesta.estado <> 'PENDIENTE' THEN
        PERFORM fn.fallo(409, 'propuesta_respondida');
    END IF;
    UPDATE public.propuestas SET estado = p_estado, version = version + 1, respondida_en = p_ahora WHERE id = p_id
    RETURNING * INTO v_propuesta;
    RETURN v_propuesta;
END $$"""


@pytest.mark.parametrize("planted", [False, True])
async def test_control_who_looks_and_then_writes_accepts_twice(new_database, planted):
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    seller_id, _ = plant_client(database)
    (product,) = plant_products(database, 1)
    cart, proposal = uuid.uuid4(), uuid.uuid4()
    database.execute(
        """INSERT INTO carritos (id, usuario_id, cliente_id, vendedor_id, version, creado_en, actualizado_en)
           VALUES ($1, $2, $3, $4, 1, now(), now())""",
        cart, usuario_id, cliente_id, seller_id,
    )  # fmt: skip
    database.execute(
        """INSERT INTO carrito_lineas (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
           VALUES ($1, $2, 3, '{"nombre": "x"}', 1, 1)""",
        cart, product,
    )  # fmt: skip
    database.fetchval("SELECT fn.carrito_proponer($1, $2, false, $3, now())", cart, seller_id, proposal)
    if planted:
        database.execute(LOOK_THEN_WRITE)
    accept = "SELECT fn.propuesta_aceptar($1, $2, gen_random_uuid(), $3, now())"

    async def twice():
        async with database.connect() as one, database.connect() as two:
            first = one.transaction()
            await first.start()
            await one.fetchval(accept, proposal, cliente_id, usuario_id)
            second = asyncio.create_task(two.fetchval(accept, proposal, cliente_id, usuario_id))
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
            async with asyncio.timeout(20):
                while not await one.fetchval(waits):  # noqa: ASYNC110 - a lock is no event
                    await asyncio.sleep(0.01)
            await first.commit()
            await second

    in_cart = """SELECT sum(cantidad) FROM carrito_lineas l JOIN carritos c ON c.id = l.carrito_id
                  WHERE c.vendedor_id IS NULL"""
    if planted:
        await twice()
        assert database.fetchval(in_cart) == 6
    else:
        with pytest.raises(Exception, match="propuesta_respondida"):
            await twice()
        assert database.fetchval(in_cart) == 3
