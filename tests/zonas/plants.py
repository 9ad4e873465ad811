"""Servers whose clock stands still, and what may be wrong with their zones (tests.tools.planted)."""

import time
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg

from clientela.api import auth
from clientela.cobranza import service
from clientela.core.clock import SystemClock
from clientela.core.db import Db
from clientela.postventa import rules

# 23:30 of 30 September in Santiago (UTC-3, 24 days into its summer), the next day or hour in all the other zones.
NOW: Final = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)


def standing_clock() -> None:
    """It is always the same instant."""
    setattr(SystemClock, "now", lambda _: NOW)  # noqa: B010
    setattr(auth, "time", SimpleNamespace(time=NOW.timestamp, monotonic=time.monotonic))  # noqa: B010


def machines_zone() -> None:
    """The clock stands, dates are the machine's, and the database is asked in whatever zone it has."""
    standing_clock()

    def year_month(instant: datetime | None, _: ZoneInfo) -> str | None:
        return instant.astimezone().strftime("%Y%m") if instant else None

    async def today(db: Db) -> date:
        return db.now().astimezone().date()

    connect = asyncpg.connect

    async def unpinned(*args: Any, server_settings: dict[str, str] | None = None, **options: Any) -> Any:
        kept = {name: value for name, value in (server_settings or {}).items() if name != "timezone"}
        return await connect(*args, server_settings=kept, **options)

    setattr(rules, "year_month", year_month)  # noqa: B010
    setattr(service, "_today", today)  # noqa: B010
    setattr(asyncpg, "connect", unpinned)  # noqa: B010
