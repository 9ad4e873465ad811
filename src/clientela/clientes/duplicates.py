"""Which records may be of one client; a person decides, and merges them."""

from clientela.clientes.model import Duplicados
from clientela.clientes.store import duplicates as store
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden


async def find_duplicates(db: Db, actor: Actor, limit: int, offset: int) -> Duplicados:
    """Return one page of groups of records that may be of one client, the surest first (administrators)."""
    if not actor.es_admin:
        raise Forbidden
    return await store.find(db, limit, offset)
