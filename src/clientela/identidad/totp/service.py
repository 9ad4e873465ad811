"""What the second factor can do, without asking who may: offer a secret, put it to use, use up a code, forget it."""

from uuid import UUID

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, Invalid
from clientela.core.logs import get_logger
from clientela.core.textos import MENSAJES
from clientela.identidad.totp import codes, store

_log = get_logger(__name__)


async def offer(db: Db, usuario_id: UUID) -> str:
    """Make a secret that waits for its first code and return it; Conflict `totp_activo` where one is in use."""
    secret = codes.new_secret()
    if not await store.offer(db, usuario_id, codes.seal(secret, usuario_id)):
        raise Conflict("totp_activo")
    return secret


async def activate(db: Db, usuario_id: UUID, code: str) -> None:
    """Put the waiting secret to use with its first code, which is thereby used up.

    Raises Conflict `totp_sin_pendiente` without one, `totp_activo` where one is in use, Invalid
    `codigo_incorrecto` for a wrong code.
    """
    found = await store.find(db, usuario_id)
    if found is not None and found["activo"]:
        raise Conflict("totp_activo")
    if found is None or found["totp_secreto"] is None:
        raise Conflict("totp_sin_pendiente")
    step = _step_of(db, usuario_id, found["totp_secreto"], code)
    if step is None:
        raise wrong_code("codigo")
    if not await store.activate(db, usuario_id, found["totp_secreto"], step, db.now()):
        # Another request replaced or confirmed the secret meanwhile.
        raise Conflict("conflicto_simultaneo")


async def use_code(db: Db, usuario_id: UUID, code: str) -> bool:
    """Use up a code of the secret in use; False for a wrong one, and for one that was used before."""
    found = await store.find(db, usuario_id)
    if found is None or not found["activo"]:
        return False
    step = _step_of(db, usuario_id, found["totp_secreto"], code)
    return step is not None and await store.use(db, usuario_id, found["totp_secreto"], step)


async def remove(db: Db, actor: Actor, usuario_id: UUID) -> None:
    """Forget a user's secret, in use or waiting, in the open transaction; without one nothing happens."""
    if await store.remove(db, usuario_id, db.now()):
        await audit.record(db, "totp.retirado", actor=actor, objeto=("usuario", str(usuario_id)))


async def take_away(db: Db, actor: Actor, usuario_id: UUID) -> None:
    """Forget somebody else's secret for him; Forbidden `totp_propio` for one's own, which needs a proof."""
    if usuario_id == actor.usuario_id:
        raise Forbidden("totp_propio")
    await remove(db, actor, usuario_id)


def wrong_code(field: str) -> Invalid:
    """Say of a field that its code is wrong or used."""
    return Invalid({field: [MENSAJES["codigo_incorrecto"]]}, code="codigo_incorrecto")


def _step_of(db: Db, usuario_id: UUID, sealed: bytes, code: str) -> int | None:
    secret = codes.unseal(sealed, usuario_id)
    if secret is None:
        # The installation's key was replaced: nobody can check this factor any more, an administrator removes it.
        _log.warning("totp_unreadable", usuario_id=str(usuario_id))
        return None
    return codes.step_of(secret, code, db.now())
