"""Sheets in and out, for the routes and for the command line alike."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Final, NamedTuple

from clientela.api.bulk import rows
from clientela.catalogo import importing as productos
from clientela.clientes import importing as clientes
from clientela.core import audit, spreadsheet
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid
from clientela.core.importing import BATCH, ErrorFila, Informe, Modo, Progreso
from clientela.organizacion import service as organizacion
from clientela.postventa import importing as ordenes

# A sheet of the size of the largest body has fewer; the command line takes what fits into memory.
MAX_ROWS: Final = 200_000


class TipoHoja(StrEnum):
    """What a sheet is about."""

    CLIENTES = "clientes"
    PRODUCTOS = "productos"
    ORDENES = "ordenes"


class _Clase(NamedTuple):
    """A kind of sheet: its columns, those of which one at least is there, who writes its rows, who takes it along."""

    columns: tuple[str, ...]
    one_of: tuple[str, ...]
    write: Callable[[Db, Actor | None, list[Any], list[ErrorFila], Modo, Progreso], Awaitable[Informe]]
    action: Callable[[Db, Actor | None], Awaitable[None]]


def _record_clients(db: Db, actor: Actor | None) -> Awaitable[None]:
    return audit.record(db, "exportacion.clientes", actor=actor)


def _record_orders(db: Db, actor: Actor | None) -> Awaitable[None]:
    return audit.record(db, "exportacion.ordenes", actor=actor)


def _record_products(db: Db, actor: Actor | None) -> Awaitable[None]:
    return audit.record(db, "exportacion.productos", actor=actor)


_CLASES: Final = {
    TipoHoja.CLIENTES: _Clase(
        rows.COLUMNS_CLIENTES, ("nit", "telefono", "id"), clientes.import_clients, _record_clients
    ),
    TipoHoja.PRODUCTOS: _Clase(
        rows.COLUMNS_PRODUCTOS, ("codigo",), productos.import_products, _record_products
    ),
    TipoHoja.ORDENES: _Clase(rows.COLUMNS_ORDENES, ("referencia",), ordenes.import_orders, _record_orders),
}


async def import_sheet(
    db: Db, actor: Actor, tipo: TipoHoja, raw: bytes, modo: Modo, progress: Progreso
) -> Informe:
    """Import a sheet as `import_report`, for an administrator.

    Raises Invalid `importacion_con_errores` with the report where rows do not pass and neither a rehearsal nor the
    valid rows alone were asked for.
    """
    report = await import_report(db, actor, tipo, raw, modo, progress)
    if report.errores and not (modo.ensayo or modo.solo_validas):
        raise Invalid(code="importacion_con_errores", data=shown(tipo, modo, report))
    return report


async def import_report(
    db: Db, actor: Actor | None, tipo: TipoHoja, raw: bytes, modo: Modo, progress: Progreso
) -> Informe:
    """Import a sheet; `actor` is None for the command line. What is wrong with rows is in the report.

    Raises Invalid on `archivo` for what is no such sheet; Conflict as the imports.
    """
    sheet = await asyncio.to_thread(spreadsheet.read, raw, MAX_ROWS)
    rows.check_columns(sheet, _CLASES[tipo].columns, one_of=_CLASES[tipo].one_of)
    read = await _reader(db, tipo)
    valid: list[Any] = []
    errors: list[ErrorFila] = []
    for piece in rows.pieces(sheet.filas):
        # In a thread, piece by piece: whoever else is served here waits for milliseconds, not for the whole sheet.
        found = await asyncio.to_thread(read, sheet, piece)
        valid += found.filas
        errors += found.errores
        progress("leer", len(valid), len(sheet.filas))
        if db.in_transaction:
            # An idempotency key's transaction is open already, and one that says nothing for ten seconds is ended.
            await db.ping()
    return await _CLASES[tipo].write(db, actor, valid, errors, modo, progress)


async def _reader(
    db: Db, tipo: TipoHoja
) -> Callable[[spreadsheet.Hoja, Sequence[spreadsheet.Fila]], rows.Leidas]:
    if tipo is TipoHoja.ORDENES:
        return partial(rows.read_orders, zone=await organizacion.zona(db))
    return rows.read_clients if tipo is TipoHoja.CLIENTES else rows.read_products


def shown(tipo: TipoHoja, modo: Modo, report: Informe, most: int = 1000) -> dict[str, Any]:
    """Return a report as it is answered; of very many errors the first thousand."""
    return {
        "tipo": tipo,
        "ensayo": modo.ensayo,
        "aplicado": report.aplicado,
        "filas": report.filas,
        "creados": report.creados,
        "actualizados": report.actualizados,
        "sin_cambios": report.sin_cambios,
        "con_error": report.filas_con_error,
        "errores": report.errores[:most],
    }


async def record_export(db: Db, actor: Actor | None, tipo: TipoHoja) -> None:
    """Write down who took everything along; `actor` is None for the command line."""
    await _CLASES[tipo].action(db, actor)


async def export_sheet(db: Db, tipo: TipoHoja) -> AsyncGenerator[bytes, None]:
    """Give a sheet piece by piece: so many rows at a time are in memory, however many there are."""
    columns, pages = _CLASES[tipo].columns, _PAGES[tipo](db)
    yield spreadsheet.write(columns, (), head=True)
    async for page in pages:
        yield spreadsheet.write(columns, page, head=False)


async def _client_pages(db: Db) -> AsyncIterator[list[list[str]]]:
    async for page in clientes.export_pages(db, BATCH):
        yield [rows.client_row(client) for client in page]


async def _product_pages(db: Db) -> AsyncIterator[list[list[str]]]:
    async for page in productos.export_pages(db, BATCH):
        yield [rows.product_row(product) for product in page]


async def _order_pages(db: Db) -> AsyncIterator[list[list[str]]]:
    async for page in ordenes.export_pages(db):
        yield [rows.order_row(order) for order in page]


_PAGES: Final = {
    TipoHoja.CLIENTES: _client_pages,
    TipoHoja.PRODUCTOS: _product_pages,
    TipoHoja.ORDENES: _order_pages,
}
