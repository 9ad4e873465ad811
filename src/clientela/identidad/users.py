"""Users: made and changed by administrators; the principal of a client is made with the client."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Invalid, NotFound, PreconditionFailed
from clientela.core.ids import uuid7
from clientela.core.text import clave_acceso, search_words
from clientela.core.textos import MENSAJES
from clientela.identidad import logins, passwords, rules, sessions, store
from clientela.identidad.model import (
    CambiosUsuario,
    Credencial,
    Filtro,
    Identificadores,
    Login,
    NuevoLogin,
    NuevoUsuario,
    Rol,
    Usuario,
)
from clientela.identidad.totp import service as totp


async def _take_names(db: Db, usuario_id: UUID, names: Identificadores) -> None:
    """Make exactly these names the user's; Conflict when another has one of them."""
    keys = rules.keys_by_field(names, db.settings.pais)
    wanted = set(keys.values())
    held = await store.keys_of(db, usuario_id)
    await store.release_keys(db, usuario_id, list(wanted))
    free = await store.reserve_keys(db, sorted(wanted - held), usuario_id)
    logins.refuse_taken(keys, wanted - held - free)


async def create_principal(db: Db, cliente_id: UUID, nombre: str, login: NuevoLogin | None) -> Credencial:
    """Make the principal user of a client that is being made in the same transaction.

    Without `login` he cannot log in and holds no name. Conflict as `prepare_login`.
    """
    return await _insert(db, uuid7(), nombre, Rol.CLIENTE, login, cliente_id)


async def _insert(
    db: Db, usuario_id: UUID, nombre: str, rol: str, login: NuevoLogin | None, cliente_id: UUID | None
) -> Credencial:
    names = login.identificadores if login else Identificadores()
    must_change = login is not None and login.debe_cambiar_contrasenia
    hashed = login.contrasenia_hash if login else None
    row = await store.insert_usuario(
        db,
        (
            usuario_id, nombre, rol, names.correo, names.usernick, names.celular, names.celular_e164,
            hashed, must_change, login.clave_inicial_vence_en if login else None, cliente_id, db.now(),
        ),
    )  # fmt: skip
    if login is not None:
        await _take_names(db, usuario_id, names)
        await _send_first_link(db, login)
    return Credencial(
        usuario_id=usuario_id,
        numero=row.numero,
        nombre=nombre,
        rol=rol,
        correo=names.correo,
        usernick=names.usernick,
        celular_e164=names.celular_e164,
        cliente_id=cliente_id,
        contrasenia_hash=hashed,
        activo=True,
        debe_cambiar_contrasenia=must_change,
        version=row.version,
    )


async def _send_first_link(db: Db, login: NuevoLogin) -> None:
    """Ask for a reset link where nobody knows the password, as its owner could do himself."""
    correo = login.identificadores.correo
    if login.por_activar and correo:
        await store.ask_reset(db, clave_acceso(correo, db.settings.pais), db.now())


async def give_login(db: Db, actor: Actor | None, usuario_id: UUID, nombre: str, login: NuevoLogin) -> bool:
    """Give a client's principal his first login, in the open transaction; False where he has one already.

    `actor` is None for a customer who proved that the record is his. Conflict as `prepare_login`.
    """
    locked = await store.lock_credencial(db, usuario_id)
    if locked is None:
        raise NotFound
    if locked.contrasenia_hash is not None:
        return False
    before = await get_user(db, usuario_id)
    await _take_names(db, usuario_id, login.identificadores)
    after = structs.replace(before, nombre=nombre, debe_cambiar_contrasenia=login.debe_cambiar_contrasenia)
    saved = await _write(
        db, after, login.identificadores, login.contrasenia_hash, login.clave_inicial_vence_en
    )
    await _send_first_link(db, login)
    await _follow_up(db, actor, before, saved, new_password=True)
    return True


async def update_contact(db: Db, actor: Actor, usuario_id: UUID, nombre: str, correo: str | None) -> None:
    """Let a client's login follow his record's name and e-mail, in the open transaction; never his password.

    Without an e-mail the login keeps the one that it has. Conflict `correo_registrado` when another has it,
    Invalid when it is none.
    """
    if await store.lock_credencial(db, usuario_id) is None:
        raise NotFound
    before = await get_user(db, usuario_id)
    after = structs.replace(before, nombre=nombre, correo=correo or before.correo)
    names = _names_of(db, after, has_login=True)
    if after == before or structs.replace(after, correo=names.correo) == before:
        return
    await _take_names(db, usuario_id, names)
    saved = await _write(db, after, names, None, None)
    await _follow_up(db, actor, before, saved, new_password=False)


