"""What imports ask of the database is answered from indexes: plans read on 30,000 clients, products and orders."""

import json
import os
import uuid
from collections.abc import Iterator

import pytest

from clientela.catalogo import store as products
from clientela.clientes.store import imports
from clientela.postventa.store import imports as orders
from tests.tools.cluster import Cluster
from tests.tools.database import Database, run

FILL = """
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
SELECT md5('u' || i)::uuid, 'Plantada', 'cliente', md5('c' || i)::uuid, now(), now() FROM generate_series(1, 30000) i;
INSERT INTO clientes (id, usuario_principal_id, nombre, nit, telefono, telefono_e164, creado_en, actualizado_en)
SELECT md5('c' || i)::uuid, md5('u' || i)::uuid, 'Plantada', i::text, i::text, '+5916' || lpad(i::text, 7, '0'), now(),
       now() FROM generate_series(1, 30000) i;
INSERT INTO productos (id, codigo, nombre, precio, creado_en, actualizado_en)
SELECT md5('p' || i)::uuid, 'P-' || i, 'Plantado', 1, now(), now() FROM generate_series(1, 30000) i;
INSERT INTO servicios (id, nombre, creado_en, actualizado_en) VALUES (md5('s')::uuid, 'Plantado', now(), now());
INSERT INTO ordenes_trabajo (id, referencia, cliente_id, servicio_id, tipo, estado, garantia_meses, duracion_min,
                             fecha_programada, fecha_ejecucion, ultimo_movimiento_en, creado_en, actualizado_en)
SELECT md5('o' || i)::uuid, 'O-' || i, md5('c' || i)::uuid, md5('s')::uuid, 'NORMAL', 'FINALIZADO', 12, 60, now(),
       now(), now(), now(), now() FROM generate_series(1, 30000) i"""


@pytest.fixture(scope="module")
def full(cluster: Cluster, worker: str) -> Iterator[Database]:
    """A database of its own with many clients and products, analysed as autovacuum would have done."""
    name = f"planes_hojas_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    database.execute(f"BEGIN; {FILL}; COMMIT")
    database.execute("VACUUM ANALYZE clientes")
    database.execute("VACUUM ANALYZE productos")
    database.execute("VACUUM ANALYZE ordenes_trabajo")
    yield database
    database.close()
    cluster.drop(name)


def plan(database: Database, statement: str, *args: object) -> str:
    """The plan of a statement once the server has stopped looking at its values."""

    async def ask() -> str:
        async with database.connect() as connection:
            await connection.execute("SET plan_cache_mode = force_generic_plan")
            return str(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *args))

    return json.dumps(json.loads(run(ask())))


def test_rows_are_matched_by_index(full: Database) -> None:
    some = [uuid.uuid4()]
    found = plan(full, imports.MATCH, some, ["1"], ["+59160000001"])
    for index in ("clientes_pkey", "clientes_nit_idx", "clientes_telefono_e164_idx"):
        assert index in found, f"{index}: {found}"
    assert '"Seq Scan"' not in found
    found = plan(full, orders.KNOWN, ["O-1"], some)
    for index in (
        "ordenes_trabajo_referencia_uk",
        "ordenes_trabajo_pk",
        "ordenes_trabajo_garantia_abierta_uk",
    ):
        assert index in found, f"{index}: {found}"
    assert '"Seq Scan"' not in found
    assert "productos_codigo_unico" in plan(full, products.GET_BY_CODES, ["P-1"])


def test_an_export_reads_pages_not_the_table(full: Database) -> None:
    assert "clientes_numero_key" in plan(full, imports.EXPORT, 15000, 1000)
    assert "ordenes_trabajo_numero_uk" in plan(full, orders.EXPORT, 15000, 1000)
    assert "productos_pk" in plan(full, products.EXPORT, uuid.uuid4(), 1000)


def test_without_its_index_the_plan_is_another(full: Database) -> None:
    full.execute("DROP INDEX clientes_nit_idx")
    assert "clientes_nit_idx" not in plan(full, imports.MATCH, [uuid.uuid4()], ["1"], ["+59160000001"])
    full.execute("CREATE INDEX clientes_nit_idx ON clientes (public.nit_clave(nit)) WHERE nit IS NOT NULL")
