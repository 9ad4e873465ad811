"""The content of a database as one hash per table, to show that something changed nothing."""

import json
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Change:
    """What lies between two moments: columns whose values changed in rows that stayed, and the new rows."""

    columns: set[tuple[str, str]]
    made: dict[str, list[dict[str, Any]]]


class Rows:
    """The content of all tables but the bookkeeping ones, row by row."""

    def __init__(self, tables: dict[str, dict[str, dict[str, Any]]]) -> None:
        self._tables = tables

    def difference(self, before: "Rows") -> Change:
        """What changed since `before`."""
        columns: set[tuple[str, str]] = set()
        made: dict[str, list[dict[str, Any]]] = {}
        for table, rows in self._tables.items():
            older = before._tables.get(table, {})
            for key, row in rows.items():
                if key not in older:
                    made.setdefault(table, []).append(row)
                else:
                    columns |= {(table, name) for name, value in row.items() if older[key][name] != value}
            columns |= {(table, "(a row less)") for key in older if key not in rows}
        return Change(columns, made)


def rows_of(db: Database) -> Rows:
    """Read everything; rows are known by their primary key."""
    keys = {row["tabla"]: list(row["columnas"]) for row in db.fetch(_PRIMARY_KEYS)}
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for table, columns in keys.items():
        if table not in BOOKKEEPING:
            found = db.fetch(f'SELECT to_jsonb(t)::text AS fila FROM public."{table}" t')
            decoded = [json.loads(row["fila"]) for row in found]
            tables[table] = {json.dumps([row[c] for c in columns]): row for row in decoded}
    return Rows(tables)


_PRIMARY_KEYS = """
SELECT c.relname AS tabla, array_agg(a.attname ORDER BY a.attnum) AS columnas
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
 WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace
 GROUP BY 1
"""
