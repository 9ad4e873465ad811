"""Sessions: opened by a login, listed and ended by their owner, ended by whatever changes who he is.

Whoever ends a session, or changes what a token says, announces it on the stream `sesiones`: every process then
drops what it remembers of that user. The announcement comes last in the transaction (see `core.events`).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, NotFound
from clientela.core.ids import uuid7
from clientela.identidad import signing, store
from clientela.identidad.model import Acceso, Credencial, Origen, Sesion, tipo_of

MAX_AGENT: Final = 200


async def open_session(db: Db, owner: Credencial, origin: Origen, *, changed: bool = False) -> Acceso:
    """Open a session and return its token, in the open transaction.

    `changed`: the owner has just chosen a new password, so nothing stands in his way any more.
    """
    session_id = uuid7()
    # Whole seconds, so that the token and the row say exactly the same.
    created = db.now().replace(microsecond=0)
    expires = created + timedelta(days=db.settings.token_dias)
    agent = origin.agente[:MAX_AGENT]
    await store.insert_sesion(db, (session_id, owner.usuario_id, origin.ip, agent, created, expires))
    claims = signing.Claims(
        sub=owner.usuario_id,
        tipo=tipo_of(owner.rol),
        rol=owner.rol,
        cliente_id=owner.cliente_id,
        jti=session_id,
        iat=int(created.timestamp()),
        exp=int(expires.timestamp()),
    )
    return Acceso(
        token=signing.sign(claims),
        expires_in=claims.exp - claims.iat,
        sesion_id=session_id,
        usuario_id=owner.usuario_id,
        cliente_id=owner.cliente_id,
        rol=owner.rol,
        debe_cambiar_contrasenia=owner.debe_cambiar_contrasenia and not changed,
    )


async def open_for(db: Db, usuario_id: UUID, origin: Origen) -> Acceso:
    """Open a session for a user who has just got his login; NotFound where there is no such user."""
    owner = await store.get_credencial(db, usuario_id)
    if owner is None:
        raise NotFound
    return await open_session(db, owner, origin)


async def announce(db: Db, usuario_id: UUID) -> None:
    """Tell every process to forget what it remembers of a user's tokens; last in the transaction."""
    await events.emit(db, "sesion.terminada", flujos=[events.SESIONES], datos={"usuario_id": str(usuario_id)})


async def list_own(db: Db, actor: Actor, limite: int, desde: int) -> tuple[list[Sesion], int]:
    """Return one page of the caller's living sessions, newest first, and how many there are."""
    return await store.list_sesiones(db, actor.usuario_id, db.now(), actor.sesion_id, limite, desde)


async def logout(db: Db, actor: Actor) -> int:
    """End the session that asks; return 1, or 0 when another request has just ended it.

    A personal token has none: Forbidden `requiere_sesion`.
    """
    return int(await _end(db, actor, own_session(actor)))


def own_session(actor: Actor) -> UUID:
    """Return the caller's session; Forbidden `requiere_sesion` when he came with a personal token."""
    if actor.sesion_id is None:
        raise Forbidden("requiere_sesion")
    return actor.sesion_id


async def end_own(db: Db, actor: Actor, session_id: UUID) -> None:
    """End one of the caller's sessions; NotFound where he has no such living one."""
    own_session(actor)
    if not await _end(db, actor, session_id):
        raise NotFound


async def _end(db: Db, actor: Actor, session_id: UUID) -> bool:
    async with db.transaction() as tx:
        if not await store.end_sesion(tx, actor.usuario_id, session_id, tx.now(), "cierre"):
            return False
        await audit.record(tx, "sesion.terminada", actor=actor, objeto=("sesion", str(session_id)))
        await announce(tx, actor.usuario_id)
        return True


async def end_all_own(db: Db, actor: Actor) -> int:
    """End every session of the caller, the one that asks included; return how many there were."""
    own_session(actor)
    async with db.transaction() as tx:
        ended = await store.end_sesiones(tx, actor.usuario_id, tx.now(), "cierre")
        await audit.record(
            tx,
            "sesion.todas_terminadas",
            actor=actor,
            objeto=("usuario", str(actor.usuario_id)),
            datos={"motivo": "cierre", "sesiones": ended},
        )
        await announce(tx, actor.usuario_id)
    return ended
