"""`/api/v1/tecnicos/{tecnico_id}/agenda`: a technician's day in the order in which he drives it (CONTRACT §10)."""

from hashlib import sha256
from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_agenda import AgendaConsulta, AgendaSalida, render
from clientela.core.values import STRINGS
from clientela.flows import plan_technician_day

MYSELF: Final = "yo"
_ORDER: Final[dict[str, Any]] = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 12345,
    "version": 2,
    "estado": "ASIGNADA",
    "tipo": "NORMAL",
    "servicio": {
        "id": "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12",
        "numero": 3,
        "nombre": "Mantenimiento Preventivo",
    },
    "descripcion": "Dos cámaras no graban de noche",
    "cliente": {
        "id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
        "nombre": "Juan Pérez",
        "telefono": "7555-1234",
        "correo": "juan@example.com",
        "direccion": "Calle Principal 123",
        "ciudad": "La Paz",
    },
    "ubicacion": {"lat": -16.5, "lng": -68.13},
    "fecha_programada": "2026-12-01T14:00:00Z",
    "duracion_min": 60,
    "iniciada_en": None,
    "fecha_ejecucion": None,
    "garantia_de": None,
    "periodicidad_meses": None,
    "notas": [
        {"accion": "nota", "texto": "El portero tiene las llaves", "creado_en": "2026-11-20T14:03:27Z"}
    ],
}
_EXAMPLE: Final = {
    "fecha": "2026-12-01",
    "tecnico": {"id": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12", "nombre": "Carlos Martínez"},
    "estado": "por_hora",
    "partida": {"lat": -16.49, "lng": -68.12},
    "kilometros": "1.5",
    "visitas": [
        {
            **_ORDER,
            "orden": 1,
            "llegada": "2026-12-01T14:00:00Z",
            "inicio": "2026-12-01T14:00:00Z",
            "salida": "2026-12-01T15:00:00Z",
            "kilometros": "1.5",
            "advertencias": [],
        }
    ],
    "sin_fecha": [],
    "advertencias": [],
}


@route(
    "GET",
    "/api/v1/tecnicos/{tecnico_id}/agenda",
    query=AgendaConsulta,
    response=AgendaSalida,
    also=(304, None),
    errors=("tecnico_no_encontrado",),
    summary="El día de un técnico en el orden de su recorrido; yo, el propio",
    example=_EXAMPLE,
)
async def show_day(call: Call, query: AgendaConsulta) -> Reply:
    """Show a technician's day, his own to himself; 304 for who has it as it is."""
    ref = None if call.path["tecnico_id"] == MYSELF else call.path_id("tecnico_id")
    body = STRINGS.encode(render(await plan_technician_day.show(call.db, call.actor, ref, query.fecha)))
    headers = {"ETag": f'"{sha256(body).hexdigest()[:32]}"'}
    if call.header(b"if-none-match") == headers["ETag"]:
        return Reply(None, 304, headers)
    return Reply(body, headers=headers)
