"""`/api/v1/clientes/…`: duplicates and their merging, a person's data handed out or erased (CONTRACT §4)."""

from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from clientela.api.body import EntradaV1, Pagina
from clientela.api.call import Call, Reply, route
from clientela.clientes import duplicates
from clientela.clientes.model import GrupoDuplicado
from clientela.clientes.personal import Ventanas
from clientela.core.ids import parse_uuid
from clientela.flows import erase_client, export_client, merge_clients

_LAST_ID: Final = 2**63 - 1


def _reference(value: Any) -> UUID | int:
    """Read an identifier that may be a UUID or a number."""
    found: UUID | int | None = parse_uuid(value) if isinstance(value, str) else None
    if isinstance(value, Decimal) and value == int(value):
        # JSON knows one kind of number: 12.0 is 12.
        value = int(value)
    if type(value) is int and 1 <= value <= _LAST_ID:
        found = value
    if found is None:
        raise PydanticCustomError("uuid_parsing", "")
    return found


class FusionEntrada(EntradaV1):
    """What is merged into the client of the path, by UUID or number, and how."""

    duplicado: Annotated[
        UUID | int,
        PlainValidator(_reference),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "format": "uuid"},
                    {"type": "integer", "minimum": 1, "maximum": _LAST_ID},
                ]
            }
        ),
    ]
    ventanas: Ventanas = "sobreviviente"
    cerrar_login: bool = False

    def as_wanted(self) -> merge_clients.Fusion:
        """Say it in the flow's words."""
        return merge_clients.Fusion(self.duplicado, self.ventanas, self.cerrar_login)


class DuplicadosPagina(msgspec.Struct):
    """One page of groups of records that may be of one client."""

    items: tuple[GrupoDuplicado, ...]
    total: int
    page: int
    per_page: int


class Anonimizado(msgspec.Struct):
    """What is left of an erased client."""

    cliente_id: UUID
    numero: int
    anonimizado_en: str | None


_ID: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_OTHER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a13"


@route(
    "GET",
    "/api/v1/clientes/duplicados",
    query=Pagina,
    response=DuplicadosPagina,
    summary="Registros que parecen del mismo cliente",
    example={
        "items": [
            {
                "por": "nit",
                "clientes": [
                    {
                        "id": _ID,
                        "numero": 12,
                        "nombre": "Tienda Rosa",
                        "nit": "1234567",
                        "telefono": "70000001",
                        "email": None,
                        "localidad": "Montero",
                    }
                ],
            }
        ],
        "total": 1,
        "page": 1,
        "per_page": 20,
    },
)
async def list_duplicates(call: Call, query: Pagina) -> Reply:
    """List groups of records with one phone, NIT or e-mail, or with names alike in one locality."""
    found = await duplicates.find_duplicates(call.db, call.actor, query.per_page, query.offset)
    return Reply(DuplicadosPagina(found.items, found.total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/clientes/{cliente_id}/fusionar",
    body=FusionEntrada,
    response=merge_clients.Fusionado,
    errors=("no_encontrado", "cliente_no_fusionable", "fusion_al_reves", "fusion_dos_logins"),
    summary="Fusionar un registro duplicado con este",
    body_example={"duplicado": _OTHER, "ventanas": "ambas"},
    example={
        "cliente_id": _ID,
        "numero": 12,
        "version": 3,
        "fusionado_id": _OTHER,
        "fusionado_numero": 31,
        "campos": ["email"],
        "lineas_de_carrito": 2,
        "login_cerrado": False,
    },
)
async def merge(call: Call, body: FusionEntrada) -> Reply:
    """Give everything of the duplicate to this client; asked for the duplicate, this one answers from then on."""
    return Reply(
        await merge_clients.merge_clients(call.db, call.actor, call.path_id("cliente_id"), body.as_wanted())
    )


@route(
    "GET",
    "/api/v1/clientes/{cliente_id}/exportacion",
    response=bytes,
    media_type="application/zip",
    errors=("no_encontrado",),
    summary="Todo lo que se sabe de un cliente, en un archivo ZIP",
)
async def export(call: Call) -> Reply:
    """Hand out everything about a client, his pictures too, to himself or an administrator."""
    client, pieces = await export_client.export_client(call.db, call.actor, call.path_id("cliente_id"))
    headers = {"Content-Disposition": f'attachment; filename="cliente-{client.numero}.zip"'}
    return Reply(pieces, headers=headers, content_type="application/zip")


@route(
    "POST",
    "/api/v1/clientes/{cliente_id}/anonimizar",
    response=Anonimizado,
    errors=("no_encontrado",),
    summary="Eliminar los datos personales de un cliente, para siempre",
    example={"cliente_id": _ID, "numero": 12, "anonimizado_en": "2026-11-20T14:03:27.512000Z"},
)
async def erase(call: Call) -> Reply:
    """Forget who a client was; his numbers stay in the books."""
    client = await erase_client.erase_client(call.db, call.actor, call.path_id("cliente_id"))
    return Reply({"cliente_id": client.id, "numero": client.numero, "anonimizado_en": client.anonimizado_en})
