"""`/api/v1/tokens`: personal access tokens for integrations, for administrators (CONTRACT §2, §12)."""

from collections.abc import Sequence
from typing import Final

from clientela.api import permisos
from clientela.api.body import Pagina, in_zone
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_auth import TokenCreado, TokenEntrada, TokensPagina
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS
from clientela.identidad import personal_tokens
from clientela.identidad.model import TokenPersonal
from clientela.organizacion import service as organizacion

_SHOWN: Final = {
    "id": 3,
    "nombre": "Contabilidad",
    "usuario_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "habilidades": ["productos:leer"],
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "expira_en": "2027-11-20T00:00:00Z",
    "revocado_en": None,
}


def check_abilities(abilities: Sequence[str]) -> None:
    """Refuse abilities that no route asks for: Invalid names each."""
    areas = permisos.areas()
    known = {"*", *areas, *(f"{area}:{verb}" for area in areas for verb in ("leer", "escribir"))}
    wrong = {
        f"habilidades.{number}": [CAMPOS["habilidad_desconocida"]]
        for number, ability in enumerate(abilities)
        if ability not in known
    }
    if wrong:
        raise Invalid(wrong)


@route(
    "POST",
    "/api/v1/tokens",
    body=TokenEntrada,
    response=TokenCreado,
    status=201,
    errors=("requiere_sesion",),
    summary="Crear un token de acceso personal; se muestra una sola vez",
    body_example={
        "nombre": "Contabilidad",
        "habilidades": ["productos:leer"],
        "expira_en": "2027-11-20T00:00:00Z",
    },
    example={"id": 3, "token": "3|Zk3v8QyT1mWc5RjH7xNbP2sLdF9gUeA4oKiXqMtVwYz"},
)
async def create_token(call: Call, body: TokenEntrada) -> Reply:
    """Make a token of the caller's own for an integration."""
    check_abilities(body.habilidades)
    expires = body.expira_en
    if expires is not None and expires.tzinfo is None:
        expires = in_zone(expires, await organizacion.zona(call.db))
    number, token = await personal_tokens.create_token(
        call.db, call.actor, body.nombre, body.habilidades, expires
    )
    return Reply(TokenCreado(number, token), 201)


@route(
    "GET",
    "/api/v1/tokens",
    query=Pagina,
    response=TokensPagina,
    summary="Tokens de acceso personales",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_tokens(call: Call, query: Pagina) -> Reply:
    """List all tokens, also revoked ones, newest first; never their secrets."""
    items, total = await personal_tokens.list_tokens(call.db, query.per_page, query.offset)
    return Reply(TokensPagina(items, total, query.page, query.per_page))


@route(
    "DELETE",
    "/api/v1/tokens/{token_id}",
    response=TokenPersonal,
    errors=("no_encontrado",),
    summary="Revocar un token de acceso personal",
    example={**_SHOWN, "revocado_en": "2026-11-21T09:00:00Z"},
)
async def revoke_token(call: Call) -> Reply:
    """Revoke a token for good."""
    return Reply(await personal_tokens.revoke_token(call.db, call.actor, call.path_int("token_id")))
