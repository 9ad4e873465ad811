"""What comes in and goes out of `/api/v1/servicios` and `/api/v1/ordenes`."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, StringConstraints

from clientela.api.body import (
    LINEA,
    EntradaV1,
    Instante,
    NoVacio,
    Pagina,
    Uuid,
    absent,
    blank_is_default,
    in_zone,
)
from clientela.clientes.importing import ClienteNombrado
from clientela.core.textos import ADVERTENCIAS, GARANTIA
from clientela.postventa import rules
from clientela.postventa.matching import FilaOrden
from clientela.postventa.model import (
    Agendada,
    CambiosServicio,
    Estado,
    Filtro,
    Garantia,
    Historia,
    NuevaOrden,
    NuevoServicio,
    Orden,
    Servicio,
    Tipo,
    Vista,
)

Nombre = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=LINEA), NoVacio]
Meses = Annotated[int, Field(ge=0, le=120)]
Minutos = Annotated[int, Field(ge=1, le=1440)]
Texto = Annotated[str, StringConstraints(max_length=10_000), NoVacio]
Referencia = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=LINEA), NoVacio]
_BLANK: Final = blank_is_default(None)


class ServicioEntrada(EntradaV1):
    """A new service: months of guarantee, minutes of a visit."""

    nombre: Nombre
    garantia_meses: Meses = 12
    duracion_min: Minutos = 60
    activo: bool = True

    def as_new(self) -> NuevoServicio:
        """Say it in the domain's words."""
        return NuevoServicio(self.nombre, self.garantia_meses, self.duracion_min, self.activo)


class ServicioCambios(EntradaV1):
    """Some fields of a service."""

    nombre: Nombre = Field(default_factory=absent)
    garantia_meses: Meses = Field(default_factory=absent)
    duracion_min: Minutos = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)

    def as_changes(self) -> CambiosServicio:
        """Say it in the domain's words."""
        return CambiosServicio(self.nombre, self.garantia_meses, self.duracion_min, self.activo)


class ServiciosConsulta(Pagina):
    """Which services: those in use (`activo=1`), those that are not (0), or all."""

    activo: Annotated[Literal["0", "1"] | None, _BLANK] = None

    @property
    def wanted(self) -> bool | None:
        """None for all."""
        return None if self.activo is None else self.activo == "1"


class ServiciosPagina(msgspec.Struct, frozen=True):
    """One page of services."""

    items: tuple[Servicio, ...]
    total: int
    page: int
    per_page: int


class OrdenEntrada(EntradaV1):
    """A new work order; the fields from `estado` on bring in one that happened elsewhere (admin)."""

    cliente_id: Uuid
    servicio_id: Uuid
    fecha_programada: Instante
    tecnico_id: Uuid | None = None
    descripcion: Texto | None = None
    estado: Literal["PENDIENTE", "ASIGNADA", "EN_EJECUCION", "FINALIZADO", "CANCELADA"] | None = None
    fecha_ejecucion: Instante | None = None
    tipo: Literal["NORMAL", "REVISION"] | None = None
    garantia_de: Uuid | None = None
    ultimo_movimiento_en: Instante | None = None

    def as_new(self, zone: ZoneInfo) -> NuevaOrden:
        """Say it in the domain's words; a date-time without offset is the organisation's."""
        return NuevaOrden(
            self.cliente_id,
            self.servicio_id,
            in_zone(self.fecha_programada, zone),
            self.tecnico_id,
            self.descripcion,
            self._history(zone),
        )

    def _history(self, zone: ZoneInfo) -> Historia | None:
        told = (self.estado, self.fecha_ejecucion, self.tipo, self.garantia_de, self.ultimo_movimiento_en)
        if all(value is None for value in told):
            return None
        return Historia(
            tipo=Tipo(self.tipo or "NORMAL"),
            estado=Estado(self.estado) if self.estado else None,
            fecha_ejecucion=self.fecha_ejecucion and in_zone(self.fecha_ejecucion, zone),
            garantia_de=self.garantia_de,
            ultimo_movimiento_en=self.ultimo_movimiento_en and in_zone(self.ultimo_movimiento_en, zone),
        )


