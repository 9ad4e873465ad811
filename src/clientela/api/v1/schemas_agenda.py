"""What goes out of `/api/v1/tecnicos/{tecnico_id}/agenda`: all that a technician needs where there is no network."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from clientela.api.body import Consulta, Fecha
from clientela.core.textos import ADVERTENCIAS
from clientela.flows.plan_technician_day import Dia, Visita
from clientela.postventa.model import Estado, Nota, OrdenDelDia, OrdenOriginal, Persona, ServicioDeOrden, Tipo


class AgendaConsulta(Consulta):
    """Which day; none is today in the organisation's zone."""

    fecha: Fecha | None = None


class Ubicacion(msgspec.Struct, frozen=True):
    """A place, in degrees."""

    lat: float
    lng: float


class Contacto(msgspec.Struct, frozen=True):
    """Who is visited, and where he lives."""

    id: UUID
    nombre: str
    telefono: str | None
    correo: str | None
    direccion: str | None
    ciudad: str | None


class AvisoAgenda(msgspec.Struct, frozen=True):
    """Something that the day lacks."""

    code: str
    message: str


class OrdenAgenda(msgspec.Struct, frozen=True, kw_only=True):
    """A work order as its technician takes it along; `ubicacion` is null where nobody knows it."""

    id: UUID
    numero: int
    version: int
    estado: Estado
    tipo: Tipo
    servicio: ServicioDeOrden
    descripcion: str | None
    cliente: Contacto
    ubicacion: Ubicacion | None
    fecha_programada: datetime | None
    duracion_min: int
    iniciada_en: datetime | None
    fecha_ejecucion: datetime | None
    garantia_de: OrdenOriginal | None
    periodicidad_meses: int | None
    notas: Sequence[Nota]


class VisitaAgenda(OrdenAgenda, frozen=True, kw_only=True):
    """A visit of the day: its place in it, when it was or is planned, how far from the last known place."""

    orden: int
    llegada: datetime | None
    inicio: datetime | None
    salida: datetime | None
    kilometros: Decimal | None
    advertencias: Sequence[AvisoAgenda]


class AgendaSalida(msgspec.Struct, frozen=True):
    """A technician's day: `estado` is `planificada` where the planner arranged it, else `por_hora`."""

    fecha: date
    tecnico: Persona
    estado: str
    partida: Ubicacion | None
    kilometros: Decimal
    visitas: Sequence[VisitaAgenda]
    sin_fecha: Sequence[OrdenAgenda]
    advertencias: Sequence[AvisoAgenda]


def render(found: Dia) -> AgendaSalida:
    """Show a day as v1 does."""
    return AgendaSalida(
        found.fecha,
        found.tecnico,
        "planificada" if found.planificada else "por_hora",
        Ubicacion(*found.partida) if found.partida else None,
        found.kilometros,
        [_visit(number, one) for number, one in enumerate(found.visitas, 1)],
        [OrdenAgenda(**_order(one)) for one in found.sin_fecha],
        [_warning(code) for code in found.advertencias],
    )


def _visit(number: int, one: Visita) -> VisitaAgenda:
    warnings = [] if one.orden.cliente.latitud is not None else [_warning("sin_coordenadas")]
    if one.tarde:
        warnings.append(_warning("llega_tarde", minutos=one.tarde))
    return VisitaAgenda(
        orden=number,
        llegada=one.llegada,
        inicio=one.inicio,
        salida=one.salida,
        kilometros=one.kilometros,
        advertencias=warnings,
        **_order(one.orden),
    )


def _warning(code: str, **said: int) -> AvisoAgenda:
    return AvisoAgenda(code, ADVERTENCIAS[code].format(**said))


def _order(one: OrdenDelDia) -> dict[str, Any]:
    client = one.cliente
    known = client.latitud is not None and client.longitud is not None
    contact = Contacto(client.id, client.nombre, client.telefono, client.correo, client.direccion, one.ciudad)
    return {
        "cliente": contact,
        "ubicacion": Ubicacion(float(client.latitud), float(client.longitud)) if known else None,  # type: ignore[arg-type]
        **{
            name: getattr(one, name)
            for name in OrdenAgenda.__struct_fields__
            if name not in {"cliente", "ubicacion"}
        },
    }
