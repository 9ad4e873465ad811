"""The event hub: one connection per process that listens, reads by cursor and hands out (DESIGN §3, D-17).

`NOTIFY` only hints that a stream has grown; what is handed out is always read by cursor, in one statement for
all streams that need it. So a lost hint, a cut connection or a killed backend costs time, never an event. The
same statement runs at least every quarter second and always reads the stream `sesiones`: it is the heartbeat,
and the proof on which other parts may trust what they remember about sessions (`lease_until`).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from clientela.core.errors import Unavailable
from clientela.core.events import CHANNEL, SESIONES, SIGNALS, Event, Subscription, event_from
from clientela.core.logs import get_logger

HEARTBEAT: Final = 0.25
LEASE: Final = 0.9
SWEEP: Final = 2.0
# A database that does not answer within this time is taken for gone: the connection is made anew.
TIMEOUT: Final = 2.0
PAGE: Final = 200
LANES: Final = 500
CAPACITY: Final = 1000
_BACKOFF: Final = (0.05, 2.0)
# A signal is not stored, so it has no date that could matter.
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_READ: Final = """SELECT c.n, e.flujo, e.seq, e.tipo, e.datos, e.cliente_id, e.actor_id, e.creado_en
    FROM unnest($1::text[], $2::bigint[], $3::integer[]) WITH ORDINALITY AS c (flujo, seq, maximo, n)
    CROSS JOIN LATERAL (
      SELECT * FROM eventos WHERE flujo = c.flujo AND seq > c.seq ORDER BY seq LIMIT c.maximo
    ) e ORDER BY c.n, e.seq"""
_HEADS: Final = "SELECT flujo, ultimo, purgado FROM flujos WHERE flujo = ANY($1::text[])"

_log = get_logger(__name__)


class _Stream:
    """What the hub knows of one stream; `cursor` is None until its head was read."""

    __slots__ = ("callbacks", "cursor", "flujo", "purged", "subscriptions", "waiting")

    def __init__(self, flujo: str) -> None:
        self.flujo = flujo
        self.cursor: int | None = None
        self.purged = 0
        """`seq` up to which events may have been forgotten."""
        self.waiting: asyncio.Event | None = None
        self.subscriptions: set[Subscription] = set()
        self.callbacks: list[Callable[[Event], None]] = []

    def begin(self, seq: int) -> None:
        """Set the place from which events are handed out."""
        self.cursor = seq
        if self.waiting is not None:
            self.waiting.set()
            self.waiting = None

    async def known(self, seconds: float) -> int:
        """Wait for the place from which events are handed out; Unavailable when it is not known in time."""
        if self.cursor is None:
            self.waiting = self.waiting or asyncio.Event()
            try:
                await asyncio.wait_for(self.waiting.wait(), seconds)
            except TimeoutError as error:
                raise Unavailable from error
        return self.cursor or 0

    def dispatch(self, event: Event) -> None:
        """Hand one event to everybody who is up to date with the stream."""
        self.cursor = event.seq
        for callback in self.callbacks:
            try:
                callback(event)
            except Exception:  # noqa: BLE001 - one listener's defect must not cost the others their event
                _log.exception("event_callback_failed", flujo=self.flujo, seq=event.seq)
        for subscription in self.subscriptions:
            if subscription.live:
                subscription.push(event)


class EventHub:
    """The process's ear: subscribe to streams, register callbacks, ask for the lease.

    `connect` opens a connection of its own (`Pool.connect`). A cache that relies on this hub trusts an entry only
    before `lease_until`, keeps one only if `generation` stayed the same since before it read the database, and
    empties itself in `on_reset`.
    """

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._streams: dict[str, _Stream] = {}
        self._dirty: set[str] = set()
        self._unknown: set[str] = set()
        self._behind: set[Subscription] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._resets: list[Callable[[], None]] = []
        self._next_sweep = 0.0
        self._backoff = _BACKOFF[0]
        self.connected = False
        """Whether the listener's connection stands."""
        self.lease_until = 0.0
        """`time.monotonic()` until which every event of `sesiones` committed by then is known to be handed out."""
        self.generation = 0
        """Grows with every event of `sesiones` that is handed out, and with every reset."""
        self.on(SESIONES, self._count)

    async def start(self) -> None:
        """Start listening; returns at once, whether or not the database answers."""
        self._task = asyncio.create_task(self._run(), name="event-hub")

    async def stop(self) -> None:
        """Stop listening and end every subscription."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for stream in self._streams.values():
            for subscription in stream.subscriptions:
                subscription.close()
        self.lease_until = 0.0

    @property
    def lag(self) -> float:
        """Seconds for which the proof that every event was seen has been missing; 0 while the lease holds."""
        return max(0.0, time.monotonic() - self.lease_until) if self.lease_until else 0.0

    def on(self, flujo: str, callback: Callable[[Event], None]) -> None:
        """Call back with every event of a stream from now on, in order; the callback must be quick."""
        self._stream(flujo).callbacks.append(callback)

    def on_reset(self, callback: Callable[[], None]) -> None:
        """Call back when events may have been missed: at the beginning, and when the database went back in time."""
        self._resets.append(callback)

    async def subscribe(
        self,
        flujo: str,
        *,
        after: int | None = None,
        capacity: int = CAPACITY,
        wait: float = 5.0,
        ready: Callable[[], None] | None = None,
    ) -> Subscription:
        """Follow a stream: from now on, or after a cursor, with everything that was missed first.

        An event committed after this returns is delivered. `ready` is called whenever there is something to take.
        Raises Unavailable when the database does not answer within `wait` seconds. End it with `unsubscribe`.
        """
        stream = self._stream(flujo)
        subscription = Subscription(flujo, capacity, self._wake, ready)
        stream.subscriptions.add(subscription)
        try:
            head = await stream.known(wait)
        except BaseException:
            self.unsubscribe(subscription)
            raise
        subscription.begin(head if after is None else after)
        subscription.gap = after is not None and after < stream.purged
        self._behind.add(subscription)
        self._settle(subscription)
        self._wake.set()
        return subscription

    def has_reached(self, flujo: str, seq: int) -> bool:
        """Tell whether this process has seen a place of a stream that is followed."""
        stream = self._streams.get(flujo)
        return stream is not None and stream.cursor is not None and stream.cursor >= seq

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; a stream that nobody follows any more is forgotten."""
        subscription.close()
        self._behind.discard(subscription)
        stream = self._streams.get(subscription.flujo)
        if stream is None:
            return
        stream.subscriptions.discard(subscription)
        if not stream.subscriptions and not stream.callbacks:
            del self._streams[subscription.flujo]
            self._dirty.discard(subscription.flujo)
            self._unknown.discard(subscription.flujo)

    def _stream(self, flujo: str) -> _Stream:
        stream = self._streams.get(flujo)
        if stream is None:
            stream = self._streams[flujo] = _Stream(flujo)
            self._unknown.add(flujo)
            self._wake.set()
        return stream

    def _count(self, _: Event) -> None:
        self.generation += 1

    def _hint(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        flujo, _, seq = str(payload).rpartition(":")
        stream = self._streams.get(flujo)
        if stream is not None and stream.cursor is not None and int(seq) > stream.cursor:
            self._dirty.add(flujo)
            self._wake.set()

    def _signal(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        told = msgspec.json.decode(str(payload))
        stream = self._streams.get(told["flujo"])
        for subscription in stream.subscriptions if stream else ():
            subscription.push_signal(Event(told["flujo"], 0, told["tipo"], told["datos"], None, None, _EPOCH))

    def _settle(self, subscription: Subscription) -> None:
        """Make a subscription live once it has everything that was handed out so far."""
        stream = self._streams[subscription.flujo]
        if stream.cursor is not None and subscription.pushed >= stream.cursor:
            subscription.live = True
            self._behind.discard(subscription)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever broke, we connect anew and read on
                _log.warning("event_hub_reconnecting", error=type(error).__name__, pause=self._backoff)
            self.connected = False
            await asyncio.sleep(self._backoff * random.uniform(0.5, 1.0))  # noqa: S311
            self._backoff = min(self._backoff * 2, _BACKOFF[1])

    async def _listen(self) -> None:
        """Connect, listen and read until something breaks."""
        connection = await self._connect()
        try:
            connection.add_termination_listener(lambda _: self._wake.set())
            await asyncio.wait_for(connection.add_listener(CHANNEL, self._hint), TIMEOUT)
            await asyncio.wait_for(connection.add_listener(SIGNALS, self._signal), TIMEOUT)
            # What was committed while nobody listened is found by the heads.
            self._next_sweep = 0.0
            self.connected = True
            while True:
                self._wake.clear()
                more = await self._round(connection)
                self._backoff = _BACKOFF[0]
                if not more:
                    await self._pause()
        finally:
            connection.terminate()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), HEARTBEAT)

    async def _round(self, connection: Any) -> bool:
        """Read everything that is due in one statement and hand it out; tell whether there is more at once."""
        started = time.monotonic()
        await self._read_heads(connection, started)
        streams, behind = self._due()
        flujos = [s.flujo for s in streams] + [s.flujo for s in behind]
        cursors = [s.cursor for s in streams] + [s.pushed for s in behind]
        sizes = [PAGE] * len(streams) + [min(PAGE, s.room) for s in behind]
        lanes: list[list[Event]] = [[] for _ in flujos]
        for row in await connection.fetch(_READ, flujos, cursors, sizes, timeout=TIMEOUT):
            lanes[row["n"] - 1].append(event_from(row))
        full = [len(lane) == size for lane, size in zip(lanes, sizes, strict=True)]
        for stream, lane, is_full in zip(streams, lanes, full, strict=False):
            for event in lane:
                stream.dispatch(event)
            if is_full and stream.flujo in self._streams:
                self._dirty.add(stream.flujo)
        for subscription, lane, is_full in zip(
            behind, lanes[len(streams) :], full[len(streams) :], strict=True
        ):
            for event in lane:
                subscription.push(event)
            if not is_full:
                subscription.live = not subscription.closed
                self._behind.discard(subscription)
        if not full[0]:
            self.lease_until = started + LEASE
        return bool(self._dirty) or any(full)

    def _due(self) -> tuple[list[_Stream], list[Subscription]]:
        """Choose what this round reads: `sesiones` always, then streams that grew, then readers that are behind."""
        for subscription in [s for s in self._behind if s.closed or s.flujo not in self._streams]:
            self._behind.discard(subscription)
        for subscription in list(self._behind):
            self._settle(subscription)
        grown = [flujo for flujo in self._dirty if flujo != SESIONES][:LANES]
        self._dirty.difference_update(grown, (SESIONES,))
        streams = [self._streams[flujo] for flujo in (SESIONES, *grown)]
        behind = [s for s in self._behind if s.room > 0][:LANES]
        return streams, behind

    async def _read_heads(self, connection: Any, now: float) -> None:
        """Learn the heads of new streams, and every two seconds of all: a lost hint is made good here."""
        sweep = now >= self._next_sweep
        asked = list(self._streams) if sweep else list(self._unknown)
        if not asked:
            return
        rows = await connection.fetch(_HEADS, asked, timeout=TIMEOUT)
        heads = {row["flujo"]: row for row in rows}
        for flujo in asked:
            stream = self._streams.get(flujo)
            if stream is not None:
                row = heads.get(flujo)
                stream.purged = row["purgado"] if row else 0
                self._learn_head(stream, row["ultimo"] if row else 0)
        self._unknown.difference_update(asked)
        if sweep:
            self._next_sweep = now + SWEEP

    def _reset(self) -> None:
        self.generation += 1
        for callback in self._resets:
            callback()

    def _learn_head(self, stream: _Stream, head: int) -> None:
        if stream.cursor is None:
            stream.begin(head)
            if stream.flujo == SESIONES:
                # What was remembered before this moment may have missed an event.
                self._reset()
        elif head > stream.cursor:
            self._dirty.add(stream.flujo)
        elif head < stream.cursor:
            _log.error("event_stream_went_back", flujo=stream.flujo, cursor=stream.cursor, head=head)
            stream.begin(head)
            self._reset()
        for subscription in stream.subscriptions:
            if subscription.live and subscription.pushed > head:
                subscription.begin(head)
