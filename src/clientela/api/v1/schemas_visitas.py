"""What comes in and goes out of `/api/v1/visitas`."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import StringConstraints

from clientela.api.body import EntradaV1, Instante, NoVacio, Pagina, Uuid, blank_is_default, in_zone
from clientela.postventa.visit_model import EstadoVisita, FiltroVisitas, MovimientoVisita, VisitaPlanificada

Texto = Annotated[str, StringConstraints(max_length=10_000), NoVacio]
_BLANK: Final = blank_is_default(None)


class VisitasConsulta(Pagina):
    """Which visits: by date (`desde` inclusive, `hasta` not), state, client, and the technician of their order."""

    desde: Annotated[Instante | None, _BLANK] = None
    hasta: Annotated[Instante | None, _BLANK] = None
    estado: Annotated[Literal["PENDIENTE", "HECHA", "REEMPLAZADA"] | None, _BLANK] = None
    cliente_id: Annotated[Uuid | None, _BLANK] = None
    tecnico_id: Annotated[Uuid | None, _BLANK] = None

    def as_filter(self, zone: ZoneInfo) -> FiltroVisitas:
        """Say it in the domain's words."""
        return FiltroVisitas(
            cliente_id=self.cliente_id,
            tecnico_id=self.tecnico_id,
            estado=EstadoVisita(self.estado) if self.estado else None,
            desde=self.desde and in_zone(self.desde, zone),
            hasta=self.hasta and in_zone(self.hasta, zone),
        )


class PosponerEntrada(EntradaV1):
    """When a visit is to be made instead, and why."""

    fecha_programada: Instante
    motivo: Texto


class OrdenDeVisitaEntrada(EntradaV1):
    """The work order of a visit; without a date, at the visit's."""

    fecha_programada: Instante | None = None
    tecnico_id: Uuid | None = None
    descripcion: Texto | None = None


class HechaEntrada(EntradaV1):
    """What is to be known of a visit that was made."""

    nota: Texto | None = None


class EnlaceEntrada(EntradaV1):
    """The token of the link in a reminder, which its page has after the `#`."""

    enlace: Annotated[str, StringConstraints(max_length=200)]


class MoverEntrada(EnlaceEntrada):
    """The date that suits the client, and why."""

    fecha_programada: Instante
    motivo: Annotated[str, StringConstraints(max_length=500), NoVacio] | None = None


class VisitaVista(VisitaPlanificada, frozen=True):
    """A maintenance visit; `vencida` when its date has passed and it was not made."""

    confirmada: bool
    vencida: bool

    @classmethod
    def of(cls, visit: VisitaPlanificada, now: datetime) -> "VisitaVista":
        """Say also what follows from its dates."""
        return cls(**_told(visit, now))


class VisitaCompleta(VisitaVista, frozen=True):
    """A visit with all that happened to it, oldest first."""

    movimientos: tuple[MovimientoVisita, ...]

    @classmethod
    def with_history(
        cls, visit: VisitaPlanificada, history: tuple[MovimientoVisita, ...], now: datetime
    ) -> "VisitaCompleta":
        """Put the history beside a visit's fields."""
        return cls(**_told(visit, now), movimientos=history)


def _told(visit: VisitaPlanificada, now: datetime) -> dict[str, Any]:
    return msgspec.structs.asdict(visit) | {
        "confirmada": visit.confirmada_en is not None,
        "vencida": visit.estado == EstadoVisita.PENDIENTE and visit.fecha_programada < now,
    }


class VisitasPagina(msgspec.Struct, frozen=True):
    """One page of visits."""

    items: tuple[VisitaVista, ...]
    total: int
    page: int
    per_page: int
