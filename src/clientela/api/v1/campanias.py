"""`/api/v1/campanias`: what is cheaper, for whom, until when (CONTRACT §5)."""

from typing import Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_campanias import (
    CampaniaCambios,
    CampaniaEntrada,
    CampaniasConsulta,
    CampaniasPagina,
)
from clientela.catalogo import campaigns
from clientela.catalogo.model import Campania
from clientela.organizacion import service as organizacion

_ENTERED: Final = {
    "nombre": "Semana del agua",
    "porcentaje": "10.00",
    "desde": "2026-12-01T04:00:00Z",
    "hasta": "2026-12-08T04:00:00Z",
    "productos": ["0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"],
    "categorias_ids": [2],
    "activo": True,
}
_SHOWN: Final = {"id": 7, **_ENTERED, "version": 1}


@route(
    "GET",
    "/api/v1/campanias",
    query=CampaniasConsulta,
    response=CampaniasPagina,
    summary="Listar campañas",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_campaigns(call: Call, query: CampaniasConsulta) -> Reply:
    """List campaigns, the latest first."""
    items, total = await campaigns.list_campaigns(
        call.db, running=query.vigente == "1", limit=query.per_page, offset=query.offset
    )
    return Reply(CampaniasPagina(items, total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/campanias",
    body=CampaniaEntrada,
    response=Campania,
    status=201,
    summary="Agregar una campaña",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def add_campaign(call: Call, body: CampaniaEntrada) -> Reply:
    """Add a campaign (admin)."""
    new = body.as_new(await organizacion.zona(call.db))
    return _answer(await campaigns.create(call.db, call.actor, new), 201)


@route(
    "GET",
    "/api/v1/campanias/{campania_id}",
    response=Campania,
    errors=("campania_no_encontrada",),
    summary="Leer una campaña",
    example=_SHOWN,
)
async def read_campaign(call: Call) -> Reply:
    """Show a campaign."""
    return _answer(await campaigns.get(call.db, call.path_int("campania_id")))


@route(
    "PATCH",
    "/api/v1/campanias/{campania_id}",
    body=CampaniaCambios,
    response=Campania,
    errors=("campania_no_encontrada", "desactualizado"),
    summary="Cambiar una campaña",
    body_example={"activo": False},
    example={**_SHOWN, "activo": False, "version": 2},
)
async def change_campaign(call: Call, body: CampaniaCambios) -> Reply:
    """Change a campaign (admin), with `If-Match` only if nobody did meanwhile."""
    changes = body.as_changes(await organizacion.zona(call.db))
    changed = await campaigns.update(
        call.db, call.actor, call.path_int("campania_id"), changes, call.if_match
    )
    return _answer(changed)


def _answer(found: Campania, status: int = 200) -> Reply:
    return Reply(found, status, etag(found.version))
