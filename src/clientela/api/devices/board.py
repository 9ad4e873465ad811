"""All devices that listen to this process: who they are, whether they are still there and still welcome."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clientela.api import permisos
from clientela.api.devices.frames import Frames, Read
from clientela.api.devices.listener import BAD_CREDENTIAL, NOT_ALLOWED, TOO_SLOW, Listener, Outlet
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import AppError, Forbidden, TooManyRequests, Unauthenticated
from clientela.core.events import SESIONES, Event
from clientela.core.hub import EventHub
from clientela.core.logs import get_logger

# Every device is spoken to once in a round; one that has not said a word for three rounds is gone.
ROUND: Final = 25
SILENT_SECONDS: Final = 3.0 * ROUND + 5
# Devices of one user at one process; a page that opens sockets in a loop must not use up the server.
MOST: Final = 100
RETRY: Final = 0.5

Resolve = Callable[[Actor], Awaitable[tuple[Actor, datetime]]]

_log = get_logger(__name__)


class Board:
    """The process's listeners; `resolve` tells who a caller is now, or raises Unauthenticated."""

    def __init__(self, db: Db, hub: EventHub, read: Read, resolve: Resolve) -> None:
        self.db = db
        self.hub = hub
        self._frames = Frames(read)
        self._resolve = resolve
        self._by_user: dict[UUID, list[Listener]] = {}
        self._ring: deque[set[Listener]] = deque(set() for _ in range(ROUND))
        self._tasks: set[asyncio.Task[None]] = set()
        hub.on(SESIONES, self._doubt)
        hub.on_reset(self._doubt_all)

    async def start(self) -> None:
        """Begin to look after the devices."""
        self.spawn(self._rounds())

    async def stop(self) -> None:
        """Stop whatever is under way here."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def size(self) -> int:
        """How many devices listen."""
        return sum(map(len, self._ring))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done beside everything else; what it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("realtime_task_failed", exc_info=task.exception())

    async def admit(self, actor: Actor, expires: datetime, outlet: Outlet, after: str | None) -> Listener:
        """Let a device listen from a place on; errors as `Listener.follow`, TooManyRequests, and 403 by the matrix."""
        permisos.check(permisos.MARCOS["WS /api/chat/ws"], actor, "GET", {})
        devices = self._by_user.setdefault(actor.usuario_id, [])
        if len(devices) >= MOST:
            raise TooManyRequests("demasiadas_conexiones", retry_after=ROUND)
        listener = Listener(self.hub, self._frames, self.spawn, actor, expires, outlet)
        devices.append(listener)
        self._ring[0].add(listener)
        try:
            await listener.follow(self.db, after)
        except BaseException:
            self.dismiss(listener)
            raise
        return listener

    def dismiss(self, listener: Listener) -> None:
        """Forget a device that has gone."""
        listener.stop()
        devices = self._by_user.get(listener.actor.usuario_id, [])
        if listener in devices:
            devices.remove(listener)
        if not devices:
            self._by_user.pop(listener.actor.usuario_id, None)
        for place in self._ring:
            place.discard(listener)

    async def certain(self, listener: Listener) -> None:
        """Return once it is sure that a device's session lives; a session that has ended closes it."""
        if listener.doubt == 0 and time.monotonic() >= self.hub.lease_until:
            listener.question()
            await self._settle(listener)
        await listener.certain()

    def _doubt(self, event: Event) -> None:
        self._question(self._by_user.get(UUID(event.datos["usuario_id"]), ()))

    def _doubt_all(self) -> None:
        self._question([listener for devices in self._by_user.values() for listener in devices])

    def _question(self, listeners: "list[Listener] | tuple[Listener, ...]") -> None:
        """Tell these devices nothing more until it is sure that their sessions live."""
        asked = list(listeners)
        for listener in asked:
            listener.question()
        if asked:
            self.spawn(self._settle_all(asked))

    async def _settle_all(self, asked: list[Listener]) -> None:
        for listener in asked:
            await self._settle(listener)

    async def _settle(self, listener: Listener) -> None:
        while not listener.closed:
            doubt = listener.doubt
            try:
                actor, expires = await self._resolve(listener.actor)
                permisos.check(permisos.MARCOS["WS /api/chat/ws"], actor, "GET", {})
            except Unauthenticated:
                listener.close(BAD_CREDENTIAL, "no_autenticado")
            except Forbidden as error:
                listener.close(NOT_ALLOWED, error.code)
            except AppError:
                await asyncio.sleep(RETRY)
            else:
                self._go_on(listener, actor, expires, doubt)
                if listener.doubt == 0:
                    return

    def _go_on(self, listener: Listener, actor: Actor, expires: datetime, doubt: int) -> None:
        if actor.rol != listener.actor.rol:
            # Its streams are another's now: it comes back as what it is.
            listener.close(BAD_CREDENTIAL, "no_autenticado")
            return
        listener.actor, listener.expires = actor, expires
        if listener.doubt == doubt:
            listener.settle()

    async def _rounds(self) -> None:
        """Speak to a share of the devices each second; end those that are silent, and those whose token runs out."""
        while True:
            await asyncio.sleep(1)
            self._ring.rotate(1)
            for listener in list(self._ring[0]):
                self._look_after(listener)

    def _look_after(self, listener: Listener) -> None:
        left = (listener.expires - self.db.now()).total_seconds()
        if listener.closed:
            return
        if left <= 0:
            listener.close(BAD_CREDENTIAL, "no_autenticado")
        elif time.monotonic() - listener.heard > SILENT_SECONDS:
            listener.close(TOO_SLOW, "sin_respuesta")
        else:
            if left < ROUND:
                asyncio.get_running_loop().call_later(left, listener.close, BAD_CREDENTIAL, "no_autenticado")
            listener.outlet.write("ping", None, b"{}")
