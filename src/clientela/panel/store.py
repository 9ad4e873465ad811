"""All SQL of the panel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core import values
from clientela.core.db import Db
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

_DRAFTS: Final = msgspec.json.Decoder(Borradores)
_SAVED: Final = msgspec.json.Decoder(BorradorGuardado)
_PREFERENCES: Final = msgspec.json.Decoder(Preferencias)
_AUTOSAVED: Final = msgspec.json.Decoder(ResultadoAutoguardado)

READ_DRAFTS: Final = """
SELECT coalesce((
           SELECT json_object_agg(b.tipo, json_build_object(
                      'campos', b.campos, 'version', b.version, 'actualizado_en', b.actualizado_en))
             FROM borradores b
            WHERE b.cliente_id = cl.id AND b.campos IS NOT NULL), '{}')
  FROM clientes cl
 WHERE cl.id = $1::uuid"""


async def read_drafts(db: Db, cliente_id: UUID) -> Borradores | None:
    """Return a client's drafts; None when there is no such client."""
    found = await db.fetchval(READ_DRAFTS, cliente_id)
    return None if found is None else _DRAFTS.decode(found)


SAVE_DRAFT: Final = (
    "SELECT fn.borrador_guardar($1::uuid, $2, $3::jsonb, $4::bigint, $5::uuid, $6::timestamptz)"
)


async def save_draft(
    db: Db, cliente_id: UUID, tipo: TipoBorrador, sent: BorradorPedido, *, actor_id: UUID, now: datetime
) -> BorradorGuardado:
    """Replace a draft; the errors are those of `fn.borrador_guardar`."""
    campos = values.dumps(sent.campos)
    return _SAVED.decode(
        await db.fetchval(SAVE_DRAFT, cliente_id, tipo.value, campos, sent.version, actor_id, now)
    )


DELETE_DRAFT: Final = "SELECT fn.borrador_eliminar($1::uuid, $2, $3::uuid, $4::timestamptz)"


async def delete_draft(
    db: Db, cliente_id: UUID, tipo: TipoBorrador, *, actor_id: UUID, now: datetime
) -> None:
    """Discard a draft, if there is one."""
    await db.execute(DELETE_DRAFT, cliente_id, tipo.value, actor_id, now)


BURY_DRAFT: Final = "SELECT fn.borrador_enterrar($1::uuid, $2, $3::jsonb, $4::timestamptz)"


async def bury_draft(
    db: Db, cliente_id: UUID, tipo: TipoBorrador, campos: dict[str, str], *, now: datetime
) -> int:
    """Remove a draft and remember what was sent of it; return the draft's new version."""
    return int(await db.fetchval(BURY_DRAFT, cliente_id, tipo.value, values.dumps(campos), now))


READ_PREFERENCES: Final = """
SELECT json_build_object(
           'vista_activa', coalesce(p.vista_activa, 'inicio'),
           'configuraciones', coalesce(p.configuraciones, fn.configuraciones_iniciales()),
           'actualizado_en', p.actualizado_en)
  FROM clientes cl
  LEFT JOIN preferencias p ON p.cliente_id = cl.id
 WHERE cl.id = $1::uuid"""


async def read_preferences(db: Db, cliente_id: UUID) -> Preferencias | None:
    """Return a client's preferences, or the defaults; None when there is no such client."""
    found = await db.fetchval(READ_PREFERENCES, cliente_id)
    return None if found is None else _PREFERENCES.decode(found)


SAVE_PREFERENCES: Final = "SELECT fn.preferencias_guardar($1::uuid, $2, $3::jsonb, $4::uuid, $5::timestamptz)"


async def save_preferences(
    db: Db, cliente_id: UUID, sent: PreferenciasPedidas, *, actor_id: UUID, now: datetime
) -> Preferencias:
    """Merge into a client's preferences; the errors are those of `fn.preferencias_guardar`."""
    found = await db.fetchval(SAVE_PREFERENCES, cliente_id, *_preference_arguments(sent), actor_id, now)
    return _PREFERENCES.decode(found)


AUTOSAVE: Final = """
SELECT fn.auto_guardar($1::uuid, $2::uuid[], $3::numeric[], $4::boolean[], $5::bigint, $6::uuid, $7::jsonb,
                       $8::boolean, $9, $10::jsonb, $11::uuid, $12::uuid, $13::timestamptz)"""


async def autosave(
    db: Db,
    cliente_id: UUID,
    sent: Autoguardado,
    lines: tuple[list[Any] | None, list[Any] | None, list[Any] | None],
    *,
    new_id: UUID,
    actor_id: UUID,
    session_id: UUID | None,
    now: datetime,
) -> ResultadoAutoguardado:
    """Save everything that was sent; `lines` are the cart's, as the carts' rules write them (None: none sent).

    The errors are those of `fn.auto_guardar`.
    """
    drafts = {
        tipo.value: {"campos": draft.campos, "version": draft.version}
        for tipo, draft in sent.borradores.items()
    }
    found = await db.fetchval(
        AUTOSAVE,
        cliente_id,
        *lines,
        sent.carrito.version if sent.carrito else None,
        new_id,
        values.dumps(drafts),
        sent.preferencias is not None and sent.preferencias.says_something,
        *_preference_arguments(sent.preferencias),
        actor_id,
        session_id,
        now,
    )
    return _AUTOSAVED.decode(found)


def _preference_arguments(sent: PreferenciasPedidas | None) -> tuple[str | None, str | None]:
    if sent is None:
        return None, None
    settings = None if sent.configuraciones is None else values.dumps(sent.configuraciones)
    return sent.vista_activa, settings


WIPE_SENT: Final = """
DELETE FROM borradores_enviados WHERE id IN (
    SELECT id FROM borradores_enviados WHERE enviado_en < $1::timestamptz ORDER BY enviado_en LIMIT $2)"""


async def wipe_sent(db: Db, before: datetime, batch: int) -> bool:
    """Forget the texts of one batch of sendings before an instant; tell whether there may be more."""
    return await db.execute(WIPE_SENT, before, batch) == f"DELETE {batch}"


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.panel_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.panel_olvidar($1::uuid[])"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what some clients wrote."""
    await db.execute(FORGET, list(clients))


HAND_OVER: Final = "SELECT fn.panel_mover($1::uuid, $2::uuid, $3::timestamptz)"


async def hand_over(db: Db, source: UUID, target: UUID, now: datetime) -> None:
    """Give what belongs to one client to another."""
    await db.execute(HAND_OVER, source, target, now)
