"""T-AU: phones are sprayed over an installation whose logins have their phone as first password (RELIABILITY D-6).

A thousand shops were given a login and have not come in yet. An attacker with ten thousand phones, every shop's among
them, tries each as name and password, every time from another address and over every door. Whatever opens he uses at
once: he reads what he can, and chooses a password of his own. He begins blind: a thousand shops among the twenty
million mobile numbers of the country are not among the first twenty guesses.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.identidad.test_initial_password import CHANGE, OWN, create
from tests.identidad.test_login import CASTELLA, PANEL, V1, body
from tests.tools.addresses import fresh_address
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

BLIND = 20
SEED = 20_261_120


class Loot:
    """What an attack has brought: what was read, and whose password was changed."""

    def __init__(self) -> None:
        self.answers: dict[int, int] = {}
        self.read: set[str] = set()
        self.changed: set[str] = set()


def mobiles(count: int, rng: random.Random) -> list[str]:
    """Mobile numbers of Bolivia, no two alike."""
    return [str(number) for number in rng.sample(range(60_000_000, 80_000_000), count)]


def guess(phone: str, rng: random.Random) -> Request:
    """One guess, over any door, from an address that was never used."""
    path, more = rng.choice(
        [(V1, {}), (PANEL, {}), (CASTELLA, {"gethash": True}), (CASTELLA, {"gethash": False})]
    )
    return Request("POST", path, json=body(path, phone, phone) | more, source_ip=fresh_address())


def use(base_url: str, phone: str, answer: Answer, record: str | None, loot: Loot) -> None:
    """Do with what opened whatever can be done."""
    said = answer.json()
    if "cliente" in said:
        loot.read.add(phone)
    token = said.get("token") or said.get("access_token")
    if token is None:
        with Persona(base_url) as thief:
            token = thief.post(V1, json=body(V1, phone, phone)).json().get("token")
    with Persona(base_url, token) as thief:
        if thief.get(f"/api/clientes/{record}").status_code == 200:
            loot.read.add(phone)
        taken = thief.post(CHANGE, json={"actual": phone, "nueva": OWN})
    if taken.status_code == 200:
        loot.changed.add(phone)
        with Persona(base_url, taken.json()["token"]) as thief:
            if thief.get(f"/api/clientes/{record}").status_code == 200:
                loot.read.add(phone)


def spray(base_url: str, records: dict[str, str], guesses: int, together: int) -> Loot:
    """Try every phone, the right ones in any order after the first twenty; return what it brought."""
    rng = random.Random(SEED)
    others = [phone for phone in mobiles(guesses, rng) if phone not in records][: guesses - len(records)]
    rest = [*others[BLIND:], *records]
    rng.shuffle(rest)
    waves = [others[:BLIND], *(rest[start : start + together] for start in range(0, len(rest), together))]
    loot = Loot()
    for phones in waves:
        answers = burst(base_url, [guess(phone, rng) for phone in phones], settle=0.01)
        for phone, answer in zip(phones, answers, strict=True):
            loot.answers[answer.status] = loot.answers.get(answer.status, 0) + 1
            if answer.status in {200, 403}:
                use(base_url, phone, answer, records.get(phone), loot)
    return loot


def shops(running: Server, cast: Cast, count: int) -> dict[str, str]:
    """Give so many shops a login; their phones, and the numbers of their records."""
    phones = mobiles(count, random.Random(SEED + 1))
    return {
        phone: str(
            create(running, cast, telefono=phone, email=f"tienda-{phone}@example.com")["cliente"]["id"]
        )
        for phone in phones
    }


def check_nothing_is_read(
    running: Server, database: Database, accounts: int, guesses: int, together: int = 100
) -> Loot:
    """Spray, and look what it has brought, in the answers and in the database."""
    cast = Cast(running.url, database, running.data_dir)
    records = shops(running, cast, accounts)
    loot = spray(running.url, records, guesses, together)
    assert len(loot.read) == 0, f"{len(loot.read)} records read of {accounts}"
    assert len(loot.changed) == 0, f"{len(loot.changed)} passwords changed of {accounts}"
    still = (
        "SELECT count(*) FROM usuarios WHERE clave_inicial_vence_en IS NOT NULL AND debe_cambiar_contrasenia"
    )
    assert database.fetchval(still) == accounts
    # Twenty guesses were compared with a password, however many came at once and wherever from.
    assert loot.answers == {401: BLIND, 429: guesses - BLIND}
    assert database.fetchval("SELECT count(*) FROM auditoria WHERE accion = 'login.rociado'") == 1
    return loot


@pytest.mark.parametrize(
    ("accounts", "guesses"),
    [
        (50, 500),
        pytest.param(1_000, 10_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
def test_no_record_is_read(
    new_database: Callable[[], Database],
    start_server: Callable[..., Server],
    accounts: int,
    guesses: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = new_database()
    loot = check_nothing_is_read(start_server(database.dsn), database, accounts, guesses)
    with capsys.disabled():
        print(f"\n{accounts} accounts, {guesses} guesses: {loot.answers}, read {len(loot.read)}")  # noqa: T201


def test_control_without_the_bucket_every_record_is_read(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    planted = start_server(database.dsn, workers=1, program=program("tests.identidad.plants:no_spray_bucket"))
    with pytest.raises(AssertionError, match="30 records read of 30"):
        check_nothing_is_read(planted, database, 30, 150, together=15)


def test_who_guesses_right_among_the_first_twenty_is_thrown_out(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    """A lucky guess opens a session behind the wall, which ends with the alarm: unless it was used at once."""
    database = new_database()
    running = start_server(database.dsn)
    records = shops(running, Cast(running.url, database, running.data_dir), 5)
    rng = random.Random(SEED)
    lucky = burst(
        running.url, [Request("POST", V1, json=body(V1, p, p), source_ip=fresh_address()) for p in records]
    )
    tokens: list[Any] = [answer.json()["token"] for answer in lucky]
    burst(running.url, [guess(phone, rng) for phone in mobiles(60, rng)])
    for phone, token in zip(records, tokens, strict=True):
        with Persona(running.url, token) as thief:
            assert thief.get(f"/api/clientes/{records[phone]}").status_code in {401, 403}
            assert thief.post(CHANGE, json={"actual": phone, "nueva": OWN}).status_code in {401, 429}
    ended = database.fetchval("SELECT count(*) FROM sesiones WHERE motivo = 'rociado'")
    assert ended == len(records)
