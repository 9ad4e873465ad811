"""Who answers: presence, room, assignment in turn, waiting sessions oldest first, never one too many."""

import asyncio
import json
import random
import uuid
from collections import Counter
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from clientela.chat import agents, service
from clientela.chat.model import EstadoAgente
from clientela.core.actor import Actor
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.cast import Cast
from tests.chat.conftest import SESIONES, SESSION, Talk, silence
from tests.races.planting import plant_client
from tests.tools.burst import Request
from tests.tools.burst import burst as fire
from tests.tools.database import Database
from tests.tools.mutants import mutated
from tests.tools.server import Server

PRESENCE = "/api/v1/chat/presencia"
WAITING = """
INSERT INTO chat_sesiones (id, usuario_id, cliente_id, estado, creado_en, ultimo_mensaje_en, actualizado_en)
VALUES ($1::uuid, $2::uuid, $3::uuid, 'pending', now(), now(), now())"""


@pytest.fixture(scope="module")
def house(cluster, worker, scratch) -> Iterator[tuple[Server, Database, Cast]]:
    """A server of this file's own: agents come and go, and nobody else's sessions are theirs."""
    database = Database(cluster.create(f"clientela_agentes_{worker}_{uuid.uuid4().hex[:6]}"))
    with Server(scratch / "agentes", database.dsn) as server:
        yield server, database, Cast(server.url, database, server.data_dir)
    database.close()
    cluster.drop(database.name)


@pytest.fixture
def desk(house: tuple[Server, Database, Cast]) -> tuple[Server, Database, Cast]:
    """The house with nobody there and nothing waiting."""
    silence(house[1])
    clear(house[1])
    return house


def clear(database):
    database.execute(
        "UPDATE chat_sesiones SET estado = 'closed', cerrado_en = now() WHERE estado <> 'closed'"
    )


def come(agent, capacidad=5, estado="presente"):
    answer = agent.put(PRESENCE, json={"estado": estado, "capacidad": capacidad})
    assert answer.status_code == 200, answer.text
    return answer.json()


def seen(cast, talk):
    return cast.admin.get(f"{SESIONES}/{talk.id}").json()


def open_for(cast):
    return Talk(cast.new_cliente(), cast.soporte)


def test_presence_is_said_and_shown(desk):
    _, _, cast = desk
    assert cast.soporte.get(PRESENCE).json() | {"agentes": []} == {
        "estado": "ausente", "capacidad": 5, "sesiones": 0, "esperando": 0, "agentes": [],
    }  # fmt: skip
    said = come(cast.soporte, 3)
    assert (said["estado"], said["capacidad"], said["sesiones"]) == ("presente", 3, 0)
    (own,) = (each for each in said["agentes"] if each["usuario_id"] == cast.soporte.usuario_id)
    assert own == {
        "usuario_id": cast.soporte.usuario_id, "nombre": cast.soporte.nombre, "estado": "presente", "capacidad": 3,
        "sesiones": 0,
    }  # fmt: skip
    gone = cast.soporte.put(PRESENCE, json={"estado": "ausente"}).json()
    assert (gone["estado"], gone["capacidad"]) == ("ausente", 3), "what is not said stays"
    for body in (
        {"estado": "dormido"},
        {"estado": "presente", "capacidad": 0},
        {},
        {"estado": "presente", "x": 1},
    ):
        assert cast.soporte.put(PRESENCE, json=body).status_code == 422


def test_a_login_is_not_presence(desk):
    _, _, cast = desk
    cast.soporte.again()
    assert seen(cast, open_for(cast))["agente_id"] is None


def test_a_new_session_goes_to_who_is_present(desk):
    _, database, cast = desk
    come(cast.soporte)
    talk = open_for(cast)
    assert talk.session["status"] == "pending", "as it was opened"
    assert talk.active()["status"] == "active"
    found = seen(cast, talk)
    assert (found["agente_id"], found["agente"]["nombre"]) == (cast.soporte.usuario_id, cast.soporte.nombre)
    rows = database.fetch(
        "SELECT datos ->> 'status' AS estado FROM eventos WHERE flujo = $1 AND tipo = 'session.updated' ORDER BY seq",
        f"usuario:{talk.cliente.usuario_id}",
    )
    assert [row["estado"] for row in rows] == ["pending", "active"]
    row = database.fetchrow(
        "SELECT actor_id, datos FROM auditoria WHERE objeto_id = $1 AND accion = 'chat.asignado'", talk.id
    )
    assert (row["actor_id"], json.loads(row["datos"])["agente_id"]) == (None, cast.soporte.usuario_id)