async def _write(
    db: Db, user: Usuario, names: Identificadores, hashed: str | None, initial_until: datetime | None
) -> Usuario:
    """Write a user's row; without `hashed` the password stays, and its end with it."""
    return await store.update_usuario(
        db,
        (
            user.id, user.nombre, user.rol, names.correo, names.usernick, names.celular, names.celular_e164,
            user.activo, user.debe_cambiar_contrasenia, hashed, initial_until, db.now(),
        ),
    )  # fmt: skip


async def create_user(db: Db, actor: Actor | None, new: NuevoUsuario) -> Usuario:
    """Make a member of staff (administrators; `actor` is None for the command line).

    Raises Invalid for names, password or role that do not pass (a customer is made with his client record, not
    here), Conflict for a name that somebody has.
    """
    if new.rol == Rol.CLIENTE:
        raise Invalid({"rol": [MENSAJES["rol_cliente"]]}, code="rol_cliente")
    names = logins.read_login(
        db.settings.pais, new.nombre, new.contrasenia, new.correo, new.celular, new.usernick
    )
    login = await logins.prepare_login(
        db, new.nombre, names, new.contrasenia, must_change=new.debe_cambiar_contrasenia
    )
    usuario_id = uuid7()
    async with db.transaction() as tx:
        await _insert(tx, usuario_id, new.nombre, new.rol, login, None)
        await audit.record(
            tx, "usuario.creado", actor=actor, objeto=("usuario", str(usuario_id)), datos={"rol": new.rol}
        )
        return await get_user(tx, usuario_id)


async def get_user(db: Db, ref: UUID | int) -> Usuario:
    """Return a user by identifier or number; NotFound where there is none."""
    found = await store.get_usuario(db, ref)
    if found is None:
        raise NotFound
    return found


async def find_login(db: Db, usuario_id: UUID) -> Login | None:
    """Return a client's login; None while his principal has no credentials."""
    found = await store.get_credencial(db, usuario_id)
    if found is None or found.contrasenia_hash is None:
        return None
    return Login(
        usuario_id=found.usuario_id,
        numero=found.numero,
        nombre=found.nombre,
        usernick=found.usernick,
        correo=found.correo,
        activo=found.activo,
        debe_cambiar_contrasenia=found.debe_cambiar_contrasenia,
    )


async def holder_of(db: Db, name: str) -> UUID | None:
    """Return who logs in by this name, in whatever spelling; None when nobody does."""
    found = await store.find_credencial(db, clave_acceso(name, db.settings.pais))
    return None if found is None else found.usuario_id


async def is_active(db: Db, usuario_id: UUID, rol: str) -> bool:
    """Tell whether there is an active user of this role."""
    found = await store.get_usuario(db, usuario_id)
    return found is not None and found.activo and found.rol == rol


async def is_active_staff(db: Db, usuario_id: UUID) -> bool:
    """Tell whether there is an active user who is no customer."""
    found = await store.get_usuario(db, usuario_id)
    return found is not None and found.activo and found.rol != Rol.CLIENTE


async def list_users(db: Db, filtro: Filtro) -> tuple[list[Usuario], int]:
    """Return one page of users by number, and how many the filter finds."""
    words = search_words(filtro.q)
    return await store.list_usuarios(db, " & ".join(f"'{word}':*" for word in words), filtro)


async def set_client_active(db: Db, usuario_id: UUID, *, activo: bool) -> None:
    """Follow a client's `activo`: a deactivated client's principal is logged out everywhere and kept out."""
    async with db.transaction() as tx:
        now = tx.now()
        if not await store.set_cliente_activo(tx, usuario_id, now, activo=activo):
            return
        if not activo:
            await _end_access(tx, usuario_id, "cliente_inactivo")
        await sessions.announce(tx, usuario_id)


async def _end_access(db: Db, usuario_id: UUID, motivo: str) -> None:
    now = db.now()
    await store.end_sesiones(db, usuario_id, now, motivo)
    await store.revoke_tokens_of(db, usuario_id, now)
    await store.void_resets(db, usuario_id, now)


