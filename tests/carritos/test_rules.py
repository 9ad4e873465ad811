"""Decisions about lines: sums, and which field a refusal is about."""

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from clientela.carritos import rules
from clientela.carritos.model import LineaPedida

PRODUCTS = st.one_of(st.none(), st.sampled_from([str(UUID(int=number)) for number in range(1, 6)]))
AMOUNTS = st.decimals("0.001", "999999", places=3)
LINES = st.lists(st.builds(LineaPedida, PRODUCTS, AMOUNTS), max_size=30)


@given(LINES)
def test_nothing_is_lost_or_invented_by_adding_up(lines: list[LineaPedida]) -> None:
    summed = rules.add_up(lines)
    assert sum(line.cantidad for line in summed) == sum(line.cantidad for line in lines)
    places = sorted(place for line in summed for place in line.lugares)
    assert places == list(range(len(lines)))
    for line in summed:
        assert {lines[place].producto_id for place in line.lugares} == {line.producto_id}
        assert line.cantidad == sum(lines[place].cantidad for place in line.lugares)


@given(LINES)
def test_each_product_comes_once_in_the_order_of_its_first_line(lines: list[LineaPedida]) -> None:
    summed = rules.add_up(lines)
    known = [line.producto_id for line in summed if line.producto_id is not None]
    assert len(known) == len(set(known))
    firsts = [line.lugares[0] for line in summed]
    assert firsts == sorted(firsts)
    assert all(line.lugares == tuple(sorted(line.lugares)) for line in summed)


@given(LINES)
def test_a_fraction_in_any_line_is_a_fraction(lines: list[LineaPedida]) -> None:
    for line in rules.add_up(lines):
        assert line.fraccion == any(lines[place].cantidad % 1 for place in line.lugares)


@given(LINES, st.data())
def test_every_refused_line_is_named_in_each_of_its_places(
    lines: list[LineaPedida], data: st.DataObject
) -> None:
    summed = rules.add_up(lines)
    positions = st.lists(st.sampled_from(range(len(summed))), unique=True) if summed else st.just([])
    unknown, fractions = data.draw(positions), data.draw(positions)
    errors = rules.line_errors(
        {"producto_desconocido": unknown, "cantidad_entera": fractions}, summed, "carrito.items"
    )
    expected = {
        f"carrito.items.{place}.itemId" for position in unknown for place in summed[position].lugares
    } | {f"carrito.items.{place}.cantidad" for position in fractions for place in summed[position].lugares}
    assert errors.keys() == expected


def test_two_reasons_for_one_field_are_both_said() -> None:
    summed = rules.add_up([LineaPedida(str(UUID(int=1)), Decimal("1000000.5"))])
    errors = rules.line_errors({"cantidad_entera": [0], "cantidad_excesiva": [0]}, summed)
    assert errors == {
        "items.0.cantidad": [
            "Este producto se vende por unidades enteras",
            "La cantidad total del producto no puede superar 999999",
        ]
    }
