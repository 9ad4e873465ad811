"""Ten thousand devices that listen: what each costs, how soon it hears, and how all of them come back at once."""

import asyncio
import base64
import json
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Self

from bench.machine import cpu_seconds, memory
from bench.rig import Process

SOURCES: Final = tuple(f"127.3.0.{last}" for last in range(1, 5))
AT_ONCE: Final = 200
IDLE_SECONDS: Final = 30.0
KIB: Final = 1024


@dataclass(frozen=True)
class Cost:
    """What idle devices cost a process: KiB of memory each, seconds until all stood, share of a core while idle."""

    devices: int
    kib_each: float
    seconds: float
    idle_cpu: float
    lost: int
    back_seconds: float


class RawDevice:
    """The least that a device can be: a handshake, and frames read as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.alive = True

    @classmethod
    async def open(cls, port: int, token: str, source: str, after: int | None = None) -> Self:
        """Open a socket with a token; ConnectionError when the server does not agree."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), limit=8192)
        key = base64.b64encode(os.urandom(16)).decode()
        query = "" if after is None else f"?after={after}"
        writer.write(
            f"GET /api/chat/ws{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(head.decode("latin-1"))
        return cls(reader, writer)

    def say(self, frame: object) -> None:
        """Send a text frame (masked with zeros, as the protocol allows)."""
        data = json.dumps(frame).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
        self.writer.write(b"\x81" + size + bytes(4) + data)

    async def hear(self) -> dict[str, object]:
        """Return the next frame; pings are answered and passed over. EOFError at the end."""
        while True:
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            data = await self.reader.readexactly(size)
            if first & 0x0F == 8:
                raise EOFError(data)
            frame: dict[str, object] = json.loads(data)
            if frame["type"] != "ping":
                return frame
            self.say({"type": "pong"})

    async def listen(self) -> None:
        """Listen until the end."""
        try:
            while True:
                await self.hear()
        except (EOFError, OSError):
            self.alive = False


async def open_all(port: int, tokens: Sequence[str]) -> list[RawDevice]:
    """Open a device for each token, a few hundred at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(n: int) -> RawDevice:
        async with room:
            return await RawDevice.open(port, tokens[n], SOURCES[n % len(SOURCES)])

    return await asyncio.gather(*(one(n) for n in range(len(tokens))))


async def idle(server: Process, tokens: Sequence[str], seconds: float) -> Cost:
    """Open all, let them be idle, drop them at once, and let them come back."""
    (pid,) = server.workers()
    # The first few hundred bring what a process needs once.
    warm = await open_all(server.port, tokens[:200])
    before = memory(pid).rss
    begun = time.monotonic()
    devices = await open_all(server.port, tokens[200:])
    stood = time.monotonic() - begun
    listening = [asyncio.create_task(device.listen()) for device in (*warm, *devices)]
    await asyncio.sleep(2)
    each = (memory(pid).rss - before) * KIB / len(devices)
    used = cpu_seconds(pid)
    await asyncio.sleep(seconds)
    share = (cpu_seconds(pid) - used) / seconds
    lost = sum(not device.alive for device in (*warm, *devices))
    for device in (*warm, *devices):
        device.writer.transport.abort()
    begun = time.monotonic()
    again = await open_all(server.port, tokens)
    back = time.monotonic() - begun
    for task in listening:
        task.cancel()
    for device in again:
        device.writer.transport.abort()
    return Cost(len(tokens), round(each, 1), round(stood, 1), round(share, 4), lost, round(back, 1))


async def latency(port: int, pairs: Sequence[tuple[str, str, str]], seconds: float) -> list[float]:
    """Let pairs (customer's token, agent's token, session) talk, a message a second each; ms until it is heard."""
    heard: list[float] = []
    sent: dict[str, float] = {}

    async def listen(device: RawDevice) -> None:
        while True:
            frame = await device.hear()
            data = frame["data"]
            if frame["type"] == "message.created" and isinstance(data, dict):
                begun = sent.pop(str(data["message"]), None)
                if begun is not None:
                    heard.append((time.perf_counter() - begun) * 1000)

    devices, tasks = [], []
    for n, (customer, agent, session) in enumerate(pairs):
        devices.append((await RawDevice.open(port, agent, SOURCES[n % 4]), session, f"{n}"))
        tasks.append(asyncio.create_task(listen(await RawDevice.open(port, customer, SOURCES[n % 4]))))
    begun = time.monotonic()
    turn = 0
    while time.monotonic() - begun < seconds:
        for device, session, name in devices:
            text = f"{name}-{turn}"
            sent[text] = time.perf_counter()
            device.say({"type": "message.send", "data": {"message": text, "sessionId": session}})
            await asyncio.sleep(1 / len(devices))
        turn += 1
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    return heard


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 99th of a hundred."""
    ordered = sorted(values)
    return median(ordered), ordered[int(len(ordered) * 0.99)]
