"""Sheets of work orders beside each other and killed half-way: each order once, whole, and counted."""

import json
import signal
import subprocess
import uuid
from pathlib import Path

from clientela.core.importing import BATCH
from tests.bulk.test_importar_ordenes import ref
from tests.cast import Cast
from tests.postventa.test_resumen import COUNT, LOOK
from tests.races.planting import plant_client
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.server import CLIENTELA, environment, run_cli
from tests.tools.wait import wait_for

ROWS = 8 * BATCH
COLUMNS = (
    "referencia,cliente_id,servicio,tecnico,fecha_programada,fecha_ejecucion,estado,estrellas,"
    "ultimo_movimiento_en"
)


def planted(database: Database) -> str:
    """A client, a service and a technician; the client's identifier."""
    _, cliente_id = plant_client(database)
    tecnico = uuid.uuid4()
    database.execute(
        "INSERT INTO usuarios (id, nombre, rol, usernick, creado_en, actualizado_en) "
        "VALUES ($1, 'Uno', 'tecnico', 'uno', now(), now())",
        tecnico,
    )
    database.execute("INSERT INTO identificadores (clave, usuario_id) VALUES ('uno', $1)", tecnico)
    database.execute(
        "INSERT INTO servicios (id, nombre, creado_en, actualizado_en) VALUES ($1, 'Uno', now(), now())",
        uuid.uuid4(),
    )
    return str(cliente_id)


def many(path: Path, cliente_id: str) -> Path:
    """A sheet of which every fifth order is open, and every other one rated."""
    lines = [COLUMNS]
    for number in range(ROWS):
        day = f"2026-0{1 + number % 8}-{1 + number % 28:02}"
        rest = f",ASIGNADA,,{day}" if number % 5 == 0 else f"{day},FINALIZADO,{1 + number % 5},"
        lines.append(f"K-{number},{cliente_id},Uno,uno,{day},{rest}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def counts(database: Database) -> tuple[int, int, int]:
    """How many orders, finished ones and ratings there are."""
    row = database.fetchrow(
        """SELECT count(*), count(*) FILTER (WHERE estado = 'FINALIZADO'), (SELECT count(*) FROM calificaciones)
             FROM ordenes_trabajo"""
    )
    return row[0], row[1], row[2]


def test_a_killed_import_leaves_whole_orders_and_is_finished_by_the_next(
    new_database, tmp_path: Path
) -> None:
    database = new_database()
    path = many(tmp_path / "hoja.csv", planted(database))
    process = subprocess.Popen(
        [CLIENTELA, "importar", "ordenes", str(path)],
        env=environment(tmp_path, database.dsn),
        stdout=subprocess.DEVNULL,
    )
    wait_for(
        lambda: process.poll() is not None or counts(database)[0] > 0, "the writing", seconds=60, every=0.01
    )
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, "the import was over before it could be killed"
    alive = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    wait_for(lambda: database.fetchval(alive) == 0, "the end of its connections")
    first, finished, rated = counts(database)
    assert (0 < first < ROWS, first % BATCH, rated) == (True, 0, finished)
    done = run_cli("importar", "ordenes", str(path), data_dir=tmp_path, database_url=database.dsn)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{ROWS - first} nuevas, 0 con cambios, {first} sin cambios" in done.stdout
    assert counts(database) == (ROWS, ROWS * 4 // 5, ROWS * 4 // 5)
    again = run_cli("importar", "ordenes", str(path), data_dir=tmp_path, database_url=database.dsn)
    assert f"0 nuevas, 0 con cambios, {ROWS} sin cambios" in again.stdout
    # What is counted is what is there.
    limit = database.fetchval("SELECT '2026-05-03'::timestamptz")
    assert dict(database.fetchrow(COUNT, limit) or {}) == dict(database.fetchrow(LOOK, limit) or {})
    stars = database.fetchrow("SELECT n1, n2, n3, n4, n5 FROM tecnico_estrellas")
    looked = database.fetch("SELECT count(*) FROM calificaciones GROUP BY estrellas ORDER BY estrellas")
    assert [count for count in stars or () if count] == [row[0] for row in looked]
    assert database.fetchval("SELECT count(*) FROM orden_movimientos WHERE actor_id IS NULL") == ROWS
    out = run_cli("exportar", "ordenes", "-", data_dir=tmp_path, database_url=database.dsn)
    assert out.stdout.count("K-") == ROWS


def ten_at_once(people: Cast, cliente_id: str, servicio: str) -> int:
    """Send one sheet ten times at once; how many orders it made."""
    referencia = ref()
    content = (
        f"referencia,cliente_id,servicio,fecha_programada\n{referencia},{cliente_id},{servicio},2026-03-04\n"
    )
    request = Request(
        "POST",
        "/api/v1/importaciones",
        json={"tipo": "ordenes", "archivo": content},
        token=people.admin.token,
    )
    statuses = [answer.status for answer in burst(people.base_url, [request] * 10)]
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    found = "SELECT count(*) FROM ordenes_trabajo WHERE referencia = $1"
    return int(people.db.fetchval(found, referencia))


def under_one_key(people: Cast, raw: bytes) -> list[int]:
    """Send a sheet twice under one key; how many orders each answer tells of."""
    answers = [
        people.admin.post(
            "/api/v1/importaciones",
            data={"tipo": "ordenes"},
            files={"archivo": ("hoja.csv", raw, "text/csv")},
            headers={"Idempotency-Key": "una"},
        )
        for _ in range(2)
    ]
    return [json.loads(answer.content)["creados"] for answer in answers]


def test_ten_imports_of_one_sheet_make_one_order_and_without_the_index_more(
    new_database, start_server, tmp_path: Path
) -> None:
    database = new_database()
    cliente_id = planted(database)
    server = start_server(database.dsn, workers=2)
    people = Cast(server.url, database, server.data_dir)
    assert [ten_at_once(people, cliente_id, "Uno") for _ in range(10)] == [1] * 10
    written = database.fetchval("SELECT count(*) FROM auditoria WHERE accion = 'importacion.ordenes'")
    assert written == 10
    # A key makes all batches one transaction, and is answered twice.
    raw = many(tmp_path / "hoja.csv", cliente_id).read_bytes()
    assert under_one_key(people, raw) == [ROWS, ROWS]
    assert counts(database)[0] == ROWS + 10
    # The control: it is the index that decides.
    database.execute("DROP INDEX ordenes_trabajo_referencia_uk")
    assert max(ten_at_once(people, cliente_id, "Uno") for _ in range(10)) > 1
