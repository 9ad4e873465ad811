"""`/orders/…`: orders made of carts, and what becomes of them (spec 4, CONTRACT §7)."""

from typing import Final
from zoneinfo import ZoneInfo

from msgspec import structs

from clientela.api.call import Call, Reply, etag, route
from clientela.api.pedidos.carritos import EXAMPLE as CART_EXAMPLE
from clientela.api.pedidos.schemas import shown, stale
from clientela.api.pedidos.schemas_pedidos import (
    CancelacionEntrada,
    CarritoRepetido,
    EstadoEntrada,
    OmitidoSalida,
    PedidoConHistorial,
    PedidoEntrada,
    PedidoSalida,
    PedidosConsulta,
    PedidosPagina,
    PedidosPropiosConsulta,
    fields,
)
from clientela.carritos import service as carritos
from clientela.carritos.model import Llave
from clientela.core.errors import PreconditionFailed
from clientela.flows import deliver_order, place_order, repeat_order
from clientela.organizacion import service as organizacion
from clientela.pedidos import service
from clientela.pedidos.model import Estado, Pagina, Pedido

_ORDERED: Final = {
    "condicion_pago": "CONTADO",
    "fecha_entrega_solicitada": "2026-11-23T14:00:00Z",
    "observaciones_entrega": "Tocar el timbre",
    "ubicacion": {"lat": -17.7833, "lng": -63.1821},
}
_SHOWN: Final = {
    "id": "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 1042,
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "vendedor_id": None,
    "creado_por": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "condicion_pago": "CONTADO",
    "sucursal_id": None,
    "fecha_entrega_solicitada": "2026-11-23T14:00:00Z",
    "fecha_entrega_requerida": None,
    "hora_entrega_requerida": None,
    "fuera_de_ventana": False,
    "observaciones_entrega": "Tocar el timbre",
    "ubicacion": {"lat": -17.7833, "lng": -63.1821},
    "estado": "PENDIENTE",
    "items": [
        {
            "producto_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
            "nombre": "Agua 2 L",
            "cantidad": 2,
            "precio_unitario": 9.5,
            "subtotal": 19.0,
            "campania_aplicada_id": None,
            "motivo_descuento": None,
        }
    ],
    "total": 19.0,
    "version": 1,
    "created_at": "2026-11-20T14:03:27.512000Z",
}
_GONE: Final = "0190a6b2-7777-7d3a-9b5f-2f4c6d8e0a12"
_HISTORY: Final = {
    "historial": [
        {
            "estado": "PENDIENTE",
            "nota": None,
            "actor_id": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
            "creado_en": "2026-11-20T14:03:27.512000Z",
        }
    ]
}
_PAGE: Final = {"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20}
_ERRORS: Final = (
    "carrito_vacio", "sin_cliente", "sucursal_no_encontrada", "pedido_con_cambios", "credito_insuficiente",
    "cliente_inactivo", "carrito_desactualizado",
)  # fmt: skip


async def _zone(call: Call) -> ZoneInfo:
    return await organizacion.zona(call.db)


async def _place(call: Call, key: Llave, body: PedidoEntrada) -> Reply:
    zone = await _zone(call) if body.has_local_instant else ZoneInfo("UTC")
    try:
        order = await place_order.place(
            call.db,
            call.actor,
            key,
            body.as_wish(zone),
            accept_changes=body.aceptar_cambios is True,
            version=call.if_match,
        )
    except PreconditionFailed as error:
        raise stale(error) from error
    return _shown(order, 201)


def _shown(order: Pedido, status: int = 200) -> Reply:
    return Reply(PedidoSalida(**fields(order)), status, etag(order.version))


@route(
    "POST",
    "/orders/from-cart/me",
    body=PedidoEntrada,
    body_optional=True,
    response=PedidoSalida,
    status=201,
    errors=_ERRORS,
    summary="Hacer un pedido del carrito propio",
    body_example=_ORDERED,
    example=_SHOWN,
)
async def order_own(call: Call, body: PedidoEntrada | None) -> Reply:
    """Order what is in the caller's own cart, once, and empty it."""
    return await _place(call, carritos.own_key(call.actor), body or PedidoEntrada())


@route(
    "POST",
    "/orders/from-cart/client/{cliente_id}",
    body=PedidoEntrada,
    body_optional=True,
    response=PedidoSalida,
    status=201,
    errors=("cliente_no_encontrado", *_ERRORS),
    summary="Hacer un pedido del carrito del vendedor para un cliente",
    body_example=_ORDERED,
    example=_SHOWN,
)
async def order_kept(call: Call, body: PedidoEntrada | None) -> Reply:
    """Order what is in the cart that the caller keeps for a client, once, and empty that cart only."""
    key = carritos.seller_key(call.actor, call.path_uuid("cliente_id"))
    return await _place(call, key, body or PedidoEntrada())


def _page(found: Pagina, query: PedidosPropiosConsulta) -> Reply:
    orders = [PedidoSalida(**fields(order)) for order in found.items]
    return Reply(PedidosPagina(orders, found.total, query.page, query.per_page))


@route(
    "GET",
    "/orders/me",
    query=PedidosPropiosConsulta,
    response=PedidosPagina,
    summary="Listar los pedidos propios",
    example=_PAGE,
)
async def list_own(call: Call, query: PedidosPropiosConsulta) -> Reply:
    """List a customer's orders, or those that a member of staff sold."""
    wanted = query.as_filter(await _zone(call))
    return _page(await service.list_own(call.db, call.actor, wanted), query)


@route(
    "GET",
    "/orders",
    query=PedidosConsulta,
    response=PedidosPagina,
    summary="Listar pedidos",
    example=_PAGE,
)
async def list_all(call: Call, query: PedidosConsulta) -> Reply:
    """List the orders that a member of staff may see: a seller his own and his clients', administrators all."""
    wanted = query.as_filter(await _zone(call))
    return _page(await service.list_all(call.db, call.actor, wanted), query)


@route(
    "GET",
    "/orders/{pedido_id}",
    response=PedidoConHistorial,
    errors=("pedido_no_encontrado",),
    summary="Leer un pedido",
    example={**_SHOWN, **_HISTORY},
)
async def read_order(call: Call) -> Reply:
    """Show an order with its history to those whom it concerns."""
    order = await service.get(call.db, call.actor, call.path_uuid("pedido_id"))
    history = await service.history(call.db, order.id)
    return Reply(PedidoConHistorial(**fields(order), historial=history), headers=etag(order.version))


@route(
    "PATCH",
    "/orders/{pedido_id}/estado",
    body=EstadoEntrada,
    response=PedidoSalida,
    errors=("pedido_no_encontrado", "transicion_invalida", "desactualizado"),
    summary="Cambiar el estado de un pedido",
    body_example={"estado": "CONFIRMADO"},
    example={**_SHOWN, "estado": "CONFIRMADO", "version": 2},
)
async def change_state(call: Call, body: EstadoEntrada) -> Reply:
    """Take an order one step on, or cancel it; delivered on credit, it has an invoice and is owed."""
    order = await deliver_order.change_state(
        call.db,
        call.actor,
        call.path_uuid("pedido_id"),
        Estado(body.estado),
        body.nota,
        version=call.if_match,
    )
    return _shown(order)


@route(
    "POST",
    "/orders/{pedido_id}/cancelar",
    body=CancelacionEntrada,
    body_optional=True,
    response=PedidoSalida,
    errors=("pedido_no_encontrado", "transicion_invalida", "desactualizado"),
    summary="Cancelar un pedido propio que nadie confirmó todavía",
    body_example={"nota": "Me equivoqué de producto"},
    example={**_SHOWN, "estado": "CANCELADO", "version": 2},
)
async def cancel_order(call: Call, body: CancelacionEntrada | None) -> Reply:
    """Cancel the customer's own order while it is PENDIENTE."""
    nota = body.nota if body else None
    order = await service.cancel(
        call.db, call.actor, call.path_uuid("pedido_id"), nota, version=call.if_match
    )
    return _shown(order)


@route(
    "POST",
    "/orders/{pedido_id}/repetir",
    response=CarritoRepetido,
    errors=("pedido_no_encontrado", "carrito_desactualizado"),
    summary="Volver a poner en el carrito lo que tuvo un pedido",
    example={
        **CART_EXAMPLE,
        "omitidos": [{"producto_id": _GONE, "nombre": "Agua 5 L"}],
    },
)
async def repeat_order_into_cart(call: Call) -> Reply:
    """Add what an order held to the caller's own cart, or to the one that he keeps for its client."""
    try:
        done = await repeat_order.repeat(
            call.db, call.actor, call.path_uuid("pedido_id"), version=call.if_match
        )
    except PreconditionFailed as error:
        raise stale(error) from error
    missing = [OmitidoSalida(each.producto_id, each.nombre) for each in done.omitidos]
    answer = CarritoRepetido(**structs.asdict(shown(done.carrito)), omitidos=missing)
    return Reply(answer, headers=etag(done.carrito.version))
