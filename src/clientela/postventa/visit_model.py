"""The words of the maintenance's visits."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from clientela.postventa.model import Persona, ServicioDeOrden


class EstadoVisita(StrEnum):
    """Where a maintenance visit stands; a replaced one gave way to a new plan."""

    PENDIENTE = "PENDIENTE"
    HECHA = "HECHA"
    REEMPLAZADA = "REEMPLAZADA"


class VisitaPlanificada(msgspec.Struct, frozen=True):
    """A maintenance visit as the office sees it.

    `orden_id` is the order whose maintenance it is, `orden_generada_id` the one that makes it; `fecha_original` is when
    the plan wants it.
    """

    id: UUID
    orden_id: UUID
    orden_numero: int
    cliente: Persona
    tecnico: Persona | None
    servicio_id: UUID
    servicio: ServicioDeOrden
    estado: EstadoVisita
    periodicidad_meses: int
    ciclo: int
    fecha_programada: datetime
    fecha_original: datetime
    confirmada_en: datetime | None
    hecha_en: datetime | None
    orden_generada_id: UUID | None
    version: int
    creado_en: datetime


class MovimientoVisita(msgspec.Struct, frozen=True):
    """Something that happened to a visit; `actor_id` is None for its client, who used the link in his mail."""

    accion: str
    de: datetime
    a: datetime
    motivo: str | None
    actor_id: UUID | None
    creado_en: datetime


class FiltroVisitas(msgspec.Struct, frozen=True):
    """Which visits a list holds: None means any; `desde` is inclusive, `hasta` exclusive."""

    cliente_id: UUID | None = None
    tecnico_id: UUID | None = None
    estado: EstadoVisita | None = None
    desde: datetime | None = None
    hasta: datetime | None = None


class Aviso(msgspec.Struct, frozen=True):
    """A visit of which its client is reminded; `correo` is None for who has none."""

    id: UUID
    fecha_programada: datetime
    servicio: str
    nombre: str
    correo: str | None


class VisitaDeEnlace(msgspec.Struct, frozen=True):
    """A visit as its client's link opens it; `fecha_base` is the date that the plan or the office gave it."""

    servicio: str
    estado: EstadoVisita
    fecha_programada: datetime
    fecha_base: datetime
    confirmada: bool
    con_orden: bool
