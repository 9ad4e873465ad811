"""Use cases around a talk: lists of sessions, notes, ratings, taking one out of sight (CONTRACT §9, §12).

These are v1's, where a foreign session is not there.
"""

from uuid import UUID

from clientela.chat import rules
from clientela.chat.model import Cola, FiltroChat, Nota, Pagina, SesionResumida
from clientela.chat.store import desk as store
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, NotFound
from clientela.core.ids import uuid7


async def inbox(db: Db, actor: Actor, part: Cola | None, *, page: int, per_page: int) -> Pagina:
    """Return what waits for support, oldest first, and then the caller's own open sessions (soporte, admin)."""
    return await store.inbox(db, actor.usuario_id, part, per_page, (page - 1) * per_page)


async def search(db: Db, actor: Actor, wanted: FiltroChat, *, page: int, per_page: int) -> Pagina:
    """Return sessions, the latest first: a customer's own, support's all."""
    owner = None if rules.is_support(actor) else actor.usuario_id
    return await store.search(db, wanted, per_page, (page - 1) * per_page, usuario_id=owner)


async def session(db: Db, actor: Actor, session_id: UUID) -> SesionResumida:
    """Return a session; NotFound `chat_no_encontrado` also for a foreign one."""
    try:
        return await store.read(db, session_id, actor.usuario_id, support=rules.is_support(actor))
    except Forbidden as error:
        raise NotFound("chat_no_encontrado") from error


async def rate(db: Db, actor: Actor, session_id: UUID, stars: int, comment: str | None) -> SesionResumida:
    """Rate a session that is over (its customer), once.

    Raises NotFound `chat_no_encontrado`, Conflict `chat_sin_cerrar`, `chat_calificado`.
    """
    try:
        return await store.rate(db, session_id, actor.usuario_id, stars, comment, db.now())
    except Forbidden as error:
        raise NotFound("chat_no_encontrado") from error


async def delete(db: Db, actor: Actor, session_id: UUID) -> SesionResumida:
    """Take a session out of everybody's sight (admin); an open one ends. Nobody counts it any more."""
    return await store.delete(db, session_id, actor.usuario_id, db.now())


async def note(db: Db, actor: Actor, session_id: UUID, texto: str) -> Nota:
    """Note something that the customer does not see (soporte, admin)."""
    return await store.note(db, uuid7(), session_id, actor_id=actor.usuario_id, texto=texto, now=db.now())


async def notes(db: Db, actor: Actor, session_id: UUID) -> tuple[Nota, ...]:
    """Return the notes on a session, oldest first (soporte, admin)."""
    return await store.notes(db, session_id, actor.usuario_id)
