"""A person with an authenticator application on his telephone."""

import time
from typing import Any

import httpx
import pyotp

from tests.cast import Persona
from tests.identidad.test_login import V1, body
from tests.tools.database import Database

TOTP = "/api/v1/auth/totp"
STEP = 30


class Authenticator:
    """The application: it knows the secret and shows codes."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._generator = pyotp.TOTP(secret)

    def code(self, steps: int = 0) -> str:
        """The code of this half minute, or of one so many before or after it."""
        # Just before the change of codes a step more or less would be one too many when it is checked.
        left = STEP - time.time() % STEP
        if left < 3:
            time.sleep(left + 0.1)
        return self._generator.generate_otp(int(time.time()) // STEP + steps)

    def wrong(self) -> str:
        """Six digits that are no code of these minutes."""
        near = {self.code(steps) for steps in range(-5, 6)}
        return next(text for n in range(100) if (text := f"{n:06}") not in near)


def enrol(person: Persona) -> Authenticator:
    """Turn the second factor on; the code of the half minute before has been used then."""
    asked = person.post(TOTP)
    assert asked.status_code == 201, asked.text
    found = Authenticator(asked.json()["secreto"])
    done = person.post(TOTP, json={"codigo": found.code(-1)})
    assert (done.status_code, done.json()) == (200, {"activo": True})
    return found


def forget_uses(db: Database, person: Persona) -> None:
    """Let every code be new again, as if enough time had passed."""
    db.execute("UPDATE usuarios SET totp_paso = 0 WHERE id = $1::uuid", person.usuario_id)


def log_in(client: httpx.Client, person: Persona, code: str | None = None, **fields: Any) -> httpx.Response:
    """Log somebody in at v1; `fields` replace those of the body."""
    sent = body(V1, person.correo, person.contrasenia)
    return client.post(V1, json=sent | ({} if code is None else {"codigo_totp": code}) | fields)
