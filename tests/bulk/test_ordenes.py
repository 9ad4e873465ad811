"""`clientela importar` and `clientela exportar`: the same sheets from the command line."""

from pathlib import Path

from tests.bulk.test_importar_clientes import fresh, sheet
from tests.tools.server import run_cli


def test_in_and_out_again(new_database, tmp_path: Path) -> None:
    database, source, target = new_database(), tmp_path / "hoja.csv", tmp_path / "salida.csv"
    source.write_text("Nombre;NIT;Límite crédito\nTienda Ñ;1234567;1.250,50\n", encoding="cp1252")
    words = {"data_dir": tmp_path, "database_url": database.dsn}
    rehearsed = run_cli("importar", "clientes", str(source), "--ensayo", **words)
    assert (rehearsed.returncode, database.fetchval("SELECT count(*) FROM clientes")) == (0, 0)
    assert "1 nuevas" in rehearsed.stdout
    done = run_cli("importar", "clientes", str(source), **words)
    assert done.returncode == 0, done.stderr
    assert [tuple(row) for row in database.fetch("SELECT nombre, limite_credito::text FROM clientes")] == [
        ("Tienda Ñ", "1250.50")
    ]
    assert run_cli("exportar", "clientes", str(target), **words).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert "Tienda Ñ" in target.read_text(encoding="utf-8-sig")
    assert "1234567" in run_cli("exportar", "clientes", "-", **words).stdout
    again = run_cli("importar", "clientes", str(target), **words)
    assert "1 sin cambios" in again.stdout


def test_errors_are_told_row_by_row_and_end_with_one(new_database, tmp_path: Path) -> None:
    database, source = new_database(), tmp_path / "hoja.csv"
    rows = [
        {"nombre": "Una", "nit": fresh(), "email": "no es"},
        {"nombre": "Dos", "nit": fresh(), "email": ""},
    ]
    source.write_text(sheet(*rows), encoding="utf-8")
    words = {"data_dir": tmp_path, "database_url": database.dsn}
    refused = run_cli("importar", "clientes", str(source), **words)
    assert refused.returncode == 1
    assert "fila 2, email: El correo no es válido" in refused.stderr
    assert database.fetchval("SELECT count(*) FROM clientes") == 0
    partly = run_cli("importar", "clientes", str(source), "--solo-validas", **words)
    assert (partly.returncode, database.fetchval("SELECT count(*) FROM clientes")) == (1, 1)


def test_an_unknown_kind_of_sheet_is_refused(new_database, tmp_path: Path) -> None:
    database, source = new_database(), tmp_path / "hoja.csv"
    source.write_text("a\n1\n", encoding="utf-8")
    words = {"data_dir": tmp_path, "database_url": database.dsn}
    for command in ("importar", "exportar"):
        refused = run_cli(command, "pedidos", str(source), **words)
        assert refused.returncode == 1
        assert "Debe ser clientes, productos u ordenes" in refused.stderr
    assert source.read_text(encoding="utf-8") == "a\n1\n"
