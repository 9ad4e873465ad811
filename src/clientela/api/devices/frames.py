"""From an event to what a device is told: the event's own data, or the message that it names."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from clientela.core import values
from clientela.core.events import Event

MESSAGE: Final = "message.created"
# Events hold no texts, so a message is read when it is told: once for all its listeners, and then forgotten soon,
# for a person may be erased.
KEPT_SECONDS: Final = 5.0
KEPT: Final = 2000

Read = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, Any]]]


class Frame:
    """What one event says: itself, and its data in JSON."""

    __slots__ = ("data", "event")

    def __init__(self, event: Event, data: bytes) -> None:
        self.event = event
        self.data = data


class Frames:
    """The process's frames; `read` returns messages by their identifiers, those that may be shown."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._kept: dict[UUID, tuple[float, bytes]] = {}
        self._asked: dict[UUID, asyncio.Future[bytes | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def of(self, events: Sequence[Event]) -> list[Frame]:
        """Make the frames of events, in order; one whose message is not to be shown any more is left out.

        Raises what the database does when it does not answer.
        """
        found = {
            event.seq: self._message(UUID(event.datos["id"])) for event in events if event.tipo == MESSAGE
        }
        frames = []
        for event in events:
            if event.tipo == MESSAGE:
                asked = found[event.seq]
                data = asked if isinstance(asked, bytes) else await asyncio.shield(asked)
            else:
                data = values.NUMBERS.encode(event.datos)
            if data is not None:
                frames.append(Frame(event, data))
        return frames

    def _message(self, ref: UUID) -> "bytes | asyncio.Future[bytes | None]":
        kept = self._kept.get(ref)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        asked = self._asked.get(ref)
        if asked is None:
            asked = self._asked[ref] = asyncio.get_running_loop().create_future()
            if self._task is None:
                self._task = asyncio.create_task(self._load())
        return asked

    async def _load(self) -> None:
        """Read what was asked for; whoever asks meanwhile is served by the next statement."""
        try:
            # One turn of the loop gathers what the other listeners of the same events ask for.
            await asyncio.sleep(0)
            while self._asked:
                await self._load_once()
        finally:
            self._task = None

    async def _load_once(self) -> None:
        asked, self._asked = self._asked, {}
        try:
            found = await self._read(list(asked))
        except Exception as error:  # noqa: BLE001 - whoever waits is told, and tries again
            for waiting in asked.values():
                waiting.set_exception(error)
                # Nobody may be left to look at it.
                waiting.exception()
            return
        until = time.monotonic() + KEPT_SECONDS
        for ref, waiting in asked.items():
            message = found.get(ref)
            data = None if message is None else values.NUMBERS.encode(message)
            if data is not None:
                self._kept[ref] = (until, data)
            waiting.set_result(data)
        self._forget()

    def _forget(self) -> None:
        now = time.monotonic()
        for ref in list(self._kept):
            if len(self._kept) <= KEPT and self._kept[ref][0] > now:
                break
            del self._kept[ref]
