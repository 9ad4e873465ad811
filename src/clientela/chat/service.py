"""Use cases of a talk: opened, written to, read, closed (CONTRACT §9). Each goes to the database once."""

from collections.abc import Sequence
from uuid import UUID

from clientela.chat import rules
from clientela.chat.model import MensajeChat, Sent, Sesion
from clientela.chat.store import talk as store
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, Invalid
from clientela.core.ids import uuid7
from clientela.core.textos import CAMPOS


async def active(db: Db, actor: Actor) -> Sesion | None:
    """Return the caller's open session with its latest 100 messages; None when he has none."""
    return await store.active(db, actor.usuario_id, rules.PAGE)


async def open_session(db: Db, actor: Actor) -> Sesion:
    """Open a session for a customer, who may have one at a time: Conflict `chat_abierto` names it."""
    if actor.cliente_id is None:
        raise Forbidden
    return await store.insert(db, uuid7(), actor.usuario_id, actor.cliente_id, db.now())


async def messages(
    db: Db, actor: Actor, session_id: UUID, *, after: int | None = None, limit: int | None = None
) -> tuple[MensajeChat, ...]:
    """Return messages of a session, oldest first: its customer's own, support's any.

    Without `after` and `limit` the latest 500; with either, the `limit` (100) that follow the seq `after` (0). Raises
    NotFound `chat_no_encontrado`, Forbidden `chat_ajeno`.
    """
    support = rules.is_support(actor)
    if after is None and limit is None:
        limit = rules.LATEST
    else:
        after, limit = after or 0, limit or rules.PAGE
    return await store.read(db, session_id, actor.usuario_id, support=support, after=after, limit=limit)


async def send(
    db: Db, actor: Actor, texto: str, *, session_id: UUID | None, client_message_id: str | None
) -> Sent:
    """Write a message: a customer to his open session, or the one named; support to the one named.

    A `client_message_id` that its author used in this session returns the first message as it stands. Raises Invalid on
    `message`, NotFound `chat_no_encontrado`, Forbidden `chat_ajeno`, Conflict `chat_cerrado`, TooManyRequests
    `demasiados_mensajes` for a customer's eleventh within a minute.
    """
    support = rules.is_support(actor)
    told = texto.strip()
    problem = rules.text_problem(told)
    if problem is not None:
        raise Invalid.of("message", CAMPOS[problem])
    return await store.send(
        db,
        uuid7(),
        session_id,
        actor.usuario_id,
        support=support,
        texto=told,
        client_message_id=client_message_id,
        most=rules.PER_MINUTE,
        now=db.now(),
    )


async def mark_read(db: Db, actor: Actor, session_id: UUID, hasta: int | None = None) -> None:
    """Mark what the other side wrote as read, up to a seq or all; a mark never goes back. Errors as `messages`."""
    support = rules.is_support(actor)
    await store.mark_read(db, session_id, actor.usuario_id, support=support, until=hasta, now=db.now())


async def close(db: Db, actor: Actor, session_id: UUID) -> None:
    """Close a session; one that is closed stays so. Errors as `messages`."""
    await store.close(db, session_id, actor.usuario_id, support=rules.is_support(actor), now=db.now())


async def typing(db: Db, actor: Actor, session_id: UUID) -> list[str]:
    """Return the streams of those who shall see that the caller is writing; Conflict `chat_cerrado` too."""
    return await store.other_side(db, session_id, actor.usuario_id, support=rules.is_support(actor))


async def messages_by_id(db: Db, ids: Sequence[UUID]) -> dict[UUID, MensajeChat]:
    """Return messages by identifier, for who was told of them by an event; the erased and unknown are left out."""
    return {message.id: message for message in await store.by_id(db, ids)}
