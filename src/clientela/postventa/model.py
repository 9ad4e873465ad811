"""The words of field service."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class Tipo(StrEnum):
    """What a work order is: work that was ordered, or the revision that a guarantee gives."""

    NORMAL = "NORMAL"
    REVISION = "REVISION"


class Estado(StrEnum):
    """Where a work order stands."""

    PENDIENTE = "PENDIENTE"
    ASIGNADA = "ASIGNADA"
    EN_EJECUCION = "EN_EJECUCION"
    FINALIZADO = "FINALIZADO"
    CANCELADA = "CANCELADA"


class Accion(StrEnum):
    """What happens to a work order, as its movements tell it."""

    CREADA = "creada"
    ASIGNADA = "asignada"
    REPROGRAMADA = "reprogramada"
    NOTA = "nota"
    FOTO = "foto"
    FOTO_QUITADA = "foto_quitada"
    INICIADA = "iniciada"
    FINALIZADA = "finalizada"
    CANCELADA = "cancelada"


class Vista(StrEnum):
    """The lists behind the overview's three figures."""

    SIN_ASIGNAR = "sin_asignar"
    EN_EJECUCION = "en_ejecucion"
    SIN_MOVIMIENTO = "sin_movimiento_5d"


class Servicio(msgspec.Struct, frozen=True):
    """A kind of work: how long its guarantee holds (calendar months) and how long a visit takes (minutes)."""

    id: UUID
    numero: int
    nombre: str
    garantia_meses: int
    duracion_min: int
    activo: bool
    version: int
    creado_en: datetime
    actualizado_en: datetime


class NuevoServicio(msgspec.Struct, frozen=True):
    """A kind of work that is not there yet."""

    nombre: str
    garantia_meses: int = 12
    duracion_min: int = 60
    activo: bool = True


