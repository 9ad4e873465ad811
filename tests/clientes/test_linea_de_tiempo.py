"""A client's timeline: everything once, newest first, in sentences that say what the rows say now."""

import itertools
import json
import os
import threading
import uuid
from datetime import datetime

import pytest

from clientela.core.actor import Actor
from clientela.core.db import Pool
from clientela.core.textos import RESUMENES
from clientela.flows.client_timeline import read_timeline
from clientela.settings import Settings
from tests.cobranza.books import CUENTAS, PAGOS, owe, pay
from tests.tools.database import Database, run
from tools import inventory


def line(person, cliente, **query):
    """One part of a timeline."""
    answer = person.get(f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def parts(person, cliente, limit):
    """All parts of a timeline, one after the other."""
    query = {"limit": limit}
    while True:
        part = line(person, cliente, **query)
        yield part["items"]
        if part["next"] is None:
            return
        query["after"] = part["next"]


@pytest.fixture
def cliente(cast, new_cliente):
    """A customer of the seller `vendedora`."""
    made = new_cliente()
    cast.assign(made, cast.vendedora)
    return made


def test_what_happened_is_told_newest_first(cast, cliente, new_producto, db):
    product = new_producto()["id"]
    before = len(line(cliente, cliente)["items"])
    cart = cliente.put(f"{cliente.panel}/carrito", json={"items": [{"itemId": product, "cantidad": 2}]})
    assert cart.status_code == 200
    cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": "Roto"})
    cliente.put(f"{cliente.panel}/preferencias", json={"vista_activa": "chat"})
    ticket = cliente.post("/soporte", json={"asunto": "¿Abren hoy?", "mensaje": "Quisiera saber"}).json()
    debt = owe(cast.admin, cliente, "70.00", concepto="Factura 12")
    payment = pay(cast.admin, cliente, "20.50", debt, medio="qr")
    cast.admin.post(f"{PAGOS}/{payment['id']}/anular", json={"motivo": "No llegó"})
    cast.admin.post(f"{CUENTAS}/{debt['id']}/anular", json={"motivo": "Era de otro"})
    cast.admin.put(f"/api/clientes/{cliente.cliente_id}", json={"observaciones": "Paga tarde"})

    moneda = db.fetchval("SELECT coalesce((SELECT moneda FROM organizacion), 'BOB')")
    cart_id = db.fetchval("SELECT id::text FROM carritos WHERE cliente_id = $1::uuid", cliente.cliente_id)
    told = line(cliente, cliente)["items"]
    assert [
        (item["tipo"], item["referencia_id"], item["resumen"]) for item in told[: len(told) - before]
    ] == [
        ("client.updated", cliente.cliente_id, "Cambiaron los datos del cliente"),
        (
            "receivable.annulled",
            debt["id"],
            f"Se anuló la deuda n.º {debt['numero']}, de 70.00 {moneda}: Factura 12",
        ),
        ("payment.annulled", payment["id"], f"Se anuló el pago n.º {payment['numero']}, de 20.50 {moneda}"),
        (
            "payment.created",
            payment["id"],
            f"Pagó 20.50 {moneda} por QR; recibo n.º {payment['numero']}",
        ),
        ("receivable.created", debt["id"], f"Se registró una deuda de 70.00 {moneda}: Factura 12"),
        ("draft.updated", cliente.cliente_id, "Cambió el borrador de un mensaje a soporte"),
        ("ticket.updated", ticket["id"], f"Mensaje a soporte {ticket['folio']}: ¿Abren hoy?"),
        ("preferences.updated", cliente.cliente_id, "Cambiaron las preferencias de su panel"),
        ("draft.updated", cliente.cliente_id, "Cambió el borrador de un reclamo"),
        ("cart.updated", cart_id, "Cambió el carrito; ahora tiene 1 producto"),
    ]
    dates = [datetime.fromisoformat(item["fecha"]) for item in told]
    assert dates == sorted(dates, reverse=True)
    assert all(item["fecha"].endswith("Z") for item in told)
    # Only what its sentence says of today's rows changes; nothing is told twice.
    cliente.put(f"{cliente.panel}/carrito", json={"items": []})
    again = line(cast.admin, cliente)["items"]
    assert {item["resumen"] for item in again if item["tipo"] == "cart.updated"} == {
        "Cambió el carrito; ahora está vacío"
    }
    assert len(again) == len(told) + 1


def test_no_line_holds_what_happened_to_others(cast, cliente, new_cliente):
    other = new_cliente()
    other.put(f"{other.panel}/preferencias", json={"vista_activa": "chat"})
    before = line(cliente, cliente)["items"]
    owe(cast.admin, other)
    assert line(cliente, cliente)["items"] == before


def test_nobody_hears_of_anothers_cart(cast, cliente, new_producto):
    """Each sees what happened to his own cart, the office to all: the two never mix, not in the telling either."""
    added = {"producto_id": new_producto()["id"], "cantidad": 1}
    own = cliente.post("/orders/cart/me", json=added).json()["id"]
    kept = cast.vendedora.post(f"/orders/cart/client/{cliente.cliente_id}", json=added).json()["id"]

    def carts(person):
        items = line(person, cliente, limit=100)["items"]
        return {item["referencia_id"] for item in items if item["tipo"] == "cart.updated"}

    assert (carts(cliente), carts(cast.vendedora)) == ({own}, {kept})
    assert carts(cast.admin) == carts(cast.soporte) == {own, kept}


def test_who_reads_a_timeline(cast, cliente, new_cliente):
    owe(cast.admin, cliente)
    told = line(cast.admin, cliente)
    for person in (cliente, cast.vendedora, cast.soporte):
        assert line(person, cliente) == told
    path = f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo"
    for person in (cast.otra_cliente, cast.otro_vendedor):
        answer = person.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "cliente_no_encontrado")
    assert cast.tecnica.get(path).status_code == 403
    missing = cast.admin.get(f"/api/v1/clientes/{uuid.uuid4()}/linea-de-tiempo")
    assert (missing.status_code, missing.json()["code"]) == (404, "cliente_no_encontrado")
    # A client without a seller is every seller's.
    assert line(cast.otro_vendedor, new_cliente())["next"] is None


