"""An order goes from state to state; one on credit that is delivered makes its invoice and what is owed by it.

One transaction: the order is delivered and owed, or neither, so that a client's credit is never counted twice and never
forgotten in between.
"""

from uuid import UUID

from clientela.cobranza import access as cobranza
from clientela.cobranza import invoices
from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.identidad.model import Rol
from clientela.pedidos import service as pedidos
from clientela.pedidos.model import Condicion, Estado, Pedido


async def change_state(
    db: Db, actor: Actor, pedido_id: UUID, estado: Estado, motivo: str | None, *, version: int | None = None
) -> Pedido:
    """Take an order one step on, or cancel it; errors as `pedidos.service.change_state`."""
    if estado is not Estado.ENTREGADO:
        return await pedidos.change_state(db, actor, pedido_id, estado, motivo, version=version)
    async with db.transaction() as tx:
        before = await pedidos.get(tx, actor, pedido_id)
        # The client before his order, as whoever merges two clients holds them.
        debtor = await cobranza.lock(tx, before.cliente_id)
        after = await pedidos.change_state(tx, actor, pedido_id, estado, motivo, version=version)
        if after.condicion_pago is Condicion.CREDITO:
            streams = [events.user_stream(debtor.usuario_principal_id), events.role_stream(Rol.ADMIN)]
            if after.vendedor_id is not None:
                streams.append(events.user_stream(after.vendedor_id))
            await invoices.issue(tx, actor, after.id, streams)
        return after
