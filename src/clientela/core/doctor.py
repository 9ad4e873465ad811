"""`clientela doctor`: what is set up well, what will hurt one day, and what to do about it."""

import asyncio
import os
import shutil
import stat
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import aiosmtplib
import msgspec

from clientela.core import audit, files
from clientela.core.backup import running_database
from clientela.core.db import Db, Pool
from clientela.core.errors import AppError, Unavailable
from clientela.core.files import Owned
from clientela.core.mail_transport import SmtpServer, parse_smtp_url
from clientela.core.postgres import check_durability
from clientela.core.postgres.binaries import OLDEST, for_existing_data
from clientela.settings import Settings

State = Literal["bien", "aviso", "falla"]
MIN_KEY_BYTES: Final = 32
ROOM_WARNING: Final = 2 << 30
ROOM_FAILURE: Final = 256 << 20
MAX_CLOCK_SECONDS: Final = 5.0
SMTP_SECONDS: Final = 5.0
# Where identidad keeps the key that signs tokens; the core knows the place, not the key.
_KEY_FILE: Final = "secreto"
_KEY_ROW: Final = "SELECT octet_length(valor) FROM secretos WHERE nombre = 'tokens'"
_MARKS: Final = {"bien": "✓", "aviso": "!", "falla": "✗"}
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Check(msgspec.Struct, frozen=True):
    """One finding: its name, how it stands, what was found and, unless all is well, what to do."""

    nombre: str
    estado: State
    detalle: str
    remedio: str = ""


def examine(settings: Settings, head: str, owned: Sequence[Owned] = ()) -> list[Check]:
    """Run every check. `head` is the newest revision of the schema that this code knows, `owned` who names files.

    Starts the embedded database when nobody has it running (and stops it again), but never makes a new one.
    """
    findings = [_directory(settings), _room(settings)]
    findings += _database(settings, head, owned)
    findings += [
        asyncio.run(_mail(settings)),
        _zone(settings),
        _public_url(settings),
        _password_cost(settings),
        _initial_password(settings),
    ]
    return findings


def failed(findings: list[Check]) -> bool:
    """Whether anything is plainly wrong (warnings are not)."""
    return any(finding.estado == "falla" for finding in findings)


def render(findings: list[Check]) -> str:
    """Return the findings for a terminal, one line each, the remedy below where there is one."""
    lines = []
    for finding in findings:
        lines.append(f"{_MARKS[finding.estado]} {finding.nombre}: {finding.detalle}")
        if finding.remedio:
            lines.append(f"    → {finding.remedio}")
    return "\n".join(lines)


def _directory(settings: Settings) -> Check:
    name, path = "Directorio de datos", settings.data_dir.absolute()
    if not path.exists():
        return Check(name, "aviso", f"{path} todavía no existe", "`clientela serve` lo crea.")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return Check(name, "falla", f"{path} no se puede leer y escribir", "Cambie su dueño (chown -R).")
    open_to_all = [p for p in (path, *_private_files(path)) if _too_open(p)]
    if open_to_all:
        named = ", ".join(str(p) for p in open_to_all)
        return Check(
            name, "falla", f"otros usuarios alcanzan {named}", "chmod 600 a los archivos, 750 al directorio."
        )
    return Check(name, "bien", str(path))


def _private_files(data_dir: Path) -> list[Path]:
    candidates = [
        data_dir / files.FOLDER,
        data_dir / _KEY_FILE,
        data_dir / "pg" / "conexion",
        *(data_dir / "pg").glob("[0-9]*"),
    ]
    return [path for path in candidates if path.exists()]


def _too_open(path: Path) -> bool:
    mode = stat.S_IMODE(path.stat().st_mode)
    # The data directory itself may be entered (the server's own user must), but not written.
    return bool(
        mode & (0o077 if path.is_file() or path.name.isdigit() or path.name == files.FOLDER else 0o002)
    )


def _room(settings: Settings) -> Check:
    path = settings.data_dir.absolute()
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    detail = f"{free / (1 << 30):.1f} GB libres en el disco de {path}"
    if free < ROOM_FAILURE:
        return Check("Espacio", "falla", detail, "Libere espacio ya: sin él no se puede guardar nada.")
    if free < ROOM_WARNING:
        return Check("Espacio", "aviso", detail, "Libere espacio o amplíe el disco.")
    return Check("Espacio", "bien", detail)


