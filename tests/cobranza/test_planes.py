"""What a client owes, what is overdue and the pages of all are answered from an index: plans read on many rows."""

import json
import os

import pytest

from clientela.cobranza import store
from clientela.cobranza.model import FiltroCuentas, FiltroFacturas
from clientela.cobranza.store import facturas
from tests.tools.database import Database, run

# Ten thousand clients with ten debts each, one of ten still open; every third has a payment.
CLIENTS = """
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
SELECT md5('u' || i)::uuid, 'Cliente', 'cliente', md5('c' || i)::uuid, now(), now() FROM generate_series(1, 10000) AS i;
INSERT INTO clientes (id, usuario_principal_id, vendedor_asignado_id, nombre, creado_en, actualizado_en)
SELECT md5('c' || i)::uuid, md5('u' || i)::uuid, md5('u' || (1 + i % 20))::uuid, 'Cliente', now(), now()
  FROM generate_series(1, 10000) AS i"""
BOOKS = """
ALTER TABLE cuentas_por_cobrar DISABLE TRIGGER USER;
ALTER TABLE pagos DISABLE TRIGGER USER;
ALTER TABLE pago_aplicaciones DISABLE TRIGGER USER;
INSERT INTO cuentas_por_cobrar (id, cliente_id, concepto, monto, pagado_antes, fecha_vencimiento, registrada_por,
                                creado_en, actualizado_en)
SELECT md5('d' || i)::uuid, md5('c' || (1 + i % 10000))::uuid, 'Saldo', 10, CASE WHEN i % 10 = 0 THEN 0 ELSE 10 END,
       date '2026-01-01' + i % 700, md5('u1')::uuid, now(), now()
  FROM generate_series(1, 100000) AS i;
INSERT INTO pagos (id, cliente_id, monto, medio, registrado_por, creado_en, actualizado_en)
SELECT md5('p' || i)::uuid, md5('c' || (1 + i % 10000))::uuid, 1, 'qr', md5('u1')::uuid, now(), now()
  FROM generate_series(3, 100000, 3) AS i;
INSERT INTO pago_aplicaciones (pago_id, cliente_id, cuenta_id, monto)
SELECT md5('p' || i)::uuid, md5('c' || (1 + i % 10000))::uuid, md5('d' || i)::uuid, 1
  FROM generate_series(3, 100000, 3) AS i"""
# Every third debt is that of an invoice.
INVOICES = """
ALTER TABLE facturas DISABLE TRIGGER USER;
INSERT INTO pedidos (id, cliente_id, creado_por, carrito_version, condicion_pago, total, creado_en, actualizado_en)
SELECT md5('o' || i)::uuid, md5('c' || (1 + i % 10000))::uuid, md5('u1')::uuid, 1, 'CREDITO', 10, now(), now()
  FROM generate_series(3, 100000, 3) AS i;
INSERT INTO facturas (id, numero, cliente_id, pedido_id, cuenta_id, fecha, fecha_vencimiento, moneda, total, emisor,
                      cliente_nombre, emitida_por, creado_en, actualizado_en)
SELECT md5('f' || i)::uuid, i, md5('c' || (1 + i % 10000))::uuid, md5('o' || i)::uuid, md5('d' || i)::uuid,
       date '2026-01-01' + i / 150, date '2026-01-31' + i / 150, 'BOB', 10, 'El Ceibo', 'Cliente', md5('u1')::uuid,
       now(), now()
  FROM generate_series(3, 100000, 3) AS i"""
TODAY = "date '2026-11-20'"
CLIENT = "md5('c77')::uuid"


@pytest.fixture(scope="module")
def full(cluster, worker):
    """A database of its own with 100,000 debts, vacuumed as autovacuum would have done."""
    name = f"cobranza_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    database.execute(CLIENTS)
    database.execute(BOOKS)
    database.execute(INVOICES)
    for table in ("clientes", "cuentas_por_cobrar", "pagos", "pago_aplicaciones", "pedidos", "facturas"):
        database.execute(f"VACUUM ANALYZE {table}")
    yield database
    database.close()
    cluster.drop(name)


def explain(database, statement, *values):
    """The plan of a statement with these values (SQL) in place of its parameters, and the indexes that it uses."""
    for number, value in sorted(enumerate(values, 1), reverse=True):
        statement = statement.replace(f"${number}", f"({value})")
    plan = run(_explain(database, statement))
    return plan, {step["Index Name"] for step in steps(plan) if "Index Name" in step}


async def _explain(database, statement):
    async with database.connect() as connection:
        return json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}"))[0]["Plan"]


def steps(plan):
    """Every step of a plan."""
    yield plan
    for below in plan.get("Plans", []):
        yield from steps(below)


def scanned(plan):
    """The tables that a plan reads from end to end."""
    return {step["Relation Name"] for step in steps(plan) if step["Node Type"] == "Seq Scan"}


def test_what_a_client_owes_is_looked_up(full):
    """One test, so that the tables are filled once, whatever number of workers share the run."""
    plan, used = explain(full, store.OPEN_CUENTAS, TODAY, CLIENT)
    assert (scanned(plan), used) == (set(), {"cuentas_por_cobrar_abiertas_ix"})
    plan, used = explain(full, store.OPEN_FOR_PAYMENT, CLIENT)
    assert (scanned(plan), used) == (set(), {"cuentas_por_cobrar_abiertas_ix"})
    plan, used = explain(full, store.READ_CUENTA_BY_NUMBER, TODAY, 77)
    assert scanned(plan) == set()
    assert {"cuentas_por_cobrar_numero_uk", "pago_aplicaciones_cuenta_ix"} <= used

    wanted = FiltroCuentas(cliente_id=full.fetchval(f"SELECT {CLIENT}"))
    of_client = store.cuentas_statement(wanted, None)
    plan, used = explain(full, of_client, TODAY, "NULL", "NULL", 20, 0, CLIENT)
    assert (scanned(plan), used) == (set(), {"cuentas_por_cobrar_cliente_ix"})

    overdue = store.cuentas_statement(FiltroCuentas(vencidas=True), None)
    plan, used = explain(full, overdue, TODAY, "NULL", "true", 20, 0, "NULL")
    assert scanned(plan) == set()
    assert "cuentas_por_cobrar_vencimiento_ix" in used

    plan, used = explain(full, store.pagos_statement(wanted.cliente_id, None), 20, 0, CLIENT)
    assert scanned(plan) == set()
    assert "pagos_cliente_ix" in used

    of_client = facturas.statement(FiltroFacturas(cliente_id=wanted.cliente_id), None)
    plan, used = explain(full, of_client, TODAY, "NULL", "NULL", "NULL", 20, 0, CLIENT)
    assert scanned(plan) == set()
    assert "facturas_cliente_ix" in used
    open_ones = facturas.statement(FiltroFacturas(cliente_id=wanted.cliente_id, pendientes=True), None)
    plan, used = explain(full, open_ones, TODAY, "NULL", "NULL", "true", 20, 0, CLIENT)
    assert scanned(plan) == set()
    of_a_week = facturas.statement(FiltroFacturas(), None)
    plan, used = explain(
        full, of_a_week, TODAY, "date '2026-03-01'", "date '2026-03-07'", "NULL", 20, 0, "NULL"
    )
    assert scanned(plan) == set()
    assert "facturas_fecha_ix" in used
