"""Decisions about drafts and autosaves: no database, no clock."""

from collections.abc import Mapping, Sequence
from typing import Final

from clientela.panel.model import Autoguardado, ResultadoAutoguardado, TipoBorrador

CAMPOS: Final[Mapping[TipoBorrador, tuple[str, str]]] = {
    TipoBorrador.RECLAMO: ("titulo", "descripcion"),
    TipoBorrador.SOPORTE: ("asunto", "mensaje"),
}


def whole_draft(tipo: TipoBorrador, sent: Mapping[str, str | None]) -> dict[str, str]:
    """Return all fields of a kind of draft: saving replaces the draft whole, so an absent field is empty."""
    return {campo: sent.get(campo) or "" for campo in CAMPOS[tipo]}


def section_paths(conflictos: Sequence[str]) -> list[str]:
    """Name stale parts as the body of an autosave does: `carrito`, `borradores.reclamo`, `borradores.soporte`."""
    return [part if part == "carrito" else f"borradores.{part}" for part in conflictos]


def saved_sections(asked: Autoguardado, done: ResultadoAutoguardado) -> tuple[bool, bool, bool]:
    """Tell of cart, drafts and preferences whether something was sent and all of it was saved."""
    stale = set(done.conflictos)
    return (
        asked.carrito is not None and "carrito" not in stale,
        bool(asked.borradores) and stale.isdisjoint(asked.borradores),
        asked.preferencias is not None and asked.preferencias.says_something,
    )
