"""`/api/v1/organizacion`: staff read, the administrator writes, every field is checked (CONTRACT §12)."""

import contextlib
import json
from typing import Any

import pytest

from tests.cast import PASSWORD, login
from tests.tools.burst import Request
from tests.tools.server import run_cli

RUTA = "/api/v1/organizacion"
FIELDS = {
    "nombre", "zona", "moneda", "horarios", "feriados", "mensaje_ausente", "saludo", "deposito", "version",
    "actualizado_en",
}  # fmt: skip
FULL: dict[str, Any] = {
    "nombre": "Distribuidora de prueba",
    "zona": "America/La_Paz",
    "moneda": "BOB",
    "horarios": [
        {"dia_semana": 1, "inicio": "08:00", "fin": "12:00"},
        {"dia_semana": 1, "inicio": "12:00", "fin": "18:30"},
        {"dia_semana": 6, "inicio": "08:30", "fin": "12:30"},
    ],
    "feriados": ["2026-08-06", "2026-12-25"],
    "mensaje_ausente": "Volvemos mañana a las 8.",
    "saludo": "¡Buen día!",
    "deposito": {"lat": -17.7833, "lng": -63.1821},
}


@pytest.fixture(autouse=True)
def _as_it_was(cast):
    """The one row is shared by all tests of a worker: put back what was there."""
    before = cast.admin.get(RUTA).json()
    yield
    kept = {name: value for name, value in before.items() if name not in {"version", "actualizado_en"}}
    assert cast.admin.put(RUTA, json=kept).status_code == 200


def test_what_is_saved_is_read_back_by_all_staff(cast):
    saved = cast.admin.put(RUTA, json=FULL)
    assert saved.status_code == 200, saved.text
    assert set(saved.json()) == FIELDS
    assert saved.json() == saved.json() | FULL
    assert saved.headers["etag"] == f'"{saved.json()["version"]}"'
    for who in (cast.vendedora, cast.tecnica, cast.soporte, cast.admin):
        read = who.get(RUTA)
        assert read.status_code == 200
        assert read.json() == saved.json()
        assert read.headers["etag"] == saved.headers["etag"]


def test_what_was_read_may_be_sent_back_and_its_version_counts(cast):
    read = cast.admin.get(RUTA).json()
    assert cast.admin.put(RUTA, json={**read, "saludo": "¡Hola!"}).status_code == 200
    stale = cast.admin.put(RUTA, json={**read, "saludo": "¡Chau!"})
    assert (stale.status_code, stale.json()["code"]) == (412, "desactualizado")


def test_customers_and_strangers_do_not_read_and_only_the_administrator_writes(cast):
    for name, who in cast.everybody().items():
        writes = {"anon": 401, "admin": 200}.get(name, 403)
        reads = {"anon": 401, "cliente": 403, "otra_cliente": 403}.get(name, 200)
        assert who.put(RUTA, json={}).status_code == writes, name
        assert who.get(RUTA).status_code == reads, name


def test_what_is_absent_stays_and_null_clears(cast):
    cast.admin.put(RUTA, json=FULL)
    answer = cast.admin.put(RUTA, json={"nombre": "  Otro nombre ", "saludo": None, "deposito": None})
    assert answer.status_code == 200, answer.text
    assert answer.json() == answer.json() | FULL | {"nombre": "Otro nombre", "saludo": None, "deposito": None}


def test_saving_the_same_again_is_no_new_version(cast, db):
    first = cast.admin.put(RUTA, json=FULL).json()
    rows = db.fetchval("SELECT count(*) FROM auditoria WHERE accion = 'organizacion.actualizada'")
    assert cast.admin.put(RUTA, json=FULL).json() == first
    assert db.fetchval("SELECT count(*) FROM auditoria WHERE accion = 'organizacion.actualizada'") == rows


