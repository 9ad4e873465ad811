"""`/api/v1/clientes/asignar` and `…/traspasar`: whose clients are whose, many at a time (CONTRACT §3, §4)."""

from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_clientes import (
    MAX_ASSIGNED,
    AsignacionEntrada,
    AsignacionSalida,
    TraspasoEntrada,
)
from clientela.clientes import sellers

_SELLER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a15"
_ANOTHER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a16"


@route(
    "POST",
    "/api/v1/clientes/asignar",
    body=AsignacionEntrada,
    response=AsignacionSalida,
    summary="Asignar clientes a un vendedor, o a nadie",
    body_example={"clientes": [10, 11], "vendedor_id": _SELLER},
    example={"vendedor_id": _SELLER, "asignados": 2, "restantes": 0},
)
async def assign_clients(call: Call, body: AsignacionEntrada) -> Reply:
    """Assign clients to a seller, all of them or none (admin)."""
    assigned = await sellers.assign_clients(call.db, call.actor, body.clientes, body.vendedor_id)
    return Reply(AsignacionSalida(body.vendedor_id, assigned, 0))


@route(
    "POST",
    "/api/v1/clientes/traspasar",
    body=TraspasoEntrada,
    response=AsignacionSalida,
    summary="Traspasar los clientes de un vendedor a otro; se repite mientras queden restantes",
    body_example={"de_vendedor_id": _SELLER, "vendedor_id": _ANOTHER},
    example={"vendedor_id": _ANOTHER, "asignados": 200, "restantes": 37},
)
async def hand_over_clients(call: Call, body: TraspasoEntrada) -> Reply:
    """Assign up to 200 clients of a seller to another, and say how many are left (admin)."""
    assigned, left = await sellers.hand_over_clients(
        call.db, call.actor, body.de_vendedor_id, body.vendedor_id, MAX_ASSIGNED
    )
    return Reply(AsignacionSalida(body.vendedor_id, assigned, left))
