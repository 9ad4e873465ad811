"""The words of the client register."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

Campo = Literal["foto_perfil", "ci_anverso", "ci_reverso"]
IMAGENES: Final[tuple[Campo, ...]] = ("foto_perfil", "ci_anverso", "ci_reverso")


class Cliente(msgspec.Struct, frozen=True):
    """A client: the business record; `usuario_principal_id` is the user who is this client when he logs in.

    `telefono` as typed, `telefono_e164` beside it; the images are keys of the private store, never addresses.
    """

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
    whatsapp: str | None
    fecha_nacimiento: date | None
    genero: str | None
    limite_credito: Decimal
    localidad_id: int | None
    latitud: Decimal | None
    longitud: Decimal | None
    observaciones: str | None
    activo: bool
    foto_perfil: str | None
    ci_anverso: str | None
    ci_reverso: str | None
    anonimizado_en: datetime | None
    fusionado_con_id: UUID | None
    version: int
    creado_en: datetime
    actualizado_en: datetime


class Localidad(msgspec.Struct, frozen=True):
    """A town or district."""

    id: int
    nombre: str
    codigo: str


class Categoria(msgspec.Struct, frozen=True):
    """A category of clients; an inactive one stays where it was given."""

    id: int
    clave: str
    nombre: str
    activo: bool


class CambiosLocalidad(msgspec.Struct, frozen=True):
    """Changes of a locality; what is UNSET stays."""

    nombre: str | UnsetType = UNSET
    codigo: str | UnsetType = UNSET


class CambiosCategoria(msgspec.Struct, frozen=True):
    """Changes of a category; what is UNSET stays."""

    clave: str | UnsetType = UNSET
    nombre: str | UnsetType = UNSET
    activo: bool | UnsetType = UNSET


class Ventana(msgspec.Struct, frozen=True):
    """A delivery window: hours of the organisation's wall clock, whole minutes; 0 is Sunday."""

    id: int
    dia_semana: int
    hora_inicio: time
    hora_fin: time
    activo: bool


class NuevaVentana(msgspec.Struct, frozen=True):
    """A delivery window to be stored."""

    dia_semana: int
    hora_inicio: time
    hora_fin: time
    activo: bool = True


class Direccion(msgspec.Struct, frozen=True):
    """An address; one with coordinates is a branch. Orders know it by its `uuid`."""

    id: int
    uuid: UUID
    direccion: str
    ciudad: str | None
    departamento: str | None
    codigo_postal: str | None
    latitud: Decimal | None
    longitud: Decimal | None
    es_principal: bool
    activa: bool


class NuevaDireccion(msgspec.Struct, frozen=True):
    """An address to be stored."""

    direccion: str
    ciudad: str | None = None
    departamento: str | None = None
    codigo_postal: str | None = None
    latitud: Decimal | None = None
    longitud: Decimal | None = None
    es_principal: bool = False
    activa: bool = True


class CambiosDireccion(msgspec.Struct, frozen=True):
    """Changes of an address; what is UNSET stays, None clears."""

    direccion: str | UnsetType = UNSET
    ciudad: str | UnsetType | None = UNSET
    departamento: str | UnsetType | None = UNSET
    codigo_postal: str | UnsetType | None = UNSET
    latitud: Decimal | UnsetType | None = UNSET
    longitud: Decimal | UnsetType | None = UNSET
    es_principal: bool | UnsetType = UNSET
    activa: bool | UnsetType = UNSET


class Expediente(msgspec.Struct, frozen=True):
    """A client with everything of the register that belongs to him."""

    cliente: Cliente
    localidad: Localidad | None = None
    direcciones: tuple[Direccion, ...] = ()
    ventanas: tuple[Ventana, ...] = ()
    categorias: tuple[Categoria, ...] = ()


