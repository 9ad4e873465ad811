"""Of fifty who do the same to one work order at once exactly one does it; each has its control."""

import asyncio
from collections import Counter

import pytest

from clientela.core.db import Pool
from clientela.postventa import maintenance
from clientela.settings import Settings
from tests.cast import Cast
from tests.postventa.conftest import ORDERS, Office, ago
from tests.tools.burst import Request
from tests.tools.burst import burst as fire
from tests.tools.planted import program

MANY = 50


@pytest.fixture
def office(cast):
    return Office(cast)


def all_at_once(burst, who, path, body=None, headers=None, times=MANY):
    request = Request("POST", path, json=body, token=who.token, headers=headers or {})
    return burst([request] * times, settle=0.01)


def statuses(answers):
    return Counter(answer.status for answer in answers)


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.long)])
def test_one_rating(burst, office, new_cliente, cast, rounds):
    client = new_cliente()
    for _ in range(rounds):
        order = office.hecha(client, tecnico_id=cast.tecnica.usuario_id)
        path = f"/api/orden/{order['id']}/calificar"
        assert statuses(all_at_once(burst, client, path, {"estrellas": 4})) == {201: 1, 409: MANY - 1}
    assert (
        cast.db.fetchval("SELECT count(*) FROM calificaciones WHERE cliente_id = $1::uuid", client.cliente_id)
        == rounds
    )
    stars = cast.db.fetchrow(
        "SELECT * FROM tecnico_estrellas WHERE tecnico_id = $1::uuid", cast.tecnica.usuario_id
    )
    counted = cast.db.fetchval(
        "SELECT count(*) FROM calificaciones WHERE tecnico_id = $1::uuid", cast.tecnica.usuario_id
    )
    assert sum(stars[f"n{number}"] for number in range(1, 6)) == counted


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.long)])
def test_one_guarantee(burst, office, new_cliente, rounds):
    client = new_cliente()
    for _ in range(rounds):
        order = office.hecha(client)
        answers = all_at_once(burst, client, f"/api/orden/{order['id']}/solicitar-garantia")
        assert statuses(answers) == {201: 1, 409: MANY - 1}
        assert len({answer.json()["ordenId"] for answer in answers}) == 1


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.long)])
def test_one_beginning_and_one_end(burst, office, cast, new_cliente, rounds):
    client = new_cliente()
    for _ in range(rounds):
        order = office.orden(client, tecnico_id=cast.tecnica.usuario_id)
        for action in ("iniciar", "finalizar"):
            answers = all_at_once(burst, cast.tecnica, f"{ORDERS}/{order['id']}/{action}")
            assert statuses(answers) == {200: 1, 409: MANY - 1}
        movements = client.get(f"{ORDERS}/{order['id']}").json()["movimientos"]
        assert [each["accion"] for each in movements] == ["creada", "iniciada", "finalizada"]


@pytest.mark.parametrize("rounds", [2, pytest.param(200, marks=pytest.mark.long)])
def test_one_assignment_of_those_who_saw_the_same(burst, office, cast, new_cliente, rounds):
    client = new_cliente()
    technicians = [cast.tecnica.usuario_id, cast.otro_tecnico.usuario_id]
    for _ in range(rounds):
        order = office.orden(client)
        requests = [
            Request(
                "POST",
                f"{ORDERS}/{order['id']}/asignar",
                json={"tecnico_id": technicians[n % 2]},
                token=cast.admin.token,
                headers={"If-Match": '"1"'},
            )
            for n in range(MANY)
        ]
        answers = burst(requests, settle=0.01)
        assert statuses(answers) == {200: 1, 412: MANY - 1}
        (won,) = (answer.json() for answer in answers if answer.status == 200)
        assert client.get(f"{ORDERS}/{order['id']}").json()["tecnico_id"] == won["tecnico_id"]


def test_of_two_visits_at_one_time_one_is_refused(start_server, new_database):
    """Where double booking is refused: each order has a lock of its own, the technician's is what counts."""
    database = new_database()
    server = start_server(database.dsn, workers=1, doble_reserva="bloquear")
    cast = Cast(server.url, database, server.data_dir)
    office = Office(cast)
    when = ago(days=-1)
    orders = [office.orden(cast.cliente, fecha_programada=when) for _ in range(10)]
    requests = [
        Request(
            "POST",
            f"{ORDERS}/{order['id']}/asignar",
            json={"tecnico_id": cast.tecnica.usuario_id},
            token=cast.admin.token,
        )
        for order in orders
    ]
    assert statuses(fire(server.url, requests)) == {200: 1, 409: 9}


def overlooked(database, name, lock):
    """Take a lock out of a function of the scratch database."""
    text = database.fetchval("SELECT pg_get_functiondef(('fn.' || $1)::regproc)", name)
    assert lock in text
    database.execute(text.replace(lock, ""))


def test_control_without_the_locks_several_win(start_server, new_database):
    database = new_database()
    server = start_server(
        database.dsn, workers=1, program=program("tests.races.plants:guarantees_by_looking")
    )
    cast = Cast(server.url, database, server.data_dir)
    office = Office(cast)
    overlooked(database, "orden_retener", "FOR NO KEY UPDATE")
    overlooked(database, "orden_calificar", "ON CONFLICT (orden_id) DO NOTHING")
    database.execute("ALTER TABLE calificaciones DROP CONSTRAINT calificaciones_orden_uk")
    database.execute("DROP INDEX ordenes_trabajo_garantia_abierta_uk")
    won: Counter[str] = Counter()
    for _ in range(10):
        begun = office.orden(cast.cliente, tecnico_id=cast.tecnica.usuario_id)
        done = office.hecha(cast.cliente)
        for name, who, path, body in (
            ("start", cast.tecnica, f"{ORDERS}/{begun['id']}/iniciar", None),
            ("rate", cast.cliente, f"/api/orden/{done['id']}/calificar", {"estrellas": 4}),
            ("guarantee", cast.cliente, f"/api/orden/{done['id']}/solicitar-garantia", None),
        ):
            request = Request("POST", path, json=body, token=who.token)
            found = statuses(fire(server.url, [request] * 20))
            won[name] = max(won[name], found[200] + found[201])
    assert all(number > 1 for number in won.values()), won


async def test_a_job_that_runs_twenty_times_at_once_makes_each_visit_once(office, cast, db, new_cliente):
    client = new_cliente()
    order = office.hecha(client, ejecutada=ago(days=100))
    cast.admin.put(f"/api/orden/{order['id']}/mantenimiento-config", json={"periodicidadMeses": 1})
    db.execute("DELETE FROM visitas_mantenimiento WHERE orden_id = $1::uuid", order["id"])
    pool = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()

    async def once():
        async with pool.db.transaction() as tx:
            await maintenance.plan_all(tx)

    try:
        await asyncio.gather(*(once() for _ in range(20)))
    finally:
        await pool.close()
    cycles = [
        row["ciclo"]
        for row in db.fetch(
            "SELECT ciclo FROM visitas_mantenimiento WHERE orden_id = $1::uuid ORDER BY ciclo", order["id"]
        )
    ]
    assert cycles == [1, 2, 3, 4, 5]
    # The control: without its index the visits of one plan may be there twice.
    with pytest.raises(Exception, match="visitas_mantenimiento_ciclo_uk"):
        db.execute(
            """INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo,
                                                  fecha_programada, fecha_original, creado_en, actualizado_en)
               SELECT gen_random_uuid(), orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                      fecha_original, now(), now()
                 FROM visitas_mantenimiento WHERE orden_id = $1::uuid""",
            order["id"],
        )
