"""`/orders/cart/…`: the own cart, and the one that a seller keeps for a client (spec 4, CONTRACT §6)."""

from collections.abc import Awaitable
from typing import Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.pedidos.schemas import CantidadEntrada, CarritoSalida, LineaEntrada, shown, stale
from clientela.carritos import service
from clientela.carritos.model import Carrito, Llave
from clientela.core.errors import PreconditionFailed

_OWN: Final = "/orders/cart/me"
_KEPT: Final = "/orders/cart/client/{cliente_id}"
_ITEM: Final = "/item/{producto_id}"
_PRODUCT: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_ADDED: Final = {"producto_id": _PRODUCT, "cantidad": 2}
_LINE: Final = {
    "producto_id": _PRODUCT,
    "nombre": "Agua 2 L",
    "cantidad": 2,
    "precio_unitario": 9.5,
    "subtotal": 19.0,
    "campania_aplicada_id": None,
    "motivo_descuento": None,
    "disponible": True,
    "precio_actual": 9.5,
    "precio_cambio": False,
}
EXAMPLE: Final = {
    "id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "usuario_id": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "vendedor_id": None,
    "items": [_LINE],
    "total": 19.0,
    "version": 4,
    "updated_at": "2026-11-20T14:03:27.512000Z",
}
_KEPT_SHOWN: Final = {**EXAMPLE, "vendedor_id": "0190a6b2-4444-7d3a-9b5f-2f4c6d8e0a12"}
_EMPTIED: Final = {**EXAMPLE, "items": [], "total": 0.0, "version": 5}
_KEPT_EMPTIED: Final = {**_KEPT_SHOWN, "items": [], "total": 0.0, "version": 5}
_STALE: Final = ("carrito_desactualizado",)
_CLIENT: Final = ("cliente_no_encontrado",)
_ADD_ERRORS: Final = (
    *_STALE, "producto_no_encontrado", "producto_retirado", "carrito_invalido", "campania_no_aplicable",
)  # fmt: skip
_SET_ERRORS: Final = (*_STALE, "linea_no_encontrada", "producto_retirado", "carrito_invalido")


def _kept(call: Call) -> Llave:
    return service.seller_key(call.actor, call.path_uuid("cliente_id"))


async def _answer(asked: Awaitable[Carrito], status: int = 200) -> Reply:
    """Show a cart with its version; a stale write is told the current one."""
    try:
        cart = await asked
    except PreconditionFailed as error:
        raise stale(error) from error
    return Reply(shown(cart), status, etag(cart.version))


@route("GET", _OWN, response=CarritoSalida, summary="Leer el carrito propio", example=EXAMPLE)
async def read_own(call: Call) -> Reply:
    """Show the caller's own cart, made at the first look."""
    return await _answer(service.open_cart(call.db, service.own_key(call.actor)))


@route(
    "POST",
    _OWN,
    body=LineaEntrada,
    response=CarritoSalida,
    status=201,
    errors=_ADD_ERRORS,
    summary="Agregar un producto al carrito propio",
    body_example=_ADDED,
    example=EXAMPLE,
)
async def add_to_own(call: Call, body: LineaEntrada) -> Reply:
    """Add to a line of the caller's own cart."""
    key = service.own_key(call.actor)
    return await _answer(
        service.put_line(call.db, call.actor, key, body.as_change(), version=call.if_match), 201
    )


@route(
    "PATCH",
    _OWN + _ITEM,
    body=CantidadEntrada,
    response=CarritoSalida,
    errors=_SET_ERRORS,
    summary="Fijar la cantidad de un producto del carrito propio",
    body_example={"cantidad": 2},
    example=EXAMPLE,
)
async def set_in_own(call: Call, body: CantidadEntrada) -> Reply:
    """Set the quantity of a line of the caller's own cart."""
    key, change = service.own_key(call.actor), body.as_change(call.path_uuid("producto_id"))
    return await _answer(service.put_line(call.db, call.actor, key, change, version=call.if_match))


@route(
    "DELETE",
    _OWN + _ITEM,
    response=CarritoSalida,
    errors=(*_STALE, "linea_no_encontrada"),
    summary="Quitar un producto del carrito propio",
    example=_EMPTIED,
)
async def remove_from_own(call: Call) -> Reply:
    """Take a product out of the caller's own cart."""
    key, product = service.own_key(call.actor), call.path_uuid("producto_id")
    return await _answer(service.remove(call.db, call.actor, key, product, version=call.if_match))


@route(
    "DELETE",
    _OWN,
    response=CarritoSalida,
    errors=_STALE,
    summary="Vaciar el carrito propio",
    example=_EMPTIED,
)
async def empty_own(call: Call) -> Reply:
    """Empty the caller's own cart."""
    key = service.own_key(call.actor)
    return await _answer(service.remove(call.db, call.actor, key, None, version=call.if_match))


@route(
    "GET",
    _KEPT,
    response=CarritoSalida,
    errors=_CLIENT,
    summary="Leer el carrito del vendedor para un cliente",
    example=_KEPT_SHOWN,
)
async def read_kept(call: Call) -> Reply:
    """Show the cart that the caller keeps for a client, made at the first look."""
    return await _answer(service.open_cart(call.db, _kept(call)))


@route(
    "POST",
    _KEPT,
    body=LineaEntrada,
    response=CarritoSalida,
    status=201,
    errors=(*_CLIENT, *_ADD_ERRORS),
    summary="Agregar un producto al carrito del vendedor para un cliente",
    body_example=_ADDED,
    example=_KEPT_SHOWN,
)
async def add_to_kept(call: Call, body: LineaEntrada) -> Reply:
    """Add to a line of the cart that the caller keeps for a client."""
    key = _kept(call)
    return await _answer(
        service.put_line(call.db, call.actor, key, body.as_change(), version=call.if_match), 201
    )


@route(
    "PATCH",
    _KEPT + _ITEM,
    body=CantidadEntrada,
    response=CarritoSalida,
    errors=(*_CLIENT, *_SET_ERRORS),
    summary="Fijar la cantidad de un producto del carrito del vendedor para un cliente",
    body_example={"cantidad": 2},
    example=_KEPT_SHOWN,
)
async def set_in_kept(call: Call, body: CantidadEntrada) -> Reply:
    """Set the quantity of a line of the cart that the caller keeps for a client."""
    key, change = _kept(call), body.as_change(call.path_uuid("producto_id"))
    return await _answer(service.put_line(call.db, call.actor, key, change, version=call.if_match))


@route(
    "DELETE",
    _KEPT + _ITEM,
    response=CarritoSalida,
    errors=(*_CLIENT, *_STALE, "linea_no_encontrada"),
    summary="Quitar un producto del carrito del vendedor para un cliente",
    example=_KEPT_EMPTIED,
)
async def remove_from_kept(call: Call) -> Reply:
    """Take a product out of the cart that the caller keeps for a client."""
    key, product = _kept(call), call.path_uuid("producto_id")
    return await _answer(service.remove(call.db, call.actor, key, product, version=call.if_match))


@route(
    "DELETE",
    _KEPT,
    response=CarritoSalida,
    errors=(*_CLIENT, *_STALE),
    summary="Vaciar el carrito del vendedor para un cliente",
    example=_KEPT_EMPTIED,
)
async def empty_kept(call: Call) -> Reply:
    """Empty the cart that the caller keeps for a client, and no other."""
    return await _answer(service.remove(call.db, call.actor, _kept(call), None, version=call.if_match))
