"""Nobody loses, repeats or reorders a message while connections, processes and listeners die (T-CH-1, T-CH-3)."""

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.cast import Cast, Persona
from tests.tools.database import Database
from tests.tools.proxy import FaultProxy
from tests.tools.server import Server
from tests.ws.talkers import Talker

LISTENERS = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%FROM flujos%'
    OR datname = current_database() AND query LIKE '%FROM unnest($1::text[], $2::bigint[], $3::integer[])%'"""


@dataclass
class Stage:
    """A server of the test's own behind a proxy, agents, and customers who have a session each."""

    server: Server
    db: Database
    proxy: FaultProxy
    talks: list[tuple[Persona, Persona, str]]

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self.proxy.port}"


@pytest.fixture
def stage(new_database, start_server):
    """Factory of stages: so many agents, and so many customers for each."""
    proxies: list[FaultProxy] = []

    def make(agents: int, each: int) -> Stage:
        database = new_database()
        server = start_server(database.dsn)
        cast = Cast(server.url, database, server.data_dir)
        proxies.append(FaultProxy("127.0.0.1", urlsplit(server.url).port).__enter__())
        talks = []
        for _ in range(agents):
            agent = cast.new_usuario("soporte")
            for _ in range(each):
                customer = cast.new_cliente()
                made = customer.post("/api/chat/session").json()["data"]["id"]
                answer = agent.post(f"/api/v1/chat/sesiones/{made}/mensajes", json={"message": "Buenos días"})
                assert answer.status_code == 201, answer.text
                talks.append((customer, agent, made))
        return Stage(server, database, proxies[-1], talks)

    yield make
    for proxy in proxies:
        proxy.__exit__(None, None, None)


def talkers_of(stage: Stage, lines: int, *, answers: int | None = None, resumes: bool = True) -> list[Talker]:
    """Everybody of a stage with what he has to say; an agent answers all his customers over one socket.

    A customer says at most ten things a minute; `answers` is what an agent says to each, where it is more.
    """
    said: dict[str, Talker] = {}
    for customer, agent, session in stage.talks:
        for person, side in ((customer, "cliente"), (agent, "agente")):
            one = said.setdefault(person.usuario_id, Talker(person, stage.url, [], resumes))
            number_of = lines if side == "cliente" or answers is None else answers
            texts = [f"{side} {session[-6:]} {number}" for number in range(number_of)]
            one.lines += [(session, text, text) for text in texts]
    for one in said.values():
        random.shuffle(one.lines)
    return list(said.values())


async def unrest(stage: Stage, seconds: float = 3600.0) -> None:
    """Cut sockets every second, listeners as often, and kill a process every three."""
    ends = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < ends:
        await asyncio.sleep(0.5)
        turn += 1
        if turn % 2:
            await asyncio.to_thread(stage.proxy.reset_all)
        else:
            await asyncio.to_thread(stage.db.execute, LISTENERS)
        if turn % 6 == 0:
            victims = [pid for pid in stage.server.worker_pids() if pid != stage.server.pid]
            if len(victims) > 1:
                os.kill(random.choice(victims), signal.SIGKILL)


async def play(stage: Stage, talkers: list[Talker], *, quiet: float = 20.0, most: float = 120.0) -> None:
    """Let everybody say everything under unrest, then give them calm to hear the rest."""
    running = [asyncio.create_task(one.run()) for one in talkers]
    trouble = asyncio.create_task(unrest(stage))
    try:
        async with asyncio.timeout(most):
            while not all(one.silent for one in talkers):  # noqa: ASYNC110 - they are many
                await asyncio.sleep(0.1)
        trouble.cancel()
        stage.proxy.heal()
        deadline = time.monotonic() + quiet
        while time.monotonic() < deadline and not complete(stage, talkers):  # noqa: ASYNC110 - they are many
            await asyncio.sleep(0.1)
    finally:
        for task in (trouble, *running):
            task.cancel()
        await asyncio.gather(trouble, *running, return_exceptions=True)


def truth(stage: Stage) -> dict[str, list[tuple[int, str]]]:
    """What the database holds of every session: (seq, id), in order."""
    rows = stage.db.fetch("SELECT sesion_id, seq, id FROM chat_mensajes ORDER BY sesion_id, seq")
    kept: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        kept.setdefault(str(row["sesion_id"]), []).append((row["seq"], str(row["id"])))
    return kept


def heard_of(one: Talker, session: str) -> list[tuple[int, str]]:
    return one.log.get(session, [])


def complete(stage: Stage, talkers: list[Talker]) -> bool:
    kept = truth(stage)
    return all(
        len(heard_of(one, session)) >= len(kept[session])
        for one in talkers
        for session in {session for session, _, _ in one.lines}
    )


def judge(stage: Stage, talkers: list[Talker], each: int) -> None:
    """Every log is the server's: nothing lost, nothing repeated, nothing out of order, and the unrest was real."""
    kept = truth(stage)
    assert len(kept) == len(stage.talks)
    for session, messages in kept.items():
        assert [seq for seq, _ in messages] == list(range(1, each + 1)), session
    for one in talkers:
        for session in {session for session, _, _ in one.lines}:
            assert heard_of(one, session) == kept[session]
    assert [one.repeated for one in talkers] == [0] * len(talkers)
    assert sum(one.connections - 1 for one in talkers) >= 20, "hardly anybody lost his connection"


async def test_two_thousand_messages_under_chaos_are_heard_once_each_in_order(stage):
    """100 sessions, 10 messages from each side, and the first greeting, for everybody begins at zero."""
    found = stage(4, 25)
    talkers = talkers_of(found, 10)
    await play(found, talkers)
    judge(found, talkers, 21)


@pytest.mark.long
async def test_a_hundred_thousand_messages_under_chaos(stage):
    found = stage(10, 10)
    talkers = talkers_of(found, 10, answers=990)
    await play(found, talkers, quiet=120, most=5400)
    judge(found, talkers, 1001)


async def test_without_cursors_the_same_unrest_is_caught(stage):
    """The control: devices that come back without their place miss what was said meanwhile."""
    found = stage(1, 8)
    forgetful = talkers_of(found, 5, resumes=False)
    await play(found, forgetful, quiet=1.0)
    kept = truth(found)
    missed = sum(
        len(set(kept[session]) - set(heard_of(one, session)))
        for one in forgetful
        for session in {session for session, _, _ in one.lines}
    )
    assert missed > 0