def test_a_change_is_audited_by_the_names_of_its_fields(cast, db):
    cast.admin.put(RUTA, json=FULL)
    version = cast.admin.put(RUTA, json={"saludo": "Hola", "feriados": []}).json()["version"]
    row = db.fetchrow(
        "SELECT * FROM auditoria WHERE accion = 'organizacion.actualizada' ORDER BY id DESC LIMIT 1"
    )
    assert str(row["actor_id"]) == cast.admin.usuario_id
    assert json.loads(row["datos"]) == {"campos": ["feriados", "saludo"], "version": version}


def test_hours_and_holidays_are_kept_in_order(cast):
    answer = cast.admin.put(
        RUTA,
        json={"horarios": FULL["horarios"][::-1], "feriados": ["2026-12-25", "2026-08-06", "2026-12-25"]},
    ).json()
    assert (answer["horarios"], answer["feriados"]) == (FULL["horarios"], FULL["feriados"])


def span(day=1, inicio="08:00", fin="12:00", **more):
    return {"dia_semana": day, "inicio": inicio, "fin": fin} | more


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nombre": ""}, "nombre"), ({"nombre": None}, "nombre"), ({"nombre": "x" * 201}, "nombre"),
        ({"nombre": 3}, "nombre"), ({"zona": "America/Santa_Cruz"}, "zona"), ({"zona": None}, "zona"),
        ({"zona": "../../etc/passwd"}, "zona"), ({"zona": ""}, "zona"), ({"zona": "x" * 65}, "zona"),
        ({"moneda": "bob"}, "moneda"), ({"moneda": "BOBS"}, "moneda"), ({"moneda": "Bs."}, "moneda"),
        ({"moneda": "BOB\n"}, "moneda"), ({"horarios": None}, "horarios"), ({"horarios": {}}, "horarios"),
        ({"horarios": [span(7)]}, "horarios.0.dia_semana"), ({"horarios": [span(-1)]}, "horarios.0.dia_semana"),
        ({"horarios": [span("1")]}, "horarios.0.dia_semana"), ({"horarios": [span(1.5)]}, "horarios.0.dia_semana"),
        ({"horarios": [span(inicio="8:00")]}, "horarios.0.inicio"),
        ({"horarios": [span(inicio="08:00:00")]}, "horarios.0.inicio"),
        ({"horarios": [span(fin="24:00")]}, "horarios.0.fin"), ({"horarios": [span(fin="12:60")]}, "horarios.0.fin"),
        ({"horarios": [span(fin="１2:00")]}, "horarios.0.fin"), ({"horarios": [span(fin=12)]}, "horarios.0.fin"),
        ({"horarios": [span(fin="08:00")]}, "horarios.0.fin"), ({"horarios": [span(fin="07:00")]}, "horarios.0.fin"),
        ({"horarios": [span(), span(inicio="11:59", fin="13:00")]}, "horarios.1.inicio"),
        ({"horarios": [span(otro=1)]}, "horarios.0.otro"), ({"horarios": [span()] * 101}, "horarios"),
        ({"horarios": [{"dia_semana": 1, "inicio": "08:00"}]}, "horarios.0.fin"), ({"horarios": [3]}, "horarios.0"),
        ({"feriados": ["2026-02-30"]}, "feriados.0"), ({"feriados": ["25/12/2026"]}, "feriados.0"),
        ({"feriados": ["2026-12-25T00:00:00Z"]}, "feriados.0"), ({"feriados": ["20261225"]}, "feriados.0"),
        ({"feriados": [20261225]}, "feriados.0"), ({"feriados": ["0001-01-01"]}, "feriados.0"),
        ({"feriados": ["9999-12-31"]}, "feriados.0"), ({"feriados": "2026-12-25"}, "feriados"),
        ({"feriados": ["2026-12-25"] * 1001}, "feriados"), ({"feriados": None}, "feriados"),
        ({"mensaje_ausente": "x" * 1001}, "mensaje_ausente"), ({"saludo": 3}, "saludo"),
        ({"deposito": {"lat": 91, "lng": 0}}, "deposito.lat"), ({"deposito": {"lat": 0, "lng": -181}}, "deposito.lng"),
        ({"deposito": {"lat": "1", "lng": 0}}, "deposito.lat"), ({"deposito": {"lat": True, "lng": 0}}, "deposito.lat"),
        ({"deposito": {"lat": 1}}, "deposito.lng"), ({"deposito": []}, "deposito"), ({"otra": 1}, "otra"),
        ({"version": "3"}, "version"), ({"id": 1}, "id"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_and_nothing_is_saved(cast, body, field):
    before = cast.admin.get(RUTA).json()
    answer = cast.admin.put(RUTA, json={"moneda": "USD"} | body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [field]
    assert answer.json()["errors"][field][0].strip()
    assert cast.admin.get(RUTA).json() == before


def test_the_ends_of_the_earth_are_places(cast):
    for lat, lng in ((90, 180), (-90, -180), (0, 0), (-17.783312345678, -63.1)):
        answer = cast.admin.put(RUTA, json={"deposito": {"lat": lat, "lng": lng}})
        assert answer.json()["deposito"] == {"lat": lat, "lng": lng}


def test_a_stale_if_match_is_refused(cast):
    version = cast.admin.put(RUTA, json=FULL).json()["version"]
    good = cast.admin.put(RUTA, json={"saludo": "Uno"}, headers={"If-Match": f'"{version}"'})
    assert good.json()["version"] == version + 1
    stale = cast.admin.put(RUTA, json={"saludo": "Dos"}, headers={"If-Match": f'"{version}"'})
    assert stale.status_code == 412, stale.text
    assert (stale.json()["code"], stale.json()["version"]) == ("desactualizado", version + 1)
    assert cast.admin.get(RUTA).json()["saludo"] == "Uno"


def test_writers_of_different_fields_at_once_both_stay(cast, burst):
    changes = [{"saludo": "A"}, {"mensaje_ausente": "B"}, {"moneda": "USD"}, {"feriados": ["2026-01-01"]}]
    for _ in range(10):
        cast.admin.put(RUTA, json=FULL)
        answers = burst([Request("PUT", RUTA, json=change, token=cast.admin.token) for change in changes])
        assert {answer.status for answer in answers} == {200}
        after = cast.admin.get(RUTA).json()
        for change in changes:
            assert after == after | change


def test_there_is_one_row_and_never_a_second(cast, db):
    cast.admin.put(RUTA, json=FULL)
    assert db.fetchval("SELECT count(*) FROM organizacion") == 1
    for wrong, constraint in (
        ("id = 2", "organizacion_una_fila"),
        ("nombre = ''", "organizacion_nombre_no_vacio"),
        ("moneda = 'bob'", "organizacion_moneda_iso"),
        ("horarios = '{}'", "organizacion_horarios_lista"),
        ("deposito_lat = NULL", "organizacion_deposito_completo"),
        ("deposito_lat = 91", "organizacion_deposito_lat"),
        ("deposito_lng = 'NaN'", "organizacion_deposito_lng"),
        ("version = 0", "organizacion_version_positiva"),
    ):
        with pytest.raises(Exception, match=constraint):
            db.execute(f"UPDATE organizacion SET {wrong}")


def test_a_fresh_installation_has_settings_to_show(start_server, new_database):
    database = new_database()
    server = start_server(database.dsn, workers=1, zona_horaria="America/Santiago")
    correo = "admin@example.com"
    made = run_cli(
        "crear-admin", "--correo", correo, "--contrasenia", PASSWORD,
        data_dir=server.data_dir, database_url=database.dsn,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with contextlib.closing(login(server.url, correo)) as admin:
        first = admin.get(RUTA).json()
        assert (first["zona"], first["moneda"], first["version"]) == ("America/Santiago", "BOB", 1)
        assert first["horarios"] == first["feriados"] == []
        assert first["mensaje_ausente"] is first["saludo"] is first["deposito"] is None
        saved = admin.put(RUTA, json={"nombre": "Nueva"}, headers={"If-Match": '"1"'})
        assert (saved.status_code, saved.json()["version"]) == (200, 2)
