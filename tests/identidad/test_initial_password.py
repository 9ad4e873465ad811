"""The phone as a first password: behind a wall, for three days, not to be sprayed (RELIABILITY D-6, CONTRACT §2)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clientela.core.limits import Limit
from clientela.identidad.attempts import SPRAY
from tests.cast import PASSWORD, Cast, Persona
from tests.clientes.conftest import new_email, new_phone, new_record
from tests.identidad.mailroom import LINK
from tests.identidad.test_login import CASTELLA, PANEL, V1, body
from tests.identidad.test_reset import mails_to, reset
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wait import wait_for

CHANGE = "/api/v1/auth/contrasenia"
OWN = "ya es solo mía 9"

__all__ = ["new_record"]

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def shop(new_record: Make) -> dict[str, Any]:
    """A record whose login staff have just made: name and password are its phone."""
    return new_record(telefono=new_phone(), email=new_email(), crear_usuario=True)


@pytest.fixture
def owner(client_from: Callable[..., Persona], fresh_ip: str) -> Persona:
    """Whoever comes from an address of his own."""
    return client_from(fresh_ip)


def enter(person: Persona, phone: str, password: str | None = None) -> Any:
    """Log in with a phone, and with the same phone as the password unless told otherwise."""
    return person.post(V1, json=body(V1, phone, password or phone))


def age(db: Database, phone: str, hours: float) -> None:
    """Bring the end of an initial password nearer."""
    db.execute(
        """UPDATE usuarios SET clave_inicial_vence_en = clave_inicial_vence_en - make_interval(secs => $2)
            WHERE celular_e164 = '+591' || $1""",
        phone,
        hours * 3600,
    )


# --- the wall ------------------------------------------------------------------------------------------------


def test_the_phone_opens_nothing_but_the_change_of_the_password(
    server: str, owner: Persona, shop: dict[str, Any], cast: Cast
) -> None:
    phone = shop["telefono"]
    answer = enter(owner, phone)
    assert (answer.status_code, answer.json()["debe_cambiar_contrasenia"]) == (200, True)
    with Persona(server, answer.json()["token"]) as walled:
        for path in (f"/api/clientes/{shop['id']}", f"/clientes/{shop['uuid']}/carrito", "/api/v1/tickets"):
            refused = walled.get(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "debe_cambiar_contrasenia")
        assert walled.get("/api/v1/auth/yo").json()["debe_cambiar_contrasenia"] is True
        # Not the phone again, in no spelling; whatever stands in front of it.
        for same in (phone, f"+591{phone}", f"+591 {phone[:4]} {phone[4:]}", f"591-{phone}"):
            answer = walled.post(CHANGE, json={"actual": phone, "nueva": same})
            assert (answer.status_code, set(answer.json()["errors"])) == (422, {"nueva"}), same
        answer = walled.post(CHANGE, json={"actual": phone, "nueva": OWN})
        assert answer.status_code == 200
        assert answer.json()["debe_cambiar_contrasenia"] is False
        wait_for(lambda: walled.get("/api/v1/auth/yo").status_code == 401, "the end of the first session")
    with Persona(server, answer.json()["token"]) as free:
        assert free.get(f"/api/clientes/{shop['id']}").status_code == 200
    assert enter(owner, phone).status_code == 401
    assert enter(owner, phone, OWN).json()["debe_cambiar_contrasenia"] is False


@pytest.mark.parametrize("spelling", ["{}", "+591 {}", "+591{}"])
def test_the_name_has_many_spellings_and_the_password_one(
    owner: Persona, shop: dict[str, Any], spelling: str
) -> None:
    name = spelling.format(shop["telefono"])
    assert enter(owner, name, shop["telefono"]).status_code == 200
    assert owner.post(PANEL, json=body(PANEL, name, shop["telefono"])).status_code == 200
    assert enter(owner, shop["telefono"], name).status_code == (200 if spelling == "{}" else 401)


@pytest.mark.parametrize("door", ["V1", "PANEL", "CASTELLA"])
def test_no_door_shows_the_customer_to_whoever_knows_his_phone(
    owner: Persona, shop: dict[str, Any], door: str
) -> None:
    """Spec 5's login without a token shows name, e-mail and address: not before the password is his own."""
    path = {"V1": V1, "PANEL": PANEL, "CASTELLA": CASTELLA}[door]
    sent = body(path, shop["telefono"], shop["telefono"]) | ({"gethash": False} if door == "CASTELLA" else {})
    answer = owner.post(path, json=sent)
    assert shop["email"] not in answer.text
    if door == "CASTELLA":
        assert (answer.status_code, answer.json()["code"]) == (403, "debe_cambiar_contrasenia")
    else:
        assert answer.status_code == 200
    assert owner.post(
        CASTELLA, json=body(CASTELLA, shop["telefono"], shop["telefono"]) | {"gethash": True}
    ).json()["token"]


