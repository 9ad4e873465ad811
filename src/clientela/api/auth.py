"""From a header to an Actor: verified once, then remembered as long as a revocation cannot have been missed."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final, Protocol
from uuid import UUID

import msgspec

from clientela.core.actor import Actor
from clientela.core.errors import Unauthenticated

MAX_CACHED: Final = 50_000
_SHAPE: Final = re.compile(r"(?:[\w-]+\.[\w-]+\.[\w-]+|\d{1,19}\|[A-Za-z0-9]{16,200})", re.ASCII)
_MAX_HEADER: Final = 4096
_DIGEST: Final = 20

Resolver = Callable[[str], Awaitable[tuple[Actor, datetime]]]


class Lease(Protocol):
    """Something that knows until when no revocation can have been missed (monotonic seconds)."""

    @property
    def lease_until(self) -> float:
        """Monotonic time up to which every revocation has been seen."""
        ...


def token_of(header: bytes) -> str:
    """Read the token of an `Authorization` header: `Bearer <t>` or `<t>` alone; anything else is 401."""
    if len(header) > _MAX_HEADER:
        raise Unauthenticated
    parts = header.decode("latin-1").split(" ")
    if len(parts) == 2 and parts[0].lower() == "bearer":
        parts = parts[1:]
    if len(parts) != 1 or not _SHAPE.fullmatch(parts[0]):
        raise Unauthenticated
    return parts[0]


class _Known(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Who is behind a token, and when it expires (seconds since 1970)."""

    actor: Actor
    expires: float


_pack: Final = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_unpack: Final = msgspec.msgpack.Decoder(_Known).decode


class Gatekeeper:
    """Verifies tokens; a verified one is kept until it expires, is revoked, or the lease runs out."""

    def __init__(self, resolve: Resolver, lease: Lease) -> None:
        self._resolve = resolve
        self._lease = lease
        # Tens of thousands of tokens are remembered: each by a digest of its header, its caller packed; and for
        # each user the digests of his tokens, one behind the other. So one takes half the memory.
        self._known: dict[bytes, bytes] = {}
        self._by_user: dict[bytes, bytes] = {}
        self._generation = 0

    async def actor(self, header: bytes | None) -> Actor:
        """Return the caller behind an `Authorization` header, or raise 401."""
        if header is None:
            raise Unauthenticated
        key = blake2b(header, digest_size=_DIGEST).digest()
        packed = self._known.get(key)
        if packed is not None and time.monotonic() < self._lease.lease_until:
            known = _unpack(packed)
            if time.time() < known.expires:
                return known.actor
            raise Unauthenticated
        return await self._verify(header, key)

    async def actor_until(self, header: bytes) -> tuple[Actor, datetime]:
        """Return the caller and the instant at which his token expires, for a connection that stays; or raise 401."""
        actor = await self.actor(header)
        packed = self._known.get(blake2b(header, digest_size=_DIGEST).digest())
        if packed is None:
            return await self._resolve(token_of(header))
        return actor, datetime.fromtimestamp(_unpack(packed).expires, UTC)

    async def _verify(self, header: bytes, key: bytes) -> Actor:
        generation = self._generation
        actor, expires = await self._resolve(token_of(header))
        # A revocation that was seen meanwhile may have missed this entry: do not remember it then.
        if generation == self._generation:
            self._remember(key, actor, expires.timestamp())
        return actor

    def _remember(self, key: bytes, actor: Actor, expires: float) -> None:
        if len(self._known) >= MAX_CACHED:
            self.forget_all()
        if key not in self._known:
            user = actor.usuario_id.bytes
            self._by_user[user] = self._by_user.get(user, b"") + key
        self._known[key] = _pack(_Known(actor, expires))

    def forget(self, usuario_id: UUID) -> None:
        """Drop what is remembered of a user (something about his sessions changed)."""
        self._generation += 1
        keys = self._by_user.pop(usuario_id.bytes, b"")
        for start in range(0, len(keys), _DIGEST):
            self._known.pop(keys[start : start + _DIGEST], None)

    def forget_all(self) -> None:
        """Drop everything that is remembered."""
        self._generation += 1
        self._known.clear()
        self._by_user.clear()
