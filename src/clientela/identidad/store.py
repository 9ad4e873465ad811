"""All SQL of identity: users, their names, sessions, personal tokens and resets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clientela.core.db import Db, Record
from clientela.identidad.model import Credencial, Filtro, Sesion, TokenPersonal, Usuario

USUARIO: Final = """
    id, numero, nombre, rol, correo, usernick, celular, activo, cliente_id, debe_cambiar_contrasenia,
    totp_desde IS NOT NULL AS totp, version, creado_en, actualizado_en"""

CREDENCIAL: Final = """
    u.id AS usuario_id, u.numero, u.nombre, u.rol, u.correo, u.usernick, u.celular_e164, u.cliente_id,
    u.contrasenia_hash, u.activo AND u.cliente_activo AS activo, u.debe_cambiar_contrasenia,
    u.version, u.clave_inicial_vence_en, u.totp_desde IS NOT NULL AS totp"""

# --- users ---------------------------------------------------------------------------------------------------

INSERT_USUARIO: Final = f"""
INSERT INTO usuarios (id, nombre, rol, correo, usernick, celular, celular_e164, contrasenia_hash,
                      debe_cambiar_contrasenia, clave_inicial_vence_en, cliente_id, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
RETURNING {USUARIO}"""  # noqa: S608


async def insert_usuario(db: Db, values: Sequence[Any]) -> Usuario:
    """Insert a user; `values` in the order of the statement."""
    row = await db.fetchrow(INSERT_USUARIO, *values)
    assert row is not None  # noqa: S101
    return Usuario(**dict(row))


# The names are locked in one order, so that two people who want each other's never wait crosswise; ON CONFLICT
# waits for whoever is taking a name at this moment and then yields no row for it.
RESERVE_KEYS: Final = """
INSERT INTO identificadores (clave, usuario_id)
SELECT clave, $2 FROM unnest($1::text[]) AS clave ORDER BY clave COLLATE "C"
ON CONFLICT (clave) DO NOTHING
RETURNING clave"""


async def reserve_keys(db: Db, keys: Sequence[str], usuario_id: UUID) -> set[str]:
    """Take names for a user; return those that were free."""
    return {row["clave"] for row in await db.fetch(RESERVE_KEYS, list(keys), usuario_id)}


TAKEN_KEYS: Final = """
SELECT clave FROM identificadores WHERE clave = ANY ($1::text[]) AND usuario_id IS DISTINCT FROM $2"""


async def taken_keys(db: Db, keys: Sequence[str], apart_from: UUID | None = None) -> set[str]:
    """Return those of the names that somebody has, whoever it is but one."""
    return {row["clave"] for row in await db.fetch(TAKEN_KEYS, list(keys), apart_from)}


RELEASE_KEYS: Final = "DELETE FROM identificadores WHERE usuario_id = $1 AND NOT clave = ANY ($2::text[])"


async def release_keys(db: Db, usuario_id: UUID, keep: Sequence[str]) -> None:
    """Give back all names of a user but those in `keep`."""
    await db.execute(RELEASE_KEYS, usuario_id, list(keep))


KEYS_OF: Final = "SELECT clave FROM identificadores WHERE usuario_id = $1"


async def keys_of(db: Db, usuario_id: UUID) -> set[str]:
    """Return the names that a user has."""
    return {row["clave"] for row in await db.fetch(KEYS_OF, usuario_id)}


GET_USUARIO: Final = f"SELECT {USUARIO} FROM usuarios WHERE id = $1"  # noqa: S608
GET_USUARIO_BY_NUMERO: Final = f"SELECT {USUARIO} FROM usuarios WHERE numero = $1"  # noqa: S608


async def get_usuario(db: Db, ref: UUID | int) -> Usuario | None:
    """Find a user by identifier or by number."""
    row = await db.fetchrow(GET_USUARIO_BY_NUMERO if isinstance(ref, int) else GET_USUARIO, ref)
    return None if row is None else Usuario(**dict(row))


_STATE: Final = "($1::text IS NULL OR rol = $1) AND ($2::boolean IS NULL OR activo = $2)"
_MATCH: Final = f"{_STATE} AND busqueda @@ to_tsquery('pg_catalog.simple', $3)"

# What a search finds is gathered first: in the order of numbers the planner would walk the whole table for it.
LIST_USUARIOS: Final = f"SELECT {USUARIO} FROM usuarios WHERE {_STATE} ORDER BY numero LIMIT $3 OFFSET $4"  # noqa: S608
COUNT_USUARIOS: Final = f"SELECT count(*) FROM usuarios WHERE {_STATE}"  # noqa: S608
SEARCH_USUARIOS: Final = f"""
WITH halladas AS MATERIALIZED (SELECT {USUARIO} FROM usuarios WHERE {_MATCH})
SELECT * FROM halladas ORDER BY numero LIMIT $4 OFFSET $5"""  # noqa: S608
COUNT_FOUND: Final = f"SELECT count(*) FROM usuarios WHERE {_MATCH}"  # noqa: S608


async def list_usuarios(db: Db, query: str, filtro: Filtro) -> tuple[list[Usuario], int]:
    """Return one page of users by number and how many there are; `query` is a tsquery or empty."""
    which = (filtro.rol, filtro.activo, query) if query else (filtro.rol, filtro.activo)
    total = await db.fetchval(COUNT_FOUND if query else COUNT_USUARIOS, *which)
    statement = SEARCH_USUARIOS if query else LIST_USUARIOS
    rows = await db.fetch(statement, *which, filtro.limite, filtro.desde)
    return [Usuario(**dict(row)) for row in rows], total


LOCK_CREDENCIAL: Final = f"SELECT {CREDENCIAL} FROM usuarios u WHERE u.id = $1 FOR UPDATE"  # noqa: S608


async def lock_credencial(db: Db, usuario_id: UUID) -> Credencial | None:
    """Lock a user's row and return what his logins are judged by."""
    row = await db.fetchrow(LOCK_CREDENCIAL, usuario_id)
    return None if row is None else Credencial(**dict(row))


GET_CREDENCIAL: Final = f"SELECT {CREDENCIAL} FROM usuarios u WHERE u.id = $1"  # noqa: S608


async def get_credencial(db: Db, usuario_id: UUID) -> Credencial | None:
    """Return what a user's logins are judged by."""
    row = await db.fetchrow(GET_CREDENCIAL, usuario_id)
    return None if row is None else Credencial(**dict(row))


FIND_CREDENCIAL: Final = f"""
SELECT {CREDENCIAL} FROM identificadores i JOIN usuarios u ON u.id = i.usuario_id WHERE i.clave = $1"""  # noqa: S608


async def find_credencial(db: Db, key: str) -> Credencial | None:
    """Find the login behind a name."""
    row = await db.fetchrow(FIND_CREDENCIAL, key)
    return None if row is None else Credencial(**dict(row))


# Every active administrator, in one order: who wants to take one away waits for the others who do.
LOCK_ADMINS: Final = """
SELECT id FROM usuarios WHERE rol = 'admin' AND activo AND contrasenia_hash IS NOT NULL ORDER BY id FOR UPDATE"""


async def lock_admins(db: Db) -> set[UUID]:
    """Lock the active administrators and return them."""
    return {UUID(str(row["id"])) for row in await db.fetch(LOCK_ADMINS)}


UPDATE_USUARIO: Final = f"""
UPDATE usuarios SET nombre = $2, rol = $3, correo = $4, usernick = $5, celular = $6, celular_e164 = $7,
       activo = $8, debe_cambiar_contrasenia = $9, contrasenia_hash = coalesce($10, contrasenia_hash),
       clave_inicial_vence_en = CASE WHEN $10::text IS NULL THEN clave_inicial_vence_en ELSE $11 END,
       version = version + 1, actualizado_en = $12
 WHERE id = $1 RETURNING {USUARIO}"""  # noqa: S608


async def update_usuario(db: Db, values: Sequence[Any]) -> Usuario:
    """Write a user's row anew; `values` in the order of the statement."""
    row = await db.fetchrow(UPDATE_USUARIO, *values)
    assert row is not None  # noqa: S101
    return Usuario(**dict(row))


SET_PASSWORD: Final = """
UPDATE usuarios SET contrasenia_hash = $2, debe_cambiar_contrasenia = false, clave_inicial_vence_en = NULL,
       version = version + 1, actualizado_en = $3
 WHERE id = $1"""  # noqa: S105


async def set_password(db: Db, usuario_id: UUID, hashed: str, now: datetime) -> None:
    """Store a new password that its owner chose."""
    await db.execute(SET_PASSWORD, usuario_id, hashed, now)


# Only where the hash is still the one that was verified: a password changed meanwhile stays changed.
REHASH: Final = "UPDATE usuarios SET contrasenia_hash = $3 WHERE id = $1 AND contrasenia_hash = $2"


async def rehash(db: Db, usuario_id: UUID, old: str, new: str) -> None:
    """Replace a hash by one of the live cost; the password is the same."""
    await db.execute(REHASH, usuario_id, old, new)


SET_CLIENTE_ACTIVO: Final = """
UPDATE usuarios SET cliente_activo = $2, version = version + 1, actualizado_en = $3
 WHERE id = $1 AND cliente_activo <> $2 RETURNING id"""


async def set_cliente_activo(db: Db, usuario_id: UUID, now: datetime, *, activo: bool) -> bool:
    """Mirror a client's `activo` at its principal; tell whether that changed anything."""
    return await db.fetchval(SET_CLIENTE_ACTIVO, usuario_id, activo, now) is not None


# --- sessions ------------------------------------------------------------------------------------------------

INSERT_SESION: Final = """
INSERT INTO sesiones (id, usuario_id, ip, agente, creada_en, expira_en) VALUES ($1, $2, $3, $4, $5, $6)"""


async def insert_sesion(db: Db, values: Sequence[Any]) -> None:
    """Open a session; `values` in the order of the statement."""
    await db.execute(INSERT_SESION, *values)


_RESOLVED: Final = """
    u.id, u.numero, u.rol, u.cliente_id, u.nombre, u.correo, u.debe_cambiar_contrasenia"""

RESOLVE_SESION: Final = f"""
SELECT {_RESOLVED}, s.creada_en, s.expira_en
  FROM sesiones s JOIN usuarios u ON u.id = s.usuario_id
 WHERE s.id = $1 AND s.terminada_en IS NULL AND s.expira_en > $2
   AND u.activo AND u.cliente_activo AND u.contrasenia_hash IS NOT NULL"""  # noqa: S608


async def resolve_sesion(db: Db, sesion_id: UUID, now: datetime) -> Record | None:
    """Return the living session's user and times, or None."""
    return await db.fetchrow(RESOLVE_SESION, sesion_id, now)


LIST_SESIONES: Final = """
SELECT id, ip, agente, creada_en, expira_en, id = $3 AS actual FROM sesiones
 WHERE usuario_id = $1 AND terminada_en IS NULL AND expira_en > $2
 ORDER BY creada_en DESC, id DESC LIMIT $4 OFFSET $5"""

COUNT_SESIONES: Final = """
SELECT count(*) FROM sesiones WHERE usuario_id = $1 AND terminada_en IS NULL AND expira_en > $2"""


async def list_sesiones(
    db: Db, usuario_id: UUID, now: datetime, actual: UUID | None, limite: int, desde: int
) -> tuple[list[Sesion], int]:
    """Return one page of a user's living sessions, newest first, and how many there are."""
    total = await db.fetchval(COUNT_SESIONES, usuario_id, now)
    rows = await db.fetch(LIST_SESIONES, usuario_id, now, actual or UUID(int=0), limite, desde)
    return [Sesion(**dict(row)) for row in rows], total


END_SESION: Final = """
UPDATE sesiones SET terminada_en = $3, motivo = $4
 WHERE id = $2 AND usuario_id = $1 AND terminada_en IS NULL AND expira_en > $3 RETURNING id"""


async def end_sesion(db: Db, usuario_id: UUID, sesion_id: UUID, now: datetime, motivo: str) -> bool:
    """End one of a user's living sessions; tell whether there was one."""
    return await db.fetchval(END_SESION, usuario_id, sesion_id, now, motivo) is not None


END_SESIONES: Final = """
WITH terminadas AS (
    UPDATE sesiones SET terminada_en = $2, motivo = $3
     WHERE usuario_id = $1 AND terminada_en IS NULL AND expira_en > $2 AND id IS DISTINCT FROM $4 RETURNING 1)
SELECT count(*) FROM terminadas"""


async def end_sesiones(db: Db, usuario_id: UUID, now: datetime, motivo: str, but: UUID | None = None) -> int:
    """End all of a user's living sessions, except `but`; return how many there were."""
    return await db.fetchval(END_SESIONES, usuario_id, now, motivo, but)  # type: ignore[no-any-return]


# Only sessions whose owner has not chosen a password of his own yet.
END_INITIAL_SESSIONS: Final = """
UPDATE sesiones s SET terminada_en = $2, motivo = $3 FROM usuarios u
 WHERE u.id = s.usuario_id AND u.clave_inicial_vence_en IS NOT NULL AND s.terminada_en IS NULL
   AND s.creada_en >= $1 RETURNING s.usuario_id"""


async def end_initial_sessions(db: Db, since: datetime, now: datetime, motivo: str) -> set[UUID]:
    """End the sessions that initial passwords opened since an instant; return whose they were."""
    return {UUID(str(row["usuario_id"])) for row in await db.fetch(END_INITIAL_SESSIONS, since, now, motivo)}


# --- personal access tokens ----------------------------------------------------------------------------------

TOKEN: Final = "id, nombre, usuario_id, habilidades, creado_en, expira_en, revocado_en"  # noqa: S105

INSERT_TOKEN: Final = """
INSERT INTO tokens_personales (usuario_id, nombre, hash, habilidades, creado_en, expira_en)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"""  # noqa: S105


async def insert_token(db: Db, values: Sequence[Any]) -> int:
    """Insert a personal token and return its number; `values` in the order of the statement."""
    return await db.fetchval(INSERT_TOKEN, *values)  # type: ignore[no-any-return]


RESOLVE_TOKEN: Final = f"""
SELECT {_RESOLVED}, t.hash, t.habilidades, t.expira_en
  FROM tokens_personales t JOIN usuarios u ON u.id = t.usuario_id
 WHERE t.id = $1 AND t.revocado_en IS NULL AND (t.expira_en IS NULL OR t.expira_en > $2)
   AND u.activo AND u.cliente_activo"""  # noqa: S608


async def resolve_token(db: Db, number: int, now: datetime) -> Record | None:
    """Return the living token's hash and abilities and its owner, or None."""
    return await db.fetchrow(RESOLVE_TOKEN, number, now)


LIST_TOKENS: Final = f"SELECT {TOKEN} FROM tokens_personales ORDER BY id DESC LIMIT $1 OFFSET $2"  # noqa: S608
COUNT_TOKENS: Final = "SELECT count(*) FROM tokens_personales"


async def list_tokens(db: Db, limite: int, desde: int) -> tuple[list[TokenPersonal], int]:
    """Return one page of personal tokens, newest first, and how many there are."""
    total = await db.fetchval(COUNT_TOKENS)
    return [TokenPersonal(**dict(row)) for row in await db.fetch(LIST_TOKENS, limite, desde)], total


REVOKE_TOKEN: Final = f"""
UPDATE tokens_personales SET revocado_en = coalesce(revocado_en, $2) WHERE id = $1 RETURNING {TOKEN}"""  # noqa: S608


async def revoke_token(db: Db, number: int, now: datetime) -> TokenPersonal | None:
    """Revoke a personal token and return it, or None where there is none."""
    row = await db.fetchrow(REVOKE_TOKEN, number, now)
    return None if row is None else TokenPersonal(**dict(row))


REVOKE_TOKENS_OF: Final = """
UPDATE tokens_personales SET revocado_en = $2 WHERE usuario_id = $1 AND revocado_en IS NULL"""


async def revoke_tokens_of(db: Db, usuario_id: UUID, now: datetime) -> None:
    """Revoke every personal token of a user."""
    await db.execute(REVOKE_TOKENS_OF, usuario_id, now)


# --- resets of a forgotten password --------------------------------------------------------------------------

ASK_RESET: Final = """
INSERT INTO restablecimientos_pedidos (clave, pedido_en) VALUES ($1, $2) ON CONFLICT (clave) DO NOTHING"""


async def ask_reset(db: Db, key: str, now: datetime) -> None:
    """Note that a reset was asked for a name, whether or not anybody has it."""
    await db.execute(ASK_RESET, key, now)


# SKIP LOCKED: several nodes work on the list without waiting for each other.
TAKE_ASKED: Final = """
DELETE FROM restablecimientos_pedidos WHERE clave = (
    SELECT clave FROM restablecimientos_pedidos ORDER BY pedido_en LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING clave"""


async def take_asked(db: Db) -> str | None:
    """Take the oldest request for a reset off the list."""
    return await db.fetchval(TAKE_ASKED)  # type: ignore[no-any-return]


VOID_RESETS: Final = """
UPDATE restablecimientos SET consumido_en = $2 WHERE usuario_id = $1 AND consumido_en IS NULL"""


async def void_resets(db: Db, usuario_id: UUID, now: datetime) -> None:
    """Make every reset token of a user worthless."""
    await db.execute(VOID_RESETS, usuario_id, now)


INSERT_RESET: Final = """
INSERT INTO restablecimientos (id, usuario_id, hash, creado_en, expira_en) VALUES ($1, $2, $3, $4, $5)"""


async def insert_reset(db: Db, values: Sequence[Any]) -> None:
    """Store a reset token's hash; `values` in the order of the statement."""
    await db.execute(INSERT_RESET, *values)


FIND_RESET: Final = f"""
SELECT {CREDENCIAL} FROM restablecimientos r JOIN usuarios u ON u.id = r.usuario_id
 WHERE r.hash = $1 AND r.consumido_en IS NULL AND r.expira_en > $2
   AND u.activo AND u.cliente_activo AND u.contrasenia_hash IS NOT NULL"""  # noqa: S608


async def find_reset(db: Db, hashed: str, now: datetime) -> Credencial | None:
    """Return whose living reset token this is, or None."""
    row = await db.fetchrow(FIND_RESET, hashed, now)
    return None if row is None else Credencial(**dict(row))


USE_RESET: Final = """
UPDATE restablecimientos SET consumido_en = $2
 WHERE hash = $1 AND consumido_en IS NULL AND expira_en > $2 RETURNING id"""


async def use_reset(db: Db, hashed: str, now: datetime) -> bool:
    """Use up a reset token; of many who try at once one succeeds."""
    return await db.fetchval(USE_RESET, hashed, now) is not None


# --- housekeeping --------------------------------------------------------------------------------------------

PURGE: Final[Mapping[str, str]] = {
    "sesiones": """
        DELETE FROM sesiones WHERE id IN (
            SELECT id FROM sesiones WHERE expira_en < $1 LIMIT $2)""",
    "restablecimientos": """
        DELETE FROM restablecimientos WHERE id IN (
            SELECT id FROM restablecimientos WHERE expira_en < $1 LIMIT $2)""",
}


async def purge(db: Db, table: str, before: datetime, rows: int) -> int:
    """Delete at most so many rows that ended before an instant; return how many there were."""
    tag = await db.execute(PURGE[table], before, rows)
    return int(tag.rsplit(" ", 1)[1])
