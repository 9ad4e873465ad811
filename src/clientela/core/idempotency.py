"""Idempotency keys: the answer of a success is kept with its work, and given again (CONTRACT §7, §12; D-2).

A key belongs to one actor, method and concrete path, for 24 hours. The row is written in the transaction of
the work, so there is an answer exactly if there is the work. A twin in flight is told apart by an advisory
lock that ends with the transaction; only successes are kept, so a refused request may be tried again.

An answer may hold a secret (a new token) and a body too (a password), so neither lies open in the table: the
answer is encrypted, and the body's fingerprint keyed, by what only the `Idempotency-Key` itself gives, which the
table does not hold.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from clientela.core import values
from clientela.core.db import Db
from clientela.core.errors import BadRequest, Conflict, Invalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LIFE: Final = timedelta(hours=24)
_NONCE: Final = 12
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_CANONICAL: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic")

_BEGIN: Final = "SELECT fn.idempotencia_iniciar($1::bytea, $2::bytea, $3::timestamptz)"
_STORE: Final = """SELECT fn.idempotencia_guardar(
    $1::bytea, $2::text, $3::bytea, $4::integer, $5::jsonb, $6::bytea, $7::timestamptz)"""
_PURGE: Final = """DELETE FROM idempotencia WHERE id IN (
    SELECT id FROM idempotencia WHERE creado_en <= $1::timestamptz ORDER BY creado_en LIMIT $2)"""
_FORGET: Final = "DELETE FROM idempotencia WHERE actor = $1::text"


class StoredReply(msgspec.Struct, frozen=True):
    """An answer kept from the first request, byte by byte."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Stored(msgspec.Struct):
    resultado: str
    estado: int = 0
    cabeceras: dict[str, str] = {}
    cuerpo: str = ""


def fingerprint(body: Any) -> bytes:
    """Digest a request's body: the order of an object's keys does not matter, bytes are taken as they are."""
    raw = bytes(body) if isinstance(body, bytes | bytearray) else _CANONICAL.encode(body)
    return hashlib.sha256(raw).digest()


def check_key(key: str) -> str:
    """Return a sound `Idempotency-Key`: 1 to 255 visible ASCII characters; else BadRequest `cabecera_invalida`."""
    if not _KEY.fullmatch(key):
        raise BadRequest("cabecera_invalida")
    return key


async def begin(
    db: Db, actor_key: str, method: str, path: str, key: str, fingerprint: bytes
) -> StoredReply | None:
    """Enter a request under its key; `db` must be inside the request's transaction.

    Returns the stored answer of an earlier success, or None: do the work, then `store`. Raises Invalid
    `clave_idempotencia_reusada` for another body, Conflict `peticion_en_curso` with `Retry-After: 1` while a
    twin is at work.
    """
    if not db.in_transaction:
        raise RuntimeError("an idempotency key holds only as long as its transaction")
    place = _Place.of(actor_key, method, path, check_key(key))
    found = await db.fetchval(_BEGIN, place.row_id, place.keyed(fingerprint), db.now() - LIFE)
    if found is None:
        return None
    stored = msgspec.json.decode(found, type=_Stored)
    if stored.resultado == "en_curso":
        raise Conflict("peticion_en_curso", headers={"Retry-After": "1"})
    if stored.resultado == "reusada":
        raise Invalid(code="clave_idempotencia_reusada")
    return StoredReply(stored.estado, stored.cabeceras, place.open(base64.b64decode(stored.cuerpo)))


async def store(
    db: Db,
    actor_key: str,
    method: str,
    path: str,
    key: str,
    fingerprint: bytes,
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Keep a success's answer, in the transaction of its work; other statuses are not kept."""
    if not 200 <= status <= 299:
        return
    place = _Place.of(actor_key, method, path, key)
    kept = values.dumps(dict(headers))
    print_ = place.keyed(fingerprint)
    await db.execute(_STORE, place.row_id, actor_key, print_, status, kept, place.close(body), db.now())


async def forget(db: Db, actor_key: str) -> None:
    """Drop what is kept for one actor: its bodies may hold what an erasure has to remove."""
    await db.execute(_FORGET, actor_key)


async def purge(db: Db, batch: int = 1000) -> bool:
    """Delete one batch of keys past their life; tell whether there may be more."""
    return await db.execute(_PURGE, db.now() - LIFE, batch) == f"DELETE {batch}"


class _Place(NamedTuple):
    """Where an answer lies, and what opens it; both follow from the key, and neither tells the other."""

    row_id: bytes
    secret: bytes

    @classmethod
    def of(cls, actor_key: str, method: str, path: str, key: str) -> "_Place":
        # NUL cannot occur in any part, so the joined text is unambiguous.
        text = f"{actor_key}\0{method}\0{path}\0{key}".encode()
        return cls(hashlib.sha256(text).digest(), hashlib.sha256(b"cifrado\0" + text).digest())

    def keyed(self, fingerprint: bytes) -> bytes:
        return hmac.digest(self.secret, fingerprint, "sha256")

    def close(self, body: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, body, self.row_id)

    def open(self, kept: bytes) -> bytes:
        return self._cipher().decrypt(kept[:_NONCE], kept[_NONCE:], self.row_id)

    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - large; few ask for it

        return AESGCM(self.secret)
