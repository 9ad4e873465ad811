"""The throttles of password checks, exact under every kind of parallelism (T-AU-1, T-RL-1; CONTRACT §2, §12)."""

import time
import uuid
from collections.abc import Callable

import pytest

from clientela.core.limits import Limit
from clientela.identidad.attempts import PER_IP
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.test_login import CASTELLA, PANEL, V1, body
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

WRONG = "equivocada-9"


def wrong(ip: str, name: str | None = None, path: str = V1, **more: str) -> Request:
    """One wrong attempt; without a name, at an account that does not exist."""
    name = name or f"{uuid.uuid4().hex}@example.com"
    return Request("POST", path, json=body(path, name, WRONG), source_ip=ip, **more)  # type: ignore[arg-type]


def tally(answers: list[Answer]) -> dict[int, int]:
    """Count answers by status."""
    return {status: sum(a.status == status for a in answers) for status in {a.status for a in answers}}


def hammer(server: str, ip: str, names: list[str | None]) -> dict[int, int]:
    """Fire 200 wrong attempts at the three logins at once; every 429 must say when to come back."""
    paths = (V1, PANEL, CASTELLA)
    answers = burst(server, [wrong(ip, names[n % len(names)], paths[n % 3]) for n in range(200)])
    for answer in answers:
        if answer.status == 429:
            # Of two processes one may read its clock a moment before the other.
            assert 1 <= int(answer.headers["retry-after"]) <= 601
            assert answer.json()["code"] == "demasiados_intentos"
    return tally(answers)


def check_exact(
    server: str, new_ip: Callable[[], str], new_cliente: Callable[..., Persona], runs: int
) -> None:
    """Wrong attempts at one known account, at unknown ones and at both: 5 are checked, every time."""
    known = new_cliente().celular
    for run in range(runs):
        # A name of its own for each run: the account has a limit too.
        choices: tuple[list[str | None], ...] = ([f"6{run:07}"], [None], [None, known if run < 3 else None])
        names = choices[run % 3]
        assert hammer(server, new_ip(), names) == {401: 5, 429: 195}


def test_of_200_parallel_wrong_attempts_five_are_checked(
    server: str, new_ip: Callable[[], str], new_cliente: Callable[..., Persona]
) -> None:
    check_exact(server, new_ip, new_cliente, 6)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_of_200_parallel_wrong_attempts_five_are_checked_50_times(
    server: str, new_ip: Callable[[], str], new_cliente: Callable[..., Persona]
) -> None:
    check_exact(server, new_ip, new_cliente, 50)


def test_control_a_limiter_without_a_lock_lets_more_through(
    db: Database, start_server: Callable[..., Server], new_ip: Callable[[], str]
) -> None:
    planted = start_server(db.dsn, workers=1, program=program("tests.identidad.plants:naive_limit"))
    checked = [hammer(planted.url, new_ip(), [None]).get(401, 0) for _ in range(3)]
    assert max(checked) > 5, checked


def test_a_success_gives_its_place_back_and_resets_nothing(
    new_cliente: Callable[..., Persona], client_from: Callable[..., Persona], fresh_ip: str
) -> None:
    customer, client = new_cliente(), client_from(fresh_ip)

    def attempt(password: str) -> int:
        return client.post(V1, json=body(V1, customer.correo, password)).status_code

    assert [attempt(PASSWORD) for _ in range(12)] == [200] * 12
    assert [attempt(WRONG) for _ in range(4)] == [401] * 4
    assert [attempt(PASSWORD) for _ in range(3)] == [200] * 3
    assert attempt(WRONG) == 401
    # From here on every attempt is refused, the right password too.
    assert [attempt(p) for p in (PASSWORD, WRONG, PASSWORD)] == [429] * 3


def test_successes_in_parallel_all_get_through(
    server: str, new_cliente: Callable[..., Persona], fresh_ip: str
) -> None:
    customer = new_cliente()
    right = Request("POST", V1, json=body(V1, customer.correo, PASSWORD), source_ip=fresh_ip)
    assert tally(burst(server, [right] * 16)) == {200: 16}


def test_one_address_does_not_lock_another_out(
    new_cliente: Callable[..., Persona], client_from: Callable[..., Persona], new_ip: Callable[[], str]
) -> None:
    customer = new_cliente()
    attacker, owner = client_from(new_ip()), client_from(new_ip())
    for _ in range(5):
        attacker.post(V1, json=body(V1, customer.correo, WRONG))
    assert attacker.post(V1, json=body(V1, customer.correo, PASSWORD)).status_code == 429
    assert owner.post(V1, json=body(V1, customer.correo, PASSWORD)).status_code == 200


def test_forwarded_addresses_of_strangers_are_not_believed(
    client_from: Callable[..., Persona], fresh_ip: str
) -> None:
    client = client_from(fresh_ip)
    statuses = [
        client.post(V1, json=body(V1, unknown(), WRONG), headers={"X-Forwarded-For": f"9.9.9.{n}"})
        for n in range(7)
    ]
    assert [answer.status_code for answer in statuses] == [401] * 5 + [429] * 2


