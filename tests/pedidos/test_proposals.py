"""Proposals: a seller shows his cart, its client takes it over or declines; nothing mixes (CONTRACT §6, §12)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept, order_for, quantities
from tests.pedidos.test_carts import add
from tests.tools.database import Database

NewProducto = Callable[..., dict[str, Any]]
PATH = "/api/v1/propuestas"


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal in v1."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), answer.text
    return body


def propose(seller: Persona, client: Persona) -> dict[str, Any]:
    """What the seller's cart for a client holds, proposed."""
    answer = seller.post(f"/api/v1/carritos/{seller.get(kept(client)).json()['id']}/proponer")
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def answer(who: Persona, proposal: dict[str, Any], word: str) -> Any:
    """`aceptar` or `rechazar`."""
    return who.post(f"{PATH}/{proposal['id']}/{word}")


@pytest.fixture
def bob(cast: Cast) -> Persona:
    """Her seller."""
    return cast.vendedora


def test_a_proposal_keeps_what_the_cart_held(alice: Persona, bob: Persona, new_producto: NewProducto) -> None:
    product = new_producto(precio="9.50")
    add(bob, kept(alice), product["id"], 2, motivo_descuento="por ser ella")
    cart = bob.get(kept(alice)).json()
    made = propose(bob, alice)
    assert made == {
        "id": made["id"],
        "carrito_id": cart["id"],
        "cliente_id": alice.cliente_id,
        "vendedor_id": bob.usuario_id,
        "estado": "PENDIENTE",
        "items": [
            {
                "producto_id": product["id"],
                "nombre": product["nombre"],
                "cantidad": "2",
                "precio_unitario": "9.50",
                "subtotal": "19.00",
                "campania_aplicada_id": None,
                "motivo_descuento": "por ser ella",
            }
        ],
        "total": "19.00",
        "version": 1,
        "creado_en": made["creado_en"],
        "respondida_en": None,
    }
    # The seller goes on filling his cart; what he showed stays as it was.
    add(bob, kept(alice), new_producto()["id"])
    assert alice.get(PATH).json()["items"] == [made]


def test_accepting_adds_to_the_customers_own_cart(
    alice: Persona, cast: Cast, bob: Persona, new_producto: NewProducto
) -> None:
    shared, new, gone, hers = (new_producto(precio="10.00") for _ in range(4))
    add(alice, OWN, hers["id"], 1)
    add(alice, OWN, shared["id"], 1)
    for product in (shared, new, gone):
        add(bob, kept(alice), product["id"], 3)
    made = propose(bob, alice)
    before = bob.get(kept(alice)).json()
    cast.admin.patch(f"/api/v1/productos/{new['id']}", json={"precio": "12.50"})
    cast.admin.patch(f"/api/v1/productos/{gone['id']}", json={"activo": False})
    done = answer(alice, made, "aceptar")
    assert done.status_code == 200, done.text
    body = done.json()
    assert (body["estado"], body["version"]) == ("ACEPTADA", 2)
    assert body["omitidos"] == [{"producto_id": gone["id"], "nombre": gone["nombre"]}]
    cart = alice.get(OWN).json()
    assert body["carrito"] == {"id": cart["id"], "version": cart["version"]}
    assert quantities(cart) == {hers["id"]: 1, shared["id"]: 4, new["id"]: 3}
    assert next(line for line in cart["items"] if line["producto_id"] == new["id"])["precio_unitario"] == 12.5
    # The seller's cart is as it was, the retired product and today's prices beside it.
    after = bob.get(kept(alice)).json()
    assert (quantities(after), after["version"]) == (quantities(before), before["version"])
    problem(answer(alice, made, "aceptar"), 409, "propuesta_respondida")
    problem(answer(alice, made, "rechazar"), 409, "propuesta_respondida")
    assert alice.get(OWN).json() == cart


def test_a_campaign_comes_along_while_it_runs(
    alice: Persona, cast: Cast, bob: Persona, new_producto: NewProducto
) -> None:
    product = new_producto(precio="10.00")["id"]
    period = {"desde": "2026-01-01T00:00:00Z", "hasta": "2099-01-01T00:00:00Z"}
    campaign = cast.admin.post(
        "/api/v1/campanias",
        json={"nombre": "Semana", "porcentaje": "10.00", "productos": [product], **period},
    ).json()
    for price in (9, 10):
        add(bob, kept(alice), product, 1, campania_aplicada_id=campaign["id"])
        made = propose(bob, alice)
        if price == 10:
            assert cast.admin.patch(f"/api/v1/campanias/{campaign['id']}", json={"activo": False}).is_success
        alice.delete(OWN)
        assert answer(alice, made, "aceptar").status_code == 200
        (line,) = alice.get(OWN).json()["items"]
        assert line["precio_unitario"] == price


def test_declining_changes_no_cart(alice: Persona, bob: Persona, new_producto: NewProducto) -> None:
    add(bob, kept(alice), new_producto()["id"])
    made = propose(bob, alice)
    body = answer(alice, made, "rechazar").json()
    assert (body["estado"], body["version"], body["respondida_en"] is not None) == ("RECHAZADA", 2, True)
    assert alice.get(OWN).json()["version"] == 0
    assert len(bob.get(kept(alice)).json()["items"]) == 1
    # The same cart may be proposed again: she may have thought it over.
    assert propose(bob, alice)["id"] != made["id"]


