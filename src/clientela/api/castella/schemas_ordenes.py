"""What comes in and goes out of spec 5's guarantees, ratings, maintenance and overview (§5–13)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from clientela.api.body import Entrada
from clientela.core.ids import parse_uuid
from clientela.core.money import plain_decimal
from clientela.core.textos import CAMPOS
from clientela.postventa import rules
from clientela.postventa.model import (
    Calificacion,
    Estrellas,
    Orden,
    OrdenOriginal,
    Persona,
    ServicioDeOrden,
    Visita,
)


def _whole(value: Any) -> Any:
    # JSON knows one kind of number: what a program writes as 5.0 is five.
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def _stars(value: Any) -> int:
    value = _whole(value)
    # True is no star, nor is "5".
    if type(value) is not int or not 1 <= value <= 5:
        raise PydanticCustomError("estrellas", CAMPOS["estrellas_fuera_de_rango"])
    return value


def _months(value: Any) -> int:
    value = _whole(value)
    if type(value) is not int or value < 1:
        raise PydanticCustomError("periodicidad", CAMPOS["periodicidad_insuficiente"])
    if value > rules.MAX_MONTHS:
        raise PydanticCustomError("periodicidad", CAMPOS["periodicidad_excesiva"])
    return value


def _technician(value: Any) -> Any:
    # An identifier that nobody can have is nobody's: the service does not find him.
    if value is None or value == "":
        raise PydanticCustomError("en_blanco", "")
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "")
    return parse_uuid(value.strip()) or UUID(int=0)


class AsignacionEntrada(Entrada):
    """Who makes a revision (spec 5 §7)."""

    tecnico_id: Annotated[
        UUID | None, BeforeValidator(_technician), WithJsonSchema({"type": "string", "format": "uuid"})
    ] = Field(default=None, alias="tecnicoId", validate_default=True)


class CalificacionEntrada(Entrada):
    """What a customer thinks of an order (spec 5 §8)."""

    estrellas: Annotated[
        int | None, BeforeValidator(_stars), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 5})
    ] = Field(default=None, validate_default=True)
    comentario: Annotated[str, StringConstraints(max_length=2000)] | None = None


class MantenimientoEntrada(Entrada):
    """Every how many months an order's maintenance is due (spec 5 §11)."""

    periodicidad_meses: Annotated[
        int | None,
        BeforeValidator(_months),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": rules.MAX_MONTHS}),
    ] = Field(default=None, alias="periodicidadMeses", validate_default=True)


class Nombrado(msgspec.Struct, frozen=True):
    """Somebody, or something, by name."""

    id: UUID = msgspec.field(name="_id")
    nombre: str

    @classmethod
    def of(cls, found: Persona | ServicioDeOrden | None) -> "Nombrado | None":
        """Say it in the contract's words."""
        return None if found is None else cls(found.id, found.nombre)


class OrdenPedida(msgspec.Struct, frozen=True, rename="camel"):
    """The order that a guarantee made."""

    orden_id: UUID


class ClienteDeGarantia(msgspec.Struct, frozen=True):
    """Whose guarantee it is."""

    id: UUID = msgspec.field(name="_id")
    nombre: str
    correo: str | None


class OrdenGarantizada(msgspec.Struct, frozen=True):
    """The order that a guarantee was asked for."""

    id: UUID = msgspec.field(name="_id")
    numero: int
    aniomesprogramacion: str | None

    @classmethod
    def of(cls, found: OrdenOriginal | None, zona: ZoneInfo) -> "OrdenGarantizada | None":
        """Say it in the contract's words."""
        if found is None:
            return None
        return cls(found.id, found.numero, rules.year_month(found.fecha_programada, zona))


class GarantiaPendiente(msgspec.Struct, frozen=True, rename="camel"):
    """A guarantee that waits for a technician."""

    id: UUID = msgspec.field(name="_id")
    tipo: str
    estado: str
    cliente: ClienteDeGarantia
    garantia_de: OrdenGarantizada | None
    fecha_digitacion: datetime

    @classmethod
    def of(cls, orden: Orden, zona: ZoneInfo) -> "GarantiaPendiente":
        """Say it in the contract's words."""
        return cls(
            orden.id,
            orden.tipo,
            orden.estado,
            ClienteDeGarantia(orden.cliente.id, orden.cliente.nombre, orden.cliente.correo),
            OrdenGarantizada.of(orden.garantia_de, zona),
            orden.creado_en,
        )


