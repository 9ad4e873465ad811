"""One phone makes one login, and of two sets of windows that are submitted together one is there (§2.1)."""

import itertools
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.clientes.conftest import new_phone
from tests.clientes.test_forms import form
from tests.tools.burst import Answer, Request
from tests.tools.burst import burst as fire
from tests.tools.database import Database
from tests.tools.image_bricks import encoded
from tests.tools.planted import program
from tests.tools.server import Server

PATH = "/api/clientes"
PHOTO = encoded("PNG")
MANY = [100, pytest.param(2_000, marks=pytest.mark.long)]
Burst = Callable[..., list[Answer]]

LOGINS = "SELECT count(*) FROM identificadores WHERE clave = $1"
CLIENTS = "SELECT count(*) FROM clientes WHERE telefono_e164 = $1"
USERS = """
SELECT count(*) FROM usuarios WHERE celular_e164 = $1 OR usernick IN ($1, substr($1, 5))"""


def spellings(phone: str) -> list[str]:
    """The same phone as people type it."""
    return [phone, f"+591 {phone}", f"00591 {phone}", f"{phone[:3]}-{phone[3:]}"]


def creation(token: str | None, phone: str, number: int) -> Request:
    """A client with a login, whose phone is spelled in one way or another."""
    spelled = spellings(phone)[number % 4]
    body = {"nombre": f"Tienda {number}", "telefono": spelled, "crear_usuario": True}
    return Request("POST", PATH, json=body, token=token)


def make(cast: Cast, **fields: Any) -> dict[str, Any]:
    """A client without login."""
    answer = cast.admin.post(PATH, json={"nombre": "Tienda"} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]["cliente"]
    return made


def update(cast: Cast, made: dict[str, Any], **fields: Any) -> Request:
    """A change of a client by the administrator."""
    return Request("PUT", f"{PATH}/{made['id']}", json=fields, token=cast.admin.token)


# --- crear_usuario -----------------------------------------------------------------------------------------------


# Fifty are more than may wait for their passwords to be hashed: some are told to come again.
CROWDS = [(20, 100, {422}), pytest.param(50, 2_000, {422, 503}, marks=pytest.mark.long)]


@pytest.mark.parametrize(("crowd", "rounds", "noes"), CROWDS)
@pytest.mark.timeout(3600)
def test_many_creations_with_one_phone_make_one_login(
    burst: Burst, db: Database, cast: Cast, crowd: int, rounds: int, noes: set[int]
) -> None:
    for _ in range(rounds):
        phone = new_phone()
        answers = burst([creation(cast.admin.token, phone, number) for number in range(crowd)], settle=0.01)
        counts = Counter(answer.status for answer in answers)
        assert counts.pop(201) == 1
        assert counts.keys() <= noes
        for answer in answers:
            if answer.status == 422:
                assert answer.json()["errors"] == {"telefono": ["El celular ya está registrado"]}
        (login,) = (answer.json()["data"]["usuario"] for answer in answers if answer.status == 201)
        e164 = f"+591{phone}"
        assert [db.fetchval(sql, e164) for sql in (LOGINS, CLIENTS, USERS)] == [1, 1, 1]
        assert (
            db.fetchval("SELECT usuario_id::text FROM identificadores WHERE clave = $1", e164)
            == login["uuid"]
        )


