"""Nobody learns from the time of an answer whether an account exists (T-AU-3, D-8)."""

import itertools
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.cast import Cast
from tests.identidad.test_login import PANEL, V1, body
from tests.identidad.timing import Pair, measure, told_apart
from tests.tools.burst import Answer
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server
from tests.tools.wire import Wire

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

WRONG = "equivocada-9"
FORGOT = "/api/cliente/forgot-password"
GATE, NIGHTLY = 300, 1500
# Attempts that one address, and one account, may still make without being refused.
PER_IP, PER_ACCOUNT = 4, 16

Kind = Callable[[Database, str, int], list[str]]


def customers(db: Database, mark: str, count: int) -> list[str]:
    """Store customers with logins, quickly; return their e-mails."""
    db.execute(
        """WITH nuevos AS (
            SELECT gen_random_uuid() AS u, gen_random_uuid() AS c, $2 || n || '@example.com' AS correo
            FROM generate_series(1, $1::int) n),
        usuarias AS (
            INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, cliente_id, creado_en, actualizado_en)
            SELECT u, 'Cliente', 'cliente', correo,
                (SELECT contrasenia_hash FROM usuarios WHERE contrasenia_hash LIKE '$2b$04$%' LIMIT 1),
                c, now(), now() FROM nuevos),
        nombres AS (INSERT INTO identificadores (clave, usuario_id) SELECT correo, u FROM nuevos)
        INSERT INTO clientes (id, usuario_principal_id, nombre, email, creado_en, actualizado_en)
        SELECT c, u, 'Cliente', correo, now(), now() FROM nuevos""",
        count,
        mark,
    )
    return [f"{mark}{n}@example.com" for n in range(1, count + 1)]


def disabled(db: Database, mark: str, count: int) -> list[str]:
    """Store customers who may not log in."""
    made = customers(db, mark, count)
    db.execute("UPDATE usuarios SET activo = false WHERE correo = ANY ($1)", made)
    return made


def staff(db: Database, mark: str, count: int) -> list[str]:
    """Store members of staff."""
    db.execute(
        """WITH nuevos AS (
            SELECT gen_random_uuid() AS u, $2 || n || '@example.com' AS correo FROM generate_series(1, $1::int) n),
        nombres AS (INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, creado_en, actualizado_en)
            SELECT u, 'Soporte', 'soporte', correo,
                (SELECT contrasenia_hash FROM usuarios WHERE contrasenia_hash LIKE '$2b$04$%' LIMIT 1),
                now(), now() FROM nuevos)
        INSERT INTO identificadores (clave, usuario_id) SELECT correo, u FROM nuevos""",
        count,
        mark,
    )
    return [f"{mark}{n}@example.com" for n in range(1, count + 1)]


class Doors:
    """Warm connections, each from an address of its own, left for another before the address is used up."""

    def __init__(self, url: str, new_ip: Callable[[], str]) -> None:
        self.url, self.new_ip, self.left = url, new_ip, 0
        self.wire = Wire(url)

    def post(self, path: str, sent: dict[str, str], status: int) -> Callable[[], Answer]:
        """Make one request ready; the call sends it and reads its answer."""
        if self.left == 0:
            self.wire.close()
            self.wire, self.left = Wire(self.url, source_ip=self.new_ip()), PER_IP
            self.wire.request("GET", "/healthz")
        self.left -= 1
        wire, raw = self.wire, self.wire.encode("POST", path, json=sent)

        def send() -> Answer:
            answer = wire.exchange(raw)
            assert answer.status == status, answer
            return answer

        return send


