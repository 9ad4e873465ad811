"""Accounts of customers in dialect E (spec 5 §1–4): registration, login, forgotten password."""

from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.castella.schemas import (
    LoginEntrada,
    LoginSalida,
    Mensaje,
    OlvidoEntrada,
    RegistroEntrada,
    RestablecerEntrada,
    TokenSalida,
)
from clientela.flows import login_customer, register_customer
from clientela.identidad import recovery, service
from clientela.identidad.model import Origen

_PASSWORD_ERRORS: Final = (
    "contrasenia_corta",
    "contrasenia_larga",
    "contrasenia_comun",
    "contrasenia_personal",
)
_TOKEN: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkwYTZiMiJ9.c2lnbmF0dXJl"  # noqa: S105
_ASKED: Final = "Si el correo existe, se enviará un enlace de recuperación"
_DONE: Final = "Contraseña actualizada exitosamente"


@route(
    "POST",
    "/api/registrar-cliente",
    body=RegistroEntrada,
    response=TokenSalida,
    status=201,
    missing_code="registro_incompleto",
    errors=(
        *_PASSWORD_ERRORS,
        "correo_registrado",
        "celular_registrado",
        "verificacion_requerida",
        "verificacion_sin_correo",
        "verificacion_invalida",
        "conflicto_simultaneo",
        "servicio_ocupado",
        "demasiados_intentos",
    ),
    summary="Registrar un cliente",
    body_example={
        "nombre": "Juan Pérez",
        "celular": "7555-1234",
        "correo": "juan@example.com",
        "contrasenia": "securePassword123",
        "direccion": "Calle Principal 123, San Salvador",
    },
    example={"token": _TOKEN},
    secret=True,
)
async def register(call: Call, body: RegistroEntrada) -> Reply:
    """Register a customer and log him in (spec 5 §1).

    Who names the phone or e-mail of a record that staff made gets 409 `verificacion_requerida` and, by mail to that
    record's e-mail, a code: the same request with `codigo` gives him that record. A record without e-mail: 409
    `verificacion_sin_correo`, and staff give him the login (`PUT /api/clientes/{id}` with `crear_usuario: true`).
    """
    access = await register_customer.register_customer(
        call.db, body.as_form(), Origen(call.ip, call.user_agent)
    )
    return Reply(TokenSalida(access.token), 201)


@route(
    "POST",
    "/api/login-client",
    body=LoginEntrada,
    response=LoginSalida,
    missing_code="credenciales_incompletas",
    errors=("credenciales_invalidas", "debe_cambiar_contrasenia", "demasiados_intentos", "servicio_ocupado"),
    summary="Iniciar sesión como cliente",
    body_example={"correo": "juan@example.com", "contrasenia": "securePassword123", "gethash": True},
    example={"token": _TOKEN},
    secret=True,
)
async def login(call: Call, body: LoginEntrada) -> Reply:
    """Give a token, or show the customer without opening a session (spec 5 §2).

    Who must change his password first gets a token, which opens nothing else, and is not shown (403).
    """
    origin = Origen(call.ip, call.user_agent)
    if body.gethash:
        access = await service.login(call.db, body.correo, body.contrasenia, origin, customers_only=True)
        return Reply(TokenSalida(access.token))
    found = await login_customer.show_customer(call.db, body.correo, body.contrasenia, origin)
    return Reply(LoginSalida.of(found))


@route(
    "POST",
    "/api/cliente/forgot-password",
    body=OlvidoEntrada,
    response=Mensaje,
    missing_code="correo_requerido",
    summary="Pedir un enlace para restablecer la contraseña",
    body_example={"correo": "juan@example.com"},
    example={"mensaje": _ASKED},
    secret=True,
)
async def forgot_password(call: Call, body: OlvidoEntrada) -> Reply:
    """Answer the same whether or not there is such an account (spec 5 §3); staff use it too."""
    await recovery.request_reset(call.db, body.correo)
    return Reply(Mensaje(_ASKED))


@route(
    "POST",
    "/api/cliente/reset-password",
    body=RestablecerEntrada,
    response=Mensaje,
    missing_code="restablecimiento_incompleto",
    errors=(*_PASSWORD_ERRORS, "restablecimiento_invalido", "servicio_ocupado"),
    summary="Restablecer la contraseña con el enlace recibido",
    body_example={"token": "reset-token-from-email", "nuevaContrasenia": "newSecurePassword123"},
    example={"mensaje": _DONE},
    secret=True,
)
async def reset_password(call: Call, body: RestablecerEntrada) -> Reply:
    """Set a new password, once, with the token of the link (spec 5 §4)."""
    await recovery.reset_password(call.db, body.token, body.nuevaContrasenia, "nuevaContrasenia")
    return Reply(Mensaje(_DONE))
