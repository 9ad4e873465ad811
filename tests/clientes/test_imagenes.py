"""A client's images are shown to whom they concern, and each look at an identity card is written down (T-UP-5)."""

import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from clientela.clientes.images import CARDS, address
from clientela.clientes.model import IMAGENES
from clientela.core.actor import Actor
from clientela.identidad import links, signing
from clientela.identidad.signing import Keyring
from tests.cast import Cast, Persona
from tests.identidad.test_forged import claims_of
from tests.identidad.test_reset import RESET, plant
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.image_bricks import encoded
from tests.tools.server import SECRET

CONTENT: dict[str, bytes] = {campo: encoded("JPEG") + campo.encode() for campo in IMAGENES}
HEADERS = {
    "content-type": "image/jpeg",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, no-store",
    "cross-origin-resource-policy": "same-origin",
    "accept-ranges": "none",
}


@pytest.fixture(autouse=True)
def _keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign as the server does."""
    fresh = Keyring()
    fresh.load(SECRET)
    monkeypatch.setattr(signing, "keyring", fresh)


@pytest.fixture(scope="module")
def dueno(cast: Cast) -> Persona:
    """A customer with all three images, assigned to `vendedora`."""
    person = cast.new_cliente()
    cast.assign(person, cast.vendedora)
    for campo in IMAGENES:
        cast.plant_image(person.cliente_id, campo, CONTENT[campo])
    return person


def path(person: Persona, campo: str) -> str:
    return address(uuid.UUID(person.cliente_id), campo)


def actor(person: Persona) -> Actor:
    """The caller that the server would see: the session behind the person's token."""
    return Actor(
        usuario_id=uuid.UUID(person.usuario_id),
        numero=person.numero,
        tipo="cliente" if person.rol == "cliente" else "usuario",
        rol=person.rol,
        cliente_id=uuid.UUID(person.cliente_id) if person.cliente_id else None,
        nombre=person.nombre,
        correo=person.correo,
        sesion_id=uuid.UUID(claims_of(person.token or "")["jti"]),
    )


def link(person: Persona, owner: Persona, campo: str, *, ago: float = 0) -> str:
    """A signed address that somebody asked for some seconds ago."""
    return links.sign(actor(person), path(owner, campo), datetime.now(UTC) - timedelta(seconds=ago))


def views(db: Database, owner: Persona) -> list[tuple[str, str]]:
    """Who looked at which side of a client's identity card, in order."""
    rows = db.fetch(
        """SELECT actor_id::text, datos ->> 'campo' AS campo FROM auditoria
            WHERE accion = 'documento.visto' AND objeto_tipo = 'cliente' AND objeto_id = $1 ORDER BY id""",
        owner.cliente_id,
    )
    return [(row["actor_id"], row["campo"]) for row in rows]


WHO = {
    "anon": (401, 401), "dueno": (200, 200), "otra_cliente": (403, 403), "vendedora": (200, 403),
    "otro_vendedor": (403, 403), "tecnica": (403, 403), "soporte": (200, 403), "admin": (200, 200),
}  # fmt: skip


def person(cast: Cast, dueno: Persona, who: str) -> Persona:
    found: Persona = dueno if who == "dueno" else getattr(cast, who)
    return found


@pytest.mark.parametrize("campo", IMAGENES)
@pytest.mark.parametrize("who", WHO)
def test_who_sees_what_with_a_header(cast: Cast, db: Database, dueno: Persona, who: str, campo: str) -> None:
    caller, before = person(cast, dueno, who), views(db, dueno)
    answer = caller.get(path(dueno, campo))
    assert answer.status_code == WHO[who][campo in CARDS], answer.text
    seen = [(caller.usuario_id, campo)] if answer.status_code == 200 and campo in CARDS else []
    assert views(db, dueno) == before + seen
    if answer.status_code == 200:
        assert answer.content == CONTENT[campo]
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert re.fullmatch(r'inline; filename="[0-9a-f]{32}\.jpg"', answer.headers["content-disposition"])


