"""Which browser pages may call: those of the origins that the settings name (CORS and sockets alike)."""

from collections.abc import Sequence
from typing import Final

from clientela.settings import Settings

Headers = Sequence[tuple[bytes, bytes]]
_ANY_PORT: Final = ":*"


class Origins:
    """The origins of `CLIENTELA_ORIGENES`; `http://localhost:*` admits every port."""

    def __init__(self, settings: Settings) -> None:
        named = settings.origenes
        self._exact = frozenset(o.encode() for o in named if not o.endswith(_ANY_PORT))
        # The development servers of the front ends.
        self._any_port = tuple(o.removesuffix("*").encode() for o in named if o.endswith(_ANY_PORT))
        self._own = settings.url.encode()
        self.cross_origin = bool(named)

    def named(self, headers: Headers) -> bytes | None:
        """Return the origin of a request if the settings name it."""
        origin = _of(headers, b"origin")
        return origin if origin is not None and self._is_named(origin) else None

    def admit(self, headers: Headers, scheme: str) -> bool:
        """Tell whether a socket may be opened from there: by no page, by a page of ours, or of a named origin.

        `scheme` is what the connection came by (`http`, `https`): a page of ours has the same, and our name and port.
        """
        origin = _of(headers, b"origin")
        if origin is None or origin == self._own or self._is_named(origin):
            return True
        return origin == scheme.encode() + b"://" + (_of(headers, b"host") or b"")

    def _is_named(self, origin: bytes) -> bool:
        if origin in self._exact:
            return True
        place, _, port = origin.rpartition(b":")
        return port.isdigit() and len(port) <= 5 and place + b":" in self._any_port


def _of(headers: Headers, wanted: bytes) -> bytes | None:
    for name, value in headers:
        if name == wanted:
            return value
    return None
