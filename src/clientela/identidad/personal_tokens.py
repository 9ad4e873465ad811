"""Personal access tokens (`<n>|<secret>`) for integrations: made and revoked by administrators."""

from collections.abc import Sequence
from datetime import datetime

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, NotFound
from clientela.core.textos import CAMPOS
from clientela.identidad import rules, sessions, signing, store
from clientela.identidad.model import TokenPersonal


async def create_token(
    db: Db, actor: Actor, nombre: str, habilidades: Sequence[str], expira_en: datetime | None
) -> tuple[int, str]:
    """Make a token of the caller's own and return its number and its text, which is shown this once.

    `habilidades` are areas of the permission matrix (`catalogo`, `catalogo:leer`), or `*` for whatever the
    owner's role may do. Raises Invalid when it would expire in the past, Forbidden `requiere_sesion` when the
    caller is a token himself: a leaked one must not outlive its revocation.
    """
    sessions.own_session(actor)
    now = db.now()
    if expira_en is not None and expira_en <= now:
        raise Invalid.of("expira_en", CAMPOS["instante_pasado"])
    secret = signing.new_personal_secret()
    abilities = sorted(set(habilidades))
    async with db.transaction() as tx:
        number = await store.insert_token(
            tx, (actor.usuario_id, nombre, rules.digest(secret), abilities, now, expira_en)
        )
        await audit.record(
            tx, "token.creado", actor=actor, objeto=("token", str(number)), datos={"habilidades": abilities}
        )
    return number, f"{number}|{secret}"


async def list_tokens(db: Db, limite: int, desde: int) -> tuple[list[TokenPersonal], int]:
    """Return one page of all personal tokens, newest first, and how many there are."""
    return await store.list_tokens(db, limite, desde)


async def revoke_token(db: Db, actor: Actor, number: int) -> TokenPersonal:
    """Revoke a token for good and return it; NotFound where there is none. Doing it twice changes nothing."""
    async with db.transaction() as tx:
        revoked = await store.revoke_token(tx, number, tx.now())
        if revoked is None:
            raise NotFound
        await audit.record(tx, "token.revocado", actor=actor, objeto=("token", str(number)))
        await sessions.announce(tx, revoked.usuario_id)
    return revoked