@pytest.mark.parametrize("query", ["after=0", "after=x", "limit=0", "limit=101", "after=4611686018427387905"])
def test_a_wrong_cursor_is_refused(cast, cliente, query):
    answer = cast.admin.get(f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo?{query}")
    assert answer.status_code == 422


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_parts_hold_each_event_once(cast, cliente, limit):
    for number in range(11):
        owe(cast.admin, cliente, concepto=f"Deuda {number}")
    found = [item for part in parts(cliente, cliente, limit) for item in part]
    whole = line(cliente, cliente, limit=100)
    assert found == whole["items"]
    assert whole["next"] is None
    assert len(found) >= 11


def test_nothing_is_lost_or_repeated_while_events_arrive(cast, cliente):
    """Writers of two streams go on while a reader goes back: what was there when he began he sees once."""
    for number in range(60):
        owe(cast.admin, cliente, concepto=f"Vieja {number}")
    stop = threading.Event()

    def owe_more():
        for number in itertools.count():
            if stop.is_set():
                return
            owe(cast.admin, cliente, concepto=f"Nueva {number}")

    def change_preferences():
        mine = cliente.again()
        while not stop.is_set():
            mine.put(f"{mine.panel}/preferencias", json={"vista_activa": "chat"})

    writers = [threading.Thread(target=work) for work in (owe_more, change_preferences)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(5):
            seen = [item for part in parts(cast.soporte, cliente, 7) for item in part]
            old = [item["referencia_id"] for item in seen if "Vieja" in item["resumen"]]
            assert len(old) == len(set(old)) == 60
            keys = [(i["tipo"], i["referencia_id"], i["fecha"]) for i in seen]
            assert len(keys) == len(set(keys))
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_merged_records_have_one_timeline(cast, cliente, new_cliente):
    """In the order in which things happened, whoever of the two they happened to; the old number leads there too."""
    other = new_cliente()
    owe(cast.admin, cliente, concepto="Primera")
    owe(cast.admin, other, concepto="Segunda")
    owe(cast.admin, cliente, concepto="Tercera")
    answer = cast.admin.post(
        f"/api/v1/clientes/{cliente.cliente_id}/fusionar",
        json={"duplicado": other.cliente_id, "cerrar_login": True},
    )
    assert answer.status_code == 200, answer.text
    told = line(cast.admin, cliente)
    debts = [item["resumen"].split(": ")[1] for item in told["items"] if item["tipo"] == "receivable.created"]
    assert debts == ["Tercera", "Segunda", "Primera"]
    assert line(cast.admin, other) == told


def test_every_event_type_has_a_sentence():
    assert RESUMENES.keys() == inventory.event_types()


def test_a_sentence_of_a_row_that_is_gone_is_still_one(cast, cliente, db):
    gone = str(uuid.uuid4())
    db.execute(
        """SELECT fn.evento_emitir(ARRAY['usuario:' || $1::text], 'payment.created',
                                   jsonb_build_object('id', $2::text), $3::uuid)""",
        cliente.usuario_id,
        gone,
        cliente.cliente_id,
    )
    newest = line(cast.admin, cliente)["items"][0]
    assert (newest["referencia_id"], newest["resumen"]) == (gone, "Pagó — —; recibo n.º —")


async def test_a_timeline_is_one_round_trip(cast, cliente, db):
    owe(cast.admin, cliente)
    admin = Actor(uuid.UUID(cast.admin.usuario_id), cast.admin.numero, "usuario", "admin", None, "A", None)
    pool = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    try:
        before = pool.db.round_trips
        told = await read_timeline(pool.db, admin, uuid.UUID(cliente.cliente_id), after=None, limit=20)
        assert pool.db.round_trips == before + 1
        assert told.items
    finally:
        await pool.close()


EVENTS = 400_000
FILL = f"""
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
SELECT md5('u' || i)::uuid, 'Cliente', 'cliente', md5('c' || i)::uuid, now(), now()
  FROM generate_series(1, 1000) AS i;
INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
SELECT md5('c' || i)::uuid, md5('u' || i)::uuid, 'Cliente', now(), now() FROM generate_series(1, 1000) AS i;
INSERT INTO eventos (flujo, seq, tipo, datos, cliente_id, principal, creado_en)
SELECT 'usuario:' || i % 4000, i, 'cart.updated', '{{"id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12"}}',
       md5('c' || (1 + i % 1000))::uuid, i % 4 = 0, now() - i * interval '1 minute'
  FROM generate_series(1, {EVENTS}) AS i"""


@pytest.fixture(scope="module")
def full(cluster, worker):
    """A database of its own with very many events."""
    name = f"linea_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    database.execute(FILL)
    for table in ("clientes", "eventos"):
        database.execute(f"VACUUM ANALYZE {table}")
    yield database
    database.close()
    cluster.drop(name)


def steps(plan):
    """Every step of a plan."""
    yield plan
    for below in plan.get("Plans", []):
        yield from steps(below)


async def explain(database, body, call):
    """The plan that a function's own statement has once the server stopped looking at its values."""
    for number, name in enumerate(("p_id", "p_numero", "p_antes", "p_limite", "p_lector"), 1):
        body = body.replace(name, f"${number}")
    async with database.connect() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE linea (uuid, bigint, bigint, integer, uuid) AS {body}")
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE linea ({call})")
    return list(steps(json.loads(plan)[0]["Plan"]))


def test_a_timeline_is_looked_up_however_many_events_there_are(full):
    """A page comes from the timeline's index in its order: nothing is scanned, nothing but the page is sorted."""
    body = full.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'linea_de_tiempo'")
    found = run(explain(full, body, "md5('c7')::uuid, NULL, 300000, 21, md5('u7')::uuid"))
    assert [step["Relation Name"] for step in found if step["Node Type"] == "Seq Scan"] in (
        [],
        ["organizacion"],
    )
    [reading] = [step for step in found if step.get("Relation Name") == "eventos"]
    assert (reading["Node Type"], reading["Index Name"], reading["Scan Direction"]) == (
        "Index Scan",
        "eventos_cliente_ix",
        "Backward",
    )
    assert "id" in reading["Index Cond"]
