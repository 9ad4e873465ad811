"""Defects to plant into a server, one for each kind that the tests of this package must find."""

import io
import json
import sys
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import msgspec
from PIL import Image

from clientela import app
from clientela.api import body as body_module
from clientela.api import endpoint, origins, permisos, reading
from clientela.api.call import ROUTES, Call, Reply
from clientela.core import audit, images, values
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
    """An undescribed 418 for the second page of products, and a 500 for an empty cart."""
    search = ROUTES["GET /api/v1/productos"]
    save = ROUTES["PUT /clientes/{cliente_id}/carrito"]

    async def teapot(call: Call, query: Any) -> Reply:
        reply = await search.handler(call=call, query=query)
        return Reply(reply.data, 418) if query.page > 1 else reply

    async def fragile(call: Call, body: Any) -> Reply:
        if not body.items:
            raise RuntimeError("planted")
        return await save.handler(call=call, body=body)

    ROUTES[search.key] = replace(search, handler=teapot)
    ROUTES[save.key] = replace(save, handler=fragile)


def pillow_as_it_comes() -> None:
    """Images are decoded where requests are served, by whatever decoder likes them, and stored as they came."""

    async def normalise(data: bytes, campo: str = "imagen") -> images.Imagen:
        try:
            image = Image.open(io.BytesIO(data))
            out = io.BytesIO()
            image.save(out, image.format)
        except Exception as error:
            raise images.refusal(campo) from error
        return images.Imagen(out.getvalue(), *image.size)

    setattr(images, "normalise", normalise)  # noqa: B010


def bounds_one_too_wide() -> None:
    """Every bound of a request lets one more through."""
    setattr(endpoint, "MAX_JSON", endpoint.MAX_JSON + 1)  # type: ignore[attr-defined]  # noqa: B010
    values.MAX_DEPTH += 1  # type: ignore[misc]
    app.MAX_QUERY += 1  # type: ignore[misc]
    app.MAX_HEADERS += 1  # type: ignore[misc]


def reflects_origins() -> None:
    """Every origin is allowed, as many examples do it, and one header is left out."""
    framed = [pair for pair in app.COMMON if b"frame" not in pair[0]]
    setattr(app, "COMMON", tuple(framed))  # noqa: B010
    setattr(origins.Origins, "named", lambda _, headers: dict(headers).get(b"origin"))  # noqa: B010
    build = app.create_app

    def with_some_origin(*args: Any) -> Any:
        gate = build(*args)
        gate.cross_origin = True
        return gate

    setattr(app, "create_app", with_some_origin)  # noqa: B010


def talkative() -> None:
    """Bodies are written to the log, and what is claimed to the audit log."""
    read = getattr(reading, "read_body")  # noqa: B009
    claim = ROUTES["POST /reclamos"]

    def tell(model: Any, data: Any, missing_code: str | None = None, *, lenient: bool = False) -> Any:
        sys.stderr.write(json.dumps({"event": "body", "data": str(data)}) + "\n")
        return read(model, data, missing_code, lenient=lenient)

    async def record(call: Call, body: Any) -> Reply:
        await audit.record(call.db, "reclamo.texto", actor=call.actor, datos={"texto": body.descripcion})
        return await claim.handler(call=call, body=body)

    setattr(reading, "read_body", tell)  # noqa: B010
    ROUTES[claim.key] = replace(claim, handler=record, parameters=frozenset({"call", "body"}))
