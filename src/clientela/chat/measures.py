"""The figures of the chat: how soon support answers, how much, how well (CONTRACT §9, §12)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from clientela.chat.model import Metricas
from clientela.chat.store import measures as store
from clientela.core.db import Db
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS

DAYS: Final = 30
"""How many days are told of where nobody says which."""
MOST_DAYS: Final = 3660


async def measure(
    db: Db,
    zone: ZoneInfo,
    *,
    first: date | None = None,
    last: date | None = None,
    agent_id: UUID | None = None,
) -> Metricas:
    """Return the figures of the sessions that began on the days from `first` to `last`, both included, in a zone.

    `last` is today unless told, `first` the thirtieth day up to it. Sessions that were taken out of sight do not count;
    with `agent_id` those count that he has now, or had last. Raises Invalid on `hasta` before `desde` and for more
    than ten years.
    """
    until = last or db.now().astimezone(zone).date()
    since = first or until - timedelta(days=DAYS - 1)
    if until < since:
        raise Invalid.of("hasta", CAMPOS["periodo_al_reves"])
    if (until - since).days >= MOST_DAYS:
        raise Invalid.of("desde", CAMPOS["periodo_excesivo"])
    return await store.measure(
        db,
        _begins(since, zone),
        _begins(until + timedelta(days=1), zone),
        agent_id,
        first=since,
        last=until,
        zona=zone.key,
    )


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
