"""The organisation's words."""

from datetime import date, datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

NOMBRE_INICIAL: Final = "Mi empresa"
MONEDA_INICIAL: Final = "BOB"


class Horario(msgspec.Struct, frozen=True):
    """Opening hours on one weekday (0 = Sunday … 6 = Saturday), wall-clock `HH:mm` in the organisation's zone."""

    dia_semana: int
    inicio: str
    fin: str


class Deposito(msgspec.Struct, frozen=True):
    """Where deliveries start from, in degrees."""

    lat: float
    lng: float


class Organizacion(msgspec.Struct, frozen=True):
    """The settings of the business; `zona` is a name of the IANA time zone database."""

    nombre: str
    zona: str
    moneda: str
    horarios: tuple[Horario, ...]
    feriados: tuple[date, ...]
    mensaje_ausente: str | None
    saludo: str | None
    deposito: Deposito | None
    version: int
    actualizado_en: datetime | None


class CambiosOrganizacion(msgspec.Struct, frozen=True):
    """What a write wants to be different: an unset field stays, `None` clears one that may be empty."""

    nombre: str | UnsetType = UNSET
    zona: str | UnsetType = UNSET
    moneda: str | UnsetType = UNSET
    horarios: tuple[Horario, ...] | UnsetType = UNSET
    feriados: tuple[date, ...] | UnsetType = UNSET
    mensaje_ausente: str | UnsetType | None = UNSET
    saludo: str | UnsetType | None = UNSET
    deposito: Deposito | UnsetType | None = UNSET
