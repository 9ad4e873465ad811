"""Sessions: who one is, the list of one's own, logging out here, there and everywhere."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from clientela.identidad import recovery
from clientela.identidad.jobs import PURGE_AFTER
from tests.cast import Cast, Persona
from tests.identidad.services import call
from tests.tools.database import Database

ROOT = "/api/v1/auth/sesiones"


@pytest.mark.parametrize("name", ["cliente", "vendedora", "tecnica", "soporte", "admin"])
def test_yo_says_who_is_calling(cast: Cast, name: str, db: Database) -> None:
    person: Persona = getattr(cast, name)
    me = person.get("/api/v1/auth/yo").json()
    row = db.fetchrow("SELECT * FROM usuarios WHERE id = $1::uuid", person.usuario_id)
    assert me == {
        "usuario_id": person.usuario_id,
        "numero": row["numero"],
        "cliente_id": person.cliente_id or None,
        "tipo": "cliente" if name == "cliente" else "usuario",
        "rol": row["rol"],
        "nombre": row["nombre"],
        "correo": row["correo"],
        "debe_cambiar_contrasenia": False,
    }


def test_the_list_names_each_living_session_once(new_cliente: Callable[..., Persona], db: Database) -> None:
    customer = new_cliente()
    others = [customer.again() for _ in range(3)]
    db.execute(
        "UPDATE sesiones SET expira_en = now() WHERE id = (SELECT id FROM sesiones WHERE usuario_id = $1::uuid "
        "ORDER BY id DESC LIMIT 1)",
        customer.usuario_id,
    )
    answer = customer.get(ROOT, headers={"User-Agent": "irrelevante"})
    assert answer.status_code == 200
    page = answer.json()
    assert (page["total"], page["page"], page["per_page"]) == (3, 1, 20)
    assert [session["actual"] for session in page["items"]] == [False, False, True]
    assert set(page["items"][0]) == {"id", "ip", "agente", "creada_en", "expira_en", "actual"}
    assert page["items"][0]["ip"] in {other.source_ip for other in others}
    assert page["items"][0]["agente"].startswith("python-httpx")
    assert page["items"][0]["creada_en"].endswith("Z")
    small = others[0].get(ROOT, params={"page": 2, "per_page": 2}).json()
    assert (len(small["items"]), small["total"], small["page"]) == (1, 3, 2)


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=101", "per_page=0", "page=-1"])
def test_pages_that_cannot_be_are_422(cast: Cast, query: str) -> None:
    assert cast.cliente.get(f"{ROOT}?{query}").status_code == 422


def test_logout_ends_this_session_only(new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    other = customer.again()
    answer = customer.post("/api/v1/auth/logout")
    assert (answer.status_code, answer.json()) == (200, {"sesiones_terminadas": 1})
    assert other.get("/api/v1/auth/yo").status_code == 200
    assert other.get(ROOT).json()["total"] == 1


def test_one_of_my_sessions_can_be_ended_from_another(new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    other = customer.again()
    session = next(s for s in other.get(ROOT).json()["items"] if not s["actual"])
    answer = other.delete(f"{ROOT}/{session['id']}")
    assert (answer.status_code, answer.json()) == (200, {"sesiones_terminadas": 1})
    assert other.delete(f"{ROOT}/{session['id']}").status_code == 404
    assert other.get(ROOT).json()["total"] == 1


@pytest.mark.parametrize("name", ["1", "x", "0190a6b2", str(uuid.uuid4())])
def test_a_session_that_is_not_mine_is_404(cast: Cast, name: str) -> None:
    assert cast.cliente.delete(f"{ROOT}/{name}").status_code == 404


def test_nobody_ends_anothers_session(new_cliente: Callable[..., Persona], cast: Cast) -> None:
    customer, stranger = new_cliente(), new_cliente()
    session = customer.get(ROOT).json()["items"][0]["id"]
    for person in (stranger, cast.admin):
        answer = person.delete(f"{ROOT}/{session}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_encontrado")
    assert customer.get("/api/v1/auth/yo").status_code == 200


def test_logging_out_everywhere(new_cliente: Callable[..., Persona], db: Database) -> None:
    customer = new_cliente()
    for _ in range(2):
        customer.again()
    answer = customer.delete(ROOT)
    assert (answer.status_code, answer.json()) == (200, {"sesiones_terminadas": 3})
    living = "SELECT count(*) FROM sesiones WHERE usuario_id = $1::uuid AND terminada_en IS NULL"
    assert db.fetchval(living, customer.usuario_id) == 0


def test_what_is_over_long_since_is_forgotten(new_cliente: Callable[..., Persona], db: Database) -> None:
    customer, fresh = new_cliente(), new_cliente()
    db.execute(
        "UPDATE sesiones SET creada_en = creada_en - $2::interval, expira_en = expira_en - $2::interval "
        "WHERE usuario_id = $1::uuid",
        customer.usuario_id,
        timedelta(days=61),
    )
    more = call(db, lambda pool: recovery.purge(pool, pool.now() - PURGE_AFTER, 1000))
    assert not more
    count = "SELECT count(*) FROM sesiones WHERE usuario_id = $1::uuid"
    assert db.fetchval(count, customer.usuario_id) == 0
    assert db.fetchval(count, fresh.usuario_id) == 1
