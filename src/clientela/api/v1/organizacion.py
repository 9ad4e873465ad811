"""`/api/v1/organizacion`: the settings of the business (CONTRACT §12)."""

from typing import Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_organizacion import OrganizacionEntrada
from clientela.organizacion import service
from clientela.organizacion.model import Organizacion

_ENTERED: Final = {
    "nombre": "Distribuidora y Servicios El Ceibo",
    "zona": "America/La_Paz",
    "moneda": "BOB",
    "horarios": [{"dia_semana": 1, "inicio": "08:00", "fin": "12:00"}],
    "feriados": ["2026-12-25"],
    "mensaje_ausente": "Le respondemos mañana desde las 08:00.",
    "saludo": None,
    "deposito": {"lat": -17.7833, "lng": -63.1821},
}
_SHOWN: Final = {**_ENTERED, "version": 2, "actualizado_en": "2026-11-20T14:03:27.512000Z"}


def _shown(found: Organizacion) -> Reply:
    return Reply(found, headers=etag(found.version))


@route(
    "GET",
    "/api/v1/organizacion",
    response=Organizacion,
    summary="Leer los datos de la organización",
    example=_SHOWN,
)
async def read_organization(call: Call) -> Reply:
    """Show the settings to staff."""
    return _shown(await service.read(call.db, call.actor))


@route(
    "PUT",
    "/api/v1/organizacion",
    body=OrganizacionEntrada,
    response=Organizacion,
    errors=("desactualizado",),
    summary="Guardar los datos de la organización",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def save_organization(call: Call, body: OrganizacionEntrada) -> Reply:
    """Save the settings (admin); with `If-Match` or `version` only if nobody did meanwhile."""
    asked = call.if_match
    version = body.version if asked is None else asked
    return _shown(await service.save(call.db, call.actor, body.as_changes(), version))
