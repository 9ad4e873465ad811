"""T-CA-1 and T-CA-4 over dialect D: one cart a key, and no addition is ever lost."""

from collections import Counter

import pytest

from tests.pedidos.conftest import OWN, kept, quantities
from tests.races.planting import plant_client, plant_products
from tests.tools.burst import Request

BURSTS = [20, pytest.param(10_000, marks=pytest.mark.long)]
LIVE = "SELECT count(*) FROM carritos WHERE cliente_id = $1::uuid AND deleted_at IS NULL"


def adding(who, path, product, amount=1):
    return Request("POST", path, json={"producto_id": product, "cantidad": amount}, token=who.token)


@pytest.mark.parametrize("clients", [100, pytest.param(5_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_twenty_first_looks_make_one_cart_for_each_key(burst, db, cast, new_cliente, clients):
    for _ in range(clients):
        client = new_cliente()
        staff = (cast.vendedora, cast.otro_vendedor, cast.admin)
        looks = [Request("GET", OWN, token=client.token)]
        looks += [Request("GET", kept(client), token=who.token) for who in staff]
        answers = burst(looks * 5, settle=0.01)
        assert {answer.status for answer in answers} == {200}
        carts = {answer.json()["id"]: answer.json()["vendedor_id"] for answer in answers}
        assert sorted(carts.values(), key=str) == sorted([None, *(who.usuario_id for who in staff)], key=str)
        assert db.fetchval(LIVE, client.cliente_id) == 4


@pytest.mark.parametrize("rounds", BURSTS)
@pytest.mark.timeout(3600)
def test_fifty_additions_end_in_the_exact_sum(burst, new_cliente, new_producto, rounds):
    client = new_cliente()
    same, *others = [new_producto()["id"] for _ in range(11)]
    expected: Counter[str] = Counter()
    for _ in range(rounds):
        products = [same] * 40 + others
        answers = burst([adding(client, OWN, product, 2) for product in products], settle=0.01)
        assert {answer.status for answer in answers} == {201}
        expected.update({same: 80, **dict.fromkeys(others, 2)})
        assert quantities(client.get(OWN).json()) == expected


async def test_control_reading_and_writing_back_loses_additions(new_database):
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    (product,) = plant_products(database, 1)
    cart_id = database.fetchval(
        """INSERT INTO carritos (id, usuario_id, cliente_id, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), $1::uuid, $2::uuid, now(), now()) RETURNING id""",
        usuario_id,
        cliente_id,
    )
    database.execute(
        """INSERT INTO carrito_lineas (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
           VALUES ($1, $2, 1, '{}', 1, 1)""",
        cart_id,
        product,
    )
    async with database.connect() as one, database.connect() as two:
        seen = [await each.fetchval("SELECT cantidad FROM carrito_lineas") for each in (one, two)]
        for each, amount in zip((one, two), seen, strict=True):
            await each.execute("UPDATE carrito_lineas SET cantidad = $1", amount + 1)
    assert database.fetchval("SELECT cantidad FROM carrito_lineas") == 2, "two additions to one make three"
