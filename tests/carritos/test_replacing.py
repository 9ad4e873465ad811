"""PUT /clientes/{cliente_id}/carrito (spec 1 §1, CONTRACT §6 A, §12)."""

import json
import random
import uuid

import pytest


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def put(cliente, *lines, **options):
    items = [{"itemId": item_id, "cantidad": amount} for item_id, amount in lines]
    return cliente.put(f"{cliente.panel}/carrito", json={"items": items}, **options)


def read(cliente):
    answer = cliente.get(f"{cliente.panel}/carrito")
    assert answer.status_code == 200
    return answer.json()


def amounts(cart):
    return [(line["itemId"], line["cantidad"]) for line in cart["items"]]


def test_the_answer_is_the_cart_that_a_read_gives(cliente, new_producto):
    written = put(cliente, (new_producto()["id"], 1), (new_producto()["id"], 2))
    assert written.status_code == 200
    body = written.json()
    assert body.pop("message") == "Carrito guardado exitosamente"
    assert body == read(cliente)


def test_all_lines_are_replaced_in_the_order_sent(cliente, new_producto):
    a, b, c = (new_producto()["id"] for _ in range(3))
    put(cliente, (a, 1), (b, 2))
    put(cliente, (c, 3), (b, 5))
    assert amounts(read(cliente)) == [(c, 3), (b, 5)]
    put(cliente, (b, 5), (c, 3))
    assert amounts(read(cliente)) == [(b, 5), (c, 3)]
    put(cliente)
    assert amounts(read(cliente)) == []


def test_lines_of_one_product_are_summed(cliente, new_producto):
    a, b = new_producto(fraccionable=True)["id"], new_producto()["id"]
    written = put(cliente, (a, 1.25), (b, 1), (a.upper(), 2.5), (a, 0.25))
    assert amounts(written.json()) == [(a, 4), (b, 1)]


def test_a_product_that_was_there_keeps_its_snapshot_and_a_new_one_takes_todays(cliente, cast, new_producto):
    a, b = new_producto(precio="10.00")["id"], new_producto(precio="20.00")["id"]
    put(cliente, (a, 1))
    for product in (a, b):
        cast.admin.patch(f"/api/v1/productos/{product}", json={"precio": "30.00"})
    lines = put(cliente, (a, 7), (b, 1)).json()["items"]
    assert [(line["item"]["precio"], line["precio_actual"]) for line in lines] == [(10, 30), (30, 30)]
    put(cliente, (b, 1))
    assert put(cliente, (a, 7)).json()["items"][0]["item"]["precio"] == 30, "gone and back: a new snapshot"


def test_campaign_and_note_of_a_line_survive(cliente, cast, db, new_producto):
    a = new_producto(precio="10.50")["id"]
    period = {"desde": "2026-01-01T00:00:00Z", "hasta": "2099-01-01T00:00:00Z"}
    body = {"nombre": "Diez por ciento", "porcentaje": "10.00", **period}
    campaign = cast.admin.post("/api/v1/campanias", json=body).json()["id"]
    body = {"campania_aplicada_id": campaign, "motivo_descuento": "Cliente frecuente"}
    assert cliente.post("/orders/cart/me", json={"producto_id": a, "cantidad": 1, **body}).status_code == 201
    put(cliente, (a, 2))
    line = db.fetchrow("SELECT * FROM carrito_lineas WHERE producto_id = $1::uuid", a)
    kept = (line["campania_aplicada_id"], line["motivo_descuento"], float(line["precio_unitario"]))
    assert kept == (campaign, "Cliente frecuente", 9.45)
    assert line["cantidad"] == 2


def test_a_retired_product_may_stay_but_not_come(cliente, new_cliente, cast, new_producto):
    a = new_producto()["id"]
    put(cliente, (a, 1))
    cast.admin.patch(f"/api/v1/productos/{a}", json={"activo": False})
    kept = put(cliente, (a, 4))
    assert (kept.status_code, kept.json()["items"][0]["disponible"]) == (200, False)
    late = new_cliente()
    refused = put(late, (new_producto()["id"], 1), (a, 1))
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"items.1.itemId": [f"El producto ya no se vende: {a}"]}
    put(cliente)
    assert put(cliente, (a, 1)).status_code == 422


