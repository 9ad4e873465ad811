"""A database that says nothing any more: every request is told so in time, and all goes on by itself (T-DB-1)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.conftest import MakeSite, Site
from tests.tools import processes
from tests.tools.burst import Answer
from tests.tools.cluster import OwnCluster
from tests.tools.wire import Wire

FROZEN_SECONDS = 7.0
ANSWER_SECONDS = 5.0
RECOVERY_SECONDS = 2.0
GROWTH = 30 * 1024 * 1024


@dataclass
class Seen:
    """Every request of a steady stream: when it began, how long it took, what came."""

    answers: list[tuple[float, float, Answer]] = field(default_factory=list)

    def began(self, start: float, end: float) -> list[tuple[float, Answer]]:
        """Duration and answer of the requests that began within an interval."""
        return [(seconds, answer) for begun, seconds, answer in self.answers if start <= begun < end]


class Stream:
    """So many requests a second, each on a connection of its own, whatever becomes of the others."""

    def __init__(self, site: Site, path: str, rate: float, token: str | None = None) -> None:
        self.site, self.path, self.rate, self.token = site, path, rate, token
        self.seen = Seen()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def _one(self) -> None:
        begun = time.monotonic()
        with Wire(self.site.server.url, self.token, timeout=20) as wire:
            answer = wire.request("GET", self.path)
        self.seen.answers.append((begun, time.monotonic() - begun, answer))

    def _go(self) -> None:
        while not self._stop.wait(1 / self.rate):
            thread = threading.Thread(target=self._one)
            thread.start()
            self._threads.append(thread)

    @contextmanager
    def running(self) -> Iterator[Seen]:
        """Ask for the length of the block, then wait for the last answers."""
        clock = threading.Thread(target=self._go)
        clock.start()
        try:
            yield self.seen
        finally:
            self._stop.set()
            clock.join()
            for thread in self._threads:
                thread.join(30)


def memory(site: Site) -> int:
    return sum(processes.rss(pid) for pid in site.server.worker_pids())


def freeze_for(victim: OwnCluster, seconds: float) -> tuple[float, float]:
    """Freeze and thaw; when both happened."""
    victim.freeze()
    frozen = time.monotonic()
    try:
        time.sleep(seconds)
    finally:
        victim.thaw()
    return frozen, time.monotonic()


def first_success(site: Site, path: str, token: str | None, thawed: float) -> float:
    """How long after the thaw the first request succeeds."""
    while True:
        with Wire(site.server.url, token) as wire:
            if wire.request("GET", path).status == 200:
                return time.monotonic() - thawed
        assert time.monotonic() - thawed < 20
        time.sleep(0.02)


def endure(victim: OwnCluster, site: Site, seconds: float, rate: float) -> None:
    """The whole statement, at one rate and length of the freeze."""
    customer = site.cast.new_cliente()
    path = f"{customer.panel}/preferencias"
    work = Stream(site, path, rate, customer.token)
    health, ready = Stream(site, "/healthz", 5), Stream(site, "/readyz", 5)
    before = memory(site)
    with work.running() as asked, health.running() as lives, ready.running() as readiness:
        time.sleep(1)
        frozen, thawed = freeze_for(victim, seconds)
        recovered = first_success(site, path, customer.token, thawed)
        time.sleep(1)
    during = asked.began(frozen + 0.1, thawed - ANSWER_SECONDS)
    assert len(during) >= rate
    assert [(took, answer.status) for took, answer in during if answer.status != 503] == []
    assert all(int(answer.headers["retry-after"]) >= 1 for _, answer in during)
    assert {answer.status for _, answer in asked.began(0, time.monotonic())} <= {200, 503}
    assert max(took for took, _ in asked.began(0, time.monotonic())) <= ANSWER_SECONDS
    assert {(answer.status, took < 1) for took, answer in lives.began(frozen, thawed)} == {(200, True)}
    told = readiness.began(frozen + 0.1, thawed - ANSWER_SECONDS)
    assert told
    assert {answer.status for _, answer in told} == {503}
    assert max(took for took, _ in told) <= 3.5
    assert recovered <= RECOVERY_SECONDS
    assert memory(site) - before <= GROWTH


@pytest.mark.timeout(120)
def test_every_request_is_answered_in_time(victim: OwnCluster, site: MakeSite) -> None:
    with site(victim) as found:
        endure(victim, found, FROZEN_SECONDS, rate=20)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_every_request_is_answered_in_time_for_half_a_minute(victim: OwnCluster, site: MakeSite) -> None:
    with site(victim) as found:
        endure(victim, found, 30, rate=50)


@pytest.mark.timeout(120)
def test_a_server_that_waits_for_ever_is_caught(victim: OwnCluster, site: MakeSite) -> None:
    """The control: with the statement's time left open, a request hangs beyond what is allowed."""
    with site(victim, workers=1, sentencia_segundos="60") as found:
        customer = found.cast.new_cliente()
        stream = Stream(found, f"{customer.panel}/preferencias", 5, customer.token)
        with stream.running() as asked:
            frozen, _ = freeze_for(victim, ANSWER_SECONDS + 1.5)
        assert max(took for took, _ in asked.began(frozen, frozen + 1)) > ANSWER_SECONDS
