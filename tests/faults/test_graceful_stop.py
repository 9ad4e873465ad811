"""SIGTERM: what has begun is finished, the process goes within ten seconds, and a restart in turns loses nobody."""

import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable

import pytest

from tests.cast import Persona
from tests.faults.conftest import MakeSite, Site
from tests.faults.load import Damage, Load
from tests.faults.mixture import mixed
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.sweep import sweep
from tests.tools.wire import Wire

EXIT_SECONDS = 10.0


def draft_of(person: Persona) -> tuple[str, str, dict[str, str]]:
    return "PUT", f"{person.panel}/borradores/soporte", {"asunto": "Hola", "mensaje": "¿Abren hoy?"}


def begin(site: Site, person: Persona, count: int) -> list[Wire]:
    """So many requests, sent and not answered yet."""
    wires = [Wire(site.server.url, person.token, again=False) for _ in range(count)]
    method, path, body = draft_of(person)
    for wire in wires:
        wire.send(wire.encode(method, path, json=body))
    return wires


def test_requests_that_have_begun_are_finished(cluster: Cluster, site: MakeSite) -> None:
    with site(cluster) as found:
        person = found.cast.new_cliente()
        method, path, body = draft_of(person)
        assert person.request(method, path, json=body).status_code == 200
        blocker = Database(found.db.dsn)
        blocker.execute("BEGIN")
        blocker.execute("SELECT 1 FROM borradores WHERE cliente_id = $1::uuid FOR UPDATE", person.cliente_id)
        waiting = begin(found, person, 16)
        slow = Wire(found.server.url, person.token, again=False)
        content = slow.encode(method, path, json=body)
        slow.send(content[:-5])
        time.sleep(0.4)
        process = found.server.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        time.sleep(0.5)
        blocker.execute("ROLLBACK")
        blocker.close()
        slow.send(content[-5:])
        statuses = [wire.receive().status for wire in (*waiting, slow)]
        assert process.wait(EXIT_SECONDS) == 0
        assert time.monotonic() - begun <= EXIT_SECONDS
        for wire in (*waiting, slow):
            wire.close()
        assert statuses == [200] * 17


def test_what_cannot_be_finished_does_not_hold_it_up(cluster: Cluster, site: MakeSite) -> None:
    """A caller who never ends his request, and one who never reads: it goes all the same."""
    with site(cluster) as found:
        person = found.cast.new_cliente()
        half = Wire(found.server.url, person.token, again=False)
        method, path, body = draft_of(person)
        half.send(half.encode(method, path, json=body)[:-5])
        idle = Wire(found.server.url, person.token)
        assert idle.request("GET", "/healthz").status == 200
        process = found.server.process
        assert process is not None
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(EXIT_SECONDS + 1)
        assert time.monotonic() - begun <= EXIT_SECONDS
        half.close()
        idle.close()


def test_stopping_under_load_loses_nothing(cluster: Cluster, site: MakeSite) -> None:
    with site(cluster) as found:
        load = Load(mixed(found.cast, 10))
        with load.running():
            for _ in range(2):
                load.wait_for_acks(100)
                begun = time.monotonic()
                assert found.server.stop() == 0
                assert time.monotonic() - begun <= EXIT_SECONDS
                found.server.start()
            load.wait_for_acks(100)
        assert load.unexpected == []
        assert load.damage(found.db) == Damage()
        assert sweep(found.db) == []


class Balanced:
    """Clients before two servers, as a balancer does it: who is not taken by one goes to the other."""

    def __init__(self, servers: list[Server], person: Persona) -> None:
        self.servers = servers
        self.person = person
        self.statuses: Counter[int] = Counter()
        # What was sent on connections that were reset: nobody may have begun with it.
        self.dropped: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(6)]

    def _work(self, turn: int) -> None:
        while not self._stop.is_set():
            turn += 1
            self.statuses[self._ask(turn) or self._ask(turn + 1)] += 1

    def _ask(self, turn: int) -> int:
        text = uuid.uuid4().hex
        body = {"asunto": text, "mensaje": "¿Abren hoy?"}
        with Wire(self.servers[turn % 2].url, self.person.token, again=False, timeout=10) as wire:
            try:
                answer = wire.request("POST", "/soporte", json=body, headers=[("Connection", "close")])
            except ConnectionRefusedError:
                return 0
        if answer.status == 0:
            self.dropped.append(text)
        return answer.status

    def during(self, work: Callable[[], None]) -> None:
        """Ask while something else is done."""
        for thread in self._threads:
            thread.start()
        try:
            work()
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(30)


@pytest.mark.timeout(120)
def test_two_servers_restarted_in_turns_are_never_missed(
    cluster: Cluster, site: MakeSite, start_server: Callable[..., Server]
) -> None:
    with site(cluster) as found:
        second = start_server(found.db.dsn, workers=1)
        both = [found.server, second]
        clients = Balanced(both, found.cast.new_cliente())

        def restart_in_turns() -> None:
            for server in both:
                time.sleep(0.5)
                assert server.stop() == 0
                server.start()
            time.sleep(0.5)

        clients.during(restart_in_turns)
        assert set(clients.statuses) == {201}
        assert clients.statuses[201] >= 100
        begun = "SELECT count(*) FROM tickets WHERE asunto = ANY($1::text[])"
        assert found.db.fetchval(begun, clients.dropped) == 0


def test_a_stop_that_lets_requests_fall_is_caught(cluster: Cluster, site: MakeSite) -> None:
    """The control: the same requests under way, and the server killed instead."""
    with site(cluster) as found:
        person = found.cast.new_cliente()
        blocker = Database(found.db.dsn)
        assert person.request(*draft_of(person)[:2], json=draft_of(person)[2]).status_code == 200
        blocker.execute("BEGIN")
        blocker.execute("SELECT 1 FROM borradores WHERE cliente_id = $1::uuid FOR UPDATE", person.cliente_id)
        waiting = begin(found, person, 8)
        time.sleep(0.3)
        found.server.kill()
        assert {wire.receive().status for wire in waiting} == {0}
        for wire in waiting:
            wire.close()
        blocker.execute("ROLLBACK")
        blocker.close()
