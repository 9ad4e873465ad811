"""`/api/v1/usuarios`: the logins of the installation, for administrators (CONTRACT §2)."""

from typing import Final

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.auth import PASSWORD_ERRORS
from clientela.api.v1.schemas_auth import UsuarioCambios, UsuarioEntrada, UsuariosConsulta, UsuariosPagina
from clientela.flows import register_customer
from clientela.identidad import users
from clientela.identidad.model import Rol, Usuario

_NAME_ERRORS: Final = (
    "identificador_requerido",
    "correo_registrado",
    "celular_registrado",
    "usernick_registrado",
)
_SHOWN: Final = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 12,
    "nombre": "Vania Rojas",
    "rol": "vendedor",
    "correo": "vania@example.com",
    "usernick": "vania",
    "celular": "700-00012",
    "activo": True,
    "cliente_id": None,
    "debe_cambiar_contrasenia": False,
    "totp": False,
    "version": 1,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "actualizado_en": "2026-11-20T14:03:27.512000Z",
}


def _one(user: Usuario, status: int = 200) -> Reply:
    return Reply(user, status, headers=etag(user.version))


@route(
    "POST",
    "/api/v1/usuarios",
    body=UsuarioEntrada,
    response=Usuario,
    status=201,
    errors=(*_NAME_ERRORS, *PASSWORD_ERRORS, "servicio_ocupado"),
    summary="Crear un usuario",
    body_example={
        "nombre": "Vania Rojas",
        "rol": "vendedor",
        "correo": "vania@example.com",
        "usernick": "vania",
        "celular": "700-00012",
        "contrasenia": "una frase que recuerdo",
    },
    example=_SHOWN,
)
async def create_user(call: Call, body: UsuarioEntrada) -> Reply:
    """Make a user; a customer is made together with his client record."""
    new = body.as_new()
    make = register_customer.create_customer_user if new.rol == Rol.CLIENTE else users.create_user
    return _one(await make(call.db, call.actor, new), 201)


@route(
    "GET",
    "/api/v1/usuarios",
    query=UsuariosConsulta,
    response=UsuariosPagina,
    summary="Buscar usuarios",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_users(call: Call, query: UsuariosConsulta) -> Reply:
    """List users by number."""
    items, total = await users.list_users(call.db, query.as_filter())
    return Reply(UsuariosPagina(items, total, query.page, query.per_page))


@route(
    "GET",
    "/api/v1/usuarios/{usuario_id}",
    response=Usuario,
    errors=("no_encontrado",),
    summary="Leer un usuario",
    example=_SHOWN,
)
async def read_user(call: Call) -> Reply:
    """Show a user by UUID or number."""
    return _one(await users.get_user(call.db, call.path_id("usuario_id")))


@route(
    "PATCH",
    "/api/v1/usuarios/{usuario_id}",
    body=UsuarioCambios,
    response=Usuario,
    errors=(
        "no_encontrado",
        *_NAME_ERRORS,
        *PASSWORD_ERRORS,
        "rol_cliente",
        "ultimo_admin",
        "totp_propio",
        "desactualizado",
        "servicio_ocupado",
    ),
    summary="Cambiar un usuario; activo=false lo desactiva",
    body_example={"activo": False},
    example={**_SHOWN, "activo": False, "version": 2},
)
async def update_user(call: Call, body: UsuarioCambios) -> Reply:
    """Change some fields, with `If-Match` only if nobody did meanwhile."""
    ref = call.path_id("usuario_id")
    return _one(await users.update_user(call.db, call.actor, ref, body.as_changes(), call.if_match))
