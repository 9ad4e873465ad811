"""What the demo company is made of: the same every time, and plausible."""

import asyncio
import json
import random
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clientela.core.db import Pool
from clientela.core.text import phone_e164
from clientela.demo import load, summary
from clientela.demo.calendario import Calendario
from clientela.demo.catalogo import DEPARTMENTS, articles
from clientela.demo.clientela import clients
from clientela.demo.cuentas import CLIENTES, PERSONAL
from clientela.demo.servicios import OFICIOS
from clientela.demo.ventas import PAST, SOON
from clientela.pedidos.model import Condicion, Estado
from clientela.postventa.model import Estado as Trabajo
from clientela.settings import Settings
from tests.tools.sweep import sweep, sweep_files

TABLES = {
    "products": "SELECT codigo, nombre, descripcion, precio, categoria, unidad, fraccionable, peso_kg, existencias, "
    "activo, version FROM productos ORDER BY codigo",
    "users": "SELECT numero, nombre, rol, correo, celular_e164 FROM usuarios ORDER BY numero",
    "clients": "SELECT c.numero, c.nombre, c.razon_social, c.nit, c.email, c.telefono_e164, c.limite_credito, "
    "c.latitud, c.longitud, v.correo FROM clientes c LEFT JOIN usuarios v ON v.id = c.vendedor_asignado_id "
    "ORDER BY c.numero",
    "localities": "SELECT id, nombre, codigo FROM localidades ORDER BY id",
    "categories": "SELECT id, clave, nombre FROM categorias_cliente ORDER BY id",
    "kinds": "SELECT c.numero, k.categoria_id FROM categoria_cliente k JOIN clientes c ON c.id = k.cliente_id "
    "ORDER BY 1, 2",
    "windows": "SELECT c.numero, v.dia_semana, v.hora_inicio, v.hora_fin FROM ventanas_entrega_cliente v "
    "JOIN clientes c ON c.id = v.cliente_id ORDER BY 1, 2, 3",
    "addresses": "SELECT c.numero, d.id, d.direccion, d.es_principal FROM direcciones d "
    "JOIN clientes c ON c.id = d.cliente_id ORDER BY d.id",
    "debts": "SELECT c.numero, q.concepto, q.monto, q.saldo_pendiente FROM cuentas_por_cobrar q "
    "JOIN clientes c ON c.id = q.cliente_id ORDER BY q.numero",
    "carts": "SELECT c.numero, p.codigo, l.cantidad, l.precio_unitario FROM carrito_lineas l "
    "JOIN carritos k ON k.id = l.carrito_id JOIN clientes c ON c.id = k.cliente_id "
    "JOIN productos p ON p.id = l.producto_id ORDER BY 1, 2",
    "vehicles": "SELECT placa, nombre, capacidad_kg, salida, regreso, activo FROM vehiculos ORDER BY placa",
    "orders": "SELECT p.numero, c.numero, p.estado, p.condicion_pago, p.total, p.fuera_de_ventana, "
    "p.observaciones_entrega, p.creado_por = c.usuario_principal_id FROM pedidos p "
    "JOIN clientes c ON c.id = p.cliente_id ORDER BY 1",
    "ordered": "SELECT p.numero, l.codigo, l.cantidad, l.precio_unitario FROM pedido_lineas l "
    "JOIN pedidos p ON p.id = l.pedido_id ORDER BY 1, 2",
    "invoices": "SELECT f.numero, p.numero, f.total, c.saldo_pendiente, f.cliente_nombre FROM facturas f "
    "JOIN pedidos p ON p.id = f.pedido_id JOIN cuentas_por_cobrar c ON c.id = f.cuenta_id ORDER BY 1",
    "services": "SELECT numero, nombre, garantia_meses, duracion_min FROM servicios ORDER BY numero",
    "work": "SELECT o.numero, c.numero, t.correo, o.tipo, o.estado, s.nombre, o.descripcion, g.numero, "
    "o.periodicidad_meses, o.version FROM ordenes_trabajo o JOIN clientes c ON c.id = o.cliente_id "
    "JOIN servicios s ON s.id = o.servicio_id "
    "LEFT JOIN usuarios t ON t.id = o.tecnico_id LEFT JOIN ordenes_trabajo g ON g.id = o.garantia_de ORDER BY 1",
    "movements": "SELECT o.numero, m.posicion, m.accion, m.texto FROM orden_movimientos m "
    "JOIN ordenes_trabajo o ON o.id = m.orden_id ORDER BY 1, 2",
    "ratings": "SELECT o.numero, c.estrellas, c.comentario FROM calificaciones c "
    "JOIN ordenes_trabajo o ON o.id = c.orden_id ORDER BY 1",
    "visits": "SELECT o.numero, v.ciclo, v.periodicidad_meses FROM visitas_mantenimiento v "
    "JOIN ordenes_trabajo o ON o.id = v.orden_id ORDER BY 1, 2",
    "tickets": "SELECT folio, asunto, texto FROM tickets JOIN ticket_mensajes ON id = ticket_id ORDER BY 1",
    "drafts": "SELECT c.numero, tipo, campos FROM borradores b JOIN clientes c ON c.id = b.cliente_id ORDER BY 1, 2",
    "preferences": "SELECT c.numero, vista_activa, configuraciones FROM preferencias p "
    "JOIN clientes c ON c.id = p.cliente_id ORDER BY 1",
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Where the pictures go."""
    monkeypatch.setenv("CLIENTELA_DATA_DIR", str(tmp_path))
    return tmp_path


async def load_into(dsn, today):
    pool = await Pool(Settings(bcrypt_costo=4), lambda: dsn, Calendario(today)).open()
    try:
        await load(pool.db)
    finally:
        await pool.close()


def loaded(database, today=None):
    asyncio.run(load_into(database.dsn, today or datetime.now(UTC)))
    return told(database)


def told(database):
    return {name: [tuple(row) for row in database.fetch(sql)] for name, sql in TABLES.items()}


def test_every_loading_tells_the_same_story(new_database):
    # At one moment, so that no midnight lies between the two.
    today = datetime.now(UTC)
    first, second = loaded(new_database(), today), loaded(new_database(), today)
    assert {name: len(rows) for name, rows in first.items()} == {
        name: len(rows) for name, rows in second.items()
    }
    assert first == second
    assert len(first["products"]) == 400
    assert len(first["clients"]) == 152
    assert len(first["tickets"]) > 80
    assert len({row[0] for row in first["carts"]}) > 60
    assert len(first["drafts"]) > 20
    assert [row[-1] for row in first["vehicles"]].count(True) == 3
    assert {row[-1] for row in first["clients"]} == {"vendedor@example.com", "vendedor2@example.com", None}


def test_the_records_are_those_of_a_distributor(demo_database):
    """Everybody has a town and a category, nearly everybody hours for the truck; spec 2's `categorias_ids` exist."""
    first = told(demo_database)
    assert first["localities"][0][:2] == (1, "Santa Cruz de la Sierra")
    assert [row[1] for row in first["categories"]][:2] == ["VIP", "MAYORISTA"]
    assert [row[0] for row in first["categories"]][:2] == [1, 2]
    assert demo_database.fetchval("SELECT count(*) FROM clientes WHERE localidad_id IS NULL") == 0
    assert {row[0] for row in first["kinds"]} == {row[0] for row in first["clients"]}
    assert {row[1] for row in first["kinds"]} == {row[0] for row in first["categories"]}
    assert 120 < len({row[0] for row in first["windows"]}) < 152
    assert {row[1] for row in first["windows"]} == set(range(1, 7))
    mine = demo_database.fetchval("SELECT id FROM clientes WHERE email = 'cliente@example.com'")
    for table, least in (("direcciones", 2), ("ventanas_entrega_cliente", 3), ("categoria_cliente", 2)):
        assert demo_database.fetchval(f"SELECT count(*) FROM {table} WHERE cliente_id = $1", mine) >= least


def test_the_books_have_open_and_paid_debts(demo_database):
    first = told(demo_database)
    balances = {(row[3] == 0, row[3] == row[2]) for row in first["debts"]}
    assert balances == {(True, False), (False, True), (False, False)}, "paid, open and paid in part"
    assert demo_database.fetchval(
        """SELECT bool_and(q.saldo_pendiente <= c.limite_credito) FROM clientes c
             JOIN (SELECT cliente_id, sum(saldo_pendiente) AS saldo_pendiente FROM cuentas_por_cobrar GROUP BY 1) q
               ON q.cliente_id = c.id"""
    )
    mine = "SELECT saldo_pendiente FROM cuentas_por_cobrar q JOIN clientes c ON c.id = q.cliente_id WHERE c.email = $1"
    assert demo_database.fetchval(mine + " AND saldo_pendiente > 0", "cliente@example.com")


def test_a_month_of_orders_was_sold(demo_database):
    """By customers and sellers, for cash and on credit, delivered and on their way, some in a campaign."""
    orders = told(demo_database)["orders"]
    assert len(orders) == PAST + SOON
    assert {row[2] for row in orders} == set(Estado)
    assert {(row[3], row[7]) for row in orders} == {
        (condition, own) for condition in Condicion for own in (True, False)
    }
    assert sum(row[2] == "ENTREGADO" for row in orders) > 100
    assert demo_database.fetchval("SELECT count(*) FROM pedidos WHERE credito_excedido") == 0
    assert (
        demo_database.fetchval("SELECT count(*) FROM pedido_lineas WHERE campania_aplicada_id IS NOT NULL")
        > 50
    )
    mine = """SELECT p.estado, p.condicion_pago, p.creado_por = c.usuario_principal_id AS own FROM pedidos p
                JOIN clientes c ON c.id = p.cliente_id WHERE c.email = 'cliente@example.com'"""
    found = {tuple(row) for row in demo_database.fetch(mine)}
    assert {("ENTREGADO", "CREDITO", True), ("ENTREGADO", "CONTADO", True)} <= found
    assert {own for _, _, own in found} == {True, False}
    # Today's are on their way, tomorrow's wait, all of them with a place to go to.
    waiting = """SELECT fecha_entrega_requerida - (now() AT TIME ZONE 'America/La_Paz')::date AS days, count(*),
                        bool_and(latitud IS NOT NULL) AS placed
                   FROM pedidos WHERE estado NOT IN ('ENTREGADO', 'CANCELADO') GROUP BY 1 ORDER BY 1"""
    days = [tuple(row) for row in demo_database.fetch(waiting)]
    assert sum(count for _, count, _ in days) == SOON
    assert len(days) == 2
    assert all(count > 10 and placed for _, count, placed in days)
    assert [
        each for each in sweep(demo_database) if each.rule.startswith(("pedido", "factura", "entrega"))
    ] == []


def test_what_was_delivered_on_credit_is_invoiced_and_partly_paid(demo_database):
    days = """SELECT count(*) AS all, count(*) FILTER (WHERE c.saldo_pendiente = 0) AS paid,
                     count(*) FILTER (WHERE c.saldo_pendiente = f.total) AS open,
                     bool_and(f.fecha_vencimiento = f.fecha + 30) AS due,
                     bool_and(f.creado_en >= p.creado_en AND f.creado_en < now()) AS later
                FROM facturas f JOIN pedidos p ON p.id = f.pedido_id JOIN cuentas_por_cobrar c ON c.id = f.cuenta_id"""
    row = demo_database.fetchrow(days)
    assert row["all"] > 30
    assert 0 < row["paid"] < row["all"] - row["open"] < row["all"]
    assert (row["due"], row["later"]) == (True, True)
    in_order = (
        "SELECT bool_and(creado_en >= before) FROM (SELECT creado_en, lag(creado_en) OVER (ORDER BY numero)"
    )
    assert demo_database.fetchval(f"{in_order} AS before FROM facturas) AS f WHERE before IS NOT NULL")
    mine = "SELECT count(*) FROM facturas f JOIN clientes c ON c.id = f.cliente_id WHERE c.email = $1"
    assert demo_database.fetchval(mine, "cliente@example.com") > 0


def test_two_years_of_field_service(demo_database):
    """Finished and cancelled ones behind, today's and the week's ahead; what the overview shows can be believed."""
    states = demo_database.fetch("SELECT estado, count(*) FROM ordenes_trabajo GROUP BY 1")
    orders = {row[0]: row[1] for row in states}
    assert set(orders) == set(Trabajo)
    assert orders["FINALIZADO"] > 350
    assert 10 < orders["CANCELADA"] < 40
    assert orders["EN_EJECUCION"] == 1
    row = demo_database.fetchrow(
        """SELECT now() - min(fecha_ejecucion) > '700 days' AS old, bool_and(fecha_ejecucion < now()) AS past,
                  count(*) FILTER (WHERE estado = 'ASIGNADA' AND fecha_programada > now()) > 8 AS ahead,
                  count(DISTINCT tecnico_id) AS technicians, count(DISTINCT servicio_id) AS services
             FROM ordenes_trabajo"""
    )
    assert tuple(row) == (True, True, True, 2, len(OFICIOS))
    overview = "SELECT fn.ordenes_resumen(now() - interval '5 days')"
    assert json.loads(demo_database.fetchval(overview)) == {
        "sin_asignar": 7,
        "en_ejecucion": 1,
        "sin_movimiento": 3,
    }
    backwards = """SELECT count(*) FROM orden_movimientos a JOIN orden_movimientos b
                       ON b.orden_id = a.orden_id AND b.posicion = a.posicion + 1 AND b.creado_en < a.creado_en"""
    assert demo_database.fetchval(backwards) == 0
    assert sweep(demo_database) == []


def test_guarantees_stars_and_maintenance_are_there_to_be_seen(demo_database):
    guarantees = demo_database.fetch(
        "SELECT estado, count(*) FROM ordenes_trabajo WHERE tipo = 'REVISION' GROUP BY 1"
    )
    assert {row[0]: row[1] for row in guarantees} == {"PENDIENTE": 2, "FINALIZADO": 1}
    refused = (
        "SELECT count(*) FROM orden_movimientos WHERE texto LIKE 'El cliente pidió la garantía%ya venció.'"
    )
    assert demo_database.fetchval(refused) == 1
    stars = demo_database.fetch("SELECT estrellas, count(*) FROM calificaciones GROUP BY 1")
    counts = {row[0]: row[1] for row in stars}
    assert set(counts) == {1, 2, 3, 4, 5}
    assert counts[5] > counts[3] > counts[1]
    asked = "SELECT count(*) FROM tickets WHERE tipo = 'calificacion' AND orden_id IS NOT NULL"
    assert demo_database.fetchval(asked) == counts[1] + counts[2]
    due = """SELECT count(*) FILTER (WHERE fecha_programada < now()) AS late,
                    count(*) FILTER (WHERE fecha_programada BETWEEN now() AND now() + interval '30 days') AS soon
               FROM visitas_mantenimiento WHERE estado = 'PENDIENTE'"""
    row = demo_database.fetchrow(due)
    assert row["late"] == 1
    assert row["soon"] > 5
    # Whoever follows the README has one order to rate and claim, one that is too old, and a visit that is due.
    mine = """SELECT o.fecha_ejecucion > now() - interval '12 months' AS young, q.id IS NULL AS unrated,
                     o.periodicidad_meses
                FROM ordenes_trabajo o JOIN clientes c ON c.id = o.cliente_id
                LEFT JOIN calificaciones q ON q.orden_id = o.id
               WHERE c.email = 'cliente@example.com' ORDER BY o.numero"""
    assert [tuple(row) for row in demo_database.fetch(mine)] == [
        (False, True, None),
        (True, False, 6),
        (True, True, None),
    ]


def test_everything_has_a_picture(new_database, home):
    database = new_database()
    loaded(database)
    assert database.fetchval("SELECT count(*) FROM productos WHERE cardinality(imagenes) = 1") == 400
    accounts = {correo for correo, *_ in CLIENTES}
    with_photo = database.fetch("SELECT email FROM clientes WHERE foto_perfil IS NOT NULL")
    assert {row["email"] for row in with_photo} == accounts
    assert sweep_files(database, home, grace=-60) == []
    pictures = [path.read_bytes() for path in (home / "archivos").rglob("*.jpg")]
    assert len(pictures) == 402
    assert len(set(pictures)) == 7
    assert all(picture.startswith(b"\xff\xd8\xff") and len(picture) < 10_000 for picture in pictures)


def test_loading_what_is_there_changes_nothing(new_database):
    database = new_database()
    first = loaded(database)
    events = database.fetchval("SELECT count(*) FROM eventos")
    assert loaded(database) == first
    assert database.fetchval("SELECT count(*) FROM eventos") == events


def test_the_past_lies_in_the_past_and_in_order(new_database):
    database = new_database()
    loaded(database)
    for table in ("productos", "clientes", "carritos", "tickets", "borradores", "preferencias", "usuarios"):
        assert database.fetchval(f"SELECT max(actualizado_en) < now() FROM {table}"), table
    assert database.fetchval(
        "SELECT bool_and(t.creado_en > c.creado_en) FROM tickets t JOIN clientes c ON c.id = t.cliente_id"
    )
    assert database.fetchval(
        "SELECT bool_and(creado_en > before) FROM (SELECT creado_en, lag(creado_en) OVER (ORDER BY numero) AS before "
        "FROM tickets) AS t WHERE before IS NOT NULL"
    )
    assert database.fetchval("SELECT min(actualizado_en) > now() - interval '80 days' FROM carritos")
    # What a timeline shows happened when the story says so, in its order.
    assert database.fetchval(
        "SELECT min(creado_en) < now() - interval '150 days' AND max(creado_en) < now() FROM eventos"
    )
    assert database.fetchval(
        "SELECT bool_and(creado_en >= before) FROM (SELECT creado_en, lag(creado_en) OVER "
        "(PARTITION BY cliente_id ORDER BY id) AS before FROM eventos) AS e WHERE before IS NOT NULL"
    )


def test_some_carts_have_something_to_say(demo_database):
    lines = "FROM carrito_lineas l JOIN productos p ON p.id = l.producto_id WHERE"
    assert demo_database.fetchval(f"SELECT count(*) {lines} (l.item->>'precio')::numeric <> p.precio") > 0
    assert demo_database.fetchval(f"SELECT count(*) {lines} NOT p.activo") > 0


def test_a_loading_that_fails_leaves_nothing(new_database, monkeypatch):
    database = new_database()
    monkeypatch.setattr("clientela.demo.carga.Historia", None)
    with pytest.raises(TypeError):
        loaded(database)
    for table in ("productos", "usuarios", "clientes", "organizacion", "auditoria", "eventos", "flujos"):
        assert database.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    monkeypatch.undo()
    assert len(loaded(database)["products"]) == 400


def test_somebody_else_s_data_are_left_alone(new_database):
    database = new_database()
    database.execute(
        "INSERT INTO usuarios (id, nombre, rol, correo, creado_en, actualizado_en) "
        "VALUES ($1, 'Alguien', 'admin', 'admin@example.com.bo', now(), now())",
        uuid.uuid4(),
    )
    with pytest.raises(FileExistsError, match="--data-dir"):
        loaded(database)
    assert database.fetchval("SELECT count(*) FROM productos") == 0


def test_the_catalogue_is_a_real_distributor_s():
    made = articles(random.Random(1))
    products = [article.producto for article in made]
    assert len(products) == len({p.codigo for p in products}) == len({p.nombre for p in products}) == 400
    assert {p.categoria for p in products} == {name for _, name, _ in DEPARTMENTS}
    assert all(Decimal(1) <= p.precio <= 2000 and (p.peso_kg or 0) > 0 for p in products)
    assert all(len(p.nombre) <= 80 and p.descripcion and len(p.unidad) <= 20 for p in products)
    assert 15 < sum(p.fraccionable for p in products) < 60
    assert all(p.unidad in {"kg", "m"} for p in products if p.fraccionable)
    assert 3 < sum(p.existencias is None for p in products) < 30
    assert 3 < sum(p.existencias == 0 for p in products) < 40
    assert 3 <= sum(article.retirado for article in made) < 20


def test_the_clients_are_of_santa_cruz():
    made = [newcomer.cliente for newcomer in clients(random.Random(1), (None,))]
    assert len(made) == 150
    assert len({client.telefono for client in made}) == 150
    for client in made:
        assert (phone_e164(client.telefono or "", "BO") or "").startswith(("+5916", "+5917"))
        assert client.latitud is not None
        assert client.longitud is not None
        assert Decimal("-18.2") < client.latitud < Decimal("-17.2")
        assert Decimal("-63.5") < client.longitud < Decimal("-62.8")
        assert client.direcciones[0].es_principal
        assert client.email is None or client.email.isascii()


def test_the_summary_names_every_account_and_three_commands():
    text = summary("http://localhost:3977")
    for correo in [row[0] for row in PERSONAL] + [row[0] for row in CLIENTES]:
        assert correo in text
    assert text.count("curl -s") == 3
    assert "http://localhost:3977/docs" in text
    assert "clientela-demo" in text
