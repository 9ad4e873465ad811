"""`/clientes/{cliente_id}/preferencias`: what the customer's panel looks like (spec 1 §3)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.panel.schemas import PreferenciasEntrada, PreferenciasGuardadas, PreferenciasSalida
from clientela.core.textos import EXITOS
from clientela.panel import service
from clientela.panel.model import Preferencias

_PATH: Final = "/clientes/{cliente_id}/preferencias"
_SHOWN: Final = {
    "vista_activa": "catalogo",
    "configuraciones": {"notificaciones": True, "tema": "dark"},
    "fecha_actualizacion": "2026-11-20T14:03:27.512000Z",
}


def _fields(found: Preferencias) -> dict[str, Any]:
    return {
        "vista_activa": found.vista_activa,
        "configuraciones": found.configuraciones,
        "fecha_actualizacion": found.actualizado_en,
    }


@route(
    "GET",
    _PATH,
    response=PreferenciasSalida,
    errors=("cliente_no_encontrado",),
    summary="Leer las preferencias",
    example=_SHOWN,
)
async def read_preferences(call: Call) -> Reply:
    """Show the preferences; the defaults when none were saved."""
    return Reply(_fields(await service.read_preferences(call.db, call.path_uuid("cliente_id"))))


@route(
    "PUT",
    _PATH,
    body=PreferenciasEntrada,
    response=PreferenciasGuardadas,
    errors=("configuraciones_excesivas", "cliente_no_encontrado"),
    summary="Guardar preferencias: lo enviado se fusiona con lo guardado",
    body_example={"vista_activa": "catalogo", "configuraciones": {"tema": "light"}},
    example={"message": EXITOS["preferencias_guardadas"], **_SHOWN},
)
async def write_preferences(call: Call, body: PreferenciasEntrada) -> Reply:
    """Merge deeply into the preferences."""
    saved = await service.save_preferences(
        call.db, call.actor, call.path_uuid("cliente_id"), body.as_changes()
    )
    return Reply({"message": EXITOS["preferencias_guardadas"], **_fields(saved)})
