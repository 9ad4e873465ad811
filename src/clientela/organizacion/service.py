"""Use cases of the organisation's settings (CONTRACT §12, `/api/v1/organizacion`)."""

from zoneinfo import ZoneInfo

import msgspec

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, Invalid, PreconditionFailed
from clientela.organizacion import rules, store
from clientela.organizacion.model import CambiosOrganizacion, Organizacion


async def read(db: Db, actor: Actor) -> Organizacion:
    """Return the settings to any member of staff; Forbidden for customers."""
    if not actor.es_personal:
        raise Forbidden
    return await store.read(db)


async def present(db: Db) -> Organizacion:
    """Return the settings to the house itself: to its jobs, and to what it says behind a signed link."""
    return await store.read(db)


async def nombre(db: Db) -> str:
    """Return the organisation's name."""
    return (await store.read(db)).nombre


async def zona(db: Db) -> ZoneInfo:
    """Return the zone in which the organisation's dates and hours are meant."""
    return ZoneInfo((await store.read(db)).zona)


async def save(
    db: Db, actor: Actor, changes: CambiosOrganizacion, version: int | None = None
) -> Organizacion:
    """Change the settings (admin): unset fields stay as they are.

    A `version` that is not the stored one raises PreconditionFailed with the present one; an unknown zone and
    hours that end before they begin or overlap raise Invalid, naming the field. Saving what is already there
    changes nothing.
    """
    if not actor.es_admin:
        raise Forbidden
    now = db.now()
    async with db.transaction() as tx:
        before = await store.lock(tx, now)
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        after = rules.apply_changes(before, changes)
        await _check(tx, changes)
        fields = rules.changed_fields(before, after)
        if not fields:
            return before
        written = await store.write(tx, after, now)
        await audit.record(
            tx,
            "organizacion.actualizada",
            actor=actor,
            objeto=("organizacion", "1"),
            datos={"campos": fields, "version": written},
        )
        return msgspec.structs.replace(after, version=written, actualizado_en=now)


async def _check(db: Db, changes: CambiosOrganizacion) -> None:
    errors: dict[str, list[str]] = {}
    if isinstance(changes.zona, str):
        errors |= rules.check_zone(changes.zona)
    if isinstance(changes.horarios, tuple):
        errors |= rules.check_hours(changes.horarios)
    if errors:
        raise Invalid(errors)
    if isinstance(changes.zona, str):
        await _ask_database(db, changes.zona)


async def _ask_database(db: Db, zona: str) -> None:
    # The database has a zone table of its own, and statements compare dates with it.
    try:
        await store.zone_is_known(db, zona)
    except Invalid as error:
        raise Invalid.of("zona", "Zona horaria desconocida") from error
