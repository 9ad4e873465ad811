"""Every list of products is answered from an index, however many there are: plans read on 100,000 rows."""

import json
import os

import pytest

from clientela.catalogo import store
from clientela.catalogo.model import Filtro, OrdenProductos
from tests.tools.database import Database, run

FILL = """
INSERT INTO productos (id, codigo, nombre, precio, categoria, activo, creado_en, actualizado_en)
SELECT gen_random_uuid(), (array['FER','ELE','ALI','BEB','LIM'])[1 + i % 5] || '-' || lpad(i::text, 6, '0'),
    (array['Cámara','Arroz','Lavandina','Cable','Tornillo','Jabón','Válvula','Lámpara','Refresco','Pintura'])
        [1 + (i * 7) % 10] || ' ' || substr(md5(i::text), 1, 6),
    (i % 1000) / 10.0, (array['Alimentos','Bebidas','Ferretería','Limpieza'])[1 + i % 4], i % 10 <> 0, now(), now()
FROM generate_series(1, 100000) AS i
"""
WANTED = [
    Filtro(),
    Filtro(activo=True),
    Filtro(activo=False),
    Filtro(categoria="Ferretería"),
    Filtro(categoria="Ferretería", activo=True),
    Filtro(q="camara"),
    Filtro(q="camara 3f2"),
    Filtro(q="ele-0001"),
    Filtro(q="nada de esto"),
    Filtro(q="jabones", categoria="bebidas", activo=True),
]


@pytest.fixture(scope="module")
def full(cluster, worker):
    """A database of its own with 100,000 products, vacuumed as autovacuum would have done."""
    name = f"planes_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    database.execute(FILL)
    database.execute("VACUUM ANALYZE productos")
    yield database
    database.close()
    cluster.drop(name)


def explain(database, mode, wanted, order):
    """The plan of a list as the service runs it, as one text."""
    statement = store.list_statement(wanted, order)
    states = [True, False] if wanted.activo is None else [wanted.activo]

    async def ask():
        async with database.connect() as connection:
            await connection.execute(f"SET plan_cache_mode = {mode}")
            return await connection.fetchval(
                f"EXPLAIN (FORMAT JSON) {statement}", wanted.q, wanted.categoria, states, 20, 0
            )

    return json.dumps(json.loads(run(ask())))


def orders_of(wanted):
    return [
        order for order in OrdenProductos if wanted.q is not None or order is not OrdenProductos.RELEVANCIA
    ]


def test_every_list_is_answered_from_an_index(full):
    """One test, so that the table is filled once, whatever number of workers share the run."""
    for wanted in WANTED:
        for order in orders_of(wanted):
            plan = explain(full, "force_custom_plan", wanted, order)
            assert '"Seq Scan"' not in plan, f"{wanted} {order}: {plan}"
            if wanted.q is not None:
                # Also once the server has stopped looking at the text: the words and the codes are looked up.
                for mode in ("force_custom_plan", "force_generic_plan"):
                    plan = explain(full, mode, wanted, order)
                    assert "productos_por_busqueda" in plan, f"{wanted} {order} {mode}: {plan}"
                    assert "productos_por_codigo" in plan, f"{wanted} {order} {mode}: {plan}"
                    assert '"Seq Scan"' not in plan, f"{wanted} {order} {mode}: {plan}"
