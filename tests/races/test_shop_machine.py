"""Random days of a shop bring nothing that should not be (T-CA-12); without any one of its guards they do."""

import pytest

from tests.cast import Cast
from tests.races.shop_machine import run
from tests.races.shops import Shop
from tests.tools.database import Database
from tests.tools.mutants import mutated


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


@pytest.mark.parametrize("guard", GUARDS)
def test_control_every_guard_is_missed(unguarded: Shop, guard: str) -> None:
    with mutated(unguarded.db, *GUARDS[guard]), pytest.raises(AssertionError):
        run(unguarded.cast, unguarded.db, 80)
