"""`multipart/form-data`: whatever JSON can say, a form says too, and brings files (spec 2, CONTRACT §4, §12)."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from clientela.clientes.model import IMAGENES
from tests.cast import Cast, Persona
from tests.clientes.test_creating import PATH, WINDOWS, refused
from tests.tools.database import Database
from tests.tools.image_bricks import encoded

Make = Callable[..., dict[str, Any]]
Field = tuple[str, str]


def form(fields: Sequence[Field], files: Mapping[str, bytes] | None = None) -> bytes:
    """A form as a browser writes it: its fields in their order, then its files."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields]
    parts += [(f'name="{name}"; filename="f"', content) for name, content in (files or {}).items()]
    body = b""
    for head, content in parts:
        body += f"--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
    return body + b"--XX--\r\n"


def send(
    person: Persona,
    path: str,
    fields: Sequence[Field],
    files: Mapping[str, bytes] | None = None,
    method: str = "POST",
) -> Any:
    """Send a form."""
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    return person.request(method, path, content=form(fields, files), headers=headers)


def cliente(answer: Any) -> dict[str, Any]:
    """The client of an answer."""
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()["data"]["cliente"]
    return found


SAID: list[tuple[str, str, Any]] = [
    ("nombre", "  Ñandú S.R.L. ", "Ñandú S.R.L."),
    ("razon_social", "Comercial JP", "Comercial JP"),
    ("nit", "1234567", "1234567"),
    ("email", "Juan@EXAMPLE.com", "Juan@example.com"),
    ("telefono", "+591 70000001", "+591 70000001"),
    ("whatsapp", "70000002", "70000002"),
    ("fecha_nacimiento", "1980-02-29", "1980-02-29"),
    ("genero", "X", "X"),
    ("limite_credito", "1500.50", 1500.5),
    ("latitud", "-17.7833", -17.7833),
    ("longitud", "-63.1821", -63.1821),
    ("observaciones", "Tocar\r\nel timbre", "Tocar\r\nel timbre"),
]


