"""The catalogue's words."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class Producto(msgspec.Struct, frozen=True):
    """Something that is sold.

    `precio` is per `unidad`, in the organisation's currency, two decimals. `fraccionable` products are sold in
    fractions of their unit (three decimals). `existencias` None means that its stock is not tracked. A retired
    product (`activo` false) is never deleted.
    """

    id: UUID
    codigo: str
    nombre: str
    descripcion: str
    precio: Decimal
    imagenes: tuple[str, ...]
    categoria: str | None
    unidad: str
    fraccionable: bool
    peso_kg: Decimal | None
    existencias: Decimal | None
    activo: bool
    version: int
    creado_en: datetime
    actualizado_en: datetime


class NuevoProducto(msgspec.Struct, frozen=True):
    """What is needed to add a product."""

    codigo: str
    nombre: str
    precio: Decimal
    descripcion: str = ""
    imagenes: tuple[str, ...] = ()
    categoria: str | None = None
    unidad: str = "unidad"
    fraccionable: bool = False
    peso_kg: Decimal | None = None
    existencias: Decimal | None = None
    activo: bool = True


class CambiosProducto(msgspec.Struct, frozen=True):
    """What a write wants to be different: an unset field stays, `None` clears one that may be empty."""

    codigo: str | UnsetType = UNSET
    nombre: str | UnsetType = UNSET
    precio: Decimal | UnsetType = UNSET
    descripcion: str | UnsetType = UNSET
    imagenes: tuple[str, ...] | UnsetType = UNSET
    categoria: str | UnsetType | None = UNSET
    unidad: str | UnsetType = UNSET
    fraccionable: bool | UnsetType = UNSET
    peso_kg: Decimal | UnsetType | None = UNSET
    existencias: Decimal | UnsetType | None = UNSET
    activo: bool | UnsetType = UNSET


class OrdenProductos(StrEnum):
    """How a list of products is ordered; relevance needs something searched for."""

    RELEVANCIA = "relevancia"
    NOMBRE = "nombre"
    CODIGO = "codigo"
    PRECIO = "precio"


class Filtro(msgspec.Struct, frozen=True):
    """Which products a list holds: None means any."""

    q: str | None = None
    categoria: str | None = None
    activo: bool | None = None
    orden: OrdenProductos | None = None


class Pagina(msgspec.Struct, frozen=True):
    """One page of a list and how many there are in all."""

    items: tuple[Producto, ...]
    total: int


class Campania(msgspec.Struct, frozen=True):
    """A percent off the price, from `desde` (inclusive) to `hasta` (exclusive).

    It applies to `productos` (none named: to all) for clients of one of `categorias_ids` (none named: for all).
    """

    id: int
    nombre: str
    porcentaje: Decimal
    desde: datetime
    hasta: datetime
    productos: tuple[UUID, ...]
    categorias_ids: tuple[int, ...]
    activo: bool
    version: int


class NuevaCampania(msgspec.Struct, frozen=True):
    """What is needed to add a campaign."""

    nombre: str
    porcentaje: Decimal
    desde: datetime
    hasta: datetime
    productos: tuple[UUID, ...] = ()
    categorias_ids: tuple[int, ...] = ()
    activo: bool = True


class CambiosCampania(msgspec.Struct, frozen=True):
    """Changes of a campaign: an unset field stays, products and categories that are sent replace all there were."""

    nombre: str | UnsetType = UNSET
    porcentaje: Decimal | UnsetType = UNSET
    desde: datetime | UnsetType = UNSET
    hasta: datetime | UnsetType = UNSET
    productos: tuple[UUID, ...] | UnsetType = UNSET
    categorias_ids: tuple[int, ...] | UnsetType = UNSET
    activo: bool | UnsetType = UNSET
