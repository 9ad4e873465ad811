"""A client's whole record, with his login, his images and what he owes: made, changed and read (spec 2).

One transaction: the record, its windows, categories and addresses, the login, the audit rows and the events. Images
are clean files before it begins and are gone again if it is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec
from msgspec import structs

from clientela.clientes import service as clientes
from clientela.clientes.images import FOLDER
from clientela.clientes.model import CambiosCliente, Cliente, Expediente, NuevoCliente
from clientela.cobranza import service as cobranza
from clientela.cobranza.model import Cuenta
from clientela.core import files, images
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Invalid
from clientela.core.ids import uuid7
from clientela.core.images import Imagen
from clientela.core.textos import CAMPOS, MENSAJES
from clientela.identidad import logins, users
from clientela.identidad.model import Login, NuevoLogin

# What identity calls the names of a login, and what a client's record calls them.
_FIELDS: Final = {"correo": "email", "celular": "telefono", "usernick": "telefono"}


class Ficha(msgspec.Struct, frozen=True):
    """A client's record, what he owes, and his login; `login_nuevo`: it was made just now."""

    expediente: Expediente
    cuentas: tuple[Cuenta, ...] = ()
    login: Login | None = None
    login_nuevo: bool = False


async def create_record(
    db: Db, actor: Actor, new: NuevoCliente, photos: Mapping[str, bytes | Imagen], *, crear_usuario: bool
) -> Ficha:
    """Make a client, with a login whose name and initial password are his phone if `crear_usuario`.

    Raises Invalid for images that are none, for what is named and does not exist, and on `telefono` or `email` for a
    login that cannot be or that somebody has; Forbidden for values that only an administrator may give.
    """
    login = await _prepare(db, new.telefono, new.email, None) if crear_usuario else None
    clean = await images.normalise_all(photos)
    cliente_id = uuid7()
    keys = {field: files.new_key(FOLDER, cliente_id, image.tipo) for field, image in clean.items()}
    made = structs.replace(new, imagenes={**new.imagenes, **keys})
    async with (
        files.written(files.open_storage(db.settings), {keys[f]: clean[f].data for f in keys}),
        db.transaction() as tx,
    ):
        with _fields_of_the_record():
            await clientes.create_client(tx, actor, made, login, cliente_id=cliente_id)
        return await _shown(tx, actor, cliente_id, login_nuevo=login is not None)


async def update_record(
    db: Db,
    actor: Actor,
    ref: UUID | int,
    changes: CambiosCliente,
    photos: Mapping[str, bytes | Imagen],
    *,
    crear_usuario: bool,
    version: int | None = None,
) -> Ficha:
    """Change a client; with `crear_usuario` his login is made, or follows his name and e-mail if he has one.

    A password that exists is never touched. Raises as `create_record`, Forbidden for another seller's client,
    NotFound where there is none, PreconditionFailed when `version` is not the present one.
    """
    before = await clientes.access_client(db, actor, ref)
    login = await _prepare_for(db, before, changes) if crear_usuario else None
    clean = await images.normalise_all(photos)
    keys = {field: files.new_key(FOLDER, before.id, image.tipo) for field, image in clean.items()}
    wanted = structs.replace(changes, imagenes={**changes.imagenes, **keys})
    async with (
        files.written(files.open_storage(db.settings), {keys[f]: clean[f].data for f in keys}),
        db.transaction() as tx,
    ):
        saved = await clientes.update_client(tx, actor, before.id, wanted, version)
        made = crear_usuario and await _follow(tx, actor, saved, login)
        return await _shown(tx, actor, saved.id, login_nuevo=made)


async def read_record(db: Db, actor: Actor, ref: UUID | int) -> Ficha:
    """Return a client's record as the caller may see it; errors as `clientes.access_client`."""
    found = await clientes.get_record(db, actor, ref)
    debts = await cobranza.open_receivables(db, found.cliente.id)
    return Ficha(found, debts, await users.find_login(db, found.cliente.usuario_principal_id))


async def _shown(db: Db, actor: Actor, cliente_id: UUID, *, login_nuevo: bool) -> Ficha:
    return structs.replace(await read_record(db, actor, cliente_id), login_nuevo=login_nuevo)


async def _prepare(db: Db, telefono: str | None, email: str | None, client: Cliente | None) -> NuevoLogin:
    """Check the names of a login to be made and hash its initial password, outside the transaction."""
    with _fields_of_the_record():
        if not telefono:
            raise Invalid({"celular": [CAMPOS["obligatorio"]]})
        names = logins.read_names(db.settings.pais, email, telefono, telefono)
        await _require_own_phone(db, telefono, client)
        principal = None if client is None else client.usuario_principal_id
        return await logins.prepare_initial_login(db, names, principal)


async def _require_own_phone(db: Db, telefono: str, client: Cliente | None) -> None:
    apart_from = None if client is None else client.id
    _, known = await clientes.known_contact(db, None, telefono, apart_from=apart_from)
    holder = await users.holder_of(db, telefono)
    if known or holder not in {None, client.usuario_principal_id if client else None}:
        raise Invalid({"celular": [MENSAJES["celular_registrado"]]})


async def _prepare_for(db: Db, before: Cliente, changes: CambiosCliente) -> NuevoLogin | None:
    """Check what `crear_usuario` asks for a client who is there; None where he has a login already."""
    telefono = before.telefono if changes.telefono is msgspec.UNSET else changes.telefono
    email = before.email if changes.email is msgspec.UNSET else changes.email
    if await users.find_login(db, before.usuario_principal_id) is None:
        return await _prepare(db, telefono, email, before)
    with _fields_of_the_record():
        if not telefono:
            raise Invalid({"celular": [CAMPOS["obligatorio"]]})
        logins.read_names(db.settings.pais, None, telefono, None)
        await _require_own_phone(db, telefono, before)
    return None


async def _follow(db: Db, actor: Actor, saved: Cliente, login: NuevoLogin | None) -> bool:
    """Give the client his login, or let the one that he has follow his record; tell whether it was made."""
    with _fields_of_the_record():
        if login is not None:
            if login.identificadores.celular != saved.telefono:
                # Somebody changed the phone while its hash was being made.
                raise Conflict("conflicto_simultaneo")
            if await users.give_login(db, actor, saved.usuario_principal_id, saved.nombre, login):
                return True
        await users.update_contact(db, actor, saved.usuario_principal_id, saved.nombre, saved.email)
    return False


@contextmanager
def _fields_of_the_record() -> Iterator[None]:
    """Say what identity refuses on the fields of the record: 422, also for a name that somebody has."""
    try:
        yield
    except (Invalid, Conflict) as error:
        if not error.errors or not error.errors.keys() <= _FIELDS.keys():
            raise
        said: dict[str, list[str]] = {}
        for field, texts in error.errors.items():
            # Phone and nick are one field here; what is wrong with the phone is wrong with both.
            said.setdefault(_FIELDS[field], texts)
        raise Invalid(said) from error
