"""The panel's login (spec 1 §9, CONTRACT §2); a GET there is 405."""

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from clientela.api.body import Entrada, NoVacio
from clientela.api.call import Call, Reply, route
from clientela.core.errors import Unauthenticated
from clientela.identidad import service
from clientela.identidad.model import Origen

Nombre = Annotated[str, StringConstraints(max_length=320), NoVacio]


def _some_name(value: str | None, info: ValidationInfo) -> str | None:
    # An `identificador` that does not pass is not among the data, and is complained of itself.
    if value is None and info.data.get("identificador", "") is None:
        raise PydanticCustomError("missing", "")
    return value


class LoginEntrada(Entrada):
    """A customer's login: `identificador` (correo, celular or usernick), or `correo` for the same."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": "string"}}}
                for name in ("identificador", "correo")
            ]
        }
    )

    identificador: Nombre | None = None
    correo: Annotated[Nombre | None, AfterValidator(_some_name)] = Field(default=None, validate_default=True)
    contrasenia: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class LoginSalida(msgspec.Struct):
    """Whose panel it is, and the token that opens it."""

    cliente_id: UUID
    access_token: str


@route(
    "POST",
    "/auth/clientes/login",
    body=LoginEntrada,
    response=LoginSalida,
    errors=("credenciales_invalidas", "demasiados_intentos", "servicio_ocupado"),
    summary="Iniciar sesión en el panel",
    body_example={"correo": "cliente@example.com", "contrasenia": "clientela-demo"},
    example={
        "cliente_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a13",
        "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkwYTZiMiJ9.c2lnbmF0dXJl",
    },
    secret=True,
)
async def login(call: Call, body: LoginEntrada) -> Reply:
    """Log a customer in."""
    name = body.identificador or body.correo or ""
    origin = Origen(call.ip, call.user_agent)
    access = await service.login(call.db, name, body.contrasenia, origin, customers_only=True)
    if access.cliente_id is None:
        raise Unauthenticated("credenciales_invalidas")
    return Reply(LoginSalida(access.cliente_id, access.token))
