"""The second factor as its owner handles it: asked for, confirmed by a first code, taken away (CONTRACT §12)."""

import msgspec

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, Unauthenticated
from clientela.core.textos import CAMPOS, MENSAJES
from clientela.identidad import attempts, sessions, store
from clientela.identidad.model import Origen
from clientela.identidad.totp import codes
from clientela.identidad.totp import service as totp


class Pendiente(msgspec.Struct, frozen=True):
    """A secret that waits for its first code, as text and as the address behind a QR code."""

    secreto: str
    uri: str


async def begin(db: Db, actor: Actor, emisor: str) -> Pendiente:
    """Give the caller a secret for his authenticator application, in place of one that was not confirmed.

    `emisor` is the name under which the application lists it. Raises Conflict `totp_activo` where one is in
    use, Forbidden `requiere_sesion` for a personal token.
    """
    sessions.own_session(actor)
    secret = await totp.offer(db, actor.usuario_id)
    return Pendiente(secret, codes.uri(secret, actor.correo or actor.nombre, emisor))


async def confirm(db: Db, actor: Actor, codigo: str) -> None:
    """Turn the second factor on with a first code: from now on every login needs one.

    The caller's other sessions, which were opened without it, end. Errors as `totp.activate`; Forbidden
    `requiere_sesion` for a personal token.
    """
    session_id = sessions.own_session(actor)
    async with db.transaction() as tx:
        await totp.activate(tx, actor.usuario_id, codigo)
        await store.end_sesiones(tx, actor.usuario_id, tx.now(), "totp", but=session_id)
        await audit.record(tx, "totp.activado", actor=actor, objeto=("usuario", str(actor.usuario_id)))
        await sessions.announce(tx, actor.usuario_id)


async def remove(
    db: Db, actor: Actor, origin: Origen, *, contrasenia: str | None, codigo: str | None
) -> None:
    """Turn the caller's second factor off; whatever proof is given must be right. Twice changes nothing.

    Raises Invalid without any proof; a wrong one counts as a failed login: Invalid `contrasenia_actual` or
    `codigo_incorrecto`, TooManyRequests, Unavailable. Forbidden `requiere_sesion` for a personal token.
    """
    sessions.own_session(actor)
    if contrasenia is None and codigo is None:
        raise Invalid({"contrasenia": [CAMPOS["obligatorio"]], "codigo": [CAMPOS["obligatorio"]]})
    owner = await store.get_credencial(db, actor.usuario_id)
    if owner is None:
        raise Unauthenticated
    if contrasenia is not None and not await attempts.prove(
        db, owner, str(owner.usuario_id), contrasenia, origin
    ):
        raise Invalid({"contrasenia": [MENSAJES["contrasenia_actual"]]}, code="contrasenia_actual")
    if codigo is not None and not await attempts.prove_code(db, owner, codigo, origin):
        raise totp.wrong_code("codigo")
    async with db.transaction() as tx:
        await totp.remove(tx, actor, owner.usuario_id)
