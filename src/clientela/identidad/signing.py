"""Tokens: signed ones of sessions (HS256 JWT, CONTRACT §2) and personal ones (`<n>|<secret>`)."""

import hmac
import re
import secrets
import string
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core.errors import Unauthenticated, Unavailable
from clientela.core.lean import absent

# What it would need cryptography for are algorithms that must not be accepted here anyway.
with absent("cryptography"):
    import jwt

REQUIRED: Final = ("sub", "tipo", "rol", "jti", "iat", "exp")
# The library takes a null for a missing claim, and staff have no client.
CLAIMS: Final = frozenset({*REQUIRED, "cliente_id"})
ALGORITHM: Final = "HS256"
HEADER: Final = {"alg": ALGORITHM, "typ": "JWT"}
MIN_KEY_BYTES: Final = 32
# Clocks of several nodes differ a little; a token from further in the future was not made by us.
MAX_SKEW_SECONDS: Final = 60

_PERSONAL: Final = re.compile(r"([1-9]\d{0,17})\|([A-Za-z0-9]{43})", re.ASCII)
_ALPHABET: Final = string.ascii_letters + string.digits


class Claims(msgspec.Struct, frozen=True):
    """What a session's token says; instants in whole seconds since 1970."""

    sub: UUID
    tipo: str
    rol: str
    cliente_id: UUID | None
    jti: UUID
    iat: int
    exp: int


class Keyring:
    """The key of this process, set once at start."""

    def __init__(self) -> None:
        self._key: bytes | None = None

    def load(self, key: str) -> None:
        """Take the key that signs tokens from now on; at least 32 bytes."""
        raw = key.encode()
        if len(raw) < MIN_KEY_BYTES:
            raise ValueError("the key that signs tokens must have at least 32 bytes")
        self._key = raw

    @property
    def key(self) -> bytes:
        """The key; Unavailable while it has not been loaded (a database that comes up after its process)."""
        if self._key is None:
            raise Unavailable
        return self._key

    def derive(self, purpose: str) -> bytes:
        """Make the key (32 bytes) that encrypts for one purpose; it tells nothing of this key or of another."""
        # One block of HKDF-SHA256 (RFC 5869) without a salt.
        seed = hmac.digest(bytes(32), self.key, "sha256")
        return hmac.digest(seed, f"clientela {purpose}".encode() + b"\x01", "sha256")


keyring: Final = Keyring()


def seal(purpose: bytes, text: str) -> str:
    """Sign a text that leaves in a link, for one purpose: 43 letters of base64url.

    The key is not that of tokens itself: what signs the one must never pass for the other.
    """
    key = hmac.digest(keyring.key, purpose, sha256)
    return urlsafe_b64encode(hmac.digest(key, text.encode(), sha256)).decode().rstrip("=")


def sign(claims: Claims) -> str:
    """Make the token of a session."""
    return jwt.encode(msgspec.to_builtins(claims), keyring.key, algorithm=ALGORITHM)


def read(token: str, now: datetime) -> Claims:
    """Verify a session's token; Unauthenticated for every token that `sign` did not make or that has expired.

    Exactly our header and our claims are accepted: `kid`, `jku`, `crit` and whatever else a forger may add
    are refused unread.
    """
    try:
        if jwt.get_unverified_header(token) != HEADER:
            raise Unauthenticated
        payload = jwt.decode(
            token,
            keyring.key,
            algorithms=[ALGORITHM],
            # The times are compared below, with the injected clock.
            options={
                "require": list(REQUIRED),
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Unauthenticated from error
    claims = _strict(payload)
    seconds = now.timestamp()
    if claims is None or claims.exp <= seconds or claims.iat > seconds + MAX_SKEW_SECONDS:
        raise Unauthenticated
    return claims


def _strict(payload: dict[str, Any]) -> Claims | None:
    if set(payload) != CLAIMS:
        return None
    try:
        claims = msgspec.convert(payload, Claims)
    except msgspec.ValidationError:
        return None
    # An identifier has several spellings, and we write one.
    return claims if msgspec.to_builtins(claims) == payload else None


def is_personal(token: str) -> bool:
    """Tell a personal access token from a session's."""
    return "|" in token


def new_personal_secret() -> str:
    """Make the secret half of a personal access token: 43 letters and digits, 256 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(43))


def read_personal(token: str) -> tuple[int, str]:
    """Split a personal access token into its number and its secret; Unauthenticated for another form."""
    found = _PERSONAL.fullmatch(token)
    if found is None:
        raise Unauthenticated
    return int(found[1]), found[2]
