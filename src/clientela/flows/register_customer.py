"""A customer comes into being: the client record, its principal user and his first session, or none of them."""

from datetime import timedelta
from typing import Final

import msgspec

from clientela.clientes import service as clientes
from clientela.clientes.model import NuevaDireccion, NuevoCliente
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import AppError, Conflict
from clientela.core.limits import Limit, reserve
from clientela.core.textos import MENSAJES
from clientela.identidad import logins, sessions, users
from clientela.identidad.model import Acceso, Identificadores, NuevoLogin, NuevoUsuario, Origen, Usuario
from clientela.identidad.rules import network_of

_REGISTERED: Final = ("correo", "correo_registrado"), ("celular", "celular_registrado")


class Registro(msgspec.Struct, frozen=True):
    """What a customer says of himself (spec 5 §1); `celular` as typed."""

    nombre: str
    celular: str
    correo: str
    contrasenia: str
    direccion: str | None = None


async def register_customer(db: Db, form: Registro, origin: Origen) -> Acceso:
    """Register a customer and log him in.

    Raises Invalid for an e-mail, phone or password that does not pass; Conflict `correo_registrado` or
    `celular_registrado` when any client or login has the one or the other. Of many who try at once, one is
    registered. TooManyRequests when the installation limits registrations and the address is over.
    """
    most = db.settings.registros_por_hora
    if not most:
        return await _register(db, form, origin)
    place = await reserve(db, Limit("registro", network_of(origin.ip), most, timedelta(hours=1)))
    try:
        access = await _register(db, form, origin)
    except AppError:
        # Only customers are counted, not attempts.
        await place.release()
        raise
    await place.keep()
    return access


async def _register(db: Db, form: Registro, origin: Origen) -> Acceso:
    names = logins.read_login(db.settings.pais, form.nombre, form.contrasenia, form.correo, form.celular)
    login = await _prepare(db, form.nombre, names, form.contrasenia)
    addresses = (NuevaDireccion(form.direccion, es_principal=True),) if form.direccion else ()
    async with db.transaction() as tx:
        _, principal = await clientes.create_client(tx, None, _record(form.nombre, names, addresses), login)
        return await sessions.open_session(tx, principal, origin)


async def create_customer_user(db: Db, actor: Actor, new: NuevoUsuario) -> Usuario:
    """Make a customer's login for him, with the client record that every customer has (administrators).

    Errors as `register_customer`.
    """
    names = logins.read_login(
        db.settings.pais, new.nombre, new.contrasenia, new.correo, new.celular, new.usernick
    )
    login = await _prepare(db, new.nombre, names, new.contrasenia, must_change=new.debe_cambiar_contrasenia)
    async with db.transaction() as tx:
        _, principal = await clientes.create_client(tx, actor, _record(new.nombre, names, ()), login)
        return await users.get_user(tx, principal.usuario_id)


async def _prepare(
    db: Db, nombre: str, names: Identificadores, contrasenia: str, *, must_change: bool = False
) -> NuevoLogin:
    """Refuse whoever is known already, also as a record without login: never a duplicate."""
    known = await clientes.known_contact(db, names.correo, names.celular)
    for (field, code), taken in zip(_REGISTERED, known, strict=True):
        if taken:
            raise Conflict(code, errors={field: [MENSAJES[code]]})
    return await logins.prepare_login(db, nombre, names, contrasenia, must_change=must_change)


def _record(nombre: str, names: Identificadores, addresses: tuple[NuevaDireccion, ...]) -> NuevoCliente:
    return NuevoCliente(nombre=nombre, email=names.correo, telefono=names.celular, direcciones=addresses)
