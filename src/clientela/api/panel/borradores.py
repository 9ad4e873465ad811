"""`/clientes/{cliente_id}/borradores`: the drafts of claims and support messages (spec 1 §2)."""

from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.panel.schemas import (
    Aviso,
    BorradorEntrada,
    BorradoresSalida,
    BorradorGuardadoSalida,
    drafts_out,
)
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS, EXITOS
from clientela.panel import service
from clientela.panel.model import TipoBorrador

_PATH: Final = "/clientes/{cliente_id}/borradores/{tipo}"
_WHEN: Final = "2026-11-20T14:03:27.512000Z"


def _tipo(call: Call) -> TipoBorrador:
    try:
        return TipoBorrador(call.path["tipo"])
    except ValueError as error:
        raise Invalid.of("tipo", CAMPOS["borrador_desconocido"]) from error


@route(
    "GET",
    "/clientes/{cliente_id}/borradores",
    response=BorradoresSalida,
    errors=("cliente_no_encontrado",),
    summary="Leer los borradores",
    example={
        "reclamo": {
            "titulo": "Llegó roto",
            "descripcion": "La caja estaba",
            "version": 3,
            "fecha_actualizacion": _WHEN,
        },
        "soporte": None,
    },
)
async def read_drafts(call: Call) -> Reply:
    """Show both drafts; null where there is none."""
    return Reply(drafts_out(await service.read_drafts(call.db, call.path_uuid("cliente_id"))))


@route(
    "PUT",
    _PATH,
    body=BorradorEntrada,
    response=BorradorGuardadoSalida,
    errors=("datos_invalidos", "borrador_enviado", "version_anterior", "cliente_no_encontrado"),
    summary="Guardar un borrador (reclamo: titulo, descripcion; soporte: asunto, mensaje)",
    body_example={"titulo": "Llegó roto", "descripcion": "La caja estaba"},
    example={
        "message": EXITOS["borrador_guardado"],
        "tipo": "reclamo",
        "version": 3,
        "fecha_actualizacion": _WHEN,
    },
)
async def write_draft(call: Call, body: BorradorEntrada) -> Reply:
    """Replace one draft whole."""
    tipo = _tipo(call)
    saved = await service.save_draft(
        call.db, call.actor, call.path_uuid("cliente_id"), tipo, body.as_draft(tipo)
    )
    return Reply(
        BorradorGuardadoSalida(EXITOS["borrador_guardado"], tipo, saved.version, saved.actualizado_en)
    )


@route(
    "DELETE",
    _PATH,
    response=Aviso,
    errors=("datos_invalidos", "cliente_no_encontrado"),
    summary="Eliminar un borrador",
    example={"message": EXITOS["borrador_eliminado"]},
)
async def delete_draft(call: Call) -> Reply:
    """Discard one draft; once more does no harm."""
    await service.delete_draft(call.db, call.actor, call.path_uuid("cliente_id"), _tipo(call))
    return Reply(Aviso(EXITOS["borrador_eliminado"]))
