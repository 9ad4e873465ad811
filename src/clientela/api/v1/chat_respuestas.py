"""`/api/v1/chat/respuestas`: support's canned replies."""

from typing import Final
from uuid import UUID

from clientela.api.body import Pagina
from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_chat import AtajoCambios, AtajoEntrada, RespuestasPagina
from clientela.chat import replies
from clientela.chat.model import Respuesta
from clientela.core.errors import NotFound
from clientela.core.ids import parse_uuid

_ENTERED: Final = {"atajo": "horario", "texto": "Atendemos de lunes a viernes de 08:00 a 18:00."}
_SHOWN: Final = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    **_ENTERED,
    "version": 1,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "actualizado_en": "2026-11-20T14:03:27.512000Z",
}
_ALL: Final = "/api/v1/chat/respuestas"
_ONE: Final = f"{_ALL}/{{respuesta_id}}"


def _reply(call: Call) -> UUID:
    found = parse_uuid(call.path["respuesta_id"])
    if found is None:
        raise NotFound("respuesta_no_encontrada")
    return found


@route(
    "GET",
    _ALL,
    query=Pagina,
    response=RespuestasPagina,
    summary="Listar las respuestas preparadas, por su atajo",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_replies(call: Call, query: Pagina) -> Reply:
    """List the canned replies (soporte, admin)."""
    items, total = await replies.search(call.db, page=query.page, per_page=query.per_page)
    return Reply(RespuestasPagina(items, total, query.page, query.per_page))


@route(
    "POST",
    _ALL,
    body=AtajoEntrada,
    response=Respuesta,
    status=201,
    errors=("atajo_en_uso",),
    summary="Agregar una respuesta preparada",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def create_reply(call: Call, body: AtajoEntrada) -> Reply:
    """Add a canned reply (soporte, admin)."""
    made = await replies.create(call.db, call.actor, body.atajo, body.texto)
    return Reply(made, 201, etag(made.version))


@route(
    "PATCH",
    _ONE,
    body=AtajoCambios,
    response=Respuesta,
    errors=("respuesta_no_encontrada", "atajo_en_uso", "desactualizado"),
    summary="Modificar una respuesta preparada",
    body_example={"texto": "Atendemos de lunes a sábado."},
    example=_SHOWN | {"texto": "Atendemos de lunes a sábado.", "version": 2},
)
async def update_reply(call: Call, body: AtajoCambios) -> Reply:
    """Change a canned reply (soporte, admin)."""
    asked = call.if_match
    version = body.version if asked is None else asked
    written = await replies.update(call.db, call.actor, _reply(call), body.atajo, body.texto, version)
    return Reply(written, headers=etag(written.version))


@route(
    "DELETE",
    _ONE,
    response=Respuesta,
    errors=("respuesta_no_encontrada",),
    summary="Quitar una respuesta preparada",
    example=_SHOWN,
)
async def delete_reply(call: Call) -> Reply:
    """Remove a canned reply (soporte, admin) and show it a last time."""
    return Reply(await replies.delete(call.db, call.actor, _reply(call)))
