"""`/reclamos` and `/soporte`: what a customer sends (spec 1 §4, CONTRACT §8)."""

from clientela.api.call import Call, Reply, route
from clientela.api.panel.schemas import EnvioSalida, ReclamoEntrada, SoporteEntrada
from clientela.core.textos import EXITOS
from clientela.flows import submit_claim
from clientela.tickets.model import Ticket

_ID = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"


def _sent(message: str, ticket: Ticket) -> Reply:
    return Reply(EnvioSalida(message, ticket.id, ticket.folio, ticket.estado), 201)


@route(
    "POST",
    "/reclamos",
    body=ReclamoEntrada,
    response=EnvioSalida,
    status=201,
    errors=("datos_invalidos",),
    summary="Enviar un reclamo",
    body_example={"titulo": "Llegó roto", "descripcion": "La caja estaba abierta"},
    example={"message": EXITOS["reclamo_enviado"], "id": _ID, "folio": "REC-000042", "estado": "ABIERTO"},
)
async def send_claim(call: Call, body: ReclamoEntrada) -> Reply:
    """Send a claim; its draft goes with it. A double click is one claim."""
    ticket = await submit_claim.submit_claim(
        call.db,
        call.actor,
        body.titulo,
        body.descripcion,
        pedido_id=body.pedido_id,
        orden_id=body.orden_id,
        distinct=call.has_key,
    )
    return _sent(EXITOS["reclamo_enviado"], ticket)


@route(
    "POST",
    "/soporte",
    body=SoporteEntrada,
    response=EnvioSalida,
    status=201,
    summary="Enviar un mensaje a soporte",
    body_example={"asunto": "Horario", "mensaje": "¿A qué hora abren?"},
    example={"message": EXITOS["soporte_enviado"], "id": _ID, "folio": "SOP-000043", "estado": "ABIERTO"},
)
async def send_support(call: Call, body: SoporteEntrada) -> Reply:
    """Send a message to support; its draft goes with it. A double click is one message."""
    ticket = await submit_claim.submit_support(
        call.db, call.actor, body.asunto, body.mensaje, distinct=call.has_key
    )
    return _sent(EXITOS["soporte_enviado"], ticket)