def test_a_cart_waits_with_one_proposal(
    alice: Persona, bob: Persona, new_producto: NewProducto, db: Database
) -> None:
    add(bob, kept(alice), new_producto()["id"])
    first = propose(bob, alice)
    again = bob.post(f"/api/v1/carritos/{first['carrito_id']}/proponer")
    assert problem(again, 409, "propuesta_abierta")["propuesta_id"] == first["id"]
    add(bob, kept(alice), new_producto()["id"])
    second = propose(bob, alice)
    states = {each["id"]: each["estado"] for each in alice.get(PATH).json()["items"]}
    assert states == {second["id"]: "PENDIENTE", first["id"]: "REEMPLAZADA"}
    problem(answer(alice, first, "aceptar"), 409, "propuesta_respondida")
    assert [each["id"] for each in alice.get(PATH, params={"estado": "PENDIENTE"}).json()["items"]] == [
        second["id"]
    ]
    # The table itself would not take a second one.
    copy = """INSERT INTO propuestas (id, carrito_id, carrito_version, cliente_id, vendedor_id, creado_en)
              SELECT gen_random_uuid(), carrito_id, 99, cliente_id, vendedor_id, now() FROM propuestas
               WHERE id = $1::uuid"""
    with pytest.raises(Exception, match="propuestas_abierta_uk"):
        db.execute(copy, second["id"])


def test_what_cannot_be_proposed(
    alice: Persona, cast: Cast, bob: Persona, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    empty = bob.get(kept(alice)).json()["id"]
    problem(bob.post(f"/api/v1/carritos/{empty}/proponer"), 400, "carrito_vacio")
    add(alice, OWN, new_producto()["id"])
    own = alice.get(OWN).json()["id"]
    add(bob, kept(alice), new_producto()["id"])
    for who, cart in (
        (bob, own), (cast.admin, own), (cast.otro_vendedor, empty), (bob, str(uuid.uuid4())), (bob, "x"),
    ):  # fmt: skip
        answered = who.post(f"/api/v1/carritos/{cart}/proponer")
        assert (answered.status_code, answered.json()["status"]) == (404, 404)
    # He keeps a cart for nobody's client, who then becomes another's.
    free = new_cliente()
    add(bob, kept(free), new_producto()["id"])
    cart = bob.get(kept(free)).json()["id"]
    cast.assign(free, cast.otro_vendedor)
    problem(bob.post(f"/api/v1/carritos/{cart}/proponer"), 404, "carrito_no_encontrado")
    assert cast.admin.post(f"/api/v1/carritos/{empty}/proponer").json()["vendedor_id"] == bob.usuario_id


def test_who_sees_and_answers(
    alice: Persona, cast: Cast, bob: Persona, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    add(bob, kept(alice), new_producto()["id"])
    made = propose(bob, alice)

    def seen(who: Persona) -> bool:
        listed = who.get(PATH, params={"per_page": 100}).json()
        assert {"items", "total", "page", "per_page"} == listed.keys()
        return made["id"] in {each["id"] for each in listed["items"]}

    other = new_cliente()
    assert [seen(who) for who in (alice, bob, cast.admin)] == [True] * 3
    assert [seen(who) for who in (other, cast.otro_vendedor)] == [False] * 2
    for word in ("aceptar", "rechazar"):
        problem(answer(other, made, word), 404, "propuesta_no_encontrada")
        for who in (bob, cast.admin, cast.soporte):
            problem(answer(who, made, word), 403, "prohibido")
    assert answer(alice, made, "aceptar").status_code == 200
    # Isolation stays: what she accepted is ordered by her, what he keeps by him.
    add(alice, OWN, new_producto()["id"])
    assert len(bob.get(kept(alice)).json()["items"]) == 1
    assert bob.post(order_for(alice), json={}).status_code == 201
    assert len(alice.get(OWN).json()["items"]) == 2


def test_a_merge_takes_proposals_along(
    alice: Persona, cast: Cast, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    other, product = new_cliente(), new_producto()["id"]
    add(cast.admin, kept(other), product, 2)
    made = propose(cast.admin, other)
    body = {"duplicado": other.cliente_id, "cerrar_login": True}
    merged = cast.admin.post(f"/api/v1/clientes/{alice.cliente_id}/fusionar", json=body)
    assert merged.status_code == 200, merged.text
    assert answer(alice, made, "aceptar").status_code == 200
    assert quantities(alice.get(OWN).json()) == {product: 2}


def test_both_are_told(alice: Persona, cast: Cast, new_producto: NewProducto, db: Database) -> None:
    seller = cast.new_usuario("vendedor")
    cast.assign(alice, seller)
    add(seller, kept(alice), new_producto()["id"])
    made = propose(seller, alice)
    answer(alice, made, "aceptar")
    told = """SELECT datos ->> 'version' FROM eventos WHERE tipo = $1 AND datos ->> 'id' = $2 AND flujo = $3
               ORDER BY seq"""
    for who in (alice, seller):
        stream = f"usuario:{who.usuario_id}"
        assert [row[0] for row in db.fetch(told, "proposal.updated", made["id"], stream)] == ["1", "2"]
    cart = alice.get(OWN).json()["id"]
    assert len(db.fetch(told, "cart.updated", cart, f"usuario:{alice.usuario_id}")) == 1
    assert db.fetch(told, "cart.updated", cart, f"usuario:{seller.usuario_id}") == []
    items = alice.get(f"/api/v1/clientes/{alice.cliente_id}/linea-de-tiempo").json()["items"]
    said = [item["resumen"] for item in items if item["tipo"] == "proposal.updated"]
    assert said == ["Propuesta del vendedor por 10.50 BOB: aceptada"] * 2
