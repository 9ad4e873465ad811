"""Defects to plant into a server, one for each kind that the tests of this package must find."""

import json
from dataclasses import replace
from typing import Any

import clientela.app  # noqa: F401
from clientela.api import body as body_module
from clientela.api import call as call_module
from clientela.api import permisos
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
    call_module.loads = json.loads  # type: ignore[assignment]
    body_module.text_is_safe = lambda _: True
