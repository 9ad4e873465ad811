"""`/api/v1/auditoria`: what was done, by whom, newest first, for administrators (CONTRACT §12)."""

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_auth import AuditoriaConsulta, AuditoriaPagina
from clientela.core import audit


@route(
    "GET",
    "/api/v1/auditoria",
    query=AuditoriaConsulta,
    response=AuditoriaPagina,
    summary="Registro de auditoría",
    example={
        "items": [
            {
                "id": 42,
                "fecha": "2026-11-20T14:03:27.512000Z",
                "tipo": "usuario.creado",
                "referencia_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
                "resumen": "Se creó un usuario",
                "actor_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a13",
                "objeto_tipo": "usuario",
                "datos": {"rol": "vendedor"},
            }
        ],
        "next": 41,
    },
)
async def read_audit(call: Call, query: AuditoriaConsulta) -> Reply:
    """Read the audit log, optionally of one object, one actor or one action."""
    whole = query.objeto_tipo is not None and query.objeto_id is not None
    wanted = audit.Filtro(
        objeto=(query.objeto_tipo or "", query.objeto_id or "") if whole else None,
        actor_id=query.actor_id,
        accion=query.accion,
    )
    page = await audit.list_page(call.db, query.after, query.limit, wanted)
    return Reply(AuditoriaPagina(page.items, page.next))
