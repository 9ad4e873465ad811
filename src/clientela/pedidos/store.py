"""All SQL of the orders."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core import values
from clientela.core.db import Db
from clientela.pedidos.model import (
    Cambio,
    Entrega,
    EntregaPedida,
    Estado,
    Filtro,
    Pagina,
    Pedido,
    Repeticion,
)

_DECODER: Final = msgspec.json.Decoder(Pedido)
_DELIVERIES: Final = msgspec.json.Decoder(tuple[Entrega, ...])
_LIST: Final = msgspec.json.Decoder(tuple[Pedido, ...])
_REPEATED: Final = msgspec.json.Decoder(Repeticion)

CREATE: Final = """
SELECT fn.pedido_crear($1::uuid, $2::uuid, $3::uuid, $4::boolean, $5::bigint, $6::jsonb, $7::boolean, $8::boolean,
                       $9::uuid, $10::uuid, $11::uuid, $12::uuid, $13::timestamptz)"""


async def create(
    db: Db,
    key: tuple[UUID | None, UUID | None, UUID | None, bool],
    version: int | None,
    wish: EntregaPedida,
    *,
    accept_changes: bool,
    block_credit: bool,
    new_id: UUID,
    new_cart_id: UUID,
    actor_id: UUID,
    session_id: UUID | None,
    now: datetime,
) -> Pedido:
    """Make an order of the cart of a key (usuario, cliente, vendedor, admin); errors as `fn.pedido_crear`."""
    found = await db.fetchval(
        CREATE,
        *key,
        version,
        values.dumps(msgspec.to_builtins(wish)),
        accept_changes,
        block_credit,
        new_id,
        new_cart_id,
        actor_id,
        session_id,
        now,
    )
    return _DECODER.decode(found)


READ: Final = """
SELECT fn.pedido_neutro(p) AS pedido, c.vendedor_asignado_id
  FROM pedidos p JOIN clientes c ON c.id = p.cliente_id WHERE p.id = $1"""


async def read(db: Db, pedido_id: UUID) -> tuple[Pedido, UUID | None] | None:
    """Return an order and the seller whom its client is assigned to."""
    row = await db.fetchrow(READ, pedido_id)
    return None if row is None else (_DECODER.decode(row["pedido"]), row["vendedor_asignado_id"])


HISTORY: Final = """
SELECT estado, motivo AS nota, actor_id, creado_en FROM pedido_estados WHERE pedido_id = $1 ORDER BY orden"""


async def history(db: Db, pedido_id: UUID) -> tuple[Cambio, ...]:
    """Return the states that an order went through, in their order."""
    return tuple(Cambio(**dict(row)) for row in await db.fetch(HISTORY, pedido_id))


# One statement for each way into the table, so that each has the index that fits it.
_FILTER: Final = """($2::text[] IS NULL OR p.estado = ANY ($2)) AND ($3::timestamptz IS NULL OR p.creado_en >= $3)
   AND ($4::timestamptz IS NULL OR p.creado_en < $4) AND ($7::uuid IS NULL OR p.cliente_id = $7)
   AND ($8::uuid IS NULL OR p.vendedor_id = $8)"""


def _list(source: str, where: str) -> str:
    return f"""
