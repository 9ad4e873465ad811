"""Whose books somebody may open, and who hears that they changed."""

from uuid import UUID

from clientela.cobranza import rules, store
from clientela.cobranza.model import Deudor
from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import NotFound
from clientela.identidad.model import Rol


async def hold_books(db: Db, actor: Actor, cliente_id: UUID) -> Deudor:
    """Keep a client's books for this transaction, for somebody who may take his money.

    NotFound `cliente_no_encontrado` also where he may not, and for a record that was merged into another.
    """
    found = await store.lock_debtor(db, cliente_id)
    if found is None or found.fusionado_con_id is not None or not rules.may_collect(actor, found):
        raise NotFound("cliente_no_encontrado")
    return found


async def lock(db: Db, cliente_id: UUID) -> Deudor:
    """Keep a client's books for this transaction; the caller has checked who asks.

    NotFound `cliente_no_encontrado` where there is none.
    """
    found = await store.lock_debtor(db, cliente_id)
    if found is None:
        raise NotFound("cliente_no_encontrado")
    return found


async def may_read(db: Db, actor: Actor, cliente_id: UUID) -> bool:
    """Tell whether somebody may see a client's books."""
    found = await store.find_debtor(db, cliente_id)
    return found is not None and rules.may_read(actor, found)


async def scope(db: Db, actor: Actor, cliente_id: UUID | None) -> tuple[UUID | None, UUID | None] | None:
    """Say what a list may hold: (client, seller); both None is everything, None instead of them is nothing."""
    if actor.rol == Rol.CLIENTE:
        return (actor.cliente_id, None) if cliente_id in {None, actor.cliente_id} else None
    if actor.rol != Rol.VENDEDOR:
        return cliente_id, None
    if cliente_id is None:
        return None, actor.usuario_id
    return (cliente_id, None) if await may_read(db, actor, cliente_id) else None


def audience(debtor: Deudor) -> list[str]:
    """Name the streams that hear of a client's books: his devices, his seller, support and administrators."""
    streams = [
        events.user_stream(debtor.usuario_principal_id),
        events.role_stream(Rol.ADMIN),
        events.role_stream(Rol.SOPORTE),
    ]
    if debtor.vendedor_asignado_id is not None:
        streams.append(events.user_stream(debtor.vendedor_asignado_id))
    return streams
