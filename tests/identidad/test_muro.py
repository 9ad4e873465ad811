"""The wall: who must change his password may do that, log out and ask who he is, and nothing else."""

from collections.abc import Callable

import pytest

from clientela.api.call import ROUTES
from clientela.api.permisos import REGLAS
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.test_login import PANEL, V1, body
from tests.tools.wait import wait_for

import clientela.app  # noqa: F401  isort: skip - it registers the routes

ALLOWED = {"POST /api/v1/auth/contrasenia", "POST /api/v1/auth/logout", "GET /api/v1/auth/yo"}
NOWHERE = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"


@pytest.fixture
def walled(new_cliente: Callable[..., Persona], cast: Cast) -> Persona:
    """A customer whose present session must change the password first."""
    customer = new_cliente()
    forced = cast.admin.patch(
        f"/api/v1/usuarios/{customer.usuario_id}", json={"debe_cambiar_contrasenia": True}
    )
    assert forced.status_code == 200
    return customer


def test_the_matrix_opens_exactly_three_routes() -> None:
    assert {key for key, rule in REGLAS.items() if rule.muro} == ALLOWED


def test_every_other_route_is_403(walled: Persona, cast: Cast) -> None:
    wait_for(
        lambda: walled.get("/api/v1/auth/yo").json()["debe_cambiar_contrasenia"], "the wall", seconds=1.5
    )
    fresh = walled.again()
    checked = 0
    for key, route in ROUTES.items():
        if REGLAS[key].alcance == "publico" or key in ALLOWED:
            continue
        path = route.path.replace("{cliente_id}", fresh.cliente_id)
        for name in ("usuario_id", "sesion_id", "producto_id", "ticket_id"):
            path = path.replace("{" + name + "}", NOWHERE)
        answer = fresh.request(route.method, path.replace("{token_id}", "1").replace("{tipo}", "reclamo"))
        assert (answer.status_code, answer.json()["code"]) == (403, "debe_cambiar_contrasenia"), key
        checked += 1
    assert checked >= 15


def test_logins_say_it_and_the_change_opens_the_wall(walled: Persona, cast: Cast) -> None:
    answer = cast.anon.post(V1, json=body(V1, walled.correo, PASSWORD))
    assert answer.json()["debe_cambiar_contrasenia"] is True
    answer = cast.anon.post(PANEL, json=body(PANEL, walled.correo, PASSWORD))
    with Persona(cast.base_url, answer.json()["access_token"]) as person:
        assert person.get("/api/v1/auth/sesiones").status_code == 403
        answer = person.post(
            "/api/v1/auth/contrasenia", json={"actual": PASSWORD, "nueva": "ya es solo mía 9"}
        )
        assert answer.status_code == 200
        assert answer.json()["debe_cambiar_contrasenia"] is False
    with Persona(cast.base_url, answer.json()["token"]) as free:
        assert free.get("/api/v1/auth/sesiones").status_code == 200
    answer = cast.anon.post(V1, json=body(V1, walled.correo, "ya es solo mía 9"))
    assert answer.json()["debe_cambiar_contrasenia"] is False


def test_logout_is_open_behind_the_wall(walled: Persona) -> None:
    assert walled.again().post("/api/v1/auth/logout").status_code == 200


def test_an_admins_new_password_must_be_changed(new_cliente: Callable[..., Persona], cast: Cast) -> None:
    customer = new_cliente()
    set_by_admin = {"contrasenia": "dictada por teléfono"}
    assert cast.admin.patch(f"/api/v1/usuarios/{customer.usuario_id}", json=set_by_admin).status_code == 200
    answer = cast.anon.post(V1, json=body(V1, customer.correo, "dictada por teléfono"))
    assert answer.status_code == 200
    assert answer.json()["debe_cambiar_contrasenia"] is True
