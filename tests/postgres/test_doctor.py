"""`doctor` finds what is wrong, says what to do, and changes nothing."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clientela.core.doctor import Check, examine, failed, render
from clientela.core.postgres import EmbeddedPostgres
from clientela.migrations.current import head
from clientela.migrations.runner import migrate
from clientela.settings import Settings
from tests.postgres.holders import do
from tests.tools.database import run
from tests.tools.places import open_directory
from tests.tools.server import run_cli


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """An installation as `serve` leaves it."""
    with open_directory() as home:
        server = EmbeddedPostgres(home / "datos")
        server.start()
        run(migrate(server.dsn()), seconds=120)
        server.stop()
        (home / "datos" / "secreto").write_text("k" * 48)
        (home / "datos" / "secreto").chmod(0o600)
        yield home / "datos"


def findings(data_dir: Path, **settings: Any) -> dict[str, Check]:
    return {check.nombre: check for check in examine(Settings(data_dir=data_dir, **settings), head())}


def test_sound_installation(data_dir: Path):
    found = findings(data_dir, url="https://tienda.example.com", clave_inicial="aleatoria")
    states = {name: check.estado for name, check in found.items()}
    assert states.pop("Correo") == "aviso"
    assert set(states.values()) == {"bien"}, found
    assert {"Base de datos", "Durabilidad", "Esquema", "Clave de firma", "Reloj", "Espacio"} <= set(states)
    assert not failed(list(found.values()))
    assert not (data_dir / "pg" / "16" / "postmaster.pid").exists(), "what doctor starts, it stops"


def test_new_place_is_not_touched(tmp_path: Path):
    found = findings(tmp_path / "nada")
    assert found["Base de datos"].estado == "aviso"
    assert not (tmp_path / "nada").exists()
    assert not failed(list(found.values()))


def test_every_fault_has_a_remedy(data_dir: Path):
    found = findings(
        data_dir, url="http://tienda.example.com", bcrypt_costo=4, smtp_url="smtp://127.0.0.1:1", secreto=None
    )
    assert {name for name, check in found.items() if check.estado == "falla"} == {
        "URL pública",
        "Contraseñas",
        "Correo",
    }
    assert all(check.remedio for check in found.values() if check.estado != "bien")
    assert "✗ Contraseñas" in render(list(found.values()))


def test_files_open_to_others(data_dir: Path):
    (data_dir / "secreto").chmod(0o644)
    assert "secreto" in findings(data_dir)["Directorio de datos"].detalle
    (data_dir / "secreto").chmod(0o600)
    data_dir.chmod(0o777)
    assert findings(data_dir)["Directorio de datos"].estado == "falla"
    data_dir.chmod(0o755)
    assert findings(data_dir)["Directorio de datos"].estado == "bien"


def test_short_or_missing_key(data_dir: Path):
    (data_dir / "secreto").write_text("corta")
    assert findings(data_dir)["Clave de firma"].estado == "falla"
    (data_dir / "secreto").unlink()
    assert findings(data_dir)["Clave de firma"].estado == "aviso"
    assert findings(data_dir, secreto="x" * 32)["Clave de firma"].estado == "bien"


def test_old_schema_and_dangerous_settings(data_dir: Path):
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        do(server.dsn(), "UPDATE alembic_version SET version_num = '0001'")
        do(server.dsn(), "ALTER ROLE clientela SET synchronous_commit = off")
        found = findings(data_dir)
        assert found["Esquema"].estado == "falla"
        assert "clientela migrate" in found["Esquema"].remedio
        assert "synchronous_commit" in found["Durabilidad"].detalle
        do(server.dsn(), "ALTER ROLE clientela RESET synchronous_commit")
        do(server.dsn(), f"UPDATE alembic_version SET version_num = '{head()}'")
    finally:
        server.stop()


def test_an_audit_log_that_somebody_changed(data_dir: Path):
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        do(server.dsn(), "SELECT fn.auditar('prueba', 'prueba.hecha', NULL, NULL, NULL, '{}')")
        assert findings(data_dir)["Auditoría"].estado == "bien"
        do(server.dsn(), "ALTER TABLE auditoria DISABLE TRIGGER USER")
        do(server.dsn(), "UPDATE auditoria SET accion = 'prueba.otra' WHERE cadena = 'prueba'")
        assert "prueba 1 (contenido)" in findings(data_dir)["Auditoría"].detalle
        do(server.dsn(), "UPDATE auditoria SET accion = 'prueba.hecha' WHERE cadena = 'prueba'")
        do(server.dsn(), "ALTER TABLE auditoria ENABLE TRIGGER USER")
    finally:
        server.stop()


def test_external_server_that_does_not_answer(data_dir: Path):
    found = findings(data_dir, database_url="postgresql://u:p@127.0.0.1:1/x")
    assert found["Base de datos"].estado == "falla"
    assert "127.0.0.1:1" in found["Base de datos"].detalle
    assert "p@" not in render(list(found.values()))


class Greeter(socketserver.StreamRequestHandler):
    """A mail server that says hello and nothing else."""

    def handle(self) -> None:
        self.wfile.write(b"220 hola\r\n")
        for line in self.rfile:
            self.wfile.write(b"221 adios\r\n" if line.upper().startswith(b"QUIT") else b"250 bien\r\n")


def test_mail_server_that_answers(data_dir: Path):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeter) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        assert findings(data_dir, smtp_url=f"smtp://127.0.0.1:{port}")["Correo"].estado == "bien"
        server.shutdown()


def test_command_tells_and_ends_with_a_status(data_dir: Path):
    good = run_cli("doctor", data_dir=data_dir, bcrypt_costo="12")
    assert good.returncode == 0, good.stdout + good.stderr
    assert "✓ Base de datos: PostgreSQL" in good.stdout
    bad = run_cli("doctor", data_dir=data_dir, bcrypt_costo="4")
    assert bad.returncode == 1
    assert "✗ Contraseñas" in bad.stdout
