"""What the codes can do, without asking who may: send one, compare one, use one up.

A code is good for the record to whose e-mail it went, while it has that e-mail, for half an hour, once, and only
together with the e-mail and the phone that it was asked with: who asks with the names of two cannot use what one of
them received.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clientela.core import audit, mail
from clientela.core.db import Db
from clientela.core.errors import Invalid, TooManyRequests
from clientela.core.ids import uuid7
from clientela.core.limits import Limit, reserve
from clientela.core.text import normalise_email
from clientela.core.textos import MENSAJES
from clientela.identidad import rules
from clientela.identidad.model import Origen, Reclamo
from clientela.identidad.verification import codes, store

LIFE: Final = timedelta(minutes=30)
PER_HOUR: Final = (2, timedelta(hours=1))
PER_DAY: Final = (5, timedelta(days=1))
PER_IP: Final = (20, timedelta(hours=1))
TEMPLATE: Final = "verificacion_registro"


async def with_login(db: Db, usuario_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the users who can log in: what is theirs is not to be claimed."""
    return await store.with_login(db, usuario_ids)


async def send(db: Db, claim: Reclamo, origin: Origen) -> bool:
    """Send a code to the e-mail of a record; a newer one for the same names voids the older.

    At most two in an hour and five in a day leave for a record, silently: whoever asks hears the same. Those who
    know its e-mail and those who do not are counted apart, so that a stranger with a phone number does not use up
    the owner's. Tells whether there is an address that mail can go to. `db` is the pool. Raises TooManyRequests
    `demasiados_intentos` when one network has asked for twenty in an hour.
    """
    if claim.correo is None:
        return False
    asked = await reserve(db, Limit("verificacion_ip", rules.network_of(origin.ip), *PER_IP))
    await asked.keep()
    knows = normalise_email(claim.correo) == normalise_email(claim.nombres.correo or "")
    whose = f"{claim.usuario_id}:{knows}"
    try:
        place = await reserve(
            db,
            Limit("verificacion_hora", whose, *PER_HOUR),
            Limit("verificacion_dia", whose, *PER_DAY),
            wait=0,
        )
    except TooManyRequests:
        return True
    async with db.transaction() as tx:
        sent = await _send(tx, claim, claim.correo)
    if not sent:
        await place.release()
        return False
    await place.keep()
    return True


async def _send(db: Db, claim: Reclamo, correo: str) -> bool:
    code, now = codes.new_code(), db.now()
    try:
        await mail.enqueue(
            db,
            destinatario=correo,
            plantilla=TEMPLATE,
            contexto={"codigo": code, "minutos": int(LIFE.total_seconds() // 60)},
            clave=f"{TEMPLATE}:{uuid7()}",
            vence_en=now + LIFE,
        )
    except ValueError:
        # What staff typed as an e-mail is none that mail can go to.
        return False
    country = db.settings.pais
    huella, hashed = codes.fingerprint(claim.nombres, country), codes.sealed(code, claim, country)
    await store.keep(db, (claim.usuario_id, huella, hashed, now, now + LIFE))
    whose = ("usuario", str(claim.usuario_id))
    await audit.record(db, "verificacion.enviada", actor=None, objeto=whose)
    return True


async def matches(db: Db, claim: Reclamo, code: str) -> bool:
    """Tell whether this is the living code of a claim; it stays good."""
    country = db.settings.pais
    huella = codes.fingerprint(claim.nombres, country)
    stored = await store.find(db, claim.usuario_id, huella, db.now())
    return stored is not None and secrets.compare_digest(stored, codes.sealed(code, claim, country))


async def use(db: Db, claim: Reclamo, code: str) -> None:
    """Use up a code, and every other one for the record; Invalid `verificacion_invalida` when it is gone."""
    country = db.settings.pais
    huella, hashed = codes.fingerprint(claim.nombres, country), codes.sealed(code, claim, country)
    if not await store.use(db, claim.usuario_id, huella, hashed, db.now()):
        raise wrong_code()
    await store.forget(db, claim.usuario_id)


def wrong_code() -> Invalid:
    """Say that a code is wrong, used, of others or too old: which of them, nobody is told."""
    return Invalid({"codigo": [MENSAJES["verificacion_invalida"]]}, code="verificacion_invalida")


async def purge(db: Db, before: datetime, rows: int) -> bool:
    """Delete a batch of codes that died before an instant; tell whether there may be more."""
    return await store.purge(db, before, rows) >= rows
