"""The words of the deliveries."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal
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


# --- planning: what is to be visited, by whom, in which order ---------------------------------------------------
#
# Times are whole seconds since the day's midnight on the wall clock, loads whole grams, places degrees.

FIN_DEL_DIA: Final = 86_400
# More stops a day than these are not planned: the work grows with their square.
MAX_PARADAS: Final = 1000
# What it is worth, in seconds of work, not to leave a stop out, to come in one of its windows, at its hour.
SIN_VISITA: Final = 864_000
FUERA_DE_VENTANA: Final = 21_600
FUERA_DE_HORA: Final = 3_600


class Opcion(msgspec.Struct, frozen=True, array_like=True):
    """One way to be visited: begun between `inicio` and `fin`, both included, which costs so many seconds of work."""

    inicio: int = 0
    fin: int = FIN_DEL_DIA
    costo: int = 0


class Parada(msgspec.Struct, frozen=True):
    """Somewhere to go: for `servicio` seconds, leaving a load there, in one of its ways (one at least)."""

    clave: str
    lat: float
    lng: float
    servicio: int = 0
    carga: int = 0
    opciones: tuple[Opcion, ...] = (Opcion(),)


class Movil(msgspec.Struct, frozen=True):
    """Who goes: not before `salida`, back by `regreso`, carrying at most `capacidad` from the depot."""

    clave: int
    capacidad: int
    salida: int
    regreso: int


class Problema(msgspec.Struct, frozen=True):
    """A day to be planned; `velocidad` is km/h as the crow flies."""

    lat: float
    lng: float
    velocidad: float
    paradas: tuple[Parada, ...]
    moviles: tuple[Movil, ...]


class Visita(msgspec.Struct, frozen=True):
    """One stop of a route: from `llegada` it waits until `inicio`, and leaves at `fin`; `opcion` is the way kept."""

    clave: str
    opcion: int
    llegada: int
    inicio: int
    fin: int


class Ruta(msgspec.Struct, frozen=True):
    """What one vehicle does: leaves the depot at `salida` and is back at `regreso`, after so many metres and grams."""

    movil: int
    salida: int
    regreso: int
    metros: int
    carga: int
    visitas: tuple[Visita, ...]


class Motivo(StrEnum):
    """Why a stop is in no route."""

    SIN_COORDENADAS = "sin_coordenadas"
    SIN_DEPOSITO = "sin_deposito"
    SIN_VEHICULOS = "sin_vehiculos"
    EXCEDE_CAPACIDAD = "excede_capacidad"
    FUERA_DE_ALCANCE = "fuera_de_alcance"
    SIN_LUGAR = "sin_lugar"
    DEMASIADAS_PARADAS = "demasiadas_paradas"
    RUTA_EN_CURSO = "ruta_en_curso"
    VEHICULOS_EN_RUTA = "vehiculos_en_ruta"
    SIN_PLAN = "sin_plan"
    PLAN_PENDIENTE = "plan_pendiente"


class Plan(msgspec.Struct, frozen=True):
    """Routes that keep every capacity and shift, and why the other stops are in none.

    `costo`: the seconds that the vehicles are out, those that they drive once more, and what is not kept;
    `costo_vecino`: the same for a driver without a plan, who always goes on to the nearest stop.
    """

    rutas: tuple[Ruta, ...]
    sin_ruta: Mapping[str, Motivo]
    costo: int
    costo_vecino: int


class Encargo(msgspec.Struct, frozen=True):
    """What the planner's process is asked: a day, and how many seconds it may look for better."""

    problema: Problema
    segundos: float
    semilla: int = 1


class PlanGuardado(msgspec.Struct, frozen=True):
    """The plan of a day as it was made, and the mark of what it was made for."""

    huella: str
    plan: Plan
    planificado_en: datetime


class Incumplida(msgspec.Struct, frozen=True):
    """A window that a visit does not keep: it comes so many minutes before it opens, or after it has closed.

    `sin_ventana_ese_dia`: the client takes deliveries, but never on this weekday.
    """

    motivo: Literal["antes", "despues", "sin_ventana_ese_dia"]
    minutos: int | None = None
    hora_inicio: str | None = None
    hora_fin: str | None = None
