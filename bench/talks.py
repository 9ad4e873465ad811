"""Ten thousand talks under load: one open session for each client of the dataset, twenty messages in each."""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg

from bench import dataset
from bench.load import Job
from bench.measures import CONNECTIONS, Measure, request, shuffled
from bench.statements import CLIENT, CLIENTS, USER, UUID_PREFIX, Statement, made_of
from clientela.chat.store.talk import READ, SEND
from clientela.identidad.signing import Claims, keyring, sign

TALK: Final = 500_000_000_000
AGENT: Final = 600_000_000_000
AGENT_SESSION: Final = 700_000_000_000
AGENTS: Final = 100
MESSAGES: Final = 20

_PLANT: Final = f"""
INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({AGENT} + n))::uuid, 'Agente ' || n, 'soporte', 'agente' || n || '@ejemplo.test',
       'HASH', now(), now()
  FROM generate_series(0, {AGENTS - 1}) AS n;
INSERT INTO sesiones (id, usuario_id, creada_en, expira_en)
SELECT ('{UUID_PREFIX}' || ({AGENT_SESSION} + n))::uuid, ('{UUID_PREFIX}' || ({AGENT} + n))::uuid,
       to_timestamp({dataset.BORN}), to_timestamp({dataset.BORN + dataset.LIFE})
  FROM generate_series(0, {AGENTS - 1}) AS n;
INSERT INTO chat_sesiones (id, usuario_id, cliente_id, agente_id, estado, ultimo_seq, creado_en, ultimo_mensaje_en,
                           actualizado_en)
SELECT ('{UUID_PREFIX}' || ({TALK} + n))::uuid, ('{UUID_PREFIX}' || ({USER} + n))::uuid,
       ('{UUID_PREFIX}' || ({CLIENT} + n))::uuid, ('{UUID_PREFIX}' || ({AGENT} + n % {AGENTS}))::uuid, 'active',
       {MESSAGES}, now() - interval '1 day', now() - interval '1 day', now() - interval '1 day'
  FROM generate_series(0, {CLIENTS - 1}) AS n;
INSERT INTO chat_mensajes (sesion_id, seq, id, autor_id, sender, texto, creado_en)
SELECT ('{UUID_PREFIX}' || ({TALK} + n))::uuid, m, gen_random_uuid(),
       ('{UUID_PREFIX}' || (CASE WHEN m % 2 = 1 THEN {USER} + n ELSE {AGENT} + n % {AGENTS} END))::uuid,
       CASE WHEN m % 2 = 1 THEN 'user' ELSE 'support' END,
       'Mensaje número ' || m || ' de una conversación de prueba sobre un pedido que no llegó completo',
       now() - interval '1 day'
  FROM generate_series(0, {CLIENTS - 1}) AS n, generate_series(1, {MESSAGES}) AS m;
ANALYZE;
"""  # noqa: S608 - every part is a constant of this module
# A customer writes ten messages a minute; what a window wrote must not count in the next.
_LONG_AGO: Final = """
UPDATE chat_mensajes SET creado_en = creado_en - interval '1 hour' WHERE creado_en > now() - interval '5 minutes'"""

_TALK: Final = made_of(f"({TALK} + :n)")
_USER: Final = made_of(f"({USER} + :n)")
READ_MESSAGES: Final = Statement(READ, (_TALK, _USER, "false", "0", str(MESSAGES)))
SEND_MESSAGE: Final = Statement(
    SEND,
    (
        "gen_random_uuid()",
        _TALK,
        _USER,
        "false",
        "'¿Ya salió mi pedido?'",
        "NULL",
        "10",
        "'UTC'",
        "clock_timestamp()",
    ),
)


async def _run(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def plant_now(dsn: str) -> None:
    """Open a talk for every client of the planted dataset."""
    asyncio.run(_run(dsn, _PLANT))


def forget_the_minute(dsn: str) -> None:
    """Let everybody write again."""
    asyncio.run(_run(dsn, _LONG_AGO))


def talk_id(n: int) -> str:
    """Return the identifier of client n's talk."""
    return f"{UUID_PREFIX}{TALK + n}"


def agent_tokens(key: str) -> list[str]:
    """Sign the tokens of the agents' sessions."""
    keyring.load(key)
    return [
        sign(
            Claims(
                sub=dataset.uuid_of(AGENT + n),
                tipo="usuario",
                rol="soporte",
                cliente_id=None,
                jti=dataset.uuid_of(AGENT_SESSION + n),
                iat=dataset.BORN,
                exp=dataset.BORN + dataset.LIFE,
            )
        )
        for n in range(AGENTS)
    ]


def pairs(customers: Sequence[str], agents: Sequence[str], number: int) -> list[tuple[str, str, str]]:
    """Return so many (customer's token, his agent's, talk)."""
    return [(customers[n], agents[n % AGENTS], talk_id(n)) for n in range(number)]


def _read(port: int, tokens: Sequence[str]) -> Job:
    requests = [
        request("GET", f"/api/chat/session/{talk_id(n)}/messages?after=0&limit={MESSAGES}", tokens[n])
        for n in shuffled(9)
    ]
    return Job(port, requests, 200, CONNECTIONS)


def _send(port: int, tokens: Sequence[str]) -> Job:
    requests = [
        request(
            "POST",
            "/api/chat/message",
            tokens[n],
            {"message": "¿Ya salió mi pedido?", "sessionId": talk_id(n)},
        )
        for n in shuffled(10)
    ]
    return Job(port, requests, 201, CONNECTIONS)


TALK_MEASURES: Final = (
    Measure("mensajes_leer", f"GET messages, {MESSAGES} of them", _read, READ_MESSAGES),
    Measure(
        "mensaje_enviar", "POST message", _send, SEND_MESSAGE, 0.8, whose="each", prepare=forget_the_minute
    ),
)