class GarantiasPendientes(msgspec.Struct, frozen=True):
    """One page of the guarantees that wait."""

    total: int
    page: int
    items: tuple[GarantiaPendiente, ...]


class OrdenAsignada(msgspec.Struct, frozen=True):
    """An order that has a technician."""

    id: UUID = msgspec.field(name="_id")
    tecnico: UUID
    estado: str


class AsignacionSalida(msgspec.Struct, frozen=True):
    """The order after its assignment."""

    orden: OrdenAsignada


class CalificacionHecha(msgspec.Struct, frozen=True):
    """A rating, as its customer has just given it."""

    id: UUID = msgspec.field(name="_id")
    orden: UUID
    cliente: UUID
    tecnico: UUID | None
    estrellas: int
    comentario: str | None
    fecha: datetime


class CalificacionHechaSalida(msgspec.Struct, frozen=True):
    """The answer to a rating."""

    calificacion: CalificacionHecha

    @classmethod
    def of(cls, found: Calificacion) -> "CalificacionHechaSalida":
        """Say it in the contract's words."""
        return cls(
            CalificacionHecha(
                found.id,
                found.orden_id,
                found.cliente.id,
                found.tecnico.id if found.tecnico else None,
                found.estrellas,
                found.comentario,
                found.fecha,
            )
        )


class CalificacionVista(msgspec.Struct, frozen=True):
    """A rating with the names of both sides."""

    id: UUID = msgspec.field(name="_id")
    orden: UUID
    cliente: Nombrado | None
    tecnico: Nombrado | None
    estrellas: int
    comentario: str | None
    fecha: datetime


class CalificacionSalida(msgspec.Struct, frozen=True):
    """The rating of an order."""

    calificacion: CalificacionVista

    @classmethod
    def of(cls, found: Calificacion) -> "CalificacionSalida":
        """Say it in the contract's words."""
        return cls(
            CalificacionVista(
                found.id,
                found.orden_id,
                Nombrado.of(found.cliente),
                Nombrado.of(found.tecnico),
                found.estrellas,
                found.comentario,
                found.fecha,
            )
        )


class EstadisticaTecnico(msgspec.Struct, frozen=True):
    """What customers think of a technician: the mean of the stars, half-up to two places, and how many of each."""

    promedio: Decimal
    total: int
    distribucion: dict[str, int]

    @classmethod
    def of(cls, stars: Estrellas) -> "EstadisticaTecnico":
        """Say it in the contract's words."""
        counts = stars.counts
        mean = plain_decimal(rules.average(counts)) or Decimal(0)
        return cls(mean, sum(counts), {str(number): count for number, count in enumerate(counts, 1)})


class OrdenConPeriodicidad(msgspec.Struct, frozen=True, rename="camel"):
    """An order after its maintenance was set."""

    id: UUID = msgspec.field(name="_id")
    periodicidad_meses: int | None
    estado: str


class MantenimientoSalida(msgspec.Struct, frozen=True):
    """The answer to a maintenance's setting."""

    orden: OrdenConPeriodicidad


class MantenimientoVisto(msgspec.Struct, frozen=True, rename="camel"):
    """A maintenance that is due: `_id` is the order's; `vencido` when its date has passed."""

    id: UUID = msgspec.field(name="_id")
    visita_id: UUID = msgspec.field(name="visita_id")
    cliente: Nombrado | None
    tecnico: Nombrado | None
    servicio: Nombrado | None
    fecha_programada: datetime
    periodicidad_meses: int
    vencido: bool

    @classmethod
    def of(cls, visit: Visita, now: datetime) -> "MantenimientoVisto":
        """Say it in the contract's words."""
        return cls(
            visit.orden_id,
            visit.id,
            Nombrado.of(visit.cliente),
            Nombrado.of(visit.tecnico),
            Nombrado.of(visit.servicio),
            visit.fecha_programada,
            visit.periodicidad_meses,
            visit.fecha_programada < now,
        )


class MantenimientosSalida(msgspec.Struct, frozen=True):
    """A client's maintenances of the next thirty days, and the overdue ones."""

    mantenimientos: tuple[MantenimientoVisto, ...]


class ResumenSalida(msgspec.Struct, frozen=True):
    """The overview (spec 5 §13)."""

    sin_asignar: int = msgspec.field(name="sinAsignar")
    en_ejecucion: int = msgspec.field(name="enEjecucion")
    sin_movimiento: int = msgspec.field(name="sinMovimiento5d")


EJEMPLO_ORDEN: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
EJEMPLO_CLIENTE: Final = "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12"
EJEMPLO_TECNICO: Final = "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12"
