"""Defects to plant into a server, one for each kind that the tests of this package must find."""

import json
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import msgspec

import clientela.app  # noqa: F401
from clientela.api import body as body_module
from clientela.api import permisos, reading
from clientela.api.call import ROUTES, Call, Reply
from clientela.core.errors import Forbidden
from clientela.tickets import rules as ticket_rules


def open_doors() -> None:
    """No guard at all, except one that comes after the work: PUT of a foreign cart writes, then answers 403."""
    permisos.check = lambda *_: None
    ticket_rules.may_read = lambda *_: True
    key = "PUT /clientes/{cliente_id}/carrito"
    handler = ROUTES[key].handler

    async def late_guard(call: Call, body: Any) -> Reply:
        reply = await handler(call=call, body=body)
        if call.path["cliente_id"] != str(call.actor.cliente_id):
            raise Forbidden
        return reply

    ROUTES[key] = replace(ROUTES[key], handler=late_guard)


def no_values_layer() -> None:
    """JSON read as frameworks usually do: floats, NaN, integers and depth without end, any text."""
    setattr(reading, "loads", json.loads)  # noqa: B010
    setattr(body_module, "text_is_safe", lambda _: True)  # noqa: B010


def leaky_fields() -> None:
    """A body's `limite_credito` goes straight into the client, and `/auth/yo` shows the hash of the password."""
    sent: ContextVar[Any] = ContextVar("sent")
    decode = getattr(reading, "read_body")  # noqa: B009
    save = ROUTES["PUT /clientes/{cliente_id}/preferencias"]
    me = ROUTES["GET /api/v1/auth/yo"]

    def remember(model: Any, data: Any, missing_code: str | None = None, *, lenient: bool = False) -> Any:
        sent.set(data)
        return decode(model, data, missing_code, lenient=lenient)

    async def save_all(call: Call, body: Any) -> Reply:
        value = sent.get().get("limite_credito")
        if type(value) is int:
            sql = "UPDATE clientes SET limite_credito = $1::int WHERE id = $2::uuid"
            await call.db.execute(sql, value, call.path["cliente_id"])
        return await save.handler(call=call, body=body)

    async def show_all(call: Call) -> Reply:
        reply = await me.handler(call=call)
        reply.data = {**msgspec.to_builtins(reply.data), "contrasenia_hash": "x"}
        return reply

    setattr(reading, "read_body", remember)  # noqa: B010
    ROUTES[save.key] = replace(save, handler=save_all, parameters=frozenset({"call", "body"}))
    ROUTES[me.key] = replace(me, handler=show_all, parameters=frozenset({"call"}))


def broken_answers() -> None:
    """An undescribed 418 for the second page of products, and a 500 for carts with a large quantity."""
    search = ROUTES["GET /api/v1/productos"]
    save = ROUTES["PUT /clientes/{cliente_id}/carrito"]

    async def teapot(call: Call, query: Any) -> Reply:
        reply = await search.handler(call=call, query=query)
        return Reply(reply.data, 418) if query.page > 1 else reply

    async def fragile(call: Call, body: Any) -> Reply:
        if any(line.cantidad > 500 for line in body.items):
            raise RuntimeError("planted")
        return await save.handler(call=call, body=body)

    ROUTES[search.key] = replace(search, handler=teapot)
    ROUTES[save.key] = replace(save, handler=fragile)
