"""The event stream: written with the change it tells of, read by a cursor that loses nothing (DESIGN §3).

Commits overtake each other, so an `id > last` over a sequence loses events. Here every stream has a counter row;
its lock orders the commits of the stream and `seq` has no gap. Streams: `usuario:<uuid>` (a user's devices),
`rol:<rol>`, `sesiones` (identity changes). Events hold ids and codes only, never texts, names or addresses.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

import msgspec

from clientela.core import values
from clientela.core.actor import Actor
from clientela.core.db import Db

CHANNEL: Final = "clientela_eventos"
# What is worth telling only while somebody listens (who is typing): it is never stored.
SIGNALS: Final = "clientela_senales"
SESIONES: Final = "sesiones"

_EMIT: Final = "SELECT fn.evento_emitir($1::text[], $2::text, $3::jsonb, $4::uuid, $5::uuid, $6::timestamptz)"
_EMIT_MANY: Final = """SELECT fn.eventos_volcar(
    $1::text, $2::text[], $3::jsonb[], $4::uuid[], $5::uuid, $6::timestamptz)"""
_READ: Final = """SELECT flujo, seq, tipo, datos, cliente_id, actor_id, creado_en FROM eventos
    WHERE flujo = $1::text AND seq > $2::bigint ORDER BY seq LIMIT $3"""
# The function lies with the flow that shows a timeline: it joins what the domains know of each event.
_TIMELINE: Final = "SELECT fn.linea_de_tiempo($1::uuid, $2::bigint, $3::bigint, $4::integer, $5::uuid)"
# A conversation is found again after any time. Streams are locked in the order in which emitters lock them; the
# condition is that of the index.
_PURGE: Final = """WITH viejos AS (
      SELECT flujo, seq FROM eventos
       WHERE NOT (principal AND cliente_id IS NOT NULL)
         AND tipo NOT IN ('message.created', 'session.updated', 'messages.read')
         AND creado_en < $1::timestamptz
       ORDER BY creado_en LIMIT $2
    ), bajas AS (
      DELETE FROM eventos e USING viejos v WHERE e.flujo = v.flujo AND e.seq = v.seq
    ), candados AS (
      SELECT f.flujo, v.hasta FROM flujos f
        JOIN (SELECT flujo, max(seq) AS hasta FROM viejos GROUP BY flujo) v USING (flujo)
       ORDER BY f.flujo COLLATE "C" FOR NO KEY UPDATE OF f
    ), marcas AS (
      UPDATE flujos f SET purgado = greatest(f.purgado, c.hasta) FROM candados c WHERE f.flujo = c.flujo
    )
    SELECT count(*) FROM viejos"""
_PURGE_BATCH: Final = 1000
_HEAD: Final = "SELECT ultimo FROM flujos WHERE flujo = $1::text"
_SIGNAL: Final = "SELECT pg_notify($1::text, s) FROM unnest($2::text[]) AS s"


class Event(msgspec.Struct, frozen=True):
    """One event of one stream; `seq` counts 1, 2, 3, … within `flujo` and is the cursor that clients hold.

    A signal has no place in the stream: its `seq` is 0.
    """

    flujo: str
    seq: int
    tipo: str
    datos: dict[str, Any]
    cliente_id: UUID | None
    actor_id: UUID | None
    creado_en: datetime


class Draft(msgspec.Struct, frozen=True):
    """One of many events that are written together."""

    tipo: str
    datos: dict[str, Any]
    cliente_id: UUID | None = None


class SlowConsumer(Exception):
    """A subscription was cut because its queue was full; subscribe again after the last `seq` that was read."""


def user_stream(usuario_id: UUID) -> str:
    """Name the stream that all devices of one user follow."""
    return f"usuario:{usuario_id}"


def role_stream(rol: str) -> str:
    """Name the stream that everybody of one role follows."""
    return f"rol:{rol}"


def import_stream(import_id: UUID) -> str:
    """Name the stream of one import: nobody else writes to it, so nobody waits for an import's events."""
    return f"importacion:{import_id}"


async def emit(
    db: Db,
    tipo: str,
    *,
    flujos: Sequence[str],
    datos: Mapping[str, Any],
    cliente_id: UUID | None = None,
    actor: Actor | None = None,
) -> None:
    """Write one event to each stream, in the open transaction; the first stream holds the principal copy.

    Emit last and once in a transaction: a stream stays locked from here to the commit.
    """
    actor_id = actor.usuario_id if actor else None
    await db.execute(_EMIT, list(flujos), tipo, values.dumps(dict(datos)), cliente_id, actor_id, db.now())


async def emit_many(db: Db, flujo: str, events: Sequence[Draft], *, actor: Actor | None = None) -> None:
    """Write many events to one stream of one's own, in the open transaction; each is its principal copy."""
    actor_id = actor.usuario_id if actor else None
    await db.execute(
        _EMIT_MANY,
        flujo,
        [event.tipo for event in events],
        [values.dumps(event.datos) for event in events],
        [event.cliente_id for event in events],
        actor_id,
        db.now(),
    )


async def signal(db: Db, tipo: str, *, flujos: Sequence[str], datos: Mapping[str, Any]) -> None:
    """Tell whoever follows the streams at this moment, and nobody later; ids only, a few hundred bytes."""
    payloads = [values.dumps({"flujo": flujo, "tipo": tipo, "datos": dict(datos)}) for flujo in flujos]
    await db.execute(_SIGNAL, SIGNALS, payloads)