@pytest.mark.parametrize("campo", IMAGENES)
@pytest.mark.parametrize("who", [who for who in WHO if who != "anon"])
def test_who_sees_what_with_a_link(cast: Cast, db: Database, dueno: Persona, who: str, campo: str) -> None:
    """A link opens what its session may open, no more: even one that nobody would have been given."""
    caller, before = person(cast, dueno, who), views(db, dueno)
    answer = cast.anon.get(link(caller, dueno, campo))
    assert answer.status_code == WHO[who][campo in CARDS], answer.text
    seen = [(caller.usuario_id, campo)] if answer.status_code == 200 and campo in CARDS else []
    assert views(db, dueno) == before + seen


def test_the_number_of_a_client_will_do(cast: Cast, db: Database, dueno: Persona) -> None:
    numero = db.fetchval("SELECT numero FROM clientes WHERE id = $1::uuid", dueno.cliente_id)
    assert cast.admin.get(f"/api/clientes/{numero}/imagenes/foto_perfil").content == CONTENT["foto_perfil"]


def test_what_is_not_there(cast: Cast, dueno: Persona, db: Database) -> None:
    for campo in ("observaciones", "id", "ci", "%2e%2e%2f", "foto_perfil%00", "ci_anverso%20"):
        answer = cast.admin.get(f"/api/clientes/{dueno.cliente_id}/imagenes/{campo}")
        assert answer.status_code == 404, (campo, answer.text)
    bare = cast.new_cliente()
    answer = cast.admin.get(path(bare, "ci_reverso"))
    assert (answer.status_code, answer.json()["code"]) == (404, "imagen_no_encontrada")
    assert answer.json()["success"] is False
    # A row without its file is a matter for `doctor`; to whoever asks, the image is not there.
    key = cast.plant_image(bare.cliente_id, "ci_reverso")
    (cast.data_dir / "archivos" / key).unlink()
    assert cast.admin.get(path(bare, "ci_reverso")).status_code == 404
    assert views(db, bare) == []
    db.execute("UPDATE clientes SET ci_reverso = NULL WHERE id = $1::uuid", bare.cliente_id)


def test_ranges_are_not_served(dueno: Persona) -> None:
    bomb = "bytes=" + ",".join(f"{n}-" for n in range(1500))
    for value in ("bytes=0-0", "bytes=-1", bomb, "bytes=5-1", "items=0-1"):
        answer = dueno.get(path(dueno, "foto_perfil"), headers={"Range": value})
        assert (answer.status_code, answer.content) == (200, CONTENT["foto_perfil"])
        assert "content-range" not in answer.headers


def test_each_time_that_a_card_is_shown_is_one_row(cast: Cast, db: Database, dueno: Persona) -> None:
    """Whole or not at all: no part of it, no "you have it already", and nothing seen by a HEAD."""
    before, place = views(db, dueno), path(dueno, "ci_anverso")
    asked = [
        {"Range": "bytes=0-9"},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Fri, 20 Nov 2099 00:00:00 GMT"},
        {"If-Range": '"x"', "Range": "bytes=0-9"},
        {"Idempotency-Key": "una"},
        {"Idempotency-Key": "una"},
    ]
    for headers in asked:
        answer = dueno.get(place, headers=headers)
        assert (answer.status_code, answer.content) == (200, CONTENT["ci_anverso"])
        assert {"etag", "last-modified"} & set(answer.headers) == set()
    assert views(db, dueno) == before + [(dueno.usuario_id, "ci_anverso")] * len(asked)
    head = dueno.head(place)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(CONTENT["ci_anverso"])
    assert {name: head.headers[name] for name in HEADERS} == HEADERS
    for method in ("POST", "PUT", "OPTIONS", "TRACE"):
        dueno.request(method, place)
    assert len(views(db, dueno)) == len(before) + len(asked)


def test_many_who_look_at_once_are_each_written_down(cast: Cast, db: Database, dueno: Persona) -> None:
    before = len(views(db, dueno))
    looks = [Request("GET", path(dueno, "ci_reverso"), token=dueno.token) for _ in range(12)]
    assert [answer.status for answer in burst(cast.base_url, looks)] == [200] * 12
    assert len(views(db, dueno)) == before + 12