class CambiosServicio(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changes of a service; UNSET stays."""

    nombre: str | UnsetType = UNSET
    garantia_meses: int | UnsetType = UNSET
    duracion_min: int | UnsetType = UNSET
    activo: bool | UnsetType = UNSET


class Persona(msgspec.Struct, frozen=True):
    """Somebody by name."""

    id: UUID
    nombre: str


class Contacto(msgspec.Struct, frozen=True):
    """The client of a work order, as whoever visits him needs to know him."""

    id: UUID
    nombre: str
    correo: str | None
    telefono: str | None
    direccion: str | None
    latitud: Decimal | None
    longitud: Decimal | None


class ServicioDeOrden(msgspec.Struct, frozen=True):
    """The service of a work order."""

    id: UUID
    numero: int
    nombre: str


class OrdenOriginal(msgspec.Struct, frozen=True):
    """The order that a guarantee was asked for."""

    id: UUID
    numero: int
    fecha_programada: datetime | None


class Orden(msgspec.Struct, frozen=True):
    """A work order; instants are aware. `raiz_id`: from whose execution its guarantee is counted, None for itself.

    `visita_id` is the maintenance visit that it makes.
    """

    id: UUID
    numero: int
    cliente_id: UUID
    cliente: Contacto
    servicio_id: UUID
    servicio: ServicioDeOrden
    tecnico_id: UUID | None
    tecnico: Persona | None
    tipo: Tipo
    estado: Estado
    descripcion: str | None
    garantia_de: OrdenOriginal | None
    raiz_id: UUID | None
    visita_id: UUID | None
    garantia_meses: int
    duracion_min: int
    periodicidad_meses: int | None
    fecha_programada: datetime | None
    iniciada_en: datetime | None
    fecha_ejecucion: datetime | None
    ultimo_movimiento_en: datetime
    version: int
    creado_en: datetime


class Movimiento(msgspec.Struct, frozen=True):
    """Something that happened to a work order."""

    accion: Accion
    texto: str | None
    tecnico_id: UUID | None
    fecha_programada: datetime | None
    actor_id: UUID | None
    creado_en: datetime


class OrdenCompleta(Orden, frozen=True):
    """A work order with all its movements, oldest first."""

    movimientos: tuple[Movimiento, ...]


class Nota(msgspec.Struct, frozen=True):
    """What somebody wrote when something happened to a work order."""

    accion: Accion
    texto: str
    creado_en: datetime


class OrdenDelDia(Orden, frozen=True):
    """A work order as its technician takes it along: with what was written on it, oldest first."""

    ciudad: str | None
    notas: tuple[Nota, ...]


class Agenda(msgspec.Struct, frozen=True):
    """A technician, and his work orders of a day, by number."""

    tecnico: Persona
    ordenes: tuple[OrdenDelDia, ...]


class Foto(msgspec.Struct, frozen=True):
    """A photo of a work order, `ancho` × `alto` pixels; `clave` names its file and never leaves."""

    id: UUID
    orden_id: UUID
    clave: str
    descripcion: str | None
    ancho: int
    alto: int
    subida_por: Persona
    creado_en: datetime


class Agendada(msgspec.Struct, frozen=True):
    """A work order after its visit was planned; `ocupado` is another visit of the technician at that time."""

    orden: Orden
    ocupado: UUID | None


class Historia(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is brought in of an order that happened before the system knew it."""

    tipo: Tipo = Tipo.NORMAL
    estado: Estado | None = None
    fecha_ejecucion: datetime | None = None
    garantia_de: UUID | None = None
    ultimo_movimiento_en: datetime | None = None


class Conocida(msgspec.Struct, frozen=True):
    """An order that a sheet names, and whether a revision of its family is open."""

    id: UUID
    cliente_id: UUID
    estado: Estado
    raiz_id: UUID
    abierta: bool


class NuevaOrden(msgspec.Struct, frozen=True):
    """A work order that is not there yet."""

    cliente_id: UUID
    servicio_id: UUID
    fecha_programada: datetime
    tecnico_id: UUID | None = None
    descripcion: str | None = None
    historia: Historia | None = None
    visita_id: UUID | None = None


class Filtro(msgspec.Struct, frozen=True):
    """Which work orders a list holds: None means any; `desde` (inclusive) and `hasta` (exclusive) are of the visit."""

    cliente_id: UUID | None = None
    tecnico_id: UUID | None = None
    estado: Estado | None = None
    tipo: Tipo | None = None
    vista: Vista | None = None
    desde: datetime | None = None
    hasta: datetime | None = None


class PaginaOrdenes(msgspec.Struct, frozen=True):
    """One page of work orders, and how many there are."""

    items: tuple[Orden, ...]
    total: int


class Garantia(msgspec.Struct, frozen=True):
    """Whether a guarantee may be asked for, and why.

    `codigo` names the reason, `vence_en` is the first instant without it, `abierta_id` the revision that is open.
    """

    elegible: bool
    codigo: str
    vence_en: datetime | None = None
    abierta_id: UUID | None = None


class Cobertura(msgspec.Struct, frozen=True):
    """What a guarantee is decided from: an order, and when its root was executed."""

    orden_id: UUID
    cliente_id: UUID
    estado: Estado
    raiz_ejecutada_en: datetime | None
    garantia_meses: int
    abierta_id: UUID | None


class Calificacion(msgspec.Struct, frozen=True):
    """What a customer thought of a finished order: whole stars from 1 to 5."""

    id: UUID
    orden_id: UUID
    cliente: Persona
    tecnico: Persona | None
    estrellas: int
    comentario: str | None
    fecha: datetime


class Estrellas(msgspec.Struct, frozen=True):
    """How many ratings of each kind somebody has."""

    n1: int
    n2: int
    n3: int
    n4: int
    n5: int

    @property
    def counts(self) -> tuple[int, ...]:
        """From one star to five."""
        return self.n1, self.n2, self.n3, self.n4, self.n5


class Resumen(msgspec.Struct, frozen=True):
    """The overview: open orders without technician, under way, and without movement for five days."""

    sin_asignar: int
    en_ejecucion: int
    sin_movimiento: int


class Plan(msgspec.Struct, frozen=True):
    """A finished order whose maintenance is due again and again, and how far its visits are known.

    `ciclo` and `hasta` are the number and the date of the last one that is there, None when there is none yet;
    `hecha_hasta` is the date of the last one that was made, under whatever period.
    """

    orden_id: UUID
    cliente_id: UUID
    fecha_ejecucion: datetime
    periodicidad_meses: int
    ciclo: int | None
    hasta: datetime | None
    hecha_hasta: datetime | None


class Visita(msgspec.Struct, frozen=True):
    """A maintenance visit that is to be made."""

    id: UUID
    orden_id: UUID
    cliente: Persona
    tecnico: Persona | None
    servicio: ServicioDeOrden
    fecha_programada: datetime
    periodicidad_meses: int
