"""A device as the front ends have them: it opens the socket, answers pings, and keeps what it was told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from tests.cast import Persona

SECONDS = 10.0


class Device:
    """One open socket of one person."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.cursor: int | str | None = None
        self.frames: list[dict[str, Any]] = []

    async def hear(self, tipo: str | None = None, seconds: float = SECONDS) -> dict[str, Any]:
        """Return the next frame, or the next of a type; pings are answered and passed over."""
        async with asyncio.timeout(seconds):
            while True:
                frame: dict[str, Any] = json.loads(await self.connection.recv())
                if frame["type"] == "ping":
                    await self.say("pong")
                    continue
                self.frames.append(frame)
                self.cursor = frame.get("id", self.cursor)
                if tipo is None or frame["type"] == tipo:
                    return frame

    async def say(self, tipo: str, **data: Any) -> None:
        """Send a frame."""
        await self.connection.send(json.dumps({"type": tipo, "data": data}))

    async def silent(self, seconds: float = 0.4) -> bool:
        """Tell whether nothing is heard for a while."""
        try:
            await self.hear(seconds=seconds)
        except TimeoutError:
            return True
        return False

    async def closed(self, seconds: float = SECONDS) -> int | None:
        """Wait for the server to close; return its code."""
        await asyncio.wait_for(self.connection.wait_closed(), seconds)
        return self.connection.close_code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()


@asynccontextmanager
async def device(
    person: Persona | None,
    *,
    after: int | str | None = None,
    url: str | None = None,
    ticket: str | None = None,
    subprotocol: bool = False,
    headers: dict[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Device]:
    """Open a person's socket: by header, or `ticket`, or by subprotocol; `after` is where it left off."""
    base = url or (person.server_url if person else "")
    query = {"after": after, "ticket": ticket}
    pairs = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    named = dict(headers or {})
    if person is not None and person.token and ticket is None and not subprotocol:
        named.setdefault("Authorization", f"Bearer {person.token}")
    if subprotocol and person is not None:
        options["subprotocols"] = ["bearer", person.token]
    address = base.replace("http", "ws", 1) + "/api/chat/ws" + (f"?{pairs}" if pairs else "")
    options = {"ping_interval": None, "compression": None, "proxy": None, "close_timeout": 2} | options
    async with (
        connect(address, additional_headers=named, **options) as connection,
        Device(connection) as made,
    ):
        yield made
