"""`/api/v1/productos`: add, read, change, retire; every error that these routes can give (CONTRACT §5, §12)."""

import json
import uuid
from decimal import Decimal

import pytest

FIELDS = {
    "id", "codigo", "nombre", "descripcion", "precio", "imagenes", "categoria", "unidad", "fraccionable",
    "peso_kg", "existencias", "activo", "version", "creado_en", "actualizado_en",
}  # fmt: skip
RUTA = "/api/v1/productos"


def entry(**fields):
    body = {
        "codigo": f"T-{uuid.uuid4().hex[:10]}",
        "nombre": "Queso criollo fresco",
        "descripcion": "De San Javier",
        "precio": "42.50",
        "imagenes": ["https://ejemplo.bo/queso.jpg", "/imagenes/queso.webp"],
        "categoria": "Lácteos",
        "unidad": "kg",
        "fraccionable": True,
        "peso_kg": "1.25",
        "existencias": "12.500",
    }
    return body | fields


def test_a_product_is_added_and_read_back(cast):
    sent = entry()
    answer = cast.admin.post(RUTA, json=sent)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert set(made) == FIELDS
    assert made == made | sent | {"existencias": "12.5", "activo": True, "version": 1}
    assert made["creado_en"].endswith("Z")
    assert answer.headers["etag"] == '"1"'
    read = cast.admin.get(f"{RUTA}/{made['id']}")
    assert read.status_code == 200
    assert read.json() == made
    assert read.headers["etag"] == '"1"'


def test_what_is_left_out_has_its_default(cast):
    made = cast.admin.post(RUTA, json={"codigo": uuid.uuid4().hex[:12], "nombre": "Pan", "precio": 0}).json()
    assert made == made | {
        "descripcion": "", "precio": "0.00", "imagenes": [], "categoria": None, "unidad": "unidad",
        "fraccionable": False, "peso_kg": None, "existencias": None, "activo": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("7", "7.00"),
        (7, "7.00"),
        (7.5, "7.50"),
        ("7.05", "7.05"),
        (999999999.99, "999999999.99"),
        ("0.10", "0.10"),
    ],
)
def test_a_price_comes_as_text_or_number_and_leaves_as_text(cast, sent, shown):
    made = cast.admin.post(RUTA, json=entry(precio=sent))
    assert made.status_code == 201, made.text
    assert made.json()["precio"] == shown