def test_every_unknown_product_is_named_and_nothing_changes(cliente, new_producto):
    a = new_producto()["id"]
    put(cliente, (a, 1))
    ghost = str(uuid.uuid4())
    refused = put(cliente, (ghost, 1), (a, 9), ("65f0c0ffee0123456789abcd", 1), ("", 2), (ghost, 3))
    assert refused.status_code == 422
    body = refused.json()
    assert body["code"] == "carrito_invalido"
    named, nameless = [f"Producto desconocido: {ghost}"], ["Producto desconocido"]
    assert body["errors"] == {
        "items.0.itemId": named,
        "items.2.itemId": nameless,
        "items.3.itemId": nameless,
        "items.4.itemId": named,
    }
    cart = read(cliente)
    assert (amounts(cart), cart["version"]) == ([(a, 1)], 1)


def test_wholes_sums_and_unknowns_are_named_together(cliente, new_producto):
    whole, metres = new_producto()["id"], new_producto(fraccionable=True)["id"]
    ghost = str(uuid.uuid4())
    refused = put(cliente, (whole, 1.5), (metres, 999_999), (whole, 1.5), (metres, 0.001), (ghost, 1))
    assert refused.status_code == 422
    assert refused.json()["errors"] == {
        "items.0.cantidad": ["Este producto se vende por unidades enteras"],
        "items.1.cantidad": ["La cantidad total del producto no puede superar 999999"],
        "items.2.cantidad": ["Este producto se vende por unidades enteras"],
        "items.3.cantidad": ["La cantidad total del producto no puede superar 999999"],
        "items.4.itemId": [f"Producto desconocido: {ghost}"],
    }


@pytest.mark.parametrize("amount", [1, 2, 999_999, 1.0, 1e2])
def test_whole_amounts_pass(cliente, new_producto, amount):
    written = put(cliente, (new_producto()["id"], amount))
    assert written.status_code == 200, written.text
    assert written.json()["items"][0]["cantidad"] == amount


@pytest.mark.parametrize("amount", [0.001, 0.5, 999_998.999])
def test_fractions_pass_where_the_product_is_sold_so(cliente, new_producto, amount):
    written = put(cliente, (new_producto(fraccionable=True)["id"], amount))
    assert written.json()["items"][0]["cantidad"] == amount


@pytest.mark.parametrize("amount", [0, -1, 0.0001, 1.2345, 1_000_000, 999_999.001, "2", True, None, [], {}])
def test_amounts_that_may_not_be_are_named(cliente, new_producto, amount):
    refused = put(cliente, (new_producto(fraccionable=True)["id"], 1), (new_producto()["id"], amount))
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {"items.1.cantidad"}
    assert cliente.get(f"{cliente.panel}/carrito").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": None}, "items"),
        ({"items": {}}, "items"),
        ({"items": [None]}, "items.0"),
        ({"items": [{}]}, "items.0.itemId"),
        ({"items": [{"itemId": 5, "cantidad": 1}]}, "items.0.itemId"),
        ({"items": [{"itemId": "x" * 36}]}, "items.0.cantidad"),
        ({"items": [{"itemId": "x", "cantidad": 1}] * 501}, "items"),
        ([], "cuerpo"),
    ],
)
def test_bodies_that_may_not_be_are_named(cliente, body, field):
    refused = cliente.put(f"{cliente.panel}/carrito", json=body)
    assert refused.status_code == 422
    assert field in refused.json()["errors"]


def test_five_hundred_lines_are_a_cart(cliente, new_producto):
    a = new_producto()["id"]
    assert put(cliente, *[(a, 1)] * 500).json()["items"][0]["cantidad"] == 500


def test_the_current_version_may_write_and_a_stale_one_learns_what_is_there(cliente, new_producto):
    a, b = new_producto()["id"], new_producto()["id"]
    first = put(cliente, (a, 1), headers={"If-Match": '"0"'})
    assert first.status_code == 200, "0 is the version of a cart that is not there yet"
    second = put(cliente, (a, 2), headers={"If-Match": first.headers["etag"]})
    assert (second.status_code, second.json()["version"]) == (200, 2)
    stale = put(cliente, (b, 9), headers={"If-Match": first.headers["etag"]})
    assert stale.status_code == 412
    body = stale.json()
    assert body["code"] == "carrito_desactualizado"
    assert body["carrito"] == read(cliente)
    assert stale.headers["etag"] == '"2"'
    assert put(cliente, (b, 1), headers={"If-Match": "*"}).status_code == 200
    assert put(cliente, (b, 2)).json()["version"] == 4, "without a version the last write wins"


def test_a_version_of_a_cart_that_never_was_is_stale(cliente, new_producto):
    stale = put(cliente, (new_producto()["id"], 1), headers={"If-Match": '"3"'})
    assert stale.status_code == 412
    assert (stale.json()["carrito"]["items"], stale.json()["carrito"]["version"]) == ([], 0)
    assert cliente.get(f"{cliente.panel}/carrito").status_code == 404


