"""What comes in and goes out of `/api/v1/auth`, `/usuarios`, `/tokens` and `/auditoria`."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from clientela.api.body import LINEA, Consulta, EntradaV1, Instante, NoVacio, Pagina, absent
from clientela.core.actor import Actor
from clientela.core.audit import Entrada as FilaAuditoria
from clientela.core.textos import CAMPOS
from clientela.identidad.model import (
    Acceso,
    CambiosUsuario,
    Filtro,
    NuevoUsuario,
    Sesion,
    TokenPersonal,
    Usuario,
)


def _not_empty(value: str) -> str:
    if not value:
        raise PydanticCustomError("en_blanco", "")
    return value


def _all_is_any(value: Any) -> Any:
    return None if value in {"", "all"} else value


def _only_off(value: Any) -> Any:
    if value is not False:
        raise PydanticCustomError("solo_false", CAMPOS["totp_solo_retirar"])
    return value


def _proof(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "string"}}}


# A password of blanks is a password; its length is judged where it is set, not where it is checked.
Contrasenia = Annotated[str, StringConstraints(max_length=1024), AfterValidator(_not_empty)]
Identificador = Annotated[str, StringConstraints(max_length=320), NoVacio]
Nombre = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=LINEA), NoVacio]
Correo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), NoVacio]
Usernick = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), NoVacio]
Celular = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), NoVacio]
Habilidad = Annotated[str, StringConstraints(max_length=60), NoVacio]
Rol = Literal["cliente", "vendedor", "tecnico", "soporte", "admin"]
SoloRetirar = Annotated[Any, AfterValidator(_only_off), WithJsonSchema({"const": False})]


# Six digits as the application shows them, perhaps in two groups.
CodigoTotp = Annotated[str, StringConstraints(pattern="^[0-9]{3} ?[0-9]{3}$")]


class LoginEntrada(EntradaV1):
    """A name (correo, celular or usernick) and a password; `codigo_totp` for who has a second factor."""

    identificador: Identificador
    contrasenia: Contrasenia
    codigo_totp: CodigoTotp | None = None


class TotpEntrada(EntradaV1):
    """Nothing, to ask for a secret; then the first code that the authenticator application makes of it."""

    codigo: CodigoTotp = Field(default_factory=absent)


class TotpRetiro(EntradaV1):
    """Proof of who turns the second factor off: the password or a code, or both."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_proof("contrasenia"), _proof("codigo")]})

    contrasenia: Contrasenia | None = None
    codigo: CodigoTotp | None = None


class TotpPendiente(msgspec.Struct):
    """A secret that waits for its first code: as text, and as the address behind a QR code."""

    secreto: str
    uri: str


class TotpEstado(msgspec.Struct):
    """Whether every login of the caller needs a code."""

    activo: bool


class ContraseniaEntrada(EntradaV1):
    """The present password and the one that replaces it."""

    actual: Contrasenia
    nueva: Contrasenia


class AccesoSalida(msgspec.Struct):
    """A session's token (twice, under both names that clients know) and whose it is; `expires_in` in seconds."""

    token: str
    access_token: str
    token_type: str
    expires_in: int
    usuario_id: UUID
    cliente_id: UUID | None
    rol: str
    debe_cambiar_contrasenia: bool

    @classmethod
    def of(cls, access: Acceso) -> Self:
        """Say what a login gave."""
        return cls(
            token=access.token,
            access_token=access.token,
            token_type="Bearer",  # noqa: S106 - the kind of token, not a secret
            expires_in=access.expires_in,
            usuario_id=access.usuario_id,
            cliente_id=access.cliente_id,
            rol=access.rol,
            debe_cambiar_contrasenia=access.debe_cambiar_contrasenia,
        )


