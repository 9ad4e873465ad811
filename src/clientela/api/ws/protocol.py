"""The server's side of a WebSocket: uvicorn's own, which can also be written to without waiting, and cut."""

import logging
import socket
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message
from wsproto.utilities import LocalProtocolError

EXTENSION: Final = "clientela.socket"
# A device that lets this many seconds pass without reading is cut; so is one whose closing takes as long.
BLOCKED_SECONDS: Final = 10.0
LINGER_SECONDS: Final = 3.0
# The kernel doubles it, for its own needs.
SEND_BUFFER: Final = 64 * 1024

_quiet: Final = logging.getLogger(__name__)
_quiet.setLevel(logging.WARNING)


class _Done:
    """A handshake that is over: nothing more comes of it."""

    def events(self) -> tuple[()]:
        """Nothing."""
        return ()


_DONE: Final = _Done()


class SocketProtocol(WSProtocol):
    """Gives itself to the application as `scope["extensions"]["clientela.socket"]`.

    `on_room` is called when a device that lagged behind has read what was written, `on_stuck` when it did not read for
    ten seconds.
    """

    on_room: Callable[[], None] | None = None
    on_stuck: Callable[[], None] | None = None

    def connection_made(self, transport: Any) -> None:
        """Take the connection over from the HTTP parser."""
        super().connection_made(transport)
        # Devices come and go by the thousand: each is a number in the metrics, not a line in the log.
        self.logger = _quiet

    def handle_connect(self, event: Any) -> None:
        """Begin the handshake."""
        super().handle_connect(event)
        # The kernel would let megabytes wait for a device that does not read.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        self._blocked: Any = None

    def handle_close(self, event: Any) -> None:
        """End the connection: as the device asks, or because what it sent is no WebSocket (1002, 1007)."""
        if self.conn.state is ConnectionState.OPEN:
            self.cut(event.code, event.reason or "")
        else:
            super().handle_close(event)

    def pause_writing(self) -> None:
        """Note that the device does not read as fast as it is written to."""
        super().pause_writing()
        self._blocked = self.loop.call_later(BLOCKED_SECONDS, self._stuck)

    def resume_writing(self) -> None:
        """Go on: what was written has been read, all but a little."""
        super().resume_writing()
        self._unblock()
        if self.on_room is not None:
            self.on_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers of a connection that has ended."""
        self._unblock()
        super().connection_lost(exc)

    def _unblock(self) -> None:
        if getattr(self, "_blocked", None) is not None:
            self._blocked.cancel()
            self._blocked = None

    def _stuck(self) -> None:
        self._blocked = None
        if self.on_stuck is not None:
            self.on_stuck()

    @property
    def full(self) -> bool:
        """Whether what was written is still waiting to be read by the device."""
        return not self.writable.is_set()

    def lean(self) -> None:
        """Drop what only the handshake needed; an open socket keeps it for hours otherwise."""
        vars(self.conn)["handshake"] = _DONE
        vars(self).pop("scope", None)

    def write_now(self, text: str) -> None:
        """Send a text without waiting; nothing where the connection is ending."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        try:
            self.transport.write(self.conn.send(Message(data=text)))
        except LocalProtocolError:
            # The other side has just said that it closes.
            return

    def cut(self, code: int, reason: str) -> None:
        """Close with a code, and end the connection within seconds, whether or not the other side answers."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        try:
            self.transport.write(self.conn.send(CloseConnection(code=code, reason=reason)))
        except LocalProtocolError:
            self.transport.close()
            return
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
