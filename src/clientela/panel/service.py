"""Use cases of the panel (CONTRACT §8, §12; spec 1 §2, §3, §6).

Whether the caller may touch a client's panel is the permission matrix's decision (`api/permisos.py`).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from clientela.carritos import rules as cart_rules
from clientela.carritos import service as carritos
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, NotFound
from clientela.core.ids import uuid7
from clientela.panel import store
from clientela.panel.model import (
    Autoguardado,
    Borradores,
    BorradorGuardado,
    BorradorPedido,
    Preferencias,
    PreferenciasPedidas,
    ResultadoAutoguardado,
    TipoBorrador,
)

# How long what was sent is compared with what is saved: the functions of the panel name the same two minutes.
ECHO: Final = timedelta(minutes=2)


async def read_drafts(db: Db, cliente_id: UUID) -> Borradores:
    """Return a client's drafts (spec 1 §2); NotFound without such a client."""
    found = await store.read_drafts(db, cliente_id)
    if found is None:
        raise NotFound("cliente_no_encontrado")
    return found


async def save_draft(
    db: Db, actor: Actor, cliente_id: UUID, tipo: TipoBorrador, sent: BorradorPedido
) -> BorradorGuardado:
    """Replace a draft whole (spec 1 §2).

    Conflict `borrador_enviado` when it was typed before the draft's sending (by its version, or without one
    because its texts are an echo of what was sent in the last two minutes), `version_anterior` when somebody
    else wrote since that version.
    """
    return await store.save_draft(db, cliente_id, tipo, sent, actor_id=actor.usuario_id, now=db.now())


async def delete_draft(db: Db, actor: Actor, cliente_id: UUID, tipo: TipoBorrador) -> None:
    """Discard a draft; nothing happens when there is none (spec 1 §2)."""
    await store.delete_draft(db, cliente_id, tipo, actor_id=actor.usuario_id, now=db.now())


async def bury_draft(db: Db, cliente_id: UUID, tipo: TipoBorrador, campos: dict[str, str]) -> int:
    """Remove the draft of what is being sent, so that a late autosave cannot bring it back (spec 1 §4).

    Belongs into the transaction of the sending, which then tells the devices with the version returned.
    """
    return await store.bury_draft(db, cliente_id, tipo, campos, now=db.now())


async def read_preferences(db: Db, cliente_id: UUID) -> Preferencias:
    """Return a client's preferences, the defaults when none were saved (spec 1 §3)."""
    found = await store.read_preferences(db, cliente_id)
    if found is None:
        raise NotFound("cliente_no_encontrado")
    return found


async def save_preferences(db: Db, actor: Actor, cliente_id: UUID, sent: PreferenciasPedidas) -> Preferencias:
    """Merge deeply into a client's preferences; a `null` removes a key (spec 1 §3).

    Invalid names `configuraciones` when they are over 8 KiB after merging.
    """
    try:
        return await store.save_preferences(db, cliente_id, sent, actor_id=actor.usuario_id, now=db.now())
    except Invalid as error:
        raise _explain(error) from error


async def autosave(db: Db, actor: Actor, cliente_id: UUID, sent: Autoguardado) -> ResultadoAutoguardado:
    """Save cart, drafts and preferences in one transaction and one round trip (spec 1 §6).

    A part that is not valid refuses everything; a stale one is left out and named in `conflictos`.
    """
    summed = cart_rules.add_up(sent.carrito.lineas) if sent.carrito else []
    lines = cart_rules.arrays(summed) if sent.carrito else (None, None, None)
    try:
        return await store.autosave(
            db,
            cliente_id,
            sent,
            lines,
            new_id=uuid7(),
            actor_id=actor.usuario_id,
            session_id=actor.sesion_id,
            now=db.now(),
        )
    except Invalid as error:
        raise _explain(carritos.explain(error, summed, "carrito.items"), "preferencias.") from error


def _explain(error: Invalid, prefix: str = "") -> Invalid:
    if error.code != "configuraciones_excesivas":
        return error
    return Invalid({f"{prefix}configuraciones": [error.message]}, code=error.code)


async def wipe_sent(db: Db, batch: int = 1000) -> bool:
    """Forget one batch of texts that nothing is compared with any more; tell whether there may be more."""
    return await store.wipe_sent(db, db.now() - ECHO, batch)
