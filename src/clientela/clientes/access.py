"""Who may read a client, and who hears that he changed."""

from uuid import UUID

from clientela.clientes import rules
from clientela.clientes.model import Cliente
from clientela.clientes.store import records
from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, NotFound
from clientela.identidad.model import Rol


def require_access(actor: Actor, client: Cliente | None) -> Cliente:
    """Return a client whom the caller may read; errors as `access_client`."""
    if client is None:
        # Who may not read everybody's is not told which numbers exist.
        if actor.rol in {Rol.CLIENTE, Rol.TECNICO}:
            raise Forbidden
        raise NotFound
    if not rules.may_read(actor, client.id, client.vendedor_asignado_id):
        raise Forbidden
    if client.fusionado_con_id is not None:
        # Merged while its row was waited for: asked again, the survivor answers.
        raise Conflict("conflicto_simultaneo", headers={"Retry-After": "1"})
    return client


async def access_client(db: Db, actor: Actor, ref: UUID | int) -> Cliente:
    """Return a client whom the caller may read, by identifier or number.

    A customer himself, a seller those assigned to him and to nobody, support and administrators all. Raises
    Forbidden for another's client and for technicians, NotFound where there is none. A record that was merged is
    answered by the one that it was merged into.
    """
    found = await records.get_cliente(db, ref)
    if found is not None and found.fusionado_con_id is not None:
        found = await records.get_cliente(db, found.fusionado_con_id)
    return require_access(actor, found)


async def visible_client(db: Db, actor: Actor, ref: UUID | int) -> Cliente:
    """Return a client as `access_client` does, for v1, where another's client is one that is not there: NotFound."""
    try:
        return await access_client(db, actor, ref)
    except Forbidden as error:
        raise NotFound from error


async def announce(db: Db, actor: Actor | None, client: Cliente) -> None:
    """Tell a client's own devices and the administrators, late in the transaction, that his record changed."""
    await events.emit(
        db,
        "client.updated" if client.version > 1 else "client.created",
        flujos=[events.user_stream(client.usuario_principal_id), events.role_stream(Rol.ADMIN)],
        datos={"id": str(client.id), "version": client.version},
        cliente_id=client.id,
        actor=actor,
    )
