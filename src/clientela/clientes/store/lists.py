"""Lists of clients: each kind is a statement of its own, so that each has the plan that fits it.

A page is looked up in two steps: which clients they are, from an index alone, and then those few rows.
"""

from itertools import product
from typing import Final

from clientela.clientes.model import Expediente, Filtro, Localidad, Orden, Pagina, Terminos
from clientela.clientes.store.records import CLIENTE, cliente_of
from clientela.core.db import Db, Record

# Parameters: $1 states, $2 how many, $3 after how many; a seller's lists $4 his identifier; a search two more,
# the trigrams and the patterns. Merged duplicates are in no list.
_ALL: Final = "c.activo = ANY ($1::boolean[]) AND c.fusionado_en IS NULL"
_HIS: Final = f"{_ALL} AND (c.vendedor_asignado_id = $4::uuid OR c.vendedor_asignado_id IS NULL)"

# Kept, not counted: see migration 0015.
_TOTAL_ALL: Final = """
    SELECT coalesce(sum(cuantos), 0)::bigint AS total FROM clientes_totales WHERE activo = ANY ($1::boolean[])"""
_TOTAL_HIS: Final = f"{_TOTAL_ALL} AND (vendedor_id = $4::uuid OR vendedor_id IS NULL)"

_KEYS: Final = {
    Orden.ID: ("numero",),
    Orden.NOMBRE: ("nombre_orden", "numero"),
    Orden.FECHA_REGISTRO: ("creado_en", "numero"),
}


def _order(orden: Orden, *, down: bool, table: str) -> str:
    return ", ".join(f"{table}.{column}{' DESC' if down else ''}" for column in _KEYS[orden])


def _page(total: str, ids: str, orden: Orden, *, down: bool) -> str:
    # The total stands beside every row, and alone when the page is past the end. LIMIT 1 says what the planner does not
    # know when it plans for any page: that few rows are looked up.
    return f"""
  conteo AS ({total}),
  pagina AS (
    SELECT {CLIENTE}, c.nombre_orden, l.nombre AS localidad_nombre, l.codigo AS localidad_codigo
      FROM ({ids}) AS lugar
           CROSS JOIN LATERAL (SELECT * FROM clientes WHERE id = lugar.id LIMIT 1) AS c
           LEFT JOIN LATERAL (SELECT * FROM localidades WHERE id = c.localidad_id LIMIT 1) AS l ON true
)
SELECT conteo.total, pagina.* FROM conteo LEFT JOIN pagina ON true
 ORDER BY {_order(orden, down=down, table="pagina")}"""  # noqa: S608


def _list(where: str, total: str, orden: Orden, *, down: bool) -> str:
    order = _order(orden, down=down, table="c")
    ids = f"SELECT c.id FROM clientes c WHERE {where} ORDER BY {order} LIMIT $2 OFFSET $3"  # noqa: S608
    return f"WITH {_page(total, ids, orden, down=down)}"


def _search(where: str, orden: Orden, terms: int, *, down: bool) -> str:
    # What is found is gathered first: in the wanted order the planner would walk the whole table for it.
    keys = ", ".join(f"c.{column}" for column in _KEYS[orden])
    order = _order(orden, down=down, table="h")
    ids = f"SELECT h.id FROM hallados h ORDER BY {order} LIMIT $2 OFFSET $3"  # noqa: S608
    return f"""
WITH hallados AS MATERIALIZED (
    SELECT c.id, {keys} FROM clientes c
     WHERE public.trigramas(c.busqueda) @> ${terms}::text[] AND c.busqueda LIKE ALL (${terms + 1}::text[])
       AND {where}
),{_page("SELECT count(*) AS total FROM hallados", ids, orden, down=down)}"""  # noqa: S608


def _statement(orden: Orden, *, his: bool, down: bool, searched: bool) -> str:
    where = _HIS if his else _ALL
    if searched:
        return _search(where, orden, 5 if his else 4, down=down)
    return _list(where, _TOTAL_HIS if his else _TOTAL_ALL, orden, down=down)


STATEMENTS: Final = {
    (orden, his, down, searched): _statement(orden, his=his, down=down, searched=searched)
    for orden, his, down, searched in product(Orden, (False, True), (False, True), (False, True))
}


def arguments(filtro: Filtro, terms: Terminos) -> tuple[str, list[object]]:
    """Choose the statement that answers a list, and its parameters."""
    his, searched = filtro.vendedor_id is not None, bool(terms.trigramas)
    states = [True, False] if filtro.activo is None else [filtro.activo]
    values: list[object] = [states, filtro.limite, filtro.desde]
    values += [filtro.vendedor_id] if his else []
    values += [terms.trigramas, terms.patrones] if searched else []
    return STATEMENTS[filtro.orden, his, filtro.descendente, searched], values


async def find(db: Db, filtro: Filtro, terms: Terminos) -> Pagina:
    """Return one page of clients with their localities, and how many the filter finds."""
    statement, values = arguments(filtro, terms)
    rows = await db.fetch(statement, *values)
    return Pagina(tuple(_listed(row) for row in rows if row["id"] is not None), rows[0]["total"])


def _listed(row: Record) -> Expediente:
    client = cliente_of(row)
    locality = None
    if client.localidad_id is not None:
        locality = Localidad(client.localidad_id, row["localidad_nombre"], row["localidad_codigo"])
    return Expediente(cliente=client, localidad=locality)


# What another transaction adds meanwhile is not seen, so it stays; of two who add up at once the second finds nothing.
COMPACT: Final = """
WITH sumados AS (
    DELETE FROM clientes_totales WHERE (SELECT count(*) FROM clientes_totales) > $1
    RETURNING vendedor_id, activo, cuantos
)
INSERT INTO clientes_totales (vendedor_id, activo, cuantos)
SELECT vendedor_id, activo, sum(cuantos) FROM sumados GROUP BY vendedor_id, activo HAVING sum(cuantos) <> 0"""


async def compact(db: Db, rows: int) -> None:
    """Add up the totals where there are more rows of them than so many."""
    await db.execute(COMPACT, rows)
