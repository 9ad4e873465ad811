"""Requests that arrive together: raw sockets, all but the last byte of each sent first, then released at once.

This is the HTTP/1.1 form of the single-packet attack: by the time the first byte of work can begin, every request
is complete in the server's socket buffers within microseconds of the others, so that races really race.
"""

import json as jsonlib
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One request of a burst; `json` is encoded as the body, `token` becomes the bearer.

    `base_url` sends this one to another server than the burst's, `source_ip` from another loopback address.
    """

    method: str
    path: str
    json: Any = None
    body: bytes | None = None
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    base_url: str | None = None
    source_ip: str | None = None

    def encode(self, host: str) -> bytes:
        """The bytes on the wire; the connection is closed after the answer, which marks its end."""
        content = self.body
        headers = {"Host": host, "Connection": "close"}
        if content is None and self.json is not None:
            content = jsonlib.dumps(self.json).encode()
            headers["Content-Type"] = "application/json"
        if content is not None or self.method in {"POST", "PUT", "PATCH"}:
            headers["Content-Length"] = str(len(content or b""))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        headers |= self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + (content or b"")


@dataclass(frozen=True)
class Answer:
    """What came back: status 0 means that the connection ended or timed out without a complete answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The decoded body."""
        return jsonlib.loads(self.body)


def burst(
    base_url: str, requests: Sequence[Request], *, timeout: float = 30.0, settle: float = 0.03
) -> list[Answer]:
    """Send all requests together and return their answers in the same order.

    `settle` is how long the nearly complete requests rest before the last bytes go, so that the server has
    accepted every connection and read what there is.
    """
    sockets: list[socket.socket] = []
    lasts: list[bytes] = []
    try:
        for request in requests:
            sock, host = _connect(request.base_url or base_url, request.source_ip, timeout)
            sockets.append(sock)
            content = request.encode(host)
            sock.sendall(content[:-1])
            lasts.append(content[-1:])
        time.sleep(settle)
        begun = time.monotonic()
        for sock, last in zip(sockets, lasts, strict=True):
            sock.send(last)
        return _collect(sockets, begun, timeout)
    finally:
        for sock in sockets:
            sock.close()


def _connect(base_url: str, source_ip: str | None, timeout: float) -> tuple[socket.socket, str]:
    """Open one connection and say what its Host header must be."""
    parts = urlsplit(base_url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    sock = socket.create_connection(address, timeout, (source_ip, 0) if source_ip else None)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock, parts.netloc


def _collect(sockets: Sequence[socket.socket], begun: float, timeout: float) -> list[Answer]:
    """Read every socket to its end."""
    chunks: list[list[bytes]] = [[] for _ in sockets]
    ended: list[float] = [timeout] * len(sockets)
    with selectors.DefaultSelector() as selector:
        for index, sock in enumerate(sockets):
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ, index)
        deadline = begun + timeout
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                index = key.data
                try:
                    data = sockets[index].recv(65_536)
                except OSError:
                    data = b""
                if data:
                    chunks[index].append(data)
                else:
                    ended[index] = time.monotonic() - begun
                    selector.unregister(key.fileobj)
    return [parse_answer(b"".join(parts), seconds) for parts, seconds in zip(chunks, ended, strict=True)]


def parse_answer(raw: bytes, seconds: float = 0.0) -> Answer:
    """Read one complete HTTP/1.1 answer; an incomplete one has status 0 and its raw bytes as the body."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if not separator or not lines[0].startswith(b"HTTP/1.1 "):
        return Answer(0, {}, raw, seconds)
    headers = {
        name.decode("latin-1").strip().lower(): value.decode("latin-1").strip()
        for name, _, value in (line.partition(b":") for line in lines[1:])
    }
    if headers.get("transfer-encoding") == "chunked":
        whole = _dechunk(body)
    else:
        length = int(headers.get("content-length", len(body)))
        whole = body[:length] if len(body) >= length else None
    if whole is None:
        return Answer(0, headers, raw, seconds)
    return Answer(int(lines[0].split()[1]), headers, whole, seconds)


def _dechunk(body: bytes) -> bytes | None:
    """Join the chunks; None when the closing one is missing."""
    whole = b""
    while body:
        size_line, _, body = body.partition(b"\r\n")
        size = int(size_line.split(b";")[0] or b"0", 16)
        if size == 0:
            return whole
        whole += body[:size]
        body = body[size + 2 :]
    return None