class OrdenFila(EntradaV1):
    """A row of a sheet of work orders, but for its client; blank cells are left out."""

    referencia: Referencia
    servicio: Nombre
    tecnico: Nombre | None = None
    estado: Literal["PENDIENTE", "ASIGNADA", "EN_EJECUCION", "FINALIZADO", "CANCELADA"] | None = None
    descripcion: Texto | None = None
    fecha_programada: Instante | None = None
    fecha_ejecucion: Instante | None = None
    ultimo_movimiento_en: Instante | None = None
    periodicidad_meses: Annotated[int, Field(ge=1, le=rules.MAX_MONTHS)] | None = None
    mantenida_hasta: Instante | None = None
    garantia_de: Referencia | None = None
    estrellas: Annotated[int, Field(ge=1, le=5)] | None = None
    comentario: Annotated[str, StringConstraints(max_length=2000)] | None = None
    calificada_en: Instante | None = None

    def as_row(self, number: int, client: ClienteNombrado, zone: ZoneInfo) -> FilaOrden:
        """Say it in the domain's words; a date-time without offset is the organisation's."""
        fields = self.model_dump()
        moments = {
            name: in_zone(value, zone) for name, value in fields.items() if isinstance(value, datetime)
        }
        estado = Estado(self.estado) if self.estado else None
        return FilaOrden(number, cliente=client, **(fields | moments | {"estado": estado}))


class AsignarEntrada(EntradaV1):
    """Who makes an order."""

    tecnico_id: Uuid


class ReprogramarEntrada(EntradaV1):
    """When an order is to be made instead, and why."""

    fecha_programada: Instante
    motivo: Texto | None = None

    def in_zone(self, zone: ZoneInfo) -> datetime:
        """Read a date-time without offset in the organisation's zone."""
        return in_zone(self.fecha_programada, zone)


class NotaEntrada(EntradaV1):
    """A note on an order."""

    texto: Texto


class FinalizarEntrada(EntradaV1):
    """What was done, in words."""

    nota: Texto | None = None


class CancelarEntrada(EntradaV1):
    """Why an order is not made."""

    motivo: Texto | None = None


class OrdenesConsulta(Pagina):
    """Which work orders: by client, technician, state, kind, day of the visit; `vista` is a list of the overview."""

    cliente_id: Annotated[Uuid | None, _BLANK] = None
    tecnico_id: Annotated[Uuid | None, _BLANK] = None
    estado: Annotated[
        Literal["PENDIENTE", "ASIGNADA", "EN_EJECUCION", "FINALIZADO", "CANCELADA"] | None, _BLANK
    ] = None
    tipo: Annotated[Literal["NORMAL", "REVISION"] | None, _BLANK] = None
    vista: Annotated[Literal["sin_asignar", "en_ejecucion", "sin_movimiento_5d"] | None, _BLANK] = None
    desde: Annotated[Instante | None, _BLANK] = None
    hasta: Annotated[Instante | None, _BLANK] = None

    @property
    def is_local(self) -> bool:
        """Whether a bound is told by the wall clock, so that a zone is needed to know what it means."""
        return any(bound is not None and bound.tzinfo is None for bound in (self.desde, self.hasta))

    def as_filter(self, zone: ZoneInfo) -> Filtro:
        """Say it in the domain's words."""
        return Filtro(
            cliente_id=self.cliente_id,
            tecnico_id=self.tecnico_id,
            estado=Estado(self.estado) if self.estado else None,
            tipo=Tipo(self.tipo) if self.tipo else None,
            vista=Vista(self.vista) if self.vista else None,
            desde=self.desde and in_zone(self.desde, zone),
            hasta=self.hasta and in_zone(self.hasta, zone),
        )


class OrdenesPagina(msgspec.Struct, frozen=True):
    """One page of work orders."""

    items: tuple[Orden, ...]
    total: int
    page: int
    per_page: int


class Advertencia(msgspec.Struct, frozen=True):
    """What is to be known of an answer that went through; `orden_id` is the other visit."""

    code: str
    message: str
    orden_id: UUID


class OrdenAgendada(Orden, frozen=True):
    """A work order after its visit was planned."""

    advertencias: tuple[Advertencia, ...]

    @classmethod
    def of(cls, done: Agendada) -> "OrdenAgendada":
        """Put the warnings beside an order's fields."""
        warnings: tuple[Advertencia, ...] = ()
        if done.ocupado is not None:
            warnings = (Advertencia("tecnico_ocupado", ADVERTENCIAS["tecnico_ocupado"], done.ocupado),)
        return cls(**msgspec.structs.asdict(done.orden), advertencias=warnings)


class GarantiaExplicada(msgspec.Struct, frozen=True):
    """Whether a guarantee could be asked for now, and why, as a code and in words."""

    elegible: bool
    codigo: str
    motivo: str
    vence_en: datetime | None
    abierta_id: UUID | None

    @classmethod
    def of(cls, found: Garantia) -> "GarantiaExplicada":
        """Say the reason in words too."""
        return cls(found.elegible, found.codigo, GARANTIA[found.codigo], found.vence_en, found.abierta_id)
