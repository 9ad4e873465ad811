"""One HTTP/1.1 connection that sends any bytes: what a well-behaved client library would refuse to write.

Used where a test sends hostile heads or bodies, and as the light client of load generators. A connection that the
server drops without a complete answer shows as status 0.
"""

import json as jsonlib
import socket
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.tools.burst import Answer

_DROPPED = Answer(0, {}, b"", 0.0)
_BODILESS = frozenset({204, 304})


class Wire:
    """A keep-alive connection; opened at the first exchange, again after the server closed it."""

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        source_ip: str | None = None,
        timeout: float = 15.0,
        again: bool = True,
    ) -> None:
        parts = urlsplit(base_url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.host = parts.netloc
        self.token = token
        self.source_ip = source_ip
        self.timeout = timeout
        self.again = again
        self._socket: socket.socket | None = None
        self._buffer = b""

    def request(
        self,
        method: str,
        target: str | bytes,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Iterable[tuple[str | bytes, str | bytes]] = (),
        content_type: str | bytes | None = "application/json",
    ) -> Answer:
        """Send one request and read its answer; texts go out as Latin-1, or as UTF-8 where that cannot say them."""
        return self.exchange(
            self.encode(method, target, json=json, body=body, headers=headers, content_type=content_type),
            head_only=method == "HEAD",
        )

    def encode(
        self,
        method: str,
        target: str | bytes,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Iterable[tuple[str | bytes, str | bytes]] = (),
        content_type: str | bytes | None = "application/json",
    ) -> bytes:
        """The bytes of a request."""
        content = jsonlib.dumps(json).encode() if body is None and json is not None else body
        lines: list[tuple[str | bytes, str | bytes]] = [("Host", self.host)]
        if self.token is not None:
            lines.append(("Authorization", f"Bearer {self.token}"))
        if content is not None:
            lines.append(("Content-Length", str(len(content))))
            if content_type is not None:
                lines.append(("Content-Type", content_type))
        elif method in {"POST", "PUT", "PATCH"}:
            lines.append(("Content-Length", "0"))
        lines += list(headers)
        head = b"".join(_bytes(name) + b": " + _bytes(value) + b"\r\n" for name, value in lines)
        return _bytes(method) + b" " + _bytes(target) + b" HTTP/1.1\r\n" + head + b"\r\n" + (content or b"")

    def exchange(self, raw: bytes, *, head_only: bool = False) -> Answer:
        """Send raw bytes and read one answer; status 0 when the connection ends without a complete one.

        A kept connection that turns out to be closed already is replaced once, as every client does; with `again`
        false it is not, because the server may have done the work before it died.
        """
        reused = self._socket is not None and self.again
        begun = time.perf_counter()
        answer = self._try(raw, head_only)
        if answer is None and reused:
            answer = self._try(raw, head_only)
        if answer is None:
            return _DROPPED
        return Answer(answer.status, answer.headers, answer.body, time.perf_counter() - begun)

    def send(self, raw: bytes) -> None:
        """Send raw bytes only (the beginning of a request)."""
        self._open().sendall(raw)

    def receive(self, *, head_only: bool = False) -> Answer:
        """Read one answer to what was sent before; status 0 when there comes none."""
        answer = self._read(head_only)
        return _DROPPED if answer is None else answer

    def _try(self, raw: bytes, head_only: bool) -> Answer | None:
        try:
            self._open().sendall(raw)
        except OSError:
            # The server may have answered before it stopped reading (413): the answer is still in the buffer.
            if self._socket is None:
                return None
        return self._read(head_only)

    def _open(self) -> socket.socket:
        if self._socket is None:
            source = (self.source_ip, 0) if self.source_ip else None
            self._socket = socket.create_connection(self.address, self.timeout, source)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._buffer = b""
        return self._socket

    def _read(self, head_only: bool) -> Answer | None:
        try:
            return self._read_answer(head_only)
        except (OSError, ValueError, EOFError):
            self.close()
            return None

    def _read_answer(self, head_only: bool) -> Answer:
        status, headers = self._read_head()
        while status < 200:
            status, headers = self._read_head()
        if head_only or status in _BODILESS:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = self._read_chunks()
        else:
            body = self._take(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body, 0.0)

    def _read_head(self) -> tuple[int, dict[str, str]]:
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        return int(lines[0].split(" ")[1]), {n.strip().lower(): v.strip() for n, _, v in pairs}

    def _read_chunks(self) -> bytes:
        whole = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            whole += self._take(size)
            self._take(2)
        self._take(2)
        return whole

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._more()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _more(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(262_144)
        if not data:
            raise EOFError
        self._buffer += data

    def close(self) -> None:
        """Close the connection; the next exchange opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bytes(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