def test_a_card_that_cannot_be_written_down_is_not_shown(cast: Cast, db: Database, dueno: Persona) -> None:
    before = len(views(db, dueno))
    db.execute("BEGIN")
    try:
        db.execute("LOCK TABLE auditoria IN EXCLUSIVE MODE")
        refused = dueno.get(path(dueno, "ci_anverso"))
        shown = dueno.get(path(dueno, "foto_perfil"))
    finally:
        db.execute("ROLLBACK")
    assert refused.status_code in {409, 503}
    assert CONTENT["ci_anverso"][-10:] not in refused.content
    assert shown.content == CONTENT["foto_perfil"]
    assert len(views(db, dueno)) == before


# --- the death of links ------------------------------------------------------------------------------------


def opens(cast: Cast, address_of_image: str) -> int:
    return cast.anon.get(address_of_image).status_code


def test_a_link_dies_of_age(cast: Cast, dueno: Persona) -> None:
    assert opens(cast, link(dueno, dueno, "ci_anverso", ago=290)) == 200
    assert opens(cast, link(dueno, dueno, "ci_anverso", ago=300)) == 401


def test_a_link_that_was_changed_is_dead(cast: Cast, dueno: Persona) -> None:
    good = link(dueno, dueno, "ci_anverso")
    for changed in (
        good.replace("ci_anverso", "ci_reverso"),
        good.replace(dueno.cliente_id, cast.cliente.cliente_id),
        good.replace("firma=", "firma=A"),
        good.partition("&")[0],
        good + "&x=1",
    ):
        assert opens(cast, changed) == 401
    assert opens(cast, good) == 200


def log_out(cast: Cast, device: Persona) -> None:
    assert device.post("/api/v1/auth/logout").status_code == 200


def change_password(cast: Cast, device: Persona) -> None:
    body = {"actual": device.contrasenia, "nueva": "otra-clave-larga-9"}
    assert device.post("/api/v1/auth/contrasenia", json=body).status_code == 200


def deactivate(cast: Cast, device: Persona) -> None:
    answer = cast.admin.patch(f"/api/v1/usuarios/{device.usuario_id}", json={"activo": False})
    assert answer.status_code == 200, answer.text


def deactivate_client(cast: Cast, device: Persona) -> None:
    answer = cast.admin.put(f"/api/clientes/{device.cliente_id}", json={"activo": False})
    assert answer.status_code == 200, answer.text


def end_from_another_device(cast: Cast, device: Persona) -> None:
    mine = claims_of(device.token or "")["jti"]
    assert device.again().delete(f"/api/v1/auth/sesiones/{mine}").status_code in {200, 204}


def reset_password(cast: Cast, device: Persona) -> None:
    body = {"token": plant(cast.db, device.usuario_id), "nuevaContrasenia": "otra-clave-larga-9"}
    assert cast.anon.post(RESET, json=body).status_code == 200


ENDS = [log_out, change_password, reset_password, deactivate, deactivate_client, end_from_another_device]


@pytest.mark.parametrize("end", ENDS)
def test_a_link_dies_with_its_session(cast: Cast, end: Callable[[Cast, Persona], None]) -> None:
    device = cast.new_cliente()
    cast.plant_image(device.cliente_id, "ci_anverso")
    good = link(device, device, "ci_anverso")
    assert [opens(cast, good) for _ in range(4)] == [200] * 4
    end(cast, device)
    # At once, on every process.
    assert [opens(cast, good) for _ in range(8)] == [401] * 8


def test_a_link_is_no_good_beside_another_persons_header(cast: Cast, dueno: Persona) -> None:
    good = link(dueno, dueno, "ci_anverso")
    assert cast.otra_cliente.get(good).status_code == 403
    assert cast.vendedora.get(good).status_code == 403
    assert httpx.get(cast.base_url + good, headers={"Authorization": "Bearer x.y.z"}).status_code == 401


def test_a_link_opens_nothing_else(cast: Cast, dueno: Persona) -> None:
    query = link(dueno, dueno, "ci_anverso").partition("?")[2]
    for other in (f"/clientes/{dueno.cliente_id}/carrito", "/api/v1/auth/yo", "/api/v1/productos"):
        assert opens(cast, f"{other}?{query}") == 401