WITH hallados AS MATERIALIZED (SELECT p.id, p.numero FROM {source} WHERE {where} AND {_FILTER}),
pagina AS (SELECT id, numero FROM hallados ORDER BY numero DESC LIMIT $5 OFFSET $6)
SELECT (SELECT count(*) FROM hallados) AS total,
       coalesce((SELECT json_agg(fn.pedido_neutro(p) ORDER BY p.numero DESC) FROM pagina JOIN pedidos p USING (id)),
                '[]') AS pedidos"""  # noqa: S608


OF_CLIENT: Final = _list("pedidos p", "p.cliente_id = $1")
OF_SELLER: Final = _list("pedidos p", "p.vendedor_id = $1")
# A seller sees what was ordered for or by the clients whom he may serve: his own, and those of nobody.
SEEN_BY_SELLER: Final = _list(
    "pedidos p JOIN clientes c ON c.id = p.cliente_id",
    "(c.vendedor_asignado_id = $1 OR c.vendedor_asignado_id IS NULL)",
)
ALL: Final = _list("pedidos p", "$1::uuid IS NULL")


async def find(db: Db, statement: str, owner: UUID | None, wanted: Filtro) -> Pagina:
    """Return one page of the orders of one of the lists above, the latest first."""
    states: Sequence[str] | None = None if wanted.estado is None else [wanted.estado]
    row = await db.fetchrow(
        statement,
        owner,
        states,
        wanted.desde,
        wanted.hasta,
        wanted.limite,
        wanted.salto,
        wanted.cliente_id,
        wanted.vendedor_id,
    )
    assert row is not None  # noqa: S101
    return Pagina(_LIST.decode(row["pedidos"]), row["total"])


CHANGE: Final = """
SELECT fn.pedido_cambiar_estado($1::uuid, $2::text, $3::text, $4::bigint, $5::uuid, $6::timestamptz)"""


async def change_state(
    db: Db,
    pedido_id: UUID,
    estado: Estado,
    nota: str | None,
    version: int | None,
    *,
    actor_id: UUID,
    now: datetime,
) -> Pedido:
    """Take an order to a state; errors as `fn.pedido_cambiar_estado`."""
    return _DECODER.decode(await db.fetchval(CHANGE, pedido_id, estado, nota, version, actor_id, now))


CANCEL: Final = "SELECT fn.pedido_cancelar($1::uuid, $2::text, $3::bigint, $4::uuid, $5::timestamptz)"


async def cancel(
    db: Db, pedido_id: UUID, nota: str | None, version: int | None, *, actor_id: UUID, now: datetime
) -> Pedido:
    """Cancel an order that nobody has confirmed yet; errors as `fn.pedido_cancelar`."""
    return _DECODER.decode(await db.fetchval(CANCEL, pedido_id, nota, version, actor_id, now))


REPEAT: Final = """
SELECT fn.pedido_repetir($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::boolean, $6::bigint, $7::uuid, $8::uuid,
                         $9::timestamptz)"""


async def repeat(
    db: Db,
    pedido_id: UUID,
    key: tuple[UUID | None, UUID | None, UUID | None, bool],
    version: int | None,
    *,
    new_cart_id: UUID,
    actor_id: UUID,
    now: datetime,
) -> Repeticion:
    """Add what an order held to the cart of a key (see `create`); errors as `fn.pedido_repetir`."""
    found = await db.fetchval(REPEAT, pedido_id, *key, version, new_cart_id, actor_id, now)
    return _REPEATED.decode(found)


# The day is that of the one field, else that of the other; both have an index.
DELIVERIES: Final = """
SELECT json_agg(json_build_object(
           'pedido_id', p.id, 'numero', p.numero, 'cliente_id', p.cliente_id, 'cliente', c.nombre,
           'vendedor_id', p.vendedor_id, 'vendedor_asignado_id', c.vendedor_asignado_id, 'sucursal_id', p.sucursal_id,
           'direccion', coalesce(d.direccion, a.direccion), 'latitud', p.latitud, 'longitud', p.longitud,
           'fecha_entrega_solicitada', p.fecha_entrega_solicitada,
           'hora_entrega_requerida', to_char(p.hora_entrega_requerida, 'HH24:MI'),
           'fuera_de_ventana', p.fuera_de_ventana, 'observaciones_entrega', p.observaciones_entrega,
           'peso_kg', trim_scale(l.peso_kg), 'peso_completo', l.completo, 'tiene_ventanas', v.alguna,
           'ventanas', v.del_dia, 'estado', p.estado, 'version', p.version) ORDER BY p.numero)
  FROM (SELECT * FROM pedidos WHERE fecha_entrega_requerida = $1::date
         UNION ALL
        SELECT * FROM pedidos WHERE fecha_entrega_requerida IS NULL AND fecha_entrega_solicitada >= $2::timestamptz
           AND fecha_entrega_solicitada < $3::timestamptz) p
  JOIN clientes c ON c.id = p.cliente_id
  LEFT JOIN direcciones d ON d.uuid = p.sucursal_id
  LEFT JOIN direcciones a ON p.sucursal_id IS NULL AND a.cliente_id = p.cliente_id AND a.es_principal AND a.activa
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(cantidad * peso_kg), 0) AS peso_kg, bool_and(peso_kg IS NOT NULL) AS completo
         FROM pedido_lineas WHERE pedido_id = p.id) l
 CROSS JOIN LATERAL (
       SELECT count(*) > 0 AS alguna,
              coalesce(json_agg(json_build_array(to_char(hora_inicio, 'HH24:MI'), to_char(hora_fin, 'HH24:MI'))
                                ORDER BY hora_inicio, hora_fin) FILTER (WHERE dia_semana = $4::int), '[]') AS del_dia
         FROM ventanas_entrega_cliente WHERE cliente_id = p.cliente_id AND activo) v
 WHERE p.estado <> 'CANCELADO'"""


async def deliveries(
    db: Db, fecha: date, begins: datetime, ends: datetime, dia_semana: int
) -> tuple[Entrega, ...]:
    """Return the orders, by number, that are to be delivered on a day, which lasts between these instants."""
    found = await db.fetchval(DELIVERIES, fecha, begins, ends, dia_semana)
    return _DELIVERIES.decode(found or "[]")


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.pedidos_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.pedidos_olvidar($1::uuid[], $2::timestamptz)"
HAND_OVER: Final = "SELECT fn.pedidos_mover($1::uuid, $2::uuid)"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID], now: datetime) -> None:
    """Forget where orders went and what was noted on them."""
    await db.execute(FORGET, list(clients), now)


async def hand_over(db: Db, source: UUID, target: UUID) -> None:
    """Give one client's orders to another."""
    await db.execute(HAND_OVER, source, target)