def _database(settings: Settings, head: str, owned: Sequence[Owned]) -> list[Check]:
    name = "Base de datos"
    try:
        if not settings.database_url and for_existing_data(settings.data_dir.absolute() / "pg") is None:
            return [Check(name, "aviso", "todavía no se ha creado", "`clientela serve` la crea.")]
        with running_database(settings) as url:
            return asyncio.run(_inside(settings, url, head, owned))
    except (OSError, subprocess.SubprocessError) as error:
        return [Check(name, "falla", str(error), "Corríjalo y vuelva a ejecutar `clientela doctor`.")]


async def _inside(settings: Settings, url: str, head: str, owned: Sequence[Owned]) -> list[Check]:
    pool = await Pool(settings, lambda: url).open()
    try:
        checks = (_version, _durability, _clock, _revision(head), _secret, _audit)
        found = [await check(pool.db) for check in checks]
        # An older schema does not know yet where its files are named.
        if all(check.estado == "bien" for check in found if check.nombre == "Esquema"):
            found.append(await _files(pool.db, owned))
        return found
    except AppError as error:
        place = urlsplit(url)
        where = f"{place.hostname}:{place.port or 5432}"
        remedy = "Compruebe que el servidor esté en marcha y que CLIENTELA_DATABASE_URL sea correcta."
        return [Check("Base de datos", "falla", f"{where} no responde ({error.message})", remedy)]
    finally:
        await pool.close()


async def _version(db: Db) -> Check:
    number = int(await db.fetchval("SELECT current_setting('server_version_num')"))
    kind = "externa" if db.settings.database_url else "embebida"
    detail = f"PostgreSQL {number // 10_000}.{number % 10_000}, {kind}"
    if number // 10_000 < OLDEST:
        return Check("Base de datos", "falla", detail, f"Hace falta PostgreSQL {OLDEST} o posterior.")
    return Check("Base de datos", "bien", detail)


async def _durability(db: Db) -> Check:
    off = await check_durability(db)
    if off:
        remedy = "Póngalos en on: sin ellos, un corte de luz pierde lo que ya se había confirmado."
        return Check("Durabilidad", "falla", f"apagados: {', '.join(off)}", remedy)
    return Check("Durabilidad", "bien", "fsync, full_page_writes y synchronous_commit encendidos")


async def _clock(db: Db) -> Check:
    apart = abs((await db.fetchval("SELECT clock_timestamp()") - datetime.now(UTC)).total_seconds())
    detail = f"a {apart:.1f} s del de la base de datos"
    if apart > MAX_CLOCK_SECONDS:
        return Check(
            "Reloj", "falla", detail, "Ponga en hora las máquinas (NTP): las sesiones caducan por reloj."
        )
    return Check("Reloj", "bien", detail)


def _revision(head: str) -> Callable[[Db], Awaitable[Check]]:
    async def check(db: Db) -> Check:
        present = await db.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL")
        current = await db.fetchval("SELECT version_num FROM alembic_version") if present else None
        if current == head:
            return Check("Esquema", "bien", f"al día ({head})")
        detail = f"en {current or 'ninguna versión'}, y este programa usa {head}"
        return Check("Esquema", "falla", detail, "Ejecute `clientela migrate` (`serve` también lo hace).")

    return check


async def _audit(db: Db) -> Check:
    """Follow every chain of the audit log, and compare it with the anchors written each day."""
    name = "Auditoría"
    if not await db.fetchval(
        "SELECT to_regprocedure('fn.auditoria_revisar(text,bigint,bigint)') IS NOT NULL"
    ):
        return Check(name, "bien", "todavía no hay registro")
    failures = await audit.verify(db, audit.read_anchors(db.settings.data_dir))
    if failures:
        first = failures[0]
        detail = f"{len(failures)} filas no cuadran, la primera: {first.cadena} {first.seq} ({first.motivo})"
        remedy = "Alguien cambió el registro por fuera del programa. Compare con una copia de respaldo."
        return Check(name, "falla", detail, remedy)
    return Check(name, "bien", "todas las cadenas cuadran")


