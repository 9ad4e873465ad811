"""The words of the chat. Messages and sessions are called as on the wire, the same in every contract and frame."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Estado(StrEnum):
    """Where a session stands: it waits for support, is answered, is over."""

    PENDIENTE = "pending"
    ACTIVA = "active"
    CERRADA = "closed"


class Lado(StrEnum):
    """Whose message it is."""

    USUARIO = "user"
    SOPORTE = "support"


class MensajeChat(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "sesion_id": "sessionId",
        "texto": "message",
        "fecha": "timestamp",
        "leido": "isRead",
        "cliente_mensaje_id": "clientMessageId",
    },
):
    """One message; `seq` counts 1, 2, 3, … within its session, `leido`: the other side has read it.

    `cliente_mensaje_id` is what its author's device called it, None where it did not.
    """

    id: UUID
    sesion_id: UUID
    texto: str
    sender: Lado
    fecha: datetime
    leido: bool
    seq: int
    cliente_mensaje_id: str | None = None


class Sesion(
    msgspec.Struct,
    frozen=True,
    rename={
        "usuario_id": "userId",
        "estado": "status",
        "creado_en": "createdAt",
        "ultimo_mensaje_en": "lastMessageAt",
        "mensajes": "messages",
    },
):
    """A session with its latest messages, oldest first."""

    id: UUID
    usuario_id: UUID
    estado: Estado
    creado_en: datetime
    ultimo_mensaje_en: datetime
    mensajes: tuple[MensajeChat, ...]


class Persona(msgspec.Struct, frozen=True):
    """Somebody, by name."""

    id: UUID
    nombre: str


class SesionResumida(
    msgspec.Struct,
    frozen=True,
    rename={
        "usuario_id": "userId",
        "estado": "status",
        "creado_en": "createdAt",
        "ultimo_mensaje_en": "lastMessageAt",
        "sin_leer": "unread",
    },
):
    """A session as lists show it; `sin_leer` counts what the other side wrote and the reader's side has not read."""

    id: UUID
    numero: int
    usuario_id: UUID
    estado: Estado
    creado_en: datetime
    ultimo_mensaje_en: datetime
    cliente_id: UUID
    cliente: Persona
    agente_id: UUID | None
    agente: Persona | None
    cerrado_en: datetime | None
    sin_leer: int
    ultimo_mensaje: MensajeChat | None
    estrellas: int | None
    comentario: str | None
    version: int


class Pagina(msgspec.Struct, frozen=True):
    """One page of sessions, and how many there are in all."""

    items: tuple[SesionResumida, ...]
    total: int


class FiltroChat(msgspec.Struct, frozen=True):
    """Which sessions a list holds: None means any; `desde` and `hasta` are the bounds of their beginnings."""

    estado: Estado | None = None
    agente_id: UUID | None = None
    cliente_id: UUID | None = None
    desde: datetime | None = None
    hasta: datetime | None = None


class Cola(StrEnum):
    """Which part of an inbox is shown."""

    ESPERA = "espera"
    MIAS = "mias"


class EstadoAgente(StrEnum):
    """Whether somebody of support takes new sessions."""

    PRESENTE = "presente"
    AUSENTE = "ausente"


class Agente(msgspec.Struct, frozen=True):
    """Somebody who may have sessions: whether he is present, for how many he has room, how many he has."""

    usuario_id: UUID
    nombre: str
    estado: EstadoAgente
    capacidad: int
    sesiones: int


class Presencia(msgspec.Struct, frozen=True):
    """The caller's own presence, how many sessions wait for an agent, and the presence of all."""

    estado: EstadoAgente
    capacidad: int
    sesiones: int
    esperando: int
    agentes: tuple[Agente, ...]


class Nota(msgspec.Struct, frozen=True):
    """What support notes about a session; its customer never sees it."""

    id: UUID
    texto: str
    creado_en: datetime
    autor: Persona


class Respuesta(msgspec.Struct, frozen=True):
    """A canned reply: a text, and the short word by which it is found."""

    id: UUID
    atajo: str
    texto: str
    version: int
    creado_en: datetime
    actualizado_en: datetime


class PrimeraRespuesta(msgspec.Struct, frozen=True):
    """Seconds from a customer's first message to support's first answer; None where nobody was answered."""

    media_s: float | None
    mediana_s: float | None


class Dia(msgspec.Struct, frozen=True):
    """How many sessions began on a day."""

    fecha: date
    sesiones: int


class Satisfaccion(msgspec.Struct, frozen=True):
    """The mean of the stars, 0 where there are none, and how many customers gave some."""

    promedio: float
    total: int


class Metricas(msgspec.Struct, frozen=True):
    """The figures of a period: `tasa_resolucion` is the part of its sessions that were answered and are closed."""

    sesiones: int
    primera_respuesta: PrimeraRespuesta
    sesiones_por_dia: tuple[Dia, ...]
    mensajes_por_sesion: float
    tasa_resolucion: float
    satisfaccion: Satisfaccion


class Sent(msgspec.Struct, frozen=True):
    """What became of a message: `created` is False for one that was there already."""

    message: MensajeChat = msgspec.field(name="mensaje")
    created: bool = msgspec.field(name="creado")
