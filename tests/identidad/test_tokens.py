"""Personal access tokens: shown once, hashed, bounded by abilities, role and expiry (CONTRACT §2, §12)."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Persona
from tests.tools.database import Database
from tests.tools.wait import wait_for

ROOT = "/api/v1/tokens"
YO = "/api/v1/auth/yo"


def make(cast: Cast, *abilities: str, **fields: Any) -> dict[str, Any]:
    """A token of the admin's."""
    sent = {"nombre": "Integración", "habilidades": list(abilities) or ["*"]} | fields
    answer = cast.admin.post(ROOT, json=sent)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def get(server: str, path: str, token: str, *, method: str = "GET", **more: Any) -> httpx.Response:
    return httpx.request(method, server + path, headers={"Authorization": f"Bearer {token}"}, **more)


def test_a_token_is_shown_once_and_kept_as_a_hash(cast: Cast, server: str, db: Database) -> None:
    made = make(cast)
    assert set(made) == {"id", "token"}
    number, _, secret = made["token"].partition("|")
    assert int(number) == made["id"]
    assert len(secret) == 43
    row = db.fetchrow("SELECT * FROM tokens_personales WHERE id = $1", made["id"])
    assert row["hash"] == hashlib.sha256(secret.encode()).hexdigest()
    assert get(server, YO, made["token"]).json()["usuario_id"] == cast.admin.usuario_id
    assert httpx.get(server + YO, headers={"Authorization": made["token"]}).status_code == 200
    listed = cast.admin.get(ROOT).json()["items"][0]
    assert set(listed) == {
        "id", "nombre", "usuario_id", "habilidades", "creado_en", "expira_en", "revocado_en",
    }  # fmt: skip
    assert (listed["id"], listed["habilidades"], listed["revocado_en"]) == (made["id"], ["*"], None)


def test_worthless_spellings_are_401(cast: Cast, server: str) -> None:
    made = make(cast)
    number, _, secret = made["token"].partition("|")
    for token in (
        f"{number}|{secret[:-1]}",
        f"{number}|{secret}x",
        f"{number}|{secret.swapcase()}",
        f"0{number}|{secret}",
        f"{int(number) + 1000}|{secret}",
        f"-{number}|{secret}",
        f"{'9' * 19}|{secret}",
        f"{number}||{secret}",
        f"{number}|",
        f"|{secret}",
        secret,
    ):
        answer = get(server, YO, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_autenticado"), token


def test_abilities_bound_what_a_token_may_do(cast: Cast, server: str) -> None:
    reading = make(cast, "productos:leer")["token"]
    assert get(server, "/api/v1/productos", reading).status_code == 200
    refused = get(server, "/api/v1/productos", reading, method="POST", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "habilidad_insuficiente")
    for path in (YO, "/api/v1/usuarios", ROOT, "/api/v1/auditoria", "/api/v1/organizacion"):
        answer = get(server, path, reading)
        assert (answer.status_code, answer.json()["code"]) == (403, "habilidad_insuficiente"), path
    whole = make(cast, "productos", "usuarios:escribir")["token"]
    assert get(server, "/api/v1/productos", whole, method="POST", json={}).status_code == 422
    assert get(server, "/api/v1/usuarios", whole).status_code == 403


def test_a_token_makes_no_tokens_and_touches_no_sessions(cast: Cast, server: str) -> None:
    token = make(cast)["token"]
    for method, path, sent in (
        ("POST", ROOT, {"nombre": "otra", "habilidades": ["*"]}),
        ("POST", "/api/v1/auth/logout", None),
        ("DELETE", "/api/v1/auth/sesiones", None),
        ("POST", "/api/v1/auth/contrasenia", {"actual": "x", "nueva": "otra distinta 77"}),
    ):
        answer = get(server, path, token, method=method, json=sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "requiere_sesion"), path
    assert get(server, "/api/v1/auth/sesiones", token).json()["items"][0]["actual"] is False


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"nombre": ""}, "nombre"),
        ({"nombre": "x" * 101}, "nombre"),
        ({"habilidades": []}, "habilidades"),
        ({"habilidades": "*"}, "habilidades"),
        ({"habilidades": ["productos", "volar"]}, "habilidades.1"),
        ({"habilidades": ["productos:borrar"]}, "habilidades.0"),
        # Nobody needs a token for what is open to all.
        ({"habilidades": ["publico"]}, "habilidades.0"),
        ({"habilidades": [5]}, "habilidades.0"),
        ({"expira_en": "mañana"}, "expira_en"),
        ({"expira_en": "2020-01-01T00:00:00Z"}, "expira_en"),
        ({"usuario_id": "x"}, "usuario_id"),
    ],
)
def test_wrong_fields_are_named(cast: Cast, fields: dict[str, Any], field: str) -> None:
    answer = cast.admin.post(ROOT, json={"nombre": "X", "habilidades": ["*"]} | fields)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}


