"""A person asks to be forgotten: nothing says any more who he was, and the books stay.

One transaction over every domain; his files go after its commit, his sessions end with it.
"""

from uuid import UUID

from clientela.carritos import personal as carritos
from clientela.chat import personal as chat
from clientela.clientes import personal as clientes
from clientela.clientes import service
from clientela.clientes.model import Cliente
from clientela.cobranza import personal as cobranza
from clientela.core import audit, files, idempotency, mail
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.panel import personal as panel
from clientela.pedidos import personal as pedidos
from clientela.postventa import personal as postventa
from clientela.tickets import personal as tickets


async def erase_client(db: Db, actor: Actor, ref: UUID | int) -> Cliente:
    """Forget a client and every record that was merged into his; once done, it is done (administrators).

    Amounts, dates and numbers of the books stay; texts, names, contacts, images, carts and drafts go. Raises NotFound
    where there is no such client.
    """
    found = await service.access_client(db, actor, ref)
    async with db.transaction() as tx:
        people = await clientes.hold(tx, await clientes.person(tx, found.id))
        if all(client.anonimizado_en is not None for client in people):
            return found
        ids = [client.id for client in people]
        addresses = await clientes.addresses_of(tx, people)
        for client in people:
            await idempotency.forget(tx, str(client.usuario_principal_id))
        for area in (panel, carritos, tickets, cobranza, pedidos, postventa, chat):
            await area.forget(tx, ids)
        keys = [*await clientes.forget(tx, ids), *await postventa.forget_photos(tx, ids)]
        await audit.record(
            tx,
            "cliente.anonimizado",
            actor=actor,
            objeto=("cliente", str(found.id)),
            datos={"registros": [str(each) for each in ids]},
        )
        after = await clientes.announce(tx, actor, found.id)
        await clientes.forget_logins(tx, people)
        # Only now: a job that was writing to him at this moment has been waited for.
        for address in addresses:
            await mail.forget(tx, address)
        files.forget(tx, keys)
    return after
