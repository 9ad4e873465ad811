"""Records without login that somebody names when he registers, and how one becomes his (CONTRACT §2, §12)."""

from uuid import UUID

from msgspec import structs

from clientela.clientes import access, addresses, rules
from clientela.clientes.model import Cliente, Coincidencia, NuevaDireccion
from clientela.clientes.store import parts, records
from clientela.core import audit
from clientela.core.db import Db
from clientela.core.errors import Conflict
from clientela.core.text import normalise_email, phone_e164


async def find_by_contact(db: Db, email: str | None, telefono: str | None) -> tuple[Coincidencia, ...]:
    """Return every client who has this e-mail or this phone, with a login or without, the oldest first."""
    return await records.by_contact(db, email, phone_e164(telefono or "", db.settings.pais))


async def hold(db: Db, cliente_id: UUID) -> Cliente:
    """Hold a record that is being claimed; Conflict `conflicto_simultaneo` when it is none to claim any more."""
    held = await records.lock_cliente(db, cliente_id)
    if held is None or not held.activo or held.fusionado_con_id or held.anonimizado_en:
        raise Conflict("conflicto_simultaneo")
    return held


async def take_over(db: Db, held: Cliente, email: str, telefono: str, direccion: str | None) -> Cliente:
    """Write down that a held record is its owner's, and what he says of himself.

    His e-mail and phone take the place of those that staff recorded, spelling apart, because he logs in by them; an
    address is added unless it is there. Name, credit and whatever else the business knows of him stay.
    """
    country = db.settings.pais
    after = held
    if normalise_email(held.email or "") != normalise_email(email):
        after = structs.replace(after, email=email)
    if held.telefono_e164 != phone_e164(telefono, country):
        after = structs.replace(after, telefono=telefono, telefono_e164=phone_e164(telefono, country))
    added = direccion is not None and await _add_address(db, held.id, direccion)
    saved = await records.update_cliente(db, after, db.now())
    fields = [*rules.changed_fields(held, after), *(["direcciones"] if added else [])]
    await audit.record(
        db, "cliente.reclamado", actor=None, objeto=("cliente", str(held.id)), datos={"campos": fields}
    )
    await access.announce(db, None, saved)
    return saved


async def _add_address(db: Db, cliente_id: UUID, direccion: str) -> bool:
    record = await records.get_expediente(db, cliente_id)
    present = record.direcciones if record else ()
    if any(address.direccion == direccion for address in present):
        return False
    first = not any(address.es_principal for address in present)
    await parts.insert_direccion(
        db, addresses.row_of(db, cliente_id, NuevaDireccion(direccion, es_principal=first))
    )
    return True
