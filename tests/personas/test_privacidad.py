"""What is known of a person is handed out whole, and forgotten whole; the books stay."""

import io
import json
import threading
import time
import uuid
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image

from tests.cast import Cast, Persona
from tests.cobranza.books import WRONG
from tests.personas.people import full_life, places, record
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wait import wait_for

# Where a person's words are before they are forgotten: the search below must see each of these.
EVERYWHERE = {
    "borradores", "borradores_enviados", "clientes", "cuentas_por_cobrar", "direcciones", "identificadores",
    "preferencias", "sesiones", "ticket_mensajes", "tickets", "usuarios",
}  # fmt: skip


@pytest.fixture
def marker() -> str:
    return f"marca{uuid.uuid4().hex}"[:20]


def archive(person: Persona, cliente_id: str) -> zipfile.ZipFile:
    answer = person.get(f"/api/v1/clientes/{cliente_id}/exportacion")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_the_archive_holds_everything(cast: Cast, new_cliente: Callable[..., Persona], marker: str) -> None:
    customer = full_life(cast, new_cliente, marker)
    handed = archive(customer, customer.cliente_id)
    assert handed.testzip() is None
    names = set(handed.namelist())
    areas = {"clientes", "direcciones", "ventanas_entrega", "categorias", "eventos", "auditoria", "identidad"}
    assert {f"{area}.json" for area in areas | {"carritos", "panel", "tickets", "cobranza"}} <= names
    with_marker = {name for name in names if marker.encode() in handed.read(name)}
    expected = {"clientes", "direcciones", "identidad", "panel", "tickets", "cobranza"}
    assert {f"{area}.json" for area in expected} <= with_marker
    pictures = sorted(name for name in names if name.startswith("imagenes/"))
    assert [name.rpartition("-")[2] for name in pictures] == [
        "ci_anverso.jpg",
        "ci_reverso.jpg",
        "foto_perfil.jpg",
    ]
    for name in pictures:
        assert Image.open(io.BytesIO(handed.read(name))).size == (60, 40)
    carts = json.loads(handed.read("carritos.json"))
    # What a seller keeps for him and has not proposed is the seller's: the office has it, the customer does not.
    assert [(len(cart["lineas"]), cart["vendedor_id"]) for cart in carts["carritos"]] == [(1, None)]
    assert [len(each["lineas"]) for each in carts["propuestas"]] == [1]
    assert json.loads(handed.read("cobranza.json"))["pagos"][0]["monto"] == 20
    actions = {row["accion"] for row in json.loads(handed.read("auditoria.json"))}
    assert {"cliente.creado", "login.correcto", "cliente.exportado"} <= actions
    everything = b"".join(handed.read(name) for name in names)
    assert b"$2b$" not in everything, "a password's hash was handed out"
    items = cast.admin.get("/api/v1/auditoria", params={"accion": "cliente.exportado"}).json()["items"]
    assert (items[0]["referencia_id"], items[0]["actor_id"]) == (customer.cliente_id, customer.usuario_id)
    office = json.loads(archive(cast.admin, customer.cliente_id).read("carritos.json"))
    assert [len(cart["lineas"]) for cart in office["carritos"]] == [1, 1]


def test_nobody_else_gets_it(cast: Cast) -> None:
    path = f"/api/v1/clientes/{cast.cliente.cliente_id}/exportacion"
    assert cast.otra_cliente.get(path).status_code == 404
    assert cast.vendedora.get(path).status_code == 403
    assert cast.admin.get(path).status_code == 200


def test_nothing_says_any_more_who_he_was(
    cast: Cast, serving: Server, new_cliente: Callable[..., Persona], marker: str
) -> None:
    customer = full_life(cast, new_cliente, marker)
    storage = serving.data_dir / "archivos"
    assert places(cast.db, marker, storage) >= EVERYWHERE
    assert (
        len([path for path in storage.rglob("*") if customer.cliente_id in str(path) and path.is_file()]) == 3
    )
    erased = cast.admin.post(f"/api/v1/clientes/{customer.cliente_id}/anonimizar")
    assert erased.status_code == 200, erased.text
    assert erased.json()["anonimizado_en"] is not None
    assert places(cast.db, marker, storage) == set()
    assert places(cast.db, customer.celular) == set()
    assert [path for path in storage.rglob("*") if customer.cliente_id in str(path) and path.is_file()] == []
    # The control: one word left behind in one column is found.
    cast.db.execute(
        "UPDATE clientes SET observaciones = $2 WHERE id = $1::uuid", customer.cliente_id, f"Era {marker}"
    )
    assert places(cast.db, marker, storage) == {"clientes"}
    cast.db.execute("UPDATE clientes SET observaciones = NULL WHERE id = $1::uuid", customer.cliente_id)


