"""What is measured: each route's prepared requests, its statement for `pgbench`, and what a right answer is."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from bench import dataset, register, workorders
from bench.load import Job
from bench.statements import (
    ADD_LINE,
    CLIENTS,
    LINES,
    MAX_QUANTITY,
    PLACE_ORDER,
    READ_CART,
    READ_OPEN_CART,
    READ_PREFERENCE,
    REPLACE_CART,
    SAVE_ALL,
    Statement,
    Whose,
)

CONNECTIONS: Final = 64
# Each accepted login holds a place of its address while the hash is computed, and an address has five.
LOGIN_SOURCES: Final = tuple(f"127.1.0.{last}" for last in range(1, 17))
THROTTLED_SOURCE: Final = "127.2.0.1"


class Measure(NamedTuple):
    """One row of the table."""

    name: str
    title: str
    build: Callable[[int, Sequence[str]], Job]
    statement: Statement | None = None
    bar: float | None = None
    """The least share of pgbench's rate on the same statement."""
    whose: Whose = "any"
    prepare: Callable[[str], None] | None = None
    """What is done to the database, by its URL, before each window and before `pgbench`."""


def request(method: str, path: str, token: str | None, body: object = None) -> bytes:
    """Write a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", "User-Agent: bench"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    content = b""
    if body is not None:
        content = json.dumps(body, ensure_ascii=False).encode()
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def shuffled(seed: int) -> list[int]:
    """Return all clients in an order of this seed's own."""
    order = list(range(CLIENTS))
    random.Random(seed).shuffle(order)
    return order


def _items(n: int, turn: int) -> list[dict[str, object]]:
    """Write a cart as the panel's page does: with its copy of each product. Every turn has other quantities."""
    return [
        {
            "itemId": str(product),
            "item": {
                "_id": str(product),
                "codigo": f"P-{n}",
                "nombre": f"Producto de prueba número {n}",
                "descripcion": f"Descripción del producto de prueba número {n}, con sus medidas y presentación",
                "precio": 12.75,
                "imagenes": [f"/imagenes/{n}.jpg"],
            },
            "cantidad": 1 + (n + line + turn * 4) % MAX_QUANTITY,
        }
        for line, product in enumerate(dataset.product_ids(n))
    ]


def _read(part: str) -> Callable[[int, Sequence[str]], Job]:
    def build(port: int, tokens: Sequence[str]) -> Job:
        requests = [
            request("GET", f"/clientes/{dataset.client_id(n)}/{part}", tokens[n]) for n in shuffled(1)
        ]
        return Job(port, requests, 200, CONNECTIONS)

    return build


def _put_cart(port: int, tokens: Sequence[str]) -> Job:
    requests = [
        request("PUT", f"/clientes/{dataset.client_id(n)}/carrito", tokens[n], {"items": _items(n, turn)})
        for turn in range(2)
        for n in shuffled(2)
    ]
    return Job(port, requests, 200, CONNECTIONS)


def _autosave(port: int, tokens: Sequence[str]) -> Job:
    requests = [
        request(
            "POST",
            f"/clientes/{dataset.client_id(n)}/auto-guardar",
            tokens[n],
            {
                "carrito": {"items": _items(n, turn)},
                "borradores": {
                    "reclamo": {"titulo": "Cajas mojadas", "descripcion": f"Faltan {turn}"},
                    "soporte": None,
                },
                "preferencias": {"vista_activa": "carrito", "configuraciones": {"tema": "light"}},
            },
        )
        for turn in range(2)
        for n in shuffled(3)
    ]
    return Job(port, requests, 200, CONNECTIONS)


def login_request(n: int, password: str) -> bytes:
    """Return client n's login with a password."""
    return request(
        "POST", "/auth/clientes/login", None, {"correo": dataset.email(n), "contrasenia": password}
    )


def _own_cart(port: int, tokens: Sequence[str]) -> Job:
    return Job(port, [request("GET", "/orders/cart/me", tokens[n]) for n in shuffled(7)], 200, CONNECTIONS)


def _add(whose: Sequence[int]) -> Callable[[int, Sequence[str]], Job]:
    """Add to a line of the carts of some clients, in turn."""

    def build(port: int, tokens: Sequence[str]) -> Job:
        requests = [
            request(
                "POST",
                "/orders/cart/me",
                tokens[n],
                {"producto_id": str(dataset.product_ids(n)[0]), "cantidad": 1 + n % MAX_QUANTITY},
            )
            for n in whose
        ]
        return Job(port, requests, 201, CONNECTIONS)

    return build


def _order(port: int, tokens: Sequence[str]) -> Job:
    requests = [
        request("POST", "/orders/from-cart/me", tokens[n], {"condicion_pago": "CONTADO"})
        for n in range(CLIENTS)
    ]
    return Job(port, requests, 201, CONNECTIONS)


def _login(port: int, _: Sequence[str]) -> Job:
    requests = [login_request(n, dataset.PASSWORD) for n in shuffled(4)]
    return Job(port, requests, 200, len(LOGIN_SOURCES), LOGIN_SOURCES)


