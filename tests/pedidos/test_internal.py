"""`GET /internal/clients/{id}`: for programs of the house, and administrators (spec 4, CONTRACT §7)."""

import uuid
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.test_carts import refused


def path_of(client: Persona) -> str:
    """Where a client is read."""
    return f"/internal/clients/{client.cliente_id}"


def program(cast: Cast, *abilities: str) -> Persona:
    """The administrator's program with these abilities."""
    body = {"nombre": "prueba", "habilidades": abilities}
    answer = cast.admin.post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return Persona(cast.base_url, answer.json()["token"])


def test_it_says_whose_the_client_is_and_where(alice: Persona, cast: Cast) -> None:
    path = f"/api/v1/clientes/{alice.cliente_id}/direcciones"

    def read() -> dict[str, Any]:
        answer = cast.admin.get(path_of(alice))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert read() == {
        "id": alice.cliente_id,
        "usuario_principal_id": alice.usuario_id,
        "vendedor_asignado_id": cast.vendedora.usuario_id,
        "ubicacion": None,
        "sucursales": [],
    }
    cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"latitud": -17.1, "longitud": -63.1})
    assert read()["ubicacion"] == {"lat": -17.1, "lng": -63.1}
    made = [
        cast.admin.post(path, json={"direccion": name, "es_principal": principal} | place).json()
        for name, principal, place in (
            ("Sin coordenadas", False, {}),
            ("Norte", False, {"latitud": -17.3, "longitud": -63.3}),
            ("Casa", True, {"latitud": -17.2, "longitud": -63.2}),
            ("Cerrada", False, {"latitud": -17.4, "longitud": -63.4, "activa": False}),
        )
    ]
    found = read()
    assert found["ubicacion"] == {"lat": -17.2, "lng": -63.2}
    assert found["sucursales"] == [
        {"id": made[1]["uuid"], "direccion": "Norte", "es_principal": False,
         "ubicacion": {"lat": -17.3, "lng": -63.3}},
        {"id": made[2]["uuid"], "direccion": "Casa", "es_principal": True,
         "ubicacion": {"lat": -17.2, "lng": -63.2}},
    ]  # fmt: skip


@pytest.mark.parametrize("abilities", [("internal",), ("internal:leer",), ("*",)])
def test_the_ability_opens_it(alice: Persona, cast: Cast, abilities: tuple[str, ...]) -> None:
    assert program(cast, *abilities).get(path_of(alice)).json()["id"] == alice.cliente_id


def test_nothing_else_does(alice: Persona, cast: Cast) -> None:
    for abilities in (("clientes", "pedidos"), ("internal:escribir",)):
        refused(program(cast, *abilities).get(path_of(alice)), 403, "habilidad_insuficiente")
    for who in (alice, cast.vendedora, cast.soporte, cast.tecnica):
        refused(who.get(path_of(alice)), 403, "prohibido")
    refused(cast.anon.get(path_of(alice)), 401, "no_autenticado")
    # The ability opens this and nothing beside it.
    assert program(cast, "internal").get("/orders/me").status_code == 403


def test_who_is_not_there(cast: Cast) -> None:
    for missing in (str(uuid.uuid4()), "no-es-un-id"):
        refused(cast.admin.get(f"/internal/clients/{missing}"), 404, "no_encontrado")
