"""Random sequences around forgotten passwords: one token lives at most, and only it opens the account (T-AU-4)."""

import hashlib
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cast import Cast, Persona
from tests.identidad.mailroom import quiet, work_off
from tests.identidad.test_login import V1, body
from tests.identidad.test_reset import FORGOT, RESET
from tests.tools.database import Database

__all__ = ["quiet"]

_numbers = itertools.count()


class Forgetting(RuleBasedStateMachine):
    """One customer who forgets, remembers and changes his password, and his tokens, living and dead."""

    cast: Cast
    database: Database

    @initialize()
    def begin(self) -> None:
        self.person = self.cast.new_cliente()
        self.password = self.person.contrasenia
        self.living: str | None = None
        self.dead: list[str] = []

    def bury(self) -> None:
        """Whatever token lived is dead now."""
        if self.living is not None:
            self.dead.append(self.living)
            self.living = None

    def post(self, path: str, sent: dict[str, Any]) -> int:
        # The throttles have tests of their own; here they would only end the sequence.
        self.database.execute("DELETE FROM limites")
        return self.cast.anon.post(path, json=sent).status_code

    def use(self, token: str, password: str) -> int:
        return self.post(RESET, {"token": token, "nuevaContrasenia": password})

    @rule()
    def ask(self) -> None:
        assert self.post(FORGOT, {"correo": self.person.correo}) == 200
        self.bury()
        (self.living,) = work_off(self.database)

    @precondition(lambda self: self.living is not None)
    @rule()
    def use_the_living(self) -> None:
        wanted = f"recordada {next(_numbers)}"
        assert self.living is not None
        assert self.use(self.living, wanted) == 200
        self.password = wanted
        self.bury()

    @precondition(lambda self: self.living is not None)
    @rule(bad=st.sampled_from(["corta", "12345678", "ñ" * 40]))
    def use_the_living_badly(self, bad: str) -> None:
        assert self.living is not None
        assert self.use(self.living, bad) == 400

    @precondition(lambda self: self.dead)
    @rule(choice=st.integers(0, 50))
    def use_a_dead_one(self, choice: int) -> None:
        assert self.use(self.dead[choice % len(self.dead)], "no debe servir 9") == 400

    @precondition(lambda self: self.living is not None)
    @rule()
    def let_it_expire(self) -> None:
        assert self.living is not None
        self.database.execute(
            "UPDATE restablecimientos SET expira_en = expira_en - interval '30 minutes' WHERE hash = $1",
            hashlib.sha256(self.living.encode()).hexdigest(),
        )
        self.bury()

    @rule()
    def change_the_password(self) -> None:
        wanted = f"cambiada {next(_numbers)}"
        answer = self.cast.anon.post(V1, json=body(V1, self.person.correo, self.password))
        assert answer.status_code == 200
        with Persona(self.cast.base_url, answer.json()["token"]) as device:
            changed = device.post("/api/v1/auth/contrasenia", json={"actual": self.password, "nueva": wanted})
        assert changed.status_code == 200
        self.password = wanted
        self.bury()

    @rule()
    def change_the_address(self) -> None:
        address = f"mudada-{next(_numbers)}-{self.person.numero}@example.com"
        path = f"/api/v1/usuarios/{self.person.usuario_id}"
        assert self.cast.admin.patch(path, json={"correo": address}).status_code == 200
        self.person.correo = address
        self.bury()

    @rule()
    def log_in(self) -> None:
        assert self.post(V1, body(V1, self.person.correo, self.password)) == 200
        assert self.post(V1, body(V1, self.person.correo, self.password + "x")) == 401

    def teardown(self) -> None:
        if hasattr(self, "person"):
            living = self.database.fetchval(
                "SELECT count(*) FROM restablecimientos "
                "WHERE usuario_id = $1::uuid AND consumido_en IS NULL AND expira_en > now()",
                self.person.usuario_id,
            )
            assert living == (self.living is not None)


def run(quiet: tuple[Cast, Database], examples: int) -> None:
    Forgetting.cast, Forgetting.database = quiet
    limits = settings(
        max_examples=examples,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=examples < 100,
    )
    run_state_machine_as_test(Forgetting, settings=limits)


def test_one_token_lives_at_most(quiet: tuple[Cast, Database]) -> None:
    run(quiet, 12)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_one_token_lives_at_most_in_a_thousand_sequences(quiet: tuple[Cast, Database]) -> None:
    run(quiet, 1000)
