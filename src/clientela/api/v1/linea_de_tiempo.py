"""`/api/v1/clientes/{id}/linea-de-tiempo`: everything about one client, newest first (CONTRACT §4, §12)."""

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_clientes import LineaConsulta
from clientela.flows import client_timeline
from clientela.flows.client_timeline import Linea


@route(
    "GET",
    "/api/v1/clientes/{cliente_id}/linea-de-tiempo",
    query=LineaConsulta,
    response=Linea,
    errors=("cliente_no_encontrado",),
    summary="Leer la línea de tiempo de un cliente: el cliente la suya, el personal la de sus clientes",
    example={
        "items": [
            {
                "fecha": "2026-11-21T15:10:00Z",
                "tipo": "payment.created",
                "referencia_id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
                "resumen": "Pagó 300.00 BOB por QR; recibo n.º 7",
            }
        ],
        "next": 4711,
    },
)
async def read_timeline(call: Call, query: LineaConsulta) -> Reply:
    """Show what happened to a client; a foreign one is not there."""
    ref = call.path_id("cliente_id")
    found = await client_timeline.read_timeline(
        call.db, call.actor, ref, after=query.after, limit=query.limit
    )
    return Reply(found)