def test_a_stale_write_with_bad_lines_is_stale_first(cliente):
    put(cliente)
    assert put(cliente, (str(uuid.uuid4()), 1), headers={"If-Match": '"0"'}).status_code == 412


def test_a_version_in_the_body_of_a_put_is_not_read(cliente, new_producto):
    """A front end that sends back what it was given must not be refused for it."""
    put(cliente, (new_producto()["id"], 1))
    for _ in range(2):
        shown = read(cliente) | {"version": 1}
        assert cliente.put(f"{cliente.panel}/carrito", json=shown).status_code == 200


@pytest.mark.parametrize(
    "item",
    [
        {"precio": 0},
        {"precio": -1},
        {"precio": 1e-9},
        {"precio": 0.01},
        {"precio": "1"},
        {"precio": 1e30},
        {"nombre": "Gratis", "codigo": "OTRO", "_id": str(uuid.uuid4())},
        "not even an object",
        None,
        [],
    ],
)
def test_a_browser_does_not_set_prices(cliente, db, new_producto, item):
    """T-CA-10: whatever `item` says, the snapshot is the catalogue's."""
    product = new_producto(precio="10.50")
    line = {"itemId": product["id"], "cantidad": 1, "item": item, "precio_unitario": 0.01, "precio": 0.01}
    written = cliente.put(f"{cliente.panel}/carrito", json={"items": [line]})
    assert written.status_code == 200, written.text
    shown = written.json()["items"][0]
    assert shown["item"]["precio"] == 10.5
    assert (shown["item"]["nombre"], shown["item"]["_id"]) == (product["nombre"], product["id"])
    stored = db.fetchrow(
        "SELECT precio_unitario, item FROM carrito_lineas WHERE producto_id = $1::uuid", product["id"]
    )
    assert float(stored["precio_unitario"]) == 10.5
    assert json.loads(stored["item"])["precio"] == 10.5


def test_five_hundred_hostile_prices_change_nothing(cliente, new_producto):
    chance = random.Random(10)
    prices = {new_producto(precio=f"{number + 1}.05")["id"]: number + 1.05 for number in range(20)}
    for _ in range(25):
        hostile = [
            {
                "itemId": product,
                "cantidad": 1,
                "item": {"precio": chance.choice([0, -1, 1e-9, 0.01, "1", 1e30, None, chance.random()])},
            }
            for product in prices
        ]
        chance.shuffle(hostile)
        shown = cliente.put(f"{cliente.panel}/carrito", json={"items": hostile}).json()["items"]
        assert {line["itemId"]: line["item"]["precio"] for line in shown} == prices
        assert not any(line["precio_cambio"] for line in shown)


def test_planted_trust_in_the_browser_would_be_seen(cliente, db, new_producto):
    """T-CA-10's control: a snapshot from the browser shows as a changed price."""
    product = new_producto(precio="10.50")["id"]
    put(cliente, (product, 1))
    db.execute(
        """UPDATE carrito_lineas SET precio_unitario = 0.01 WHERE producto_id = $1::uuid""",
        product,
    )
    line = read(cliente)["items"][0]
    assert (line["item"]["precio"], line["precio_cambio"]) == (0.01, True)


def test_the_other_devices_are_told(cliente, db, new_producto):
    written = put(cliente, (new_producto()["id"], 1)).json()
    event = db.fetchrow(
        "SELECT tipo, datos, cliente_id, actor_id FROM eventos WHERE flujo = $1 ORDER BY seq DESC LIMIT 1",
        f"usuario:{cliente.usuario_id}",
    )
    cart_id = db.fetchval("SELECT id FROM carritos WHERE cliente_id = $1::uuid", cliente.cliente_id)
    assert event["tipo"] == "cart.updated"
    assert json.loads(event["datos"]) == {"id": str(cart_id), "version": written["version"]}
    assert str(event["cliente_id"]) == cliente.cliente_id
    assert str(event["actor_id"]) == cliente.usuario_id


def test_a_refused_write_tells_nobody(cliente, db):
    put(cliente, (str(uuid.uuid4()), 1))
    told = "SELECT count(*) FROM eventos WHERE flujo = $1 AND tipo <> 'client.created'"
    assert db.fetchval(told, f"usuario:{cliente.usuario_id}") == 0


def test_a_repeated_key_writes_once(cliente, new_producto):
    a = new_producto()["id"]
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (put(cliente, (a, 1), headers=key) for _ in range(2))
    assert (first.json(), first.headers["etag"]) == (again.json(), again.headers["etag"])
    assert read(cliente)["version"] == 1
