"""Defects that the tests of identity must catch; each is planted in a server of its own (tests.tools.planted)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
import msgspec
from pwdlib.hashers.bcrypt import BcryptHasher

from clientela.api.auth import Gatekeeper
from clientela.core.db import Db
from clientela.core.errors import TooManyRequests, Unauthenticated
from clientela.core.limits import Limit
from clientela.identidad import attempts, passwords, recovery, rules, service, signing, store
from clientela.identidad.verification import store as verification_store


def naive_limit() -> None:
    """Count first and write afterwards, as limiters without a lock do."""

    class Place:
        def __init__(self, db: Db, limits: tuple[Limit, ...]) -> None:
            self.db, self.limits = db, limits

        async def release(self) -> None:
            return

        async def keep(self) -> None:
            for limit in self.limits:
                await self.db.execute(
                    """INSERT INTO limites (clave, reserva, en_curso, ocurrido_en, vence_en)
                    VALUES ($1, gen_random_uuid(), false, $2::timestamptz, $2::timestamptz + $3::interval)""",
                    limit.key,
                    self.db.now(),
                    limit.ventana,
                )

    async def reserve(db: Db, *limits: Limit, **_: Any) -> Place:
        for limit in limits:
            count = await db.fetchval(
                "SELECT count(*) FROM limites WHERE clave = $1 AND ocurrido_en > $2",
                limit.key,
                db.now() - limit.ventana,
            )
            if count >= limit.maximo:
                raise TooManyRequests("demasiados_intentos", retry_after=1)
        return Place(db, limits)

    vars(attempts)["reserve"] = reserve


def no_making_up() -> None:
    """Check an older hash as fast as it goes."""

    def check(raw: bytes, stored: str, cost: int) -> bool:
        return BcryptHasher(cost).verify(raw, stored)

    vars(passwords)["_check"] = check


def no_dummy_hash() -> None:
    """Do no work for an account that does not exist."""
    genuine = passwords.verify

    async def verify(password: str, stored: str | None, cost: int) -> bool:
        return stored is not None and await genuine(password, stored, cost)

    passwords.verify = verify


def a_millisecond_more() -> None:
    """Take a millisecond longer for an account that exists."""
    genuine = store.find_credencial

    async def find(db: Db, key: str) -> Any:
        found = await genuine(db, key)
        if found is not None:
            await asyncio.sleep(0.001)
        return found

    store.find_credencial = find


def reset_in_the_request() -> None:
    """Look for the account and write the message while the asker waits."""
    genuine = recovery.request_reset

    async def request(db: Db, correo: str) -> None:
        await genuine(db, correo)
        await recovery.send_next_reset(db)

    recovery.request_reset = request


def lax_tokens() -> None:
    """Verify tokens as the library's shortest example does, and believe the algorithm that they name."""

    def read(token: str, _: datetime) -> signing.Claims:
        try:
            payload = jwt.decode(
                token,
                signing.keyring.key,
                algorithms=["HS256", "HS384", "HS512"],
                options={"verify_aud": False, "verify_exp": False},
            )
            return msgspec.convert(payload, signing.Claims)
        except (jwt.PyJWTError, msgspec.ValidationError) as error:
            raise Unauthenticated from error

    vars(signing)["read"] = read
    # Nor does it compare what the token says with what the database knows.
    vars(service)["_claims_of"] = lambda _, claims: claims


def remembering_for_ever() -> None:
    """Trust a token that was verified once, whatever happens to its session."""
    Gatekeeper.forget = lambda *_: None  # type: ignore[method-assign]
    Gatekeeper.forget_all = lambda *_: None  # type: ignore[method-assign]


def any_number_of_uses() -> None:
    """Look whether a reset token is good, and use it up without looking again."""

    async def use(db: Db, hashed: str, now: datetime) -> bool:
        await db.execute("UPDATE restablecimientos SET consumido_en = $2 WHERE hash = $1", hashed, now)
        return True

    store.use_reset = use


def names_for_everybody() -> None:
    """Let everybody have a name who saw it free a moment ago."""

    async def reserve(_: Db, keys: Sequence[str], __: UUID) -> set[str]:
        return set(keys)

    vars(store)["reserve_keys"] = reserve


def any_number_of_owners() -> None:
    """Look whether a code is good and a record without login, and give it away without looking again."""
    genuine = store.lock_credencial

    async def use(*_: object) -> bool:
        return True

    async def lock(db: Db, usuario_id: UUID) -> Any:
        found = await genuine(db, usuario_id)
        return found and msgspec.structs.replace(found, contrasenia_hash=None)

    vars(verification_store)["use"] = use
    vars(store)["lock_credencial"] = lock


def no_spray_bucket() -> None:
    """Take a phone that is tried as its own password for a password like any other."""
    rules.tries_the_name = lambda *_: False