async def update_user(
    db: Db, actor: Actor, ref: UUID | int, changes: CambiosUsuario, version: int | None = None
) -> Usuario:
    """Change a user (administrators); what is UNSET stays.

    A changed role, a new password or `activo: false` ends his sessions, and with the first and the last his
    personal tokens too. Raises NotFound, Invalid, PreconditionFailed when `version` is not the present one,
    Conflict for a taken name, Conflict `ultimo_admin` when no active administrator would be left, Forbidden
    `totp_propio` for one's own second factor.
    """
    before = await get_user(db, ref)
    hashed = await _new_hash(db, before, changes)
    async with db.transaction() as tx:
        await _keep_an_admin(tx, before, changes)
        locked = await store.lock_credencial(tx, before.id)
        if locked is None:
            raise NotFound
        before = await get_user(tx, before.id)
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        after = _merged(before, changes)
        names = _names_of(tx, after, has_login=bool(locked.contrasenia_hash or hashed))
        if changes.totp is False:
            await totp.take_away(tx, actor, before.id)
        if locked.contrasenia_hash or hashed:
            await _take_names(tx, before.id, names)
        saved = await _write(tx, after, names, hashed, None)
        await _follow_up(tx, actor, before, saved, new_password=hashed is not None)
    return saved


async def _new_hash(db: Db, user: Usuario, changes: CambiosUsuario) -> str | None:
    if changes.contrasenia is UNSET:
        return None
    after = _merged(user, changes)
    logins.read_login(
        db.settings.pais, after.nombre, changes.contrasenia, after.correo, after.celular, after.usernick
    )
    return await passwords.hash_password(changes.contrasenia, db.settings.bcrypt_costo)


def _merged(user: Usuario, changes: CambiosUsuario) -> Usuario:
    wanted: dict[str, Any] = {
        field: value for field, value in structs.asdict(changes).items() if value is not UNSET
    }
    if "contrasenia" in wanted:
        # Somebody else knows this password: its owner has to choose his own.
        wanted.setdefault("debe_cambiar_contrasenia", True)
        del wanted["contrasenia"]
    after = structs.replace(user, **wanted)
    if (after.rol == Rol.CLIENTE) != (user.rol == Rol.CLIENTE):
        raise Invalid({"rol": [MENSAJES["rol_cliente"]]}, code="rol_cliente")
    return after


def _names_of(db: Db, after: Usuario, *, has_login: bool) -> Identificadores:
    """Read a user's names; one without login may have none at all."""
    if not has_login and not (after.correo or after.celular or after.usernick):
        return Identificadores()
    return logins.read_names(db.settings.pais, after.correo, after.celular, after.usernick)


async def _keep_an_admin(db: Db, user: Usuario, changes: CambiosUsuario) -> None:
    leaves = changes.activo is False or changes.rol not in {UNSET, Rol.ADMIN}
    if user.rol == Rol.ADMIN and user.activo and leaves and await store.lock_admins(db) <= {user.id}:
        raise Conflict("ultimo_admin")


async def _follow_up(
    db: Db, actor: Actor | None, before: Usuario, after: Usuario, *, new_password: bool
) -> None:
    """End what the change makes worthless, write it down, and tell every process."""
    if before.rol != after.rol:
        await _end_access(db, after.id, "rol")
    elif before.activo and not after.activo:
        await _end_access(db, after.id, "inactivo")
    elif new_password:
        await store.end_sesiones(db, after.id, db.now(), "contrasenia")
        await store.void_resets(db, after.id, db.now())
    elif before.correo != after.correo:
        await store.void_resets(db, after.id, db.now())
    fields = [
        field
        for field in (
            "nombre",
            "rol",
            "correo",
            "usernick",
            "celular",
            "activo",
            "debe_cambiar_contrasenia",
            "totp",
        )
        if getattr(before, field) != getattr(after, field)
    ]
    datos = {
        "campos": [*fields, *(["contrasenia"] if new_password else [])],
        "rol": after.rol,
        "activo": after.activo,
    }
    await audit.record(db, "usuario.cambiado", actor=actor, objeto=("usuario", str(after.id)), datos=datos)
    await sessions.announce(db, after.id)
