"""`/api/v1/chat`: support's side of the chat, and a customer's own history (CONTRACT §9, §12)."""

from typing import Any, Final
from uuid import UUID

from clientela.api.body import Pagina as Page
from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_chat import (
    AsignarChatEntrada,
    BandejaConsulta,
    CalificarChatEntrada,
    NotaChatEntrada,
    NotasPagina,
    PresenciaEntrada,
    RespuestaEntrada,
    SesionesConsulta,
    SesionesPagina,
)
from clientela.chat import agents, inbox, service
from clientela.chat.model import MensajeChat, Nota, Pagina, Presencia, SesionResumida
from clientela.core.errors import NotFound
from clientela.core.ids import parse_uuid
from clientela.organizacion import service as organizacion

_ID: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_AGENT: Final = "0190a6b2-4444-7d3a-9b5f-2f4c6d8e0a12"
_ANSWERED: Final = {
    "id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "sessionId": _ID,
    "message": "Buen día, ¿en qué le ayudo?",
    "sender": "support",
    "timestamp": "2026-11-20T14:04:02.100000Z",
    "isRead": False,
    "seq": 2,
}
_SHOWN: Final[dict[str, Any]] = {
    "id": _ID,
    "numero": 7,
    "userId": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "status": "active",
    "createdAt": "2026-11-20T14:03:20.100000Z",
    "lastMessageAt": "2026-11-20T14:04:02.100000Z",
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "cliente": {"id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12", "nombre": "Juan Pérez"},
    "agente_id": _AGENT,
    "agente": {"id": _AGENT, "nombre": "Sofía Soporte"},
    "cerrado_en": None,
    "unread": 0,
    "ultimo_mensaje": _ANSWERED,
    "estrellas": None,
    "comentario": None,
    "version": 2,
}
_RATED: Final = {
    **_SHOWN,
    "status": "closed",
    "cerrado_en": "2026-11-20T14:20:00Z",
    "estrellas": 5,
    "comentario": "Muy amables",
    "version": 4,
}
_NOTE: Final = {
    "id": "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12",
    "texto": "Pide factura a nombre de la empresa",
    "creado_en": "2026-11-20T14:05:00Z",
    "autor": {"id": _AGENT, "nombre": "Sofía Soporte"},
}
_PRESENT: Final = {
    "estado": "presente",
    "capacidad": 5,
    "sesiones": 2,
    "esperando": 0,
    "agentes": [
        {"usuario_id": _AGENT, "nombre": "Sofía Soporte", "estado": "presente", "capacidad": 5, "sesiones": 2}
    ],
}
_ONE: Final = "/api/v1/chat/sesiones/{chat_id}"


def _session(call: Call) -> UUID:
    """Read a session's identifier; one that cannot exist is not found."""
    found = parse_uuid(call.path["chat_id"])
    if found is None:
        raise NotFound("chat_no_encontrado")
    return found


def _page(found: Pagina, query: BandejaConsulta | SesionesConsulta) -> Reply:
    return Reply(SesionesPagina(found.items, found.total, query.page, query.per_page))


def _answer(found: SesionResumida) -> Reply:
    return Reply(found, headers=etag(found.version))