def test_the_books_stay(cast: Cast, new_cliente: Callable[..., Persona], marker: str) -> None:
    customer = full_life(cast, new_cliente, marker)
    amounts = """SELECT monto, saldo_pendiente, pagado_antes FROM cuentas_por_cobrar WHERE cliente_id = $1::uuid
                 UNION ALL SELECT monto, 0, 0 FROM pagos WHERE cliente_id = $1::uuid"""
    before = [tuple(row) for row in cast.db.fetch(amounts, customer.cliente_id)]
    tickets = cast.db.fetchval(
        "SELECT count(*) FROM tickets WHERE cliente_id = $1::uuid", customer.cliente_id
    )
    answer = cast.admin.post(f"/api/v1/clientes/{customer.cliente_id}/anonimizar")
    assert answer.status_code == 200, answer.text
    assert [tuple(row) for row in cast.db.fetch(amounts, customer.cliente_id)] == before
    assert len(before) == 2
    assert cast.db.fetch(WRONG) == []
    assert (
        cast.db.fetchval("SELECT count(*) FROM tickets WHERE cliente_id = $1::uuid", customer.cliente_id)
        == tickets
    )
    shown = cast.admin.get(f"/api/clientes/{customer.cliente_id}").json()["data"]["cliente"]
    assert (shown["nombre"], shown["telefono"], shown["user"], shown["activo"]) == (
        "Cliente eliminado",
        None,
        None,
        False,
    )


def test_a_reset_that_is_being_sent_is_waited_for(
    cast: Cast, new_cliente: Callable[..., Persona], db: Database
) -> None:
    """The job holds the request and then the login, as here; who met it the other way round would be torn off."""
    customer = new_cliente(correo=f"{uuid.uuid4().hex}@example.com")
    seen: list[int] = []

    def erase() -> None:
        seen.append(cast.admin.post(f"/api/v1/clientes/{customer.cliente_id}/anonimizar").status_code)

    attempt = threading.Thread(target=erase)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
    key = db.fetchval(
        "SELECT clave FROM identificadores WHERE usuario_id = $1::uuid AND clave LIKE '%@%'",
        customer.usuario_id,
    )
    db.execute("BEGIN")
    try:
        held = None
        while held is None:
            # The server's own job may be quicker, and then there is nothing to hold.
            db.execute("INSERT INTO restablecimientos_pedidos (clave, pedido_en) VALUES ($1, now())", key)
            db.execute("COMMIT AND CHAIN")
            held = db.fetchval("DELETE FROM restablecimientos_pedidos WHERE clave = $1 RETURNING clave", key)
        attempt.start()
        wait_for(lambda: db.fetchval(waiting), "the erasure to wait", seconds=10)
        db.execute("SELECT 1 FROM usuarios WHERE id = $1::uuid FOR UPDATE", customer.usuario_id)
    finally:
        db.execute("COMMIT")
    attempt.join()
    assert seen == [200]


def test_he_is_out_within_a_second_and_his_names_are_free(
    cast: Cast, new_cliente: Callable[..., Persona]
) -> None:
    customer = new_cliente()
    answer = cast.admin.post(f"/api/v1/clientes/{customer.cliente_id}/anonimizar")
    assert answer.status_code == 200, answer.text
    time.sleep(1)
    assert customer.get("/api/v1/auth/yo").status_code == 401
    again = cast.anon.post(
        "/api/login-client", json={"identificador": customer.correo, "contrasenia": customer.contrasenia}
    )
    assert again.status_code in {400, 401}
    assert new_cliente(correo=customer.correo).cliente_id != customer.cliente_id


def test_erased_once_it_is_erased(cast: Cast, new_cliente: Callable[..., Persona]) -> None:
    path = f"/api/v1/clientes/{new_cliente().cliente_id}/anonimizar"
    first, second = cast.admin.post(path), cast.admin.post(path)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()


def test_what_is_saved_afterwards_has_no_owner(cast: Cast, new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    answer = cast.admin.post(f"/api/v1/clientes/{customer.cliente_id}/anonimizar")
    assert answer.status_code == 200, answer.text
    answer = cast.admin.put(f"{customer.panel}/borradores/reclamo", json={"titulo": "Tarde"})
    assert (answer.status_code, answer.json()["code"]) == (404, "cliente_no_encontrado")


def test_an_old_sheet_does_not_bring_him_back(cast: Cast) -> None:
    made = record(cast, nit=uuid.uuid4().hex[:12])
    exported = cast.admin.get("/api/v1/exportaciones/clientes").text
    line = next(row for row in exported.splitlines() if made["uuid"] in row)
    assert cast.admin.post(f"/api/v1/clientes/{made['id']}/anonimizar").status_code == 200
    body = {"tipo": "clientes", "archivo": exported.splitlines()[0] + "\n" + line + "\n"}
    answer = cast.admin.post("/api/v1/importaciones", json=body)
    assert [error["columna"] for error in answer.json()["errores"]] == ["id"]
    assert made["uuid"] not in cast.admin.get("/api/v1/exportaciones/clientes").text


def test_whoever_was_merged_into_him_is_forgotten_too(cast: Cast, marker: str) -> None:
    survivor, other = record(cast), record(cast, razon_social=marker, observaciones=marker)
    merged = cast.admin.post(f"/api/v1/clientes/{survivor['id']}/fusionar", json={"duplicado": other["id"]})
    assert merged.status_code == 200
    assert places(cast.db, marker) == {"clientes"}
    assert marker.encode() in archive(cast.admin, survivor["uuid"]).read("clientes.json")
    assert cast.admin.post(f"/api/v1/clientes/{other['id']}/anonimizar").status_code == 200
    assert places(cast.db, marker) == set()
