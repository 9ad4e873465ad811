"""T-CA-1: for any client there is at most one live own cart, however many devices write the first one."""

import asyncio
import uuid

import asyncpg
import pytest

from tests.races.planting import plant_client
from tests.tools.burst import Request

LIVE = (
    "SELECT count(*) FROM carritos WHERE usuario_id = $1::uuid AND vendedor_id IS NULL AND deleted_at IS NULL"
)
MANY = [100, pytest.param(5_000, marks=pytest.mark.long)]


@pytest.mark.parametrize("clients", MANY)
@pytest.mark.timeout(3600)
def test_twenty_first_writes_make_one_cart(burst, db, cast, new_cliente, clients):
    for _ in range(clients):
        cliente = new_cliente()
        save: dict[str, object] = {"carrito": {"items": []}}
        writes = [
            Request("PUT", f"{cliente.panel}/carrito", json={"items": []}, token=cliente.token),
            Request("POST", f"{cliente.panel}/auto-guardar", json=save, token=cliente.token),
            Request("PUT", f"{cliente.panel}/carrito", json={"items": []}, token=cast.admin.token),
            Request("GET", f"{cliente.panel}/carrito", token=cliente.token),
        ]
        answers = burst(writes * 5, settle=0.01)
        assert {answer.status for answer in answers} <= {200, 404}
        assert [a.status for a, w in zip(answers, writes * 5, strict=True) if w.method != "GET"] == [200] * 15
        assert db.fetchval(LIVE, cliente.usuario_id) == 1
        assert cliente.get(f"{cliente.panel}/carrito").json()["version"] == 15


async def get_or_create(connection: asyncpg.Connection, usuario_id: uuid.UUID, cliente_id: uuid.UUID) -> None:
    """What spec 4 does: look, and insert when nothing is found."""
    if await connection.fetchval(LIVE, usuario_id) == 0:
        await asyncio.sleep(0)
        await connection.execute(
            """INSERT INTO carritos (id, usuario_id, cliente_id, creado_en, actualizado_en)
               VALUES ($1, $2, $3, now(), now())""",
            uuid.uuid4(),
            usuario_id,
            cliente_id,
        )


async def race(dsn: str, usuario_id: uuid.UUID, cliente_id: uuid.UUID) -> list[BaseException]:
    connections = [await asyncpg.connect(dsn) for _ in range(10)]
    try:
        ended = await asyncio.gather(
            *(get_or_create(each, usuario_id, cliente_id) for each in connections), return_exceptions=True
        )
    finally:
        for each in connections:
            await each.close()
    return [error for error in ended if isinstance(error, BaseException)]


async def test_control_without_the_unique_index_carts_multiply(new_database):
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    refused = await race(database.dsn, usuario_id, cliente_id)
    assert database.fetchval(LIVE, usuario_id) == 1
    assert {type(error) for error in refused} <= {asyncpg.UniqueViolationError}

    database.execute("DROP INDEX carritos_propio_uk")
    counts = []
    for _ in range(5):
        usuario_id, cliente_id = plant_client(database)
        assert await race(database.dsn, usuario_id, cliente_id) == []
        counts.append(database.fetchval(LIVE, usuario_id))
    assert max(counts) > 1


def test_own_and_sellers_carts_stand_side_by_side_once_each(new_database):
    """The keys of the sellers' half: its cart for one client is one, whatever principal the client has."""
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    _, other_client = plant_client(database)
    sellers = [plant_client(database)[0] for _ in range(2)]

    def insert(seller: uuid.UUID | None, client: uuid.UUID) -> None:
        database.execute(
            """INSERT INTO carritos (id, usuario_id, cliente_id, vendedor_id, creado_en, actualizado_en)
               VALUES (gen_random_uuid(), $1::uuid, $2::uuid, $3::uuid, now(), now())""",
            usuario_id,
            client,
            seller,
        )

    keys = [
        (None, cliente_id),
        (sellers[0], cliente_id),
        (sellers[1], cliente_id),
        (sellers[0], other_client),
    ]
    for seller, client in keys:
        insert(seller, client)
    for seller, client in [*keys, (None, other_client)]:
        with pytest.raises(asyncpg.UniqueViolationError):
            insert(seller, client)
    database.execute("UPDATE carritos SET deleted_at = now()")
    for seller, client in keys:
        insert(seller, client)
    with pytest.raises(asyncpg.CheckViolationError, match="carritos_vendedor_con_cliente"):
        database.execute("UPDATE carritos SET cliente_id = NULL")
