"""A technician's day as it stands in the books, in no order yet (CONTRACT §10)."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import NotFound
from clientela.identidad.model import Rol
from clientela.postventa.model import Agenda
from clientela.postventa.store import agenda as store


async def of_technician(db: Db, actor: Actor, ref: UUID | int, fecha: date, zona: ZoneInfo) -> Agenda:
    """Return somebody's day: a technician's own, anybody's for admin and soporte.

    Raises NotFound `tecnico_no_encontrado` for who is none, and for a technician who asks for another.
    """
    if actor.rol == Rol.TECNICO and ref not in {actor.usuario_id, actor.numero}:
        raise NotFound("tecnico_no_encontrado")
    found = await store.day(db, ref, fecha, zona)
    if found is None:
        raise NotFound("tecnico_no_encontrado")
    return found
