"""The catalogue's invariants live in the database, each by its name."""

import json
import uuid
from datetime import UTC, datetime

import asyncpg
import pytest

INSERT = """INSERT INTO productos (id, codigo, nombre, precio, unidad, categoria, peso_kg, existencias, version,
    creado_en, actualizado_en) VALUES ($1, $2, $3, $4::text::numeric, $5, $6, $7::text::numeric,
    $8::text::numeric, $9, $10, $10)"""


def plant(db, **fields):
    row = {
        "id": uuid.uuid4(), "codigo": uuid.uuid4().hex, "nombre": "Cosa", "precio": "1", "unidad": "kg",
        "categoria": None, "peso_kg": None, "existencias": None, "version": 1,
    } | fields  # fmt: skip
    return db.execute(INSERT, *row.values(), datetime.now(UTC))


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("productos_codigo_no_vacio", {"codigo": ""}),
        ("productos_nombre_no_vacio", {"nombre": ""}),
        ("productos_unidad_no_vacia", {"unidad": ""}),
        ("productos_categoria_no_vacia", {"categoria": ""}),
        ("productos_precio_no_negativo", {"precio": "-0.01"}),
        ("productos_precio_no_negativo", {"precio": "NaN"}),
        ("productos_peso_no_negativo", {"peso_kg": "-1"}),
        ("productos_peso_no_negativo", {"peso_kg": "NaN"}),
        ("productos_existencias_no_negativas", {"existencias": "-0.001"}),
        ("productos_existencias_no_negativas", {"existencias": "NaN"}),
        ("productos_version_positiva", {"version": 0}),
    ],
)
def test_a_wrong_row_is_refused_by_name(db, constraint, fields):
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        plant(db, **fields)
    assert refused.value.constraint_name == constraint


def test_a_second_row_with_the_same_code_is_refused_by_name(db):
    code = uuid.uuid4().hex
    plant(db, codigo=code.lower())
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        plant(db, codigo=code.upper())
    assert refused.value.constraint_name == "productos_codigo_unico"


def test_one_letter_that_becomes_eighteen_does_not_break_an_index(db):
    plant(db, codigo="ﷺ" * 40, nombre="ﷺ" * 200, categoria="ﷺ" * 80)
    db.execute("DELETE FROM productos WHERE codigo = $1", "ﷺ" * 40)


def test_the_item_of_a_cart_has_the_panel_s_six_fields(db, new_producto):
    made = new_producto(precio="12.50", imagenes=["/a.png"])
    item = db.fetchval(
        "SELECT fn.producto_item(p)::text FROM productos p WHERE id = $1", uuid.UUID(made["id"])
    )
    assert json.loads(item, parse_float=str) == {
        "_id": made["id"], "codigo": made["codigo"], "nombre": made["nombre"],
        "descripcion": made["descripcion"], "precio": "12.50", "imagenes": ["/a.png"],
    }  # fmt: skip
