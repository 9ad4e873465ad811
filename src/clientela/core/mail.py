"""The mail outbox: a row in the transaction that wants the mail, delivered afterwards (DESIGN §6.4, T-SM-1).

A row is taken with a lease, never with an open transaction, so a server that hangs holds nothing up. A process
that dies between the server's acceptance and the mark sends that one message again, under the same
`Message-ID`; in every other case a message leaves once. Its text is wiped as soon as it has left.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from clientela.core.db import Db
from clientela.core.ids import uuid7
from clientela.core.logs import get_logger
from clientela.core.mail_transport import Failed, Refused, Transport

if TYPE_CHECKING:
    import jinja2

MAX_ATTEMPTS: Final = 16
LEASE: Final = timedelta(seconds=60)
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 3600.0
KEPT_SENT: Final = timedelta(days=30)
KEPT_FAILED: Final = timedelta(days=90)

_INSERT: Final = """INSERT INTO correos
    (id, clave, destinatario, plantilla, asunto, cuerpo, proximo_en, vence_en, creado_en)
    VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text,
            $7::timestamptz, $8::timestamptz, $7::timestamptz)
    ON CONFLICT (clave) DO NOTHING"""
_INSERT_MANY: Final = """INSERT INTO correos
    (id, clave, destinatario, plantilla, asunto, cuerpo, proximo_en, vence_en, creado_en)
    SELECT c.id, c.clave, c.destinatario, c.plantilla, c.asunto, c.cuerpo, $7::timestamptz, c.vence_en, $7::timestamptz
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $8::timestamptz[])
           AS c (id, clave, destinatario, plantilla, asunto, cuerpo, vence_en)
    ON CONFLICT (clave) DO NOTHING"""
# The next try is set when the row is taken: it is the lease, and what happens if the taker dies.
_TAKE: Final = """UPDATE correos SET intentos = intentos + 1, proximo_en = $2::timestamptz
    WHERE id IN (SELECT id FROM correos WHERE estado = 'pendiente' AND proximo_en <= $1::timestamptz
                 ORDER BY proximo_en LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, destinatario, asunto, cuerpo, intentos, vence_en, creado_en"""
_SENT: Final = """UPDATE correos SET estado = 'enviado', cuerpo = NULL, ultimo_error = NULL,
    terminado_en = $2::timestamptz WHERE id = $1::uuid AND estado = 'pendiente'"""
_GIVE_UP: Final = """UPDATE correos SET estado = 'fallido', cuerpo = NULL, ultimo_error = $3::text,
    terminado_en = $2::timestamptz WHERE id = $1::uuid AND estado = 'pendiente'"""
_AGAIN: Final = """UPDATE correos SET proximo_en = $2::timestamptz, ultimo_error = $3::text
    WHERE id = $1::uuid AND estado = 'pendiente'"""
_PURGE: Final = """DELETE FROM correos WHERE id IN (
    SELECT id FROM correos
     WHERE (estado = 'enviado' AND terminado_en <= $1::timestamptz)
        OR (estado = 'fallido' AND terminado_en <= $2::timestamptz)
     LIMIT $3)"""
_FORGET: Final = "DELETE FROM correos WHERE lower(destinatario) = lower($1::text)"
_COUNT: Final = """SELECT count(*) FILTER (WHERE estado = 'pendiente') AS pendientes,
    coalesce(extract(epoch FROM $1::timestamptz - min(creado_en) FILTER (WHERE estado = 'pendiente')), 0)::float8
      AS espera
    FROM correos WHERE estado = 'pendiente'"""

_log = get_logger(__name__)


@lru_cache(maxsize=1)
def _templates() -> "jinja2.Environment":
    """Mails are plain text (`.txt`), in which nothing is escaped. A value that a template misses is a defect."""
    import jinja2  # noqa: PLC0415 - a process that writes no mail need not hold it in memory

    return jinja2.Environment(
        loader=jinja2.PackageLoader("clientela.core", "plantillas"),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(("html",)),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(plantilla: str, contexto: Mapping[str, Any]) -> tuple[str, str]:
    """Render `plantillas/<plantilla>.txt`; its first line is `Asunto: …`. Returns (subject, text).

    Raises jinja2's errors for an unknown template or a value that the template misses.
    """
    text = _templates().get_template(f"{plantilla}.txt").render(contexto)
    first, _, rest = text.partition("\n")
    return " ".join(first.removeprefix("Asunto:").split()), rest.lstrip("\n")


async def enqueue(
    db: Db,
    *,
    destinatario: str,
    plantilla: str,
    contexto: Mapping[str, Any],
    clave: str,
    vence_en: datetime | None = None,
) -> None:
    """Put a mail into the outbox, in the open transaction; a second one with the same `clave` is ignored.

    After `vence_en` it is not sent any more (a reset link that has expired). Raises ValueError for a recipient
    that is no single address.
    """
    _check_address(destinatario)
    subject, text = render(plantilla, contexto)
    await db.execute(_INSERT, uuid7(), clave, destinatario, plantilla, subject, text, db.now(), vence_en)


class Letter(msgspec.Struct, frozen=True):
    """A mail that is to be written; the fields are those of `enqueue`."""

    destinatario: str
    plantilla: str
    contexto: Mapping[str, Any]
    clave: str
    vence_en: datetime | None = None


async def enqueue_many(db: Db, letters: Sequence[Letter]) -> None:
    """Put many mails into the outbox, in the open transaction; a `clave` that is there already is ignored.

    Raises ValueError for a recipient that is no single address.
    """
    for letter in letters:
        _check_address(letter.destinatario)
    texts = [render(letter.plantilla, letter.contexto) for letter in letters]
    await db.execute(
        _INSERT_MANY,
        [uuid7() for _ in letters],
        [letter.clave for letter in letters],
        [letter.destinatario for letter in letters],
        [letter.plantilla for letter in letters],
        [subject for subject, _ in texts],
        [text for _, text in texts],
        db.now(),
        [letter.vence_en for letter in letters],
    )


def is_address(text: str | None) -> bool:
    """Tell whether a text is a single mail address."""
    try:
        _check_address(text or "")
    except ValueError:
        return False
    return True


class Outbox:
    """Delivers what waits in the outbox, one mail a turn; many turns may run side by side, on many processes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def deliver_next(self, db: Db) -> bool:
        """Deliver the mail that has been due the longest; tell whether there was one."""
        row = await db.fetchrow(_TAKE, db.now(), db.now() + LEASE)
        if row is not None:
            await self._deliver(db, row)
        return row is not None

    async def _deliver(self, db: Db, row: Any) -> None:
        if row["vence_en"] is not None and row["vence_en"] <= db.now():
            await db.execute(_GIVE_UP, row["id"], db.now(), "vencido")
            return
        try:
            message = build_message(row, db.settings.correo_remitente, db.settings.url)
            await self._transport.deliver(message)
        except (Refused, MessageError, ValueError) as error:
            _log.error("mail_refused", correo=str(row["id"]), error=str(error))
            await db.execute(_GIVE_UP, row["id"], db.now(), str(error)[:500])
        except Failed as error:
            await self._try_again(db, row, str(error)[:500])
        else:
            await db.execute(_SENT, row["id"], db.now())

    async def _try_again(self, db: Db, row: Any, error: str) -> None:
        attempts: int = row["intentos"]
        if attempts >= MAX_ATTEMPTS:
            _log.error("mail_given_up", correo=str(row["id"]), intentos=attempts, error=error)
            await db.execute(_GIVE_UP, row["id"], db.now(), error)
            return
        _log.warning("mail_delayed", correo=str(row["id"]), intentos=attempts, error=error)
        await db.execute(_AGAIN, row["id"], db.now() + backoff(attempts), error)


def backoff(attempts: int) -> timedelta:
    """Return the pause after so many failed attempts: 5 s, 10 s, 20 s, … one hour, ±20 %."""
    pause = min(_FIRST_PAUSE * 2 ** (attempts - 1), _LONGEST_PAUSE)
    return timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311


def build_message(row: Any, sender: str, url: str) -> EmailMessage:
    """Build the message of an outbox row; its `Message-ID` follows from the row, so a repeat is recognisable."""
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=row["destinatario"])
    message["Subject"] = row["asunto"]
    message["Date"] = format_datetime(row["creado_en"])
    message["Message-ID"] = f"<{row['id']}@{urlsplit(url).hostname or 'clientela'}>"
    message["Auto-Submitted"] = "auto-generated"
    # As it is: a link must stay in one piece also for whoever reads the message raw.
    message.set_content(row["cuerpo"], cte="8bit")
    return message


async def waiting(db: Db) -> tuple[int, float]:
    """Tell how many mails wait, and for how many seconds the oldest does."""
    row = await db.fetchrow(_COUNT, db.now())
    return (row["pendientes"], row["espera"]) if row else (0, 0.0)


async def forget(db: Db, destinatario: str) -> None:
    """Drop every mail to an address, sent or not (erasure of a person)."""
    await db.execute(_FORGET, destinatario)


async def purge(db: Db, batch: int = 1000) -> bool:
    """Delete one batch of mails sent 30 or given up 90 days ago; tell whether there may be more."""
    now = db.now()
    return await db.execute(_PURGE, now - KEPT_SENT, now - KEPT_FAILED, batch) == f"DELETE {batch}"


def _check_address(text: str) -> None:
    try:
        Address(addr_spec=text)
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError("not a mail address") from error