async def _secret(db: Db) -> Check:
    """Find the key that signs tokens: set by hand, in the shared database, or in a file beside the embedded one."""
    name, settings = "Clave de firma", db.settings
    if settings.secreto is not None:
        return Check(name, "bien", "CLIENTELA_SECRETO")
    if settings.database_url:
        known = await db.fetchval("SELECT to_regclass('public.secretos') IS NOT NULL")
        size, where = (await db.fetchval(_KEY_ROW) if known else None), "en la base de datos"
    else:
        file = settings.data_dir.absolute() / _KEY_FILE
        size, where = (len(file.read_bytes().strip()) if file.exists() else None), str(file)
    if size is None:
        return Check(name, "aviso", "todavía no se ha generado", "`clientela serve` la genera una vez.")
    if size < MIN_KEY_BYTES:
        remedy = f"Bórrela y vuelva a arrancar: con menos de {MIN_KEY_BYTES} bytes se puede adivinar."
        return Check(name, "falla", f"{where}: solo {size} bytes", remedy)
    return Check(name, "bien", where)


async def _files(db: Db, owned: Sequence[Owned]) -> Check:
    """Look for files that rows name and that are not there."""
    settings = db.settings
    place = (
        f"cubo {settings.s3_bucket}"
        if settings.s3_bucket
        else str(settings.data_dir.absolute() / files.FOLDER)
    )
    try:
        lost = [key for each in owned for key in await files.missing(db, each)]
    except Unavailable:
        remedy = "Compruebe CLIENTELA_S3_URL y sus claves, o los permisos del directorio."
        return Check("Archivos", "falla", f"{place} no responde", remedy)
    if lost:
        detail = f"{place}: faltan {len(lost)} de los que nombra la base de datos (el primero, {lost[0]})"
        return Check("Archivos", "falla", detail, "Recupérelos de una copia de seguridad.")
    return Check("Archivos", "bien", place)


async def _mail(settings: Settings) -> Check:
    if settings.smtp_url is None:
        detail = "sin servidor: los mensajes quedan como archivos"
        return Check("Correo", "aviso", detail, "Indique su servidor en CLIENTELA_SMTP_URL.")
    try:
        server = parse_smtp_url(settings.smtp_url)
        await _greet(server)
    except (ValueError, OSError, TimeoutError, aiosmtplib.SMTPException) as error:
        reason = str(error) or type(error).__name__
        return Check(
            "Correo", "falla", reason, "Revise CLIENTELA_SMTP_URL y que el servidor acepte la conexión."
        )
    return Check("Correo", "bien", f"{server.host}:{server.port} responde")


async def _greet(server: SmtpServer) -> None:
    """Connect, say hello and log in, as a delivery does."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.usuario,
        password=server.clave,
        use_tls=server.tls,
        start_tls=server.starttls,
        timeout=SMTP_SECONDS,
    )
    async with asyncio.timeout(2 * SMTP_SECONDS), client:
        await client.noop()


def _zone(settings: Settings) -> Check:
    return Check("Zona horaria", "bien", f"{settings.zona_horaria}, hasta que la organización fije la suya")


def _public_url(settings: Settings) -> Check:
    parts = urlsplit(settings.url)
    if parts.hostname in _LOCAL:
        remedy = "Ponga en CLIENTELA_URL la dirección pública: los enlaces de los correos empiezan por ella."
        return Check("URL pública", "aviso", f"{settings.url} solo sirve en esta máquina", remedy)
    if parts.scheme != "https" or not parts.hostname:
        remedy = "Use https: las contraseñas y los tokens viajan por ahí."
        return Check("URL pública", "falla", f"{settings.url} no es https", remedy)
    return Check("URL pública", "bien", settings.url)


def _password_cost(settings: Settings) -> Check:
    cost, recommended, least = settings.bcrypt_costo, 12, 10
    if cost >= recommended:
        return Check("Contraseñas", "bien", f"bcrypt con costo {cost}")
    state: State = "aviso" if cost >= least else "falla"
    remedy = f"Quite CLIENTELA_BCRYPT_COSTO o póngalo en {recommended}."
    return Check("Contraseñas", state, f"bcrypt con costo {cost}, fácil de probar en masa", remedy)


def _initial_password(settings: Settings) -> Check:
    if settings.clave_inicial == "telefono":
        remedy = "Con CLIENTELA_CLAVE_INICIAL=aleatoria nadie puede entrar con solo saber un teléfono."
        return Check("Clave inicial", "aviso", "el teléfono del cliente", remedy)
    return Check("Clave inicial", "bien", "código aleatorio")
