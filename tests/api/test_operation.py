"""Who may read the counters, and from where (CONTRACT §12)."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.envelope import defects
from tests.cast import Cast
from tests.tools.burst import Answer
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wire import Wire

ELSEWHERE = [("X-Forwarded-For", "203.0.113.7")]


@pytest.fixture(scope="module")
def behind_proxy(db: Database, scratch: Path) -> Iterator[Server]:
    """A server that believes what the proxy on this machine says about its callers."""
    with Server(scratch / "proxy", db.dsn, workers=1, settings={"proxies": "127.0.0.1"}) as server:
        yield server


def ask(server: Server, token: str | None, headers: list[tuple[str, str]]) -> Answer:
    with Wire(server.url, token) as wire:
        return wire.request("GET", "/metrics", headers=headers)


def test_counters_are_for_this_machine_and_for_administrators(behind_proxy: Server, cast: Cast) -> None:
    assert ask(behind_proxy, None, []).status == 200
    elsewhere = [*ELSEWHERE]
    assert ask(behind_proxy, None, elsewhere).status == 401
    for person in (cast.cliente, cast.vendedora, cast.tecnica, cast.soporte):
        answer = ask(behind_proxy, person.token, elsewhere)
        assert answer.status == 403
        assert defects("v1", answer) == []
    assert ask(behind_proxy, cast.admin.token, elsewhere).status == 200


def test_nobody_can_say_himself_that_he_is_local(behind_proxy: Server, serving: Server) -> None:
    """The proxy appends what it saw; whatever stands before that is hearsay."""
    for chain in ("127.0.0.1, 203.0.113.7", "::1, 127.0.0.1, 203.0.113.7", "localhost, 203.0.113.7"):
        assert ask(behind_proxy, None, [("X-Forwarded-For", chain)]).status == 401
    # Without a believed proxy the header says nothing at all: the caller is who connects.
    assert ask(serving, None, [*ELSEWHERE]).status == 200


def test_counters_are_in_the_format_of_prometheus(server: str) -> None:
    answer = httpx.get(f"{server}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.text.count("# TYPE") >= 3


def test_the_process_and_its_database_are_well(server: str) -> None:
    for path in ("/healthz", "/readyz"):
        assert httpx.get(server + path).json() == {"estado": "ok"}
