"""How many clients there are is kept, not counted: every way in which that number changes, and many at once."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clientela.clientes.jobs import TOTALS
from clientela.clientes.store import lists
from tests.cast import Cast, Persona
from tests.clientes.conftest import new_phone
from tests.identidad.services import call
from tests.races.planting import PLANT, plant_client
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.sweep import RULES

STATES: tuple[tuple[dict[str, str], tuple[bool, ...]], ...] = (
    ({}, (True, False)),
    ({"activo": "1"}, (True,)),
    ({"activo": "0"}, (False,)),
)


@pytest.fixture
def own(new_database: Callable[[], Database], start_server: Callable[..., Server]) -> tuple[Cast, Database]:
    """An installation of the test's own, so that nobody else makes clients."""
    database = new_database()
    running = start_server(database.dsn)
    return Cast(running.url, database, running.data_dir), database


def check(cast: Cast, database: Database) -> None:
    """What lists say is what a look at every row says, for an administrator and for two sellers."""
    sellers = (cast.vendedora, cast.otro_vendedor)
    for person, (asked, states) in itertools.product((cast.admin, *sellers), STATES):
        counted = database.fetchval(
            """SELECT count(*) FROM clientes WHERE activo = ANY ($1::boolean[]) AND fusionado_en IS NULL
                AND ($2::uuid IS NULL OR vendedor_asignado_id IS NULL OR vendedor_asignado_id = $2)""",
            list(states),
            uuid.UUID(person.usuario_id) if person in sellers else None,
        )
        said = person.get("/api/clientes", params=asked).json()["data"]["total"]
        assert said == counted, (person.rol, asked)
    assert database.fetch(RULES["totales_discordantes"]) == []


def make(person: Persona, **fields: Any) -> dict[str, Any]:
    """Make a client as the API does."""
    answer = person.post("/api/clientes", json={"nombre": "Tienda"} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]["cliente"]
    return made


def test_every_change_of_a_number_is_kept(own: tuple[Cast, Database]) -> None:
    cast, database = own
    check(cast, database)
    record = make(cast.admin)
    make(cast.vendedora)
    make(cast.otro_vendedor)
    check(cast, database)
    path = f"/api/clientes/{record['id']}"
    for change in (
        {"activo": False},
        {"vendedor_asignado_id": cast.vendedora.usuario_id},
        {"activo": True, "vendedor_asignado_id": cast.otro_vendedor.usuario_id},
        {"vendedor_asignado_id": None},
        {"nombre": "Otro nombre"},
    ):
        rows = database.fetchval("SELECT count(*) FROM clientes_totales")
        assert cast.admin.put(path, json=change).status_code == 200
        # What changes no number writes nothing.
        assert (database.fetchval("SELECT count(*) FROM clientes_totales") > rows) == ("nombre" not in change)
        check(cast, database)
    cast.new_cliente()
    check(cast, database)
    # A request that is refused, and statements over many rows: merged, given away, deleted.
    assert cast.admin.post("/api/clientes", json={"nombre": ""}).status_code == 422
    plants = [plant_client(database) for _ in range(6)]
    check(cast, database)
    for sql in (
        "UPDATE clientes SET fusionado_con_id = $2, fusionado_en = now() WHERE id = ANY ($1) AND id <> $2",
        "UPDATE clientes SET fusionado_con_id = NULL, fusionado_en = NULL WHERE id = ANY ($1) AND id <> $2",
        "UPDATE clientes SET activo = NOT activo WHERE id = ANY ($1) OR id = $2",
        "UPDATE clientes SET activo = NOT activo WHERE id = ANY ($1) OR id = $2",
    ):
        database.execute(sql, [client for _, client in plants], plants[0][1])
        check(cast, database)
    database.execute("UPDATE usuarios SET cliente_id = NULL, rol = 'soporte' WHERE id = $1", plants[5][0])
    database.execute("DELETE FROM clientes WHERE id = $1", plants[5][1])
    check(cast, database)


def test_many_at_once_are_all_counted_and_adding_up_loses_none(own: tuple[Cast, Database]) -> None:
    cast, database = own
    people = (cast.admin, cast.vendedora, cast.otro_vendedor)
    for _ in range(4):
        requests = [
            Request(
                "POST",
                "/api/clientes",
                json={"nombre": "Tienda", "telefono": new_phone()},
                token=people[number % 3].token,
            )
            for number in range(24)
        ]
        # Somebody adds up while they come in.
        call(database, lambda pool: lists.compact(pool, 0))
        assert {answer.status for answer in burst(cast.base_url, requests)} == {201}
        call(database, lambda pool: lists.compact(pool, 0))
        check(cast, database)
    assert database.fetchval("SELECT count(*) FROM clientes_totales") <= 6


def test_it_is_added_up_only_when_it_is_worth_it(new_database: Callable[[], Database]) -> None:
    database = new_database()
    for _ in range(3):
        plant_client(database)
    rows = "SELECT count(*), sum(cuantos) FROM clientes_totales"
    call(database, lambda pool: lists.compact(pool, TOTALS))
    assert tuple(database.fetchrow(rows)) == (3, 3)
    call(database, lambda pool: lists.compact(pool, 2))
    assert tuple(database.fetchrow(rows)) == (1, 3)


async def test_what_others_have_not_committed_is_neither_lost_nor_counted(
    new_database: Callable[[], Database],
) -> None:
    database = new_database()
    plant_client(database)
    async with database.connect() as one, database.connect() as two:
        open_work = one.transaction()
        await open_work.start()
        await one.execute(PLANT, uuid.uuid4(), uuid.uuid4())
        # Does not wait for the other, and takes nothing from it.
        await two.execute(lists.COMPACT, 0)
        assert await two.fetchval("SELECT sum(cuantos) FROM clientes_totales") == 1
        await open_work.commit()
        assert await two.fetchval("SELECT sum(cuantos) FROM clientes_totales") == 2
        open_work = one.transaction()
        await open_work.start()
        await one.execute(PLANT, uuid.uuid4(), uuid.uuid4())
        await open_work.rollback()
        assert await two.fetchval("SELECT sum(cuantos) FROM clientes_totales") == 2


def test_control_adding_up_what_one_saw_before_loses_clients(new_database: Callable[[], Database]) -> None:
    """To read the sum, delete all rows and write the sum in two statements loses what came between."""
    database = new_database()
    plant_client(database)
    seen = database.fetchval("SELECT sum(cuantos) FROM clientes_totales")
    plant_client(database)
    database.execute("DELETE FROM clientes_totales")
    database.execute("INSERT INTO clientes_totales (activo, cuantos) VALUES (true, $1)", seen)
    assert database.fetch(RULES["totales_discordantes"]) != []
