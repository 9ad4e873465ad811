"""Passwords that their owners change: with the present one, or through a link sent to their e-mail (D-6, D-8)."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from clientela.core import audit, mail
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import BadRequest, Conflict, Invalid, TooManyRequests, Unauthenticated
from clientela.core.ids import uuid7
from clientela.core.limits import Limit, reserve
from clientela.core.logs import get_logger
from clientela.core.text import clave_acceso
from clientela.core.textos import MENSAJES
from clientela.identidad import attempts, passwords, rules, sessions, store
from clientela.identidad.model import Acceso, Credencial, Origen

RESET_LIFE: Final = timedelta(minutes=30)
PER_HOUR: Final = (2, timedelta(hours=1))
PER_DAY: Final = (5, timedelta(days=1))
RESET_PATH: Final = "/restablecer"
TEMPLATE: Final = "restablecer_contrasenia"

_log = get_logger(__name__)


async def change_password(db: Db, actor: Actor, actual: str, nueva: str, origin: Origen) -> Acceso:
    """Replace the caller's password and open the one session that he has from now on.

    Raises Invalid for a new password that does not pass, equals the present one, or a wrong `actual`, which
    counts as a failed login; Forbidden `requiere_sesion` for a personal token; else as `attempts.prove`.
    """
    sessions.own_session(actor)
    owner = await store.get_credencial(db, actor.usuario_id)
    if owner is None:
        raise Unauthenticated
    passwords.require_good("nueva", nueva, _own_words(owner))
    spray = rules.tries_the_name(actual, owner.celular_e164 or "", db.settings.pais)
    if not await attempts.prove(db, owner, str(owner.usuario_id), actual, origin, spray=spray):
        raise Invalid({"actual": [MENSAJES["contrasenia_actual"]]}, code="contrasenia_actual")
    if rules.normal_password(actual) == rules.normal_password(nueva):
        raise Invalid({"nueva": [MENSAJES["contrasenia_repetida"]]}, code="contrasenia_repetida")
    hashed = await passwords.hash_password(nueva, db.settings.bcrypt_costo)
    async with db.transaction() as tx:
        locked = await store.lock_credencial(tx, owner.usuario_id)
        if locked is None or locked.contrasenia_hash != owner.contrasenia_hash:
            # Somebody changed it while the new one was being hashed: what was proved no longer holds.
            raise Conflict("conflicto_simultaneo")
        await _replace(tx, owner, hashed)
        access = await sessions.open_session(tx, owner, origin, changed=True)
        await audit.record(
            tx,
            "contrasenia.cambiada",
            actor=actor,
            objeto=("usuario", str(owner.usuario_id)),
            datos={"sesion_id": str(access.sesion_id)},
        )
        await sessions.announce(tx, owner.usuario_id)
    return access


async def _replace(db: Db, owner: Credencial, hashed: str) -> None:
    """Store a new password; whatever the old one opened ends."""
    now = db.now()
    await store.set_password(db, owner.usuario_id, hashed, now)
    await store.end_sesiones(db, owner.usuario_id, now, "contrasenia")
    await store.void_resets(db, owner.usuario_id, now)


def _own_words(owner: Credencial) -> tuple[str | None, ...]:
    return (owner.nombre, owner.correo, owner.celular_e164, owner.usernick)


async def request_reset(db: Db, correo: str) -> None:
    """Note that somebody forgot his password. Nothing tells, by answer or by time, whether there is an account.

    The same is written for every address; a job finds the account and sends the message. At most two in an
    hour and five in a day are noted for an address, silently.
    """
    key = clave_acceso(correo, db.settings.pais)
    try:
        place = await reserve(
            db,
            Limit("restablecer_hora", key, *PER_HOUR),
            Limit("restablecer_dia", key, *PER_DAY),
            wait=0,
        )
    except TooManyRequests:
        return
    await store.ask_reset(db, key, db.now())
    await place.keep()


async def send_next_reset(db: Db) -> bool:
    """Work off the oldest request: make the token and the message, where there is an account.

    A new token voids older ones. Tells whether there was a request.
    """
    async with db.transaction() as tx:
        key = await store.take_asked(tx)
        if key is None:
            return False
        owner = await store.find_credencial(tx, key)
        if (
            owner is not None
            and owner.activo
            and owner.correo
            and clave_acceso(owner.correo, tx.settings.pais) == key
        ):
            await _send_reset(tx, owner, owner.correo)
    return True


async def _send_reset(db: Db, owner: Credencial, correo: str) -> None:
    token = secrets.token_urlsafe(32)
    reset_id, now = uuid7(), db.now()
    try:
        await mail.enqueue(
            db,
            destinatario=correo,
            plantilla=TEMPLATE,
            contexto={
                "nombre": owner.nombre,
                "enlace": f"{db.settings.url}{RESET_PATH}?token={token}",
                "minutos": int(RESET_LIFE.total_seconds() // 60),
            },
            clave=f"{TEMPLATE}:{reset_id}",
            vence_en=now + RESET_LIFE,
        )
    except ValueError:
        # An address from elsewhere that no mail can go to must not hold up everybody behind it.
        _log.warning("reset_undeliverable", usuario_id=str(owner.usuario_id))
        return
    await store.lock_credencial(db, owner.usuario_id)
    await store.void_resets(db, owner.usuario_id, now)
    await store.insert_reset(db, (reset_id, owner.usuario_id, rules.digest(token), now, now + RESET_LIFE))
    await audit.record(db, "restablecimiento.enviado", actor=None, objeto=("usuario", str(owner.usuario_id)))


async def reset_password(db: Db, token: str, nueva: str, field: str) -> None:
    """Set a new password with a reset token (random, 30 minutes, once); every session of its owner ends.

    Raises BadRequest `restablecimiento_invalido` for a token that is unknown, old, used or voided; Invalid,
    naming `field`, for a password that does not pass: the token is then still good.
    """
    hashed_token = rules.digest(token)
    owner = await store.find_reset(db, hashed_token, db.now())
    if owner is None:
        raise BadRequest("restablecimiento_invalido")
    passwords.require_good(field, nueva, _own_words(owner))
    hashed = await passwords.hash_password(nueva, db.settings.bcrypt_costo)
    async with db.transaction() as tx:
        await store.lock_credencial(tx, owner.usuario_id)
        if not await store.use_reset(tx, hashed_token, tx.now()):
            raise BadRequest("restablecimiento_invalido")
        await _replace(tx, owner, hashed)
        await audit.record(
            tx, "contrasenia.restablecida", actor=None, objeto=("usuario", str(owner.usuario_id))
        )
        await sessions.announce(tx, owner.usuario_id)


async def purge(db: Db, before: datetime, rows: int) -> bool:
    """Delete a batch of sessions and resets that ended before an instant; tell whether there may be more."""
    deleted = [await store.purge(db, table, before, rows) for table in store.PURGE]
    return max(deleted) >= rows
