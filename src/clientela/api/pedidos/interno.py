"""`/internal/clients/{id}`: what another program of the house must know of a client to sell to him (spec 4)."""

from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from clientela.api.call import Call, Reply, route
from clientela.api.pedidos.schemas_pedidos import Ubicacion
from clientela.clientes import service
from clientela.clientes.model import Direccion, Expediente

_PLACE: Final = {"lat": -17.7833, "lng": -63.1821}
_SHOWN: Final = {
    "id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "usuario_principal_id": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "vendedor_asignado_id": None,
    "ubicacion": _PLACE,
    "sucursales": [
        {
            "id": "0190a6b2-6666-7d3a-9b5f-2f4c6d8e0a12",
            "direccion": "Av. Principal 123",
            "es_principal": True,
            "ubicacion": _PLACE,
        }
    ],
}


class Sucursal(msgspec.Struct):
    """A branch: an address with coordinates; `id` is what an order names as `sucursal_id`."""

    id: UUID
    direccion: str
    es_principal: bool
    ubicacion: Ubicacion


class ClienteInterno(msgspec.Struct):
    """Whose carts a client's are, who sells to him, and where his orders go unless they say otherwise."""

    id: UUID
    usuario_principal_id: UUID
    vendedor_asignado_id: UUID | None
    ubicacion: Ubicacion | None
    sucursales: list[Sucursal]


@route(
    "GET",
    "/internal/clients/{cliente_id}",
    response=ClienteInterno,
    summary="Leer lo que otro programa necesita de un cliente",
    example=_SHOWN,
)
async def read_client(call: Call) -> Reply:
    """Show a client to a program with the ability `internal`, or to an administrator."""
    return Reply(_shown(await service.get_record(call.db, call.actor, call.path_uuid("cliente_id"))))


def _shown(record: Expediente) -> ClienteInterno:
    client = record.cliente
    branches = [branch for address in record.direcciones if (branch := _branch(address)) is not None]
    principal = next((branch.ubicacion for branch in branches if branch.es_principal), None)
    return ClienteInterno(
        client.id,
        client.usuario_principal_id,
        client.vendedor_asignado_id,
        principal or _place(client.latitud, client.longitud),
        branches,
    )


def _branch(address: Direccion) -> Sucursal | None:
    place = _place(address.latitud, address.longitud)
    if place is None or not address.activa:
        return None
    return Sucursal(address.uuid, address.direccion, address.es_principal, place)


def _place(latitud: Decimal | None, longitud: Decimal | None) -> Ubicacion | None:
    return None if latitud is None or longitud is None else Ubicacion(latitud, longitud)
