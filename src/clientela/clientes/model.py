"""The words of the client register."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec


class Cliente(msgspec.Struct, frozen=True):
    """A client: the business record; `usuario_principal_id` is the user who is this client when he logs in."""

    id: UUID
    numero: int
    usuario_principal_id: UUID
    vendedor_asignado_id: UUID | None
    nombre: str
    razon_social: str | None
    nit: str | None
    email: str | None
    telefono: str | None
    telefono_e164: str | None
    limite_credito: Decimal
    latitud: Decimal | None
    longitud: Decimal | None
    activo: bool
    version: int
    creado_en: datetime
    actualizado_en: datetime


class NuevaDireccion(msgspec.Struct, frozen=True):
    """An address to be stored with a new client."""

    direccion: str
    ciudad: str | None = None
    departamento: str | None = None
    codigo_postal: str | None = None
    latitud: Decimal | None = None
    longitud: Decimal | None = None
    es_principal: bool = False
    activa: bool = True


class NuevoCliente(msgspec.Struct, frozen=True):
    """A client to be made; `telefono` as typed."""

    nombre: str
    razon_social: str | None = None
    nit: str | None = None
    email: str | None = None
    telefono: str | None = None
    limite_credito: Decimal = Decimal(0)
    latitud: Decimal | None = None
    longitud: Decimal | None = None
    vendedor_asignado_id: UUID | None = None
    direcciones: tuple[NuevaDireccion, ...] = ()


class Ficha(msgspec.Struct, frozen=True):
    """What a customer's own application shows of him (spec 5, the login's `cliente`)."""

    id: UUID
    nombre: str
    celular: str | None
    correo: str | None
    direccion: str | None
