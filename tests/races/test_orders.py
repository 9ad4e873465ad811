"""T-CA-5 and -9: one content makes one order, credit is spent once, and what comes late brings nothing back."""

import uuid

import pytest

from tests.pedidos.conftest import OWN, kept, quantities
from tests.races.planting import plant_client, plant_products
from tests.tools.burst import Request

ORDER = "/orders/from-cart/me"


def ordering(who, path=ORDER):
    return Request("POST", path, json={}, token=who.token)


def adding(who, product, amount=1):
    return Request("POST", OWN, json={"producto_id": product, "cantidad": amount}, token=who.token)


@pytest.mark.parametrize("carts", [200, pytest.param(10_000, marks=pytest.mark.long)])
@pytest.mark.timeout(7200)
def test_twenty_submissions_make_one_order(burst, db, cast, new_cliente, new_producto, carts):
    """By both kinds of cart; the others hear of an empty cart and of the order that it made (T-CA-5)."""
    product = new_producto()["id"]
    client = new_cliente()
    path = f"/orders/from-cart/client/{client.cliente_id}"
    for turn in range(carts):
        who, cart, order = (client, OWN, ORDER) if turn % 2 else (cast.admin, kept(client), path)
        assert who.post(cart, json={"producto_id": product, "cantidad": turn + 1}).status_code == 201
        answers = burst([ordering(who, order)] * 20, settle=0.01)
        made = [answer.json() for answer in answers if answer.status == 201]
        assert [quantities(order) for order in made] == [{product: turn + 1}]
        for answer in answers:
            if answer.status != 201:
                said = answer.json()
                assert (answer.status, said["code"], said["ultimo_pedido_id"]) == (
                    400,
                    "carrito_vacio",
                    made[0]["id"],
                )
    assert db.fetchval("SELECT count(*) FROM pedidos WHERE cliente_id = $1::uuid", client.cliente_id) == carts


async def test_control_without_the_lock_a_cart_is_ordered_twice(new_database):
    """Read the lines, write the order, empty the cart, in two open transactions: the constraint must refuse one."""
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    (product,) = plant_products(database, 1)
    cart_id = database.fetchval(
        """INSERT INTO carritos (id, usuario_id, cliente_id, version, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), $1::uuid, $2::uuid, 1, now(), now()) RETURNING id""",
        usuario_id,
        cliente_id,
    )
    database.execute(
        """INSERT INTO carrito_lineas (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
           VALUES ($1, $2, 1, '{}', 1, 1)""",
        cart_id,
        product,
    )
    write = """INSERT INTO pedidos (id, cliente_id, creado_por, carrito_id, carrito_version, condicion_pago, total,
                                    creado_en, actualizado_en)
               SELECT gen_random_uuid(), $1, $2, $3, 1, 'CONTADO', sum(cantidad), now(), now()
                 FROM carrito_lineas WHERE carrito_id = $3"""

    async def order_twice():
        async with database.connect() as one, database.connect() as two:
            seen = [await each.fetchval("SELECT count(*) FROM carrito_lineas") for each in (one, two)]
            assert seen == [1, 1]
            for each in (one, two):
                await each.execute(write, cliente_id, usuario_id, cart_id)

    with pytest.raises(Exception, match="pedidos_carrito_uk"):
        await order_twice()
    database.execute("ALTER TABLE pedidos DROP CONSTRAINT pedidos_carrito_uk")
    await order_twice()
    assert database.fetchval("SELECT count(*) FROM pedidos") == 3


