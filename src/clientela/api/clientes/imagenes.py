"""`/api/clientes/{cliente_id}/imagenes/{campo}`: a client's images, for whom they concern (CONTRACT §4, §12)."""

from clientela.api import served
from clientela.api.body import Consulta
from clientela.api.call import Call, Reply, route
from clientela.clientes import service


class Enlace(Consulta):
    """What stands in a signed link instead of a header; whoever verifies the caller reads it."""

    firma: str | None = None
    sesion: str | None = None
    vence: str | None = None


@route(
    "GET",
    "/api/clientes/{cliente_id}/imagenes/{campo}",
    query=Enlace,
    response=bytes,
    errors=("imagen_no_encontrada",),
    summary="Ver una imagen: foto_perfil, ci_anverso o ci_reverso; con permiso o con un enlace firmado",
)
async def read_image(call: Call) -> Reply:
    """Show an image; an identity card to its owner and administrators only, and each time it is written down.

    A HEAD shows nothing, so nothing is written down.
    """
    key, content = await service.view_image(
        call.db,
        call.actor,
        call.path_id("cliente_id"),
        call.path["campo"],
        shown=call.scope["method"] == "GET",
    )
    return served.private_image(key, content)
