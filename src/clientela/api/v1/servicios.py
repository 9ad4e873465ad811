"""`/api/v1/servicios`: the kinds of work, their guarantee and how long a visit takes (CONTRACT §10)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_ordenes import (
    ServicioCambios,
    ServicioEntrada,
    ServiciosConsulta,
    ServiciosPagina,
)
from clientela.postventa import catalogue
from clientela.postventa.model import Servicio

_ENTERED: Final = {"nombre": "Mantenimiento Preventivo", "garantia_meses": 12, "duracion_min": 60}
_SHOWN: Final[dict[str, Any]] = {
    "id": "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 3,
    **_ENTERED,
    "activo": True,
    "version": 1,
    "creado_en": "2026-11-20T14:03:27Z",
    "actualizado_en": "2026-11-20T14:03:27Z",
}


@route(
    "GET",
    "/api/v1/servicios",
    query=ServiciosConsulta,
    response=ServiciosPagina,
    summary="Listar servicios",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_services(call: Call, query: ServiciosConsulta) -> Reply:
    """List services by name."""
    items, total = await catalogue.search(
        call.db, active=query.wanted, limit=query.per_page, offset=query.offset
    )
    return Reply(ServiciosPagina(items, total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/servicios",
    body=ServicioEntrada,
    response=Servicio,
    status=201,
    errors=("servicio_repetido",),
    summary="Agregar un servicio",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def add_service(call: Call, body: ServicioEntrada) -> Reply:
    """Add a service (admin)."""
    return _answer(await catalogue.create(call.db, call.actor, body.as_new()), 201)


@route(
    "GET",
    "/api/v1/servicios/{servicio_id}",
    response=Servicio,
    errors=("servicio_no_encontrado",),
    summary="Leer un servicio, por su UUID o su numero",
    example=_SHOWN,
)
async def read_service(call: Call) -> Reply:
    """Show a service."""
    return _answer(await catalogue.get(call.db, call.path_id("servicio_id")))


@route(
    "PATCH",
    "/api/v1/servicios/{servicio_id}",
    body=ServicioCambios,
    response=Servicio,
    errors=("servicio_no_encontrado", "servicio_repetido", "desactualizado"),
    summary="Cambiar un servicio",
    body_example={"activo": False},
    example={**_SHOWN, "activo": False, "version": 2},
)
async def change_service(call: Call, body: ServicioCambios) -> Reply:
    """Change a service (admin), with `If-Match` only if nobody did meanwhile; orders that are there keep theirs."""
    changed = await catalogue.update(
        call.db, call.actor, call.path_id("servicio_id"), body.as_changes(), call.if_match
    )
    return _answer(changed)


def _answer(found: Servicio, status: int = 200) -> Reply:
    return Reply(found, status, etag(found.version))
