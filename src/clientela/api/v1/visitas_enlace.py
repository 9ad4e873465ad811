"""`/api/v1/visitas/enlace`: what a client does with the link in the reminder of his visit.

The token comes in the body: so it is in no address, no history and no log, and a program that opens links changes
nothing, for it sends no POST. Nobody need log in, and a header is not read.
"""

from typing import Final

from clientela.api.body import in_zone
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_visitas import EnlaceEntrada, MoverEntrada
from clientela.organizacion import service as organizacion
from clientela.postventa import reminders
from clientela.postventa.reminders import VisitaAbierta

_LINK: Final = "0190a6b222227d3a9b5f2f4c6d8e0a12.1796911200000000.Zm9ybWEgZGUgdW5hIGZpcm1hLCBubyB1bmEgZGUgYWg"
_OPENED: Final = {
    "organizacion": "Mi empresa",
    "zona": "America/La_Paz",
    "servicio": "Mantenimiento Preventivo",
    "fecha_programada": "2026-12-10T14:00:00Z",
    "confirmada": False,
    "mover_hasta": "2027-02-08",
    "enlace": _LINK,
}
_ERRORS: Final = ("enlace_invalido", "enlace_vencido", "enlace_reemplazado", "visita_cerrada")


@route(
    "POST",
    "/api/v1/visitas/enlace",
    body=EnlaceEntrada,
    response=VisitaAbierta,
    errors=_ERRORS,
    summary="Ver la visita de un enlace, sin cambiar nada",
    body_example={"enlace": _LINK},
    example=_OPENED,
)
async def open_link(call: Call, body: EnlaceEntrada) -> Reply:
    """Show the visit of a link: service, date and organisation, nothing of its client."""
    return Reply(await reminders.open_link(call.db, body.enlace))


@route(
    "POST",
    "/api/v1/visitas/enlace/confirmar",
    body=EnlaceEntrada,
    response=VisitaAbierta,
    errors=_ERRORS,
    summary="Confirmar la visita de un enlace",
    body_example={"enlace": _LINK},
    example={**_OPENED, "confirmada": True},
)
async def confirm(call: Call, body: EnlaceEntrada) -> Reply:
    """Confirm a visit; twice is once."""
    return Reply(await reminders.confirm(call.db, body.enlace))


@route(
    "POST",
    "/api/v1/visitas/enlace/mover",
    body=MoverEntrada,
    response=VisitaAbierta,
    errors=(*_ERRORS, "visita_con_orden"),
    summary="Cambiar la fecha de la visita de un enlace",
    body_example={"enlace": _LINK, "fecha_programada": "2026-12-12T10:00", "motivo": "Estaré de viaje"},
    example={**_OPENED, "fecha_programada": "2026-12-12T14:00:00Z", "confirmada": True},
)
async def move(call: Call, body: MoverEntrada) -> Reply:
    """Move a visit to a date that suits its client; the answer has the token for that date, older ones are void."""
    wanted = in_zone(body.fecha_programada, await organizacion.zona(call.db))
    return Reply(await reminders.move(call.db, body.enlace, wanted, body.motivo))