# --- its end -------------------------------------------------------------------------------------------------


def test_it_is_good_for_three_days(shop: dict[str, Any], db: Database) -> None:
    ends = db.fetchval(
        "SELECT clave_inicial_vence_en FROM usuarios WHERE celular_e164 = '+591' || $1", shop["telefono"]
    )
    left = ends - datetime.now(UTC)
    assert timedelta(hours=71, minutes=59) < left <= timedelta(hours=72)


def test_past_its_end_it_is_a_wrong_password(
    server: str, owner: Persona, shop: dict[str, Any], db: Database, cast: Cast
) -> None:
    phone = shop["telefono"]
    age(db, phone, 71.9)
    token = enter(owner, phone).json()["token"]
    age(db, phone, 0.2)
    answer = enter(owner, phone)
    assert (answer.status_code, answer.json()["code"]) == (401, "credenciales_invalidas")
    never = enter(owner, new_phone())
    assert {k: v for k, v in answer.json().items() if k != "request_id"} == {
        k: v for k, v in never.json().items() if k != "request_id"
    }
    # A session that it opened in time is behind the wall, and the password proves nothing any more.
    with Persona(server, token) as late:
        refused = late.post(CHANGE, json={"actual": phone, "nueva": OWN})
        assert (refused.status_code, set(refused.json()["errors"])) == (422, {"actual"})
        assert late.get(f"/api/clientes/{shop['id']}").status_code == 403
    # It counts as a failure like any other.
    assert [enter(owner, phone).status_code for _ in range(4)] == [401, 401, 401, 429]


def test_staff_help_past_its_end(
    owner: Persona, shop: dict[str, Any], db: Database, cast: Cast, serving: Server
) -> None:
    phone, path = shop["telefono"], f"/api/clientes/{shop['id']}"
    age(db, phone, 73)
    # `crear_usuario` never touches a password that is there.
    assert cast.admin.put(path, json={"crear_usuario": True}).status_code == 200
    assert enter(owner, phone).status_code == 401
    given = cast.admin.patch(
        f"/api/v1/usuarios/{shop['user']['id']}", json={"contrasenia": "dictada por teléfono"}
    )
    assert given.status_code == 200
    answer = enter(owner, phone, "dictada por teléfono")
    assert (answer.status_code, answer.json()["debe_cambiar_contrasenia"]) == (200, True)
    # Or he helps himself, with the link that goes to his e-mail.
    owner.post("/api/cliente/forgot-password", json={"correo": shop["email"]})
    message = wait_for(lambda: mails_to(serving, shop["email"]), "the mail")[0].get_content()
    assert reset(owner, LINK.findall(message)[0]).status_code == 200


def test_who_has_chosen_his_own_is_not_concerned(owner: Persona, shop: dict[str, Any], db: Database) -> None:
    token = enter(owner, shop["telefono"]).json()["token"]
    with Persona(owner.server_url, token) as walled:
        assert walled.post(CHANGE, json={"actual": shop["telefono"], "nueva": OWN}).status_code == 200
    ends = "SELECT clave_inicial_vence_en FROM usuarios WHERE celular_e164 = '+591' || $1"
    assert db.fetchval(ends, shop["telefono"]) is None


