"""`/clientes/{cliente_id}/carrito`: the customer's cart (spec 1 §1, CONTRACT §6)."""

from typing import Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.panel.schemas import (
    CarritoEntrada,
    CarritoGuardado,
    CarritoSalida,
    cart_fields,
    lost_lines,
)
from clientela.carritos import service
from clientela.core.errors import PreconditionFailed
from clientela.core.textos import EXITOS

_PATH: Final = "/clientes/{cliente_id}/carrito"
_PRODUCT: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_ITEM: Final = {
    "_id": _PRODUCT,
    "codigo": "ELE-0012",
    "nombre": "Cámara de seguridad exterior 1080p",
    "descripcion": "Resistente al agua, visión nocturna de 20 m",
    "precio": 385.0,
    "imagenes": ["https://ejemplo.bo/imagenes/ele-0012.jpg"],
}
_SHOWN: Final = {
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "items": [
        {
            "itemId": _PRODUCT,
            "item": _ITEM,
            "cantidad": 2,
            "disponible": True,
            "precio_actual": 385.0,
            "precio_cambio": False,
        }
    ],
    "version": 4,
    "fecha_actualizacion": "2026-11-20T14:03:27.512000Z",
}


@route(
    "GET",
    _PATH,
    response=CarritoSalida,
    errors=("carrito_no_encontrado", "cliente_no_encontrado"),
    summary="Leer el carrito",
    example=_SHOWN,
)
async def read_cart(call: Call) -> Reply:
    """Show the cart; 404 until it was first written."""
    cart = await service.read(call.db, call.path_uuid("cliente_id"))
    return Reply(CarritoSalida(*cart_fields(cart, call.runtime.settings.url)), headers=etag(cart.version))


@route(
    "PUT",
    _PATH,
    body=CarritoEntrada,
    response=CarritoGuardado,
    errors=("carrito_invalido", "carrito_desactualizado", "cliente_no_encontrado"),
    summary="Guardar el carrito entero; con If-Match, solo si nadie lo cambió",
    body_example={"items": [{"itemId": _PRODUCT, "cantidad": 2}]},
    example={**_SHOWN, "message": EXITOS["carrito_guardado"]},
)
async def write_cart(call: Call, body: CarritoEntrada) -> Reply:
    """Replace all lines, keeping the snapshot of products that were there."""
    try:
        done = await service.replace(
            call.db, call.actor, call.path_uuid("cliente_id"), body.lines(), version=call.if_match
        )
    except PreconditionFailed as error:
        current = error.data["carrito"]
        raise PreconditionFailed(
            error.code,
            data={"carrito": CarritoSalida(*cart_fields(current, call.runtime.settings.url))},
            headers=etag(current.version),
        ) from error
    return Reply(
        CarritoGuardado(
            *cart_fields(done.carrito, call.runtime.settings.url),
            EXITOS["carrito_guardado"],
            lost_lines(done.perdidas),
        ),
        headers=etag(done.carrito.version),
    )
