"""A database's schema and contents as values that can be compared."""

from collections.abc import Iterable

from tests.tools.database import Database

_PARTS = {
    "columns": """
        SELECT a.attrelid::regclass::text || '.' || a.attname AS nombre,
               format_type(a.atttypid, a.atttypmod) || ' null=' || (NOT a.attnotnull)
               || ' identity=' || a.attidentity::text || ' generated=' || a.attgenerated::text
               || ' default=' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS que
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
           AND a.attnum > 0 AND NOT a.attisdropped""",
    "tables": """
        SELECT c.oid::regclass::text AS nombre,
               c.relkind::text || c.relpersistence::text || coalesce(array_to_string(c.reloptions, ','), '')
               || coalesce(obj_description(c.oid), '') AS que
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'S')""",
    "constraints": """
        SELECT conrelid::regclass || '.' || conname AS nombre,
               pg_get_constraintdef(oid) || ' valid=' || convalidated AS que
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": """
        SELECT indexname AS nombre, indexdef AS que FROM pg_indexes WHERE schemaname = 'public'""",
    "functions": """
        SELECT p.oid::regprocedure::text AS nombre, pg_get_functiondef(p.oid) AS que
          FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'fn'))""",
    "triggers": """
        SELECT tgrelid::regclass || '.' || tgname AS nombre, pg_get_triggerdef(oid) AS que
          FROM pg_trigger WHERE NOT tgisinternal""",
}


def schema(db: Database) -> dict[str, str]:
    """Everything that the migrations made: kind and name → definition."""
    return {
        f"{part} {row['nombre']}": row["que"]
        for part, query in _PARTS.items()
        for row in db.fetch(query)
        if not row["nombre"].startswith("alembic_version")
    }


def tables(db: Database) -> set[str]:
    """The tables of the product."""
    rows = db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"] for row in rows} - {"alembic_version"}


def columns(db: Database, table: str) -> list[str]:
    """The columns of a table, by name."""
    rows = db.fetch(
        """SELECT attname FROM pg_attribute
            WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname""",
        table,
    )
    return [row["attname"] for row in rows]


def checksum(db: Database, table: str, only: Iterable[str] | None = None) -> str:
    """Number of rows and a hash of them all, whatever their order; over some columns or all."""
    names = ", ".join(f'"{name}"' for name in (only or columns(db, table)))
    value: str = db.fetchval(
        f"""SELECT count(*) || ':' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '')
              FROM (SELECT {names} FROM "{table}") t"""
    )
    return value


def contents(db: Database, without: Iterable[str] = ()) -> dict[str, str]:
    """Table → checksum, for the whole database."""
    return {table: checksum(db, table) for table in sorted(tables(db) - set(without))}
