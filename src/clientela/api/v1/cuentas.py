"""`/api/v1/cuentas-por-cobrar`: what clients owe (CONTRACT §7)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_cobranza import (
    AnulacionEntrada,
    CuentaEntrada,
    CuentasConsulta,
    CuentasPagina,
)
from clientela.cobranza import service
from clientela.cobranza.model import CuentaCompleta

_ENTERED: Final = {
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "concepto": "Saldo inicial, factura 4512",
    "monto": "1250.00",
    "saldo_pendiente": "800.00",
    "fecha_vencimiento": "2026-12-15",
}
_SHOWN: Final[dict[str, Any]] = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 42,
    **_ENTERED,
    "vencida": False,
    "anulada_en": None,
    "motivo_anulacion": None,
    "version": 1,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "actualizado_en": "2026-11-20T14:03:27.512000Z",
}
_PAID: Final = {
    "pago_id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 7,
    "monto": "300.00",
    "medio": "qr",
    "anulado": False,
    "creado_en": "2026-11-21T15:10:00Z",
}


@route(
    "GET",
    "/api/v1/cuentas-por-cobrar",
    query=CuentasConsulta,
    response=CuentasPagina,
    summary="Listar cuentas por cobrar: el cliente las suyas, el personal las de sus clientes",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_receivables(call: Call, query: CuentasConsulta) -> Reply:
    """List debts, newest first; only open or overdue ones with those that are due first."""
    page, per_page = query.page, query.per_page
    wanted = query.as_filter()
    found = await service.search_receivables(call.db, call.actor, wanted, page=page, per_page=per_page)
    return Reply(CuentasPagina(found.items, found.total, page, per_page))


@route(
    "POST",
    "/api/v1/cuentas-por-cobrar",
    body=CuentaEntrada,
    response=CuentaCompleta,
    status=201,
    errors=("cliente_no_encontrado",),
    summary="Registrar una cuenta por cobrar (saldo inicial)",
    body_example=_ENTERED,
    example={**_SHOWN, "pagos": []},
)
async def create_receivable(call: Call, body: CuentaEntrada) -> Reply:
    """Write a debt that a client brought along (admin)."""
    return Reply(await service.create_receivable(call.db, call.actor, body.as_new()), 201)


@route(
    "GET",
    "/api/v1/cuentas-por-cobrar/{cuenta_id}",
    response=CuentaCompleta,
    errors=("cuenta_no_encontrada",),
    summary="Leer una cuenta por cobrar con sus pagos, por su UUID o su numero",
    example={**_SHOWN, "saldo_pendiente": "500.00", "version": 2, "pagos": [_PAID]},
)
async def read_receivable(call: Call) -> Reply:
    """Show a debt with its payments; a foreign one is not there."""
    return Reply(await service.access_receivable(call.db, call.actor, call.path_id("cuenta_id")))


@route(
    "POST",
    "/api/v1/cuentas-por-cobrar/{cuenta_id}/anular",
    body=AnulacionEntrada,
    response=CuentaCompleta,
    errors=("cuenta_no_encontrada", "cuenta_anulada", "cuenta_con_pagos", "cliente_no_encontrado"),
    summary="Anular una cuenta por cobrar mal registrada",
    body_example={"motivo": "Se registró dos veces"},
    example={
        **_SHOWN,
        "saldo_pendiente": "0.00",
        "anulada_en": "2026-11-20T15:00:00Z",
        "motivo_anulacion": "Se registró dos veces",
        "version": 2,
        "pagos": [],
    },
)
async def annul_receivable(call: Call, body: AnulacionEntrada) -> Reply:
    """Annul a debt (admin); payments that went to it must be annulled before."""
    ref = call.path_id("cuenta_id")
    return Reply(await service.annul_receivable(call.db, call.actor, ref, body.motivo))
