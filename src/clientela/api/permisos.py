"""The permission matrix: one row per route, enforced for every call (CONTRACT §3).

A route without a row does not start. `tests/authz_matrix.yaml` says the same independently, from the contract.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from clientela.core.actor import Actor
from clientela.core.errors import Forbidden
from clientela.core.ids import parse_uuid

CLIENTE = frozenset({"cliente"})
VENDEDOR = frozenset({"vendedor"})
TECNICO = frozenset({"tecnico"})
SOPORTE = frozenset({"soporte"})
ADMIN = frozenset({"admin"})
PERSONAL = VENDEDOR | TECNICO | SOPORTE | ADMIN
TODOS = CLIENTE | PERSONAL

Alcance = Literal["publico", "libre", "cliente_del_path", "servicio", "enlace", "pase"]


class Regla(msgspec.Struct, frozen=True):
    """Who may call a route.

    `alcance`: `publico` needs no token; `libre` the role suffices; `cliente_del_path` the customer's own
    `cliente_id` must be in the path (admins: anybody's); `servicio` the service looks at the object; `enlace` it
    does, and a signed link stands in for the header; `pase` the role suffices, and a pass stands in for the header.
    `area` is the ability that a personal access token needs (`area`, `area:leer` or `area:escribir`). `muro`: allowed
    while the password must be changed.
    """

    roles: frozenset[str]
    area: str
    alcance: Alcance = "servicio"
    muro: bool = False


PUBLICO = Regla(frozenset(), "publico", "publico")

REGLAS: dict[str, Regla] = {
    # Operation
    "GET /": PUBLICO,
    "GET /healthz": PUBLICO,
    "GET /readyz": PUBLICO,
    "GET /metrics": Regla(ADMIN, "operacion", "publico"),
    "GET /openapi.json": PUBLICO,
    "GET /docs": PUBLICO,
    "GET /docs/{archivo}": PUBLICO,
    "GET /restablecer": PUBLICO,
    "GET /restablecer/{archivo}": PUBLICO,
    "GET /visita": PUBLICO,
    "GET /visita/{archivo}": PUBLICO,
    # Identity
    "POST /api/v1/auth/login": PUBLICO,
    "POST /auth/clientes/login": PUBLICO,
    "POST /api/login-client": PUBLICO,
    "POST /api/registrar-cliente": PUBLICO,
    "POST /api/cliente/forgot-password": PUBLICO,
    "POST /api/cliente/reset-password": PUBLICO,
    "POST /api/v1/auth/logout": Regla(TODOS, "sesion", "libre", muro=True),
    "GET /api/v1/auth/yo": Regla(TODOS, "sesion", "libre", muro=True),
    "POST /api/v1/auth/contrasenia": Regla(TODOS, "sesion", "libre", muro=True),
    "GET /api/v1/auth/sesiones": Regla(TODOS, "sesion", "libre"),
    "DELETE /api/v1/auth/sesiones": Regla(TODOS, "sesion", "libre"),
    "DELETE /api/v1/auth/sesiones/{sesion_id}": Regla(TODOS, "sesion", "servicio"),
    "POST /api/v1/auth/totp": Regla(PERSONAL, "sesion", "libre"),
    "DELETE /api/v1/auth/totp": Regla(PERSONAL, "sesion", "libre"),
    "GET /api/v1/usuarios": Regla(ADMIN, "usuarios", "libre"),
    "POST /api/v1/usuarios": Regla(ADMIN, "usuarios", "libre"),
    "GET /api/v1/usuarios/{usuario_id}": Regla(ADMIN, "usuarios", "libre"),
    "PATCH /api/v1/usuarios/{usuario_id}": Regla(ADMIN, "usuarios", "libre"),
    "GET /api/v1/tokens": Regla(ADMIN, "tokens", "libre"),
    "POST /api/v1/tokens": Regla(ADMIN, "tokens", "libre"),
    "DELETE /api/v1/tokens/{token_id}": Regla(ADMIN, "tokens", "libre"),
    "GET /api/v1/auditoria": Regla(ADMIN, "auditoria", "libre"),
    # Catalogue and organisation
    "GET /api/v1/productos": Regla(TODOS, "productos", "libre"),
    "POST /api/v1/productos": Regla(ADMIN, "productos", "libre"),
    "GET /api/v1/productos/{producto_id}": Regla(TODOS, "productos"),
    "PATCH /api/v1/productos/{producto_id}": Regla(ADMIN, "productos", "libre"),
    "POST /api/v1/productos/{producto_id}/imagenes": Regla(ADMIN, "productos", "libre"),
    "GET /api/v1/productos/{producto_id}/imagenes/{imagen}": PUBLICO,
    "DELETE /api/v1/productos/{producto_id}/imagenes/{imagen}": Regla(ADMIN, "productos", "libre"),
    "GET /api/v1/organizacion": Regla(PERSONAL, "organizacion", "libre"),
    "PUT /api/v1/organizacion": Regla(ADMIN, "organizacion", "libre"),
    # Clients: each his own, sellers theirs and nobody's
    "GET /api/clientes/{cliente_id}/imagenes/{campo}": Regla(
        CLIENTE | VENDEDOR | SOPORTE | ADMIN, "clientes", "enlace"
    ),
    # Field service: technicians what is assigned to them, customers their own
    "GET /api/v1/servicios": Regla(PERSONAL, "ordenes", "libre"),
    "POST /api/v1/servicios": Regla(ADMIN, "ordenes", "libre"),
    "GET /api/v1/servicios/{servicio_id}": Regla(PERSONAL, "ordenes", "libre"),
    "PATCH /api/v1/servicios/{servicio_id}": Regla(ADMIN, "ordenes", "libre"),
    "GET /api/v1/ordenes": Regla(CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes", "libre"),
    "POST /api/v1/ordenes": Regla(SOPORTE | ADMIN, "ordenes", "libre"),
    "GET /api/v1/ordenes/{orden_id}": Regla(CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes"),
    "GET /api/v1/ordenes/{orden_id}/garantia": Regla(CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes"),
    "POST /api/v1/ordenes/{orden_id}/asignar": Regla(SOPORTE | ADMIN, "ordenes", "libre"),
    "POST /api/v1/ordenes/{orden_id}/reprogramar": Regla(SOPORTE | ADMIN, "ordenes", "libre"),
    "POST /api/v1/ordenes/{orden_id}/notas": Regla(TECNICO | SOPORTE | ADMIN, "ordenes"),
    "POST /api/v1/ordenes/{orden_id}/iniciar": Regla(TECNICO | ADMIN, "ordenes"),
    "POST /api/v1/ordenes/{orden_id}/finalizar": Regla(TECNICO | ADMIN, "ordenes"),
    "POST /api/v1/ordenes/{orden_id}/cancelar": Regla(TECNICO | SOPORTE | ADMIN, "ordenes"),
    "GET /api/v1/ordenes/{orden_id}/fotos": Regla(CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes"),
    "POST /api/v1/ordenes/{orden_id}/fotos": Regla(TECNICO | SOPORTE | ADMIN, "ordenes"),
    "GET /api/v1/ordenes/{orden_id}/fotos/{foto_id}": Regla(
        CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes", "enlace"
    ),
    "DELETE /api/v1/ordenes/{orden_id}/fotos/{foto_id}": Regla(TECNICO | SOPORTE | ADMIN, "ordenes"),
    "GET /api/v1/tecnicos/{tecnico_id}/agenda": Regla(TECNICO | SOPORTE | ADMIN, "ordenes"),
    "POST /api/orden/{orden_id}/solicitar-garantia": Regla(CLIENTE, "ordenes"),
    "GET /api/garantias/pendientes": Regla(ADMIN, "ordenes", "libre"),
    "GET /api/garantias/pendientes/{page}": Regla(ADMIN, "ordenes", "libre"),
    "PUT /api/garantia/{orden_id}/asignar-tecnico": Regla(ADMIN, "ordenes", "libre"),
    "POST /api/orden/{orden_id}/calificar": Regla(CLIENTE, "ordenes"),
    "GET /api/orden/{orden_id}/calificacion": Regla(CLIENTE | TECNICO | ADMIN, "ordenes"),
    "GET /api/calificaciones-tecnico/{tecnico_id}": Regla(ADMIN, "ordenes", "libre"),
    "PUT /api/orden/{orden_id}/mantenimiento-config": Regla(TECNICO | ADMIN, "ordenes"),
    "GET /api/mantenimientos-cliente/{cliente_id}": Regla(CLIENTE | ADMIN, "ordenes"),
    "GET /api/dashboard/overview": Regla(ADMIN, "ordenes", "libre"),
    # Chat: customers their own sessions; support and administrators any, and they alone answer
    "GET /api/chat/session/active": Regla(CLIENTE, "chat", "libre"),
    "POST /api/chat/session": Regla(CLIENTE, "chat", "libre"),
    "GET /api/chat/session/{chat_id}/messages": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "POST /api/chat/message": Regla(CLIENTE, "chat"),
    "PATCH /api/chat/session/{chat_id}/close": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "PATCH /api/chat/session/{chat_id}/mark-read": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "GET /api/v1/chat/bandeja": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "GET /api/v1/chat/sesiones": Regla(CLIENTE | SOPORTE | ADMIN, "chat", "libre"),
    "GET /api/v1/chat/sesiones/{chat_id}": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "DELETE /api/v1/chat/sesiones/{chat_id}": Regla(ADMIN, "chat", "libre"),
    "POST /api/v1/chat/sesiones/{chat_id}/mensajes": Regla(SOPORTE | ADMIN, "chat"),
    "GET /api/v1/visitas": Regla(CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes", "libre"),
    "GET /api/v1/visitas/{visita_id}": Regla(CLIENTE | TECNICO | SOPORTE | ADMIN, "ordenes"),
    # A signed link says which visit, and is all that is asked for.
    "POST /api/v1/visitas/enlace": PUBLICO,
    "POST /api/v1/visitas/enlace/confirmar": PUBLICO,
    "POST /api/v1/visitas/enlace/mover": PUBLICO,
    "POST /api/v1/visitas/{visita_id}/posponer": Regla(SOPORTE | ADMIN, "ordenes", "libre"),
    "POST /api/v1/visitas/{visita_id}/orden": Regla(SOPORTE | ADMIN, "ordenes", "libre"),
    "POST /api/v1/visitas/{visita_id}/hecha": Regla(TECNICO | SOPORTE | ADMIN, "ordenes"),
    "POST /api/v1/chat/sesiones/{chat_id}/asignar": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "POST /api/v1/chat/sesiones/{chat_id}/calificar": Regla(CLIENTE, "chat"),
    "GET /api/v1/chat/sesiones/{chat_id}/notas": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "POST /api/v1/chat/sesiones/{chat_id}/notas": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "GET /api/v1/chat/metricas": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "GET /api/v1/chat/presencia": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "PUT /api/v1/chat/presencia": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "GET /api/v1/chat/respuestas": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "POST /api/v1/chat/respuestas": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "PATCH /api/v1/chat/respuestas/{respuesta_id}": Regla(SOPORTE | ADMIN, "chat", "libre"),
    "DELETE /api/v1/chat/respuestas/{respuesta_id}": Regla(SOPORTE | ADMIN, "chat", "libre"),
    # Persons: duplicates, privacy
    "GET /api/v1/clientes/duplicados": Regla(ADMIN, "clientes", "libre"),
    "POST /api/v1/clientes/{cliente_id}/fusionar": Regla(ADMIN, "clientes"),
    "GET /api/v1/clientes/{cliente_id}/exportacion": Regla(CLIENTE | ADMIN, "clientes"),
    "POST /api/v1/clientes/{cliente_id}/anonimizar": Regla(ADMIN, "clientes"),
    # Sheets
    "POST /api/v1/importaciones": Regla(ADMIN, "importaciones", "libre"),
    "GET /api/v1/exportaciones/{hoja}": Regla(ADMIN, "exportaciones", "libre"),
    # Panel: customers, each in his own; administrators in anybody's
    "GET /clientes/{cliente_id}/carrito": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "PUT /clientes/{cliente_id}/carrito": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "GET /clientes/{cliente_id}/borradores": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "PUT /clientes/{cliente_id}/borradores/{tipo}": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "DELETE /clientes/{cliente_id}/borradores/{tipo}": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "GET /clientes/{cliente_id}/preferencias": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "PUT /clientes/{cliente_id}/preferencias": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "POST /clientes/{cliente_id}/auto-guardar": Regla(CLIENTE | ADMIN, "panel", "cliente_del_path"),
    "POST /reclamos": Regla(CLIENTE | ADMIN, "panel", "libre"),
    "POST /soporte": Regla(CLIENTE | ADMIN, "panel", "libre"),
    # Clients
    "GET /api/clientes": Regla(VENDEDOR | SOPORTE | ADMIN, "clientes", "libre"),
    "POST /api/clientes": Regla(VENDEDOR | ADMIN, "clientes", "libre"),
    "GET /api/clientes/{cliente_id}": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "clientes"),
    "PUT /api/clientes/{cliente_id}": Regla(VENDEDOR | ADMIN, "clientes"),
    "POST /api/clientes/{cliente_id}": Regla(VENDEDOR | ADMIN, "clientes"),
    "GET /api/v1/localidades": Regla(PERSONAL, "clientes", "libre"),
    "POST /api/v1/localidades": Regla(ADMIN, "clientes", "libre"),
    "PATCH /api/v1/localidades/{localidad_id}": Regla(ADMIN, "clientes", "libre"),
    "GET /api/v1/categorias-cliente": Regla(PERSONAL, "clientes", "libre"),
    "POST /api/v1/categorias-cliente": Regla(ADMIN, "clientes", "libre"),
    "PATCH /api/v1/categorias-cliente/{categoria_id}": Regla(ADMIN, "clientes", "libre"),
    "POST /api/v1/clientes/asignar": Regla(ADMIN, "clientes", "libre"),
    "POST /api/v1/clientes/traspasar": Regla(ADMIN, "clientes", "libre"),
    "GET /api/v1/clientes/{cliente_id}/direcciones": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "clientes"),
    "POST /api/v1/clientes/{cliente_id}/direcciones": Regla(VENDEDOR | ADMIN, "clientes"),
    "PATCH /api/v1/clientes/{cliente_id}/direcciones/{direccion_id}": Regla(VENDEDOR | ADMIN, "clientes"),
    "DELETE /api/v1/clientes/{cliente_id}/direcciones/{direccion_id}": Regla(VENDEDOR | ADMIN, "clientes"),
    "GET /api/v1/clientes/{cliente_id}/linea-de-tiempo": Regla(
        CLIENTE | VENDEDOR | SOPORTE | ADMIN, "clientes"
    ),
    # The ledger: customers their own, sellers their clients' and nobody's; only administrators correct it
    "GET /api/v1/cuentas-por-cobrar": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza", "libre"),
    "POST /api/v1/cuentas-por-cobrar": Regla(ADMIN, "cobranza", "libre"),
    "GET /api/v1/cuentas-por-cobrar/{cuenta_id}": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza"),
    "POST /api/v1/cuentas-por-cobrar/{cuenta_id}/anular": Regla(ADMIN, "cobranza", "libre"),
    "GET /api/v1/pagos": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza", "libre"),
    "POST /api/v1/pagos": Regla(VENDEDOR | ADMIN, "cobranza"),
    "GET /api/v1/pagos/{pago_id}": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza"),
    "POST /api/v1/pagos/{pago_id}/anular": Regla(ADMIN, "cobranza", "libre"),
    "GET /api/v1/facturas": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza", "libre"),
    "GET /api/v1/facturas/{factura_id}": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza"),
    "GET /api/v1/facturas/{factura_id}/pdf": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza"),
    "GET /api/v1/clientes/{cliente_id}/facturas": Regla(CLIENTE | VENDEDOR | SOPORTE | ADMIN, "cobranza"),
    # Orders contract: an own cart for each, and the carts that staff keep for clients
    "GET /orders/cart/me": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "POST /orders/cart/me": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "PATCH /orders/cart/me/item/{producto_id}": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "DELETE /orders/cart/me/item/{producto_id}": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "DELETE /orders/cart/me": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "GET /orders/cart/client/{cliente_id}": Regla(VENDEDOR | ADMIN, "pedidos"),
    "POST /orders/cart/client/{cliente_id}": Regla(VENDEDOR | ADMIN, "pedidos"),
    "PATCH /orders/cart/client/{cliente_id}/item/{producto_id}": Regla(VENDEDOR | ADMIN, "pedidos"),
    "DELETE /orders/cart/client/{cliente_id}/item/{producto_id}": Regla(VENDEDOR | ADMIN, "pedidos"),
    "DELETE /orders/cart/client/{cliente_id}": Regla(VENDEDOR | ADMIN, "pedidos"),
    "POST /orders/from-cart/me": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "POST /orders/from-cart/client/{cliente_id}": Regla(VENDEDOR | ADMIN, "pedidos"),
    "GET /orders/me": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "GET /orders": Regla(VENDEDOR | ADMIN, "pedidos"),
    "GET /orders/{pedido_id}": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos"),
    "PATCH /orders/{pedido_id}/estado": Regla(VENDEDOR | ADMIN, "pedidos"),
    "POST /orders/{pedido_id}/cancelar": Regla(CLIENTE, "pedidos"),
    "POST /orders/{pedido_id}/repetir": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos"),
    "POST /api/v1/carritos/{carrito_id}/proponer": Regla(VENDEDOR | ADMIN, "pedidos"),
    "POST /api/v1/carritos/{carrito_id}/recuperar": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos"),
    "GET /api/v1/propuestas": Regla(CLIENTE | VENDEDOR | ADMIN, "pedidos", "libre"),
    "POST /api/v1/propuestas/{propuesta_id}/aceptar": Regla(CLIENTE, "pedidos"),
    "POST /api/v1/propuestas/{propuesta_id}/rechazar": Regla(CLIENTE, "pedidos"),
    "GET /internal/clients/{cliente_id}": Regla(ADMIN, "internal", "libre"),
    "GET /api/v1/campanias": Regla(TODOS, "productos", "libre"),
    "POST /api/v1/campanias": Regla(ADMIN, "productos", "libre"),
    "GET /api/v1/campanias/{campania_id}": Regla(TODOS, "productos", "libre"),
    "PATCH /api/v1/campanias/{campania_id}": Regla(ADMIN, "productos", "libre"),
    # Deliveries: the vehicles are the organisation's
    "GET /api/v1/vehiculos": Regla(PERSONAL, "entregas", "libre"),
    "POST /api/v1/vehiculos": Regla(ADMIN, "entregas", "libre"),
    "GET /api/v1/vehiculos/{vehiculo_id}": Regla(PERSONAL, "entregas", "libre"),
    "PATCH /api/v1/vehiculos/{vehiculo_id}": Regla(ADMIN, "entregas", "libre"),
    "GET /api/v1/entregas": Regla(VENDEDOR | ADMIN, "entregas"),
    # Devices that listen
    "GET /api/chat/events": Regla(TODOS, "chat", "pase"),
    "POST /api/v1/chat/ticket": Regla(TODOS, "chat", "libre"),
    # Tickets
    "GET /api/v1/tickets": Regla(CLIENTE | SOPORTE | ADMIN, "tickets", "libre"),
    "GET /api/v1/tickets/{ticket_id}": Regla(CLIENTE | SOPORTE | ADMIN, "tickets"),
}

MARCOS: dict[str, Regla] = {
    # What a socket may do, and what may be said over it: everybody listens to his own streams.
    "WS /api/chat/ws": Regla(TODOS, "chat", "libre"),
    "WS message.send": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "WS messages.read": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "WS typing": Regla(CLIENTE | SOPORTE | ADMIN, "chat"),
    "WS pong": Regla(TODOS, "chat", "libre"),
}


def areas() -> frozenset[str]:
    """Return the areas that an ability may name: those of all rows that ask for a role."""
    return frozenset(rule.area for rule in REGLAS.values() if rule.roles)


def verb_of(method: str) -> str:
    """Return which half of an area a method belongs to: `leer` or `escribir`."""
    return "leer" if method in {"GET", "HEAD"} else "escribir"


def check(rule: Regla, actor: Actor, method: str, path: Mapping[str, str]) -> None:
    """Refuse with 403 whoever the row does not let in."""
    if actor.debe_cambiar and not rule.muro:
        raise Forbidden("debe_cambiar_contrasenia")
    if actor.rol not in rule.roles:
        raise Forbidden
    if actor.habilidades is not None:
        _check_ability(rule, actor.habilidades, method)
    if rule.alcance == "cliente_del_path" and not actor.es_admin:
        asked = parse_uuid(path["cliente_id"])
        if asked is None or asked != actor.cliente_id:
            raise Forbidden


def _check_ability(rule: Regla, abilities: frozenset[str], method: str) -> None:
    if abilities.isdisjoint({"*", rule.area, f"{rule.area}:{verb_of(method)}"}):
        raise Forbidden("habilidad_insuficiente")
