"""What the README tells a stranger to type about client records and orders works, word by word, in both languages."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.database import Database
from tests.tools.ports import free_port
from tests.tools.server import Server
from tests.tools.sweep import sweep

ROOT = Path(__file__).parents[2]
RECORDS = {"README.md": ("## A second walk", "## A third"), "README.es.md": ("## La memoria", "## Caso 1")}
ORDERS = {"README.md": ("## A third walk", "## A fourth"), "README.es.md": ("## Caso 1", "## La visita")}
VISITS = {"README.md": ("## A fourth walk", "## Running it"), "README.es.md": ("## La visita", "## En serio")}
# What is the reader's own: his ids, tokens and times.
OWN = r"eyJ[\w.-]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z"
# A refusal ends the walk; the reader's curl would only show it.
STRICT = """set -euo pipefail
curl() { command curl --fail-with-body --show-error "$@"; echo; }
json() { python3 -c "import json,sys; print(json.load(sys.stdin)$1)"; }
"""
# The published contract's own four commands.
PRINTED = (
    """curl -X POST http://localhost:3977/api/registrar-cliente \\
  -H "Content-Type: application/json" \\
  -d '{
    "nombre": "Juan Pérez",
    "celular": "7555-1234",
    "correo": "juan@example.com",
    "contrasenia": "securePassword123"
  }'
""",
    """curl -X POST http://localhost:3977/api/login-client \\
  -H "Content-Type: application/json" \\
  -d '{
    "correo": "juan@example.com",
    "contrasenia": "securePassword123",
    "gethash": true
  }'
""",
    """curl -X POST http://localhost:3977/api/orden/…/solicitar-garantia \\
  -H "Authorization: …" \\
  -H "Content-Type: application/json"
""",
    """curl -X POST http://localhost:3977/api/orden/…/calificar \\
  -H "Authorization: …" \\
  -H "Content-Type: application/json" \\
  -d '{
    "estrellas": 5,
    "comentario": "Excelente servicio"
  }'
""",
)
RECORD = """
SELECT c.telefono, c.observaciones, c.foto_perfil IS NULL AS sin_foto, c.ci_anverso IS NOT NULL AS con_carnet,
       u.usernick, l.codigo,
       (SELECT array_agg(v.dia_semana || ' ' || v.hora_inicio || ' ' || v.hora_fin) FROM ventanas_entrega_cliente v
         WHERE v.cliente_id = c.id) AS ventanas,
       (SELECT array_agg(k.categoria_id) FROM categoria_cliente k WHERE k.cliente_id = c.id) AS categorias,
       (SELECT sum(q.saldo_pendiente) FROM cuentas_por_cobrar q WHERE q.cliente_id = c.id)::text AS saldo
  FROM clientes c JOIN usuarios u ON u.id = c.usuario_principal_id JOIN localidades l ON l.id = c.localidad_id
 WHERE c.nombre = 'Minimarket Los Ceibos'"""


def blocks(readme: str, walk: dict[str, tuple[str, str]], kind: str) -> str:
    """All that a walk tells to type (`sh`), or says that it prints (`text`), in its order."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    begins, ends = (text.index(title) for title in walk[readme])
    return "".join(re.findall(rf"```{kind}\n(.*?)```", text[begins:ends], re.DOTALL))


def walk(server: Server, script: str, tmp_path: Path) -> str:
    """Type a script; what was printed."""
    script = script.replace(".venv/bin/python", sys.executable).replace("URL=http://localhost:3977\n", "")
    script = script.replace("http://localhost:3977", server.url)
    walked = subprocess.run(
        ["bash", "-c", f"{STRICT}URL={server.url}\n{script}"],
        cwd=ROOT,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert walked.returncode == 0, walked.stdout[-2000:] + walked.stderr
    return walked.stdout


@pytest.mark.parametrize("readme", sorted(RECORDS))
def test_the_walk_through_the_records(
    readme: str,
    new_demo_database: Callable[[], Database],
    start_server: Callable[..., Server],
    tmp_path: Path,
) -> None:
    database, port = new_demo_database(), free_port()
    server = start_server(database.dsn, workers=1, port=port, url=f"http://127.0.0.1:{port}")
    printed = walk(server, blocks(readme, RECORDS, "sh"), tmp_path)
    assert dict(database.fetchrow(RECORD)) == {
        "telefono": "70000002",
        "observaciones": "Tocar el timbre",
        "sin_foto": True,
        "con_carnet": True,
        "usernick": "72100500",
        "codigo": "SCZ",
        "ventanas": ["5 09:00:00 13:00:00"],
        "categorias": [1],
        "saldo": "800.00",
    }
    (seen,) = tmp_path.rglob("visto.jpg")
    assert seen.read_bytes()[:2] == b"\xff\xd8"
    assert "'saldo_pendiente': 800.0" in printed


def test_the_walk_of_two_carts(
    new_demo_database: Callable[[], Database],
    start_server: Callable[..., Server],
    tmp_path: Path,
) -> None:
    """Spec 4, Caso 1, step by step: it prints what the page says (in both languages the same), to the letter."""
    database = new_demo_database()
    before = database.fetchval("SELECT count(*) FROM pedidos")
    printed = walk(start_server(database.dsn), blocks("README.md", ORDERS, "sh"), tmp_path)
    # Between two commands the test's own curl leaves an empty line.
    shown = [line for line in printed.splitlines() if line]
    assert shown == blocks("README.md", ORDERS, "text").splitlines()
    assert database.fetchval("SELECT count(*) FROM pedidos") == before + 2
    assert sweep(database) == []


def test_the_walk_of_a_work_order(
    new_demo_database: Callable[[], Database],
    start_server: Callable[..., Server],
    tmp_path: Path,
) -> None:
    """Spec 5's "Complete Customer Flow" around the whole life of an order; a refusal is a line like any other."""
    database = new_demo_database()
    script = blocks("README.md", VISITS, "sh").replace("curl -s -o", "command curl -s -o")
    printed = walk(start_server(database.dsn), script, tmp_path)
    shown = [re.sub(OWN, "…", line) for line in printed.splitlines() if line]
    assert shown == re.sub(OWN, "…", blocks("README.md", VISITS, "text")).splitlines()
    told = """SELECT string_agg(m.accion, ' ' ORDER BY m.posicion) FROM orden_movimientos m
                JOIN calificaciones q USING (orden_id) JOIN clientes c ON c.id = q.cliente_id
               WHERE c.nombre = 'Juan Pérez'"""
    assert database.fetchval(told) == "creada asignada iniciada nota finalizada"
    assert sweep(database) == []


def test_the_contract_s_commands_stand_there_as_it_prints_them() -> None:
    """Spec 5, "Usage Examples", ids and tokens aside."""
    shown = blocks("README.md", VISITS, "sh")
    for command in PRINTED:
        assert re.sub(r"\$ORDEN|\$JUAN", "…", shown).count(command) == 1, command


def test_both_languages_tell_the_same_commands() -> None:
    english, spanish = (
        set(re.findall(r"/api/[a-z0-9/-]+", blocks(readme, RECORDS, "sh")))
        for readme in sorted(RECORDS)[::-1]
    )
    assert english - spanish <= {"/api/v1/auditoria"}
    assert spanish <= english
    for part in (ORDERS, VISITS):
        for kind in ("sh", "text"):
            assert blocks("README.md", part, kind) == blocks("README.es.md", part, kind)