class NuevoCliente(msgspec.Struct, frozen=True):
    """A client to be made; `telefono` as typed, images as keys of files that are there already."""

    nombre: str
    razon_social: str | None = None
    nit: str | None = None
    email: str | None = None
    telefono: str | None = None
    whatsapp: str | None = None
    fecha_nacimiento: date | None = None
    genero: str | None = None
    limite_credito: Decimal = Decimal(0)
    localidad_id: int | None = None
    latitud: Decimal | None = None
    longitud: Decimal | None = None
    observaciones: str | None = None
    activo: bool = True
    vendedor_asignado_id: UUID | UnsetType | None = UNSET
    direcciones: tuple[NuevaDireccion, ...] = ()
    ventanas: tuple[NuevaVentana, ...] = ()
    categorias_ids: tuple[int, ...] = ()
    imagenes: Mapping[str, str | None] = {}


class CambiosCliente(msgspec.Struct, frozen=True):
    """Changes of a client; what is UNSET stays, None clears. `imagenes`: the fields that change, None clears."""

    nombre: str | UnsetType = UNSET
    razon_social: str | UnsetType | None = UNSET
    nit: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    telefono: str | UnsetType | None = UNSET
    whatsapp: str | UnsetType | None = UNSET
    fecha_nacimiento: date | UnsetType | None = UNSET
    genero: str | UnsetType | None = UNSET
    limite_credito: Decimal | UnsetType = UNSET
    localidad_id: int | UnsetType | None = UNSET
    latitud: Decimal | UnsetType | None = UNSET
    longitud: Decimal | UnsetType | None = UNSET
    observaciones: str | UnsetType | None = UNSET
    activo: bool | UnsetType = UNSET
    vendedor_asignado_id: UUID | UnsetType | None = UNSET
    ventanas: tuple[NuevaVentana, ...] | UnsetType = UNSET
    categorias_ids: tuple[int, ...] | UnsetType = UNSET
    imagenes: Mapping[str, str | None] = {}


class Orden(StrEnum):
    """How a list of clients is sorted."""

    ID = "id"
    NOMBRE = "nombre"
    FECHA_REGISTRO = "fecha_registro"


class Filtro(msgspec.Struct, frozen=True):
    """What a list of clients is narrowed to and sorted by; `vendedor_id`: his clients and nobody's."""

    q: str = ""
    activo: bool | None = None
    vendedor_id: UUID | None = None
    orden: Orden = Orden.NOMBRE
    descendente: bool = False
    limite: int = 20
    desde: int = 0


class Terminos(msgspec.Struct, frozen=True):
    """What a search asks: trigrams that the index must have, and patterns that the text must match."""

    trigramas: list[str]
    patrones: list[str]


class Pagina(msgspec.Struct, frozen=True):
    """One page of clients, each with his locality, and how many the filter finds."""

    items: tuple[Expediente, ...]
    total: int


class Coincidencia(msgspec.Struct, frozen=True):
    """A client who has an e-mail or a phone that somebody names; `reclamable`: not retired, merged or anonymised."""

    cliente_id: UUID
    usuario_principal_id: UUID
    email: str | None
    por_correo: bool
    por_celular: bool
    reclamable: bool


class Ficha(msgspec.Struct, frozen=True):
    """What a customer's own application shows of him (spec 5, the login's `cliente`)."""

    id: UUID
    nombre: str
    celular: str | None
    correo: str | None
    direccion: str | None


class Candidato(msgspec.Struct, frozen=True):
    """A client found by one of a row's keys; `nit` is the key of his own."""

    por: Literal["id", "nit", "telefono"]
    id: UUID
    numero: int
    nit: str | None
    fusionado: bool = False
    anonimizado: bool = False


class Parecido(msgspec.Struct, frozen=True):
    """A record among those that may be of one client."""

    id: UUID
    numero: int
    nombre: str
    nit: str | None
    telefono: str | None
    email: str | None
    localidad: str | None


class GrupoDuplicado(msgspec.Struct, frozen=True):
    """Records that may be of one client, and why: `nit`, `telefono`, `email`, or `nombre` for names alike."""

    por: Literal["nit", "telefono", "email", "nombre"]
    clientes: tuple[Parecido, ...]


class Duplicados(msgspec.Struct, frozen=True):
    """One page of such groups and how many there are."""

    items: tuple[GrupoDuplicado, ...]
    total: int
