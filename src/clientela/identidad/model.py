"""The words of identity: users, logins, sessions, tokens."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class Rol(StrEnum):
    """The one role of a user."""

    CLIENTE = "cliente"
    VENDEDOR = "vendedor"
    TECNICO = "tecnico"
    SOPORTE = "soporte"
    ADMIN = "admin"


def tipo_of(rol: str) -> str:
    """Return the token's `tipo`: customers are `cliente`, everybody else is `usuario`."""
    return "cliente" if rol == Rol.CLIENTE else "usuario"


class Origen(msgspec.Struct, frozen=True):
    """Where a request came from: the caller's address and the name his program gives itself."""

    ip: str
    agente: str = ""


class Usuario(msgspec.Struct, frozen=True):
    """A user as administrators see him; never with his password's hash. `totp`: his logins need a code."""

    id: UUID
    numero: int
    nombre: str
    rol: str
    correo: str | None
    usernick: str | None
    celular: str | None
    activo: bool
    cliente_id: UUID | None
    debe_cambiar_contrasenia: bool
    totp: bool
    version: int
    creado_en: datetime
    actualizado_en: datetime


class Credencial(msgspec.Struct, frozen=True):
    """What a login is judged by; `version` counts the changes of the user, `totp`: a code is needed too."""

    usuario_id: UUID
    numero: int
    nombre: str
    rol: str
    correo: str | None
    usernick: str | None
    celular_e164: str | None
    cliente_id: UUID | None
    contrasenia_hash: str | None
    activo: bool
    debe_cambiar_contrasenia: bool
    version: int
    clave_inicial_vence_en: datetime | None = None
    totp: bool = False


class Identificadores(msgspec.Struct, frozen=True):
    """The names by which a user logs in, as they are stored; `celular` as typed, `celular_e164` beside it."""

    correo: str | None = None
    celular: str | None = None
    celular_e164: str | None = None
    usernick: str | None = None


class Reclamo(msgspec.Struct, frozen=True):
    """A record without login that somebody says is his: its user, the e-mail in it, and the names that he gives."""

    usuario_id: UUID
    correo: str | None
    nombres: Identificadores


class NuevoLogin(msgspec.Struct, frozen=True):
    """A login that is ready to be stored: names checked, password hashed.

    `clave_inicial_vence_en`: the password is an initial one, which is good until then. `por_activar`: it is
    nobody's, its owner sets the first one through a link.
    """

    identificadores: Identificadores
    contrasenia_hash: str
    debe_cambiar_contrasenia: bool = False
    clave_inicial_vence_en: datetime | None = None
    por_activar: bool = False


class Login(msgspec.Struct, frozen=True):
    """A client's login as staff see it beside his record."""

    usuario_id: UUID
    numero: int
    nombre: str
    usernick: str | None
    correo: str | None
    activo: bool
    debe_cambiar_contrasenia: bool


class NuevoUsuario(msgspec.Struct, frozen=True):
    """A user to be made, with his password in clear."""

    nombre: str
    rol: str
    contrasenia: str
    correo: str | None = None
    usernick: str | None = None
    celular: str | None = None
    debe_cambiar_contrasenia: bool = False


class CambiosUsuario(msgspec.Struct, frozen=True):
    """Changes of a user; what is UNSET stays as it is, `null` clears. The second factor can only be taken away."""

    nombre: str | UnsetType = UNSET
    rol: str | UnsetType = UNSET
    correo: str | UnsetType | None = UNSET
    usernick: str | UnsetType | None = UNSET
    celular: str | UnsetType | None = UNSET
    activo: bool | UnsetType = UNSET
    contrasenia: str | UnsetType = UNSET
    debe_cambiar_contrasenia: bool | UnsetType = UNSET
    totp: Literal[False] | UnsetType = UNSET


class Acceso(msgspec.Struct, frozen=True):
    """What a login gives: a fresh session's token and whose it is; `expires_in` in seconds."""

    token: str
    expires_in: int
    sesion_id: UUID
    usuario_id: UUID
    cliente_id: UUID | None
    rol: str
    debe_cambiar_contrasenia: bool


class Sesion(msgspec.Struct, frozen=True):
    """A session as its owner sees it; `actual` is the one that asks."""

    id: UUID
    ip: str
    agente: str
    creada_en: datetime
    expira_en: datetime
    actual: bool


class TokenPersonal(msgspec.Struct, frozen=True):
    """A personal access token as administrators see it; its secret was shown once and is not kept."""

    id: int
    nombre: str
    usuario_id: UUID
    habilidades: list[str]
    creado_en: datetime
    expira_en: datetime | None
    revocado_en: datetime | None


class Filtro(msgspec.Struct, frozen=True):
    """What a list of users is narrowed to; `q` searches name, e-mail, nick and phone by beginnings of words."""

    q: str = ""
    rol: str | None = None
    activo: bool | None = None
    limite: int = 20
    desde: int = 0
