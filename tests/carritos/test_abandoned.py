"""Carts that nobody touches: emptied after 90 days, given back for 30, then forgotten (CONTRACT §6, §12)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest

from clientela.carritos.jobs import CARTS, DIARIAS
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept, quantities
from tests.pedidos.test_carts import add
from tests.tools.database import Database

NewCliente = Callable[..., Persona]
NewProducto = Callable[..., dict[str, Any]]


async def night(db: Database, **settings: Any) -> None:
    """Do the job to its end."""
    (daily,) = DIARIAS
    assert (daily.nombre, daily.hora) == ("carritos_abandonados", time(3, 30))
    pool = await Pool(Settings(database_url=db.dsn, **settings), lambda: db.dsn).open()
    try:
        more: bool | None = True
        while more:
            async with pool.db.transaction() as tx:
                more = await daily.tarea(tx, datetime.now(UTC).date())
    finally:
        await pool.close()


def age(db: Database, cart: str, days: float) -> None:
    """Let a cart be untouched for so many days."""
    db.execute(
        "UPDATE carritos SET actualizado_en = actualizado_en - make_interval(hours => $2) WHERE id = $1::uuid",
        cart,
        round(days * 24),
    )


def recover(who: Persona, cart: str, **options: Any) -> Any:
    """Ask for what a cart lost."""
    return who.post(f"/api/v1/carritos/{cart}/recuperar", **options)


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal in v1."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    return body


async def test_what_nobody_touched_for_ninety_days_is_emptied(
    db: Database, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    old, young = new_cliente(), new_cliente()
    product = new_producto()["id"]
    carts = {who: add(who, OWN, product, 2)["id"] for who in (old, young)}
    age(db, carts[old], 90.1)
    age(db, carts[young], 89.9)
    for _ in range(2):
        await night(db)
    emptied = old.get(OWN).json()
    # Once, and its devices are told.
    assert (emptied["items"], emptied["version"]) == ([], 2)
    assert quantities(young.get(OWN).json()) == {product: 2}
    told = "SELECT count(*) FROM eventos WHERE tipo = 'cart.updated' AND datos ->> 'id' = $1"
    assert (db.fetchval(told, carts[old]), db.fetchval(told, carts[young])) == (2, 1)
    assert old.put(
        f"{old.panel}/carrito", json={"items": []}, headers={"If-Match": '"1"'}
    ).status_code == 412  # fmt: skip


async def test_the_days_are_a_setting(
    db: Database, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    client = new_cliente()
    age(db, add(client, OWN, new_producto()["id"])["id"], 3650.5)
    await night(db, carrito_dias=3650)
    assert client.get(OWN).json()["items"] == []


async def test_it_comes_back_added_to_what_is_there_now(
    db: Database, cast: Cast, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    client = new_cliente()
    shared, gone, dearer, new = (new_producto(precio="10.00") for _ in range(4))
    for product in (shared, gone, dearer):
        cart = add(client, OWN, product["id"], 2, motivo_descuento="de antes")["id"]
    age(db, cart, 91)
    await night(db)
    cast.admin.patch(f"/api/v1/productos/{gone['id']}", json={"activo": False})
    cast.admin.patch(f"/api/v1/productos/{dearer['id']}", json={"precio": "12.50"})
    add(client, OWN, new["id"])
    add(client, OWN, shared["id"], 1)
    stale = refused(recover(client, cart, headers={"If-Match": '"1"'}), 412, "carrito_desactualizado")
    assert (stale["carrito"]["id"], stale["carrito"]["version"]) == (cart, 6)
    answer = recover(client, cart, headers={"If-Match": '"6"'})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    lines = {line["producto_id"]: line for line in body["items"]}
    assert {product: line["cantidad"] for product, line in lines.items()} == {
        new["id"]: "1", shared["id"]: "3", dearer["id"]: "2",
    }  # fmt: skip
    assert (lines[dearer["id"]]["precio_unitario"], lines[dearer["id"]]["motivo_descuento"]) == (
        "12.50",
        "de antes",
    )
    assert body["omitidos"] == [{"producto_id": gone["id"], "nombre": gone["nombre"]}]
    assert (answer.headers["etag"], body["total"]) == (f'"{body["version"]}"', "65.00")
    assert client.get(OWN).json()["version"] == body["version"]
    refused(recover(client, cart), 409, "nada_que_recuperar")


async def test_whose_cart_it_is(
    db: Database, cast: Cast, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    client, product = new_cliente(), new_producto()["id"]
    cast.assign(client, cast.vendedora)
    own = add(client, OWN, product, 1)["id"]
    sellers = add(cast.vendedora, kept(client), product, 2)["id"]
    for cart in (own, sellers):
        age(db, cart, 91)
    await night(db)
    for who, cart in (
        (client, sellers), (cast.vendedora, own), (new_cliente(), own), (cast.otro_vendedor, sellers),
        (client, str(uuid.uuid4())), (cast.admin, str(uuid.uuid4())),
    ):  # fmt: skip
        refused(recover(who, cart), 404, "carrito_no_encontrado")
    refused(recover(client, "no-es-un-id"), 404, "no_encontrado")
    for who in (cast.soporte, cast.tecnica):
        refused(recover(who, own), 403, "prohibido")
    assert recover(cast.vendedora, sellers).json()["vendedor_id"] == cast.vendedora.usuario_id
    assert recover(cast.admin, own).json()["cliente_id"] == client.cliente_id
    # Neither went into the other.
    assert quantities(client.get(OWN).json()) == {product: 1}
    assert quantities(cast.vendedora.get(kept(client)).json()) == {product: 2}


async def test_after_thirty_days_it_is_forgotten(
    db: Database, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    client, product = new_cliente(), new_producto()["id"]
    cart = add(client, OWN, product)["id"]
    age(db, cart, 91)
    await night(db)
    aside = "SELECT count(*) FROM carrito_lineas_vaciadas WHERE carrito_id = $1::uuid"
    later = """UPDATE carrito_lineas_vaciadas SET vaciado_en = vaciado_en - make_interval(hours => $2)
                WHERE carrito_id = $1::uuid"""
    db.execute(later, cart, 29 * 24)
    await night(db)
    assert db.fetchval(aside, cart) == 1
    db.execute(later, cart, 25)
    # Too late from that moment on, not from the next night.
    refused(recover(client, cart), 409, "nada_que_recuperar")
    assert db.fetchval(aside, cart) == 1
    await night(db)
    assert db.fetchval(aside, cart) == 0


async def test_emptied_twice_it_comes_back_whole(
    db: Database, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    client = new_cliente()
    one, two = new_producto()["id"], new_producto()["id"]
    for products in ((one,), (one, two)):
        for product in products:
            cart = add(client, OWN, product, 2)["id"]
        age(db, cart, 91)
        await night(db)
    assert {line["producto_id"]: line["cantidad"] for line in recover(client, cart).json()["items"]} == {
        one: "4",
        two: "2",
    }


async def test_merging_two_records_keeps_what_both_lost(
    db: Database, cast: Cast, new_cliente: NewCliente, new_producto: NewProducto
) -> None:
    stays, goes = new_cliente(), new_cliente()
    shared, other = new_producto()["id"], new_producto()["id"]
    for who, products in ((stays, (shared,)), (goes, (shared, other))):
        for product in products:
            cart = add(who, OWN, product, 2)["id"]
        age(db, cart, 91)
    await night(db)
    body = {"duplicado": goes.cliente_id, "cerrar_login": True}
    merged = cast.admin.post(f"/api/v1/clientes/{stays.cliente_id}/fusionar", json=body)
    assert merged.status_code == 200, merged.text
    items = recover(stays, stays.get(OWN).json()["id"]).json()["items"]
    assert {line["producto_id"]: line["cantidad"] for line in items} == {shared: "4", other: "2"}


@pytest.mark.timeout(120)
async def test_more_than_a_batch_is_emptied_in_one_night(new_database: Callable[[], Database]) -> None:
    database = new_database()
    carts = CARTS + 7
    database.execute(
        """INSERT INTO productos (id, codigo, nombre, precio, creado_en, actualizado_en)
           VALUES ('00000000-0000-7000-8000-000000000001', 'P', 'Plantado', 1, now(), now())"""
    )
    database.execute(
        """WITH gente AS (INSERT INTO usuarios (id, nombre, rol, creado_en, actualizado_en)
                          SELECT gen_random_uuid(), 'Plantado', 'vendedor', now(), now()
                            FROM generate_series(1, $1) RETURNING id),
                hechos AS (INSERT INTO carritos (id, usuario_id, creado_en, actualizado_en)
                           SELECT gen_random_uuid(), id, now(), now() - interval '1 year' FROM gente RETURNING id)
           INSERT INTO carrito_lineas (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
           SELECT id, '00000000-0000-7000-8000-000000000001', 1, '{"nombre": "Plantado"}', 1, 1 FROM hechos""",
        carts,
    )
    await night(database)
    assert database.fetchval("SELECT count(*) FROM carrito_lineas") == 0
    assert database.fetchval("SELECT count(*) FROM carrito_lineas_vaciadas") == carts
