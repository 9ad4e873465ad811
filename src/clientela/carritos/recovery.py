"""Carts that nobody touched for long: emptied by a daily job, given back for a month (CONTRACT §6, §12)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from clientela.carritos import store
from clientela.carritos.model import Recuperado
from clientela.core.actor import Actor
from clientela.core.db import Db

RECOVERABLE: Final = timedelta(days=30)


async def empty_untouched(db: Db, untouched: timedelta, limit: int) -> int:
    """Empty up to `limit` carts that nobody wrote to for so long, and tell their devices; returns how many."""
    return await store.empty_untouched(db, db.now() - untouched, limit, now=db.now())


async def purge(db: Db, limit: int) -> int:
    """Forget up to `limit` lines that can no longer be asked back; returns how many."""
    return await store.purge_emptied(db, db.now() - RECOVERABLE, limit)


async def recover(db: Db, actor: Actor, carrito_id: UUID, *, version: int | None = None) -> Recuperado:
    """Add what the job took out of a cart to what is in it now, once, at today's prices; one round trip.

    For whose cart it is, and administrators: NotFound `carrito_no_encontrado` for anybody else. Conflict
    `nada_que_recuperar`, PreconditionFailed for a stale `version` with the current cart in its neutral form.
    """
    now = db.now()
    return await store.recover(
        db, carrito_id, actor.usuario_id, version, admin=actor.es_admin, since=now - RECOVERABLE, now=now
    )
