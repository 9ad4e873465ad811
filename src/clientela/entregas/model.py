"""The words of the deliveries."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class Vehiculo(msgspec.Struct, frozen=True):
    """What delivers: from `salida` to `regreso`, `HH:mm` in the organisation's zone, at most `capacidad_kg`."""

    id: int
    placa: str
    nombre: str | None
    capacidad_kg: Decimal
    salida: str
    regreso: str
    chofer_id: UUID | None
    activo: bool
    version: int
    creado_en: datetime
    actualizado_en: datetime


class NuevoVehiculo(msgspec.Struct, frozen=True):
    """A vehicle to be stored."""

    placa: str
    capacidad_kg: Decimal
    nombre: str | None = None
    salida: str = "08:00"
    regreso: str = "18:00"
    chofer_id: UUID | None = None
    activo: bool = True


class CambiosVehiculo(msgspec.Struct, frozen=True):
    """Changes of a vehicle; what is UNSET stays, None clears."""

    placa: str | UnsetType = UNSET
    capacidad_kg: Decimal | UnsetType = UNSET
    nombre: str | UnsetType | None = UNSET
    salida: str | UnsetType = UNSET
    regreso: str | UnsetType = UNSET
    chofer_id: UUID | UnsetType | None = UNSET
    activo: bool | UnsetType = UNSET
