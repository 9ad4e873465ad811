"""`/api/v1/vehiculos`: what delivers (CONTRACT §12)."""

from typing import Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_vehiculos import (
    VehiculoCambios,
    VehiculoEntrada,
    VehiculosConsulta,
    VehiculosPagina,
)
from clientela.entregas import service
from clientela.entregas.model import Vehiculo

_ENTERED: Final = {
    "placa": "2345 ABC",
    "nombre": "Camión grande",
    "capacidad_kg": "1500",
    "salida": "08:00",
    "regreso": "18:00",
    "chofer_id": None,
    "activo": True,
}
_SHOWN: Final = {
    "id": 3,
    **_ENTERED,
    "version": 1,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "actualizado_en": "2026-11-20T14:03:27.512000Z",
}


@route(
    "GET",
    "/api/v1/vehiculos",
    query=VehiculosConsulta,
    response=VehiculosPagina,
    summary="Listar vehículos",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_vehicles(call: Call, query: VehiculosConsulta) -> Reply:
    """List vehicles by plate."""
    items, total = await service.list_vehicles(
        call.db, active=query.active, limit=query.per_page, offset=query.offset
    )
    return Reply(VehiculosPagina(items, total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/vehiculos",
    body=VehiculoEntrada,
    response=Vehiculo,
    status=201,
    errors=("placa_en_uso",),
    summary="Agregar un vehículo",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def add_vehicle(call: Call, body: VehiculoEntrada) -> Reply:
    """Add a vehicle (admin)."""
    return _answer(await service.add_vehicle(call.db, call.actor, body.as_new()), 201)


@route(
    "GET",
    "/api/v1/vehiculos/{vehiculo_id}",
    response=Vehiculo,
    errors=("vehiculo_no_encontrado",),
    summary="Leer un vehículo",
    example=_SHOWN,
)
async def read_vehicle(call: Call) -> Reply:
    """Show a vehicle."""
    return _answer(await service.get_vehicle(call.db, call.path_int("vehiculo_id")))


@route(
    "PATCH",
    "/api/v1/vehiculos/{vehiculo_id}",
    body=VehiculoCambios,
    response=Vehiculo,
    errors=("vehiculo_no_encontrado", "placa_en_uso", "desactualizado"),
    summary="Cambiar un vehículo",
    body_example={"activo": False},
    example={**_SHOWN, "activo": False, "version": 2},
)
async def change_vehicle(call: Call, body: VehiculoCambios) -> Reply:
    """Change a vehicle (admin), with `If-Match` only if nobody did meanwhile."""
    changed = await service.change_vehicle(
        call.db, call.actor, call.path_int("vehiculo_id"), body.as_changes(), call.if_match
    )
    return _answer(changed)


def _answer(found: Vehiculo, status: int = 200) -> Reply:
    return Reply(found, status, etag(found.version))
