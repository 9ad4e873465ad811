"""`/api/v1/ordenes`: the life of a work order (CONTRACT §10)."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_ordenes import (
    AsignarEntrada,
    CancelarEntrada,
    FinalizarEntrada,
    GarantiaExplicada,
    NotaEntrada,
    OrdenAgendada,
    OrdenEntrada,
    OrdenesConsulta,
    OrdenesPagina,
    ReprogramarEntrada,
)
from clientela.organizacion import service as organizacion
from clientela.postventa import access, guarantees, service
from clientela.postventa.model import Agendada, Orden, OrdenCompleta

_ID: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_CLIENT: Final = "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12"
_TECHNICIAN: Final = "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12"
_SERVICE: Final = "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12"
_ENTERED: Final = {
    "cliente_id": _CLIENT,
    "servicio_id": _SERVICE,
    "fecha_programada": "2026-12-01T14:00:00Z",
    "tecnico_id": _TECHNICIAN,
    "descripcion": "Dos cámaras no graban de noche",
}
_SHOWN: Final[dict[str, Any]] = {
    "id": _ID,
    "numero": 12345,
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
    "servicio": {"id": _SERVICE, "numero": 3, "nombre": "Mantenimiento Preventivo"},
    "tecnico_id": _TECHNICIAN,
    "tecnico": {"id": _TECHNICIAN, "nombre": "Carlos Martínez"},
    "tipo": "NORMAL",
    "estado": "ASIGNADA",
    "descripcion": "Dos cámaras no graban de noche",
    "garantia_de": None,
    "raiz_id": None,
    "visita_id": None,
    "garantia_meses": 12,
    "duracion_min": 60,
    "periodicidad_meses": None,
    "fecha_programada": "2026-12-01T14:00:00Z",
    "iniciada_en": None,
    "fecha_ejecucion": None,
    "ultimo_movimiento_en": "2026-11-20T14:03:27Z",
    "version": 1,
    "creado_en": "2026-11-20T14:03:27Z",
}
_PLANNED: Final = {**_SHOWN, "advertencias": []}
_STARTED: Final = {
    **_SHOWN,
    "estado": "EN_EJECUCION",
    "iniciada_en": "2026-12-01T14:05:00Z",
    "ultimo_movimiento_en": "2026-12-01T14:05:00Z",
    "version": 2,
}
_FINISHED: Final = {
    **_STARTED,
    "estado": "FINALIZADO",
    "fecha_ejecucion": "2026-12-01T15:05:00Z",
    "ultimo_movimiento_en": "2026-12-01T15:05:00Z",
    "version": 3,
}
_UTC: Final = ZoneInfo("UTC")
_MOVE_ERRORS: Final = ("orden_no_encontrada", "orden_en_otro_estado", "desactualizado")


@route(
    "GET",
    "/api/v1/ordenes",
    query=OrdenesConsulta,
    response=OrdenesPagina,
    summary="Listar órdenes de trabajo: cada técnico y cada cliente las suyas",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_orders(call: Call, query: OrdenesConsulta) -> Reply:
    """List work orders, the latest first; with `vista`, one of the overview's lists, the oldest first."""
    zone = await organizacion.zona(call.db) if query.is_local else _UTC
    wanted = query.as_filter(zone)
    page, per_page = query.page, query.per_page
    found = await access.search(call.db, call.actor, wanted, page=page, per_page=per_page)
    return Reply(OrdenesPagina(found.items, found.total, page, per_page))


@route(
    "POST",
    "/api/v1/ordenes",
    body=OrdenEntrada,
    response=OrdenAgendada,
    status=201,
    errors=("cliente_no_encontrado", "tecnico_no_encontrado", "servicio_retirado", "tecnico_ocupado"),
    summary="Crear una orden de trabajo, o traer una del pasado",
    body_example=_ENTERED,
    example=_PLANNED,
)
async def create_order(call: Call, body: OrdenEntrada) -> Reply:
    """Make a work order (admin, soporte); a second visit of its technician at that time is warned of."""
    new = body.as_new(await organizacion.zona(call.db))
    return _planned(await service.create(call.db, call.actor, new), 201)


@route(
    "GET",
    "/api/v1/ordenes/{orden_id}",
    response=OrdenCompleta,
    errors=("orden_no_encontrada",),
    summary="Leer una orden de trabajo, por su UUID o su numero",
    example={
        **_SHOWN,
        "movimientos": [
            {
                "accion": "creada",
                "texto": None,
                "tecnico_id": _TECHNICIAN,
                "fecha_programada": "2026-12-01T14:00:00Z",
                "actor_id": "0190a6b2-4444-7d3a-9b5f-2f4c6d8e0a12",
                "creado_en": "2026-11-20T14:03:27Z",
            }
        ],
    },
)
async def read_order(call: Call) -> Reply:
    """Show a work order and what happened to it; a foreign one is not there."""
    found = await access.order(call.db, call.actor, call.path_id("orden_id"))
    return Reply(found, headers=etag(found.version))


