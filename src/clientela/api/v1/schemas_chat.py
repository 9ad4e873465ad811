"""What comes in and goes out of `/api/v1/chat`."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, StringConstraints

from clientela.api.body import (
    LINEA,
    Consulta,
    EntradaV1,
    Fecha,
    NoVacio,
    Pagina,
    Uuid,
    blank_is_default,
    day_begins,
    recortado,
    texto,
)
from clientela.chat import rules
from clientela.chat.model import (
    Cola,
    Estado,
    EstadoAgente,
    FiltroChat,
    Nota,
    Respuesta,
    SesionResumida,
)

_Texto: Any = recortado(rules.MAX_TEXT, rules.text_problem)
_Nombre: Any = texto(rules.MAX_CLIENT_ID, minimo=1)
_Atajo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50, pattern=LINEA), NoVacio]
_BLANK: Any = blank_is_default(None)


class RespuestaEntrada(EntradaV1):
    """What support answers."""

    message: _Texto
    client_message_id: _Nombre | None = Field(None, alias="clientMessageId")


class AsignarChatEntrada(EntradaV1):
    """Who gets a session."""

    agente_id: Uuid


class CalificarChatEntrada(EntradaV1):
    """What a customer thinks of a talk."""

    estrellas: int = Field(ge=1, le=5)
    comentario: Annotated[str, StringConstraints(max_length=2000)] | None = None


class NotaChatEntrada(EntradaV1):
    """Something that the customer does not see."""

    texto: Annotated[str, StringConstraints(max_length=2000), NoVacio]


class PresenciaEntrada(EntradaV1):
    """Whether the caller takes new sessions, and for how many he has room."""

    estado: EstadoAgente = Field(strict=False)
    capacidad: int | None = Field(None, ge=1, le=1000)


class AtajoEntrada(EntradaV1):
    """A canned reply."""

    atajo: _Atajo
    texto: _Texto


class AtajoCambios(EntradaV1):
    """Some fields of a canned reply."""

    atajo: _Atajo | None = None
    texto: _Texto | None = None
    version: int | None = Field(None, ge=0)


class MetricasConsulta(Consulta):
    """Which period and whose figures; the two days are both included."""

    desde: Annotated[Fecha | None, _BLANK] = None
    hasta: Annotated[Fecha | None, _BLANK] = None
    agente_id: Annotated[Uuid | None, _BLANK] = None
    formato: Annotated[Literal["json", "csv"], blank_is_default("json")] = "json"


class BandejaConsulta(Pagina):
    """Which part of the inbox."""

    cola: Annotated[Cola | None, _BLANK] = None


class SesionesConsulta(Pagina):
    """Which sessions; the two days are those on which they began, both included."""

    estado: Annotated[Estado | None, _BLANK] = None
    agente_id: Annotated[Uuid | None, _BLANK] = None
    cliente_id: Annotated[Uuid | None, _BLANK] = None
    desde: Annotated[Fecha | None, _BLANK] = None
    hasta: Annotated[Fecha | None, _BLANK] = None

    def as_filter(self, zone: ZoneInfo) -> FiltroChat:
        """Say it in the domain's words."""
        return FiltroChat(
            self.estado,
            self.agente_id,
            self.cliente_id,
            begins(self.desde, zone),
            begins(self.hasta and self.hasta + timedelta(days=1), zone),
        )


def begins(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant at which a day begins; None for none."""
    return day_begins(day, zone) if day else None


class SesionesPagina(msgspec.Struct):
    """One page of sessions."""

    items: tuple[SesionResumida, ...]
    total: int
    page: int
    per_page: int


class NotasPagina(msgspec.Struct):
    """One page of the notes on a session, oldest first."""

    items: tuple[Nota, ...]
    total: int
    page: int
    per_page: int


class RespuestasPagina(msgspec.Struct):
    """One page of canned replies."""

    items: tuple[Respuesta, ...]
    total: int
    page: int
    per_page: int
