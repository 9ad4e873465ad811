"""What comes in and goes out of spec 5's account endpoints."""

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from clientela.api.body import LINEA, Entrada, NoVacio
from clientela.clientes.model import Ficha
from clientela.flows.register_customer import Registro


def _not_empty(value: str) -> str:
    if not value:
        raise PydanticCustomError("en_blanco", "")
    return value


# A password of blanks is a password; its length is judged where it is set, not where it is checked.
Contrasenia = Annotated[str, StringConstraints(max_length=1024), AfterValidator(_not_empty)]


class RegistroEntrada(Entrada):
    """A customer who registers (spec 5 §1)."""

    nombre: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=LINEA), NoVacio]
    celular: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=LINEA), NoVacio]
    correo: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), NoVacio]
    contrasenia: Contrasenia
    direccion: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None
    # Sent to the e-mail of a record that is there already (CONTRACT §12).
    codigo: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] | None = None

    def as_form(self) -> Registro:
        """Say it in the flow's words; an empty address or code is none."""
        return Registro(
            nombre=self.nombre,
            celular=self.celular,
            correo=self.correo,
            contrasenia=self.contrasenia,
            direccion=self.direccion or None,
            codigo=self.codigo or None,
        )


class LoginEntrada(Entrada):
    """A customer's login (spec 5 §2); `gethash` asks for a token instead of the customer."""

    correo: Annotated[str, StringConstraints(max_length=320), NoVacio]
    contrasenia: Contrasenia
    gethash: bool | None = None


class OlvidoEntrada(Entrada):
    """Whose password was forgotten (spec 5 §3)."""

    correo: Annotated[str, StringConstraints(max_length=320), NoVacio]


class RestablecerEntrada(Entrada):
    """A reset token and the new password (spec 5 §4)."""

    token: Annotated[str, StringConstraints(max_length=1024), NoVacio]
    nuevaContrasenia: Contrasenia  # noqa: N815 - the contract spells it so


class TokenSalida(msgspec.Struct):
    """A session's token."""

    token: str


class ClienteSalida(msgspec.Struct):
    """A customer as his application shows him."""

    id: UUID = msgspec.field(name="_id")
    nombre: str
    celular: str | None
    correo: str | None
    direccion: str | None


class LoginSalida(msgspec.Struct, omit_defaults=True):
    """Either a token or the customer, as `gethash` asked."""

    token: str | None = None
    cliente: ClienteSalida | None = None

    @classmethod
    def of(cls, ficha: Ficha) -> "LoginSalida":
        """Show a customer."""
        return cls(
            cliente=ClienteSalida(ficha.id, ficha.nombre, ficha.celular, ficha.correo, ficha.direccion)
        )


class Mensaje(msgspec.Struct):
    """One sentence."""

    mensaje: str