def test_a_form_says_what_json_says(
    cast: Cast, localidad: dict[str, Any], categorias: list[dict[str, Any]]
) -> None:
    fields = [(name, text) for name, text, _ in SAID]
    fields += [
        ("activo", "on"),
        ("localidad_id", str(localidad["id"])),
        ("vendedor_asignado_id", cast.vendedora.usuario_id),
        # Numbers say the order, not the place in the form; a gap is none.
        ("ventanas_entrega[3][dia_semana]", "3"),
        ("ventanas_entrega[3][hora_inicio]", "14:00"),
        ("ventanas_entrega[3][hora_fin]", "17:30"),
        ("ventanas_entrega[0][dia_semana]", "1"),
        ("ventanas_entrega[0][hora_inicio]", "08:00"),
        ("ventanas_entrega[0][hora_fin]", "12:00"),
        ("ventanas_entrega[0][activo]", "0"),
        ("categorias_ids[]", str(categorias[0]["id"])),
        ("categorias_ids[]", str(categorias[2]["id"])),
        ("direcciones[0][direccion]", "Av. Principal 123"),
        ("direcciones[0][es_principal]", "1"),
        ("direcciones[1][direccion]", "Depósito"),
        ("direcciones[1][latitud]", "-17.5"),
        ("direcciones[1][activa]", "false"),
    ]
    answer = send(cast.admin, PATH, fields)
    assert (answer.status_code, answer.json()["message"]) == (201, "Cliente creado exitosamente")
    made = cliente(answer)
    assert {name: made[name] for name, *_ in SAID} == {name: value for name, _, value in SAID}
    assert (made["activo"], made["localidad"], made["user"]) == (True, localidad, None)
    assert [{k: v for k, v in window.items() if k != "id"} for window in made["ventanas_entrega"]] == [
        WINDOWS[0] | {"activo": False},
        WINDOWS[1] | {"activo": True},
    ]
    assert made["categorias"] == [categorias[0], categorias[2]]
    assert [(a["direccion"], a["es_principal"], a["activa"]) for a in made["direcciones"]] == [
        ("Av. Principal 123", True, True),
        ("Depósito", False, False),
    ]
    assert made["direcciones"][1]["latitud"] == -17.5
    assert cliente(cast.admin.get(f"{PATH}/{made['id']}")) == made


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("1", True),
        ("on", True),
        ("TRUE", True),
        ("false", False),
        ("0", False),
        ("off", False),
    ],
)
def test_booleans(cast: Cast, text: str, value: bool) -> None:
    made = cliente(send(cast.admin, PATH, [("nombre", "X"), ("activo", text)]))
    assert made["activo"] is value
    again = cliente(
        send(cast.admin, f"{PATH}/{made['id']}", [("_method", "PUT"), ("activo", "1"), ("nit", "5")])
    )
    assert again["activo"] is True


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ([("nombre", "")], "nombre"),
        ([("nombre", "  ")], "nombre"),
        ([], "nombre"),
        ([("nombre", "X"), ("activo", "quizás")], "activo"),
        ([("nombre", "X"), ("limite_credito", "mil")], "limite_credito"),
        ([("nombre", "X"), ("limite_credito", "NaN")], "limite_credito"),
        ([("nombre", "X"), ("limite_credito", "0.001")], "limite_credito"),
        ([("nombre", "X"), ("latitud", "Infinity")], "latitud"),
        ([("nombre", "X"), ("localidad_id", "1.5")], "localidad_id"),
        ([("nombre", "X"), ("localidad_id", "9" * 30)], "localidad_id"),
        ([("nombre", "X"), ("categorias_ids[]", "uno")], "categorias_ids.0"),
        ([("nombre", "X"), ("categorias_ids", "1")], "categorias_ids"),
        ([("nombre", "X"), ("ventanas_entrega", "lunes")], "ventanas_entrega"),
        ([("nombre", "X"), ("ventanas_entrega[lunes][hora_fin]", "12:00")], "ventanas_entrega"),
        ([("nombre", "X"), ("ventanas_entrega[]", "lunes")], "ventanas_entrega.0"),
        ([("nombre[x]", "X")], "nombre"),
        ([("nombre[]", "X")], "nombre"),
        ([("nombre", "X"), ("nombre[a][b][c][d]", "Y")], "nombre"),
        ([("nombre", "X"), ("foto_perfil", "https://ejemplo.bo/foto.jpg")], "foto_perfil"),
        ([("nombre", "X"), ("observaciones", "x" * 10_001)], "observaciones"),
        ([("nombre", "X"), ("observaciones", "x" * 65_537)], "observaciones"),
        ([("nombre", "X"), ("nit", "a\x00b")], "nit"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, fields: list[Field], field: str) -> None:
    refused(send(cast.admin, PATH, fields), field)


def test_every_wrong_field_of_a_window_is_named(cast: Cast) -> None:
    fields = [
        ("nombre", "X"),
        ("ventanas_entrega[0][dia_semana]", "7"),
        ("ventanas_entrega[0][hora_inicio]", "8"),
        ("ventanas_entrega[0][hora_fin]", ""),
        ("ventanas_entrega[1][dia_semana]", "1"),
    ]
    refused(
        send(cast.admin, PATH, fields),
        "ventanas_entrega.0.dia_semana",
        "ventanas_entrega.0.hora_inicio",
        "ventanas_entrega.0.hora_fin",
        "ventanas_entrega.1.hora_inicio",
        "ventanas_entrega.1.hora_fin",
    )


# --- updating --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_empty_text_clears_and_absence_leaves(
    cast: Cast, new_record: Make, categorias: list[dict[str, Any]], method: str
) -> None:
    made = new_record(
        nit="1",
        email="a@example.com",
        genero="F",
        limite_credito=5,
        latitud=1,
        fecha_nacimiento="1980-01-01",
        observaciones="x",
        ventanas_entrega=WINDOWS,
        categorias_ids=[categorias[0]["id"]],
    )
    path, marked = f"{PATH}/{made['id']}", [("_method", "PUT")] if method == "POST" else []
    same = cliente(send(cast.admin, path, [*marked, ("nombre", made["nombre"])], method=method))
    assert same == made
    emptied = ("nit", "email", "genero", "limite_credito", "latitud", "fecha_nacimiento", "observaciones")
    changed = cliente(send(cast.admin, path, [*marked, *((name, "") for name in emptied)], method=method))
    assert {name: changed[name] for name in emptied} == dict.fromkeys(emptied) | {"limite_credito": 0}
    assert (changed["ventanas_entrega"], changed["categorias"]) == (
        made["ventanas_entrega"],
        made["categorias"],
    )
    none = [("ventanas_entrega", ""), ("categorias_ids", "")]
    changed = cliente(send(cast.admin, path, [*marked, *none], method=method))
    assert (changed["ventanas_entrega"], changed["categorias"]) == ([], [])
    refused(send(cast.admin, path, [*marked, ("nombre", "")], method=method), "nombre")


