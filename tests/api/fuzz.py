"""Schemathesis against a running server, as a process of its own, once per role."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.api.world import World
from tests.cast import Persona

CONFIG = Path(__file__).with_name("schemathesis.toml")
PHASES = "examples,coverage,fuzzing,stateful"


@dataclass(frozen=True)
class Report:
    """What one run did and found."""

    cases: int
    failures: dict[str, list[str]]
    errors: int
    output: str

    def require_clean(self) -> None:
        """Fail with the fuzzer's own words when it found anything."""
        found = "\n".join(f"{title}: {operations}" for title, operations in self.failures.items())
        assert not self.failures and not self.errors, f"{found}{self.output}"  # noqa: PT018


def run(
    person: Persona,
    world: World,
    directory: Path,
    *,
    examples: int,
    phases: str = PHASES,
    seed: int = 1,
    only: str | None = None,
    seconds: float = 900,
) -> Report:
    """Fuzz every operation of `/openapi.json` as one person; `only` is a regular expression of paths."""
    report = directory / f"fuzz-{person.rol}-{seed}.json"
    command = [
        str(Path(sys.executable).with_name("st")),
        *("--config-file", str(CONFIG)),
        *("run", f"{person.server_url}/openapi.json", "--continue-on-failure"),
        *("--no-shrink", "--seed", str(seed), "-n", str(examples), "--phases", phases, "--warnings", "off"),
        *("--report", "json", "--report-json-path", str(report)),
        *(("--include-path-regex", only) if only else ()),
        *(("-H", f"Authorization: Bearer {person.token}") if person.token else ()),
    ]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.api.fuzz_hooks",
        "PYTHONPATH": str(Path.cwd()),
        "FUZZ_KNOWN": json.dumps(known(person, world)),
    }
    ended = subprocess.run(
        command,
        env=environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert report.exists(), ended.stdout[-5000:] + ended.stderr[-5000:]
    return read(json.loads(report.read_text()), ended.stdout)


def read(found: dict[str, Any], output: str) -> Report:
    """Take what matters out of the fuzzer's own report."""
    failures = {f"{item['title']} ({item['type']})": item["operations"] for item in found["failures"]}
    start = output.find("= FAILURES =")
    errors = found["operations"]["errored"] + len(found["errors"])
    return Report(
        found["test_cases"]["generated"], failures, errors, "\n" + output[start:] if start > 0 else output
    )


def known(person: Persona, world: World) -> dict[str, Any]:
    """What only this installation knows: who the person is, what there is."""
    return {
        "url": person.server_url,
        "identificador": person.correo,
        "contrasenia": person.contrasenia,
        "agente": world.fixed["soporte"].usuario_id,
        "ficha": world.changing_record["uuid"],
        "productos": [world.product["id"], world.changing_product["id"]],
        "enlace": world.link,
        "fecha_visita": world.visit_date,
        "ruta": {
            "cliente_id": person.cliente_id or world.fixed["dueno"].cliente_id,
            "producto_id": world.changing_product["id"],
            "ticket_id": world.ticket["id"],
            "factura_id": world.invoice["id"],
            "usuario_id": world.colleague.usuario_id,
            "servicio_id": world.service["id"],
            "orden_id": world.rated_order["id"],
            "tecnico_id": world.fixed["tecnica"].usuario_id,
            "visita_id": world.visit,
            "chat_id": world.chat,
            "respuesta_id": world.canned["id"],
            "archivo": "start.js",
        },
    }
