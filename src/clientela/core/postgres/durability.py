"""Whether the server keeps what it acknowledges: also asked of external servers, which we did not configure."""

from typing import Any, Final, Protocol

_NEEDED: Final = ("fsync", "full_page_writes", "synchronous_commit")
_SETTINGS: Final = "SELECT name, setting FROM pg_settings WHERE name = ANY($1::text[])"


class Fetcher(Protocol):
    """What can run a query: `core.db.Db`, or a connection of the driver."""

    async def fetch(self, sql: str, *args: Any) -> Any:
        """Run a statement; return its rows."""


async def check_durability(db: Fetcher) -> list[str]:
    """Return the settings that are off and must not be (`fsync`, `full_page_writes`, `synchronous_commit`).

    They are read as the application's own sessions have them, so a setting of its role or database counts too.
    Any value of `synchronous_commit` but `off` waits for the local disk (RELIABILITY T-CR-5).
    """
    found = {row["name"]: row["setting"] for row in await db.fetch(_SETTINGS, list(_NEEDED))}
    return [name for name in _NEEDED if found.get(name) == "off"]
