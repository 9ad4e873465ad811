"""Products from a sheet, known by their code."""

import uuid
from typing import Any

from tests.bulk.test_importar_clientes import imported, problems, send, sheet
from tests.cast import Cast


def code() -> str:
    return f"IMP-{uuid.uuid4().hex[:8].upper()}"


def product(cast: Cast, codigo: str) -> dict[str, Any]:
    rows = cast.db.fetch("SELECT * FROM productos WHERE codigo = $1", codigo)
    assert len(rows) == 1
    return dict(rows[0])


def test_rows_are_added_then_changed_then_left_alone(cast: Cast) -> None:
    codigo = code()
    row = {
        "codigo": codigo,
        "nombre": "Arroz",
        "precio": "12.50",
        "peso_kg": "0.450",
        "existencias": "",
        "unidad": "kg",
    }
    assert imported(cast.admin, sheet(row), tipo="productos")["creados"] == 1
    made = product(cast, codigo)
    assert (str(made["precio"]), str(made["peso_kg"]), made["existencias"]) == ("12.50", "0.450", None)
    assert imported(cast.admin, sheet(row), tipo="productos")["sin_cambios"] == 1
    dearer = row | {"codigo": codigo.lower(), "precio": "13", "existencias": "5"}
    assert imported(cast.admin, sheet(dearer), tipo="productos")["actualizados"] == 1
    after = product(cast, codigo)
    assert (str(after["precio"]), str(after["existencias"]), after["version"]) == ("13.00", "5.000", 2)


def test_a_sheet_of_prices_changes_prices_alone(cast: Cast) -> None:
    made = cast.new_producto(nombre="Con imagen", imagenes=["https://example.com/a.jpg"], existencias="3")
    imported(
        cast.admin,
        sheet({"codigo": made["codigo"], "precio": "99,90"}).replace("99,90", '"99,90"'),
        tipo="productos",
    )
    after = cast.admin.get(f"/api/v1/productos/{made['id']}").json()
    assert after["precio"] == "99.90"
    assert {k: after[k] for k in ("nombre", "imagenes", "existencias")} == {
        k: made[k] for k in ("nombre", "imagenes", "existencias")
    }


def test_wrong_rows_are_named_and_nothing_is_stored(cast: Cast) -> None:
    codigo = code()
    row = {"codigo": codigo, "nombre": "Uno", "precio": "1"}
    wrong = sheet(
        row,
        row,
        row | {"codigo": code(), "precio": "1.234"},
        row | {"codigo": ""},
        row | {"codigo": code(), "nombre": ""},
    )
    answer = send(cast.admin, wrong, tipo="productos")
    assert problems(answer) == [(3, "codigo"), (4, "precio"), (5, "codigo"), (6, "nombre")]
    assert cast.db.fetchval("SELECT count(*) FROM productos WHERE codigo = $1", codigo) == 0


def test_a_new_product_needs_a_name_and_a_price(cast: Cast) -> None:
    answer = send(cast.admin, sheet({"codigo": code(), "unidad": "kg"}), tipo="productos")
    assert problems(answer) == [(2, "nombre"), (2, "precio")]


def test_a_rehearsal_tells_and_writes_nothing(cast: Cast) -> None:
    codigo = code()
    told = imported(
        cast.admin, sheet({"codigo": codigo, "nombre": "Uno", "precio": "1"}), tipo="productos", ensayo="1"
    )
    assert (told["creados"], told["aplicado"]) == (1, False)
    assert cast.db.fetchval("SELECT count(*) FROM productos WHERE codigo = $1", codigo) == 0


def test_an_export_comes_back_as_it_left(cast: Cast) -> None:
    cast.new_producto(nombre="=SUMA(A1)", descripcion='Dos\nlíneas, "comillas"; y\ttabulador', precio="0.10")
    exported = cast.admin.get("/api/v1/exportaciones/productos")
    assert "'=SUMA" in exported.text
    # A description of nothing but blanks, as other tests may have made, comes back as none.
    texts = [row["descripcion"] for row in cast.db.fetch("SELECT descripcion FROM productos")]
    blank = sum(bool(text) and not text.strip() for text in texts)
    told = imported(cast.admin, exported.content, tipo="productos")
    assert told["sin_cambios"] == told["filas"] - blank > 0, told


def test_prices_that_change_are_written_down_with_both_values(cast: Cast) -> None:
    made = cast.new_producto(precio="5.00")
    imported(cast.admin, sheet({"codigo": made["codigo"], "precio": "6"}), tipo="productos")
    items = cast.admin.get("/api/v1/auditoria", params={"accion": "importacion.productos"}).json()["items"]
    change = items[0]["datos"]["actualizados"][made["id"]]["cambios"]["precio"]
    assert [float(change["antes"]), float(change["despues"])] == [5, 6]
