"""A client's timeline: everything that happened to him, newest first, each told in a sentence (CONTRACT §4, §12).

Events hold ids and codes only, so a sentence is made at reading, from its type and from what the rows say now: what
was corrected or erased since is told as it is today.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.clientes import rules as clientes
from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import NotFound
from clientela.core.textos import PALABRAS, RESUMENES
from clientela.identidad.model import Rol
from clientela.organizacion.model import MONEDA_INICIAL


class Suceso(msgspec.Struct, frozen=True):
    """Something that happened; `tipo` is the event's type, `referencia_id` what it happened to."""

    fecha: datetime
    tipo: str
    referencia_id: str | None
    resumen: str


class Linea(msgspec.Struct, frozen=True):
    """A part of a timeline, newest first; `next` is the cursor of what came before it, None at the beginning."""

    items: tuple[Suceso, ...]
    next: int | None


class _Evento(msgspec.Struct, frozen=True):
    id: int
    fecha: datetime
    tipo: str
    datos: dict[str, Any]
    hechos: dict[str, Any] | None


class _Leido(msgspec.Struct, frozen=True):
    cliente_id: UUID
    vendedor_asignado_id: UUID | None
    moneda: str | None
    eventos: tuple[_Evento, ...]


class _Palabras(dict[str, str]):
    """The words of a sentence; one that nobody knows any more is a dash."""

    def __missing__(self, _: str) -> str:
        return "—"


# Which facts of an event are codes that have words.
_CODES: Final = (
    "medio",
    "clase",
    "estado_pedido",
    "estado_propuesta",
    "estado_orden",
    "estado_visita",
    "estado_chat",
)
_READER: Final = msgspec.json.Decoder(_Leido)


async def read_timeline(db: Db, actor: Actor, ref: UUID | int, *, after: int | None, limit: int) -> Linea:
    """Return up to `limit` events of a client, newest first; with `after`, the cursor of a part, what came before it.

    NotFound `cliente_no_encontrado` also where the caller may not read the client. Whatever happens meanwhile, going
    from part to part shows all that was there at the first, each once.
    """
    found = await events.read_timeline(
        db, ref, after, limit + 1, None if actor.rol in {Rol.SOPORTE, Rol.ADMIN} else actor.usuario_id
    )
    if found is None:
        raise NotFound("cliente_no_encontrado")
    read = _READER.decode(found)
    if not clientes.may_read(actor, read.cliente_id, read.vendedor_asignado_id):
        raise NotFound("cliente_no_encontrado")
    shown = read.eventos[:limit]
    items = tuple(_told(event, read.moneda or MONEDA_INICIAL) for event in shown)
    return Linea(items, shown[-1].id if len(read.eventos) > limit else None)


def _told(event: _Evento, moneda: str) -> Suceso:
    words = _Palabras(_words(event.datos | (event.hechos or {}), moneda))
    return Suceso(event.fecha, event.tipo, event.datos.get("id"), RESUMENES[event.tipo].format_map(words))


def _words(facts: dict[str, Any], moneda: str) -> dict[str, str]:
    """Say every fact in the words of a sentence."""
    words = {name: str(value) for name, value in facts.items()}
    if "monto" in facts:
        words["monto"] = f"{facts['monto']} {moneda}"
    if "lineas" in facts:
        words["lineas"] = _contents(facts["lineas"])
    if "tipo" in facts:
        words["borrador"] = PALABRAS["borrador"].get(facts["tipo"], facts["tipo"])
    for name in _CODES:
        if name in facts:
            words[name] = PALABRAS[name].get(facts[name], facts[name])
    return words


def _contents(lines: int) -> str:
    if lines == 0:
        return "está vacío"
    return "tiene 1 producto" if lines == 1 else f"tiene {lines} productos"
