"""All SQL of the invoices."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.cobranza.model import (
    Factura,
    FacturaCompleta,
    FiltroFacturas,
    LineaFactura,
    NuevaFactura,
    PaginaFacturas,
)
from clientela.core.db import Db, Record

_LINEAS: Final = msgspec.json.Decoder(tuple[LineaFactura, ...])

ISSUE: Final = """
SELECT fn.factura_emitir($1::uuid, $2::uuid, $3::uuid, $4, $5, $6::date, $7::date, $8::uuid, $9::timestamptz)"""


async def issue(
    db: Db, new: NuevaFactura, factura_id: UUID, cuenta_id: UUID, usuario_id: UUID, now: datetime
) -> bool:
    """Write the invoice of an order, and its debt; False where the order has one already."""
    made: bool = await db.fetchval(
        ISSUE,
        new.pedido_id,
        factura_id,
        cuenta_id,
        new.emisor,
        new.moneda,
        new.fecha,
        new.fecha_vencimiento,
        usuario_id,
        now,
    )
    return made


# Today is a parameter, as it is of debts: the day belongs to the organisation's zone.
_FACTURA: Final = """
    f.id, f.numero, f.cliente_id, f.cliente_nombre, f.cliente_nit, f.pedido_id, p.numero AS pedido_numero, f.cuenta_id,
    f.fecha, f.fecha_vencimiento, f.moneda, f.total, coalesce(c.saldo_pendiente, 0.00) AS saldo,
    coalesce(c.saldo_pendiente > 0 AND f.fecha_vencimiento < $1::date, false) AS vencida, c.anulada_en, f.creado_en"""
_WITH_ORDER: Final = "JOIN pedidos p ON p.id = f.pedido_id"
_WITH_DEBT: Final = "LEFT JOIN cuentas_por_cobrar c ON c.id = f.cuenta_id"


def _read(where: str) -> str:
    return f"""
SELECT {_FACTURA}, f.emisor, f.cliente_direccion,
       (SELECT json_agg(json_build_object(
                   'codigo', l.codigo, 'nombre', l.nombre, 'unidad', l.unidad, 'cantidad', trim_scale(l.cantidad)::text,
                   'precio_unitario', l.precio_unitario::text, 'subtotal', l.subtotal::text) ORDER BY l.posicion)
          FROM factura_lineas l WHERE l.factura_id = f.id) AS lineas
  FROM facturas f {_WITH_ORDER} {_WITH_DEBT} WHERE {where}"""  # noqa: S608


READ: Final = _read("f.id = $2::uuid")
READ_BY_NUMBER: Final = _read("f.numero = $2::bigint")


async def read(db: Db, ref: UUID | int, today: date) -> FacturaCompleta | None:
    """Return an invoice with its lines, by its identifier or its number."""
    row = await db.fetchrow(READ if isinstance(ref, UUID) else READ_BY_NUMBER, today, ref)
    if row is None:
        return None
    extra = {"emisor": row["emisor"], "cliente_direccion": row["cliente_direccion"]}
    return FacturaCompleta(**_factura(row), **extra, lineas=_LINEAS.decode(row["lineas"]))


def _list(scope: str, *, only_open: bool) -> str:
    # What is open is few: it is found by the index of open debts. The total stands beside every row, and alone when
    # the page is past the end.
    debt = (
        "JOIN cuentas_por_cobrar c ON c.id = f.cuenta_id AND c.saldo_pendiente > 0"
        if only_open
        else _WITH_DEBT
    )
    return f"""
WITH halladas AS NOT MATERIALIZED (
    SELECT f.id, f.numero FROM facturas f {debt}
     WHERE {scope}
       AND ($2::date IS NULL OR f.fecha >= $2) AND ($3::date IS NULL OR f.fecha <= $3)
       AND ($4::boolean IS NULL OR (coalesce(c.saldo_pendiente, 0) > 0) = $4)
), pagina AS (
    SELECT {_FACTURA}
      FROM (SELECT * FROM halladas ORDER BY numero DESC LIMIT $5 OFFSET $6) elegidas
      JOIN facturas f ON f.id = elegidas.id {_WITH_ORDER} {_WITH_DEBT}
)
SELECT conteo.total AS cuantas, pagina.* FROM (SELECT count(*) AS total FROM halladas) AS conteo
  LEFT JOIN pagina ON true ORDER BY pagina.numero DESC"""  # noqa: S608


_EVERYBODY: Final = "$7::uuid IS NULL"
_ONE_CLIENT: Final = "f.cliente_id = $7::uuid"
_SELLERS: Final = """f.cliente_id IN (
        SELECT k.id FROM clientes k WHERE k.vendedor_asignado_id = $7::uuid OR k.vendedor_asignado_id IS NULL)"""
LIST_ALL: Final = _list(_EVERYBODY, only_open=False)
LIST_OF_CLIENT: Final = _list(_ONE_CLIENT, only_open=False)
LIST_OF_SELLER: Final = _list(_SELLERS, only_open=False)
LIST_OPEN: Final = _list(_EVERYBODY, only_open=True)
LIST_OPEN_OF_CLIENT: Final = _list(_ONE_CLIENT, only_open=True)
LIST_OPEN_OF_SELLER: Final = _list(_SELLERS, only_open=True)


def statement(wanted: FiltroFacturas, vendedor_id: UUID | None) -> str:
    """Choose the statement that answers a list of invoices."""
    only_open = wanted.pendientes is True
    if wanted.cliente_id is not None:
        return LIST_OPEN_OF_CLIENT if only_open else LIST_OF_CLIENT
    if vendedor_id is not None:
        return LIST_OPEN_OF_SELLER if only_open else LIST_OF_SELLER
    return LIST_OPEN if only_open else LIST_ALL


async def find(
    db: Db, wanted: FiltroFacturas, vendedor_id: UUID | None, today: date, limit: int, offset: int
) -> PaginaFacturas:
    """Return one page of invoices, newest first: of one client, of a seller's clients and nobody's, or of all."""
    rows = await db.fetch(
        statement(wanted, vendedor_id),
        today,
        wanted.desde,
        wanted.hasta,
        wanted.pendientes,
        limit,
        offset,
        wanted.cliente_id or vendedor_id,
    )
    found = tuple(Factura(**_factura(row)) for row in rows if row["id"] is not None)
    return PaginaFacturas(found, rows[0]["cuantas"])


def _factura(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in Factura.__struct_fields__}