def test_a_token_dies_when_it_expires(cast: Cast, server: str, db: Database) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    token = make(cast, expira_en=soon)["token"]
    assert get(server, YO, token).status_code == 200
    wait_for(lambda: get(server, YO, token).status_code == 401, "expiry", seconds=4)


def test_an_expiry_without_offset_is_the_organisations(cast: Cast, db: Database) -> None:
    made = make(cast, expira_en="2099-06-01T12:00:00")
    found = db.fetchval("SELECT expira_en FROM tokens_personales WHERE id = $1", made["id"])
    assert found == datetime(2099, 6, 1, 16, tzinfo=UTC)


def test_revoking_is_for_good_and_may_be_repeated(cast: Cast, server: str) -> None:
    made = make(cast)
    assert get(server, YO, made["token"]).status_code == 200
    first = cast.admin.delete(f"{ROOT}/{made['id']}")
    assert first.status_code == 200
    assert first.json()["revocado_en"] is not None
    assert cast.admin.delete(f"{ROOT}/{made['id']}").json() == first.json()
    wait_for(lambda: get(server, YO, made["token"]).status_code == 401, "the revocation", seconds=1)
    for unknown in ("0", "999999999", "x", "-1", "9" * 30):
        assert cast.admin.delete(f"{ROOT}/{unknown}").status_code == 404


def test_only_admins_come_near(cast: Cast) -> None:
    for person in (cast.cliente, cast.vendedora, cast.tecnica, cast.soporte):
        assert person.get(ROOT).status_code == 403
        assert person.post(ROOT, json={"nombre": "X", "habilidades": ["*"]}).status_code == 403
        assert person.delete(f"{ROOT}/1").status_code == 403


def test_a_token_follows_its_owners_fate(
    cast: Cast, server: str, new_usuario: Callable[..., Persona]
) -> None:
    owner = new_usuario("admin")
    token = owner.post(ROOT, json={"nombre": "X", "habilidades": ["*"]}).json()["token"]
    assert get(server, "/api/v1/usuarios", token).status_code == 200
    assert (
        cast.admin.patch(f"/api/v1/usuarios/{owner.usuario_id}", json={"rol": "soporte"}).status_code == 200
    )
    wait_for(lambda: get(server, YO, token).status_code == 401, "the owner's fall", seconds=1)


def test_the_log_names_what_was_done(cast: Cast) -> None:
    made = make(cast, "productos:leer")
    cast.admin.delete(f"{ROOT}/{made['id']}")
    page = cast.admin.get("/api/v1/auditoria", params={"objeto_tipo": "token", "objeto_id": str(made["id"])})
    assert page.status_code == 200
    items = page.json()["items"]
    assert [item["tipo"] for item in items] == ["token.revocado", "token.creado"]
    assert items[1]["datos"] == {"habilidades": ["productos:leer"]}
    assert items[1]["actor_id"] == cast.admin.usuario_id
    assert page.json()["next"] is None


def test_a_key_makes_one_token_and_shows_it_again(cast: Cast, server: str, db: Database) -> None:
    sent = {"nombre": f"Una vez {uuid.uuid4().hex}", "habilidades": ["productos:leer"]}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (cast.admin.post(ROOT, json=sent, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert db.fetchval("SELECT count(*) FROM tokens_personales WHERE nombre = $1", sent["nombre"]) == 1
    assert get(server, "/api/v1/productos", first.json()["token"]).status_code == 200
    secret = first.json()["token"].partition("|")[2]
    kept = " ".join(row["fila"] for row in db.fetch("SELECT t::text AS fila FROM idempotencia t"))
    assert secret not in kept
    assert secret.encode().hex() not in kept
