"""`/clientes/{cliente_id}/auto-guardar`: everything that the panel saves by itself, at once (spec 1 §6)."""

from clientela.api.call import Call, Reply, route
from clientela.api.panel.schemas import AutoguardadoEntrada, AutoguardadoSalida, Versiones, lost_lines
from clientela.core.textos import EXITOS
from clientela.panel import rules, service


@route(
    "POST",
    "/clientes/{cliente_id}/auto-guardar",
    body=AutoguardadoEntrada,
    response=AutoguardadoSalida,
    errors=("carrito_invalido", "configuraciones_excesivas", "cliente_no_encontrado"),
    summary="Auto-guardar carrito, borradores y preferencias en una sola llamada",
    body_example={
        "carrito": {
            "items": [{"itemId": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12", "cantidad": 2}],
            "version": 3,
        },
        "borradores": {"reclamo": {"titulo": "Llegó roto", "descripcion": "La caja"}, "soporte": None},
        "preferencias": None,
    },
    example={
        "message": EXITOS["auto_guardado"],
        "carrito_actualizado": True,
        "borradores_actualizados": False,
        "preferencias_actualizadas": False,
        "versiones": {"carrito": 4, "reclamo": 7, "soporte": None},
        "conflictos": ["borradores.reclamo"],
    },
)
async def autosave(call: Call, body: AutoguardadoEntrada) -> Reply:
    """Save what was sent, in one transaction; stale parts stay and are named."""
    asked = body.as_request(call.if_match)
    done = await service.autosave(call.db, call.actor, call.path_uuid("cliente_id"), asked)
    return Reply(
        AutoguardadoSalida(
            EXITOS["auto_guardado"],
            *rules.saved_sections(asked, done),
            Versiones(**done.versiones),
            rules.section_paths(done.conflictos),
            lost_lines(done.perdidas),
        )
    )
