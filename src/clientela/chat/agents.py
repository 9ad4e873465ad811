"""Use cases of who answers: presence, and sessions given to agents (CONTRACT §9, §12).

Waiting sessions are given, oldest first, to present agents with room whenever one opens, ends, is given on, or somebody
becomes present: within that very transaction, and decided by one at a time.
"""

from uuid import UUID

from clientela.chat.model import EstadoAgente, Presencia, SesionResumida
from clientela.chat.store import desk as store
from clientela.core.actor import Actor
from clientela.core.db import Db


async def presence(db: Db, actor: Actor) -> Presencia:
    """Return whether the caller is present, how many sessions wait, and who else is present (soporte, admin)."""
    return await store.presence(db, actor.usuario_id)


async def set_presence(db: Db, actor: Actor, estado: EstadoAgente, room: int | None = None) -> Presencia:
    """Say whether the caller takes new sessions, and how many at a time (None: as before, 5 at first).

    Who goes absent keeps his sessions.
    """
    return await store.present(db, actor.usuario_id, estado, room, db.now())


async def assign(
    db: Db, actor: Actor, session_id: UUID, agent_id: UUID, version: int | None = None
) -> SesionResumida:
    """Give a session to an active member of support, or on to another one (soporte, admin).

    A person may give somebody more than he has room for. Raises NotFound `chat_no_encontrado`, `agente_no_encontrado`,
    Conflict `chat_cerrado`, PreconditionFailed for a stale `version`.
    """
    return await store.assign(db, session_id, agent_id, version, actor_id=actor.usuario_id, now=db.now())
