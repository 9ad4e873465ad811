"""Everything of one person in the register and in identity: handed out, forgotten, handed over to another record."""

from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID

from clientela.clientes import access
from clientela.clientes.model import Cliente
from clientela.clientes.store import personal as store
from clientela.clientes.store import records
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.identidad import users

TABLES: Final = frozenset(
    {
        "clientes", "direcciones", "ventanas_entrega_cliente", "categoria_cliente", "eventos", "auditoria",
        "usuarios", "identificadores", "sesiones", "tokens_personales", "restablecimientos",
        "restablecimientos_pedidos", "verificaciones",
    }
)  # fmt: skip
"""The tables in which something of a client or of his login stands, that this module answers for."""

Ventanas = Literal["sobreviviente", "fusionado", "ambas"]


async def person(db: Db, cliente_id: UUID) -> list[UUID]:
    """Return the records of one person: his own and those that were merged into it."""
    return await store.person(db, cliente_id)


async def hold(db: Db, ids: Sequence[UUID]) -> list[Cliente]:
    """Hold records until the transaction ends, so that nobody writes to them or to what belongs to them."""
    return await store.hold(db, ids)


async def hand_out(db: Db, ids: Sequence[UUID]) -> dict[str, Any]:
    """Return everything that the register and identity keep of some clients."""
    return await store.hand_out(db, ids)


async def forget(db: Db, ids: Sequence[UUID]) -> list[str]:
    """Forget who clients were; return the keys of their files. The rows stay for the books."""
    return await store.forget(db, ids, db.now())


async def forget_logins(db: Db, clients: Sequence[Cliente]) -> None:
    """Forget the principals of clients and end whatever lets them in; late in the transaction."""
    await store.forget_logins(db, [client.usuario_principal_id for client in clients], db.now())


async def addresses_of(db: Db, clients: Sequence[Cliente]) -> set[str]:
    """Return every e-mail at which mails to these clients may lie in the outbox."""
    principals = [await users.get_user(db, client.usuario_principal_id) for client in clients]
    return {mail for mail in (*(c.email for c in clients), *(p.correo for p in principals)) if mail}


async def has_login(db: Db, client: Cliente) -> bool:
    """Tell whether a client can log in."""
    return await users.find_login(db, client.usuario_principal_id) is not None


async def close_login(db: Db, client: Cliente) -> None:
    """Take the login of a merged record away; late in the transaction."""
    await store.close_login(db, client.usuario_principal_id, "cliente_fusionado", db.now())


async def hand_over(db: Db, source: Cliente, target: Cliente, windows: Ventanas) -> list[str]:
    """Give addresses, categories, windows as wanted, images and history of one record to another.

    Returns the fields that the other lacked and took. Both are held.
    """
    return await store.hand_over(db, source.id, target.id, windows, db.now())


async def announce(db: Db, actor: Actor, cliente_id: UUID) -> Cliente:
    """Tell of a record that changed, late in the transaction, and return it as it is now."""
    client = await records.get_cliente(db, cliente_id)
    assert client is not None  # noqa: S101 - its row is held
    await access.announce(db, actor, client)
    return client
