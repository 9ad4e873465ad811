"""`/api/v1/visitas`: what happens to a maintenance visit after it is there (CONTRACT §10)."""

from typing import Any, Final

from clientela.api.body import in_zone
from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_ordenes import OrdenAgendada
from clientela.api.v1.schemas_visitas import (
    HechaEntrada,
    OrdenDeVisitaEntrada,
    PosponerEntrada,
    VisitaCompleta,
    VisitasConsulta,
    VisitasPagina,
    VisitaVista,
)
from clientela.organizacion import service as organizacion
from clientela.postventa import visits
from clientela.postventa.visit_model import VisitaPlanificada

_ID: Final = "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12"
_ORDER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_CLIENT: Final = "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12"
_TECHNICIAN: Final = "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12"
_SERVICE: Final = "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12"
_MADE: Final = "0190a6b2-6666-7d3a-9b5f-2f4c6d8e0a12"
_SHOWN: Final[dict[str, Any]] = {
    "id": _ID,
    "orden_id": _ORDER,
    "orden_numero": 12345,
    "cliente": {"id": _CLIENT, "nombre": "Juan Pérez"},
    "tecnico": {"id": _TECHNICIAN, "nombre": "Carlos Martínez"},
    "servicio_id": _SERVICE,
    "servicio": {"id": _SERVICE, "numero": 3, "nombre": "Mantenimiento Preventivo"},
    "estado": "PENDIENTE",
    "periodicidad_meses": 6,
    "ciclo": 1,
    "fecha_programada": "2026-12-10T14:00:00Z",
    "fecha_original": "2026-12-01T14:00:00Z",
    "confirmada": False,
    "confirmada_en": None,
    "vencida": False,
    "hecha_en": None,
    "orden_generada_id": None,
    "version": 2,
    "creado_en": "2026-06-01T14:03:27Z",
}
_ORDER_MADE: Final = {
    "id": _MADE,
    "numero": 12391,
    "cliente_id": _CLIENT,
    "cliente": {
        "id": _CLIENT,
        "nombre": "Juan Pérez",
        "correo": "juan@example.com",
        "telefono": "7555-1234",
        "direccion": "Calle Principal 123",
        "latitud": "-16.500000",
        "longitud": "-68.130000",
    },
    "servicio_id": _SERVICE,
    "servicio": _SHOWN["servicio"],
    "tecnico_id": _TECHNICIAN,
    "tecnico": _SHOWN["tecnico"],
    "tipo": "NORMAL",
    "estado": "ASIGNADA",
    "descripcion": None,
    "garantia_de": None,
    "raiz_id": None,
    "visita_id": _ID,
    "garantia_meses": 12,
    "duracion_min": 60,
    "periodicidad_meses": None,
    "fecha_programada": "2026-12-10T14:00:00Z",
    "iniciada_en": None,
    "fecha_ejecucion": None,
    "ultimo_movimiento_en": "2026-11-20T14:03:27Z",
    "version": 1,
    "creado_en": "2026-11-20T14:03:27Z",
    "advertencias": [],
}
_ERRORS: Final = ("visita_no_encontrada", "visita_cerrada", "visita_con_orden")