def login_pairs(
    url: str, db: Database, new_ip: Callable[[], str], path: str, kind: Kind, count: int
) -> Callable[[], Iterator[Pair]]:
    """Make pairs of attempts at an unknown and at a known account, whose names differ in nothing else."""

    def pairs() -> Iterator[Pair]:
        mark = f"t{uuid.uuid4().hex[:10]}-"
        known = kind(db, mark, count // PER_ACCOUNT + 1)
        doors = Doors(url, new_ip)
        for n in range(count):
            name = known[n // PER_ACCOUNT]
            stranger = "u" + name[1:]
            yield (
                doors.post(path, body(path, stranger, WRONG), 401),
                doors.post(path, body(path, name, WRONG), 401),
            )
        doors.wire.close()

    return pairs


def forgot_pairs(
    url: str, db: Database, new_ip: Callable[[], str], count: int
) -> Callable[[], Iterator[Pair]]:
    """Make pairs of requests for a reset, of an unknown and of a known address."""

    def pairs() -> Iterator[Pair]:
        mark = f"t{uuid.uuid4().hex[:10]}-"
        doors = Doors(url, new_ip)
        for name in customers(db, mark, count):
            yield (
                doors.post(FORGOT, {"correo": "u" + name[1:]}, 200),
                doors.post(FORGOT, {"correo": name}, 200),
            )
        doors.wire.close()

    return pairs


LOGINS = [(V1, customers), (V1, disabled), (PANEL, staff)]
COUNTS = [GATE, pytest.param(NIGHTLY, marks=pytest.mark.long)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("path", "kind"), LOGINS)
def test_a_login_takes_as_long_for_an_unknown_account(
    cast: Cast, db: Database, new_ip: Callable[[], str], path: str, kind: Kind, count: int
) -> None:
    told, seen = told_apart(login_pairs(cast.base_url, db, new_ip, path, kind, count))
    assert not told, seen


def test_a_login_takes_as_long_while_hashes_are_older_than_the_cost(
    cast: Cast, db: Database, new_ip: Callable[[], str], start_server: Callable[..., Server]
) -> None:
    """Within a millisecond: the four hashes that make up the difference cost a fifth of one by being four more calls.

    An observer of a very quiet machine sees that much, until the hash is renewed at the next login; hence no ranks.
    """

    def shifted(*plant: str) -> bool:
        options = {"program": program(*plant)} if plant else {}
        raised = start_server(db.dsn, workers=1, bcrypt_costo="8", **options)
        seen = measure(login_pairs(raised.url, db, new_ip, V1, customers, GATE)())
        return abs(seen.shift) > max(1.0, seen.noise)

    assert not shifted()
    assert shifted("tests.identidad.plants:no_making_up"), "the difference itself must be seen"


@pytest.mark.parametrize("count", COUNTS)
def test_forgot_password_takes_as_long_for_an_unknown_address(
    cast: Cast, db: Database, new_ip: Callable[[], str], count: int
) -> None:
    told, seen = told_apart(forgot_pairs(cast.base_url, db, new_ip, count))
    assert not told, seen


@pytest.mark.parametrize(("plant", "cost"), [("no_dummy_hash", "8"), ("a_millisecond_more", "4")])
def test_control_a_difference_is_seen(
    cast: Cast,
    db: Database,
    new_ip: Callable[[], str],
    start_server: Callable[..., Server],
    plant: str,
    cost: str,
) -> None:
    planted = start_server(
        db.dsn, workers=1, bcrypt_costo=cost, program=program(f"tests.identidad.plants:{plant}")
    )
    told, seen = told_apart(login_pairs(planted.url, db, new_ip, V1, customers, GATE))
    assert told, seen
    assert all(found.auc > 0.5 for found in seen)


def test_control_a_message_made_in_the_request_is_seen(
    cast: Cast, db: Database, new_ip: Callable[[], str], start_server: Callable[..., Server]
) -> None:
    planted = start_server(
        db.dsn,
        workers=1,
        arguments=("--sin-trabajos",),
        program=program("tests.identidad.plants:reset_in_the_request"),
    )
    told, seen = told_apart(forgot_pairs(planted.url, db, new_ip, GATE))
    assert told, seen


def test_the_statistics_know_a_difference_from_none() -> None:
    import random  # noqa: PLC0415

    from tests.identidad.timing import compare  # noqa: PLC0415

    chance = random.Random(7)
    alike = [[chance.gauss(0.005, 0.001) for _ in range(1500)] for _ in range(2)]
    assert not compare(*alike).tells
    assert compare(alike[0], [value + 0.001 for value in alike[1]]).tells
    assert compare(alike[0], [value + 0.0002 for value in alike[1]]).tells
    counted = itertools.count()
    assert compare([next(counted) for _ in range(10)], [next(counted) for _ in range(10)]).auc == 1
