"""Two records of one client become one, and nothing of the second is lost."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from clientela.carritos.store import HAND_OVER as MOVE_CARTS
from clientela.clientes.store.personal import HAND_OVER, HOLD
from tests.cast import Cast, Persona
from tests.cobranza.books import WRONG, owe, pay
from tests.personas.people import picture, record
from tests.races.planting import plant_client
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.wait import wait_for

LEFT = """
SELECT t.tabla FROM (
    SELECT 'carritos' AS tabla FROM carritos WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'direcciones' FROM direcciones WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'categoria_cliente' FROM categoria_cliente WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'borradores' FROM borradores WHERE cliente_id = $1::uuid AND campos IS NOT NULL
    UNION ALL SELECT 'borradores_enviados' FROM borradores_enviados WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'preferencias' FROM preferencias WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'tickets' FROM tickets WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'cuentas' FROM cuentas_por_cobrar WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'pagos' FROM pagos WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'aplicaciones' FROM pago_aplicaciones WHERE cliente_id = $1::uuid
    UNION ALL SELECT 'eventos' FROM eventos WHERE cliente_id = $1::uuid AND principal) AS t"""


def merge(cast: Cast, survivor: Any, other: Any, **how: Any) -> httpx.Response:
    return cast.admin.post(f"/api/v1/clientes/{survivor}/fusionar", json={"duplicado": other} | how)


def shown(cast: Cast, ref: Any) -> dict[str, Any]:
    found: dict[str, Any] = cast.admin.get(f"/api/clientes/{ref}").json()["data"]["cliente"]
    return found


def put_cart(customer: Persona, *lines: tuple[str, int]) -> None:
    items = [{"itemId": product, "cantidad": number} for product, number in lines]
    assert customer.put(f"{customer.panel}/carrito", json={"items": items}).status_code == 200


def test_everything_belongs_to_the_survivor(
    cast: Cast, new_cliente: Callable[..., Persona], new_producto
) -> None:
    survivor, other = new_cliente(), new_cliente(direccion="Calle de la otra")
    both, one, two = (new_producto()["id"] for _ in range(3))
    put_cart(survivor, (both, 2), (one, 1))
    put_cart(other, (both, 3), (two, 4))
    assert other.post("/soporte", json={"asunto": "Mío", "mensaje": "Hola"}).status_code == 201
    other.put(f"{other.panel}/borradores/reclamo", json={"titulo": "A medias"})
    other.put(f"{other.panel}/preferencias", json={"vista_activa": "perfil"})
    photo = {"foto_perfil": ("x.jpg", picture(), "image/jpeg")}
    fields = {"_method": "PUT", "razon_social": "Otra SRL", "nit": uuid.uuid4().hex[:10]}
    assert cast.admin.post(f"/api/clientes/{other.cliente_id}", data=fields, files=photo).status_code == 200
    pay(cast.admin, other, "20.00", owe(cast.admin, other, "50.00"))
    owe(cast.admin, survivor, "5.00")
    answer = merge(cast, survivor.cliente_id, other.cliente_id, cerrar_login=True)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["lineas_de_carrito"], told["login_cerrado"]) == (2, True)
    assert set(told["campos"]) == {"foto_perfil", "nit", "razon_social"}
    assert [row["tabla"] for row in cast.db.fetch(LEFT, other.cliente_id)] == []
    cart = survivor.get(f"{survivor.panel}/carrito").json()
    assert {line["itemId"]: line["cantidad"] for line in cart["items"]} == {both: 5, one: 1, two: 4}
    now = shown(cast, survivor.cliente_id)
    assert (now["razon_social"], now["foto_perfil"] is not None) == ("Otra SRL", True)
    assert cast.admin.get(f"/api/clientes/{survivor.cliente_id}/imagenes/foto_perfil").status_code == 200
    assert "Calle de la otra" in [address["direccion"] for address in now["direcciones"]]
    assert sorted(debt["saldo_pendiente"] for debt in now["cuentas_por_cobrar"]) == [5, 30]
    assert survivor.get(f"{survivor.panel}/borradores").json()["reclamo"]["titulo"] == "A medias"
    assert survivor.get("/api/v1/tickets").json()["total"] == 1
    assert cast.db.fetch(WRONG) == []
    told = cast.admin.get(f"/api/v1/clientes/{survivor.cliente_id}/linea-de-tiempo").json()["items"]
    assert other.cliente_id in [event["referencia_id"] for event in told]
    items = cast.admin.get("/api/v1/auditoria", params={"accion": "cliente.fusionado"}).json()["items"]
    assert (items[0]["referencia_id"], items[0]["datos"]["fusionado_id"]) == (
        survivor.cliente_id,
        other.cliente_id,
    )


def test_asked_for_the_merged_one_the_survivor_answers(cast: Cast) -> None:
    survivor, other = record(cast, nombre="Buena"), record(cast, nombre="Doble")
    assert merge(cast, survivor["id"], other["id"]).status_code == 200
    for ref in (other["id"], other["uuid"]):
        assert shown(cast, ref)["uuid"] == survivor["uuid"]
    changed = cast.admin.put(f"/api/clientes/{other['id']}", json={"observaciones": "Por el otro número"})
    assert changed.json()["data"]["cliente"]["uuid"] == survivor["uuid"]
    listed = cast.admin.get("/api/clientes", params={"q": "Doble", "per_page": 100}).json()["data"][
        "clientes"
    ]
    assert other["id"] not in [client["id"] for client in listed]
    row = cast.db.fetchrow(
        "SELECT fusionado_con_id, fusionado_en, nombre FROM clientes WHERE id = $1::uuid", other["uuid"]
    )
    assert (str(row["fusionado_con_id"]), row["nombre"]) == (survivor["uuid"], "Doble")
    assert row["fusionado_en"] is not None


def test_merged_twice_over_everybody_points_at_the_last(cast: Cast) -> None:
    first, second, third = record(cast), record(cast), record(cast)
    assert merge(cast, second["id"], first["id"]).status_code == 200
    assert merge(cast, third["id"], second["id"]).status_code == 200
    assert shown(cast, first["id"])["uuid"] == third["uuid"]


WINDOWS = {"una": {"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00"},
           "otra": {"dia_semana": 2, "hora_inicio": "14:00", "hora_fin": "18:00"}}  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "days"), [("sobreviviente", [1]), ("fusionado", [1, 2]), ("ambas", [1, 2])]
)
def test_windows_as_chosen(cast: Cast, choice: str, days: list[int]) -> None:
    survivor = record(cast, ventanas_entrega=[WINDOWS["una"]])
    other = record(cast, ventanas_entrega=[WINDOWS["una"], WINDOWS["otra"]])
    assert merge(cast, survivor["id"], other["id"], ventanas=choice).status_code == 200
    assert [window["dia_semana"] for window in shown(cast, survivor["id"])["ventanas_entrega"]] == days


def test_two_logins_need_a_word(cast: Cast, new_cliente: Callable[..., Persona]) -> None:
    survivor, other, plain = new_cliente(), new_cliente(), record(cast)
    assert merge(cast, survivor.cliente_id, other.cliente_id).json()["code"] == "fusion_dos_logins"
    assert merge(cast, plain["id"], other.cliente_id).json()["code"] == "fusion_al_reves"
    assert other.get("/api/v1/auth/yo").status_code == 200
    assert merge(cast, survivor.cliente_id, other.cliente_id, cerrar_login=True).status_code == 200
    time.sleep(1)
    assert other.get("/api/v1/auth/yo").status_code == 401
    assert survivor.get("/api/v1/auth/yo").status_code == 200
    body = {"identificador": other.correo, "contrasenia": other.contrasenia}
    assert cast.anon.post("/api/v1/auth/login", json=body).status_code == 401


def test_what_cannot_be_merged(cast: Cast) -> None:
    survivor, other, erased = record(cast), record(cast), record(cast)
    same = merge(cast, survivor["id"], survivor["uuid"])
    assert (same.status_code, list(same.json()["errors"])) == (422, ["duplicado"])
    assert merge(cast, survivor["id"], 2**62).status_code == 404
    assert cast.admin.post(f"/api/v1/clientes/{erased['id']}/anonimizar").status_code == 200
    assert merge(cast, survivor["id"], erased["id"]).json()["code"] == "cliente_no_fusionable"
    assert merge(cast, survivor["id"], other["id"]).status_code == 200
    again = merge(cast, survivor["id"], other["id"])
    assert again.status_code == 422, "asked for the merged one, the survivor answers: it is the same"


@pytest.mark.parametrize("rounds", [10, pytest.param(300, marks=pytest.mark.long)])
def test_writes_to_the_merged_one_are_moved_along_or_refused(cast: Cast, new_producto, rounds: int) -> None:
    product = new_producto()["id"]
    for _ in range(rounds):
        survivor, other = record(cast), record(cast)
        panel = f"/clientes/{other['uuid']}"
        token = cast.admin.token
        cart = {"items": [{"itemId": product, "cantidad": 1}]}
        writes = [
            Request("PUT", f"{panel}/carrito", json=cart, token=token),
            Request("PUT", f"{panel}/borradores/reclamo", json={"titulo": "x"}, token=token),
            Request("PUT", f"{panel}/preferencias", json={"vista_activa": "perfil"}, token=token),
            Request("PUT", f"/api/clientes/{other['id']}", json={"observaciones": "x"}, token=token),
        ]
        both = [
            Request("POST", f"/api/v1/clientes/{a['id']}/fusionar", json={"duplicado": b["id"]}, token=token)
            for a, b in ((survivor, other), (other, survivor))
        ]
        answers = burst(cast.base_url, [*writes * 2, *both])
        merged = sorted(answer.status for answer in answers[-2:])
        assert merged in ([200, 409], [200, 422]), answers
        assert {answer.status for answer in answers[:-2]} <= {200, 404, 409}
        gone = cast.db.fetchval(
            "SELECT id FROM clientes WHERE id = ANY ($1::uuid[]) AND fusionado_en IS NOT NULL",
            [survivor["uuid"], other["uuid"]],
        )
        assert [row["tabla"] for row in cast.db.fetch(LEFT, gone)] == []


GATE = "       FOR KEY SHARE;\n"


async def race(database: Database) -> int:
    """Write a cart to a record while it is being merged; return how many carts are left behind with it."""
    _, survivor = plant_client(database)
    _, other = plant_client(database)
    admin, _ = plant_client(database)
    write = "SELECT fn.carrito_reemplazar($1, '{}', '{}', '{}', NULL, gen_random_uuid(), $2, NULL, now())"
    said: list[str] = []

    def writer() -> None:
        try:
            database.fetchval(write, other, admin)
        except asyncpg.PostgresError as error:
            said.append(str(error))

    async with database.connect() as connection:
        async with connection.transaction():
            await connection.fetch(HOLD, sorted([survivor, other]))
            await connection.fetchval(MOVE_CARTS, other, survivor, datetime.now(UTC))
            thread = threading.Thread(target=writer)
            thread.start()
            waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
            for _ in range(500):
                if await connection.fetchval(waiting) or not thread.is_alive():
                    break
                await asyncio.sleep(0.01)
            await connection.fetchval(HAND_OVER, other, survivor, "sobreviviente", datetime.now(UTC))
        wait_for(lambda: not thread.is_alive(), "the writer's end")
        return int(await connection.fetchval("SELECT count(*) FROM carritos WHERE cliente_id = $1", other))


async def test_control_without_the_gate_a_cart_is_left_behind(new_database) -> None:
    database = new_database()
    assert await race(database) == 0
    source = database.fetchval("SELECT pg_get_functiondef('fn.cliente_principal(uuid)'::regprocedure)")
    assert GATE in source
    database.execute(source.replace(GATE, ";\n"))
    assert await race(database) == 1


def test_duplicates_are_found_by_each_key(cast: Cast) -> None:
    code = uuid.uuid4().hex[:8]
    place = cast.admin.post("/api/v1/localidades", json={"nombre": "Yapacaní", "codigo": code}).json()["id"]
    nit, mail = uuid.uuid4().hex[:12], f"{code}@example.com"
    phone = f"6{uuid.uuid4().int % 10**7:07}"
    pairs = {
        "nit": [record(cast, nombre="A", nit=nit), record(cast, nombre="B", nit=f"{nit[:4]}-{nit[4:]}")],
        "telefono": [
            record(cast, nombre="C", telefono=phone),
            record(cast, nombre="D", telefono=f"+591{phone}"),
        ],
        "email": [record(cast, nombre="E", email=mail), record(cast, nombre="F", email=mail.upper())],
        "nombre": [
            record(cast, nombre=f"Ferretería {code} Quiroga", localidad_id=place),
            record(cast, nombre=f"FERRETERIA {code} Kiroga", localidad_id=place),
        ],
    }
    elsewhere = record(cast, nombre=f"Ferretería {code} Quiroga")
    found: dict[str, list[list[int]]] = {}
    page, total = 1, 1
    while (page - 1) * 100 < total:
        answer = cast.admin.get("/api/v1/clientes/duplicados", params={"page": page, "per_page": 100}).json()
        total, page = answer["total"], page + 1
        for group in answer["items"]:
            found.setdefault(group["por"], []).append([client["numero"] for client in group["clientes"]])
    for why, pair in pairs.items():
        assert [client["id"] for client in pair] in found[why], why
    assert not any(elsewhere["id"] in group for group in found["nombre"])
    assert merge(cast, pairs["nit"][0]["id"], pairs["nit"][1]["id"]).status_code == 200
    after = cast.admin.get("/api/v1/clientes/duplicados", params={"per_page": 100}).json()
    groups = [
        [client["numero"] for client in group["clientes"]]
        for group in after["items"]
        if group["por"] == "nit"
    ]
    assert [client["id"] for client in pairs["nit"]] not in groups
