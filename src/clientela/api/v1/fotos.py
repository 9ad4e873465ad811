"""`/api/v1/ordenes/{orden_id}/fotos`: photos of work orders, private as clients' images are (CONTRACT §10, §12)."""

from typing import Annotated, Final

from pydantic import StringConstraints

from clientela.api import served
from clientela.api.body import Consulta, EntradaV1, NoVacio, Pagina
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_fotos import FotoSalida, FotosPagina
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS
from clientela.postventa import photos
from clientela.postventa.model import Foto

_ORDER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_ID: Final = "0190a6b2-6666-7d3a-9b5f-2f4c6d8e0a12"
_SHOWN: Final = {
    "id": _ID,
    "orden_id": _ORDER,
    "url": f"https://ejemplo.bo/api/v1/ordenes/{_ORDER}/fotos/{_ID}?firma=Zm90bw&sesion={_ID}&vence=1795183707",
    "descripcion": "El disco que se cambió",
    "ancho": 1600,
    "alto": 1200,
    "subida_por": {"id": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12", "nombre": "Carlos Martínez"},
    "creado_en": "2026-12-01T15:05:00Z",
}


class FotoEntrada(EntradaV1):
    """What a photo shows."""

    descripcion: Annotated[str, StringConstraints(max_length=500), NoVacio] | None = None


class Enlace(Consulta):
    """What stands in a signed link instead of a header; whoever verifies the caller reads it."""

    firma: str | None = None
    sesion: str | None = None
    vence: str | None = None


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/fotos",
    body=FotoEntrada,
    body_optional=True,
    images=("foto",),
    response=FotoSalida,
    status=201,
    errors=("orden_no_encontrada", "imagen_invalida", "demasiadas_fotos", "sin_espacio"),
    summary="Subir una foto de una orden: JPEG, PNG o WebP, 5 MiB como máximo, 20 por orden",
    body_example={"descripcion": "El disco que se cambió"},
    example=_SHOWN,
)
async def add_photo(call: Call, body: FotoEntrada | None) -> Reply:
    """Add a photo (its technician, soporte, admin); `url` opens it for five minutes."""
    if "foto" not in call.files:
        raise Invalid.of("foto", CAMPOS["obligatorio"])
    described = body.descripcion if body else None
    made = await photos.add(call.db, call.actor, call.path_id("orden_id"), call.image("foto"), described)
    return Reply(_shown(call, made), 201)


@route(
    "GET",
    "/api/v1/ordenes/{orden_id}/fotos",
    query=Pagina,
    response=FotosPagina,
    errors=("orden_no_encontrada",),
    summary="Fotos de una orden, la primera primero; cada url sirve cinco minutos",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_photos(call: Call, query: Pagina) -> Reply:
    """List an order's photos, to whoever may see the order."""
    found, total = await photos.of_order(
        call.db, call.actor, call.path_id("orden_id"), query.per_page, query.offset
    )
    items = tuple(_shown(call, each) for each in found)
    return Reply(FotosPagina(items, total, query.page, query.per_page))


@route(
    "GET",
    "/api/v1/ordenes/{orden_id}/fotos/{foto_id}",
    query=Enlace,
    response=bytes,
    errors=("orden_no_encontrada", "imagen_no_encontrada"),
    summary="Ver una foto de una orden, con permiso o con un enlace firmado",
)
async def view_photo(call: Call) -> Reply:
    """Show a photo to whoever may see its order."""
    key, content = await photos.view(call.db, call.actor, call.path_id("orden_id"), call.path_uuid("foto_id"))
    return served.private_image(key, content)


@route(
    "DELETE",
    "/api/v1/ordenes/{orden_id}/fotos/{foto_id}",
    response=FotoSalida,
    errors=("orden_no_encontrada", "imagen_no_encontrada"),
    summary="Quitar una foto: quien la subió, o un administrador",
    example=_SHOWN | {"url": None},
)
async def remove_photo(call: Call) -> Reply:
    """Remove a photo and its file, and tell what it was."""
    gone = await photos.remove(call.db, call.actor, call.path_id("orden_id"), call.path_uuid("foto_id"))
    return Reply(FotoSalida.of(gone, None))


def _shown(call: Call, foto: Foto) -> FotoSalida:
    return FotoSalida.of(foto, photos.link(call.db, call.actor, foto))
