"""Campaigns: what is cheaper, for whom, until when (CONTRACT §5): everybody reads, the administrator writes."""

from uuid import UUID

from msgspec import UNSET, structs

from clientela.catalogo import store
from clientela.catalogo.model import CambiosCampania, Campania, NuevaCampania
from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from clientela.core.textos import CAMPOS


async def list_campaigns(
    db: Db, *, running: bool, limit: int, offset: int
) -> tuple[tuple[Campania, ...], int]:
    """Return one page of the campaigns, the latest first, and how many there are; `running`: only those of now."""
    return await store.find_campaigns(db, db.now() if running else None, limit, offset)


async def get(db: Db, campania_id: int) -> Campania:
    """Return a campaign; NotFound `campania_no_encontrada`."""
    found = await store.read_campaign(db, campania_id)
    if found is None:
        raise NotFound("campania_no_encontrada")
    return found


async def create(db: Db, actor: Actor, new: NuevaCampania) -> Campania:
    """Add a campaign (admin); Invalid names what does not exist and a period that ends before it begins."""
    if not actor.es_admin:
        raise Forbidden
    _check_period(new)
    async with db.transaction() as tx:
        campania_id = await store.insert_campaign(tx, new, tx.now())
        await _replace_parts(tx, campania_id, new.productos, new.categorias_ids)
        await audit.record(tx, "campania.creada", actor=actor, objeto=("campania", str(campania_id)))
        return await get(tx, campania_id)


async def update(
    db: Db, actor: Actor, campania_id: int, changes: CambiosCampania, version: int | None = None
) -> Campania:
    """Change a campaign (admin); what is UNSET stays. Errors as `create` and `get`, PreconditionFailed when stale.

    Carts keep the price that was shown; orders take the campaign as it is at that moment.
    """
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        await store.lock_campaign(tx, campania_id)
        before = await get(tx, campania_id)
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        wanted = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
        after = structs.replace(before, **wanted)
        _check_period(after)
        if after == before:
            return before
        await store.write_campaign(tx, after, tx.now())
        await _replace_parts(tx, campania_id, after.productos, after.categorias_ids)
        await audit.record(tx, "campania.actualizada", actor=actor, objeto=("campania", str(campania_id)))
        return await get(tx, campania_id)


def _check_period(campaign: NuevaCampania | Campania) -> None:
    if campaign.hasta <= campaign.desde:
        raise Invalid({"hasta": [CAMPOS["periodo_al_reves"]]})


async def _replace_parts(
    db: Db, campania_id: int, products: tuple[UUID, ...], categories: tuple[int, ...]
) -> None:
    try:
        await store.replace_campaign_products(db, campania_id, products)
    except Conflict as error:
        raise Invalid({"productos": [CAMPOS["producto_desconocido"]]}) from error
    try:
        await store.replace_campaign_categories(db, campania_id, categories)
    except Conflict as error:
        raise Invalid({"categorias_ids": [CAMPOS["categoria_desconocida"]]}) from error