def test_texts_lose_their_margins(cast):
    made = cast.admin.post(RUTA, json=entry(nombre="  Queso  ", categoria=" Lácteos ", unidad=" kg ")).json()
    assert (made["nombre"], made["categoria"], made["unidad"]) == ("Queso", "Lácteos", "kg")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("codigo", ""), ("codigo", "   "), ("codigo", "x" * 41), ("codigo", "a\nb"), ("codigo", None),
        ("codigo", 12), ("nombre", ""), ("nombre", "x" * 201), ("nombre", "a\tb"), ("nombre", []),
        ("precio", -1), ("precio", "-0.01"), ("precio", "1.005"), ("precio", 1e9), ("precio", "abc"),
        ("precio", ""), ("precio", True), ("precio", None), ("precio", "1e5x"), ("precio", "NaN"),
        ("precio", "Infinity"), ("descripcion", "x" * 5001), ("descripcion", None),
        ("imagenes", "https://ejemplo.bo/a.jpg"), ("imagenes", None),
        ("unidad", ""), ("unidad", "x" * 21), ("categoria", "x" * 81), ("categoria", " "),
        ("fraccionable", "true"), ("fraccionable", 1), ("fraccionable", None),
        ("peso_kg", -1), ("peso_kg", "0.0001"), ("peso_kg", 1000000), ("peso_kg", "1_000"), ("peso_kg", "１"),
        ("existencias", -1), ("existencias", "1.0001"), ("existencias", "x"), ("existencias", False),
        ("activo", "no"), ("activo", None), ("precio_anterior", 3), ("id", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("version", 9),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_and_nothing_is_stored(cast, db, field, value):
    body = entry(**{field: value})
    answer = cast.admin.post(RUTA, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "datos_invalidos"
    assert list(problem["errors"]) == [field]
    assert all(text.strip() for text in problem["errors"][field])
    if field != "codigo":
        assert db.fetchval("SELECT count(*) FROM productos WHERE codigo = $1", body["codigo"]) == 0


@pytest.mark.parametrize(
    "image",
    ["javascript:alert(1)", "data:image/png;base64,AA", "//malo.example/x.png", "ftp://x/y", "foto.jpg", "", "https://",
     "https://x y/z.png", "https://x/" + "a" * 2048],
)  # fmt: skip
def test_an_image_is_a_web_address_or_a_path_of_ours(cast, image):
    answer = cast.admin.post(RUTA, json=entry(imagenes=["/bien.png", image]))
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == ["imagenes.1"]


def test_there_are_at_most_twenty_images(cast):
    answer = cast.admin.post(RUTA, json=entry(imagenes=["/a.png"] * 21))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["imagenes"]


def test_all_bad_fields_are_named_at_once(cast):
    answer = cast.admin.post(RUTA, json={"codigo": "", "precio": "x", "peso_kg": -1, "raro": 1})
    assert set(answer.json()["errors"]) == {"codigo", "nombre", "precio", "peso_kg", "raro"}


@pytest.mark.parametrize("body", ["[]", "3", '"x"', "null", "true"])
def test_a_body_that_is_no_object_is_refused(cast, body):
    answer = cast.admin.post(RUTA, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == ["cuerpo"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_is_no_json_is_refused(cast, new_producto, method):
    path = RUTA if method == "POST" else f"{RUTA}/{new_producto()['id']}"
    for content, kind, status, code in (
        ("{", "application/json", 400, "json_invalido"),
        ("", "application/json", 400, "cuerpo_requerido"),
        ("{}", "text/plain", 415, "tipo_no_admitido"),
        ("{" + " " * 1048576 + "}", "application/json", 413, "cuerpo_demasiado_grande"),
    ):
        answer = cast.admin.request(method, path, content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_code_is_unique_in_any_case_of_letters(cast):
    first = cast.admin.post(RUTA, json=entry(codigo=f"Ñandú-{uuid.uuid4().hex[:6]}")).json()
    other = cast.admin.post(RUTA, json=entry()).json()
    for answer in (
        cast.admin.post(RUTA, json=entry(codigo=first["codigo"].upper())),
        cast.admin.post(RUTA, json=entry(codigo=f" {first['codigo'].lower()} ")),
        cast.admin.patch(f"{RUTA}/{other['id']}", json={"codigo": first["codigo"].swapcase()}),
    ):
        assert answer.status_code == 409, answer.text
        assert answer.json()["code"] == "codigo_en_uso"
        assert list(answer.json()["errors"]) == ["codigo"]
    own = cast.admin.patch(f"{RUTA}/{first['id']}", json={"codigo": first["codigo"].upper()})
    assert own.status_code == 200


def test_a_change_touches_what_was_sent_and_nothing_else(cast):
    made = cast.admin.post(RUTA, json=entry()).json()
    answer = cast.admin.patch(
        f"{RUTA}/{made['id']}", json={"precio": 50, "existencias": None, "categoria": None}
    )
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert after["actualizado_en"] > made["actualizado_en"]
    expected = made | {"precio": "50.00", "existencias": None, "categoria": None, "version": 2}
    assert after == expected | {"actualizado_en": after["actualizado_en"]}


@pytest.mark.parametrize("body", [{}, {"precio": "42.5"}, {"existencias": 12.5, "activo": True}])
def test_a_change_that_changes_nothing_is_no_new_version(cast, db, body):
    made = cast.admin.post(RUTA, json=entry()).json()
    answer = cast.admin.patch(f"{RUTA}/{made['id']}", json=body)
    assert answer.status_code == 200
    assert answer.json() == made
    assert db.fetchval("SELECT count(*) FROM auditoria WHERE objeto_id = $1", made["id"]) == 1


@pytest.mark.parametrize(
    "field", ["codigo", "nombre", "precio", "descripcion", "imagenes", "unidad", "activo"]
)
def test_null_clears_only_what_may_be_empty(cast, new_producto, field):
    made = new_producto()
    answer = cast.admin.patch(f"{RUTA}/{made['id']}", json={field: None})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [field]
    assert cast.admin.get(f"{RUTA}/{made['id']}").json() == made


def test_a_retired_product_is_shown_to_staff_only(cast):
    made = cast.admin.post(RUTA, json=entry()).json()
    path = f"{RUTA}/{made['id']}"
    assert cast.cliente.get(path).json() == made
    assert cast.admin.patch(path, json={"activo": False}).json()["activo"] is False
    for who in (cast.vendedora, cast.tecnica, cast.soporte, cast.admin):
        assert who.get(path).json()["activo"] is False
    gone = cast.cliente.get(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "producto_no_encontrado")
    assert cast.admin.patch(path, json={"activo": True}).status_code == 200
    assert cast.cliente.get(path).status_code == 200


def test_there_is_no_deleting(cast, new_producto):
    answer = cast.admin.delete(f"{RUTA}/{new_producto()['id']}")
    assert answer.status_code == 405
    assert {word.strip() for word in answer.headers["allow"].split(",")} == {"GET", "HEAD", "PATCH"}


@pytest.mark.parametrize(
    "product_id", ["01890a5d-ac96-774b-bcce-b302099a8057", "1", "x", "%00", "0190a6b2", "a" * 300]
)
def test_a_product_that_does_not_exist_is_404(cast, product_id):
    for answer in (
        cast.admin.get(f"{RUTA}/{product_id}"),
        cast.admin.patch(f"{RUTA}/{product_id}", json={"precio": 1}),
    ):
        assert answer.status_code == 404, answer.text


def test_only_the_administrator_writes_and_only_logged_in_people_read(cast, new_producto):
    path = f"{RUTA}/{new_producto()['id']}"
    for name, who in cast.everybody().items():
        expected = {"anon": 401, "admin": 200}.get(name, 403)
        assert who.patch(path, json={}).status_code == expected, name
        assert who.post(RUTA, json={}).status_code == {200: 422}.get(expected, expected), name
        reading = 401 if name == "anon" else 200
        assert who.get(path).status_code == reading, name
        assert who.get(RUTA).status_code == reading, name


def test_every_write_is_audited_and_announced_in_codes(cast, db):
    made = cast.admin.post(RUTA, json=entry()).json()
    path = f"{RUTA}/{made['id']}"
    cast.admin.patch(path, json={"precio": "45", "nombre": "Otro nombre"})
    cast.admin.patch(path, json={"activo": False, "existencias": None})
    rows = db.fetch(
        "SELECT accion, actor_id::text, objeto_tipo, datos FROM auditoria WHERE objeto_id = $1 ORDER BY id",
        made["id"],
    )
    assert [row["accion"] for row in rows] == [
        "producto.creado",
        "producto.actualizado",
        "producto.actualizado",
    ]
    assert {(row["actor_id"], row["objeto_tipo"]) for row in rows} == {(cast.admin.usuario_id, "producto")}
    born, priced, retired = (json.loads(row["datos"], parse_float=Decimal) for row in rows)
    assert born == {
        "codigo": made["codigo"], "precio": Decimal("42.50"), "existencias": Decimal("12.500"), "activo": True
    }  # fmt: skip
    assert priced["campos"] == ["nombre", "precio"]
    assert priced["cambios"] == {"precio": {"antes": Decimal("42.50"), "despues": 45}}
    assert retired["cambios"] == {
        "existencias": {"antes": Decimal("12.5"), "despues": None}, "activo": {"antes": True, "despues": False}
    }  # fmt: skip
    events = db.fetch(
        "SELECT datos FROM eventos WHERE flujo = 'rol:admin' AND tipo = 'product.updated' AND datos->>'id' = $1 "
        "ORDER BY seq",
        made["id"],
    )
    assert [json.loads(row["datos"]) for row in events] == [
        {"id": made["id"], "version": v} for v in (1, 2, 3)
    ]


def test_a_refused_write_leaves_no_trace(cast, db):
    made = cast.admin.post(RUTA, json=entry()).json()
    before = db.fetchval(
        "SELECT count(*) FROM auditoria WHERE accion LIKE 'producto.%' AND objeto_id = $1", made["id"]
    )
    assert cast.admin.patch(f"{RUTA}/{made['id']}", json={"precio": -1, "nombre": "Z"}).status_code == 422
    assert cast.admin.get(f"{RUTA}/{made['id']}").json() == made
    after = db.fetchval(
        "SELECT count(*) FROM auditoria WHERE accion LIKE 'producto.%' AND objeto_id = $1", made["id"]
    )
    assert before == after == 1
