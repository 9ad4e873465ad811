"""Limits across processes: exact, with a Retry-After that is right, and whoever waits gets in (T-RL-1)."""

import math
import time
from collections.abc import Callable

from tests.cast import PASSWORD, Persona
from tests.tools.burst import Answer, Request
from tests.tools.database import Database

LOGIN = "/api/v1/auth/login"
WINDOW = 600


def wrong(customer: Persona, ip: str) -> Request:
    body = {"identificador": customer.correo, "contrasenia": "no-es-la-suya"}
    return Request("POST", LOGIN, json=body, source_ip=ip)


def statuses(answers: list[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


def test_of_many_wrong_logins_at_once_five_are_judged(
    burst: Callable[..., list[Answer]], new_cliente: Callable[..., Persona], new_ip: Callable[[], str]
) -> None:
    customer = new_cliente()
    for _ in range(3):
        ip = new_ip()
        answers = burst([wrong(customer, ip)] * 16)
        assert statuses(answers) == [401] * 5 + [429] * 11
        assert all(int(a.headers["retry-after"]) > 0 for a in answers if a.status == 429)


def test_retry_after_says_when_and_who_waits_gets_in(
    client_from: Callable[..., Persona],
    new_cliente: Callable[..., Persona],
    new_ip: Callable[[], str],
    burst: Callable[..., list[Answer]],
    db: Database,
) -> None:
    customer, ip = new_cliente(), new_ip()
    before = db.fetchval("SELECT coalesce(max(id), 0) FROM limites")
    burst([wrong(customer, ip)] * 5)
    # As if all of it had happened four seconds short of ten minutes ago.
    db.execute(
        "UPDATE limites SET ocurrido_en = ocurrido_en - make_interval(secs => $1::float) WHERE id > $2::bigint",
        float(WINDOW - 4),
        before,
    )
    right = {"identificador": customer.correo, "contrasenia": PASSWORD}
    client = client_from(ip)
    begun = time.monotonic()
    refused = client.post(LOGIN, json=right)
    assert refused.status_code == 429
    assert refused.json()["code"] == "demasiados_intentos"
    free_in = 4 - (time.monotonic() - begun)
    assert abs(int(refused.headers["Retry-After"]) - math.ceil(free_in)) <= 1
    time.sleep(int(refused.headers["Retry-After"]))
    assert client.post(LOGIN, json=right).status_code == 200


def test_without_the_table_of_limits_nobody_is_let_in(
    client_from: Callable[..., Persona],
    new_cliente: Callable[..., Persona],
    fresh_ip: str,
    db: Database,
) -> None:
    """The throttle fails closed: a right password is 503 too, and in time."""
    customer = new_cliente()
    db.execute("BEGIN; LOCK TABLE limites IN ACCESS EXCLUSIVE MODE")
    try:
        begun = time.monotonic()
        answer = client_from(fresh_ip).post(
            LOGIN, json={"identificador": customer.correo, "contrasenia": PASSWORD}
        )
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert time.monotonic() - begun < 5
    finally:
        db.execute("ROLLBACK")
    assert (
        client_from(fresh_ip)
        .post(LOGIN, json={"identificador": customer.correo, "contrasenia": PASSWORD})
        .status_code
        == 200
    )


def test_a_limit_that_only_looks_before_it_leaps_is_caught(
    burst: Callable[..., list[Answer]],
    new_cliente: Callable[..., Persona],
    new_ip: Callable[[], str],
    db: Database,
) -> None:
    """The control: with the lock of the reservation taken away, a burst gets more than five through."""
    original = db.fetchval("SELECT pg_get_functiondef('fn.limite_reservar'::regproc)")
    careless = original.replace("PERFORM pg_advisory_xact_lock(v_candado)", "NULL").replace(
        "INSERT INTO public.limites", "PERFORM pg_sleep(0.3);\n  INSERT INTO public.limites"
    )
    assert "advisory" not in careless
    assert "pg_sleep" in careless
    db.execute(careless)
    try:
        answers = burst([wrong(new_cliente(), new_ip())] * 16)
    finally:
        db.execute(original)
    assert statuses(answers).count(401) > 5
