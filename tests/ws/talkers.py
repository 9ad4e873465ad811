"""People who talk while everything breaks: each keeps his own log of what he was told, and says all he has to say."""

import asyncio
import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import WebSocketException

from tests.cast import Persona
from tests.tools.devices import Device, device

# Who hears nothing of a message for so long says it again.
PATIENCE = 1.5


@dataclass
class Talker:
    """One device that reconnects: `lines` are (session, name, text), said one after the other until each is heard.

    It calls its messages by a name, so that one said twice is one. `resumes`: whether it comes back with its cursor, as
    a good front end does; the control of the test goes without.
    """

    person: Persona
    url: str
    lines: list[tuple[str, str, str]]
    resumes: bool = True
    log: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    closed: set[str] = field(default_factory=set)
    repeated: int = 0
    connections: int = 0
    cursor: int | str = 0
    complaints: list[Any] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Talk and listen until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError, EOFError):
                after = self.cursor if self.resumes else None
                async with device(self.person, url=self.url, after=after, open_timeout=5) as one:
                    self.connections += 1
                    await self._talk(one)
            await asyncio.sleep(random.uniform(0.02, 0.2))

    async def _talk(self, one: Device) -> None:
        saying = asyncio.create_task(self._say(one))
        try:
            while True:
                self._note(await one.hear(seconds=30))
        finally:
            saying.cancel()
            with suppress(asyncio.CancelledError, OSError, WebSocketException):
                await saying

    async def _say(self, one: Device) -> None:
        for session, name, text in self.lines:
            while name not in self.heard:
                await one.say("message.send", sessionId=session, message=text, clientMessageId=name)
                self.news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        while name not in self.heard:
                            await self.news.wait()
                            self.news.clear()

    def _note(self, frame: dict[str, Any]) -> None:
        data = frame["data"]
        if "id" in frame:
            # Each event moves its device on by one, in one of its streams.
            if _moved(frame["id"]) <= _moved(self.cursor):
                self.repeated += 1
            self.cursor = frame["id"]
        if frame["type"] == "message.created":
            self.heard.add(data["message"])
            if "id" in frame:
                self.log[data["sessionId"]].append((data["seq"], data["id"]))
        elif frame["type"] == "session.updated" and data["status"] == "closed":
            self.closed.add(data["id"])
        elif frame["type"] == "error":
            self.complaints.append(data)
        self.news.set()

    @property
    def silent(self) -> bool:
        """Whether everything was said and heard of."""
        return all(name in self.heard for _, name, _ in self.lines)


def _moved(place: int | str) -> int:
    return sum(map(int, str(place).split("-")))
