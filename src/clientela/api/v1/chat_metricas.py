"""`/api/v1/chat/metricas`: the chat's figures, as JSON or as a sheet (CONTRACT §9, §12)."""

from collections.abc import Iterator
from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_chat import MetricasConsulta
from clientela.chat import measures
from clientela.chat.model import Metricas
from clientela.core import spreadsheet
from clientela.organizacion import service as organizacion

_COLUMNS: Final = ("indicador", "fecha", "valor")
_HEADERS: Final = {"Content-Disposition": 'attachment; filename="metricas-chat.csv"'}


@route(
    "GET",
    "/api/v1/chat/metricas",
    query=MetricasConsulta,
    response=Metricas,
    summary="Métricas del chat de un período, de todos o de un agente; con formato=csv, como hoja",
    example={
        "sesiones": 2,
        "primera_respuesta": {"media_s": 41.25, "mediana_s": 41.25},
        "sesiones_por_dia": [{"fecha": "2026-11-19", "sesiones": 0}, {"fecha": "2026-11-20", "sesiones": 2}],
        "mensajes_por_sesion": 7.5,
        "tasa_resolucion": 0.5,
        "satisfaccion": {"promedio": 5, "total": 1},
    },
)
async def read_metrics(call: Call, query: MetricasConsulta) -> Reply:
    """Show the figures of the sessions that began within a period (soporte, admin)."""
    zone = await organizacion.zona(call.db)
    found = await measures.measure(
        call.db, zone, first=query.desde, last=query.hasta, agent_id=query.agente_id
    )
    if query.formato == "json":
        return Reply(found)
    sheet = spreadsheet.write(_COLUMNS, _rows(found), head=True)
    return Reply(sheet, headers=_HEADERS, content_type="text/csv; charset=utf-8")


def _rows(found: Metricas) -> Iterator[tuple[str, str, str]]:
    """Say each figure in a row of its own, those of a day with its date; what nobody knows is blank."""
    totals = {
        "sesiones": found.sesiones,
        "primera_respuesta_media_s": found.primera_respuesta.media_s,
        "primera_respuesta_mediana_s": found.primera_respuesta.mediana_s,
        "mensajes_por_sesion": found.mensajes_por_sesion,
        "tasa_resolucion": found.tasa_resolucion,
        "satisfaccion_promedio": found.satisfaccion.promedio,
        "satisfaccion_total": found.satisfaccion.total,
    }
    for name, value in totals.items():
        yield name, "", "" if value is None else str(value)
    for day in found.sesiones_por_dia:
        yield "sesiones_por_dia", day.fecha.isoformat(), str(day.sesiones)
