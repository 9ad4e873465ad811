"""One device that listens: its streams, what it was told, and whether it may still be told anything."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final, Protocol

from clientela.api.devices import cursors
from clientela.api.devices.frames import Frame, Frames
from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import AppError
from clientela.core.events import Event, SlowConsumer, Subscription
from clientela.core.hub import EventHub
from clientela.core.logs import get_logger

# A device this far behind is cut; it comes back with its cursor and misses nothing.
CAPACITY: Final = 1000
BATCH: Final = 50
RETRY: Final = 0.5

BAD_CREDENTIAL: Final = 4401
NOT_ALLOWED: Final = 4403
TOO_SLOW: Final = 4408
BROKEN: Final = 1011
RESYNC: Final = b"{}"

_log = get_logger(__name__)


class Outlet(Protocol):
    """Where frames leave: a socket, or the body of an answer. Nothing here waits."""

    @property
    def full(self) -> bool:
        """Whether what was written is still waiting to be read by the other side."""
        ...

    def write(self, tipo: str, place: int | str | None, data: bytes) -> None:
        """Send one frame; `place` is its id."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        ...


class Listener:
    """Follows the streams of one caller and writes to one outlet, in order, without gap or repeat.

    `doubt` grows when something about the caller's session changed, and nothing is told until it is settled.
    """

    __slots__ = (
        "_begun",
        "_draining",
        "_frames",
        "_hub",
        "_settled",
        "_spawn",
        "_subscriptions",
        "actor",
        "closed",
        "doubt",
        "expires",
        "heard",
        "outlet",
        "typed",
    )

    def __init__(
        self,
        hub: EventHub,
        frames: Frames,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        actor: Actor,
        expires: datetime,
        outlet: Outlet,
    ) -> None:
        self._hub = hub
        self._frames = frames
        self._spawn = spawn
        self._subscriptions: list[Subscription] = []
        self._begun = False
        self._draining = False
        self.actor = actor
        self.expires = expires
        self.outlet = outlet
        self.doubt = 0
        self._settled: asyncio.Event | None = None
        self.closed = False
        self.heard = time.monotonic()
        """When the other side last said anything (monotonic seconds)."""
        self.typed = 0.0
        """When it was last told to others that somebody types here (monotonic seconds)."""

    async def follow(self, db: Db, after: str | None) -> None:
        """Begin to listen; nothing is told before `begin`. Raises Invalid for a place that is none, Unavailable."""
        streams = cursors.streams_of(self.actor)
        try:
            for flujo, place in zip(streams, cursors.read(after, len(streams)), strict=True):
                self._subscriptions.append(await self._subscribe(db, flujo, place))
        except BaseException:
            self.stop()
            raise

    async def _subscribe(self, db: Db, flujo: str, place: int | None) -> Subscription:
        """Follow one stream from a place.

        One that the stream has not reached was given out before a backup was restored: such a device, and one whose
        missed events are not kept any more, is told by `resync` to read anew.
        """
        found = await self._hub.subscribe(flujo, after=place, capacity=CAPACITY, ready=self.ready)
        if place is not None and not self._hub.has_reached(flujo, place):
            # This process may only be behind another one.
            head = await events.head(db, flujo)
            if place > head:
                self._hub.unsubscribe(found)
                found = await self._hub.subscribe(flujo, after=head, capacity=CAPACITY, ready=self.ready)
                found.gap = True
        return found

    def begin(self) -> None:
        """Tell what was missed, and from now on whatever comes."""
        self._begun = True
        if any(subscription.gap for subscription in self._subscriptions):
            self.outlet.write("resync", None, RESYNC)
        self.ready()

    def stop(self) -> None:
        """Stop listening; the outlet is somebody else's to close."""
        self.closed = True
        self._let_go()
        for subscription in self._subscriptions:
            self._hub.unsubscribe(subscription)

    def close(self, code: int, reason: str) -> None:
        """End the connection and stop listening."""
        if not self.closed:
            self.stop()
            self.outlet.close(code, reason)

    def question(self) -> None:
        """Tell nothing more until it is sure that the session lives."""
        self.doubt += 1
        self._settled = self._settled or asyncio.Event()

    def settle(self) -> None:
        """Go on: the session lives."""
        self.doubt = 0
        self._let_go()
        self.ready()

    async def certain(self) -> None:
        """Return once it is sure that the session lives, or the connection has ended."""
        if self._settled is not None and not self.closed:
            await self._settled.wait()

    def _let_go(self) -> None:
        if self._settled is not None:
            self._settled.set()
            self._settled = None

    def ready(self) -> None:
        """Go on telling, unless somebody does already; called whenever there may be something to tell."""
        if not self._begun or self.closed:
            return
        if any(subscription.cut for subscription in self._subscriptions):
            self.close(TOO_SLOW, "lector_lento")
        elif not self._draining:
            self._draining = True
            self._spawn(self._drain())

    async def _drain(self) -> None:
        try:
            while not (self.closed or self.doubt or self.outlet.full):
                batch = self._take()
                if not batch:
                    return
                await self._tell(batch)
        except SlowConsumer:
            self.close(TOO_SLOW, "lector_lento")
        except Exception:  # noqa: BLE001 - a device that is told nothing more must know it: it comes back by its cursor
            _log.exception("listener_failed")
            self.close(BROKEN, "error_interno")
        finally:
            self._draining = False

    def _take(self) -> list[tuple[Event, int | str | None]]:
        """Take the next events, each with the place that the device has reached with it."""
        taken: list[tuple[Event, int | str | None]] = []
        for subscription in self._subscriptions:
            while len(taken) < BATCH:
                try:
                    event = subscription.take()
                except StopAsyncIteration:
                    break
                if event is None:
                    break
                place = cursors.write([s.cursor for s in self._subscriptions]) if event.seq else None
                taken.append((event, place))
        return taken

    async def _tell(self, batch: list[tuple[Event, int | str | None]]) -> None:
        frames = await self._frames_of([event for event, _ in batch])
        # Between the taking and this moment the session may have ended.
        await self.certain()
        places = {id(event): place for event, place in batch}
        for frame in frames:
            if self.closed:
                return
            self.outlet.write(frame.event.tipo, places[id(frame.event)], frame.data)

    async def _frames_of(self, batch: list[Event]) -> list[Frame]:
        """Make frames; while the database does not answer they wait, for what was taken must be told."""
        while True:
            try:
                return await self._frames.of(batch)
            except AppError:
                if self.closed:
                    return []
                await asyncio.sleep(RETRY)