@route(
    "GET",
    "/api/v1/chat/bandeja",
    query=BandejaConsulta,
    response=SesionesPagina,
    summary="Lo que espera respuesta, lo más antiguo primero, y las sesiones propias abiertas",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def read_inbox(call: Call, query: BandejaConsulta) -> Reply:
    """Show what waits for support and what the caller has (soporte, admin)."""
    found = await inbox.inbox(call.db, call.actor, query.cola, page=query.page, per_page=query.per_page)
    return _page(found, query)


@route(
    "GET",
    "/api/v1/chat/sesiones",
    query=SesionesConsulta,
    response=SesionesPagina,
    summary="Listar sesiones de chat: el cliente las suyas, soporte todas",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_sessions(call: Call, query: SesionesConsulta) -> Reply:
    """List sessions, the latest first; a customer's own history."""
    wanted = query.as_filter(await organizacion.zona(call.db))
    found = await inbox.search(call.db, call.actor, wanted, page=query.page, per_page=query.per_page)
    return _page(found, query)


@route(
    "GET",
    _ONE,
    response=SesionResumida,
    errors=("chat_no_encontrado",),
    summary="Leer una sesión de chat, sin sus mensajes",
    example=_SHOWN,
)
async def read_session(call: Call) -> Reply:
    """Show a session; a foreign one is not there."""
    return _answer(await inbox.session(call.db, call.actor, _session(call)))


@route(
    "DELETE",
    _ONE,
    response=SesionResumida,
    errors=("chat_no_encontrado",),
    summary="Retirar una sesión de chat de la vista de todos",
    example=_SHOWN | {"status": "closed", "cerrado_en": "2026-11-20T14:20:00Z"},
)
async def delete_session(call: Call) -> Reply:
    """Take a session out of sight (admin) and show it a last time."""
    return _answer(await inbox.delete(call.db, call.actor, _session(call)))


@route(
    "POST",
    f"{_ONE}/mensajes",
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


@route(
    "POST",
    f"{_ONE}/asignar",
    body=AsignarChatEntrada,
    response=SesionResumida,
    errors=("chat_no_encontrado", "agente_no_encontrado", "chat_cerrado", "desactualizado"),
    summary="Dar una sesión de chat a alguien de soporte, o pasarla a otro",
    body_example={"agente_id": _AGENT},
    example=_SHOWN,
)
async def assign(call: Call, body: AsignarChatEntrada) -> Reply:
    """Give a session to somebody of support, oneself too (soporte, admin)."""
    return _answer(await agents.assign(call.db, call.actor, _session(call), body.agente_id, call.if_match))


@route(
    "POST",
    f"{_ONE}/calificar",
    body=CalificarChatEntrada,
    response=SesionResumida,
    errors=("chat_no_encontrado", "chat_sin_cerrar", "chat_calificado"),
    summary="Calificar una sesión de chat terminada, de 1 a 5 estrellas",
    body_example={"estrellas": 5, "comentario": "Muy amables"},
    example=_RATED,
)
async def rate(call: Call, body: CalificarChatEntrada) -> Reply:
    """Rate a session that is over (its customer), once."""
    return _answer(await inbox.rate(call.db, call.actor, _session(call), body.estrellas, body.comentario))


@route(
    "GET",
    f"{_ONE}/notas",
    query=Page,
    response=NotasPagina,
    errors=("chat_no_encontrado",),
    summary="Leer las notas internas de una sesión de chat",
    example={"items": [_NOTE], "total": 1, "page": 1, "per_page": 20},
)
async def list_notes(call: Call, query: Page) -> Reply:
    """Show the notes on a session (soporte, admin)."""
    found = await inbox.notes(call.db, call.actor, _session(call))
    shown = found[query.offset : query.offset + query.per_page]
    return Reply(NotasPagina(shown, len(found), query.page, query.per_page))


@route(
    "POST",
    f"{_ONE}/notas",
    body=NotaChatEntrada,
    response=Nota,
    status=201,
    errors=("chat_no_encontrado",),
    summary="Anotar algo que el cliente no ve",
    body_example={"texto": _NOTE["texto"]},
    example=_NOTE,
)
async def add_note(call: Call, body: NotaChatEntrada) -> Reply:
    """Note something about a session (soporte, admin)."""
    return Reply(await inbox.note(call.db, call.actor, _session(call), body.texto), 201)


@route(
    "GET",
    "/api/v1/chat/presencia",
    response=Presencia,
    summary="Leer la presencia propia y la de todo soporte",
    example=_PRESENT,
)
async def read_presence(call: Call) -> Reply:
    """Show who takes new sessions, and how many wait (soporte, admin)."""
    return Reply(await agents.presence(call.db, call.actor))


@route(
    "PUT",
    "/api/v1/chat/presencia",
    body=PresenciaEntrada,
    response=Presencia,
    summary="Decir si se reciben sesiones nuevas, y cuántas a la vez",
    body_example={"estado": "presente", "capacidad": 5},
    example=_PRESENT,
)
async def set_presence(call: Call, body: PresenciaEntrada) -> Reply:
    """Become present or absent (soporte, admin); who goes absent keeps his sessions."""
    return Reply(await agents.set_presence(call.db, call.actor, body.estado, body.capacidad))
