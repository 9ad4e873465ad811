"""`/api/chat/…`: a customer's talk with support (spec 3, CONTRACT §9)."""

from typing import Any, Final
from uuid import UUID

from clientela.api.call import Call, Reply, route
from clientela.api.chat.schemas import (
    Hecho,
    MensajeEntrada,
    MensajeSalida,
    MensajesConsulta,
    MensajesSalida,
    SesionCreada,
    SesionSalida,
)
from clientela.chat import service
from clientela.core.errors import NotFound
from clientela.core.ids import parse_uuid
from clientela.core.textos import EXITOS

_ID: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_SENT: Final = {
    "id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "sessionId": _ID,
    "message": "Hola, necesito ayuda",
    "sender": "user",
    "timestamp": "2026-11-20T14:03:27.512000Z",
    "isRead": False,
    "seq": 1,
}
_OPENED: Final[dict[str, Any]] = {
    "id": _ID,
    "userId": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "status": "pending",
    "createdAt": "2026-11-20T14:03:20.100000Z",
    "lastMessageAt": "2026-11-20T14:03:20.100000Z",
    "messages": [],
}
_SHOWN: Final = {**_OPENED, "lastMessageAt": _SENT["timestamp"], "messages": [_SENT]}
_SESSION: Final = "/api/chat/session/{chat_id}"
_ACCESS: Final = ("chat_no_encontrado", "chat_ajeno")


def _told(name: str, data: Any = None) -> dict[str, Any]:
    return {"success": True, "data": data, "message": EXITOS[name]}


def _done(name: str) -> dict[str, Any]:
    return {"success": True, "message": EXITOS[name]}


def _session(text: str) -> UUID:
    """Read a session's identifier; one that cannot exist is not found."""
    found = parse_uuid(text)
    if found is None:
        raise NotFound("chat_no_encontrado")
    return found


@route(
    "GET",
    "/api/chat/session/active",
    response=SesionSalida,
    summary="Leer la sesión de chat abierta, o null",
    example=_told("chat_leido", _SHOWN),
)
async def read_active(call: Call) -> Reply:
    """Show the caller's open session with its latest 100 messages (spec 3 §1)."""
    return Reply(_told("chat_leido", await service.active(call.db, call.actor)))


@route(
    "POST",
    "/api/chat/session",
    response=SesionCreada,
    status=201,
    errors=("chat_abierto", "cliente_no_encontrado"),
    summary="Abrir una sesión de chat",
    example=_told("chat_creado", _OPENED),
)
async def open_session(call: Call) -> Reply:
    """Open a session; who has one gets its identifier with the refusal (spec 3 §2)."""
    return Reply(_told("chat_creado", await service.open_session(call.db, call.actor)), 201)


@route(
    "GET",
    f"{_SESSION}/messages",
    query=MensajesConsulta,
    response=MensajesSalida,
    errors=_ACCESS,
    summary="Leer los mensajes de una sesión: los últimos 500, o desde `after`",
    example=_told("mensajes_leidos", [_SENT]),
)
async def read_messages(call: Call, query: MensajesConsulta) -> Reply:
    """Show messages, oldest first (spec 3 §3)."""
    session_id = _session(call.path["chat_id"])
    found = await service.messages(call.db, call.actor, session_id, after=query.after, limit=query.limit)
    return Reply(_told("mensajes_leidos", found))


@route(
    "POST",
    "/api/chat/message",
    body=MensajeEntrada,
    response=MensajeSalida,
    status=201,
    also=(200, MensajeSalida),
    errors=(*_ACCESS, "chat_cerrado", "demasiados_mensajes"),
    summary="Enviar un mensaje a soporte",
    body_example={"message": "Hola, necesito ayuda"},
    example=_told("mensaje_enviado", _SENT),
)
async def send(call: Call, body: MensajeEntrada) -> Reply:
    """Send a message (spec 3 §4); one that was sent already under its `clientMessageId` is answered 200."""
    session_id = None if body.session_id is None else _session(body.session_id)
    sent = await service.send(
        call.db, call.actor, body.message, session_id=session_id, client_message_id=body.client_message_id
    )
    return Reply(_told("mensaje_enviado", sent.message), 201 if sent.created else 200)


@route(
    "PATCH",
    f"{_SESSION}/close",
    response=Hecho,
    errors=_ACCESS,
    summary="Cerrar una sesión de chat",
    example=_done("chat_cerrado"),
)
async def close(call: Call) -> Reply:
    """Close a session; a closed one stays closed (spec 3 §5)."""
    await service.close(call.db, call.actor, _session(call.path["chat_id"]))
    return Reply(_done("chat_cerrado"))


@route(
    "PATCH",
    f"{_SESSION}/mark-read",
    response=Hecho,
    errors=_ACCESS,
    summary="Marcar como leído lo que escribió la otra parte",
    example=_done("chat_leido_marcado"),
)
async def mark_read(call: Call) -> Reply:
    """Mark all messages of the other side as read (spec 3 §6)."""
    await service.mark_read(call.db, call.actor, _session(call.path["chat_id"]))
    return Reply(_done("chat_leido_marcado"))
