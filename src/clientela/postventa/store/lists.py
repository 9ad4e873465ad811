"""SQL of the lists of work orders: by whom, by state, by day, and those behind the overview's figures."""

from datetime import datetime
from typing import Any, Final

import msgspec

from clientela.core.db import Db
from clientela.postventa.model import Filtro, Orden, PaginaOrdenes, Tipo, Vista

_ORDENES: Final = msgspec.json.Decoder(tuple[Orden, ...])

# Whatever is asked, one condition holds of all rows and comes from an index; the others are looked at row by row. So a
# plan for all arguments, which a connection keeps after some requests, is as good as one for these.
_BESIDES: Final = """($1::uuid IS NULL OR o.cliente_id = $1) AND ($2::uuid IS NULL OR o.tecnico_id = $2)
   AND ($3::text IS NULL OR o.estado = $3) AND ($4::text IS NULL OR o.tipo = $4)
   AND ($5::timestamptz IS NULL OR o.fecha_programada >= $5)
   AND ($6::timestamptz IS NULL OR o.fecha_programada < $6) AND $7::timestamptz IS NOT NULL"""
_LATEST: Final = "o.numero DESC"


def _page(where: str, order: str, total: str, limit: int) -> str:
    """Write a list; `limit` is the number of the parameter that bounds the page, the next one is where it begins."""
    # The planner takes an array for a few rows; of a limit that it does not know it expects a tenth of the table.
    return f"""
SELECT ({total}) AS total,
       coalesce((SELECT json_agg(n.neutra ORDER BY {order})
                   FROM unnest(ARRAY(SELECT o.id FROM ordenes_trabajo o WHERE {where}
                                      ORDER BY {order} LIMIT ${limit} OFFSET ${limit + 1})) AS p (id)
                   JOIN ordenes_trabajo o ON o.id = p.id
                  CROSS JOIN LATERAL fn.ordenes_neutras(o) n), '[]') AS ordenes"""  # noqa: S608


def _list(condition: str, order: str = _LATEST) -> str:
    """Write a list of what a condition holds of, and what may be asked besides."""
    where = f"{condition} AND {_BESIDES}"
    return _page(where, order, f"SELECT count(*) FROM ordenes_trabajo o WHERE {where}", 8)  # noqa: S608


LIST_ALL: Final = _page("true", _LATEST, "SELECT count(*) FROM ordenes_trabajo", 1)
LIST_SOME: Final = _list("true")
LIST_OF_CLIENT: Final = _list("o.cliente_id = $1::uuid")
LIST_OF_TECHNICIAN: Final = _list("o.tecnico_id = $2::uuid")
LIST_IN_STATE: Final = _list("o.estado = $3::text")
# What has a root is a revision.
LIST_OF_REVISIONS: Final = _list("o.raiz_id IS NOT NULL")
LIST_OF_DAYS: Final = _list("o.fecha_programada >= $5::timestamptz AND o.fecha_programada < $6::timestamptz")

_OPEN: Final = "o.estado NOT IN ('FINALIZADO', 'CANCELADA')"
_UNASSIGNED: Final = (f"o.tecnico_id IS NULL AND {_OPEN}", "o.numero")
_UNDER_WAY: Final = ("o.estado = 'EN_EJECUCION'", "o.numero")


def _still(parameter: int) -> tuple[str, str]:
    return (
        f"{_OPEN} AND o.ultimo_movimiento_en <= ${parameter}::timestamptz",
        "o.ultimo_movimiento_en, o.numero",
    )


def _whole(view: tuple[str, str], total: str) -> str:
    """Write a list of the overview, whose total is counted already; $1 is for those who are without movement."""
    return _page(*view, f"SELECT {total} WHERE $1::timestamptz IS NOT NULL", 2)


def _sum(figure: str) -> str:
    return f"coalesce(sum({figure}), 0)::bigint FROM ordenes_por_dia"


# Each of the overview's lists, the oldest first: whole, and narrowed down.
VIEW_UNASSIGNED: Final = _whole(_UNASSIGNED, _sum("sin_asignar"))
VIEW_UNDER_WAY: Final = _whole(_UNDER_WAY, _sum("en_ejecucion"))
VIEW_STILL: Final = _whole(_still(1), "(fn.ordenes_resumen($1) ->> 'sin_movimiento')::bigint")
LIST_UNASSIGNED: Final = _list(*_UNASSIGNED)
LIST_UNDER_WAY: Final = _list(*_UNDER_WAY)
LIST_STILL: Final = _list(*_still(7))
_VIEWS: Final = {
    Vista.SIN_ASIGNAR: (VIEW_UNASSIGNED, LIST_UNASSIGNED),
    Vista.EN_EJECUCION: (VIEW_UNDER_WAY, LIST_UNDER_WAY),
    Vista.SIN_MOVIMIENTO: (VIEW_STILL, LIST_STILL),
}

_WAITING: Final = "o.tipo = 'REVISION' AND o.estado = 'PENDIENTE'"
PENDING_GUARANTEES: Final = _page(
    _WAITING,
    "o.numero",
    f"SELECT count(*) FROM ordenes_trabajo o WHERE {_WAITING}",  # noqa: S608
    1,
)


def statement(wanted: Filtro, still_since: datetime) -> tuple[str, tuple[Any, ...]]:
    """Choose the list for what is asked: its statement, and the values of all its parameters but the page's."""
    asked = {name for name in wanted.__struct_fields__ if getattr(wanted, name) is not None}
    if not asked:
        return LIST_ALL, ()
    if wanted.vista and len(asked) == 1:
        return _VIEWS[wanted.vista][0], (still_since,)
    values = (
        wanted.cliente_id, wanted.tecnico_id, wanted.estado, wanted.tipo, wanted.desde, wanted.hasta, still_since,
    )  # fmt: skip
    return _narrowed(wanted, asked), values


def _narrowed(wanted: Filtro, asked: set[str]) -> str:
    """Choose by what leaves the fewest rows."""
    if wanted.vista:
        return _VIEWS[wanted.vista][1]
    if "cliente_id" in asked:
        return LIST_OF_CLIENT
    if asked >= {"desde", "hasta"}:
        return LIST_OF_DAYS
    if "tecnico_id" in asked:
        return LIST_OF_TECHNICIAN
    if wanted.tipo == Tipo.REVISION:
        return LIST_OF_REVISIONS
    return LIST_IN_STATE if "estado" in asked else LIST_SOME


async def find(db: Db, wanted: Filtro, still_since: datetime, limit: int, offset: int) -> PaginaOrdenes:
    """Return one page of work orders; `still_since`: who moved last then or before is without movement."""
    sql, values = statement(wanted, still_since)
    return await _read(db, sql, *values, limit, offset)


async def pending_guarantees(db: Db, limit: int, offset: int) -> PaginaOrdenes:
    """Return one page of the guarantees that wait for a technician, oldest first."""
    return await _read(db, PENDING_GUARANTEES, limit, offset)


async def _read(db: Db, sql: str, *values: Any) -> PaginaOrdenes:
    row = await db.fetchrow(sql, *values)
    assert row is not None  # noqa: S101
    return PaginaOrdenes(_ORDENES.decode(row["ordenes"]), row["total"])
