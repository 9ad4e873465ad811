"""`/api/v1/carritos/{id}/recuperar`: what the daily job took out of a cart comes back (CONTRACT §6, §12)."""

from typing import Final

from msgspec import structs

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_carritos import CarritoRecuperado, ProductoOmitido, shown
from clientela.carritos import recovery, service
from clientela.core.errors import PreconditionFailed

_SHOWN: Final = {
    "id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "usuario_id": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "vendedor_id": None,
    "items": [
        {
            "producto_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
            "nombre": "Agua 2 L",
            "cantidad": "2",
            "precio_unitario": "9.50",
            "subtotal": "19.00",
            "campania_aplicada_id": None,
            "motivo_descuento": None,
            "disponible": True,
            "precio_actual": "9.50",
            "precio_cambio": False,
        }
    ],
    "total": "19.00",
    "version": 6,
    "actualizado_en": "2026-11-20T14:03:27.512000Z",
    "omitidos": [],
}


@route(
    "POST",
    "/api/v1/carritos/{carrito_id}/recuperar",
    response=CarritoRecuperado,
    errors=("carrito_no_encontrado", "nada_que_recuperar", "carrito_desactualizado"),
    summary="Recuperar lo que se quitó de un carrito que nadie tocaba, hasta 30 días después",
    example=_SHOWN,
)
async def recover(call: Call) -> Reply:
    """Add what the daily job took out of a cart to what is in it now."""
    try:
        done = await recovery.recover(
            call.db, call.actor, call.path_uuid("carrito_id"), version=call.if_match
        )
    except PreconditionFailed as error:
        current = service.stale(error).data["carrito"]
        raise PreconditionFailed(
            error.code, data={"carrito": shown(current)}, headers=etag(current.version)
        ) from error
    missing = [ProductoOmitido(each.producto_id, each.nombre) for each in done.omitidos]
    answer = CarritoRecuperado(**structs.asdict(shown(done.carrito)), omitidos=missing)
    return Reply(answer, headers=etag(done.carrito.version))