def test_credit_is_spent_once(burst, cast, new_cliente, new_producto, start_server, db):
    """Ten sellers' carts at once against a limit that bears three of them."""
    strict = start_server(db.dsn, workers=2, politica_credito="bloquear")
    client = new_cliente()
    cast.admin.put(f"/api/clientes/{client.cliente_id}", json={"limite_credito": 35})
    product = new_producto(precio="10.00")["id"]
    sellers = [cast.new_usuario("vendedor") for _ in range(10)]
    for seller in sellers:
        seller.post(kept(client), json={"producto_id": product, "cantidad": 1})
    path = f"/orders/from-cart/client/{client.cliente_id}"
    body = {"condicion_pago": "CREDITO"}
    requests = [Request("POST", path, json=body, token=each.token, base_url=strict.url) for each in sellers]
    answers = burst(requests, settle=0.02)
    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 7


# --- what comes too late (T-CA-9) ------------------------------------------------------------------------


def put(device, content, **options):
    items = [{"itemId": product, "cantidad": amount} for product, amount in content]
    return device.put(f"{device.panel}/carrito", json={"items": items}, **options)


def in_cart(device):
    return quantities(device.get(OWN).json())


@pytest.fixture
def two_devices(new_cliente):
    phone = new_cliente()
    return phone, phone.again()


def test_a_late_save_of_another_device_brings_nothing_back(two_devices, new_producto):
    phone, laptop = two_devices
    ordered, also, fresh = (new_producto()["id"] for _ in range(3))
    put(phone, [(ordered, 2), (also, 1)])
    assert phone.post(ORDER, json={}).status_code == 201
    late = put(laptop, [(ordered, 2), (also, 3), (fresh, 1)])
    assert late.status_code == 200
    (lost,) = late.json()["advertencias"]
    assert (lost["code"], lost["itemId"], lost["cantidad"]) == ("linea_ya_pedida", ordered, 2)
    # Nothing else is merged: another quantity is another wish.
    assert in_cart(phone) == {also: 3, fresh: 1}
    body = {"carrito": {"items": [{"itemId": ordered, "cantidad": 2}]}}
    saved = laptop.post(f"{laptop.panel}/auto-guardar", json=body).json()
    assert (saved["carrito_actualizado"], len(saved["advertencias"])) == (True, 1)
    assert in_cart(phone) == {}


def test_with_the_version_of_before_it_is_refused_and_with_the_new_one_it_is_meant(two_devices, new_producto):
    phone, laptop = two_devices
    product = new_producto()["id"]
    before = put(phone, [(product, 2)]).headers["etag"]
    assert phone.post(ORDER, json={}).status_code == 201
    assert put(laptop, [(product, 2)], headers={"If-Match": before}).status_code == 412
    now = laptop.get(OWN).headers["etag"]
    answer = put(laptop, [(product, 2)], headers={"If-Match": now})
    assert (answer.status_code, "advertencias" in answer.json()) == (200, False)
    assert in_cart(phone) == {product: 2}


def test_the_echo_ends_sooner_for_who_ordered_and_later_for_the_others(two_devices, new_producto, db):
    phone, laptop = two_devices
    product = new_producto()["id"]

    def age(seconds):
        for table, column in (("pedidos", "creado_en"), ("carritos", "pedido_en")):
            db.execute(
                f"UPDATE {table} SET {column} = {column} - make_interval(secs => $2) WHERE cliente_id = $1::uuid",
                phone.cliente_id,
                seconds,
            )

    put(phone, [(product, 2)])
    assert phone.post(ORDER, json={}).status_code == 201
    assert "advertencias" in put(phone, [(product, 2)]).json()
    age(6)
    assert "advertencias" in put(laptop, [(product, 2)]).json()
    assert "advertencias" not in put(phone, [(product, 2)]).json()
    phone.delete(OWN)
    age(120)
    assert "advertencias" not in put(laptop, [(product, 2)]).json()


def test_what_is_left_out_moves_no_error(two_devices, new_producto):
    phone, laptop = two_devices
    ordered = new_producto()["id"]
    put(phone, [(ordered, 2)])
    phone.post(ORDER, json={})
    answer = put(laptop, [(ordered, 2), (str(uuid.uuid4()), 1)])
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["items.1.itemId"])
