"""Campaigns: made by administrators, applied line by line, refused where they do not apply (CONTRACT §5, §6)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN
from tests.tools.database import Database

PATH = "/api/v1/campanias"
NewProducto = Callable[..., dict[str, Any]]


@pytest.fixture
def campaign(cast: Cast) -> Callable[..., dict[str, Any]]:
    """Factory: `campaign(porcentaje="20.00")` runs from yesterday until tomorrow."""

    def make(**fields: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        body = {
            "nombre": "Semana del agua",
            "porcentaje": "10.00",
            "desde": (now - timedelta(days=1)).isoformat(),
            "hasta": (now + timedelta(days=1)).isoformat(),
        } | fields
        answer = cast.admin.post(PATH, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


Campaign = Callable[..., dict[str, Any]]


def add(who: Persona, producto_id: str, cantidad: Any = 1, **more: Any) -> Any:
    """Add to the own cart."""
    return who.post(OWN, json={"producto_id": producto_id, "cantidad": cantidad} | more)


def test_a_campaign_is_made_read_listed_and_changed(
    cast: Cast, campaign: Campaign, new_producto: NewProducto
) -> None:
    product = new_producto()["id"]
    made = campaign(productos=[product, product], desde="2026-12-01T00:00:00", hasta="2099-12-08T00:00:00Z")
    # Without an offset it is read in the organisation's zone (La Paz: four hours behind).
    assert made["desde"] == "2026-12-01T04:00:00Z"
    assert (made["porcentaje"], made["productos"], made["categorias_ids"], made["version"]) == (
        "10.00", [product], [], 1,
    )  # fmt: skip
    path = f"{PATH}/{made['id']}"
    assert cast.cliente.get(path).json() == made
    changed = cast.admin.patch(path, json={"productos": [], "activo": False}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["productos"], changed.json()["activo"], changed.headers["etag"]) == (
        [],
        False,
        '"2"',
    )
    assert cast.admin.patch(path, json={"nombre": "Otra"}, headers={"If-Match": '"1"'}).status_code == 412
    assert cast.admin.patch(path, json={"activo": False}).json()["version"] == 2
    listed = cast.admin.get(PATH, params={"per_page": 100}).json()
    assert made["id"] in {item["id"] for item in listed["items"]}
    running = cast.admin.get(PATH, params={"per_page": 100, "vigente": 1}).json()
    assert made["id"] not in {item["id"] for item in running["items"]}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"porcentaje": "0"}, "porcentaje"),
        ({"porcentaje": "100.01"}, "porcentaje"),
        ({"hasta": "2020-01-01T00:00:00Z"}, "hasta"),
        ({"productos": [str(uuid.uuid4())]}, "productos"),
        ({"productos": ["x"]}, "productos.0"),
        ({"categorias_ids": [999_999_999]}, "categorias_ids"),
        ({"nombre": " "}, "nombre"),
        ({"sorpresa": 1}, "sorpresa"),
    ],
)
def test_what_a_campaign_cannot_be(cast: Cast, db: Database, fields: dict[str, Any], wrong: str) -> None:
    body = {
        "nombre": f"Nunca {uuid.uuid4().hex}",
        "porcentaje": "5.00",
        "desde": "2026-01-01T00:00:00Z",
        "hasta": "2030-01-01T00:00:00Z",
    }
    answer = cast.admin.post(PATH, json=body | fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong])
    assert db.fetchval("SELECT count(*) FROM campanias WHERE nombre = $1", body["nombre"]) == 0


def test_a_campaign_that_is_not_there(cast: Cast) -> None:
    for path in (f"{PATH}/999999999", f"{PATH}/x"):
        assert cast.admin.get(path).status_code == 404
    answer = cast.admin.patch(f"{PATH}/999999999", json={"activo": False})
    assert (answer.status_code, answer.json()["code"]) == (404, "campania_no_encontrada")


def test_its_percent_lowers_the_price_of_the_line(
    new_cliente: Callable[..., Persona], campaign: Campaign, new_producto: NewProducto
) -> None:
    customer, product = new_cliente(), new_producto(precio="9.99")["id"]
    found = campaign(porcentaje="15.00", productos=[product])["id"]
    (line,) = add(customer, product, 3, campania_aplicada_id=found).json()["items"]
    assert (line["precio_unitario"], line["subtotal"], line["campania_aplicada_id"]) == (8.49, 25.47, found)
    assert (line["precio_actual"], line["precio_cambio"]) == (8.49, False)
    # It stays when the line is written again without it, and goes when it is null.
    (line,) = add(customer, product, 1).json()["items"]
    assert (line["precio_unitario"], line["campania_aplicada_id"]) == (8.49, found)
    (line,) = add(customer, product, 1, campania_aplicada_id=None).json()["items"]
    assert (line["precio_unitario"], line["campania_aplicada_id"]) == (9.99, None)


def test_where_it_does_not_apply_it_is_refused(
    cast: Cast,
    new_cliente: Callable[..., Persona],
    campaign: Campaign,
    new_producto: NewProducto,
    db: Database,
) -> None:
    customer, product, other = new_cliente(), new_producto()["id"], new_producto()["id"]
    category = cast.admin.post(
        "/api/v1/categorias-cliente", json={"clave": uuid.uuid4().hex[:10], "nombre": "VIP"}
    ).json()["id"]
    now = datetime.now(UTC)
    for campaign_id in (
        999_999_999,
        campaign(activo=False)["id"],
        campaign(hasta=(now - timedelta(minutes=1)).isoformat())["id"],
        campaign(desde=(now + timedelta(minutes=1)).isoformat())["id"],
        campaign(productos=[other])["id"],
        campaign(categorias_ids=[category])["id"],
    ):
        answer = add(customer, product, campania_aplicada_id=campaign_id)
        assert (answer.status_code, answer.json()["code"]) == (400, "campania_no_aplicable")
        assert list(answer.json()["errors"]) == ["campania_aplicada_id"]
    assert customer.get(OWN).json()["items"] == []
    for_vips = campaign(categorias_ids=[category])["id"]
    db.execute(
        "INSERT INTO categoria_cliente (cliente_id, categoria_id) VALUES ($1::uuid, $2)",
        customer.cliente_id,
        category,
    )
    assert add(customer, product, campania_aplicada_id=for_vips).status_code == 201


def test_one_that_ended_shows_the_new_price_and_leaves_at_the_next_write(
    cast: Cast, new_cliente: Callable[..., Persona], campaign: Campaign, new_producto: NewProducto
) -> None:
    customer, product = new_cliente(), new_producto(precio="10.00")["id"]
    found = campaign(porcentaje="50.00")["id"]
    add(customer, product, campania_aplicada_id=found)
    assert cast.admin.patch(f"{PATH}/{found}", json={"activo": False}).is_success
    (line,) = customer.get(OWN).json()["items"]
    assert (line["precio_unitario"], line["precio_actual"], line["precio_cambio"]) == (5, 10, True)
    (line,) = customer.patch(f"{OWN}/item/{product}", json={"cantidad": 1}).json()["items"]
    assert (line["precio_unitario"], line["campania_aplicada_id"], line["precio_cambio"]) == (10, None, False)