def test_waiting_sessions_drain_oldest_first_when_somebody_becomes_free(desk):
    _, _, cast = desk
    talks = [open_for(cast) for _ in range(5)]
    assert come(cast.soporte, 2)["esperando"] == 3
    assert [seen(cast, talk)["status"] for talk in talks] == ["active"] * 2 + ["pending"] * 3
    talks[0].close()
    assert [seen(cast, talk)["status"] for talk in talks[1:]] == ["active"] * 2 + ["pending"] * 2
    assert come(cast.soporte, 3)["esperando"] == 1, "more room is more"
    come(cast.soporte, 3, "ausente")
    talks[1].close()
    assert seen(cast, talks[4])["status"] == "pending", "who has gone takes no more"
    assert seen(cast, talks[2])["agente_id"] == cast.soporte.usuario_id, "and keeps his"
    assert cast.admin.delete(f"{SESIONES}/{talks[2].id}").status_code == 200
    come(cast.soporte, 1)
    assert seen(cast, talks[4])["status"] == "pending", "he still has one"
    assert cast.admin.delete(f"{SESIONES}/{talks[3].id}").status_code == 200
    assert seen(cast, talks[4])["status"] == "active"


def test_the_least_loaded_and_then_who_waited_longest(desk):
    _, _, cast = desk
    one, two = cast.new_usuario("soporte"), cast.new_usuario("soporte")
    come(one)
    talks = [open_for(cast) for _ in range(2)]
    come(two)
    talks += [open_for(cast) for _ in range(4)]
    took = [seen(cast, talk)["agente_id"] for talk in talks]
    assert took[:4] == [one.usuario_id] * 2 + [two.usuario_id] * 2
    assert took[4:] == [one.usuario_id, two.usuario_id], "as many each: who got his last one earlier is next"


def test_who_was_deactivated_gets_nothing(desk):
    _, _, cast = desk
    leaver = cast.new_usuario("soporte")
    come(leaver)
    cast.admin.patch(f"/api/v1/usuarios/{leaver.usuario_id}", json={"activo": False})
    assert seen(cast, open_for(cast))["agente_id"] is None


