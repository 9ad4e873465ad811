"""Guarantees in dialect E (spec 5 §5–7)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.castella.schemas_ordenes import (
    EJEMPLO_CLIENTE,
    EJEMPLO_ORDEN,
    EJEMPLO_TECNICO,
    AsignacionEntrada,
    AsignacionSalida,
    GarantiaPendiente,
    GarantiasPendientes,
    OrdenAsignada,
    OrdenPedida,
)
from clientela.core.errors import NotFound
from clientela.organizacion import service as organizacion
from clientela.postventa import guarantees, service

_WAITING: Final[dict[str, Any]] = {
    "total": 25,
    "page": 1,
    "items": [
        {
            "_id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
            "tipo": "REVISION",
            "estado": "PENDIENTE",
            "cliente": {"_id": EJEMPLO_CLIENTE, "nombre": "Juan Pérez", "correo": "juan@example.com"},
            "garantiaDe": {"_id": EJEMPLO_ORDEN, "numero": 12345, "aniomesprogramacion": "202612"},
            "fechaDigitacion": "2026-12-15T10:30:00Z",
        }
    ],
}


@route(
    "POST",
    "/api/orden/{orden_id}/solicitar-garantia",
    response=OrdenPedida,
    status=201,
    errors=("orden_no_encontrada", "garantia_no_finalizada", "garantia_vencida", "garantia_abierta"),
    summary="Pedir la garantía de una orden finalizada",
    example={"ordenId": EJEMPLO_ORDEN},
)
async def request_guarantee(call: Call) -> Reply:
    """Make the revision of a finished order (its customer), once at a time; `ordenId` is the revision's."""
    return Reply(OrdenPedida(await guarantees.request(call.db, call.actor, call.path_uuid("orden_id"))), 201)


@route(
    "GET",
    "/api/garantias/pendientes",
    response=GarantiasPendientes,
    summary="Garantías que esperan un técnico, primera página",
    example=_WAITING,
)
async def pending(call: Call) -> Reply:
    """List the guarantees that wait for a technician, oldest first, twenty a page."""
    return await _page(call, 1)


@route(
    "GET",
    "/api/garantias/pendientes/{page}",
    response=GarantiasPendientes,
    summary="Garantías que esperan un técnico, una página",
    example=_WAITING,
)
async def pending_page(call: Call) -> Reply:
    """List a page of them; page 0 is not there, one past the end is empty."""
    page = call.path_int("page")
    if not 1 <= page <= 1_000_000:
        raise NotFound
    return await _page(call, page)


async def _page(call: Call, page: int) -> Reply:
    found = await guarantees.pending(call.db, page)
    zona = await organizacion.zona(call.db)
    items = tuple(GarantiaPendiente.of(orden, zona) for orden in found.items)
    return Reply(GarantiasPendientes(found.total, page, items))


@route(
    "PUT",
    "/api/garantia/{orden_id}/asignar-tecnico",
    body=AsignacionEntrada,
    response=AsignacionSalida,
    errors=("tecnico_no_encontrado", "garantia_no_encontrada", "orden_en_otro_estado", "tecnico_ocupado"),
    summary="Asignar un técnico a una garantía",
    body_example={"tecnicoId": EJEMPLO_TECNICO},
    example={"orden": {"_id": EJEMPLO_ORDEN, "tecnico": EJEMPLO_TECNICO, "estado": "ASIGNADA"}},
)
async def assign(call: Call, body: AsignacionEntrada) -> Reply:
    """Give a guarantee to an active technician, or to another one (admin)."""
    assert body.tecnico_id is not None  # noqa: S101 - its validator lets none through
    done = await service.assign(
        call.db, call.actor, call.path_uuid("orden_id"), body.tecnico_id, guarantee=True
    )
    orden = done.orden
    return Reply(AsignacionSalida(OrdenAsignada(orden.id, body.tecnico_id, orden.estado)))
