"""Who is calling."""

from uuid import UUID

import msgspec


class Actor(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A verified caller: the login behind a token, as the database knew it when the token was read.

    `tipo` is `cliente` or `usuario` (staff), `rol` one of the five roles. `sesion_id` is set for a session's
    token, `token_id` and `habilidades` for a personal access token.
    """

    usuario_id: UUID
    numero: int
    tipo: str
    rol: str
    cliente_id: UUID | None
    nombre: str
    correo: str | None
    sesion_id: UUID | None = None
    token_id: int | None = None
    habilidades: frozenset[str] | None = None
    debe_cambiar: bool = False

    @property
    def es_admin(self) -> bool:
        """Whether he may do everything."""
        return self.rol == "admin"

    @property
    def es_personal(self) -> bool:
        """Whether he belongs to the business (is not a customer)."""
        return self.tipo == "usuario"