def test_behind_the_password_wall_links_open_nothing(cast: Cast, dueno: Persona) -> None:
    device = cast.new_cliente()
    cast.plant_image(device.cliente_id, "foto_perfil")
    cast.db.execute(
        "UPDATE usuarios SET debe_cambiar_contrasenia = true WHERE id = $1::uuid", device.usuario_id
    )
    assert opens(cast, link(device, device, "foto_perfil")) == 403


def token_link(cast: Cast, dueno: Persona, habilidades: list[str]) -> tuple[int, str]:
    """The number of a new personal token and a link that it asked for."""
    made = cast.admin.post("/api/v1/tokens", json={"nombre": "enlaces", "habilidades": habilidades}).json()
    asking = Actor(uuid.uuid4(), 1, "usuario", "admin", None, "x", None, token_id=made["id"])
    return made["id"], links.sign(asking, path(dueno, "ci_anverso"), datetime.now(UTC))


def test_a_personal_token_asks_for_links_too(cast: Cast, dueno: Persona) -> None:
    number, good = token_link(cast, dueno, ["clientes:leer"])
    assert opens(cast, good) == 200
    assert cast.admin.delete(f"/api/v1/tokens/{number}").status_code == 200
    assert opens(cast, good) == 401
    assert opens(cast, token_link(cast, dueno, ["productos"])[1]) == 403


def test_who_is_given_which_links(cast: Cast, dueno: Persona) -> None:
    for who, expected in {
        "dueno": set(IMAGENES),
        "admin": set(IMAGENES),
        "vendedora": {"foto_perfil"},
        "soporte": {"foto_perfil"},
    }.items():
        shown = person(cast, dueno, who).get(f"/api/clientes/{dueno.cliente_id}").json()["data"]["cliente"]
        assert {campo for campo in IMAGENES if shown[campo]} == expected
        for address_given in (shown[campo] for campo in expected):
            assert opens(cast, address_given[address_given.index("/api/") :]) == 200
    bare = cast.new_cliente()
    shown = bare.get(f"/api/clientes/{bare.cliente_id}").json()["data"]["cliente"]
    assert [shown[campo] for campo in IMAGENES] == [None] * 3


# --- guessing ----------------------------------------------------------------------------------------------


def test_guesses_hit_nothing(cast: Cast, dueno: Persona) -> None:
    """A sample in every run; the nightly one asks a hundred thousand times."""
    assert guess(cast, dueno, 150) == set()


@pytest.mark.long
def test_a_hundred_thousand_guesses_hit_nothing(cast: Cast, dueno: Persona) -> None:
    assert guess(cast, dueno, 100_000) == set()


def guess(cast: Cast, dueno: Persona, count: int) -> set[int]:
    """Ask for images at addresses that nobody was given; the statuses that are no refusal."""
    product = cast.new_producto()["id"]
    until = int(time.time()) + 200
    statuses = set()
    for n in range(count):
        session, name = uuid.uuid4(), uuid.uuid4().hex
        statuses.add(
            cast.anon.get(
                f"{path(dueno, IMAGENES[n % 3])}?firma={name}{name[:11]}&sesion={session}&vence={until}"
                if n % 2
                else f"/api/v1/productos/{product}/imagenes/{name}.jpg"
            ).status_code
        )
    return statuses - {401, 404}


def test_the_storage_is_served_nowhere(cast: Cast, dueno: Persona) -> None:
    key = cast.db.fetchval("SELECT ci_anverso FROM clientes WHERE id = $1::uuid", dueno.cliente_id)
    for guess_of in (f"/{key}", f"/archivos/{key}", f"/storage/{key}", f"/docs/..%2f..%2farchivos%2f{key}"):
        assert cast.anon.get(guess_of).status_code == 404
    product = cast.new_producto()["id"]
    for name in (
        f"..%2f..%2f{key}".replace("/", "%2f"),
        key.replace("/", "%2f"),
        "%2e%2e",
        "..%5c..",
        "x.jpg%00",
    ):
        assert cast.anon.get(f"/api/v1/productos/{product}/imagenes/{name}").status_code == 404
