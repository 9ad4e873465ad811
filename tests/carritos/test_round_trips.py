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


def test_hot_routes_go_to_the_database_once(lone_server, new_cliente, new_producto):
    producto = new_producto()["id"]
    here = new_cliente().again(base_url=lone_server.url)

    def so_far():
        return round_trips(here.get("/metrics").text)

    def spent(method, path, body=None, headers=None):
        own = -so_far() + so_far()
        before = so_far()
        answer = here.request(method, path, json=filled(body, producto), headers=headers)
        assert answer.status_code == 200, answer.text
        return so_far() - before - own

    here.put(f"{here.panel}/carrito", json={"items": []})
    for method, path, body in HOT:
        costs = [spent(method, f"{here.panel}/{path}", body) for _ in range(3)]
        assert costs == [1, 1, 1], f"{method} {path}"
    # The control: with a key the same request is a transaction of several statements.
    method, path, body = HOT[1]
    assert spent(method, f"{here.panel}/{path}", body, {"Idempotency-Key": uuid.uuid4().hex}) > 1
