"""Sheets in and out, for the routes and for the command line alike."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from enum import StrEnum
from typing import Any, Final

from clientela.api.bulk import rows
from clientela.catalogo import importing as productos
from clientela.clientes import importing as clientes
from clientela.core import audit, spreadsheet
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid
from clientela.core.importing import BATCH, ErrorFila, Informe, Modo, Progreso

# A sheet of the size of the largest body has fewer; the command line takes what fits into memory.
MAX_ROWS: Final = 200_000


class Tipo(StrEnum):
    """What a sheet is about."""

    CLIENTES = "clientes"
    PRODUCTOS = "productos"


async def import_sheet(
    db: Db, actor: Actor, tipo: Tipo, raw: bytes, modo: Modo, progress: Progreso
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
    db: Db, actor: Actor | None, tipo: Tipo, raw: bytes, modo: Modo, progress: Progreso
) -> Informe:
    """Import a sheet; `actor` is None for the command line. What is wrong with rows is in the report.

    Raises Invalid on `archivo` for what is no such sheet; Conflict as the imports.
    """
    sheet = await asyncio.to_thread(spreadsheet.read, raw, MAX_ROWS)
    if tipo is Tipo.CLIENTES:
        rows.check_columns(sheet, rows.COLUMNS_CLIENTES, one_of=("nit", "telefono", "id"))
    else:
        rows.check_columns(sheet, rows.COLUMNS_PRODUCTOS, one_of=("codigo",))
    read = rows.read_clients if tipo is Tipo.CLIENTES else rows.read_products
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
    write = clientes.import_clients if tipo is Tipo.CLIENTES else productos.import_products
    return await write(db, actor, valid, errors, modo, progress)


def shown(tipo: Tipo, modo: Modo, report: Informe, most: int = 1000) -> dict[str, Any]:
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


async def record_export(db: Db, actor: Actor | None, tipo: Tipo) -> None:
    """Write down who took everything along; `actor` is None for the command line."""
    clients = tipo is Tipo.CLIENTES
    await audit.record(db, "exportacion.clientes" if clients else "exportacion.productos", actor=actor)


async def export_sheet(db: Db, tipo: Tipo) -> AsyncGenerator[bytes, None]:
    """Give a sheet piece by piece: so many rows at a time are in memory, however many there are."""
    columns = rows.COLUMNS_CLIENTES if tipo is Tipo.CLIENTES else rows.COLUMNS_PRODUCTOS
    pages = _client_pages(db) if tipo is Tipo.CLIENTES else _product_pages(db)
    yield spreadsheet.write(columns, (), head=True)
    async for page in pages:
        yield spreadsheet.write(columns, page, head=False)


async def _client_pages(db: Db) -> AsyncIterator[list[list[str]]]:
    async for page in clientes.export_pages(db, BATCH):
        yield [rows.client_row(client) for client in page]


async def _product_pages(db: Db) -> AsyncIterator[list[list[str]]]:
    async for page in productos.export_pages(db, BATCH):
        yield [rows.product_row(product) for product in page]
