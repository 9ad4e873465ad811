"""A customer comes into being: the client record, its principal user and his first session, or none of them.

Where staff have a record of him already, without a login, he claims that one: with a code that goes to its e-mail.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec
from msgspec import structs

from clientela.clientes import claiming
from clientela.clientes import service as clientes
from clientela.clientes.model import Coincidencia, NuevaDireccion, NuevoCliente
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import AppError, Conflict
from clientela.core.limits import Limit, reserve
from clientela.core.textos import MENSAJES
from clientela.identidad import attempts, logins, sessions, users
from clientela.identidad.model import (
    Acceso,
    Identificadores,
    NuevoLogin,
    NuevoUsuario,
    Origen,
    Reclamo,
    Usuario,
)
from clientela.identidad.rules import network_of
from clientela.identidad.verification import service as verification

_REGISTERED: Final = ("correo", "correo_registrado"), ("celular", "celular_registrado")


class Registro(msgspec.Struct, frozen=True):
    """What a customer says of himself (spec 5 §1); `celular` as typed."""

    nombre: str
    celular: str
    correo: str
    contrasenia: str
    direccion: str | None = None
    codigo: str | None = None


async def register_customer(db: Db, form: Registro, origin: Origen) -> Acceso:
    """Register a customer and log him in; `codigo` proves that a record without login is his.

    Raises Invalid for an e-mail, phone or password that does not pass; Conflict `correo_registrado` or
    `celular_registrado` when any login has the one or the other; `verificacion_requerida` when a record without
    login has it, to whose e-mail a code goes, or `verificacion_sin_correo` where there is none; Invalid
    `verificacion_invalida` for a wrong code. Of many who try at once, one is registered. TooManyRequests after too
    many wrong codes, or when the installation limits registrations and the address is over.
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
    await logins.require_free(db, names)
    record = await _record_of(db, names)
    if record is not None:
        return await _claim(db, record, form, names, origin)
    if form.codigo is not None:
        # Whoever sends a code believes that he claims a record: he is not to get another one.
        raise verification.wrong_code()
    login = await logins.prepare_login(db, form.nombre, names, form.contrasenia)
    addresses = (NuevaDireccion(form.direccion, es_principal=True),) if form.direccion else ()
    async with db.transaction() as tx:
        _, principal = await clientes.create_client(tx, None, _record(form.nombre, names, addresses), login)
        return await sessions.open_session(tx, principal, origin)


async def _record_of(db: Db, names: Identificadores) -> Coincidencia | None:
    """Return the record that somebody with these names may claim, the oldest of several; None where he is unknown.

    Conflict when a client with a login has one of the names, or only records that nobody may claim.
    """
    found = await claiming.find_by_contact(db, names.correo, names.celular)
    if not found:
        return None
    with_login = await verification.with_login(db, [record.usuario_principal_id for record in found])
    _refuse_known([record for record in found if record.usuario_principal_id in with_login])
    open_ones = [record for record in found if record.reclamable]
    if not open_ones:
        _refuse_known(found)
        return None
    return open_ones[0]


def _refuse_known(found: Sequence[Coincidencia]) -> None:
    known = (any(record.por_correo for record in found), any(record.por_celular for record in found))
    for (field, code), taken in zip(_REGISTERED, known, strict=True):
        if taken:
            raise Conflict(code, errors={field: [MENSAJES[code]]})


async def _claim(
    db: Db, record: Coincidencia, form: Registro, names: Identificadores, origin: Origen
) -> Acceso:
    """Give a record to whoever has the code that went to its e-mail; without a code, send one."""
    claim = Reclamo(record.usuario_principal_id, record.email, names)
    if form.codigo is None:
        sent = await verification.send(db, claim, origin)
        raise Conflict("verificacion_requerida" if sent else "verificacion_sin_correo")
    if not await attempts.prove_claim(db, claim, form.codigo, origin):
        raise verification.wrong_code()
    login = await logins.prepare_login(db, form.nombre, names, form.contrasenia)
    async with db.transaction() as tx:
        held = await claiming.hold(tx, record.cliente_id)
        # Once more, now that nobody can change the record: its e-mail too.
        await verification.use(tx, structs.replace(claim, correo=held.email), form.codigo)
        await claiming.take_over(tx, held, names.correo or "", names.celular or "", form.direccion)
        if not await users.give_login(tx, None, claim.usuario_id, held.nombre, login):
            # Staff have given him one in this moment.
            raise Conflict("conflicto_simultaneo")
        return await sessions.open_for(tx, claim.usuario_id, origin)


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
    _refuse_known(await claiming.find_by_contact(db, names.correo, names.celular))
    return await logins.prepare_login(db, nombre, names, contrasenia, must_change=must_change)


def _record(nombre: str, names: Identificadores, addresses: tuple[NuevaDireccion, ...]) -> NuevoCliente:
    return NuevoCliente(nombre=nombre, email=names.correo, telefono=names.celular, direcciones=addresses)