def test_an_update_replaces_windows_and_categories(
    cast: Cast, new_record: Make, categorias: list[dict[str, Any]]
) -> None:
    made = new_record(
        ventanas_entrega=WINDOWS, categorias_ids=[categorias[1]["id"], categorias[2]["id"]], telefono="7"
    )
    fields = [
        ("_method", "PUT"),
        ("telefono", "70000002"),
        ("ventanas_entrega[0][dia_semana]", "5"),
        ("ventanas_entrega[0][hora_inicio]", "09:00"),
        ("ventanas_entrega[0][hora_fin]", "13:00"),
        ("categorias_ids[0]", str(categorias[0]["id"])),
    ]
    changed = cliente(send(cast.admin, f"{PATH}/{made['id']}", fields))
    assert [(w["dia_semana"], w["hora_fin"]) for w in changed["ventanas_entrega"]] == [(5, "13:00")]
    assert changed["categorias"] == categorias[:1]
    assert changed["telefono"] == "70000002"


def test_without_the_method_there_is_no_such_route(cast: Cast, new_record: Make) -> None:
    made = new_record()
    for fields in ([("nit", "1")], [("_method", "DELETE")], [("_method", "")], [("_method[]", "PUT")]):
        answer = send(cast.admin, f"{PATH}/{made['id']}", fields)
        assert answer.status_code in {405, 422}, answer.text
        assert answer.json()["success"] is False
    assert cliente(cast.admin.get(f"{PATH}/{made['id']}")) == made


# --- files -----------------------------------------------------------------------------------------------------


def fetch(person: Persona, address: str) -> Any:
    """Open a signed address without any header."""
    parts = urlsplit(address)
    return person.get(f"{parts.path}?{parts.query}")


def test_three_photos_come_with_the_client(cast: Cast, db: Database) -> None:
    photos: dict[str, bytes] = {
        campo: encoded(kind) for campo, kind in zip(IMAGENES, ("JPEG", "PNG", "WEBP"), strict=True)
    }
    made = cliente(send(cast.admin, PATH, [("nombre", "Con fotos")], photos))
    for campo in IMAGENES:
        shown = fetch(cast.anon, made[campo])
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert shown.content[:2] == b"\xff\xd8"
    stored = db.fetchrow(f"SELECT {', '.join(IMAGENES)} FROM clientes WHERE id = $1::uuid", made["uuid"])
    files = sorted((cast.data_dir / "archivos" / "clientes" / made["uuid"]).iterdir())
    assert sorted(Path(key).name for key in stored.values()) == [file.name for file in files]
    folder = f"clientes/{made['uuid']}/"
    assert all(key.startswith(folder) for key in stored.values())


def test_a_new_photo_takes_the_place_of_the_old_and_null_takes_it_away(cast: Cast, new_record: Make) -> None:
    made = new_record()
    path, folder = f"{PATH}/{made['id']}", cast.data_dir / "archivos" / "clientes" / made["uuid"]
    method = [("_method", "PUT")]
    first = cliente(
        send(cast.admin, path, method, {"foto_perfil": encoded("PNG"), "ci_anverso": encoded("PNG")})
    )
    assert first["version"] == 2
    (before,) = {file.name for file in folder.iterdir()} - {name_of(cast, made, "ci_anverso")}
    second = cliente(send(cast.admin, path, method, {"foto_perfil": encoded("WEBP")}))
    assert second["version"] == 3
    assert before not in {file.name for file in folder.iterdir()}
    assert {file.name for file in folder.iterdir()} == {
        name_of(cast, made, "foto_perfil"),
        name_of(cast, made, "ci_anverso"),
    }
    # A field that is there and empty, as text; and null in JSON.
    gone = cliente(send(cast.admin, path, [*method, ("foto_perfil", "")]))
    assert (gone["foto_perfil"], gone["ci_anverso"] is None) == (None, False)
    gone = cliente(cast.admin.put(path, json={"ci_anverso": None}))
    assert [gone[campo] for campo in IMAGENES] == [None] * 3
    assert list(folder.iterdir()) == []


