"""`/api/v1/pagos`: what clients paid (CONTRACT §7)."""

from typing import Any, Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_cobranza import AnulacionEntrada, PagoEntrada, PagosConsulta, PagosPagina
from clientela.cobranza import payments
from clientela.cobranza.model import Pago

_ENTERED: Final = {
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "cuenta_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "monto": "300.00",
    "medio": "qr",
}
_SHOWN: Final[dict[str, Any]] = {
    "id": "0190a6b2-2222-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 7,
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "monto": "300.00",
    "medio": "qr",
    "aplicaciones": [
        {
            "cuenta_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
            "numero": 42,
            "concepto": "Saldo inicial, factura 4512",
            "monto": "300.00",
        }
    ],
    "registrado_por": "0190a6b2-3333-7d3a-9b5f-2f4c6d8e0a12",
    "anulado_en": None,
    "motivo_anulacion": None,
    "version": 1,
    "creado_en": "2026-11-21T15:10:00Z",
    "actualizado_en": "2026-11-21T15:10:00Z",
}


@route(
    "GET",
    "/api/v1/pagos",
    query=PagosConsulta,
    response=PagosPagina,
    summary="Listar pagos: el cliente los suyos, el personal los de sus clientes",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_payments(call: Call, query: PagosConsulta) -> Reply:
    """List payments, newest first."""
    page, per_page = query.page, query.per_page
    found = await payments.search_payments(
        call.db, call.actor, query.cliente_id, page=page, per_page=per_page
    )
    return Reply(PagosPagina(found.items, found.total, page, per_page))


@route(
    "POST",
    "/api/v1/pagos",
    body=PagoEntrada,
    response=Pago,
    status=201,
    errors=("cliente_no_encontrado", "cuenta_anulada", "pago_excede_saldo"),
    summary="Registrar un pago: a una cuenta, o a las abiertas más antiguas",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def create_payment(call: Call, body: PagoEntrada) -> Reply:
    """Write a payment (admin, and sellers for their clients); more than is open is refused whole."""
    return Reply(await payments.register_payment(call.db, call.actor, body.as_new()), 201)


@route(
    "GET",
    "/api/v1/pagos/{pago_id}",
    response=Pago,
    errors=("pago_no_encontrado",),
    summary="Leer un pago, por su UUID o su numero",
    example=_SHOWN,
)
async def read_payment(call: Call) -> Reply:
    """Show a payment and where it went; a foreign one is not there."""
    return Reply(await payments.access_payment(call.db, call.actor, call.path_id("pago_id")))


@route(
    "POST",
    "/api/v1/pagos/{pago_id}/anular",
    body=AnulacionEntrada,
    response=Pago,
    errors=("pago_no_encontrado", "pago_anulado", "cliente_no_encontrado"),
    summary="Anular un pago mal registrado: lo que había pagado vuelve a deberse",
    body_example={"motivo": "El cheque no tenía fondos"},
    example={
        **_SHOWN,
        "anulado_en": "2026-11-22T12:00:00Z",
        "motivo_anulacion": "El cheque no tenía fondos",
        "version": 2,
    },
)
async def annul_payment(call: Call, body: AnulacionEntrada) -> Reply:
    """Annul a payment (admin)."""
    return Reply(await payments.annul_payment(call.db, call.actor, call.path_id("pago_id"), body.motivo))
