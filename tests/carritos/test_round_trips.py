"""The hot routes go to the database once (DESIGN §3)."""

import uuid

import pytest

from tests.tools.database import Database

HOT = [
    ("GET", "carrito", None),
    ("PUT", "carrito", {"items": [{"itemId": "$producto", "cantidad": 2}]}),
    (
        "POST",
        "auto-guardar",
        {
            "carrito": {"items": [{"itemId": "$producto", "cantidad": 3}]},
            "borradores": {"reclamo": {"titulo": "x"}, "soporte": {"asunto": "y"}},
            "preferencias": {"vista_activa": "chat", "configuraciones": {"tema": "light"}},
        },
    ),
    ("GET", "preferencias", None),
    ("PUT", "preferencias", {"vista_activa": "chat"}),
    ("GET", "borradores", None),
    ("PUT", "borradores/soporte", {"asunto": "y"}),
    ("DELETE", "borradores/soporte", None),
]


def filled(body, producto):
    if isinstance(body, dict):
        return {key: filled(value, producto) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(value, producto) for value in body]
    return producto if body == "$producto" else body


@pytest.fixture
def lone_server(start_server, db: Database):
    """One process without background work, so that whatever it sends is for the requests of the test."""
    return start_server(db.dsn, workers=1, arguments=("--sin-trabajos",))


def round_trips(metrics: str) -> float:
    line = next(line for line in metrics.splitlines() if line.startswith("clientela_base_viajes "))
    return float(line.split()[1])


def cost_of(here, method, path, body=None, headers=None):
    """How many round trips a request cost, and what it was answered."""

    def so_far():
        return round_trips(here.get("/metrics").text)

    own = -so_far() + so_far()
    before = so_far()
    answer = here.request(method, path, json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return so_far() - before - own, answer.json()


def test_chats_go_once(lone_server, cast, new_cliente):
    here = new_cliente().again(base_url=lone_server.url)
    support = cast.soporte.again(base_url=lone_server.url)
    support.get("/api/v1/organizacion")
    cost, opened = cost_of(here, "POST", "/api/chat/session")
    assert cost == 1
    path = f"/api/chat/session/{opened['data']['id']}"
    for who, method, where, body in (
        (here, "GET", "/api/chat/session/active", None),
        (here, "POST", "/api/chat/message", {"message": "Hola"}),
        (here, "POST", "/api/chat/message", {"message": "Hola", "clientMessageId": "1"}),
        (support, "POST", f"/api/v1/chat/sesiones/{opened['data']['id']}/mensajes", {"message": "Buen día"}),
        (here, "GET", f"{path}/messages", None),
        (here, "GET", f"{path}/messages?after=1&limit=10", None),
        (support, "PATCH", f"{path}/mark-read", None),
        (here, "PATCH", f"{path}/close", None),
    ):
        assert cost_of(who, method, where, body)[0] == 1, f"{method} {where}"


def test_carts_of_the_orders_contract_go_once(lone_server, db, cast, new_cliente, new_producto):
    """Line by line, an order, an order again, a proposal and its answer, what a cart lost."""
    producto, customer = new_producto()["id"], new_cliente()
    here = customer.again(base_url=lone_server.url)
    seller = cast.admin.again(base_url=lone_server.url)
    line = {"producto_id": producto, "cantidad": 2}
    own, kept = "/orders/cart/me", f"/orders/cart/client/{customer.cliente_id}"
    here.get(own)
    seller.get(kept)
    calls = [
        (here, "GET", own, None),
        (here, "POST", own, line),
        (here, "PATCH", f"{own}/item/{producto}", {"cantidad": 3}),
        (here, "DELETE", f"{own}/item/{producto}", None),
        (here, "POST", own, line),
        (here, "DELETE", own, None),
        (here, "POST", own, line),
        (here, "POST", "/orders/from-cart/me", {}),
        (here, "POST", "/orders/{id}/repetir", None),
        (seller, "GET", kept, None),
        (seller, "POST", kept, line),
        (seller, "POST", "/api/v1/carritos/{id}/proponer", None),
        (here, "POST", "/api/v1/propuestas/{id}/aceptar", None),
        (here, "GET", own, None),
    ]
    last = {"id": None}
    for who, method, path, body in calls:
        cost, last = cost_of(who, method, path.replace("{id}", str(last["id"])), body)
        assert cost == 1, f"{method} {path}"
    db.execute(
        """INSERT INTO carrito_lineas_vaciadas (carrito_id, vaciado_en, posicion, producto_id, nombre, cantidad)
           VALUES ($1::uuid, now(), 1, $2::uuid, 'x', 1)""",
        last["id"],
        producto,
    )
    assert cost_of(here, "POST", f"/api/v1/carritos/{last['id']}/recuperar")[0] == 1


def test_hot_routes_go_to_the_database_once(lone_server, new_cliente, new_producto):
    producto = new_producto()["id"]
    here = new_cliente().again(base_url=lone_server.url)

    def spent(method, path, body=None, headers=None):
        return cost_of(here, method, path, filled(body, producto), headers)[0]

    here.put(f"{here.panel}/carrito", json={"items": []})
    for method, path, body in HOT:
        costs = [spent(method, f"{here.panel}/{path}", body) for _ in range(3)]
        assert costs == [1, 1, 1], f"{method} {path}"
    # The control: with a key the same request is a transaction of several statements.
    method, path, body = HOT[1]
    assert spent(method, f"{here.panel}/{path}", body, {"Idempotency-Key": uuid.uuid4().hex}) > 1
