"""Random days of a shop bring nothing that should not be (T-CA-12); without any one of its guards they do."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.races.shop_machine import run
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.mutants import mutated
from tests.tools.server import Server


@pytest.mark.parametrize("examples", [60, pytest.param(5_000, marks=pytest.mark.long)])
@pytest.mark.timeout(7200)
def test_no_day_brings_anything_that_should_not_be(cast: Cast, db: Database, examples: int) -> None:
    run(cast, db, examples)


# --- each guard taken away once --------------------------------------------------------------------------------

OF_ALL_CARTS = """DELETE FROM public.carrito_lineas WHERE carrito_id IN (
    SELECT id FROM public.carritos WHERE cliente_id = p_cliente_id)"""
GUARDS = {
    "sellers' carts for a client are one": (
        "carrito_bloquear",
        "AND vendedor_id = p_vendedor_id AND cliente_id",
        "AND vendedor_id IS NOT NULL AND cliente_id",
    ),
    "an order empties all carts of the client": (
        "pedido_crear",
        "DELETE FROM public.carrito_lineas WHERE carrito_id = v_carrito.id",
        OF_ALL_CARTS,
    ),
    "an order leaves its cart as it was": (
        "pedido_crear",
        "DELETE FROM public.carrito_lineas WHERE carrito_id = v_carrito.id",
        "DELETE FROM public.carrito_lineas WHERE false",
    ),
    "a stale version passes": ("carrito_exigir_version", "p_carrito.version <> p_version", "false"),
    "the price last shown is ordered": (
        "pedido_lineas",
        "coalesce(r.precio, p.precio) AS precio",
        "l.precio_unitario AS precio",
    ),
    "cancelled stock does not return": (
        "pedido_cambiar_estado",
        "p.existencias + l.cantidad",
        "p.existencias",
    ),
}


@pytest.fixture(scope="module")
def unguarded(cluster: Cluster, scratch: Path) -> Iterator[tuple[Cast, Database]]:
    """A shop whose guards may be taken away, one after the other."""
    name = f"sin_guardia_{os.getpid()}"
    database = Database(cluster.create(name))
    with Server(scratch / name, database.dsn, workers=1) as server:
        yield Cast(server.url, database, server.data_dir), database
    database.close()
    cluster.drop(name)


@pytest.mark.parametrize("guard", GUARDS)
def test_control_every_guard_is_missed(unguarded: tuple[Cast, Database], guard: str) -> None:
    cast, database = unguarded
    with mutated(database, *GUARDS[guard]), pytest.raises(AssertionError):
        run(cast, database, 80)
