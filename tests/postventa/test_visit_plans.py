"""The lists of visits are answered from indexes: plans read on many rows, whatever is asked for."""

import pytest

from clientela.postventa.store import visits
from tests.cobranza.test_planes import CLIENTS, explain, steps
from tests.tools.database import Database

# Two thousand orders of two hundred technicians with ten visits each, one of ten still to be made.
ROWS = """
INSERT INTO servicios (id, nombre, creado_en, actualizado_en) VALUES (md5('s')::uuid, 'Uno', now(), now());
ALTER TABLE ordenes_trabajo DISABLE TRIGGER USER;
INSERT INTO ordenes_trabajo (id, cliente_id, servicio_id, tecnico_id, tipo, estado, garantia_meses, duracion_min,
                             fecha_programada, fecha_ejecucion, ultimo_movimiento_en, periodicidad_meses, creado_por,
                             creado_en, actualizado_en)
SELECT md5('o' || i)::uuid, md5('c' || (1 + i % 2000))::uuid, md5('s')::uuid, md5('u' || (1 + i % 200))::uuid, 'NORMAL',
       'FINALIZADO', 12, 60, now(), now(), now(), 1, md5('u1')::uuid, now(), now()
  FROM generate_series(1, 2000) AS i;
INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                                   fecha_original, estado, hecha_en, creado_en, actualizado_en)
SELECT md5('v' || i)::uuid, md5('o' || (1 + i % 2000))::uuid, md5('c' || (1 + (1 + i % 2000) % 2000))::uuid, 1,
       1 + i / 2000, d, d, CASE WHEN i % 10 = 0 THEN 'PENDIENTE' ELSE 'HECHA' END, CASE WHEN i % 10 > 0 THEN d END,
       now(), now()
  FROM generate_series(1, 20000) AS i, LATERAL (SELECT timestamptz '2026-01-01' + i * interval '1 hour') AS t (d)"""
STATES = "ARRAY['PENDIENTE', 'HECHA', 'REEMPLAZADA']"
EVER = ("timestamptz '0001-01-02'", "timestamptz '9999-12-30'")


@pytest.fixture(scope="module")
def full(cluster, worker):
    """A database of its own with 20,000 visits, vacuumed as autovacuum would have done."""
    name = f"visitas_{worker}"
    database = Database(cluster.create(name))
    database.execute(CLIENTS)
    database.execute(ROWS)
    for table in ("ordenes_trabajo", "visitas_mantenimiento"):
        database.execute(f"VACUUM ANALYZE {table}")
    yield database
    database.close()
    cluster.drop(name)


@pytest.mark.parametrize(
    ("statement", "client", "technician", "index"),
    [
        (visits.LIST_ALL, "NULL::uuid", "NULL::uuid", "visitas_mantenimiento_fecha_ix"),
        (visits.LIST_OF_CLIENT, "md5('c77')::uuid", "NULL::uuid", "visitas_mantenimiento_de_cliente_ix"),
        (visits.LIST_OF_TECHNICIAN, "NULL::uuid", "md5('u7')::uuid", "ordenes_trabajo_tecnico_ix"),
    ],
)
def test_a_page_comes_from_an_index(full, statement, client, technician, index):
    plan, used = explain(full, statement, client, technician, STATES, *EVER, "20", "0")
    assert index in used
    # Whoever asks for everything has everything counted, by whatever way is shorter; nobody else has.
    everything = statement is visits.LIST_ALL
    assert everything or not [step for step in steps(plan) if step["Node Type"] == "Seq Scan"]


def test_a_week_is_read_and_no_more(full):
    week = ("timestamptz '2026-05-01'", "timestamptz '2026-05-08'")
    plan, used = explain(full, visits.LIST_ALL, "NULL::uuid", "NULL::uuid", STATES, *week, "20", "0")
    assert used >= {"visitas_mantenimiento_fecha_ix"}
    scans = [step for step in steps(plan) if step.get("Relation Name") == "visitas_mantenimiento"]
    assert all(step["Plan Rows"] < 400 for step in scans)


def test_control_without_the_index_everything_is_read(full):
    kept = full.fetchval("SELECT pg_get_indexdef('visitas_mantenimiento_fecha_ix'::regclass)")
    full.execute("DROP INDEX visitas_mantenimiento_fecha_ix")
    try:
        plan, _ = explain(full, visits.LIST_ALL, "NULL::uuid", "NULL::uuid", STATES, *EVER, "20", "0")
    finally:
        full.execute(kept)
    assert any(step["Node Type"] == "Sort" for step in steps(plan))
