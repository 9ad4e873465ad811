"""Localities and client categories in v1: staff read them, administrators write (CONTRACT §4, §12)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast

LOCALITIES = "/api/v1/localidades"
CATEGORIES = "/api/v1/categorias-cliente"


def code() -> str:
    return f"C-{uuid.uuid4().hex[:10]}"


def everything(cast: Cast, path: str) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        said = cast.soporte.get(path, params={"per_page": 100, "page": page}).json()
        found += said["items"]
        if len(found) >= said["total"]:
            return found
        page += 1


def test_a_locality_is_made_changed_and_listed(cast: Cast) -> None:
    sent = {"nombre": "  Santa Cruz de la Sierra ", "codigo": code()}
    answer = cast.admin.post(LOCALITIES, json=sent)
    assert answer.status_code == 201
    made = answer.json()
    assert made == {"id": made["id"], "nombre": "Santa Cruz de la Sierra", "codigo": sent["codigo"]}
    answer = cast.admin.patch(f"{LOCALITIES}/{made['id']}", json={"nombre": "Santa Cruz"})
    assert answer.status_code == 200
    assert answer.json() == made | {"nombre": "Santa Cruz"}
    assert made | {"nombre": "Santa Cruz"} in everything(cast, LOCALITIES)
    assert cast.admin.patch(f"{LOCALITIES}/{made['id']}", json={}).json() == answer.json()


def test_a_category_is_made_changed_and_listed(cast: Cast) -> None:
    key = code()
    answer = cast.admin.post(CATEGORIES, json={"clave": key, "nombre": "Mayorista"})
    assert answer.status_code == 201
    made = answer.json()
    assert made == {"id": made["id"], "clave": key, "nombre": "Mayorista", "activo": True}
    answer = cast.admin.patch(f"{CATEGORIES}/{made['id']}", json={"activo": False})
    assert answer.json() == made | {"activo": False}
    assert made | {"activo": False} in everything(cast, CATEGORIES)


@pytest.mark.parametrize("path", [LOCALITIES, CATEGORIES])
def test_lists_are_by_name_without_accents_or_case(cast: Cast, path: str) -> None:
    field = "codigo" if path == LOCALITIES else "clave"
    marks = [code() for _ in range(3)]
    for name, mark in zip(("álamo", "Zona", "Bermejo"), marks, strict=True):
        assert cast.admin.post(path, json={"nombre": name, field: mark}).status_code == 201
    found = [item["nombre"] for item in everything(cast, path) if item[field] in marks]
    assert found == ["álamo", "Bermejo", "Zona"]


@pytest.mark.parametrize(
    ("path", "field", "refusal"),
    [(LOCALITIES, "codigo", "localidad_en_uso"), (CATEGORIES, "clave", "categoria_en_uso")],
)
def test_a_code_is_unique_in_any_case(cast: Cast, path: str, field: str, refusal: str) -> None:
    first, second = code(), code()
    body = {"nombre": "Una", field: first}
    assert cast.admin.post(path, json=body).status_code == 201
    other = cast.admin.post(path, json=body | {field: second}).json()
    for answer in (
        cast.admin.post(path, json=body | {field: first.lower()}),
        cast.admin.patch(f"{path}/{other['id']}", json={field: first.upper()}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, refusal)
        assert set(answer.json()["errors"]) == {field}


@pytest.mark.parametrize("path", [LOCALITIES, CATEGORIES])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nombre": ""}, "nombre"),
        ({"nombre": None}, "nombre"),
        ({"nombre": "x" * 101}, "nombre"),
        ({"nombre": "a\tb"}, "nombre"),
        ({"otro": 1}, "otro"),
        ({"id": 5}, "id"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, path: str, body: dict[str, Any], field: str) -> None:
    key = "codigo" if path == LOCALITIES else "clave"
    answer = cast.admin.post(path, json={"nombre": "Una", key: code()} | body)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", [LOCALITIES, CATEGORIES])
@pytest.mark.parametrize("ref", ["999999999", "0", "abc", "9" * 30])
def test_what_is_not_there_is_404(cast: Cast, path: str, ref: str) -> None:
    answer = cast.admin.patch(f"{path}/{ref}", json={"nombre": "Otra"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_encontrado")


def test_an_inactive_category_stays_where_it_was_given(
    cast: Cast, new_record: Callable[..., dict[str, Any]]
) -> None:
    category = cast.admin.post(CATEGORIES, json={"clave": code(), "nombre": "Vieja"}).json()
    made = new_record(categorias_ids=[category["id"], category["id"]])
    assert made["categorias"] == [category]
    cast.admin.patch(f"{CATEGORIES}/{category['id']}", json={"activo": False})
    found = cast.admin.get(f"/api/clientes/{made['id']}").json()["data"]["cliente"]
    assert found["categorias"] == [category | {"activo": False}]
