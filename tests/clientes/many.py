"""A hundred thousand clients, loaded by COPY in a few seconds: what lists and searches are looked at with."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.tools.database import Database, run

COUNT = 100_000
SELLERS = 40
NAMES = (
    "José",
    "María",
    "Ana",
    "Luis",
    "Rosa",
    "Núñez",
    "Peña",
    "Quispe",
    "Mamani",
    "Condori",
    "Flores",
    "Vargas",
)
KINDS = ("Tienda", "Almacén", "Librería", "Ferretería", "Panadería", "Kiosco", "Cafetería", "Heladería")
BORN = datetime(2020, 1, 1, tzinfo=UTC)

_ALL_VISIBLE = "SELECT relallvisible >= relpages FROM pg_class WHERE oid = 'clientes'::regclass"

Row = tuple[object, ...]


def seller(number: int) -> uuid.UUID:
    """The identifier of a seller, from 0."""
    return uuid.UUID(int=(7 << 64) + number)


def _user(number: int) -> uuid.UUID:
    return uuid.UUID(int=(8 << 64) + number)


def _client(number: int) -> uuid.UUID:
    return uuid.UUID(int=(9 << 64) + number)


def _users() -> Iterator[Row]:
    for n in range(SELLERS):
        yield (seller(n), f"Vendedor {n}", "vendedor", None, BORN, BORN)
    for n in range(COUNT):
        yield (_user(n), "Cliente", "cliente", _client(n), BORN, BORN)


def _mixed(n: int, salt: int) -> int:
    """A number that tells nothing of n or of the same with another salt, and is always the same."""
    return (n * 97 + salt) * 2_654_435_761 % (1 << 32) >> 12


def name_of(n: int) -> str:
    """The name of a client: some of its words are common, and one is rare."""
    kind, first, second = (_mixed(n, salt) for salt in range(3))
    return f"{KINDS[kind % 8]} {NAMES[first % 12]} {NAMES[second % 12]} {n % 1000:03}{'kqzwx'[n % 5]}"


def _clients() -> Iterator[Row]:
    for n in range(COUNT):
        phone = f"{60_000_000 + n * 197 % 20_000_000}"
        # A seller has two thousand; every fifth client has none.
        whose = None if _mixed(n, 3) % 5 == 0 else seller(_mixed(n, 4) % SELLERS)
        born = BORN + timedelta(minutes=n * 31 % 3_000_000)
        company, nit = f"Comercial {NAMES[n % 12]} S.R.L.", f"{1_000_000 + n * 37}-{n % 10}"
        yield (
            _client(n), _user(n), whose, name_of(n), company, nit, f"cliente{n}@ejemplo.test", phone, f"+591{phone}",
            _mixed(n, 5) % 10 > 0, born, born,
        )  # fmt: skip


async def _load(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, command_timeout=120)
    try:
        # The new rows' trigrams wait until all are there: an index is filled faster at once.
        await connection.execute("ALTER INDEX clientes_busqueda_idx SET (gin_pending_list_limit = 1000000)")
        async with connection.transaction():
            await connection.copy_records_to_table(
                "usuarios",
                records=_users(),
                columns=("id", "nombre", "rol", "cliente_id", "creado_en", "actualizado_en"),
            )
            await connection.copy_records_to_table(
                "clientes",
                records=_clients(),
                columns=(
                    "id", "usuario_principal_id", "vendedor_asignado_id", "nombre", "razon_social", "nit", "email",
                    "telefono", "telefono_e164", "activo", "creado_en", "actualizado_en",
                ),
            )  # fmt: skip
        await connection.execute("SET maintenance_work_mem = '256MB'")
        await connection.execute("SELECT gin_clean_pending_list('clientes_busqueda_idx')")
        await connection.execute("ALTER INDEX clientes_busqueda_idx SET (gin_pending_list_limit = 256)")
        await connection.execute("VACUUM ANALYZE usuarios")
        for _ in range(30):
            await connection.execute("VACUUM ANALYZE clientes")
            if await connection.fetchval(_ALL_VISIBLE):
                break
            # Somebody, autovacuum perhaps, still looks at what there was before.
            await asyncio.sleep(0.5)
    finally:
        await connection.close()


def load(database: Database) -> None:
    """Fill an empty, migrated database."""
    run(_load(database.dsn), seconds=300)
