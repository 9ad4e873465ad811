"""Use cases of the client register (CONTRACT §2, §4)."""

from uuid import UUID

from clientela.clientes import store
from clientela.clientes.model import Cliente, Ficha, NuevoCliente
from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, NotFound
from clientela.core.ids import uuid7
from clientela.core.text import phone_e164
from clientela.identidad import users
from clientela.identidad.model import Credencial, NuevoLogin


async def create_client(
    db: Db, actor: Actor | None, new: NuevoCliente, login: NuevoLogin | None = None
) -> tuple[Cliente, Credencial]:
    """Make a client with its principal user, and return both.

    `actor` is the member of staff, or None for a customer who registers himself. Without `login` the principal
    has no credentials. A seller's new client is assigned to him. Raises Conflict for a login name that somebody
    has.
    """
    seller = actor.usuario_id if actor is not None and actor.rol == "vendedor" else new.vendedor_asignado_id
    cliente_id = uuid7()
    async with db.transaction() as tx:
        principal = await users.create_principal(tx, cliente_id, new.nombre, login)
        made = await store.insert_cliente(
            tx,
            (
                cliente_id, principal.usuario_id, seller, new.nombre, new.razon_social, new.nit, new.email,
                new.telefono, phone_e164(new.telefono, tx.settings.pais) if new.telefono else None,
                new.limite_credito, new.latitud, new.longitud, tx.now(),
            ),
        )  # fmt: skip
        await _add_addresses(tx, cliente_id, new)
        await audit.record(
            tx,
            "cliente.creado",
            actor=actor,
            objeto=("cliente", str(cliente_id)),
            datos={"usuario_id": str(principal.usuario_id), "con_login": login is not None},
        )
    return made, principal


async def _add_addresses(db: Db, cliente_id: UUID, new: NuevoCliente) -> None:
    principal = max((n for n, address in enumerate(new.direcciones) if address.es_principal), default=-1)
    rows = [
        (
            uuid7(), cliente_id, a.direccion, a.ciudad, a.departamento, a.codigo_postal, a.latitud, a.longitud,
            # Of several that want to be the principal one, the last is.
            number == principal, a.activa, db.now(),
        )
        for number, a in enumerate(new.direcciones)
    ]  # fmt: skip
    if rows:
        await store.insert_direcciones(db, rows)


async def access_client(db: Db, actor: Actor, ref: UUID | int) -> Cliente:
    """Return a client whom the caller may read, by identifier or number.

    A customer himself, a seller those assigned to him and to nobody, support and administrators all. Raises
    Forbidden for another's client and for technicians, NotFound where there is none.
    """
    found = await store.get_cliente(db, ref)
    if found is None:
        # Who may not read everybody's is not told which numbers exist.
        if actor.rol in {"cliente", "tecnico"}:
            raise Forbidden
        raise NotFound
    if actor.rol == "cliente" and found.id != actor.cliente_id:
        raise Forbidden
    if actor.rol == "vendedor" and found.vendedor_asignado_id not in {None, actor.usuario_id}:
        raise Forbidden
    if actor.rol == "tecnico":
        raise Forbidden
    return found


async def get_ficha(db: Db, cliente_id: UUID) -> Ficha:
    """Return what a customer's own application shows of him; NotFound where there is no such client."""
    found = await store.get_ficha(db, cliente_id)
    if found is None:
        raise NotFound
    return found


async def known_contact(db: Db, email: str | None, telefono: str | None) -> tuple[bool, bool]:
    """Tell whether any client, with a login or without, has this e-mail, and whether any has this phone."""
    return await store.known_contact(db, email, phone_e164(telefono or "", db.settings.pais))


async def set_active(db: Db, actor: Actor | None, cliente_id: UUID, *, activo: bool) -> Cliente:
    """Activate or deactivate a client; deactivating ends his sessions and bars his login.

    Raises NotFound where there is none.
    """
    async with db.transaction() as tx:
        saved = await store.set_activo(tx, cliente_id, tx.now(), activo=activo)
        if saved is None:
            raise NotFound
        await audit.record(
            tx, "cliente.activo", actor=actor, objeto=("cliente", str(cliente_id)), datos={"activo": activo}
        )
        await users.set_client_active(tx, saved.usuario_principal_id, activo=activo)
    return saved
