"""The same events over Server-Sent Events: their ids, where to go on, who may listen, and their end (CONTRACT §9)."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx

from tests.api import hostile


@asynccontextmanager
async def listening(person, *, headers=None, url=None, **params):
    """Open a person's stream; yields an async iterator of (id, type, data)."""
    named = {"Authorization": f"Bearer {person.token}"} if "ticket" not in params else {}
    async with (
        httpx.AsyncClient(base_url=url or person.server_url, timeout=20) as client,
        client.stream(
            "GET", "/api/chat/events", params=params, headers={**named, **(headers or {})}
        ) as answer,
    ):
        yield answer, _events(answer)


async def _events(answer):
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line == "":
            if "event" in fields:
                yield fields.get("id"), fields["event"], json.loads(fields["data"])
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


async def _next(events, tipo):
    async with asyncio.timeout(10):
        async for ident, kind, data in events:
            if kind == tipo:
                return ident, data
    raise AssertionError(tipo)


async def test_a_stream_tells_what_a_socket_does(new_talk):
    talk = new_talk()
    talk.answer("Hola")
    async with listening(talk.cliente) as (answer, events):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        talk.answer("Por el flujo")
        ident, data = await _next(events, "message.created")
        assert data["message"] == "Por el flujo"
    talk.answer("Mientras no estaba")
    for where in ({"after": ident}, {"headers": {"Last-Event-ID": ident}, "after": "0"}):
        async with listening(talk.cliente, **where) as (_, events):
            assert (await _next(events, "message.created"))[1]["message"] == "Mientras no estaba"


async def test_a_pass_opens_a_stream_once(new_talk):
    talk = new_talk()
    ticket = talk.cliente.post("/api/v1/chat/ticket").json()["ticket"]
    async with listening(talk.cliente, ticket=ticket) as (answer, events):
        assert answer.status_code == 200
        talk.write("Con pase")
        assert (await _next(events, "message.created"))[1]["message"] == "Con pase"
    async with listening(talk.cliente, ticket=ticket) as (answer, _):
        assert answer.status_code == 401
        assert json.loads(await answer.aread())["code"] == "no_autenticado"


async def test_who_may_not_listen_is_told_in_the_contract_s_words(cast):
    answer = cast.anon.get("/api/chat/events")
    assert answer.status_code == 401
    assert answer.json()["success"] is False
    answer = cast.cliente.get("/api/chat/events", params={"after": "x"})
    assert answer.status_code == 400
    assert "after" in answer.json()["errors"]


async def test_every_place_that_is_none_is_refused_by_its_name(cast):
    for value in hostile.QUERY_VALUES:
        answer = cast.cliente.head(f"/api/chat/events?after={value}")
        assert answer.status_code in {200, 400}, value
        if answer.status_code == 400:
            told = cast.cliente.get(f"/api/chat/events?after={value}")
            assert "after" in told.json()["errors"], value


async def test_the_head_of_a_stream_ends_at_once(cast):
    answer = cast.cliente.head("/api/chat/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream"


async def test_a_session_that_ends_ends_its_stream(new_cliente):
    cliente = new_cliente()
    async with listening(cliente) as (answer, _):
        assert cliente.post("/api/v1/auth/logout").status_code == 200
        async with asyncio.timeout(3):
            async for _line in answer.aiter_lines():
                pass
