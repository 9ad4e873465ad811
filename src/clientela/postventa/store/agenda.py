"""SQL of the technicians' days."""

from datetime import date
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from clientela.core.db import Db
from clientela.postventa.model import Agenda

_AGENDA: Final = msgspec.json.Decoder(Agenda)

DAY: Final = "SELECT fn.tecnico_agenda($1::uuid, $2::bigint, $3::date, $4::text)"


async def day(db: Db, ref: UUID | int, fecha: date, zona: ZoneInfo) -> Agenda | None:
    """Return a technician's day, by his identifier or his number; None where there is no such technician."""
    by_id, by_number = (ref, None) if isinstance(ref, UUID) else (None, ref)
    found = await db.fetchval(DAY, by_id, by_number, fecha, zona.key)
    return _AGENDA.decode(found) if found else None
