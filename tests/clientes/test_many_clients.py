"""Lists and searches of a hundred thousand clients: answered from indexes, whoever asks, in every order, on any page.

What is pinned is the plan, in both ways in which the server may plan, and how many blocks a list touches: times say
more about the machine. What they find is compared with a look at every row.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest

from clientela.clientes.model import Filtro, Orden
from clientela.clientes.rules import search_terms
from clientela.clientes.store import lists
from clientela.core.text import search_words
from tests.clientes import many
from tests.tools.cluster import Cluster
from tests.tools.database import Database, run

SELLER = many.seller(3)
# Three letters that many have and few; two and one; accents; a NIT and parts of it; a phone in several spellings.
SEARCHES = (
    "tie", "com", "49k", "zzz", "te", "t", "ñu", "JOSÉ", "jose nunez", "almacen quispe 04", "1000037", "100003",
    "1.000.037-1", "0003", "60000197", "+591 6000-0197", "6000 0197", "cliente77@ejemplo.test", "S.R.L.", "nadie así",
)  # fmt: skip
PAGES = (0, 60, 19_000, 99_980, 150_000)


@pytest.fixture(scope="module")
def full(cluster: Cluster, worker: str) -> Iterator[Database]:
    """A database of its own with 100,000 clients, vacuumed as autovacuum would have done."""
    database = Database(cluster.create(f"muchos_{os.getpid()}_{worker}"))
    many.load(database)
    yield database
    database.close()
    cluster.drop(database.name)


def every_filter(q: str = "") -> Iterator[Filtro]:
    """Every role, state, order and direction."""
    for orden, down, seller, activo in itertools.product(
        Orden, (False, True), (None, SELLER), (None, True, False)
    ):
        yield Filtro(q=q, orden=orden, descendente=down, vendedor_id=seller, activo=activo)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def explain(connection: asyncpg.Connection, filtro: Filtro, mode: str, how: str) -> dict[str, Any]:
    """The plan of a list as the service sends it."""
    statement, values = lists.arguments(filtro, search_terms(filtro.q))
    await connection.execute(f"SET plan_cache_mode = {mode}")
    said = await connection.fetchval(f"EXPLAIN ({how} FORMAT JSON) {statement}", *values)
    found: dict[str, Any] = json.loads(said)[0]["Plan"]
    return found


def scans(plan: dict[str, Any]) -> set[tuple[str, str]]:
    """How each table or index is read."""
    return {
        (node["Node Type"], node.get("Index Name") or node.get("Relation Name") or "")
        for node in nodes(plan)
        if "Scan" in node["Node Type"] and node["Node Type"] not in {"CTE Scan", "Subquery Scan"}
    }


INDEXES = {
    Orden.ID: "clientes_por_numero",
    Orden.NOMBRE: "clientes_por_nombre",
    Orden.FECHA_REGISTRO: "clientes_por_creacion",
}


async def check_plans(connection: asyncpg.Connection) -> None:
    """Lists come from the index of their order alone; searches from that of the trigrams."""
    for mode in ("force_custom_plan", "force_generic_plan"):
        for filtro in every_filter():
            found = scans(await explain(connection, filtro, mode, ""))
            # The rows of the page, and the few rows of the totals.
            allowed = {
                ("Index Only Scan", INDEXES[filtro.orden]),
                ("Index Scan", "clientes_pkey"),
                ("Index Scan", "localidades_pkey"),
                ("Seq Scan", "localidades"),
                ("Seq Scan", "clientes_totales"),
            }
            assert found <= allowed, f"{filtro} {mode}: {found}"
            assert ("Seq Scan", "clientes_totales") in found, f"{filtro} {mode}: {found}"
        for q in SEARCHES:
            for filtro in (Filtro(q=q), Filtro(q=q, vendedor_id=SELLER, activo=True, orden=Orden.ID)):
                found = scans(await explain(connection, filtro, mode, ""))
                assert ("Bitmap Index Scan", "clientes_busqueda_idx") in found, f"{filtro} {mode}: {found}"
                assert not any(kind == "Seq Scan" and of == "clientes" for kind, of in found), (
                    f"{filtro} {mode}"
                )


async def blocks(connection: asyncpg.Connection, filtro: Filtro) -> int:
    """How many blocks a list touches."""
    plan = await explain(connection, filtro, "force_generic_plan", "ANALYZE, BUFFERS, TIMING OFF,")
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def check_blocks(connection: asyncpg.Connection) -> None:
    """A first page costs what its rows cost; a page far behind, the index that leads to it, or a seller's own rows."""
    table = await connection.fetchval("SELECT pg_relation_size('clientes') / 8192")
    for filtro in every_filter():
        assert await blocks(connection, filtro) < table / 8, filtro
    for seller, orden in itertools.product((None, SELLER), Orden):
        far = Filtro(desde=19_980 if seller else 99_980, vendedor_id=seller, orden=orden)
        # PostgreSQL 15 would rather sort a seller's own rows: each block of the table once, and never more.
        bound = table / 2 if seller is None else table * 1.1
        assert await blocks(connection, far) < bound, far
    # Few of a hundred thousand: no more than about one block for each.
    for q in ("49k", "1000037", "60000197", "zzz"):
        found = await connection.fetchrow(*statement_of(Filtro(q=q)))
        assert await blocks(connection, Filtro(q=q)) < 500 + 1.5 * found["total"], q


