"""Settings and command lines that cannot be: one Spanish sentence, never a traceback, never a secret."""

from pathlib import Path
from typing import Any

import pytest

from tests.tools.server import run_cli


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("secreto", "corto-pero-mio", "CLIENTELA_SECRETO debe tener al menos 32 bytes"),
        ("token_dias", "abc", "CLIENTELA_TOKEN_DIAS debe ser un número entero"),
        ("bcrypt_costo", "3", "CLIENTELA_BCRYPT_COSTO debe ser 4 o más"),
        ("conexiones", "1000", "CLIENTELA_CONEXIONES debe ser 90 o menos"),
        ("zona_horaria", "Marte/X", "CLIENTELA_ZONA_HORARIA no es una zona conocida"),
        ("smtp_url", "foo://x", "CLIENTELA_SMTP_URL debe ser smtp://"),
        ("log", "zz", "CLIENTELA_LOG debe ser"),
        ("trabajos", "quizas", "CLIENTELA_TRABAJOS debe ser true o false"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_wrong_setting_is_named(tmp_path: Path, command: str, name: str, value: str, said: str) -> None:
    setting: dict[str, Any] = {name: value}
    ended = run_cli(command, data_dir=tmp_path / "datos", **setting)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    if name == "secreto":
        assert value not in ended.stderr + ended.stdout
    assert not (tmp_path / "datos").exists()


def test_a_missing_certificate_is_named(tmp_path: Path) -> None:
    ended = run_cli("serve", "--tls-cert", "/nope", "--tls-key", "/nope", data_dir=tmp_path / "datos")
    assert ended.returncode == 2
    assert "/nope" in ended.stderr


def test_every_command_takes_the_data_directory(tmp_path: Path) -> None:
    assert run_cli("openapi", "--data-dir", str(tmp_path), data_dir=tmp_path).returncode == 0
    for command in [
        "demo",
        "serve",
        "migrate",
        "worker",
        "crear-admin",
        "doctor",
        "backup",
        "restore",
        "openapi",
    ]:
        assert "--data-dir" in run_cli(command, "--help", data_dir=tmp_path).stdout, command


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run_cli("--version", data_dir=tmp_path).stdout.startswith("clientela 0.")
