"""GET /clientes/{cliente_id}/carrito (spec 1 §1, CONTRACT §6 A)."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def put(cliente, *lines, **options):
    items = [{"itemId": item_id, "cantidad": amount} for item_id, amount in lines]
    return cliente.put(f"{cliente.panel}/carrito", json={"items": items}, **options)


def test_there_is_no_cart_until_it_was_first_written(cliente):
    answer = cliente.get(f"{cliente.panel}/carrito")
    assert answer.status_code == 404
    body = answer.json()
    assert (body["message"], body["code"]) == ("Carrito no encontrado", "carrito_no_encontrado")


def test_a_cart_written_empty_is_there_and_empty(cliente):
    assert put(cliente).status_code == 200
    answer = cliente.get(f"{cliente.panel}/carrito")
    assert answer.status_code == 200
    assert answer.json()["items"] == []


def test_a_refused_write_is_no_writing(cliente):
    assert put(cliente, (str(uuid.uuid4()), 1)).status_code == 422
    assert cliente.get(f"{cliente.panel}/carrito").status_code == 404


def test_a_cart_has_the_shape_of_the_contract(cliente, new_producto):
    product = new_producto(
        precio="12.50", imagenes=["https://ejemplo.bo/a.jpg"], unidad="metro", fraccionable=True
    )
    put(cliente, (product["id"], 2.5))
    answer = cliente.get(f"{cliente.panel}/carrito")
    body = answer.json()
    assert body.keys() == {"cliente_id", "items", "version", "fecha_actualizacion"}
    assert body["cliente_id"] == cliente.cliente_id
    assert body["items"] == [
        {
            "itemId": product["id"],
            "item": {
                "_id": product["id"],
                "codigo": product["codigo"],
                "nombre": product["nombre"],
                "descripcion": product["descripcion"],
                "precio": 12.5,
                "imagenes": ["https://ejemplo.bo/a.jpg"],
            },
            "cantidad": 2.5,
            "disponible": True,
            "precio_actual": 12.5,
            "precio_cambio": False,
        }
    ]
    assert body["fecha_actualizacion"].endswith("Z")
    written = datetime.fromisoformat(body["fecha_actualizacion"])
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)
    assert b'"cantidad":2.5,' in answer.content, "quantities are JSON numbers, without the zeros of storage"
    assert b'"precio":12.50' in answer.content, "prices are JSON numbers"


def test_every_answer_carries_version_and_etag(cliente, new_producto):
    product = new_producto()
    for version in (1, 2, 3):
        written = put(cliente, (product["id"], version))
        assert (written.json()["version"], written.headers["etag"]) == (version, f'"{version}"')
    read = cliente.get(f"{cliente.panel}/carrito")
    assert (read.json()["version"], read.headers["etag"]) == (3, '"3"')


def test_reading_changes_nothing(cliente, db):
    put(cliente)
    for _ in range(3):
        cliente.get(f"{cliente.panel}/carrito")
    assert cliente.get(f"{cliente.panel}/carrito").json()["version"] == 1
    other = f"SELECT count(*) FROM carritos WHERE cliente_id = '{cliente.cliente_id}'"
    assert db.fetchval(other) == 1


@pytest.mark.parametrize(
    ("existencias", "cantidad", "activo", "disponible"),
    [
        (None, 3, True, True),
        ("3", 3, True, True),
        ("2", 3, True, False),
        ("0", 1, True, False),
        (None, 3, False, False),
        ("9", 3, False, False),
    ],
)
def test_disponible_means_on_sale_and_in_stock_for_the_whole_line(
    cliente, cast, new_producto, existencias, cantidad, activo, disponible
):
    product = new_producto(existencias=existencias)
    put(cliente, (product["id"], cantidad))
    cast.admin.patch(f"/api/v1/productos/{product['id']}", json={"activo": activo})
    assert cliente.get(f"{cliente.panel}/carrito").json()["items"][0]["disponible"] is disponible


@pytest.mark.parametrize("new_price", ["10.51", "9.99"])
def test_a_changed_price_is_shown_beside_the_snapshot(cliente, cast, new_producto, new_price):
    product = new_producto(precio="10.50")
    put(cliente, (product["id"], 1))
    cast.admin.patch(
        f"/api/v1/productos/{product['id']}", json={"precio": new_price, "nombre": "Otro nombre"}
    )
    line = cliente.get(f"{cliente.panel}/carrito").json()["items"][0]
    assert line["item"]["precio"] == 10.5
    assert line["item"]["nombre"] == product["nombre"]
    assert line["precio_actual"] == float(new_price)
    assert line["precio_cambio"] is True
    cast.admin.patch(f"/api/v1/productos/{product['id']}", json={"precio": "10.50"})
    assert cliente.get(f"{cliente.panel}/carrito").json()["items"][0]["precio_cambio"] is False


def test_everybody_sees_his_own_cart_only(new_cliente, new_producto, cast):
    mine, yours = new_cliente(), new_cliente()
    product = new_producto()
    put(mine, (product["id"], 1))
    assert yours.get(f"{mine.panel}/carrito").status_code == 403
    assert yours.get(f"{yours.panel}/carrito").status_code == 404
    assert cast.anon.get(f"{mine.panel}/carrito").status_code == 401
    for staff in (cast.vendedora, cast.tecnica, cast.soporte):
        assert staff.get(f"{mine.panel}/carrito").status_code == 403
    assert cast.admin.get(f"{mine.panel}/carrito").json()["items"][0]["itemId"] == product["id"]


def test_an_administrator_asking_for_nobodys_cart(cast):
    unknown = cast.admin.get(f"/clientes/{uuid.uuid4()}/carrito")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "cliente_no_encontrado")
    assert cast.admin.get("/clientes/no-es-un-id/carrito").status_code == 404


def test_an_administrator_writes_the_customers_own_cart(cast, cliente, new_producto):
    product = new_producto()
    items = [{"itemId": product["id"], "cantidad": 2}]
    written = cast.admin.put(f"{cliente.panel}/carrito", json={"items": items})
    assert (written.status_code, written.json()["cliente_id"]) == (200, cliente.cliente_id)
    assert cliente.get(f"{cliente.panel}/carrito").json()["items"][0]["cantidad"] == 2
    unknown = cast.admin.put(f"/clientes/{uuid.uuid4()}/carrito", json={"items": items})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "cliente_no_encontrado")
