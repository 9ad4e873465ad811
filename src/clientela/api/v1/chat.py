"""`/api/v1/chat`: support's side of the chat (CONTRACT §9, §12)."""

from typing import Final
from uuid import UUID

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_chat import RespuestaEntrada
from clientela.chat import service
from clientela.chat.model import MensajeChat
from clientela.core.errors import NotFound
from clientela.core.ids import parse_uuid

_ID: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_ANSWERED: Final = {
    "id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "sessionId": _ID,
    "message": "Buen día, ¿en qué le ayudo?",
    "sender": "support",
    "timestamp": "2026-11-20T14:04:02.100000Z",
    "isRead": False,
    "seq": 2,
}


def _session(call: Call) -> UUID:
    """Read a session's identifier; one that cannot exist is not found."""
    found = parse_uuid(call.path["chat_id"])
    if found is None:
        raise NotFound("chat_no_encontrado")
    return found


@route(
    "POST",
    "/api/v1/chat/sesiones/{chat_id}/mensajes",
    body=RespuestaEntrada,
    response=MensajeChat,
    status=201,
    also=(200, MensajeChat),
    errors=("chat_no_encontrado", "chat_cerrado"),
    summary="Responder en una sesión de chat",
    body_example={"message": "Buen día, ¿en qué le ayudo?"},
    example=_ANSWERED,
)
async def answer(call: Call, body: RespuestaEntrada) -> Reply:
    """Answer a customer (soporte, admin); the first answer takes a waiting session over."""
    sent = await service.send(
        call.db, call.actor, body.message, session_id=_session(call), client_message_id=body.client_message_id
    )
    return Reply(sent.message, 201 if sent.created else 200)