def test_update_never_resets_a_password(owner: Persona, shop: dict[str, Any], cast: Cast) -> None:
    token = enter(owner, shop["telefono"]).json()["token"]
    with Persona(owner.server_url, token) as walled:
        assert walled.post(CHANGE, json={"actual": shop["telefono"], "nueva": OWN}).status_code == 200
    for change in ({"crear_usuario": True}, {"crear_usuario": True, "telefono": new_phone()}):
        assert cast.admin.put(f"/api/clientes/{shop['id']}", json=change).status_code == 200
    assert enter(owner, shop["email"], OWN).status_code == 200
    assert enter(owner, shop["telefono"]).status_code == 401


# --- without it ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def careful(db: Database, scratch: Any) -> Iterator[Server]:
    """A server where a phone is never a password."""
    with Server(scratch / "careful", db.dsn, workers=1, settings={"clave_inicial": "aleatoria"}) as running:
        yield running


def create(server: Server, cast: Cast, **fields: Any) -> dict[str, Any]:
    """Make a record with a login through this server."""
    with Persona(server.url, cast.admin.token) as admin:
        answer = admin.post("/api/clientes", json={"nombre": "Tienda", "crear_usuario": True} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def test_the_random_setting_sends_a_link_for_the_first_password(
    careful: Server, serving: Server, cast: Cast, new_ip: Callable[[], str]
) -> None:
    phone, email = new_phone(), new_email()
    made = create(careful, cast, telefono=phone, email=email)
    assert made["usuario"]["usernick"] == phone
    # Both servers work on one database: either may have sent it.
    sent = wait_for(lambda: mails_to(careful, email) + mails_to(serving, email), "the link")
    with Persona(careful.url, source_ip=new_ip()) as owner:
        assert enter(owner, phone).status_code == 401
        assert enter(owner, email, phone).status_code == 401
        assert reset(owner, LINK.findall(sent[0].get_content())[0], OWN).status_code == 200
        answer = enter(owner, phone, OWN)
        assert (answer.status_code, answer.json()["debe_cambiar_contrasenia"]) == (200, False)
        assert answer.json()["cliente_id"] == made["cliente"]["uuid"]


def test_the_random_setting_without_an_e_mail_needs_an_administrator(
    careful: Server, cast: Cast, new_ip: Callable[[], str]
) -> None:
    phone = new_phone()
    made = create(careful, cast, telefono=phone)
    with Persona(careful.url, source_ip=new_ip()) as owner:
        assert enter(owner, phone).status_code == 401
        with Persona(careful.url, cast.admin.token) as admin:
            given = admin.patch(
                f"/api/v1/usuarios/{made['usuario']['id']}", json={"contrasenia": "dictada 99"}
            )
        assert given.status_code == 200
        answer = enter(owner, phone, "dictada 99")
        assert (answer.status_code, answer.json()["debe_cambiar_contrasenia"]) == (200, True)


# --- the bucket of the whole installation --------------------------------------------------------------------


@pytest.fixture
def own(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> tuple[Cast, Server, Database]:
    """An installation of the test's own, with two processes: a spray concerns everybody."""
    database = new_database()
    running = start_server(database.dsn)
    return Cast(running.url, database, running.data_dir), running, database


def tried(phone: str, ip: str, path: str = V1) -> Request:
    """One who tries a phone as its own password."""
    return Request("POST", path, json=body(path, phone, phone), source_ip=ip)


def misses(new_ip: Callable[[], str], count: int) -> list[Request]:
    """Phones that nobody has, each from an address of its own, over all three doors."""
    return [tried(new_phone(), new_ip(), (V1, PANEL, CASTELLA)[n % 3]) for n in range(count)]


def test_twenty_failures_close_every_phone_password(
    own: tuple[Cast, Server, Database], new_ip: Callable[[], str]
) -> None:
    cast, running, database = own
    waiting = create(running, cast, telefono=new_phone(), email=new_email())["cliente"]
    hasty, changed = (
        create(running, cast, telefono=new_phone(), email=new_email())["cliente"] for _ in range(2)
    )
    customer = cast.new_cliente()
    with Persona(running.url, source_ip=new_ip()) as person:
        opened = enter(person, hasty["telefono"]).json()["token"]
        token = enter(person, changed["telefono"]).json()["token"]
    with Persona(running.url, token) as walled:
        answer = walled.post(CHANGE, json={"actual": changed["telefono"], "nueva": OWN})
        free = answer.json()["token"]

    statuses = [answer.status for answer in burst(running.url, misses(new_ip, 60))]
    assert (statuses.count(401), statuses.count(429)) == (20, 40)

    with Persona(running.url, source_ip=new_ip()) as person:
        # Right or wrong, in whatever spelling, by whatever name: refused.
        for name in (waiting["telefono"], f"+591 {waiting['telefono']}", waiting["email"]):
            answer = enter(person, name, waiting["telefono"])
            assert (answer.status_code, answer.json()["code"]) == (429, "demasiados_intentos")
            assert 590 <= int(answer.headers["retry-after"]) <= 600
        # Nobody else is concerned.
        assert person.post(V1, json=body(V1, customer.correo, PASSWORD)).status_code == 200
        assert enter(person, changed["telefono"], OWN).status_code == 200
        assert enter(person, new_phone(), "otra cosa").status_code == 401
    # What phone passwords opened since it began is closed; what their owners made their own is not.
    with Persona(running.url, opened) as walled:
        wait_for(
            lambda: walled.get("/api/v1/auth/yo").status_code == 401, "the end of the session", seconds=2
        )
    with Persona(running.url, free) as mine:
        assert mine.get(f"/api/clientes/{changed['id']}").status_code == 200

    alarms = database.fetch("SELECT datos FROM auditoria WHERE accion = 'login.rociado'")
    assert [row["datos"] for row in alarms] == ['{"sesiones_terminadas": 1}']
    events = "SELECT count(*) FROM eventos WHERE flujo = 'rol:admin' AND tipo = 'login.rociado'"
    assert database.fetchval(events) == 1

    database.execute(
        "UPDATE limites SET ocurrido_en = ocurrido_en - interval '601 seconds' WHERE clave = $1",
        Limit("rociado", "", *SPRAY).key,
    )
    with Persona(running.url, source_ip=new_ip()) as person:
        assert enter(person, waiting["telefono"]).status_code == 200


def test_the_change_of_a_password_is_a_door_like_the_others(
    own: tuple[Cast, Server, Database], new_ip: Callable[[], str]
) -> None:
    cast, running, _ = own
    shop = create(running, cast, telefono=new_phone())["cliente"]
    with Persona(running.url, source_ip=new_ip()) as person:
        token = enter(person, shop["telefono"]).json()["token"]
    burst(running.url, misses(new_ip, 20))
    with Persona(running.url, token) as walled:
        answer = walled.post(CHANGE, json={"actual": shop["telefono"], "nueva": OWN})
        assert (answer.status_code, answer.json()["code"]) == (429, "demasiados_intentos")
        wait_for(
            lambda: walled.get("/api/v1/auth/yo").status_code == 401, "the end of the session", seconds=2
        )


def test_successes_use_up_no_place(own: tuple[Cast, Server, Database], new_ip: Callable[[], str]) -> None:
    """A morning on which fifty shops come in for the first time is no spray."""
    cast, running, database = own
    phones = [create(running, cast, telefono=new_phone())["cliente"]["telefono"] for _ in range(50)]
    for start in range(0, 50, 10):
        answers = burst(running.url, [tried(phone, new_ip()) for phone in phones[start : start + 10]])
        assert {answer.status for answer in answers} == {200}
    assert database.fetchval("SELECT count(*) FROM auditoria WHERE accion = 'login.rociado'") == 0