@route(
    "GET",
    "/api/v1/visitas",
    query=VisitasConsulta,
    response=VisitasPagina,
    summary="Listar las visitas de mantenimiento: cada cliente las suyas, cada técnico las de sus órdenes",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_visits(call: Call, query: VisitasConsulta) -> Reply:
    """List maintenance visits, the earliest first."""
    wanted = query.as_filter(await organizacion.zona(call.db))
    page, per_page = query.page, query.per_page
    found, total = await visits.search(call.db, call.actor, wanted, page=page, per_page=per_page)
    now = call.db.now()
    return Reply(VisitasPagina(tuple(VisitaVista.of(each, now) for each in found), total, page, per_page))


@route(
    "GET",
    "/api/v1/visitas/{visita_id}",
    response=VisitaCompleta,
    errors=("visita_no_encontrada",),
    summary="Leer una visita de mantenimiento y su historia",
    example={
        **_SHOWN,
        "movimientos": [
            {
                "accion": "pospuesta",
                "de": "2026-12-01T14:00:00Z",
                "a": "2026-12-10T14:00:00Z",
                "motivo": "El cliente viaja",
                "actor_id": "0190a6b2-4444-7d3a-9b5f-2f4c6d8e0a12",
                "creado_en": "2026-11-20T14:03:27Z",
            }
        ],
    },
)
async def read_visit(call: Call) -> Reply:
    """Show a visit and what happened to it: by whom, from which date to which, why; a foreign one is not there."""
    visit, history = await visits.read(call.db, call.actor, call.path_uuid("visita_id"))
    shown = VisitaCompleta.with_history(visit, history, call.db.now())
    return Reply(shown, headers=etag(shown.version))


@route(
    "POST",
    "/api/v1/visitas/{visita_id}/posponer",
    body=PosponerEntrada,
    response=VisitaVista,
    errors=(*_ERRORS, "desactualizado"),
    summary="Posponer una visita; las siguientes no se mueven",
    body_example={"fecha_programada": "2026-12-10T14:00:00Z", "motivo": "El cliente viaja"},
    example=_SHOWN,
)
async def postpone(call: Call, body: PosponerEntrada) -> Reply:
    """Put a visit off to another date in the future (admin, soporte)."""
    moved = await visits.postpone(
        call.db,
        call.actor,
        call.path_uuid("visita_id"),
        in_zone(body.fecha_programada, await organizacion.zona(call.db)),
        body.motivo,
        call.if_match,
    )
    return _answer(call, moved)


@route(
    "POST",
    "/api/v1/visitas/{visita_id}/orden",
    body=OrdenDeVisitaEntrada,
    body_optional=True,
    response=OrdenAgendada,
    status=201,
    errors=(
        *_ERRORS,
        "cliente_no_encontrado",
        "tecnico_no_encontrado",
        "servicio_retirado",
        "tecnico_ocupado",
    ),
    summary="Crear la orden de trabajo de una visita, una sola vez",
    body_example={"fecha_programada": "2026-12-10T14:00:00Z", "tecnico_id": _TECHNICIAN},
    example=_ORDER_MADE,
)
async def make_order(call: Call, body: OrdenDeVisitaEntrada | None) -> Reply:
    """Make the work order of a visit (admin, soporte); its end makes the visit done, its cancellation frees it."""
    wanted = body or OrdenDeVisitaEntrada()
    fecha = wanted.fecha_programada
    made = await visits.make_order(
        call.db,
        call.actor,
        call.path_uuid("visita_id"),
        fecha=fecha and in_zone(fecha, await organizacion.zona(call.db)),
        tecnico_id=wanted.tecnico_id,
        descripcion=wanted.descripcion,
    )
    return Reply(OrdenAgendada.of(made), 201, etag(made.orden.version))


@route(
    "POST",
    "/api/v1/visitas/{visita_id}/hecha",
    body=HechaEntrada,
    body_optional=True,
    response=VisitaVista,
    errors=(*_ERRORS, "desactualizado"),
    summary="Dar por hecha una visita que no tuvo orden de trabajo",
    body_example={"nota": "Se hizo junto con otra orden"},
    example={**_SHOWN, "estado": "HECHA", "hecha_en": "2026-12-10T15:00:00Z", "version": 3},
)
async def done(call: Call, body: HechaEntrada | None) -> Reply:
    """Write that a visit was made without a work order (its technician, admin, soporte)."""
    note = body.nota if body else None
    return _answer(
        call, await visits.do(call.db, call.actor, call.path_uuid("visita_id"), note, call.if_match)
    )


def _answer(call: Call, visit: VisitaPlanificada) -> Reply:
    return Reply(VisitaVista.of(visit, call.db.now()), headers=etag(visit.version))
