"""The catalogue's pure rules."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.catalogo import rules
from clientela.catalogo.model import CambiosProducto, Filtro, OrdenProductos, Producto
from clientela.core.money import plain_decimal

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PRODUCT = Producto(
    uuid.uuid4(), "A-1", "Arroz", "", Decimal("11.50"), (), None, "kg", True, None, None, True, 3, NOW, NOW
)
amounts = st.decimals(min_value=0, max_value=999_999_999, places=3)
changes = st.builds(
    CambiosProducto,
    **{
        name: st.just(msgspec.UNSET) | values
        for name, values in {
            "codigo": st.text(min_size=1),
            "nombre": st.text(min_size=1),
            "precio": st.decimals(min_value=0, max_value=999_999_999, places=2),
            "imagenes": st.lists(st.text()).map(tuple),
            "categoria": st.none() | st.text(min_size=1),
            "fraccionable": st.booleans(),
            "peso_kg": st.none() | amounts,
            "existencias": st.none() | amounts,
            "activo": st.booleans(),
        }.items()
    },
)


@given(changes)
def test_a_change_sets_what_was_sent_and_keeps_the_rest(change):
    after = rules.apply_changes(PRODUCT, change)
    for name in CambiosProducto.__struct_fields__:
        sent = getattr(change, name)
        assert getattr(after, name) == (getattr(PRODUCT, name) if sent is msgspec.UNSET else sent)
    assert (after.id, after.version, after.creado_en) == (PRODUCT.id, PRODUCT.version, PRODUCT.creado_en)


@given(changes)
def test_the_audit_names_every_changed_field_and_no_text(change):
    after = rules.apply_changes(PRODUCT, change)
    told = rules.audited_change(PRODUCT, after)
    assert set(told["campos"]) == {
        f for f in Producto.__struct_fields__ if getattr(after, f) != getattr(PRODUCT, f)
    }
    assert set(told["cambios"]) == set(told["campos"]) & set(rules.VALUES_AUDITED)
    assert not {"nombre", "descripcion", "categoria"} & set(told["cambios"])


@given(changes)
def test_applying_a_change_twice_is_applying_it_once(change):
    once = rules.apply_changes(PRODUCT, change)
    assert rules.apply_changes(once, change) == once
    assert rules.changed_fields(once, once) == []


@given(st.none() | amounts)
def test_a_plain_decimal_is_the_same_number_without_idle_zeros(value):
    plain = plain_decimal(value)
    assert plain == value
    if plain is not None:
        text = str(plain)
        assert "E" not in text
        assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        (Filtro(), OrdenProductos.NOMBRE),
        (Filtro(orden=OrdenProductos.RELEVANCIA), OrdenProductos.NOMBRE),
        (Filtro(orden=OrdenProductos.PRECIO), OrdenProductos.PRECIO),
        (Filtro(q="x"), OrdenProductos.RELEVANCIA),
        (Filtro(q="x", orden=OrdenProductos.CODIGO), OrdenProductos.CODIGO),
        (Filtro(q="x", orden=OrdenProductos.RELEVANCIA), OrdenProductos.RELEVANCIA),
    ],
)
def test_relevance_needs_something_searched_for(wanted, order):
    assert rules.order_of(wanted) is order
