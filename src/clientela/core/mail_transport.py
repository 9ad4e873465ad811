"""How a mail leaves: over SMTP, or as an `.eml` file when no server is configured (CONTRACT §2)."""

import asyncio
import os
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

TIMEOUT: Final = 20.0
"""Seconds that a whole delivery may take; a server that hangs costs one attempt, never a worker."""
_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Refused(Exception):
    """The server will never take this message (5xx): trying again is useless."""


class Failed(Exception):
    """The message could not be delivered now; worth trying again."""


class Transport(Protocol):
    """Something that delivers messages."""

    async def deliver(self, message: EmailMessage) -> None:
        """Deliver one message. Raises Refused or Failed; returning means that somebody took charge of it."""
        ...


class SmtpServer(msgspec.Struct, frozen=True):
    """What `CLIENTELA_SMTP_URL` names."""

    host: str
    port: int
    usuario: str | None
    clave: str | None
    tls: bool
    starttls: bool | None


def parse_smtp_url(url: str) -> SmtpServer:
    """Read `smtp://[user:password@]host[:port][?starttls=1|0]`, `smtp+starttls://…` or `smtps://…`.

    Plain `smtp` upgrades to TLS when the server offers it; `starttls=1` (or `smtp+starttls`) insists,
    `starttls=0` never does. Raises ValueError for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("CLIENTELA_SMTP_URL must be smtp://, smtp+starttls:// or smtps:// with a host")
    wanted = parse_qs(parts.query).get("starttls", [""])[-1]
    starttls: bool | None = {"1": True, "0": False}.get(wanted)
    if parts.scheme == "smtp+starttls":
        starttls = True
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        usuario=unquote(parts.username) if parts.username else None,
        clave=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "smtps",
        starttls=False if parts.scheme == "smtps" else starttls,
    )


class SmtpTransport:
    """Delivers over real SMTP, one connection per message."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._server = parse_smtp_url(url)
        self._timeout = timeout

    async def deliver(self, message: EmailMessage) -> None:
        """Hand the message to the server (see Transport)."""
        import aiosmtplib  # noqa: PLC0415 - a process that sends no mail need not hold it in memory

        server = self._server
        try:
            async with asyncio.timeout(self._timeout):
                await aiosmtplib.send(
                    message,
                    hostname=server.host,
                    port=server.port,
                    username=server.usuario,
                    password=server.clave,
                    use_tls=server.tls,
                    start_tls=server.starttls,
                    timeout=self._timeout,
                )
        except aiosmtplib.SMTPAuthenticationError as error:
            # The operator's credentials are wrong, not the message: it waits until they are right.
            raise Failed(_describe(error)) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            permanent = bool(codes) and all(code >= 500 for code in codes)
            raise (Refused if permanent else Failed)(f"recipient refused {codes}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise (Refused if error.code >= 500 else Failed)(_describe(error)) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError) as error:
            raise Failed(_describe(error)) from error


class FileTransport:
    """Writes each message to `<message id>.eml` in a directory, readable by its owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def deliver(self, message: EmailMessage) -> None:
        """Write the message to its file; writing it again replaces the same file."""
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            await asyncio.to_thread(self._write, self._directory / f"{name}.eml", message.as_bytes())
        except OSError as error:
            raise Failed(_describe(error)) from error

    def _write(self, path: Path, content: bytes) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Whoever watches the directory sees whole messages only.
        temporary.replace(path)


def make_transport(smtp_url: str | None, data_dir: Path) -> Transport:
    """Choose by the settings: SMTP when a server is named, else files in `correo/` of the data directory."""
    return SmtpTransport(smtp_url) if smtp_url else FileTransport(data_dir / "correo")


def _describe(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:500]
