"""Who is calling (CONTRACT §2): logins, the tokens that they give, and the key that signs them."""

import contextlib
import os
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from clientela.core import audit, keys
from clientela.core.actor import Actor
from clientela.core.db import Db, Record
from clientela.core.errors import Conflict, Forbidden, Unauthenticated
from clientela.identidad import attempts, links, rules, sessions, signing, store, users
from clientela.identidad.model import Acceso, Credencial, NuevoUsuario, Origen, Rol, Usuario, tipo_of
from clientela.identidad.passes import service as passes

FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
# Where the key is kept: a row of the shared database, or a file of the data directory.
KEY_ROW: Final = "tokens"
KEY_FILE: Final = "secreto"


async def resolve_token(db: Db, token: str) -> tuple[Actor, datetime]:
    """Return who is behind a token, and when it expires; Unauthenticated for one that is good nowhere.

    One round trip. Roles and walls come from the database; the token's own claims must agree with it.
    """
    if signing.is_personal(token):
        return await _resolve_personal(db, token)
    now = db.now()
    claims = signing.read(token, now)
    row = await store.resolve_sesion(db, claims.jti, now)
    if row is None or claims != _claims_of(row, claims):
        raise Unauthenticated
    return _actor_of(row, sesion=claims.jti), row["expira_en"]


def _claims_of(row: Record, claims: signing.Claims) -> signing.Claims:
    """Say what a session's token must claim now; one signed for another role, owner or time claims else."""
    return signing.Claims(
        sub=row["id"],
        tipo=tipo_of(row["rol"]),
        rol=row["rol"],
        cliente_id=row["cliente_id"],
        jti=claims.jti,
        iat=int(row["creada_en"].timestamp()),
        exp=int(row["expira_en"].timestamp()),
    )


async def _resolve_personal(db: Db, token: str) -> tuple[Actor, datetime]:
    number, secret = signing.read_personal(token)
    row = await store.resolve_token(db, number, db.now())
    if row is None or not secrets.compare_digest(row["hash"], rules.digest(secret)):
        raise Unauthenticated
    return _actor_of(row, token=number), row["expira_en"] or FOREVER


async def resolve_link(db: Db, path: str, query: str) -> Actor:
    """Return who may open a signed address, as `resolve_token` would; Unauthenticated for a dead one.

    The database is asked every time, so a link ends at once with the session that asked for it.
    """
    now = db.now()
    return (await _resolve(db, links.read(path, query, now), now))[0]


async def resolve_pass(db: Db, text: str) -> tuple[Actor, datetime]:
    """Use up a pass; return who asked for it, and until when his token is good. Unauthenticated for a dead one."""
    now = db.now()
    return await _resolve(db, await passes.redeem(db, text, now), now)


async def resolve_again(db: Db, actor: Actor) -> tuple[Actor, datetime]:
    """Return who a caller of a while ago is now; Unauthenticated once his session or token has ended."""
    asked = actor.sesion_id or actor.token_id
    if asked is None:
        raise Unauthenticated
    return await _resolve(db, asked, db.now())


async def _resolve(db: Db, asked: UUID | int, now: datetime) -> tuple[Actor, datetime]:
    """Find whoever a living session is of, or a personal token, by its number."""
    if isinstance(asked, UUID):
        row = await store.resolve_sesion(db, asked, now)
        if row is not None:
            return _actor_of(row, sesion=asked), row["expira_en"]
    else:
        row = await store.resolve_token(db, asked, now)
        if row is not None:
            return _actor_of(row, token=asked), row["expira_en"] or FOREVER
    raise Unauthenticated


def _actor_of(row: Record, *, sesion: UUID | None = None, token: int | None = None) -> Actor:
    return Actor(
        usuario_id=row["id"],
        numero=row["numero"],
        tipo=tipo_of(row["rol"]),
        rol=sys.intern(row["rol"]),
        cliente_id=row["cliente_id"],
        nombre=row["nombre"],
        correo=row["correo"],
        sesion_id=sesion,
        token_id=token,
        habilidades=frozenset(row["habilidades"]) if token is not None else None,
        debe_cambiar=row["debe_cambiar_contrasenia"],
    )


async def login(
    db: Db,
    identificador: str,
    contrasenia: str,
    origin: Origen,
    *,
    customers_only: bool = False,
    codigo_totp: str | None = None,
) -> Acceso:
    """Check a password and open a session; `identificador` is an e-mail, a phone in any spelling, or a nick.

    Errors as `attempts.check_login`; Conflict `conflicto_simultaneo` when the user was changed meanwhile.
    """
    owner = await attempts.check_login(
        db, identificador, contrasenia, origin, customers_only=customers_only, codigo_totp=codigo_totp
    )
    async with db.transaction() as tx:
        locked = await store.lock_credencial(tx, owner.usuario_id)
        if locked is None or locked.version != owner.version:
            # What was proved may no longer suffice, and whoever changed it has ended the sessions there were.
            raise Conflict("conflicto_simultaneo")
        access = await sessions.open_session(tx, owner, origin)
        await _note_login(tx, owner, {"sesion_id": str(access.sesion_id)})
    return access


async def verify_login(db: Db, identificador: str, contrasenia: str, origin: Origen) -> Credencial:
    """Check a customer's password as `login` does, without opening a session (spec 5, `gethash: false`).

    Forbidden `debe_cambiar_contrasenia` for one that must be changed first: somebody else may know it.
    """
    owner = await attempts.check_login(db, identificador, contrasenia, origin, customers_only=True)
    await _note_login(db, owner, {})
    if owner.debe_cambiar_contrasenia:
        raise Forbidden("debe_cambiar_contrasenia")
    return owner


async def _note_login(db: Db, owner: Credencial, datos: Mapping[str, str]) -> None:
    whose = ("usuario", str(owner.usuario_id))
    await audit.record(db, "login.correcto", actor=None, objeto=whose, datos=datos)


async def load_secret(db: Db) -> None:
    """Take the key that signs tokens, once at the start of a process.

    `CLIENTELA_SECRETO`; else one that is generated at the first start: into the shared database where that is
    an external one, so that all nodes have the same, or into a 0600 file beside the embedded one.
    """
    settings = db.settings
    if settings.secreto is not None:
        signing.keyring.load(settings.secreto)
    elif settings.database_url is not None:
        signing.keyring.load(await keys.shared_key(db, KEY_ROW, secrets.token_urlsafe(48)))
    else:
        signing.keyring.load(_secret_in_file(settings.data_dir / KEY_FILE))


def _secret_in_file(path: Path) -> str:
    """Read the key beside the embedded database, or make it; of two processes that make it, one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text("ascii").strip()


async def create_admin(db: Db, correo: str, contrasenia: str, nombre: str = "Administración") -> Usuario:
    """Make the first administrator (the command `crear-admin`); errors as `users.create_user`."""
    return await users.create_user(
        db, None, NuevoUsuario(nombre=nombre, rol=Rol.ADMIN, contrasenia=contrasenia, correo=correo)
    )
