"""The content of a database as one hash per table, to show that something changed nothing."""

from tests.tools.database import Database

# Tables that move by themselves: the attempts of throttles, the mail worker's outbox and what it makes of requests
# for a new password, the daily jobs' diary.
BOOKKEEPING = frozenset(
    {"limites", "correos", "restablecimientos", "restablecimientos_pedidos", "trabajos_diarios", "secretos"}
)


class Fingerprint:
    """Hashes of all tables but the named bookkeeping ones."""

    def __init__(self, db: Database) -> None:
        self._db = db
        found = db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        self.tables = [row["tablename"] for row in found if row["tablename"] not in BOOKKEEPING]
        # Table names come from the catalogue of our own schema.
        self._sql = " UNION ALL ".join(
            f"SELECT '{table}' AS tabla, md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) AS suma "
            f'FROM public."{table}" t'
            for table in self.tables
        )

    def take(self) -> dict[str, str]:
        """Table → hash of its rows, in any order."""
        return {row["tabla"]: row["suma"] for row in self._db.fetch(self._sql)}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables whose content differs."""
    return [table for table, total in before.items() if after[table] != total]