class Yo(msgspec.Struct):
    """Who is calling."""

    usuario_id: UUID
    numero: int
    cliente_id: UUID | None
    tipo: str
    rol: str
    nombre: str
    correo: str | None
    debe_cambiar_contrasenia: bool

    @classmethod
    def of(cls, actor: Actor) -> Self:
        """Say who this is."""
        return cls(
            usuario_id=actor.usuario_id,
            numero=actor.numero,
            cliente_id=actor.cliente_id,
            tipo=actor.tipo,
            rol=actor.rol,
            nombre=actor.nombre,
            correo=actor.correo,
            debe_cambiar_contrasenia=actor.debe_cambiar,
        )


class Terminadas(msgspec.Struct):
    """How many sessions were ended."""

    sesiones_terminadas: int


class SesionesPagina(msgspec.Struct):
    """One page of the caller's living sessions, newest first."""

    items: list[Sesion]
    total: int
    page: int
    per_page: int


class UsuarioEntrada(EntradaV1):
    """A new user; at least one of correo, usernick and celular. A `cliente` gets his client record with it."""

    nombre: Nombre
    rol: Rol
    contrasenia: Contrasenia
    correo: Correo | None = None
    usernick: Usernick | None = None
    celular: Celular | None = None
    debe_cambiar_contrasenia: bool = False

    def as_new(self) -> NuevoUsuario:
        """Say it in the domain's words."""
        return NuevoUsuario(**{name: getattr(self, name) for name in type(self).model_fields})


class UsuarioCambios(EntradaV1):
    """Some fields of a user: an absent one stays, `null` clears. A new `contrasenia` must then be changed.

    `totp: false` takes away the second factor of somebody who lost it.
    """

    nombre: Nombre = Field(default_factory=absent)
    rol: Rol = Field(default_factory=absent)
    correo: Correo | None = Field(default_factory=absent)
    usernick: Usernick | None = Field(default_factory=absent)
    celular: Celular | None = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)
    contrasenia: Contrasenia = Field(default_factory=absent)
    debe_cambiar_contrasenia: bool = Field(default_factory=absent)
    totp: SoloRetirar = Field(default_factory=absent)

    def as_changes(self) -> CambiosUsuario:
        """Say it in the domain's words."""
        return CambiosUsuario(**{name: getattr(self, name) for name in self.model_fields_set})


class UsuariosConsulta(Pagina):
    """Which users: words (beginnings of name, e-mail, nick or phone), role, state."""

    q: Annotated[str, StringConstraints(max_length=200)] = ""
    rol: Rol | None = None
    activo: Annotated[bool | None, BeforeValidator(_all_is_any)] = None

    def as_filter(self) -> Filtro:
        """Say it in the domain's words."""
        return Filtro(q=self.q, rol=self.rol, activo=self.activo, limite=self.per_page, desde=self.offset)


class UsuariosPagina(msgspec.Struct):
    """One page of users, by number."""

    items: list[Usuario]
    total: int
    page: int
    per_page: int


class TokenEntrada(EntradaV1):
    """A personal access token to be made; `habilidades` are areas (`productos`, `productos:leer`) or `*`."""

    nombre: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), NoVacio]
    habilidades: Annotated[list[Habilidad], Field(min_length=1, max_length=100)]
    expira_en: Instante | None = None


class TokenCreado(msgspec.Struct):
    """The number of a new token, and its text, shown this once."""

    id: int
    token: str


class TokensPagina(msgspec.Struct):
    """One page of personal access tokens, newest first."""

    items: list[TokenPersonal]
    total: int
    page: int
    per_page: int


class AuditoriaConsulta(Consulta):
    """Which rows: older than the cursor `after`; of an object, else of an actor, else of one action."""

    after: Annotated[int, Field(ge=1, le=2**62)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    objeto_tipo: Annotated[str, StringConstraints(max_length=60)] | None = None
    objeto_id: Annotated[str, StringConstraints(max_length=60)] | None = None
    actor_id: UUID | None = None
    accion: Annotated[str, StringConstraints(max_length=100)] | None = None


class AuditoriaPagina(msgspec.Struct):
    """Rows of the audit log, newest first; `next` is the cursor of the following ones."""

    items: list[FilaAuditoria]
    next: int | None