def test_a_believed_proxy_counts_each_client_behind_it(
    db: Database,
    start_server: Callable[..., Server],
    new_ip: Callable[[], str],
    client_from: Callable[..., Persona],
) -> None:
    proxy = new_ip()
    behind = start_server(db.dsn, workers=1, proxies=proxy)
    with Persona(behind.url, source_ip=proxy) as client:
        for n in range(7):
            answer = client.post(
                V1, json=body(V1, unknown(), WRONG), headers={"X-Forwarded-For": f"9.8.7.{n}"}
            )
            assert answer.status_code == 401
        # All of an IPv6 /64 is one subscriber.
        found = [
            client.post(
                V1,
                json=body(V1, unknown(), WRONG),
                headers={"X-Forwarded-For": f"2001:db8:{proxy.split('.')[3]}:2::{n:x}"},
            ).status_code
            for n in range(7)
        ]
    assert found == [401] * 5 + [429] * 2


def unknown() -> str:
    """The e-mail of nobody, of each call its own: an account is throttled whether it exists or not."""
    return f"nadie-{uuid.uuid4().hex}@example.com"


def key_of(ip: str) -> str:
    """The limiter's key of an address."""
    return Limit("login_ip", ip, *PER_IP).key


def age(db: Database, ip: str, seconds: float) -> None:
    """Make the failures of an address older."""
    db.execute(
        "UPDATE limites SET ocurrido_en = ocurrido_en - make_interval(secs => $2) WHERE clave = $1",
        key_of(ip),
        seconds,
    )


def test_who_waits_as_long_as_he_was_told_gets_in(
    new_cliente: Callable[..., Persona], client_from: Callable[..., Persona], fresh_ip: str, db: Database
) -> None:
    customer, client = new_cliente(), client_from(fresh_ip)
    for _ in range(5):
        client.post(V1, json=body(V1, customer.correo, WRONG))
    refused = client.post(V1, json=body(V1, customer.correo, PASSWORD))
    assert refused.status_code == 429
    assert 590 <= int(refused.headers["Retry-After"]) <= 600
    age(db, fresh_ip, 597)
    refused = client.post(V1, json=body(V1, customer.correo, PASSWORD))
    assert refused.status_code == 429
    seconds = int(refused.headers["Retry-After"])
    assert 1 <= seconds <= 3
    time.sleep(seconds)
    assert client.post(V1, json=body(V1, customer.correo, PASSWORD)).status_code == 200


def test_no_boundary_of_windows_yields_ten(
    server: str, client_from: Callable[..., Persona], fresh_ip: str, db: Database
) -> None:
    """Three failures fall out of the window, two stay: three places are free, not five."""
    client = client_from(fresh_ip)
    for _ in range(3):
        client.post(V1, json=body(V1, unknown(), WRONG))
    age(db, fresh_ip, 540)
    for _ in range(2):
        client.post(V1, json=body(V1, unknown(), WRONG))
    age(db, fresh_ip, 61)
    assert tally(burst(server, [wrong(fresh_ip) for _ in range(20)])) == {401: 3, 429: 17}


def test_the_count_survives_a_restart_and_a_kill(
    new_database: Callable[[], Database], start_server: Callable[..., Server], fresh_ip: str
) -> None:
    database = new_database()
    first = start_server(database.dsn)
    assert tally(burst(first.url, [wrong(fresh_ip) for _ in range(3)])) == {401: 3}
    first.kill()
    second = start_server(database.dsn)
    assert tally(burst(second.url, [wrong(fresh_ip) for _ in range(9)])) == {401: 2, 429: 7}
    second.stop()
    third = start_server(database.dsn, workers=1)
    assert tally(burst(third.url, [wrong(fresh_ip)])) == {429: 1}


@pytest.mark.parametrize("exists", [True, False])
def test_an_account_bears_twenty_failures_an_hour_whether_or_not_it_exists(
    server: str, new_cliente: Callable[..., Persona], new_ip: Callable[[], str], exists: bool
) -> None:
    customer = new_cliente()
    # Whatever name the account is called by, it is one account.
    names = [customer.correo, customer.celular, f"+591 {customer.celular}"]
    if not exists:
        number = uuid.uuid4().int % 10_000_000
        names = [f"6{number:07}", f"+591 6{number:07}", f"+5916{number:07}"]
    attempts = [wrong(new_ip(), names[n % 3]) for n in range(60)]
    assert tally(burst(server, attempts)) == {401: 20, 429: 40}
    with Persona(server, source_ip=new_ip()) as owner:
        answer = owner.post(V1, json=body(V1, names[0], PASSWORD))
    assert answer.status_code == 429
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600


def test_a_wrong_present_password_counts_as_a_failed_login(
    cast: Cast, new_cliente: Callable[..., Persona], fresh_ip: str, server: str
) -> None:
    customer = new_cliente()
    with Persona(server, customer.token, source_ip=fresh_ip) as client:
        change = {"actual": WRONG, "nueva": "otra-distinta-77"}
        found = [client.post("/api/v1/auth/contrasenia", json=change).status_code for _ in range(6)]
        assert found == [422] * 5 + [429]
        assert client.post(V1, json=body(V1, customer.correo, PASSWORD)).status_code == 429
