"""More work than connections: who waits is told in time, the rest goes on, nothing is leaked (T-DB-3)."""

import threading
import time

import pytest

from tests.cast import Persona
from tests.faults.conftest import MakeSite, Site
from tests.tools.burst import Answer, Request, burst
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.wait import wait_for
from tests.tools.wire import Wire

PLACES = 4
# Two seconds in line and two and a half for the statement, and a loaded machine.
WAITING_SECONDS = 3.0
ANSWER_SECONDS = 5.0


@pytest.fixture(scope="module")
def small(module_site: MakeSite, cluster: Cluster):
    """A server of one process with four connections."""
    with module_site(cluster, workers=1, conexiones=str(PLACES)) as found:
        yield found


def draft(person: Persona) -> Request:
    body = {"asunto": "Hola", "mensaje": "¿Abren hoy?"}
    return Request("PUT", f"{person.panel}/borradores/soporte", json=body, token=person.token)


def fire(site: Site, requests: list[Request]) -> list[Answer]:
    return burst(site.server.url, requests, timeout=20)


def sessions(db: Database) -> list[str]:
    """What the application's sessions are doing; the listener and the worker's own are idle."""
    found = db.fetch(
        """SELECT state FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'clientela'"""
    )
    return [str(row["state"]) for row in found]


def is_at_rest(site: Site) -> bool:
    return not {"active", "idle in transaction", "idle in transaction (aborted)"} & set(sessions(site.db))


def works(site: Site, customer: Persona, times: int = 40) -> list[int]:
    """The statuses of many requests at once that nothing holds up."""
    return [answer.status for answer in fire(site, [draft(customer)] * times)]


def test_who_finds_no_place_is_told_in_time_and_nothing_leaks(small: Site) -> None:
    stuck, free = small.cast.new_cliente(), small.cast.new_cliente()
    assert works(small, stuck, 1) == [200]
    blocker = Database(small.db.dsn)
    blocker.execute("BEGIN")
    blocker.execute("SELECT 1 FROM borradores WHERE cliente_id = $1::uuid FOR UPDATE", stuck.cliente_id)
    health: list[float] = []
    ended = threading.Event()

    def look() -> None:
        with Wire(small.server.url) as wire:
            while not ended.is_set():
                answer = wire.request("GET", "/healthz")
                health.append(answer.seconds if answer.status == 200 else 99.0)
                time.sleep(0.05)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        answers = fire(small, [draft(stuck)] * PLACES + [draft(free)] * 200)
    finally:
        ended.set()
        watcher.join()
        blocker.execute("ROLLBACK")
        blocker.close()
    assert {answer.status for answer in answers} <= {200, 503}
    assert [answer.status for answer in answers[:PLACES]] == [503] * PLACES
    turned_away = [answer for answer in answers if answer.status == 503]
    assert turned_away
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in turned_away)
    assert max(answer.seconds for answer in answers) <= ANSWER_SECONDS
    assert max(health) < 1
    wait_for(lambda: is_at_rest(small), "the end of all statements")
    assert set(works(small, free)) == {200}
    assert len(sessions(small.db)) <= PLACES + 4


def test_callers_who_hang_up_leave_nothing_behind(small: Site) -> None:
    """A hundred times: a request that waits for a lock, and a caller who does not wait for its end."""
    stuck, free = small.cast.new_cliente(), small.cast.new_cliente()
    assert works(small, stuck, 1) == [200]
    blocker = Database(small.db.dsn)
    blocker.execute("BEGIN")
    blocker.execute("SELECT 1 FROM borradores WHERE cliente_id = $1::uuid FOR UPDATE", stuck.cliente_id)
    try:
        for _ in range(10):
            wires = [Wire(small.server.url, stuck.token) for _ in range(10)]
            for wire in wires:
                request = draft(stuck)
                wire.send(wire.encode(request.method, request.path, json=request.json))
            time.sleep(0.05)
            for wire in wires:
                wire.close()
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    wait_for(lambda: is_at_rest(small), "the end of all statements")
    wait_for(lambda: set(works(small, free)) == {200}, "places for everybody", seconds=10)
    assert len(sessions(small.db)) <= PLACES + 4


@pytest.mark.timeout(90)
def test_a_pool_that_leaks_is_caught(cluster: Cluster, site: MakeSite) -> None:
    plant = program("tests.faults.plants:leaks_connections")
    with site(cluster, workers=1, conexiones="16", program=plant) as found:
        customer = Persona(found.server.url)
        answers = fire(found, [Request("GET", "/readyz")] * 40)
        customer.close()
        assert 503 in {answer.status for answer in answers}
