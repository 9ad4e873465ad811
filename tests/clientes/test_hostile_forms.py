"""Forms that no honest program sends, and some that do by mistake: read as they are, or refused; never a 500."""

import json
from typing import Any

import pytest

from clientela.clientes.model import IMAGENES
from tests.cast import Cast
from tests.clientes.test_creating import PATH
from tests.clientes.test_forms import cliente, form, send
from tests.tools.database import Database
from tests.tools.image_bricks import encoded

HEAD = "--XX\r\nContent-Disposition: form-data; "
HOSTILE = {
    "no boundary": ("multipart/form-data", form([("nombre", "X")])),
    "another boundary": ("multipart/form-data; boundary=YY", form([("nombre", "X")])),
    "an empty boundary": ("multipart/form-data; boundary=", form([("nombre", "X")])),
    "a long boundary": ("multipart/form-data; boundary=" + "x" * 201, form([("nombre", "X")])),
    "no end": ("multipart/form-data; boundary=XX", form([("nombre", "X")]).removesuffix(b"--XX--\r\n")),
    "nothing": ("multipart/form-data; boundary=XX", b""),
    "JSON": ("multipart/form-data; boundary=XX", b'{"nombre": "X"}'),
    "a part without a name": (
        "multipart/form-data; boundary=XX",
        f"{HEAD}x=1\r\n\r\nX\r\n--XX--\r\n".encode(),
    ),
    "a part without headers": ("multipart/form-data; boundary=XX", b"--XX\r\n\r\nX\r\n--XX--\r\n"),
    "an open bracket": ("multipart/form-data; boundary=XX", form([("nombre", "X"), ("a[b", "1")])),
    "a bracket first": ("multipart/form-data; boundary=XX", form([("nombre", "X"), ("[a]", "1")])),
    "too deep": ("multipart/form-data; boundary=XX", form([("nombre", "X"), ("a" + "[b]" * 40, "1")])),
    "too many parts": ("multipart/form-data; boundary=XX", form([("nombre", "X"), *[("a[]", "1")] * 500])),
    "NUL in a name": ("multipart/form-data; boundary=XX", form([("nombre", "X"), ("a\x00b", "1")])),
    "a long name": ("multipart/form-data; boundary=XX", form([("nombre", "X"), ("a" * 201, "1")])),
}


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_malformed_form_is_400(cast: Cast, what: str) -> None:
    kind, body = HOSTILE[what]
    answer = cast.admin.post(PATH, content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "formulario_invalido"), answer.text
    assert answer.json()["success"] is False


def test_of_a_repeated_field_the_last_counts(cast: Cast) -> None:
    first, last = encoded("PNG"), encoded("JPEG")
    fields = [("nombre", "Primero"), ("nombre", "Último"), ("nit", "1"), ("nit", "")]
    made = cliente(send(cast.admin, PATH, fields))
    assert (made["nombre"], made["nit"]) == ("Último", None)
    body = form([("nombre", "X")], {"foto_perfil": first}).removesuffix(b"--XX--\r\n")
    body += form([], {"foto_perfil": last})
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    made = cliente(cast.admin.post(PATH, content=body, headers=headers))
    assert len(list((cast.data_dir / "archivos" / "clientes" / made["uuid"]).iterdir())) == 1


def test_the_next_free_number_takes_no_place_that_is_taken(
    cast: Cast, categorias: list[dict[str, Any]]
) -> None:
    ids = [str(category["id"]) for category in categorias]
    fields = [("nombre", "X"), ("categorias_ids[1]", ids[0]), ("categorias_ids[]", ids[1])]
    assert cliente(send(cast.admin, PATH, fields))["categorias"] == categorias[:2]


def test_names_that_mean_nothing_here_are_ignored(cast: Cast) -> None:
    fields = [("nombre", "X"), ("a[b][c][d]", "1"), ("__proto__[admin]", "1"), ("id", "1"), ("_method", "x")]
    files = {"foto_perfil[]": b"x", "otra": b"y", "nombre": b"como archivo"}
    made = cliente(send(cast.admin, PATH, fields, files))
    assert (made["nombre"], [made[campo] for campo in IMAGENES]) == ("X", [None] * 3)


def test_a_form_and_its_json_are_one_request_to_a_key(cast: Cast, db: Database) -> None:
    name = f"Con llave {json.dumps(PATH)}"
    key = {"Idempotency-Key": f"formulario-{cast.admin.usuario_id}"}
    headers = {"Content-Type": "multipart/form-data; boundary=XX"} | key
    photos = {"foto_perfil": encoded("PNG")}
    first, again = (
        cast.admin.post(PATH, content=form([("nombre", name)], photos), headers=headers) for _ in range(2)
    )
    assert (first.status_code, first.content) == (201, again.content)
    assert db.fetchval("SELECT count(*) FROM clientes WHERE nombre = $1", name) == 1
    other = cast.admin.post(
        PATH, content=form([("nombre", name)], {"foto_perfil": encoded("JPEG")}), headers=headers
    )
    assert other.status_code == 422
    folder = cast.data_dir / "archivos" / "clientes" / cliente(first)["uuid"]
    assert len(list(folder.iterdir())) == 1
