"""What comes in and goes out of `/api/v1/campanias`."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BeforeValidator, Field, StringConstraints

from clientela.api.body import (
    LINEA,
    EntradaV1,
    Id,
    Instante,
    NoVacio,
    Pagina,
    Uuid,
    absent,
    blank_is_default,
    in_zone,
    number_or_text,
)
from clientela.catalogo.model import CambiosCampania, Campania, NuevaCampania

MAX_PARTS: Final = 1000


Nombre = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=LINEA), NoVacio]
Porcentaje = Annotated[
    Decimal, BeforeValidator(number_or_text), Field(gt=0, le=Decimal(100), max_digits=5, decimal_places=2)
]
Productos = Annotated[list[Uuid], Field(max_length=MAX_PARTS)]
Categorias = Annotated[list[Id], Field(max_length=MAX_PARTS)]


class CampaniaEntrada(EntradaV1):
    """A new campaign; a date-time without offset is read in the organisation's zone."""

    nombre: Nombre
    porcentaje: Porcentaje
    desde: Instante
    hasta: Instante
    productos: Productos = Field(default_factory=list)
    categorias_ids: Categorias = Field(default_factory=list)
    activo: bool = True

    def as_new(self, zone: ZoneInfo) -> NuevaCampania:
        """Say it in the catalogue's words."""
        return NuevaCampania(**_plain(self, zone))


class CampaniaCambios(EntradaV1):
    """Some fields of a campaign; products and categories that are sent replace all there were."""

    nombre: Nombre = Field(default_factory=absent)
    porcentaje: Porcentaje = Field(default_factory=absent)
    desde: Instante = Field(default_factory=absent)
    hasta: Instante = Field(default_factory=absent)
    productos: Productos = Field(default_factory=absent)
    categorias_ids: Categorias = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)

    def as_changes(self, zone: ZoneInfo) -> CambiosCampania:
        """Say it in the catalogue's words."""
        return CambiosCampania(**_plain(self, zone))


def _plain(body: EntradaV1, zone: ZoneInfo) -> dict[str, Any]:
    return {name: _said(getattr(body, name), zone) for name in body.model_fields_set}


def _said(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, list):
        return tuple(sorted(set(value)))
    return in_zone(value, zone) if isinstance(value, datetime) else value


class CampaniasConsulta(Pagina):
    """Which campaigns a list holds: `vigente=1` only those that run now."""

    vigente: Annotated[Literal["1", "0"], blank_is_default("0")] = "0"


class CampaniasPagina(msgspec.Struct):
    """One page of campaigns."""

    items: tuple[Campania, ...]
    total: int
    page: int
    per_page: int
