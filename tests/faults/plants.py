"""Defects to plant into a server, one for each kind that the tests of this package must find."""

import asyncio
from dataclasses import replace
from typing import Any

import clientela.app  # noqa: F401
from clientela.api import endpoint
from clientela.api.call import ROUTES, Call, RawHeaders, Reply, Route
from clientela.api.endpoint import Endpoint
from clientela.core import db, idempotency


def yes_before_it_is_written() -> None:
    """A draft is acknowledged at once and written a moment later."""
    save = ROUTES["PUT /clientes/{cliente_id}/borradores/{tipo}"]
    pending: set[asyncio.Task[Any]] = set()

    async def later(arguments: dict[str, Any]) -> None:
        await asyncio.sleep(0.05)
        await save.handler(**arguments)

    async def early(call: Call, body: Any) -> Reply:
        task = asyncio.create_task(later({"call": call, "body": body}))
        pending.add(task)
        task.add_done_callback(pending.discard)
        return Reply({"message": "Borrador guardado exitosamente"})

    ROUTES[save.key] = replace(save, handler=early, parameters=frozenset({"call", "body"}))


def decodes_within_the_transaction() -> None:
    """Pictures that come with an `Idempotency-Key` are decoded while its transaction is open."""

    async def later(*_: Any) -> None:
        return

    setattr(endpoint, "clean_images", later)  # noqa: B010


def leaks_connections() -> None:
    """Whoever asks whether the database answers keeps the connection."""

    async def keep(self: db.Db) -> None:
        await self._pool.acquire()

    setattr(db.Db, "ping", keep)  # noqa: B010


def keeps_keys_afterwards() -> None:
    """The work of a request with a key is committed first, and its answer is kept in a transaction of its own."""

    async def once(
        self: Endpoint, route: Route, call: Call, arguments: dict[str, Any], key: str, content: Any
    ) -> tuple[int, RawHeaders, bytes]:
        place = str(call.actor.usuario_id), route.method, call.scope["path"], key
        digest = idempotency.fingerprint(content)
        async with call.db.transaction() as tx:
            kept = await idempotency.begin(tx, *place, digest)
        if kept is not None:
            return kept.status, [], kept.body
        status, headers, body = endpoint.encode(route.dialect, await route.handler(**arguments))
        plain = {name.decode(): value.decode() for name, value in headers}
        await idempotency.store(call.db, *place, digest, status=status, headers=plain, body=body)
        return status, headers, body

    setattr(Endpoint, "_once", once)  # noqa: B010
