"""Lists of clients: each kind is a statement of its own, so that each has the plan that fits it."""

from itertools import product
from typing import Final

from clientela.clientes.model import Expediente, Filtro, Localidad, Orden, Pagina, Terminos
from clientela.clientes.store.records import CLIENTE, cliente_of
from clientela.core.db import Db, Record

# Parameters: $1 states, $2 how many, $3 after how many; a seller's lists $4 his identifier; a search two more,
# the trigrams and the patterns. Merged duplicates are in no list.
_ALL: Final = "c.activo = ANY ($1::boolean[]) AND c.fusionado_en IS NULL"
_HIS: Final = f"{_ALL} AND (c.vendedor_asignado_id = $4::uuid OR c.vendedor_asignado_id IS NULL)"

_COUNT_ALL: Final = f"SELECT count(*) AS total FROM clientes c WHERE {_ALL}"  # noqa: S608
# In two halves, each of which the index of sellers answers alone.
_COUNT_HIS: Final = f"""
    SELECT (SELECT count(*) FROM clientes c WHERE {_ALL} AND c.vendedor_asignado_id = $4::uuid)
         + (SELECT count(*) FROM clientes c WHERE {_ALL} AND c.vendedor_asignado_id IS NULL) AS total"""  # noqa: S608

_KEYS: Final = {
    Orden.ID: ("numero",),
    Orden.NOMBRE: ("nombre_orden", "numero"),
    Orden.FECHA_REGISTRO: ("creado_en", "numero"),
}


def _order(orden: Orden, *, down: bool, table: str) -> str:
    return ", ".join(f"{table}.{column}{' DESC' if down else ''}" for column in _KEYS[orden])


def _list(where: str, count: str, order: str) -> str:
    # The total stands beside every row, and alone when the page is past the end.
    return f"""
WITH conteo AS ({count}),
pagina AS (
    SELECT {CLIENTE}, row_number() OVER (ORDER BY {order}) AS lugar
      FROM clientes c WHERE {where} ORDER BY {order} LIMIT $2 OFFSET $3
)
SELECT conteo.total, pagina.*, l.nombre AS localidad_nombre, l.codigo AS localidad_codigo
  FROM conteo LEFT JOIN (pagina LEFT JOIN localidades l ON l.id = pagina.localidad_id) ON true
 ORDER BY pagina.lugar"""  # noqa: S608


def _search(where: str, order: str, terms: int) -> str:
    # What is found is gathered first: in the wanted order the planner would walk the whole table for it.
    return f"""
WITH hallados AS MATERIALIZED (
    SELECT c.id, c.numero, c.nombre_orden, c.creado_en FROM clientes c
     WHERE public.trigramas(c.busqueda) @> ${terms}::text[] AND c.busqueda LIKE ALL (${terms + 1}::text[])
       AND {where}
),
pagina AS (
    SELECT {CLIENTE}, p.lugar FROM (
        SELECT h.id, row_number() OVER (ORDER BY {order}) AS lugar
          FROM hallados h ORDER BY {order} LIMIT $2 OFFSET $3) p
      JOIN clientes c USING (id)
)
SELECT conteo.total, pagina.*, l.nombre AS localidad_nombre, l.codigo AS localidad_codigo
  FROM (SELECT count(*) AS total FROM hallados) AS conteo
       LEFT JOIN (pagina LEFT JOIN localidades l ON l.id = pagina.localidad_id) ON true
 ORDER BY pagina.lugar"""  # noqa: S608


def _statement(orden: Orden, *, his: bool, down: bool, searched: bool) -> str:
    where = _HIS if his else _ALL
    if searched:
        return _search(where, _order(orden, down=down, table="h"), 5 if his else 4)
    return _list(where, _COUNT_HIS if his else _COUNT_ALL, _order(orden, down=down, table="c"))


STATEMENTS: Final = {
    (orden, his, down, searched): _statement(orden, his=his, down=down, searched=searched)
    for orden, his, down, searched in product(Orden, (False, True), (False, True), (False, True))
}


def arguments(filtro: Filtro, terms: Terminos) -> tuple[str, list[object]]:
    """Choose the statement that answers a list, and its parameters."""
    his, searched = filtro.vendedor_id is not None, bool(terms.patrones)
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
