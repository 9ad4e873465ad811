"""Whose clients are whose, many at a time (CONTRACT §3)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from clientela.clientes import service
from clientela.clientes.model import CambiosCliente
from clientela.clientes.store import records
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS
from clientela.identidad import users
from clientela.identidad.model import Rol


async def assign_clients(db: Db, actor: Actor, refs: Sequence[UUID | int], vendedor_id: UUID | None) -> int:
    """Assign clients, by identifier or number, to a seller or to nobody: all of them or none (administrators).

    Returns how many they are. Raises Invalid that names the seller who is none, or every client who is not there.
    """
    async with db.transaction() as tx:
        await _require_seller(tx, vendedor_id)
        found = await records.lock_clientes(tx, refs)
        unknown = [f"clientes.{number}" for number, ref in enumerate(refs) if ref not in found]
        if unknown:
            raise Invalid({field: [CAMPOS["cliente_desconocido"]] for field in unknown})
        return await _assign(tx, actor, set(found.values()), vendedor_id)


async def hand_over_clients(
    db: Db, actor: Actor, de_vendedor_id: UUID, vendedor_id: UUID | None, limit: int
) -> tuple[int, int]:
    """Assign a seller's clients to another one or to nobody, so many at a time (administrators).

    Returns how many were assigned and how many he still has. Raises Invalid for a new seller who is none.
    """
    async with db.transaction() as tx:
        await _require_seller(tx, vendedor_id)
        if de_vendedor_id == vendedor_id:
            return 0, 0
        his = await records.lock_clientes_de(tx, de_vendedor_id, limit)
        assigned = await _assign(tx, actor, his, vendedor_id)
        return assigned, await records.count_clientes_de(tx, de_vendedor_id)


async def _require_seller(db: Db, vendedor_id: UUID | None) -> None:
    if vendedor_id is not None and not await users.is_active(db, vendedor_id, Rol.VENDEDOR):
        raise Invalid({"vendedor_id": [CAMPOS["vendedor_desconocido"]]})


async def _assign(db: Db, actor: Actor, held: Collection[UUID], vendedor_id: UUID | None) -> int:
    for cliente_id in held:
        await service.update_client(db, actor, cliente_id, CambiosCliente(vendedor_asignado_id=vendedor_id))
    return len(held)
