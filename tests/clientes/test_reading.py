"""`GET /api/clientes` and `GET /api/clientes/{id}`: who sees whom, filters, order, pages (spec 2, CONTRACT §12)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.clientes.test_creating import PATH

Make = Callable[..., dict[str, Any]]


def listed(person: Persona, **query: Any) -> dict[str, Any]:
    """What a list answers."""
    answer = person.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["success"] is True
    data: dict[str, Any] = said["data"]
    return data


def names(person: Persona, **query: Any) -> list[str]:
    """The names in a list."""
    return [client["nombre"] for client in listed(person, **query)["clientes"]]


@pytest.fixture
def word() -> str:
    """A word that finds only what its test made."""
    return f"zq{uuid.uuid4().hex[:8]}"


def test_a_customer_reads_himself_and_nobody_else(cast: Cast, new_record: Make) -> None:
    own = cast.cliente.get(f"{PATH}/{cast.cliente.cliente_id}").json()["data"]["cliente"]
    assert own["uuid"] == cast.cliente.cliente_id
    assert own["user"]["name"] == cast.cliente.nombre
    assert (own["user"]["uuid"], own["user"]["usernick"]) == (cast.cliente.usuario_id, None)
    assert cast.cliente.get(f"{PATH}/{own['id']}").status_code == 200
    for ref in (cast.otra_cliente.cliente_id, new_record()["id"], uuid.uuid4(), 10**15):
        answer = cast.cliente.get(f"{PATH}/{ref}")
        assert (answer.status_code, answer.json()["code"]) == (403, "prohibido")


def test_a_record_without_login_has_no_user(cast: Cast, new_record: Make) -> None:
    made = new_record()
    found = cast.soporte.get(f"{PATH}/{made['id']}").json()["data"]["cliente"]
    assert found == made
    assert found["user"] is None


def test_a_list_shows_whom_the_caller_may_see(cast: Cast, new_record: Make, word: str) -> None:
    new_record(nombre=f"{word} a", vendedor_asignado_id=cast.vendedora.usuario_id)
    new_record(nombre=f"{word} b", vendedor_asignado_id=cast.otro_vendedor.usuario_id)
    new_record(nombre=f"{word} c")
    assert names(cast.vendedora, q=word) == [f"{word} a", f"{word} c"]
    assert names(cast.otro_vendedor, q=word) == [f"{word} b", f"{word} c"]
    assert names(cast.soporte, q=word) == [f"{word} a", f"{word} b", f"{word} c"]
    assert listed(cast.admin, q=word)["total"] == 3
    everybody = listed(cast.vendedora, per_page=100)
    allowed = {None, cast.vendedora.usuario_id}
    assert {client["vendedor_asignado_id"] for client in everybody["clientes"]} <= allowed
    assert everybody["total"] < listed(cast.admin)["total"]


def test_a_listed_client_is_what_get_shows_but_for_what_belongs_to_him(
    cast: Cast, new_record: Make, localidad: dict[str, Any], word: str
) -> None:
    made = new_record(nombre=word, localidad_id=localidad["id"], email=f"{word}@example.com")
    (found,) = listed(cast.admin, q=word)["clientes"]
    parts = {"direcciones", "ventanas_entrega", "categorias", "cuentas_por_cobrar", "user"}
    assert found == {field: value for field, value in made.items() if field not in parts}


def test_names_sort_without_accents_and_case(cast: Cast, new_record: Make, word: str) -> None:
    for name in ("Óscar", "oruro", "Zoé", "ñandú", "Nube", "Álvaro"):
        new_record(nombre=f"{name} {word}")
    ordered = ["Álvaro", "ñandú", "Nube", "oruro", "Óscar", "Zoé"]
    assert [name.split()[0] for name in names(cast.admin, q=word)] == ordered
    down = names(cast.admin, q=word, order_by="nombre", order_dir="desc")
    assert [name.split()[0] for name in down] == ordered[::-1]


@pytest.mark.parametrize("order_by", ["id", "fecha_registro"])
def test_other_orders(cast: Cast, new_record: Make, word: str, order_by: str) -> None:
    for name in ("c", "a", "b"):
        new_record(nombre=f"{word} {name}", vendedor_asignado_id=cast.vendedora.usuario_id)
    for person in (cast.admin, cast.vendedora):
        assert names(person, q=word, order_by=order_by) == [f"{word} c", f"{word} a", f"{word} b"]
        down = names(person, q=word, order_by=order_by, order_dir="desc")
        assert down == [f"{word} b", f"{word} a", f"{word} c"]
        # The newest of all are there without a search too.
        assert names(person, order_by=order_by, order_dir="desc", per_page=1) == [f"{word} b"]


def test_active_inactive_all(cast: Cast, new_record: Make, word: str) -> None:
    new_record(nombre=f"{word} sí")
    new_record(nombre=f"{word} no", activo=False)
    assert (
        names(cast.admin, q=word) == names(cast.admin, q=word, activo="all") == [f"{word} no", f"{word} sí"]
    )
    assert names(cast.admin, q=word, activo=1) == [f"{word} sí"]
    assert names(cast.admin, q=word, activo=0) == [f"{word} no"]
    assert names(cast.vendedora, q=word, activo=0) == [f"{word} no"]
    counts = [listed(cast.admin, activo=value)["total"] for value in ("all", 1, 0)]
    assert counts[0] == counts[1] + counts[2]


def test_pages(cast: Cast, new_record: Make, word: str) -> None:
    for number in range(5):
        new_record(nombre=f"{word} {number}")
    data = listed(cast.admin, q=word, per_page=2, page=2)
    assert [client["nombre"] for client in data["clientes"]] == [f"{word} 2", f"{word} 3"]
    assert (data["total"], data["page"], data["per_page"]) == (5, 2, 2)
    past = listed(cast.admin, q=word, per_page=2, page=4)
    assert (past["clientes"], past["total"]) == ([], 5)
    # No record is on two pages or on none, also without a search.
    total = listed(cast.admin)["total"]
    seen = [
        client["uuid"]
        for page in range(1, total // 10 + 2)
        for client in listed(cast.admin, page=page, per_page=10)["clientes"]
    ]
    assert len(seen) == len(set(seen)) == total


def test_blank_parameters_are_the_defaults(cast: Cast) -> None:
    answer = cast.admin.get(f"{PATH}?q=&activo=&order_by=&order_dir=")
    assert answer.status_code == 200
    assert answer.json()["data"]["per_page"] == 20


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=abc", "page"),
        ("per_page=101", "per_page"),
        ("per_page=0", "per_page"),
        ("order_by=telefono", "order_by"),
        ("order_by=nombre%3B--", "order_by"),
        ("order_dir=up", "order_dir"),
        ("activo=si", "activo"),
        ("q=" + "x" * 201, "q"),
        ("q=%00", "q"),
    ],
)
def test_a_parameter_that_cannot_be_is_422(cast: Cast, query: str, field: str) -> None:
    answer = cast.admin.get(f"{PATH}?{query}")
    assert answer.status_code == 422, answer.text
    assert set(answer.json()["errors"]) == {field}
