"""Maintenance and overview in dialect E (spec 5 §11–13)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.castella.schemas_ordenes import (
    EJEMPLO_CLIENTE,
    EJEMPLO_ORDEN,
    EJEMPLO_TECNICO,
    MantenimientoEntrada,
    MantenimientoSalida,
    MantenimientosSalida,
    MantenimientoVisto,
    OrdenConPeriodicidad,
    ResumenSalida,
)
from clientela.postventa import maintenance, service

_DUE: Final[dict[str, Any]] = {
    "_id": EJEMPLO_ORDEN,
    "visita_id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "cliente": {"_id": EJEMPLO_CLIENTE, "nombre": "Juan Pérez"},
    "tecnico": {"_id": EJEMPLO_TECNICO, "nombre": "Carlos Martínez"},
    "servicio": {"_id": "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12", "nombre": "Mantenimiento Preventivo"},
    "fechaProgramada": "2026-12-30T09:00:00Z",
    "periodicidadMeses": 6,
    "vencido": False,
}


@route(
    "PUT",
    "/api/orden/{orden_id}/mantenimiento-config",
    body=MantenimientoEntrada,
    response=MantenimientoSalida,
    errors=("orden_no_encontrada", "orden_en_otro_estado"),
    summary="Fijar cada cuántos meses toca el mantenimiento de una orden",
    body_example={"periodicidadMeses": 6},
    example={"orden": {"_id": EJEMPLO_ORDEN, "periodicidadMeses": 6, "estado": "FINALIZADO"}},
)
async def configure(call: Call, body: MantenimientoEntrada) -> Reply:
    """Set an order's periodicity (its technician, admin); its next visit is listed at once."""
    assert body.periodicidad_meses is not None  # noqa: S101 - its validator lets none through
    done = await maintenance.configure(
        call.db, call.actor, call.path_uuid("orden_id"), body.periodicidad_meses
    )
    return Reply(MantenimientoSalida(OrdenConPeriodicidad(done.id, done.periodicidad_meses, done.estado)))


@route(
    "GET",
    "/api/mantenimientos-cliente/{cliente_id}",
    response=MantenimientosSalida,
    errors=("cliente_no_encontrado",),
    summary="Mantenimientos de un cliente: los próximos 30 días y los vencidos",
    example={"mantenimientos": [_DUE]},
)
async def of_client(call: Call) -> Reply:
    """List the next maintenance of each of a client's orders (himself, admin)."""
    found = await maintenance.of_client(call.db, call.actor, call.path_uuid("cliente_id"))
    now = call.db.now()
    return Reply(MantenimientosSalida(tuple(MantenimientoVisto.of(visit, now) for visit in found)))


@route(
    "GET",
    "/api/dashboard/overview",
    response=ResumenSalida,
    summary="Lo que espera: sin técnico, en ejecución, sin movimiento hace 5 días",
    example={"sinAsignar": 8, "enEjecucion": 15, "sinMovimiento5d": 3},
)
async def overview(call: Call) -> Reply:
    """Count open orders without technician, under way, and without movement for five days (admin)."""
    found = await service.overview(call.db)
    return Reply(ResumenSalida(found.sin_asignar, found.en_ejecucion, found.sin_movimiento))