def _login_throttled(port: int, _: Sequence[str]) -> Job:
    requests = [login_request(n, dataset.PASSWORD) for n in shuffled(5)]
    return Job(port, requests, 429, CONNECTIONS, (THROTTLED_SOURCE,))


def bare_job(port: int, tokens: Sequence[str]) -> Job:
    """Return the load for the bare reply: the requests of a cart's reading, to a server that only answers."""
    requests = [request("GET", "/", tokens[n]) for n in shuffled(1)]
    return Job(port, requests, 200, CONNECTIONS)


MEASURES: Final = (
    Measure("carrito_leer", "GET carrito", _read("carrito"), READ_CART, 0.7),
    Measure("carrito_guardar", f"PUT carrito, {LINES} lines", _put_cart, REPLACE_CART, 0.8),
    Measure("auto_guardar", "POST auto-guardar", _autosave, SAVE_ALL),
    Measure("preferencias_leer", "GET preferencias", _read("preferencias"), READ_PREFERENCE),
    Measure("login_frenado", "POST login, throttled (429)", _login_throttled),
    Measure("login", "POST login", _login),
)
HOT: Final = MEASURES[:4]
ORDER_MEASURES: Final = (
    Measure("carrito_propio", "GET orders/cart/me", _own_cart, READ_OPEN_CART, 0.7),
    Measure("linea_agregar", "POST orders/cart/me", _add(shuffled(8)), ADD_LINE, 0.8),
    Measure("linea_agregar_una", "the same, all to one cart", _add([0]), ADD_LINE, whose="one"),
    Measure(
        "pedido_crear", "POST orders/from-cart/me", _order, PLACE_ORDER, whose="each",
        prepare=dataset.fill_carts_now,
    ),
)  # fmt: skip


def _register(paths: Callable[[int], str]) -> Callable[[int, Sequence[str]], Job]:
    """Read from the client register as its administrator, whose token is the last."""

    def build(port: int, tokens: Sequence[str]) -> Job:
        requests = [request("GET", f"/api/clientes{paths(n)}", tokens[-1]) for n in shuffled(6)]
        return Job(port, requests, 200, CONNECTIONS)

    return build


_ORDERS: Final = ("nombre", "id", "fecha_registro")
_SEARCHES: Final = register.searches(CLIENTS)

# Over all records, the first five pages of every order.
CLIENT_MEASURES: Final = (
    Measure("cliente_leer", "GET one client", _register(lambda n: f"/{register.record_id(n * 9)}")),
    Measure(
        "clientes_listar",
        "GET clients, 20 a page",
        _register(
            lambda n: f"?order_by={_ORDERS[n % 3]}&order_dir={('asc', 'desc')[n % 2]}&page={1 + n % 5}"
        ),
    ),
    Measure(
        "clientes_buscar", "GET clients, three letters", _register(lambda n: f"?q={quote(_SEARCHES[n])}")
    ),
)


def _office(path: Callable[[int], str]) -> Callable[[int, Sequence[str]], Job]:
    """Read work orders as the administrator, whose token is the last."""

    def build(port: int, tokens: Sequence[str]) -> Job:
        requests = [request("GET", f"/api{path(n)}", tokens[-1]) for n in shuffled(9)]
        return Job(port, requests, 200, CONNECTIONS)

    return build


def _orders(**query: str) -> Callable[[int, Sequence[str]], Job]:
    """List work orders."""
    return _office(lambda _: f"/v1/ordenes?{urlencode(query)}")


# Any order, any rating of one technician; of each list the first page, and a page far behind.
SERVICE_MEASURES: Final = (
    Measure(
        "orden_leer", "GET one work order", _office(lambda n: f"/v1/ordenes/{workorders.order_id(n * 17)}")
    ),
    Measure("resumen", "GET dashboard/overview", _office(lambda _: "/dashboard/overview")),
    Measure("sin_asignar", "GET its orders without technician", _orders(vista="sin_asignar")),
    Measure("en_ejecucion", "GET its orders under way", _orders(vista="en_ejecucion")),
    Measure("sin_movimiento", "GET its orders without movement", _orders(vista="sin_movimiento_5d")),
    Measure(
        "calificacion", "GET one rating", _office(lambda n: f"/orden/{workorders.rated_id(n)}/calificacion")
    ),
    Measure(
        "estrellas",
        "GET a technician's 10,000 ratings",
        _office(lambda _: f"/calificaciones-tecnico/{workorders.technician_id(0)}"),
    ),
    Measure("garantias", "GET waiting guarantees", _office(lambda _: "/garantias/pendientes")),
    Measure(
        "mantenimientos",
        "GET a client's maintenance",
        _office(lambda n: f"/mantenimientos-cliente/{workorders.household_id(n)}"),
    ),
    Measure("ordenes", "GET all orders, 20 a page", _orders()),
    Measure("ordenes_lejos", "the same, page 5,000", _orders(page="5000")),
    Measure(
        "ordenes_cliente",
        "GET a client's orders",
        _office(lambda n: f"/v1/ordenes?cliente_id={workorders.household_id(n)}"),
    ),
    Measure(
        "ordenes_tecnico", "GET a technician's orders", _orders(tecnico_id=str(workorders.technician_id(0)))
    ),
)
