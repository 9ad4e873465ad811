"""Which client a row of a sheet is about: told by its identifier, NIT or phone, or not at all; never guessed."""

from collections.abc import Sequence
from uuid import UUID

from clientela.clientes.model import Candidato
from clientela.core.textos import CAMPOS


def choose(
    row_id: UUID | None, nit: str | None, phone: str | None, found: Sequence[Candidato]
) -> UUID | tuple[str, str] | None:
    """Return the client whom a row changes, None for a new one, or (column, sentence) where nobody can tell."""
    if row_id is not None:
        return _by_id(found)
    if nit is None and phone is None:
        return "nit", CAMPOS["fila_sin_clave"]
    gone = next((c for c in found if c.fusionado), None)
    if gone is not None:
        return gone.por, CAMPOS["cliente_fusionado"]
    by_nit = {c.id: c for c in found if c.por == "nit"}
    by_phone = {c.id: c for c in found if c.por == "telefono"}
    if by_nit:
        return _by_nit(by_nit, by_phone)
    if not by_phone:
        return None
    if len(by_phone) > 1:
        return "telefono", CAMPOS["varios_clientes"].format(numeros=_numbers(by_phone))
    (only,) = by_phone.values()
    if nit is not None and only.nit is not None:
        return "telefono", CAMPOS["telefono_de_otro_nit"].format(numero=only.numero)
    return only.id


def _by_id(found: Sequence[Candidato]) -> UUID | tuple[str, str] | None:
    same = next((c for c in found if c.por == "id"), None)
    if same is None:
        # A record of another installation; whoever is here under its NIT or phone is not it, or should be said so.
        return (
            ("id", CAMPOS["id_de_otro"].format(numeros=_numbers({c.id: c for c in found}))) if found else None
        )
    if same.anonimizado:
        return "id", CAMPOS["cliente_anonimizado"]
    if same.fusionado:
        return "id", CAMPOS["cliente_fusionado"]
    return same.id


def _by_nit(by_nit: dict[UUID, Candidato], by_phone: dict[UUID, Candidato]) -> UUID | tuple[str, str]:
    both = by_nit.keys() & by_phone.keys()
    if by_phone and not both:
        texts = {"nit": _numbers(by_nit), "telefono": _numbers(by_phone)}
        return "telefono", CAMPOS["claves_de_varios"].format(**texts)
    named = both or by_nit.keys()
    if len(named) > 1:
        return "nit", CAMPOS["varios_clientes"].format(numeros=_numbers(by_nit))
    (chosen,) = named
    return chosen


def _numbers(found: dict[UUID, Candidato]) -> str:
    return ", ".join(str(number) for number in sorted(c.numero for c in found.values()))
