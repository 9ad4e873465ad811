"""Pure decisions of identity: how names are read and compared, which passwords pass, who must be kept out."""

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from clientela.core.text import clave_acceso, phone_e164
from clientela.identidad.model import Identificadores

# An installation in a private network has its mailboxes under names (`.local`, `.test`) that the library refuses.
SPECIAL_USE_DOMAIN_NAMES.clear()

MIN_CODE_POINTS: Final = 8
MAX_BYTES: Final = 72
_E164: Final = re.compile(r"\+\d{3,15}")
_NICK: Final = re.compile(r"[^\s@]{3,60}")


def read_email(text: str) -> str | None:
    """Read an e-mail address; return it normalised, or None if it is none.

    What stands before the `@` must be ASCII: mail servers that deliver anything else are too few to rely on.
    """
    try:
        read = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return read.normalized if "." in read.domain and len(read.normalized) <= 254 else None


def read_usernick(text: str, country: str) -> str | None:
    """Read a nick: 3 to 60 characters without blanks or `@`, or a phone; None if it is neither."""
    plain = unicodedata.normalize("NFC", text).strip()
    return plain if _NICK.fullmatch(plain) or phone_e164(plain, country) else None


def keys_by_field(names: Identificadores, country: str) -> dict[str, str]:
    """Return the key of every name that a user logs in by, under its field."""
    found = {
        "correo": names.correo and clave_acceso(names.correo, country),
        "celular": names.celular_e164,
        "usernick": names.usernick and clave_acceso(names.usernick, country),
    }
    return {field: key for field, key in found.items() if key}


def tries_the_name(password: str, key: str, country: str) -> bool:
    """Tell whether somebody tries a login's own name as its password, in whatever spelling (D-6)."""
    return clave_acceso(password, country) == key


def normal_password(password: str) -> str:
    """Return the form in which a password is hashed: two ways to type an `ñ` are one password."""
    return unicodedata.normalize("NFC", password)


def password_problem(password: str, own: Iterable[str | None], common: frozenset[str]) -> str | None:
    """Return the code of what is wrong with a new password, or None (CONTRACT §2, 8 code points to 72 bytes).

    `own` are the owner's name, e-mail, phone and nick; `common` the commonest passwords, casefolded.
    """
    normal = normal_password(password)
    if len(normal) < MIN_CODE_POINTS:
        return "contrasenia_corta"
    if len(normal.encode()) > MAX_BYTES:
        return "contrasenia_larga"
    if normal.casefold().strip() in common:
        return "contrasenia_comun"
    if _bare(normal) in _own_words(own):
        return "contrasenia_personal"
    return None


def _own_words(own: Iterable[str | None]) -> set[str]:
    words: set[str] = set()
    for text in own:
        if not text:
            continue
        words.add(_bare(text))
        if "@" in text:
            words.add(_bare(text.split("@", 1)[0]))
        if _E164.fullmatch(text):
            words.add(_national(text))
    return words - {""}


def _national(e164: str) -> str:
    # A stored phone has its country in front; people type it without.
    try:
        return str(phonenumbers.parse(e164).national_number)
    except phonenumbers.NumberParseException:
        return ""


def _bare(text: str) -> str:
    """Reduce a text to its letters and digits, without accents or case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def network_of(ip: str) -> str:
    """Return what an address is counted under: IPv4 itself, IPv6 its /64, since whoever has one has them all."""
    try:
        address = ipaddress.ip_address(ip.split("%", 1)[0])
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal: how tokens are stored and names are counted."""
    return hashlib.sha256(text.encode()).hexdigest()
