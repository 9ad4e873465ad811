"""`/api/v1/clientes/{id}/direcciones`: addresses and branches of a client (CONTRACT §4, §12)."""

from typing import Final

from clientela.api.body import Pagina
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_clientes import (
    DireccionCambios,
    DireccionEntrada,
    DireccionesPagina,
    DireccionSalida,
    shown,
)
from clientela.clientes import addresses

_ENTERED: Final = {
    "direccion": "Av. Principal 123",
    "ciudad": "Santa Cruz",
    "departamento": "Santa Cruz",
    "codigo_postal": None,
    "latitud": -17.7833,
    "longitud": -63.1821,
    "es_principal": True,
    "activa": True,
}
_SHOWN: Final = {"id": 5, "uuid": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a14", **_ENTERED}


@route(
    "GET",
    "/api/v1/clientes/{cliente_id}/direcciones",
    query=Pagina,
    response=DireccionesPagina,
    summary="Listar las direcciones de un cliente",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_addresses(call: Call, query: Pagina) -> Reply:
    """List a client's addresses to whoever may see him."""
    client = call.path_id("cliente_id")
    items, total = await addresses.list_addresses(call.db, call.actor, client, query.per_page, query.offset)
    return Reply(DireccionesPagina([shown(item) for item in items], total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/clientes/{cliente_id}/direcciones",
    body=DireccionEntrada,
    response=DireccionSalida,
    status=201,
    summary="Agregar una dirección o sucursal",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def add_address(call: Call, body: DireccionEntrada) -> Reply:
    """Add an address (the client's seller, admin); a principal one takes the place of the one that was."""
    client = call.path_id("cliente_id")
    return Reply(shown(await addresses.add_address(call.db, call.actor, client, body.as_new())), 201)


@route(
    "PATCH",
    "/api/v1/clientes/{cliente_id}/direcciones/{direccion_id}",
    body=DireccionCambios,
    response=DireccionSalida,
    summary="Cambiar una dirección, por su id o su UUID",
    body_example={"es_principal": True},
    example=_SHOWN,
)
async def change_address(call: Call, body: DireccionCambios) -> Reply:
    """Change an address (the client's seller, admin)."""
    client, address = call.path_id("cliente_id"), call.path_id("direccion_id")
    changed = await addresses.change_address(call.db, call.actor, client, address, body.as_changes())
    return Reply(shown(changed))


@route(
    "DELETE",
    "/api/v1/clientes/{cliente_id}/direcciones/{direccion_id}",
    response=DireccionSalida,
    errors=("referencia_inexistente",),
    summary="Eliminar una dirección que nada usa",
    example=_SHOWN,
)
async def delete_address(call: Call) -> Reply:
    """Delete an address (the client's seller, admin) and show it a last time."""
    client, address = call.path_id("cliente_id"), call.path_id("direccion_id")
    return Reply(shown(await addresses.delete_address(call.db, call.actor, client, address)))