def test_giving_a_session_and_giving_it_on(desk):
    _, database, cast = desk
    other = cast.new_usuario("soporte")
    talk = open_for(cast)
    path = f"{SESIONES}/{talk.id}/asignar"
    answer = cast.soporte.post(path, json={"agente_id": cast.soporte.usuario_id})
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert cast.soporte.post(path, json={"agente_id": cast.soporte.usuario_id}).json()["version"] == 2, (
        "as it is"
    )
    stale = cast.admin.post(path, json={"agente_id": other.usuario_id}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    given = cast.admin.post(path, json={"agente_id": other.usuario_id}, headers={"If-Match": '"2"'})
    assert given.json()["agente_id"] == other.usuario_id
    for agent in (cast.soporte, other):
        rows = database.fetch(
            "SELECT datos ->> 'agente_id' AS agente FROM eventos WHERE flujo = $1 AND datos ->> 'id' = $2 ORDER BY seq",
            f"usuario:{agent.usuario_id}", talk.id,
        )  # fmt: skip
        assert rows[-1]["agente"] == other.usuario_id, "the old one and the new one hear"
    for nobody in (str(uuid.uuid4()), cast.vendedora.usuario_id, talk.cliente.usuario_id):
        answer = cast.admin.post(path, json={"agente_id": nobody})
        assert (answer.status_code, answer.json()["code"]) == (404, "agente_no_encontrado")
    talk.close()
    assert cast.admin.post(path, json={"agente_id": other.usuario_id}).json()["code"] == "chat_cerrado"


def test_giving_one_away_makes_room_for_the_next(desk):
    _, _, cast = desk
    other = cast.new_usuario("soporte")
    talks = [open_for(cast) for _ in range(2)]
    come(cast.soporte, 1)
    cast.admin.post(f"{SESIONES}/{talks[0].id}/asignar", json={"agente_id": other.usuario_id})
    assert seen(cast, talks[1])["agente_id"] == cast.soporte.usuario_id


# --- fairness and races, through the service: a thousand bursts over HTTP would tell nothing more -----------------


def actor(usuario_id, rol, cliente_id=None):
    tipo = "cliente" if rol == "cliente" else "usuario"
    return Actor(usuario_id, 0, tipo, rol, cliente_id, "De la prueba", None)


def customer(database):
    usuario_id, cliente_id = plant_client(database)
    return actor(usuario_id, "cliente", cliente_id)


async def opened(pool) -> Pool:
    return await Pool(Settings(database_url=pool.dsn), lambda: pool.dsn).open()


def taken(database):
    rows = database.fetch(
        "SELECT agente_id, count(*) AS n FROM chat_sesiones WHERE agente_id IS NOT NULL GROUP BY 1"
    )
    return {row["agente_id"]: row["n"] for row in rows}


async def test_a_thousand_sessions_are_shared_fairly(desk):
    """Seven agents, sessions that come and end in their turn: nobody gets more than one more than another."""
    _, database, cast = desk
    people = [cast.new_usuario("soporte") for _ in range(7)]
    for person in people:
        come(person, 20)
    before = taken(database)
    pool = await opened(database)
    customers = [customer(database) for _ in range(60)]
    running: list[tuple[Actor, uuid.UUID]] = []
    try:
        for number in range(1000):
            who = customers[number % 60]
            if len(running) == 59:
                done, session_id = running.pop(0)
                await service.close(pool.db, done, session_id)
            running.append((who, (await service.open_session(pool.db, who)).id))
    finally:
        await pool.close()
    after = taken(database)
    got = [
        after.get(uuid.UUID(each.usuario_id), 0) - before.get(uuid.UUID(each.usuario_id), 0)
        for each in people
    ]
    assert sum(got) == 1000
    assert max(got) - min(got) <= 1, got


async def too_many(database, cast, rounds):
    """The most that an agent with room for three ever had, when everything happens at once."""
    chance = random.Random(11)
    people = [cast.new_usuario("soporte") for _ in range(2)]
    acting = [actor(uuid.UUID(each.usuario_id), "soporte") for each in people]
    customers = [customer(database) for _ in range(24)]
    pool, most = await opened(database), 0
    try:
        for _ in range(rounds):
            clear(database)
            for each in acting:
                await agents.set_presence(pool.db, each, EstadoAgente.AUSENTE, 3)
            waiting = [(await service.open_session(pool.db, each)).id for each in customers[:4]]
            work: list[Coroutine[Any, Any, Any]] = [
                service.open_session(pool.db, each) for each in customers[4:]
            ]
            work += [agents.set_presence(pool.db, each, EstadoAgente.PRESENTE, 3) for each in acting]
            work += [service.close(pool.db, customers[0], waiting[0])]
            chance.shuffle(work)
            await asyncio.gather(*work)
            rows = database.fetch(
                "SELECT agente_id, count(*) AS n FROM chat_sesiones WHERE estado = 'active' GROUP BY 1"
            )
            most = max([most, *(row["n"] for row in rows)])
            row = database.fetchrow(
                "SELECT count(*) FILTER (WHERE estado = 'pending') AS n FROM chat_sesiones"
            )
            if most <= 3:
                assert row["n"] == 23 - 6, "and both have all that they can have"
    finally:
        await pool.close()
    return most


async def test_nobody_ever_gets_more_than_he_has_room_for(desk):
    _, database, cast = desk
    assert await too_many(database, cast, 5) == 3


async def test_control_without_one_decision_at_a_time_somebody_gets_too_many(desk):
    """Two who decide side by side both find the same room; the agent's own row stops the second too late."""
    _, database, cast = desk
    agent = cast.new_usuario("soporte")
    come(agent, 1)
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('chat_decidir', 29))"
    with (
        mutated(database, "chat_decidir", lock, "SELECT"),
        mutated(database, "chat_dar", "WHERE usuario_id = p_agente_id", "WHERE false"),
    ):
        async with database.connect() as one, database.connect() as two:
            for connection in (one, two):
                who = customer(database)
                await connection.execute("BEGIN")
                await connection.execute("SELECT fn.chat_decidir()")
                await connection.execute(WAITING, uuid.uuid4(), who.usuario_id, who.cliente_id)
                await connection.execute("SELECT fn.chat_repartir(now())")
            for connection in (one, two):
                await connection.execute("COMMIT")
    row = database.fetchrow(
        "SELECT count(*) AS n FROM chat_sesiones WHERE estado = 'active' AND agente_id = $1::uuid",
        agent.usuario_id,
    )
    assert row["n"] == 2


def test_two_who_answer_the_same_waiting_session_at_once(desk):
    server, _, cast = desk
    people = [cast.soporte, cast.new_usuario("soporte")]
    for _ in range(3):
        talk = open_for(cast)
        path = f"{SESIONES}/{talk.id}/mensajes"
        answers = fire(
            server.url,
            [Request("POST", path, json={"message": "Yo"}, token=people[n % 2].token) for n in range(20)],
        )
        assert Counter(answer.status for answer in answers) == {201: 20}
        found = seen(cast, talk)
        assert found["version"] == 2, "taken once"
        assert found["agente_id"] in {each.usuario_id for each in people}
        assert cast.soporte.patch(f"{SESSION}/{talk.id}/close").status_code == 200
