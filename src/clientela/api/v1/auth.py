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
    Yo,
)
from clientela.identidad import recovery, service, sessions
from clientela.identidad.model import Origen

LOGIN_ERRORS: Final = ("credenciales_invalidas", "demasiados_intentos", "servicio_ocupado")
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
    """Log anybody in by correo, celular (any spelling) or usernick."""
    access = await service.login(call.db, body.identificador, body.contrasenia, origin_of(call))
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