@route(
    "GET",
    "/api/v1/ordenes/{orden_id}/garantia",
    response=GarantiaExplicada,
    errors=("orden_no_encontrada",),
    summary="Si se puede pedir la garantía de una orden, y por qué",
    example={
        "elegible": True,
        "codigo": "garantia_vigente",
        "motivo": "La orden está finalizada y su garantía sigue vigente",
        "vence_en": "2027-12-01T15:05:00Z",
        "abierta_id": None,
    },
)
async def explain_guarantee(call: Call) -> Reply:
    """Explain the decision that asking for a guarantee would get now."""
    found = await access.order(call.db, call.actor, call.path_id("orden_id"))
    return Reply(GarantiaExplicada.of(await guarantees.explain(call.db, found.id)))


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/asignar",
    body=AsignarEntrada,
    response=OrdenAgendada,
    errors=(*_MOVE_ERRORS, "tecnico_no_encontrado", "tecnico_ocupado"),
    summary="Asignar un técnico a una orden, o darla a otro",
    body_example={"tecnico_id": _TECHNICIAN},
    example=_PLANNED,
)
async def assign(call: Call, body: AsignarEntrada) -> Reply:
    """Give an order to an active technician (admin, soporte)."""
    ref = call.path_id("orden_id")
    return _planned(await service.assign(call.db, call.actor, ref, body.tecnico_id, call.if_match))


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/reprogramar",
    body=ReprogramarEntrada,
    response=OrdenAgendada,
    errors=(*_MOVE_ERRORS, "tecnico_ocupado"),
    summary="Mover la visita de una orden a otra fecha",
    body_example={"fecha_programada": "2026-12-02T14:00:00Z", "motivo": "El cliente viaja"},
    example={**_PLANNED, "fecha_programada": "2026-12-02T14:00:00Z", "version": 2},
)
async def reschedule(call: Call, body: ReprogramarEntrada) -> Reply:
    """Move a visit that has not begun (admin, soporte)."""
    zone = await organizacion.zona(call.db)
    moved = await service.reschedule(
        call.db, call.actor, call.path_id("orden_id"), body.in_zone(zone), body.motivo, call.if_match
    )
    return _planned(moved)


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/notas",
    body=NotaEntrada,
    response=Orden,
    status=201,
    errors=("orden_no_encontrada",),
    summary="Anotar algo en una orden",
    body_example={"texto": "El portero tiene las llaves"},
    example={**_SHOWN, "version": 2},
)
async def note(call: Call, body: NotaEntrada) -> Reply:
    """Write a note (its technician, admin, soporte)."""
    return _answer(await service.note(call.db, call.actor, call.path_id("orden_id"), body.texto), 201)


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/iniciar",
    response=Orden,
    errors=_MOVE_ERRORS,
    summary="Empezar una orden asignada",
    example=_STARTED,
)
async def start(call: Call) -> Reply:
    """Begin an order (its technician, admin)."""
    return _answer(await service.start(call.db, call.actor, call.path_id("orden_id"), call.if_match))


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/finalizar",
    body=FinalizarEntrada,
    body_optional=True,
    response=Orden,
    errors=_MOVE_ERRORS,
    summary="Terminar una orden en ejecución",
    body_example={"nota": "Se cambió el disco"},
    example=_FINISHED,
)
async def finish(call: Call, body: FinalizarEntrada | None) -> Reply:
    """Finish an order (its technician, admin); its guarantee counts from now."""
    note_text = body.nota if body else None
    ref = call.path_id("orden_id")
    return _answer(await service.finish(call.db, call.actor, ref, note_text, call.if_match))


@route(
    "POST",
    "/api/v1/ordenes/{orden_id}/cancelar",
    body=CancelarEntrada,
    body_optional=True,
    response=Orden,
    errors=_MOVE_ERRORS,
    summary="Cancelar una orden abierta",
    body_example={"motivo": "El cliente vendió el local"},
    example={**_SHOWN, "estado": "CANCELADA", "version": 2},
)
async def cancel(call: Call, body: CancelarEntrada | None) -> Reply:
    """Cancel an open order (its technician, admin, soporte)."""
    reason = body.motivo if body else None
    return _answer(await service.cancel(call.db, call.actor, call.path_id("orden_id"), reason, call.if_match))


def _planned(done: Agendada, status: int = 200) -> Reply:
    return Reply(OrdenAgendada.of(done), status, etag(done.orden.version))


def _answer(found: Orden, status: int = 200) -> Reply:
    return Reply(found, status, etag(found.version))