@pytest.mark.parametrize("rounds", [20, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_staff_and_the_customer_himself_make_one_login(
    burst: Burst, db: Database, cast: Cast, rounds: int
) -> None:
    """The shop registers from its telephone while the seller enters it at the counter."""
    for _ in range(rounds):
        phone = new_phone()
        registrations = [
            Request(
                "POST",
                "/api/registrar-cliente",
                json={
                    "nombre": "Tienda",
                    "celular": phone,
                    "correo": f"r-{uuid.uuid4().hex}@example.com",
                    "contrasenia": "una-clave-larga-7",
                },
            )
            for _ in range(5)
        ]
        answers = burst([*registrations, *(creation(cast.admin.token, phone, n) for n in range(5))])
        assert sorted(answer.status for answer in answers).count(201) == 1
        assert {answer.status for answer in answers[:5]} <= {201, 409}
        assert {answer.status for answer in answers[5:]} <= {201, 422}
        assert [db.fetchval(sql, f"+591{phone}") for sql in (LOGINS, CLIENTS)] == [1, 1]


@pytest.mark.parametrize("rounds", [50, pytest.param(1_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_two_updates_at_once_make_one_login(burst: Burst, db: Database, cast: Cast, rounds: int) -> None:
    """Both are told yes: whoever comes second finds the login that there is."""
    for _ in range(rounds):
        phone = new_phone()
        made = make(cast, telefono=phone)
        answers = burst([update(cast, made, crear_usuario=True)] * 2, settle=0.01)
        assert [answer.status for answer in answers] == [200, 200], [answer.body for answer in answers]
        said = [answer.json()["data"] for answer in answers]
        assert ["usuario" in data for data in said].count(True) == 1
        assert {data["cliente"]["user"]["usernick"] for data in said} == {phone}
        assert db.fetchval(LOGINS, f"+591{phone}") == 1


@pytest.mark.parametrize("rounds", [20, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_of_two_clients_one_gets_the_login(burst: Burst, db: Database, cast: Cast, rounds: int) -> None:
    for _ in range(rounds):
        phone = new_phone()
        clients = [make(cast) for _ in range(2)]
        answers = burst([update(cast, made, crear_usuario=True, telefono=phone) for made in clients])
        assert Counter(answer.status for answer in answers) == {200: 1, 422: 1}
        # Who was refused is as he was.
        assert [db.fetchval(sql, f"+591{phone}") for sql in (LOGINS, CLIENTS)] == [1, 1]


def test_control_without_the_key_of_names_logins_multiply(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.races.plants:names_by_looking"))
    cast = Cast(server.url, database, server.data_dir)
    database.execute("ALTER TABLE identificadores DROP CONSTRAINT identificadores_pkey")
    counts = []
    for _ in range(10):
        phone = new_phone()
        fire(server.url, [creation(cast.admin.token, phone, number) for number in range(20)])
        counts.append(database.fetchval(LOGINS, f"+591{phone}"))
    assert max(counts) > 1


# --- windows -----------------------------------------------------------------------------------------------------

Hours = tuple[int, str, str]
MORNINGS: list[Hours] = [(day, "08:00", "12:00") for day in range(1, 6)]
# Two hours of the other set, so that a mixture is not merely a sum.
AFTERNOONS: list[Hours] = [(1, "08:00", "12:00"), (3, "08:00", "12:00"), (6, "14:00", "18:00")]
NOTHING: list[Hours] = []


def sent(hours: list[Hours]) -> list[dict[str, Any]]:
    return [{"dia_semana": day, "hora_inicio": begins, "hora_fin": ends} for day, begins, ends in hours]


def shown(client: dict[str, Any]) -> list[Hours]:
    return [(w["dia_semana"], w["hora_inicio"], w["hora_fin"]) for w in client["ventanas_entrega"]]


STORED = """
SELECT dia_semana, to_char(hora_inicio, 'HH24:MI') AS inicio, to_char(hora_fin, 'HH24:MI') AS fin
  FROM ventanas_entrega_cliente WHERE cliente_id = $1::uuid ORDER BY 1, 2"""


def stored(db: Database, made: dict[str, Any]) -> list[Hours]:
    return [tuple(row.values()) for row in db.fetch(STORED, made["uuid"])]


PAIRS = list(itertools.combinations([MORNINGS, AFTERNOONS, NOTHING], 2))


@pytest.mark.parametrize("rounds", MANY)
@pytest.mark.timeout(3600)
def test_of_two_sets_of_windows_one_is_there(burst: Burst, db: Database, cast: Cast, rounds: int) -> None:
    made = make(cast)
    for number in range(rounds):
        one, other = PAIRS[number % len(PAIRS)]
        replacements = [update(cast, made, ventanas_entrega=sent(hours)) for hours in (one, other)] * 5
        answers = burst(replacements, settle=0.01)
        assert [answer.status for answer in answers] == [200] * 10
        # Each is told of what it asked for, and the last of them is what stays.
        told = [shown(answer.json()["data"]["cliente"]) for answer in answers]
        assert told == [one, other] * 5
        last = max(answers, key=lambda answer: answer.json()["data"]["cliente"]["version"])
        assert stored(db, made) == shown(last.json()["data"]["cliente"])


def test_with_a_version_one_of_two_is_refused(burst: Burst, db: Database, cast: Cast) -> None:
    for _ in range(20):
        made = make(cast)
        answers = burst(
            [
                Request(
                    "PUT",
                    f"{PATH}/{made['id']}",
                    json={"ventanas_entrega": sent(hours)},
                    token=cast.admin.token,
                    headers={"If-Match": '"1"'},
                )
                for hours in (MORNINGS, AFTERNOONS)
            ]
        )
        assert sorted(answer.status for answer in answers) == [200, 412]
        (yes,) = (answer for answer in answers if answer.status == 200)
        assert stored(db, made) == shown(yes.json()["data"]["cliente"])


def test_different_fields_that_change_together_both_stay(burst: Burst, cast: Cast) -> None:
    for number in range(20):
        made = make(cast)
        changes: list[dict[str, Any]] = [
            {"nit": f"{number}"},
            {"razon_social": f"R {number}"},
            {"limite_credito": number},
            {"ventanas_entrega": sent(MORNINGS)},
        ]
        answers = burst([update(cast, made, **change) for change in changes])
        assert [answer.status for answer in answers] == [200] * 4
        found = cast.admin.get(f"{PATH}/{made['id']}").json()["data"]["cliente"]
        assert (found["nit"], found["razon_social"], found["limite_credito"]) == (
            f"{number}",
            f"R {number}",
            number,
        )
        assert shown(found) == MORNINGS


# --- photos ------------------------------------------------------------------------------------------------------


def photo(cast: Cast, made: dict[str, Any]) -> Request:
    """A new photo of a client."""
    return Request(
        "PUT",
        f"{PATH}/{made['id']}",
        body=form([], {"foto_perfil": PHOTO}),
        headers={"Content-Type": "multipart/form-data; boundary=XX"},
        token=cast.admin.token,
    )


def photos_of(cast: Cast, made: dict[str, Any]) -> tuple[set[str], set[str | None]]:
    """The files that a client has, and the one that his row names."""
    folder = cast.data_dir / "archivos" / "clientes" / made["uuid"]
    key = cast.db.fetchval("SELECT foto_perfil FROM clientes WHERE id = $1::uuid", made["uuid"])
    return {file.name for file in folder.iterdir()}, {key and key.rpartition("/")[2]}


def test_of_photos_that_are_sent_together_one_is_left(burst: Burst, cast: Cast) -> None:
    for _ in range(5):
        made = make(cast)
        answers = burst([photo(cast, made)] * 5)
        assert [answer.status for answer in answers] == [200] * 5
        there, named = photos_of(cast, made)
        assert there == named


def test_control_without_the_clients_lock_photos_are_left_behind(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.races.plants:unlocked_clients"))
    cast = Cast(server.url, database, server.data_dir)
    left = 0
    for _ in range(10):
        made = make(cast)
        fire(server.url, [photo(cast, made)] * 4)
        there, named = photos_of(cast, made)
        left += len(there - named)
    assert left > 0


# --- the control of all that leans on the client's lock ------------------------------------------------------------


def test_control_without_the_clients_lock_windows_mix_and_fields_are_lost(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.races.plants:unlocked_clients"))
    cast = Cast(server.url, database, server.data_dir)
    other = [(0, "09:00", "10:00"), (6, "20:00", "23:00")]
    mixed, lost = 0, 0
    for number in range(20):
        made = make(cast, ventanas_entrega=sent([(2, "10:00", "11:00")]))
        requests = [update(cast, made, ventanas_entrega=sent(hours)) for hours in (MORNINGS, other)]
        requests += [update(cast, made, nit=str(number)), update(cast, made, observaciones=str(number))]
        fire(server.url, requests)
        mixed += stored(database, made) not in (MORNINGS, other)
        found = cast.admin.get(f"{PATH}/{made['id']}").json()["data"]["cliente"]
        lost += (found["nit"], found["observaciones"]) != (str(number), str(number))
    assert mixed > 0
    assert lost > 0
