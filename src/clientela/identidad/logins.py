"""A login before it is stored: its names are read, its first password is checked and hashed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from clientela.core.db import Db
from clientela.core.errors import Conflict, Invalid, check_together
from clientela.core.text import phone_e164
from clientela.core.textos import CAMPOS, MENSAJES
from clientela.identidad import passwords, rules, store
from clientela.identidad.model import Identificadores, NuevoLogin

INITIAL_LIFE: Final = timedelta(hours=72)

_REGISTERED: Final[Mapping[str, str]] = {
    "correo": "correo_registrado",
    "celular": "celular_registrado",
    "usernick": "usernick_registrado",
}


def read_names(
    country: str, correo: str | None, celular: str | None, usernick: str | None
) -> Identificadores:
    """Read the names of a login as they were typed; Invalid names each that cannot be one.

    At least one is needed: Invalid `identificador_requerido`.
    """
    email = rules.read_email(correo) if correo else None
    phone = phone_e164(celular, country) if celular else None
    nick = rules.read_usernick(usernick, country) if usernick else None
    read = {"correo": (correo, email), "celular": (celular, phone), "usernick": (usernick, nick)}
    wrong = {
        field: [CAMPOS[f"{field}_invalido"]] for field, (typed, got) in read.items() if typed and not got
    }
    if wrong:
        raise Invalid(wrong)
    if not (email or phone or nick):
        code = "identificador_requerido"
        raise Invalid({field: [MENSAJES[code]] for field in read}, code=code)
    return Identificadores(
        correo=email, celular=(celular or "").strip() or None, celular_e164=phone, usernick=nick
    )


def read_login(
    country: str,
    nombre: str,
    contrasenia: str,
    correo: str | None,
    celular: str | None,
    usernick: str | None = None,
) -> Identificadores:
    """Read the names of a login that gets a password; Invalid names every field of both that does not pass."""
    typed = Identificadores(correo, celular, phone_e164(celular or "", country), usernick)
    check_together(
        lambda: read_names(country, correo, celular, usernick),
        lambda: passwords.require_good("contrasenia", contrasenia, own_words(nombre, typed)),
    )
    return read_names(country, correo, celular, usernick)


def own_words(nombre: str, names: Identificadores) -> tuple[str | None, ...]:
    """List what a user's password may not be."""
    return (nombre, names.correo, names.celular, names.celular_e164, names.usernick)


async def prepare_login(
    db: Db, nombre: str, names: Identificadores, contrasenia: str, *, must_change: bool = False
) -> NuevoLogin:
    """Check a new login and hash its password, outside any transaction.

    Raises Invalid for a password that does not pass, Conflict `correo_registrado` and the like for a name that
    somebody has; the name is only taken later, by whoever stores the login.
    """
    passwords.require_good("contrasenia", contrasenia, own_words(nombre, names))
    await require_free(db, names)
    hashed = await passwords.hash_password(contrasenia, db.settings.bcrypt_costo)
    return NuevoLogin(names, hashed, must_change)


async def prepare_initial_login(db: Db, names: Identificadores, usuario_id: UUID | None = None) -> NuevoLogin:
    """Check a login that staff make for a client and hash its initial password, outside any transaction.

    `usuario_id` is the client's principal where there is one: what he has himself, because somebody else gave it to
    him a moment ago, is not taken.

    The password is the phone as it was typed, must be changed, and dies after 72 hours (spec 2, RELIABILITY D-6).
    With `CLIENTELA_CLAVE_INICIAL=aleatoria` it is nobody's: a link that is sent to the e-mail sets the first one.
    Conflict as `prepare_login`.
    """
    cost = db.settings.bcrypt_costo
    await require_free(db, names, usuario_id)
    if db.settings.clave_inicial == "aleatoria" or names.celular is None:
        return NuevoLogin(names, passwords.nobodys(cost), debe_cambiar_contrasenia=True, por_activar=True)
    hashed = await passwords.hash_password(names.celular, cost)
    until = db.now() + INITIAL_LIFE
    return NuevoLogin(names, hashed, debe_cambiar_contrasenia=True, clave_inicial_vence_en=until)


async def require_free(db: Db, names: Identificadores, usuario_id: UUID | None = None) -> None:
    """Raise Conflict as `refuse_taken` for a name that somebody has at this moment, whoever it is but one."""
    keys = rules.keys_by_field(names, db.settings.pais)
    refuse_taken(keys, await store.taken_keys(db, list(keys.values()), usuario_id))


def refuse_taken(keys: Mapping[str, str], taken: set[str]) -> None:
    """Raise Conflict `correo_registrado` and the like for the first of the names, by field, whose key somebody has."""
    for field, key in keys.items():
        if key in taken:
            code = _REGISTERED[field]
            raise Conflict(code, errors={field: [MENSAJES[code]]})
