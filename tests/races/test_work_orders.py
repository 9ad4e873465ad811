"""Of fifty who do the same to one work order at once exactly one does it; each has its control."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from clientela.core.db import Pool
from clientela.postventa import maintenance
from clientela.settings import Settings
from tests.cast import Cast
from tests.postventa.conftest import ORDERS, Office, ago
from tests.postventa.test_resumen import Shop
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


class Unlocked:
    """A shop whose orders, technicians and guarantees nobody holds; each method is one race, and says who won it."""

    def __init__(self, start_server, database):
        server = start_server(
            database.dsn,
            workers=1,
            program=program("tests.races.plants:guarantees_by_looking"),
            doble_reserva="bloquear",
        )
        self.url = server.url
        self.cast = Cast(server.url, database, server.data_dir)
        self.office = Office(self.cast)
        self.turn = 0
        overlooked(database, "orden_retener", "FOR NO KEY UPDATE")
        overlooked(database, "tecnico_retener", "FOR NO KEY UPDATE")
        overlooked(database, "orden_calificar", "ON CONFLICT (orden_id) DO NOTHING")
        database.execute("ALTER TABLE calificaciones DROP CONSTRAINT calificaciones_orden_uk")
        database.execute("DROP INDEX ordenes_trabajo_garantia_abierta_uk")
        # Whoever changes an order counts in the row of today, and by chance waits there for the others.
        database.execute("ALTER TABLE ordenes_trabajo DISABLE TRIGGER ordenes_trabajo_contar")

    def order(self, **fields):
        """An order of a day of its own."""
        self.turn += 1
        return self.office.orden(self.cast.cliente, fecha_programada=ago(days=-self.turn), **fields)

    def won(self, requests):
        found = statuses(fire(self.url, requests))
        return found[200] + found[201]

    def the_same(self, who, path, body=None):
        return self.won([Request("POST", path, json=body, token=who.token)] * 20)

    def starting(self):
        order = self.order(tecnico_id=self.cast.tecnica.usuario_id)
        return self.the_same(self.cast.tecnica, f"{ORDERS}/{order['id']}/iniciar")

    def finishing(self):
        order = self.order(tecnico_id=self.cast.tecnica.usuario_id)
        self.office.move(self.cast.tecnica, order, "iniciar")
        return self.the_same(self.cast.tecnica, f"{ORDERS}/{order['id']}/finalizar")

    def rating(self):
        order = self.office.hecha(self.cast.cliente)
        return self.the_same(self.cast.cliente, f"/api/orden/{order['id']}/calificar", {"estrellas": 4})

    def guarantee(self):
        order = self.office.hecha(self.cast.cliente)
        return self.the_same(self.cast.cliente, f"/api/orden/{order['id']}/solicitar-garantia")

    def assigning(self):
        path = f"{ORDERS}/{self.order()['id']}/asignar"
        technicians = [self.cast.tecnica.usuario_id, self.cast.otro_tecnico.usuario_id]
        seen = {"If-Match": '"1"'}
        return self.won(
            [
                Request("POST", path, json={"tecnico_id": each}, token=self.cast.admin.token, headers=seen)
                for each in technicians * 10
            ]
        )

    def booking(self):
        when = self.order()["fecha_programada"]
        orders = [self.office.orden(self.cast.cliente, fecha_programada=when)["id"] for _ in range(8)]
        body = {"tecnico_id": self.cast.otro_tecnico.usuario_id}
        token = self.cast.admin.token
        return self.won(
            [Request("POST", f"{ORDERS}/{each}/asignar", json=body, token=token) for each in orders]
        )


def test_control_without_the_locks_several_win(start_server, new_database):
    unlocked = Unlocked(start_server, new_database())
    races = ("starting", "finishing", "rating", "guarantee", "assigning", "booking")
    lost = set(races)
    for _ in range(10):
        lost -= {name for name in lost if getattr(unlocked, name)() > 1}
    assert lost == set(), "these have one winner even so"


async def twenty_times_at_once(dsn):
    """Run the daily job's batch so often, each in a transaction of its own."""
    pool = await Pool(Settings(database_url=dsn, conexiones=20), lambda: dsn).open()

    async def once():
        async with pool.db.transaction() as tx:
            await maintenance.plan_all(tx)

    try:
        await asyncio.gather(*(once() for _ in range(20)))
    finally:
        await pool.close()


CYCLES = "SELECT ciclo FROM visitas_mantenimiento WHERE orden_id = $1::uuid ORDER BY ciclo"


async def test_a_job_that_runs_twenty_times_at_once_makes_each_visit_once(office, cast, db, new_cliente):
    client = new_cliente()
    order = office.hecha(client, ejecutada=ago(days=100))
    cast.admin.put(f"/api/orden/{order['id']}/mantenimiento-config", json={"periodicidadMeses": 1})
    db.execute("DELETE FROM visitas_mantenimiento WHERE orden_id = $1::uuid", order["id"])
    await twenty_times_at_once(db.dsn)
    assert [row["ciclo"] for row in db.fetch(CYCLES, order["id"])] == [1, 2, 3, 4, 5]


async def test_control_without_its_index_a_visit_comes_more_than_once(new_database):
    shop = Shop(new_database())
    order = shop.order("FINALIZADO", datetime.now(UTC) - timedelta(days=100), given=True)
    shop.db.execute("UPDATE ordenes_trabajo SET periodicidad_meses = 1")
    shop.db.execute("DROP INDEX visitas_mantenimiento_ciclo_uk")
    await twenty_times_at_once(shop.db.dsn)
    cycles = [row["ciclo"] for row in shop.db.fetch(CYCLES, order)]
    assert len(cycles) > len(set(cycles)) == 5
