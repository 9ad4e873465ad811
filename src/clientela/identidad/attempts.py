"""One attempt to prove a password: throttled, judged with the same work for everybody, written down.

At most 5 failures of one address in any 10 minutes and 20 of one account in any hour, over every door that takes
a password. A place is taken before the hash is computed, so the limits hold for parallel attempts too; a success
gives it back, a failure keeps it.
"""

from datetime import timedelta
from typing import Final

from clientela.core import audit
from clientela.core.db import Db
from clientela.core.errors import Unauthenticated, Unavailable
from clientela.core.limits import Limit, Reservation, reserve
from clientela.core.text import clave_acceso
from clientela.identidad import passwords, rules, store
from clientela.identidad.model import Credencial, Origen, Rol

PER_IP: Final = (5, timedelta(minutes=10))
PER_ACCOUNT: Final = (20, timedelta(hours=1))


async def check_login(
    db: Db, identificador: str, contrasenia: str, origin: Origen, *, customers_only: bool
) -> Credencial:
    """Return the user who logs in with this name and password.

    Raises Unauthenticated `credenciales_invalidas` alike for an unknown account, a wrong password, a disabled
    account and, with `customers_only`, staff; else as `prove`.
    """
    key = clave_acceso(identificador, db.settings.pais)
    owner = await store.find_credencial(db, key)
    admitted = owner is not None and owner.activo and not (customers_only and owner.rol != Rol.CLIENTE)
    account = str(owner.usuario_id) if owner else key
    proved = await prove(db, owner, account, contrasenia, origin, admitted=admitted)
    if owner is None or not proved:
        raise Unauthenticated("credenciales_invalidas")
    await _renew_hash(db, owner, contrasenia)
    return owner


async def prove(
    db: Db, owner: Credencial | None, account: str, contrasenia: str, origin: Origen, *, admitted: bool = True
) -> bool:
    """Tell whether a password is its owner's and he is admitted; a failure is counted and audited.

    Raises TooManyRequests `demasiados_intentos` when the address or the account has no place left, right
    password or wrong; Unavailable when too many wait for the hash.
    """
    place = await _take_place(db, account, origin)
    try:
        matches = await passwords.verify(
            contrasenia, owner.contrasenia_hash if owner else None, db.settings.bcrypt_costo
        )
    except Unavailable:
        # Nothing was checked, so nothing is counted.
        await place.release()
        raise
    if matches and admitted:
        await place.release()
        return True
    await place.keep()
    await audit.record(
        db, "login.fallido", actor=None, objeto=("usuario", str(owner.usuario_id)) if owner else None
    )
    return False


async def _take_place(db: Db, account: str, origin: Origen) -> Reservation:
    return await reserve(
        db,
        Limit("login_ip", rules.network_of(origin.ip), *PER_IP),
        Limit("login_cuenta", account, *PER_ACCOUNT),
    )


async def _renew_hash(db: Db, owner: Credencial, password: str) -> None:
    """Hash a good password anew when the installation's cost has changed since."""
    old, cost = owner.contrasenia_hash, db.settings.bcrypt_costo
    if old is not None and passwords.needs_rehash(old, cost):
        await store.rehash(db, owner.usuario_id, old, await passwords.hash_password(password, cost))
