"""Use cases of invoices (CONTRACT §7): made when an order on credit is delivered, read by whoever reads the books."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clientela.cobranza import access, sheet
from clientela.cobranza.model import FacturaCompleta, FiltroFacturas, NuevaFactura, PaginaFacturas
from clientela.cobranza.store import facturas as store
from clientela.core import audit, documents, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import NotFound
from clientela.core.ids import uuid7
from clientela.organizacion import service as organizacion


async def issue(db: Db, actor: Actor, pedido_id: UUID, streams: Sequence[str]) -> None:
    """Make the invoice of an order, and what is owed by it, within the transaction that delivers the order.

    Once: where it has one already, nothing happens. The caller has checked who asks, and names the `streams` that hear
    of it: those that hear of the order, which he told before, so that nobody waits for anybody crosswise.
    """
    settings = await organizacion.read(db, actor)
    now, factura_id = db.now(), uuid7()
    today = now.astimezone(ZoneInfo(settings.zona)).date()
    due = today + timedelta(days=db.settings.credito_dias)
    new = NuevaFactura(pedido_id, settings.nombre, settings.moneda, today, due)
    if not await store.issue(db, new, factura_id, uuid7(), actor.usuario_id, now):
        return
    made = await _read(db, factura_id, today)
    datos = {
        "cliente_id": made.cliente_id,
        "pedido_id": pedido_id,
        "cuenta_id": made.cuenta_id,
        "total": made.total,
    }
    await audit.record(db, "factura.emitida", actor=actor, objeto=("factura", str(factura_id)), datos=datos)
    await events.emit(
        db,
        "invoice.created",
        flujos=streams,
        datos={"id": factura_id, "cuenta_id": made.cuenta_id, "version": 1},
        cliente_id=made.cliente_id,
        actor=actor,
    )


async def search_invoices(
    db: Db, actor: Actor, wanted: FiltroFacturas, *, page: int, per_page: int
) -> PaginaFacturas:
    """Return one page of the invoices that the caller may see, newest first.

    What belongs to a client whom the caller may not read is not there.
    """
    scope = await access.scope(db, actor, wanted.cliente_id)
    if scope is None:
        return PaginaFacturas((), 0)
    cliente_id, vendedor_id = scope
    narrowed = FiltroFacturas(cliente_id, wanted.desde, wanted.hasta, wanted.pendientes)
    return await store.find(db, narrowed, vendedor_id, await _today(db), per_page, (page - 1) * per_page)


async def access_invoice(db: Db, actor: Actor, ref: UUID | int) -> FacturaCompleta:
    """Return an invoice with its lines; NotFound `factura_no_encontrada` also for one of a foreign client."""
    found = await _read(db, ref, await _today(db))
    if not await access.may_read(db, actor, found.cliente_id):
        raise NotFound("factura_no_encontrada")
    return found


async def print_invoice(db: Db, actor: Actor, ref: UUID | int) -> tuple[FacturaCompleta, bytes]:
    """Return an invoice and its PDF, made of what was stored on its day; errors as `access_invoice`.

    Unavailable `servicio_ocupado` when too many are printed at once.
    """
    found = await access_invoice(db, actor, ref)
    return found, await documents.to_pdf(sheet.TEMPLATE, sheet.written(found), found.creado_en)


async def _read(db: Db, ref: UUID | int, today: date) -> FacturaCompleta:
    found = await store.read(db, ref, today)
    if found is None:
        raise NotFound("factura_no_encontrada")
    return found


async def _today(db: Db) -> date:
    return db.now().astimezone(await organizacion.zona(db)).date()