async def read_stream(db: Db, flujo: str, after: int, limit: int = 100) -> list[Event]:
    """Read up to `limit` events of a stream whose `seq` is greater than `after`, in order."""
    return [event_from(row) for row in await db.fetch(_READ, flujo, after, limit)]


async def head(db: Db, flujo: str) -> int:
    """Return the `seq` of a stream's latest event; 0 while it has none."""
    return int(await db.fetchval(_HEAD, flujo) or 0)


async def read_timeline(
    db: Db, ref: UUID | int, before: int | None, limit: int, reader: UUID | None
) -> str | None:
    """Read a client's newest events, or those before one, each once, as the JSON of `fn.linea_de_tiempo`.

    `reader`: somebody who is not shown what others do with their carts. None where there is no such client. Whoever
    asks must be checked against what the JSON says of the client.
    """
    cliente_id, numero = (ref, None) if isinstance(ref, UUID) else (None, ref)
    found: str | None = await db.fetchval(_TIMELINE, cliente_id, numero, before, limit, reader)
    return found


async def purge(db: Db) -> bool:
    """Forget a batch of events that no device may ask for any more; True while there may be more.

    The principal copy of an event about a client stays for ever: it is his timeline. `flujos.purgado` says up to
    which `seq` a stream may have gaps: who resumes from before it must read the present state anew.
    """
    before = db.now() - timedelta(days=db.settings.eventos_dias)
    gone: int = await db.fetchval(_PURGE, before, _PURGE_BATCH)
    return gone == _PURGE_BATCH


def event_from(row: Any) -> Event:
    """Build an event from a row of `eventos`."""
    return Event(
        row["flujo"],
        row["seq"],
        row["tipo"],
        msgspec.json.decode(row["datos"]),
        row["cliente_id"],
        row["actor_id"],
        row["creado_en"],
    )


class Subscription:
    """One reader of one stream: `async for event in subscription`, in order, without gap or repeat.

    The hub fills its queue. While it is behind (`live` is false) only as much is read as there is room for; once
    it is live, a full queue cuts it off with SlowConsumer. Who must not wait for each stream in turn is called back
    by `ready` whenever there is something to `take`, or nothing more will come.
    """

    __slots__ = (
        "_capacity",
        "_cut",
        "_queue",
        "_ready",
        "_wake",
        "closed",
        "cursor",
        "flujo",
        "gap",
        "live",
        "pushed",
    )

    def __init__(
        self, flujo: str, capacity: int, wake: asyncio.Event, ready: Callable[[], None] | None = None
    ) -> None:
        self.flujo = flujo
        self.cursor = 0
        """`seq` of the last event that the reader took."""
        self.pushed = 0
        """`seq` of the last event that was queued."""
        self.live = False
        self.closed = False
        self.gap = False
        """Whether events between the reader's cursor and the first that he is given are lost: he must read anew."""
        self._capacity = capacity
        self._queue: deque[Event] = deque()
        self._ready: Callable[[], None] | asyncio.Event = ready or asyncio.Event()
        self._wake = wake
        self._cut = False

    @property
    def cut(self) -> bool:
        """Whether the reader was too slow; `take` says so too."""
        return self._cut

    @property
    def room(self) -> int:
        """How many more events the queue takes."""
        return self._capacity - len(self._queue)

    def begin(self, seq: int) -> None:
        """Set the place from which to follow (the hub's side)."""
        self.cursor = self.pushed = seq

    def push(self, event: Event) -> None:
        """Queue an event (the hub's side); one that was queued before is passed over."""
        if event.seq <= self.pushed or self.closed:
            return
        if self.room <= 0:
            self._cut = True
            self.close()
            return
        self.pushed = event.seq
        self._queue.append(event)
        self._tell()

    def push_signal(self, event: Event) -> None:
        """Queue what is worth telling only now (the hub's side): a reader who is behind does without."""
        if self.live and self.room > 0 and not self.closed:
            self._queue.append(event)
            self._tell()

    def close(self) -> None:
        """End the subscription; a reader that waits is let go."""
        self.closed = True
        self._queue.clear()
        self._tell()

    def _tell(self) -> None:
        if isinstance(self._ready, asyncio.Event):
            self._ready.set()
        else:
            self._ready()

    def take(self) -> Event | None:
        """Take the next event; None where there is none yet.

        Raises SlowConsumer when the reader was cut, StopAsyncIteration when the subscription has ended.
        """
        if not self._queue:
            if self._cut:
                raise SlowConsumer(self.flujo)
            if self.closed:
                raise StopAsyncIteration
            return None
        event = self._queue.popleft()
        if event.seq:
            self.cursor = event.seq
        if not self.live and self.room * 2 >= self._capacity:
            self._wake.set()
        return event

    async def get(self) -> Event:
        """Take the next event, waiting for it; for readers without `ready`. Raises as `take`."""
        if not isinstance(self._ready, asyncio.Event):
            raise TypeError("this subscription calls back")
        while True:
            event = self.take()
            if event is not None:
                return event
            self._ready.clear()
            await self._ready.wait()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        return await self.get()
