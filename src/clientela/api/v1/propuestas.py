"""`/api/v1/propuestas`: what sellers propose to their clients, and the answers (CONTRACT §6, §12)."""

from typing import Final

from msgspec import structs

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_propuestas import (
    CarritoCambiado,
    OmitidoSalida,
    PropuestaAceptada,
    PropuestaSalida,
    PropuestasConsulta,
    PropuestasPagina,
    shown,
)
from clientela.carritos import proposals

_PRODUCT: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_SHOWN: Final = {
    "id": "0190a6b2-8888-7d3a-9b5f-2f4c6d8e0a12",
    "carrito_id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "vendedor_id": "0190a6b2-4444-7d3a-9b5f-2f4c6d8e0a12",
    "estado": "PENDIENTE",
    "items": [
        {
            "producto_id": _PRODUCT,
            "nombre": "Agua 2 L",
            "cantidad": "2",
            "precio_unitario": "9.50",
            "subtotal": "19.00",
            "campania_aplicada_id": None,
            "motivo_descuento": None,
        }
    ],
    "total": "19.00",
    "version": 1,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "respondida_en": None,
}
_ANSWERED: Final = {**_SHOWN, "version": 2, "respondida_en": "2026-11-20T15:40:02.118000Z"}
_ANSWER_ERRORS: Final = ("propuesta_no_encontrada", "propuesta_respondida")


@route(
    "POST",
    "/api/v1/carritos/{carrito_id}/proponer",
    response=PropuestaSalida,
    status=201,
    errors=("carrito_no_encontrado", "carrito_vacio", "propuesta_abierta"),
    summary="Proponer al cliente lo que tiene el carrito del vendedor",
    example=_SHOWN,
)
async def propose(call: Call) -> Reply:
    """Propose the lines of the caller's cart for a client; the cart stays as it is."""
    made = await proposals.propose(call.db, call.actor, call.path_uuid("carrito_id"))
    return Reply(shown(made), 201, etag(made.version))


@route(
    "GET",
    "/api/v1/propuestas",
    query=PropuestasConsulta,
    response=PropuestasPagina,
    summary="Listar propuestas: el cliente las suyas, el vendedor las que hizo, el administrador todas",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_proposals(call: Call, query: PropuestasConsulta) -> Reply:
    """List proposals, the latest first."""
    found = await proposals.list_proposals(
        call.db, call.actor, query.estado, limit=query.per_page, offset=query.offset
    )
    return Reply(
        PropuestasPagina([shown(each) for each in found.items], found.total, query.page, query.per_page)
    )


@route(
    "POST",
    "/api/v1/propuestas/{propuesta_id}/aceptar",
    response=PropuestaAceptada,
    errors=_ANSWER_ERRORS,
    summary="Aceptar una propuesta: sus líneas pasan al carrito propio, a los precios de hoy",
    example={
        **_ANSWERED,
        "estado": "ACEPTADA",
        "omitidos": [],
        "carrito": {"id": "0190a6b2-9999-7d3a-9b5f-2f4c6d8e0a12", "version": 5},
    },
)
async def accept(call: Call) -> Reply:
    """Add the lines of a proposal to the customer's own cart, once."""
    done = await proposals.accept(call.db, call.actor, call.path_uuid("propuesta_id"))
    answer = PropuestaAceptada(
        **structs.asdict(shown(done.propuesta)),
        omitidos=[OmitidoSalida(each.producto_id, each.nombre) for each in done.omitidos],
        carrito=CarritoCambiado(done.carrito_id, done.carrito_version),
    )
    return Reply(answer, headers=etag(done.propuesta.version))


@route(
    "POST",
    "/api/v1/propuestas/{propuesta_id}/rechazar",
    response=PropuestaSalida,
    errors=_ANSWER_ERRORS,
    summary="Rechazar una propuesta",
    example={**_ANSWERED, "estado": "RECHAZADA"},
)
async def decline(call: Call) -> Reply:
    """Decline a proposal; nothing else changes."""
    done = await proposals.decline(call.db, call.actor, call.path_uuid("propuesta_id"))
    return Reply(shown(done), headers=etag(done.version))
