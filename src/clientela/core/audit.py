"""The audit log: append-only rows in hash chains, written with the action they tell of (RELIABILITY D-19, T-LG-1).

The chain of a row is the first word of its action (`sesion.iniciada` → `sesion`), so that a busy area does not
hold up the others. Whoever edits, removes, inserts or reorders rows breaks a chain; whoever rewrites a chain
whole, its head included, is found by the anchors that a daily job writes outside the database.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core import values
from clientela.core.acciones import ACCIONES
from clientela.core.actor import Actor
from clientela.core.db import Db

_STEP: Final = 5000

_RECORD: Final = "SELECT fn.auditar($1::text, $2::text, $3::uuid, $4::text, $5::text, $6::jsonb)"
_LIST: Final = """SELECT id, fecha, accion, actor_id, objeto_tipo, objeto_id, datos FROM auditoria
    WHERE id < $1::bigint AND {where} ORDER BY id DESC LIMIT $2"""
_LIST_ALL: Final = _LIST.format(where="true")
_LIST_OBJECT: Final = _LIST.format(where="objeto_tipo = $3::text AND objeto_id = $4::text")
_LIST_ACTOR: Final = _LIST.format(where="actor_id = $3::uuid")
_LIST_ACTION: Final = _LIST.format(where="accion = $3::text")
_CHAINS: Final = """WITH RECURSIVE nombres (cadena) AS (
      (SELECT cadena FROM auditoria ORDER BY cadena LIMIT 1)
      UNION ALL
      SELECT (SELECT a.cadena FROM auditoria a WHERE a.cadena > n.cadena ORDER BY a.cadena LIMIT 1)
        FROM nombres n WHERE n.cadena IS NOT NULL
    )
    SELECT coalesce(n.cadena, c.cadena) AS cadena, c.ultimo, c.hash,
           (SELECT max(a.seq) FROM auditoria a WHERE a.cadena = n.cadena) AS ultima_fila,
           (SELECT a.hash FROM auditoria a WHERE a.cadena = c.cadena AND a.seq = c.ultimo) AS hash_fila
      FROM (SELECT cadena FROM nombres WHERE cadena IS NOT NULL) n
      FULL JOIN auditoria_cadenas c USING (cadena) ORDER BY 1"""
_CHECK: Final = "SELECT seq, motivo FROM fn.auditoria_revisar($1::text, $2::bigint, $3::bigint)"
_HEADS: Final = "SELECT cadena, ultimo, hash FROM auditoria_cadenas ORDER BY cadena"
_HASH_AT: Final = "SELECT hash FROM auditoria WHERE cadena = $1::text AND seq = $2::bigint"
_NEWEST: Final = 2**62


class Filtro(msgspec.Struct, frozen=True):
    """What to show of the log; at most one of the three is used, in this order."""

    objeto: tuple[str, str] | None = None
    actor_id: UUID | None = None
    accion: str | None = None


class Entrada(msgspec.Struct, frozen=True):
    """One row of the log as `GET /api/v1/auditoria` shows it (CONTRACT §12); `resumen` is the action in Spanish."""

    id: int
    fecha: datetime
    tipo: str
    referencia_id: str | None
    resumen: str
    actor_id: UUID | None
    objeto_tipo: str | None
    datos: dict[str, Any]


class Pagina(msgspec.Struct, frozen=True):
    """A page of the log, newest first; `next` is the cursor of the following page, None at the end."""

    items: list[Entrada]
    next: int | None


class Falla(msgspec.Struct, frozen=True):
    """One place where a chain does not hold; `motivo`: contenido, enlace, hueco, cabeza or ancla."""

    cadena: str
    seq: int
    motivo: str


Anclas = dict[str, tuple[int, str]]
"""The heads of all chains at one moment: chain → (seq, hash in hexadecimal)."""


async def record(
    db: Db,
    accion: str,
    *,
    actor: Actor | None,
    objeto: tuple[str, str] | None = None,
    datos: Mapping[str, Any] | None = None,
) -> None:
    """Write one row, in the open transaction; `objeto` is (kind, id), `datos` holds ids and codes only.

    The chain stays locked until the commit: record late in the transaction.
    """
    kind, object_id = objeto or (None, None)
    actor_id = actor.usuario_id if actor else None
    chain = accion.partition(".")[0]
    await db.execute(_RECORD, chain, accion, actor_id, kind, object_id, values.dumps(dict(datos or {})))


async def list_page(
    db: Db, after: int | None = None, limit: int = 20, filtro: Filtro | None = None
) -> Pagina:
    """Return up to `limit` rows older than the cursor `after`, newest first."""
    chosen = filtro or Filtro()
    start = _NEWEST if after is None else after
    if chosen.objeto is not None:
        rows = await db.fetch(_LIST_OBJECT, start, limit + 1, *chosen.objeto)
    elif chosen.actor_id is not None:
        rows = await db.fetch(_LIST_ACTOR, start, limit + 1, chosen.actor_id)
    elif chosen.accion is not None:
        rows = await db.fetch(_LIST_ACTION, start, limit + 1, chosen.accion)
    else:
        rows = await db.fetch(_LIST_ALL, start, limit + 1)
    items = [_entry(row) for row in rows[:limit]]
    return Pagina(items, items[-1].id if len(rows) > limit else None)


async def verify(db: Db, anclas: Anclas | None = None) -> list[Falla]:
    """Check every chain, row by row, and the anchors given; an empty list means that nothing was tampered with.

    Reads in steps, so that a log of any size stays within the time of a statement; may run while others write.
    """
    failures: list[Falla] = []
    for chain in await db.fetch(_CHAINS):
        name, last = chain["cadena"], chain["ultimo"] or 0
        if (chain["ultima_fila"] or 0) != last or (last and chain["hash_fila"] != chain["hash"]):
            failures.append(Falla(name, last, "cabeza"))
        for start in range(1, max(last, chain["ultima_fila"] or 0) + 1, _STEP):
            rows = await db.fetch(_CHECK, name, start, start + _STEP)
            failures += [Falla(name, row["seq"], row["motivo"]) for row in rows]
    for name, (seq, expected) in (anclas or {}).items():
        found = await db.fetchval(_HASH_AT, name, seq)
        if found is None or found.hex() != expected:
            failures.append(Falla(name, seq, "ancla"))
    return failures


async def heads(db: Db) -> Anclas:
    """Read the heads of all chains that have rows."""
    rows = await db.fetch(_HEADS)
    return {row["cadena"]: (row["ultimo"], row["hash"].hex()) for row in rows if row["ultimo"]}


async def write_anchors(db: Db, fecha: date) -> Path:
    """Write today's heads to `auditoria/<date>.json` under the data directory (0600); return the file."""
    path = db.settings.data_dir / "auditoria" / f"{fecha.isoformat()}.json"
    text = json.dumps(await heads(db), indent=1, sort_keys=True)
    await asyncio.to_thread(_write_private, path, text)
    return path


def read_anchors(data_dir: Path) -> Anclas:
    """Read the newest anchors of a data directory; empty when none were written yet."""
    files = sorted((data_dir / "auditoria").glob("????-??-??.json"))
    if not files:
        return {}
    return msgspec.json.decode(files[-1].read_bytes(), type=Anclas)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _entry(row: Any) -> Entrada:
    return Entrada(
        row["id"],
        row["fecha"],
        row["accion"],
        row["objeto_id"],
        ACCIONES.get(row["accion"], row["accion"]),
        row["actor_id"],
        row["objeto_tipo"],
        msgspec.json.decode(row["datos"]),
    )