def statement_of(filtro: Filtro) -> tuple[Any, ...]:
    """The statement of a list and its parameters."""
    statement, values = lists.arguments(filtro, search_terms(filtro.q))
    return statement, *values


def words_of(q: str) -> list[str]:
    """What a search must find, said anew: a long number is one word."""
    digits = "".join(c for c in q if c.isdigit())
    return [digits] if len(digits) > 5 and not any(c.isalpha() for c in q) else search_words(q)


async def looked_up(connection: asyncpg.Connection, filtro: Filtro) -> list[int]:
    """The numbers of all that a list must show, found by looking at every row."""
    keys = {Orden.ID: "", Orden.NOMBRE: 'nombre_orden COLLATE "C", ', Orden.FECHA_REGISTRO: "creado_en, "}[
        filtro.orden
    ]
    order = ", ".join(f"{key} DESC" if filtro.descendente else key for key in (keys + "numero").split(", "))
    patterns = [f"%{word}%" if len(word) > 2 else f"% {word}%" for word in words_of(filtro.q)]
    rows = await connection.fetch(
        f"""SELECT numero FROM clientes
             WHERE busqueda LIKE ALL ($1::text[]) AND ($2::boolean IS NULL OR activo = $2)
               AND ($3::uuid IS NULL OR vendedor_asignado_id = $3 OR vendedor_asignado_id IS NULL)
             ORDER BY {order}""",
        patterns,
        filtro.activo,
        filtro.vendedor_id,
    )
    return [row["numero"] for row in rows]


async def check_answers(connection: asyncpg.Connection) -> None:
    """Every list shows what a look at every row shows, page by page."""
    narrow = (Filtro(q=q, vendedor_id=seller) for q in SEARCHES for seller in (None, SELLER))
    for filtro in (*every_filter(), *every_filter("quispe"), *narrow):
        expected = await looked_up(connection, filtro)
        for desde in PAGES:
            page = Filtro(**{f: getattr(filtro, f) for f in filtro.__struct_fields__} | {"desde": desde})
            rows = await connection.fetch(*statement_of(page))
            assert rows[0]["total"] == len(expected), page
            shown = [row["numero"] for row in rows if row["id"] is not None]
            assert shown == expected[desde : desde + 20], page
    assert len(await looked_up(connection, Filtro(q="com"))) == many.COUNT
    assert 0 < len(await looked_up(connection, Filtro(q="6000 0197"))) < 20


def test_a_hundred_thousand_clients(full: Database) -> None:
    """One test, so that the table is filled once, whatever number of workers share the run."""

    async def ask(check: Callable[[asyncpg.Connection], Any]) -> None:
        async with full.connect() as connection:
            await check(connection)

    for check in (check_plans, check_blocks, check_answers):
        run(ask(check), seconds=300)
