"""Codes of eight digits, and what is stored of them: nothing that a copy of the database could be asked for."""

import hashlib
import hmac
import secrets
from typing import Final

from clientela.core.text import clave_acceso, normalise_email
from clientela.identidad import signing
from clientela.identidad.model import Identificadores, Reclamo

DIGITS: Final = 8
_PURPOSE: Final = "verificacion"


def new_code() -> str:
    """Make a code."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def fingerprint(names: Identificadores, country: str) -> str:
    """Return what stands for the names that a code was asked with: e-mail without regard to case, phone as E.164."""
    return _keyed(clave_acceso(names.correo or "", country), names.celular_e164 or "")


def sealed(code: str, claim: Reclamo, country: str) -> str:
    """Return what is stored of a code: good for this user while the record has this e-mail, and for these names."""
    whose = str(claim.usuario_id), normalise_email(claim.correo or "")
    return _keyed(*whose, fingerprint(claim.nombres, country), "".join(code.split()))


def _keyed(*parts: str) -> str:
    # Eight digits are tried in a second: without the installation's key the digest alone must not do.
    return hmac.new(signing.keyring.derive(_PURPOSE), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
