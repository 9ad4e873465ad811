"""Decisions about clients: no database, no clock."""

import re
from collections.abc import Sequence
from datetime import time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from clientela.clientes.model import CambiosCliente, Cliente, NuevaVentana, NuevoCliente, Terminos, Ventana
from clientela.core.actor import Actor
from clientela.core.text import search_words
from clientela.identidad.model import Rol

# What the audit log keeps with its old and new value; of the other fields it keeps the names only.
VALUES_AUDITED: Final = ("limite_credito", "activo", "vendedor_asignado_id", "localidad_id")
_NUMBER: Final = re.compile(r"[0-9+()./ -]+")
_NOT_NIT: Final = re.compile(r"[^0-9A-Za-z]")
# So many digits, however they are spaced, are one number and not several words.
_DIGITS_OF_A_NUMBER: Final = 6


def may_read(actor: Actor, cliente_id: UUID, vendedor_asignado_id: UUID | None) -> bool:
    """Tell whether somebody may read a client and what belongs to him (CONTRACT §3).

    Administrators and support all, a seller those assigned to him and to nobody, a customer himself.
    """
    if actor.rol == Rol.VENDEDOR:
        return vendedor_asignado_id in {None, actor.usuario_id}
    return actor.rol in {Rol.ADMIN, Rol.SOPORTE} or actor.cliente_id == cliente_id


def search_terms(q: str) -> Terminos:
    """Read what somebody searches for; without a word in it there are no terms.

    Every word must be there: three letters or more anywhere, one or two at the beginning of a word. A phone or a
    NIT is found however it is spaced.
    """
    words = _words(q)
    trigrams = {gram for word in words for gram in _trigrams(word)}
    # A trigram is exactly three letters anywhere, or one or two at a beginning: only what is longer must be looked at.
    patterns = [f"%{word}%" for word in dict.fromkeys(words) if len(word) > 3]
    return Terminos(sorted(trigrams), patterns)


def _words(q: str) -> list[str]:
    digits = re.sub(r"[^0-9]", "", q)
    if _NUMBER.fullmatch(q.strip()) and len(digits) >= _DIGITS_OF_A_NUMBER:
        return [digits]
    return search_words(q)


def _trigrams(word: str) -> list[str]:
    # In the index a word begins with two blanks, so that its first letters have trigrams of their own.
    if len(word) < 3:
        return [word.rjust(3)]
    return [word[start : start + 3] for start in range(len(word) - 2)]


def nit_key(nit: str) -> str | None:
    """Return the form in which NITs are compared: letters and digits alone. Same as SQL's nit_clave()."""
    return _NOT_NIT.sub("", nit).upper() or None


def may_set(rol: str, wanted: NuevoCliente | CambiosCliente, before: Cliente | None) -> bool:
    """Tell whether somebody of this role may give these values (CONTRACT §3).

    Administrators may; anybody else only what is there already, or what is the default for a new client. A
    seller's new client is assigned to him, which `before` None and his own identifier cannot tell: see the service.
    """
    if rol == "admin":
        return True
    credit = Decimal(0) if before is None else before.limite_credito
    active = True if before is None else before.activo
    return wanted.limite_credito in {UNSET, credit} and wanted.activo in {UNSET, active}


def may_assign(
    rol: str, usuario_id: UUID, wanted: NuevoCliente | CambiosCliente, before: Cliente | None
) -> bool:
    """Tell whether somebody may name this seller: administrators anybody, others nobody new."""
    if rol == "admin":
        return True
    present = usuario_id if before is None else before.vendedor_asignado_id
    return wanted.vendedor_asignado_id in {UNSET, present}


def same_windows(present: Sequence[Ventana], wanted: Sequence[NuevaVentana]) -> bool:
    """Tell whether the windows that are there are those that are wanted, in whatever order."""

    def plain(window: Ventana | NuevaVentana) -> tuple[int, time, time, bool]:
        return (window.dia_semana, window.hora_inicio, window.hora_fin, window.activo)

    return sorted(map(plain, present)) == sorted(map(plain, wanted))


def apply_changes(current: Cliente, changes: CambiosCliente) -> Cliente:
    """Return the client as he will be, apart from what lies in other tables; the E.164 phone is the caller's."""
    fields = {
        name: value
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not UNSET and name in Cliente.__struct_fields__
    }
    return msgspec.structs.replace(current, **fields, **changes.imagenes)


def changed_fields(before: Cliente, after: Cliente) -> list[str]:
    """Name the fields that differ, in the order of the model."""
    return [f for f in Cliente.__struct_fields__ if getattr(before, f) != getattr(after, f)]


def _audited(value: Any) -> Any:
    """Money is written down to the cent, as a text; the rest as it is."""
    return str(value) if isinstance(value, Decimal) else value


def audited_change(before: Cliente, after: Cliente, more: list[str]) -> dict[str, Any]:
    """Say what changed, for the audit log: all names, and the values of what decides about money and access."""
    fields = changed_fields(before, after)
    values = {
        f: {"antes": _audited(getattr(before, f)), "despues": _audited(getattr(after, f))}
        for f in VALUES_AUDITED
        if f in fields
    }
    return {"campos": [*fields, *more], "cambios": values}
