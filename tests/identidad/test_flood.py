"""A flood of logins takes neither the machine nor the queue (T-AU-9, M14)."""

import statistics
import threading
import time
import uuid
from collections.abc import Callable

import pytest

from clientela.identidad.passwords import QUEUE, THREADS
from tests.cast import Cast
from tests.identidad.test_login import V1, body
from tests.identidad.test_registro import PATH, form
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wire import Wire

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]


def attempt(ip: str) -> Request:
    """One wrong login from an address that has all its places left."""
    return Request("POST", V1, json=body(V1, f"{uuid.uuid4().hex}@example.com", "equivocada-9"), source_ip=ip)


def check_refusals(answers: list[Answer], admitted: int) -> None:
    """Everybody gets an answer; who found the line full is told so at once and when to come back."""
    assert {answer.status for answer in answers} <= {admitted, 503}
    refused = [answer for answer in answers if answer.status == 503]
    for answer in refused:
        assert answer.json()["code"] == "servicio_ocupado"
        assert int(answer.headers["retry-after"]) >= 1
    served = [answer for answer in answers if answer.status == admitted]
    assert len(served) >= THREADS + QUEUE
    assert refused, "the flood was too small to fill the line"
    # Whoever was sent away did not wait for the whole line.
    assert statistics.median(a.seconds for a in refused) < statistics.median(a.seconds for a in served)


def test_more_than_the_line_holds_is_sent_away(
    db: Database, start_server: Callable[..., Server], new_ip: Callable[[], str]
) -> None:
    slow = start_server(db.dsn, workers=1, bcrypt_costo="11")
    check_refusals(burst(slow.url, [attempt(new_ip()) for _ in range(80)]), 401)


def test_registrations_stand_in_the_same_line(db: Database, start_server: Callable[..., Server]) -> None:
    slow = start_server(db.dsn, workers=1, bcrypt_costo="11")
    check_refusals(burst(slow.url, [Request("POST", PATH, json=form()) for _ in range(80)]), 201)


def test_who_was_sent_away_keeps_his_places(
    db: Database, start_server: Callable[..., Server], new_ip: Callable[[], str]
) -> None:
    slow = start_server(db.dsn, workers=1, bcrypt_costo="11")
    crowd = [new_ip() for _ in range(60)]
    answers = burst(slow.url, [attempt(ip) for ip in crowd])
    away = [ip for ip, answer in zip(crowd, answers, strict=True) if answer.status == 503]
    assert away
    again = burst(slow.url, [attempt(away[0]) for _ in range(8)])
    assert sorted(answer.status for answer in again) == [401] * 5 + [429] * 3


def p99(url: str, token: str, seconds: float) -> float:
    """The time that all but one in a hundred requests of another route stay under."""
    times = []
    end = time.monotonic() + seconds
    with Wire(url, token) as wire:
        while time.monotonic() < end:
            answer = wire.request("GET", "/api/v1/auth/yo")
            assert answer.status == 200
            times.append(answer.seconds)
            time.sleep(0.005)
    return statistics.quantiles(times, n=100)[-1]


def flood(url: str, new_ip: Callable[[], str], rate: float, stop: threading.Event, seen: list[int]) -> None:
    """Send so many logins a second until told to stop; statuses go to `seen`."""
    while not stop.is_set():
        count = max(1, round(rate / 5))
        seen += [answer.status for answer in burst(url, [attempt(new_ip()) for _ in range(count)])]
        stop.wait(0.2)


def check_flood(cast: Cast, server: Server, new_ip: Callable[[], str], seconds: float) -> None:
    """Other routes stay served while logins flood in at full cost: no errors, and an answer within bounds."""
    calm = p99(server.url, cast.cliente.token or "", min(seconds, 5))
    stop = threading.Event()
    seen: list[int] = []
    flooding = threading.Thread(target=flood, args=(server.url, new_ip, 50, stop, seen))
    flooding.start()
    try:
        loaded = p99(server.url, cast.cliente.token or "", seconds)
    finally:
        stop.set()
        flooding.join()
    assert set(seen) <= {401, 503}
    assert seen.count(401) > 0
    # Two hashing threads share the two cores with everything else: twice the time, and the scheduler's turn.
    assert loaded <= 2 * calm + 0.1, (calm, loaded)


def test_other_routes_are_served_during_a_flood(
    cast: Cast, db: Database, start_server: Callable[..., Server], new_ip: Callable[[], str]
) -> None:
    check_flood(cast, start_server(db.dsn, workers=2, bcrypt_costo="12"), new_ip, 4)


@pytest.mark.long
def test_other_routes_are_served_during_a_minute_of_flood(
    cast: Cast, db: Database, start_server: Callable[..., Server], new_ip: Callable[[], str]
) -> None:
    check_flood(cast, start_server(db.dsn, workers=2, bcrypt_costo="12"), new_ip, 60)
