"""Ratings in dialect E (spec 5 §8–10)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.castella.schemas_ordenes import (
    EJEMPLO_CLIENTE,
    EJEMPLO_ORDEN,
    EJEMPLO_TECNICO,
    CalificacionEntrada,
    CalificacionHechaSalida,
    CalificacionSalida,
    EstadisticaTecnico,
)
from clientela.flows import rate_order
from clientela.postventa import ratings

_GIVEN: Final = {"estrellas": 5, "comentario": "Excelente servicio, muy profesional"}
_RATED: Final[dict[str, Any]] = {
    "_id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "orden": EJEMPLO_ORDEN,
    "cliente": EJEMPLO_CLIENTE,
    "tecnico": EJEMPLO_TECNICO,
    **_GIVEN,
    "fecha": "2026-12-15T10:30:00Z",
}
_SHOWN: Final = {
    **_RATED,
    "cliente": {"_id": EJEMPLO_CLIENTE, "nombre": "Juan Pérez"},
    "tecnico": {"_id": EJEMPLO_TECNICO, "nombre": "Carlos Martínez"},
}


@route(
    "POST",
    "/api/orden/{orden_id}/calificar",
    body=CalificacionEntrada,
    response=CalificacionHechaSalida,
    status=201,
    errors=("orden_no_encontrada", "calificacion_no_finalizada", "orden_calificada"),
    summary="Calificar una orden finalizada, de 1 a 5 estrellas",
    body_example=_GIVEN,
    example={"calificacion": _RATED},
)
async def rate(call: Call, body: CalificacionEntrada) -> Reply:
    """Rate a finished order (its customer), once; one or two stars open a ticket for the office."""
    assert body.estrellas is not None  # noqa: S101 - its validator lets none through
    found = await rate_order.rate(
        call.db, call.actor, call.path_uuid("orden_id"), body.estrellas, body.comentario
    )
    return Reply(CalificacionHechaSalida.of(found), 201)


@route(
    "GET",
    "/api/orden/{orden_id}/calificacion",
    response=CalificacionSalida,
    errors=("orden_no_encontrada", "calificacion_no_encontrada"),
    summary="Leer la calificación de una orden",
    example={"calificacion": _SHOWN},
)
async def read(call: Call) -> Reply:
    """Show the rating of an order to its customer, its technician or an administrator."""
    found = await ratings.access(call.db, call.actor, call.path_uuid("orden_id"))
    return Reply(CalificacionSalida.of(found))


@route(
    "GET",
    "/api/calificaciones-tecnico/{tecnico_id}",
    response=EstadisticaTecnico,
    errors=("tecnico_no_encontrado",),
    summary="Estadística de las calificaciones de un técnico",
    example={"promedio": 4.08, "total": 12, "distribucion": {"1": 0, "2": 1, "3": 2, "4": 4, "5": 5}},
)
async def of_technician(call: Call) -> Reply:
    """Count a technician's ratings (admin); the mean is of all of them, 0 when there are none."""
    return Reply(EstadisticaTecnico.of(await ratings.of_technician(call.db, call.path_uuid("tecnico_id"))))
