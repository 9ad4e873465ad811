"""Codes of six digits that change twice a minute (RFC 6238), and the secret behind them as it is stored."""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pyotp

from clientela.identidad import signing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP_SECONDS: Final = 30
# Clocks of telephones go wrong by less than half a minute, and people take a moment to type.
DRIFT: Final = 1
_PURPOSE: Final = "totp"
_NONCE: Final = 12


def new_secret() -> str:
    """Make a secret for an authenticator application: 160 bits in base 32."""
    return pyotp.random_base32()


def uri(secret: str, account: str, issuer: str) -> str:
    """Write the `otpauth://` address that an authenticator application reads from a QR code."""
    # A colon ends the issuer in the label.
    plain = issuer.replace(":", " ")
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=plain)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the half minute (counted since 1970) whose code this is, at most one away from now; else None."""
    typed = code.replace(" ", "")
    generator = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    # Every candidate is compared, so that time does not tell which one matched.
    for step in range(present - DRIFT, present + DRIFT + 1):
        if secrets.compare_digest(generator.generate_otp(step), typed):
            found = step
    return found


def seal(secret: str, usuario_id: UUID) -> bytes:
    """Encrypt a secret for storage (AES-256-GCM), bound to its owner and to the installation's key."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, secret.encode(), usuario_id.bytes)


def unseal(sealed: bytes, usuario_id: UUID) -> str | None:
    """Decrypt a stored secret; None where another key or another owner encrypted it."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - large; few ask for it

    try:
        return _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], usuario_id.bytes).decode()
    except InvalidTag:
        return None


def _cipher() -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - large; few ask for it

    return AESGCM(signing.keyring.derive(_PURPOSE))
