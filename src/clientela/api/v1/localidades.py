"""`/api/v1/localidades`: the towns and districts of clients (CONTRACT §4)."""

from typing import Final

from clientela.api.body import Pagina
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_clientes import LocalidadCambios, LocalidadEntrada, LocalidadesPagina
from clientela.clientes import catalogues
from clientela.clientes.model import Localidad

_ENTERED: Final = {"nombre": "Santa Cruz", "codigo": "SCZ"}
_SHOWN: Final = {"id": 1, **_ENTERED}


@route(
    "GET",
    "/api/v1/localidades",
    query=Pagina,
    response=LocalidadesPagina,
    summary="Listar localidades",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_localities(call: Call, query: Pagina) -> Reply:
    """List localities by name (staff)."""
    items, total = await catalogues.list_localities(call.db, query.per_page, query.offset)
    return Reply(LocalidadesPagina(items, total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/localidades",
    body=LocalidadEntrada,
    response=Localidad,
    status=201,
    errors=("localidad_en_uso",),
    summary="Agregar una localidad",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def add_locality(call: Call, body: LocalidadEntrada) -> Reply:
    """Add a locality (admin)."""
    return Reply(await catalogues.add_locality(call.db, call.actor, body.nombre, body.codigo), 201)


@route(
    "PATCH",
    "/api/v1/localidades/{localidad_id}",
    body=LocalidadCambios,
    response=Localidad,
    errors=("localidad_en_uso",),
    summary="Cambiar una localidad",
    body_example={"nombre": "Santa Cruz de la Sierra"},
    example={**_SHOWN, "nombre": "Santa Cruz de la Sierra"},
)
async def change_locality(call: Call, body: LocalidadCambios) -> Reply:
    """Change a locality (admin)."""
    locality = call.path_int("localidad_id")
    return Reply(await catalogues.change_locality(call.db, call.actor, locality, body.as_changes()))
