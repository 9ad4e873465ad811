"""One attempt to prove a password: throttled, judged with the same work for everybody, written down.

At most 5 failures of one address in any 10 minutes and 20 of one account in any hour, over every door that takes
a password, a code of the second factor or one that proves whose a record is. A place is taken before the hash is
computed, so the limits hold for parallel attempts too; a success gives it back, a failure keeps it. Who tries a name
as its own password takes a place of the whole installation's too: that is how initial passwords, which are phones,
would be sprayed (RELIABILITY D-6).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from clientela.core import audit, events
from clientela.core.db import Db
from clientela.core.errors import TooManyRequests, Unauthenticated, Unavailable
from clientela.core.limits import Limit, Reservation, reserve
from clientela.core.logs import get_logger
from clientela.core.text import clave_acceso
from clientela.identidad import passwords, rules, sessions, store
from clientela.identidad.model import Credencial, Origen, Reclamo, Rol
from clientela.identidad.totp import service as totp
from clientela.identidad.verification import service as verification

PER_IP: Final = (5, timedelta(minutes=10))
PER_ACCOUNT: Final = (20, timedelta(hours=1))
SPRAY: Final = (20, timedelta(minutes=10))

_log = get_logger(__name__)


async def check_login(
    db: Db,
    identificador: str,
    contrasenia: str,
    origin: Origen,
    *,
    customers_only: bool,
    codigo_totp: str | None = None,
) -> Credencial:
    """Return the user who logs in with this name and password, and with a code where he has a second factor.

    Raises Unauthenticated `credenciales_invalidas` alike for an unknown account, a wrong password, a disabled
    account and, with `customers_only`, staff. Only who has the password is told of the second factor:
    `totp_requerido` without a code, which is no failure, `totp_invalido` for a wrong or used one, which is one.
    Else as `prove`.
    """
    key = clave_acceso(identificador, db.settings.pais)
    owner = await store.find_credencial(db, key)
    admitted = owner is not None and owner.activo and not (customers_only and owner.rol != Rol.CLIENTE)
    account = str(owner.usuario_id) if owner else key
    spray = _sprays(db, owner, key, contrasenia)
    proved = await prove(db, owner, account, contrasenia, origin, admitted=admitted, spray=spray)
    if owner is None or not proved:
        raise Unauthenticated("credenciales_invalidas")
    if owner.totp:
        if codigo_totp is None:
            raise Unauthenticated("totp_requerido")
        if not await prove_code(db, owner, codigo_totp, origin):
            raise Unauthenticated("totp_invalido")
    await _renew_hash(db, owner, contrasenia)
    return owner


async def prove(
    db: Db,
    owner: Credencial | None,
    account: str,
    contrasenia: str,
    origin: Origen,
    *,
    admitted: bool = True,
    spray: bool = False,
) -> bool:
    """Tell whether a password is its owner's, still alive, and he is admitted; a failure is counted and audited.

    `spray`: the password is the login's own name. Raises TooManyRequests `demasiados_intentos` when the address,
    the account or such passwords have no place left, right password or wrong; Unavailable when too many wait for
    the hash.
    """
    places = await _take_places(db, account, origin, spray=spray)
    try:
        matches = await passwords.verify(
            contrasenia, owner.contrasenia_hash if owner else None, db.settings.bcrypt_costo
        )
    except Unavailable:
        # Nothing was checked, so nothing is counted.
        for place in places:
            await place.release()
        raise
    if matches and admitted and not _is_over(db, owner):
        for place in places:
            await place.release()
        return True
    for place in places:
        await place.keep()
    await audit.record(
        db, "login.fallido", actor=None, objeto=("usuario", str(owner.usuario_id)) if owner else None
    )
    return False


async def prove_code(db: Db, owner: Credencial, code: str, origin: Origen) -> bool:
    """Tell whether a code is good for its owner's second factor, and use it up; counted as passwords are."""
    return await _prove_by(
        db, owner.usuario_id, origin, "totp", lambda: totp.use_code(db, owner.usuario_id, code)
    )


async def prove_claim(db: Db, claim: Reclamo, code: str, origin: Origen) -> bool:
    """Tell whether a code proves whose record this is, without using it up; counted as passwords are."""
    return await _prove_by(
        db, claim.usuario_id, origin, "verificacion", lambda: verification.matches(db, claim, code)
    )


async def _prove_by(
    db: Db, usuario_id: UUID, origin: Origen, motivo: str, is_good: Callable[[], Awaitable[bool]]
) -> bool:
    [place] = await _take_places(db, str(usuario_id), origin, spray=False)
    if await is_good():
        await place.release()
        return True
    await place.keep()
    whose = ("usuario", str(usuario_id))
    await audit.record(db, "login.fallido", actor=None, objeto=whose, datos={"motivo": motivo})
    return False


def _sprays(db: Db, owner: Credencial | None, key: str, contrasenia: str) -> bool:
    """Whether somebody tries a name as its own password, or a phone where it may be the initial one."""
    country = db.settings.pais
    if rules.tries_the_name(contrasenia, key, country):
        return True
    initial = owner is not None and owner.clave_inicial_vence_en is not None and owner.celular_e164
    return bool(initial) and rules.tries_the_name(contrasenia, str(initial), country)


def _is_over(db: Db, owner: Credencial | None) -> bool:
    """Whether what matched is an initial password past its end."""
    ends = owner.clave_inicial_vence_en if owner else None
    return ends is not None and ends <= db.now()


async def _take_places(db: Db, account: str, origin: Origen, *, spray: bool) -> list[Reservation]:
    own = await reserve(
        db,
        Limit("login_ip", rules.network_of(origin.ip), *PER_IP),
        Limit("login_cuenta", account, *PER_ACCOUNT),
    )
    if not spray:
        return [own]
    try:
        return [own, await reserve(db, Limit("rociado", "", *SPRAY))]
    except TooManyRequests:
        await own.release()
        await _raise_alarm(db)
        raise


async def _raise_alarm(db: Db) -> None:
    """Tell of a spray, once in its window, and end what initial passwords have opened since it began."""
    _, window = SPRAY
    try:
        place = await reserve(db, Limit("rociado_aviso", "", 1, window), wait=0)
    except TooManyRequests:
        return
    await place.keep()
    now = db.now()
    async with db.transaction() as tx:
        ended = await store.end_initial_sessions(tx, now - window, now, "rociado")
        await audit.record(tx, "login.rociado", actor=None, datos={"sesiones_terminadas": len(ended)})
        await events.emit(tx, "login.rociado", flujos=[events.role_stream("admin")], datos={})
        for usuario_id in sorted(ended):
            await sessions.announce(tx, usuario_id)
    _log.warning("password_spray", sessions_ended=len(ended))


async def _renew_hash(db: Db, owner: Credencial, password: str) -> None:
    """Hash a good password anew when the installation's cost has changed since."""
    old, cost = owner.contrasenia_hash, db.settings.bcrypt_costo
    if old is not None and passwords.needs_rehash(old, cost):
        await store.rehash(db, owner.usuario_id, old, await passwords.hash_password(password, cost))
