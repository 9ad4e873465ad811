"""`/api/v1/auth`: logins of everybody, sessions, the own password (CONTRACT §2)."""

from typing import Final

from clientela.api.body import Pagina
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_auth import (
    AccesoSalida,
    ContraseniaEntrada,
    LoginEntrada,
    SesionesPagina,
    Terminadas,
    TotpEntrada,
    TotpEstado,
    TotpPendiente,
    TotpRetiro,
    Yo,
)
from clientela.identidad import recovery, second_factor, service, sessions
from clientela.identidad.model import Origen
from clientela.organizacion import service as organizacion

LOGIN_ERRORS: Final = (
    "credenciales_invalidas",
    "totp_requerido",
    "totp_invalido",
    "demasiados_intentos",
    "servicio_ocupado",
)
PASSWORD_ERRORS: Final = (
    "contrasenia_corta",
    "contrasenia_larga",
    "contrasenia_comun",
    "contrasenia_personal",
)
_TOKEN: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkwYTZiMiJ9.c2lnbmF0dXJl"  # noqa: S105
_USER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_CLIENT: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a13"
_ACCESS: Final = {
    "token": _TOKEN,
    "access_token": _TOKEN,
    "token_type": "Bearer",
    "expires_in": 2592000,
    "usuario_id": _USER,
    "cliente_id": _CLIENT,
    "rol": "cliente",
    "debe_cambiar_contrasenia": False,
}


def origin_of(call: Call) -> Origen:
    """Say where a request came from."""
    return Origen(call.ip, call.user_agent)


@route(
    "POST",
    "/api/v1/auth/login",
    body=LoginEntrada,
    response=AccesoSalida,
    errors=LOGIN_ERRORS,
    summary="Iniciar sesión",
    body_example={"identificador": "cliente@example.com", "contrasenia": "clientela-demo"},
    example=_ACCESS,
    secret=True,
)
async def login(call: Call, body: LoginEntrada) -> Reply:
    """Log anybody in by correo, celular (any spelling) or usernick; staff with a second factor by its code too."""
    access = await service.login(
        call.db, body.identificador, body.contrasenia, origin_of(call), codigo_totp=body.codigo_totp
    )
    return Reply(AccesoSalida.of(access))


@route(
    "POST",
    "/api/v1/auth/logout",
    response=Terminadas,
    errors=("requiere_sesion",),
    summary="Cerrar la sesión",
    example={"sesiones_terminadas": 1},
)
async def logout(call: Call) -> Reply:
    """End the session that asks; its token is worthless at once."""
    return Reply(Terminadas(await sessions.logout(call.db, call.actor)))


@route(
    "GET",
    "/api/v1/auth/yo",
    response=Yo,
    summary="Quién soy",
    example={
        "usuario_id": _USER,
        "numero": 7,
        "cliente_id": _CLIENT,
        "tipo": "cliente",
        "rol": "cliente",
        "nombre": "Juan Pérez",
        "correo": "juan@example.com",
        "debe_cambiar_contrasenia": False,
    },
)
async def who_am_i(call: Call) -> Reply:
    """Say who is calling."""
    return Reply(Yo.of(call.actor))


@route(
    "GET",
    "/api/v1/auth/sesiones",
    query=Pagina,
    response=SesionesPagina,
    summary="Mis sesiones abiertas",
    example={
        "items": [
            {
                "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a14",
                "ip": "190.129.10.20",
                "agente": "Mozilla/5.0 (Android 15)",
                "creada_en": "2026-11-20T14:03:27Z",
                "expira_en": "2026-12-20T14:03:27Z",
                "actual": True,
            }
        ],
        "total": 1,
        "page": 1,
        "per_page": 20,
    },
)
async def list_sessions(call: Call, query: Pagina) -> Reply:
    """List the caller's living sessions, newest first."""
    items, total = await sessions.list_own(call.db, call.actor, query.per_page, query.offset)
    return Reply(SesionesPagina(items, total, query.page, query.per_page))


@route(
    "DELETE",
    "/api/v1/auth/sesiones",
    response=Terminadas,
    errors=("requiere_sesion",),
    summary="Cerrar todas mis sesiones, también esta",
    example={"sesiones_terminadas": 3},
)
async def end_all_sessions(call: Call) -> Reply:
    """Log out everywhere."""
    return Reply(Terminadas(await sessions.end_all_own(call.db, call.actor)))


@route(
    "DELETE",
    "/api/v1/auth/sesiones/{sesion_id}",
    response=Terminadas,
    errors=("requiere_sesion", "no_encontrado"),
    summary="Cerrar una de mis sesiones",
    example={"sesiones_terminadas": 1},
)
async def end_session(call: Call) -> Reply:
    """End one of the caller's own sessions; another's is 404."""
    await sessions.end_own(call.db, call.actor, call.path_uuid("sesion_id"))
    return Reply(Terminadas(1))


@route(
    "POST",
    "/api/v1/auth/contrasenia",
    body=ContraseniaEntrada,
    response=AccesoSalida,
    errors=(
        *PASSWORD_ERRORS,
        "contrasenia_actual",
        "contrasenia_repetida",
        "requiere_sesion",
        "demasiados_intentos",
        "servicio_ocupado",
        "conflicto_simultaneo",
    ),
    summary="Cambiar mi contraseña",
    body_example={"actual": "70000001", "nueva": "una frase que recuerdo"},
    example=_ACCESS,
    secret=True,
)
async def change_password(call: Call, body: ContraseniaEntrada) -> Reply:
    """Replace the caller's password: every session of his ends, and he gets a fresh one."""
    access = await recovery.change_password(call.db, call.actor, body.actual, body.nueva, origin_of(call))
    return Reply(AccesoSalida.of(access))


@route(
    "POST",
    "/api/v1/auth/totp",
    body=TotpEntrada,
    body_optional=True,
    response=TotpPendiente,
    status=201,
    also=(200, TotpEstado),
    errors=("totp_activo", "totp_sin_pendiente", "codigo_incorrecto", "requiere_sesion"),
    summary="Activar mi segundo factor: sin codigo da el secreto (201), con el primer codigo lo activa (200)",
    body_example={"codigo": "492039"},
    example={
        "secreto": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "uri": "otpauth://totp/Mi%20empresa:vania%40example.com"
        "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Mi%20empresa",
    },
)
async def turn_totp_on(call: Call, body: TotpEntrada | None) -> Reply:
    """Give a secret for an authenticator application, or turn the second factor on with its first code."""
    if body is None or "codigo" not in body.model_fields_set:
        pending = await second_factor.begin(call.db, call.actor, await organizacion.nombre(call.db))
        return Reply(TotpPendiente(pending.secreto, pending.uri), 201)
    await second_factor.confirm(call.db, call.actor, body.codigo)
    return Reply(TotpEstado(activo=True))


@route(
    "DELETE",
    "/api/v1/auth/totp",
    body=TotpRetiro,
    response=TotpEstado,
    errors=(
        "contrasenia_actual",
        "codigo_incorrecto",
        "requiere_sesion",
        "demasiados_intentos",
        "servicio_ocupado",
    ),
    summary="Retirar mi segundo factor, con la contraseña o con un código",
    body_example={"codigo": "492039"},
    example={"activo": False},
    secret=True,
)
async def turn_totp_off(call: Call, body: TotpRetiro) -> Reply:
    """Turn the caller's second factor off; without one there is nothing to do."""
    await second_factor.remove(
        call.db, call.actor, origin_of(call), contrasenia=body.contrasenia, codigo=body.codigo
    )
    return Reply(TotpEstado(activo=False))