def name_of(cast: Cast, made: dict[str, Any], campo: str) -> str:
    """The name of the file that a client's row names."""
    key: str = cast.db.fetchval(f"SELECT {campo} FROM clientes WHERE id = $1::uuid", made["uuid"])
    return Path(key).name


def test_a_seller_hands_in_what_he_may_not_read(cast: Cast) -> None:
    made = cliente(send(cast.vendedora, PATH, [("nombre", "X")], dict.fromkeys(IMAGENES, encoded("PNG"))))
    assert (made["foto_perfil"] is None, made["ci_anverso"], made["ci_reverso"]) == (False, None, None)
    assert name_of(cast, made, "ci_anverso")
    assert cast.vendedora.get(f"{PATH}/{made['id']}/imagenes/ci_anverso").status_code == 403


def test_one_file_that_is_no_image_and_nothing_is_stored(cast: Cast, db: Database) -> None:
    name = "Con una foto mala"
    large = b"\xff\xd8" + b"x" * (5 * 1024 * 1024)
    for bad, fields in (
        ({"ci_anverso": b"<svg/>"}, ["ci_anverso"]),
        ({"ci_anverso": b""}, []),
        ({"ci_reverso": large}, ["ci_reverso"]),
        ({"ci_anverso": large, "ci_reverso": large}, ["ci_anverso", "ci_reverso"]),
        ({"ci_anverso": b"GIF89a", "foto_perfil": b"%PDF-1.7"}, ["ci_anverso", "foto_perfil"]),
    ):
        before = len(list((cast.data_dir / "archivos").rglob("*.jpg")))
        answer = send(cast.admin, PATH, [("nombre", name)], {"foto_perfil": encoded("PNG"), **bad})
        if fields:
            assert (answer.status_code, set(answer.json()["errors"])) == (422, set(fields)), answer.text
            assert len(list((cast.data_dir / "archivos").rglob("*.jpg"))) == before
            assert db.fetchval("SELECT count(*) FROM clientes WHERE nombre = $1", name) == 0
        else:
            # A part that is named and empty is a file of nothing.
            assert answer.status_code == 422, answer.text


def test_a_photo_without_a_file_name_is_a_text(cast: Cast) -> None:
    head = '--XX\r\nContent-Disposition: form-data; name="foto_perfil"\r\nContent-Type: image/png\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    for content in (encoded("PNG"), b"x" * 100_000, b"foto"):
        body = head.encode() + content + b"\r\n" + form([("nombre", "X")])
        refused(cast.admin.post(PATH, content=body, headers=headers), "foto_perfil")


def test_a_refused_client_leaves_no_file(cast: Cast) -> None:
    before = len(list((cast.data_dir / "archivos").rglob("*.jpg")))
    photos = {"foto_perfil": encoded("PNG")}
    refused(send(cast.admin, PATH, [("nombre", "X"), ("localidad_id", "999999999")], photos), "localidad_id")
    answer = send(cast.vendedora, PATH, [("nombre", "X"), ("limite_credito", "5")], photos)
    assert answer.status_code == 403
    assert len(list((cast.data_dir / "archivos").rglob("*.jpg"))) == before


def test_a_body_over_its_limit_is_413(cast: Cast) -> None:
    many = {f"f{number}": b"x" * (5 * 1024 * 1024) for number in range(4)}
    answer = send(cast.admin, PATH, [("nombre", "X")], many)
    assert (answer.status_code, answer.json()["code"]) == (413, "cuerpo_demasiado_grande")
    assert answer.json()["success"] is False
