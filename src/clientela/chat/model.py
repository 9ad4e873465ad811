"""The words of the chat. Messages and sessions are called as on the wire, the same in every contract and frame."""

from datetime import datetime
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


class Sent(msgspec.Struct, frozen=True):
    """What became of a message: `created` is False for one that was there already."""

    message: MensajeChat = msgspec.field(name="mensaje")
    created: bool = msgspec.field(name="creado")
