"""SQL of the chat's figures."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from clientela.chat.model import Metricas
from clientela.core.db import Db

_METRICAS: Final = msgspec.json.Decoder(Metricas)

MEASURE: Final = """
SELECT fn.chat_metricas($1::timestamptz, $2::timestamptz, $3::uuid, $4::date, $5::date, $6::text)"""


async def measure(
    db: Db, begin: datetime, end: datetime, agent_id: UUID | None, *, first: date, last: date, zona: str
) -> Metricas:
    """Return the figures of the sessions that began within [begin, end), day by day from `first` to `last`."""
    return _METRICAS.decode(await db.fetchval(MEASURE, begin, end, agent_id, first, last, zona))
