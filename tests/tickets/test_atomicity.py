"""T-CR-4 for a sending: cut the connection before any one of its statements, and nothing has happened."""

import uuid

import asyncpg
import pytest

from clientela.core.actor import Actor
from clientela.core.db import Pool
from clientela.core.errors import Unavailable
from clientela.flows.submit_claim import submit_claim
from clientela.settings import Settings
from tests.races.planting import plant_client

STATE = """
SELECT (SELECT count(*) FROM tickets WHERE cliente_id = c.id),
       (SELECT count(*) FROM ticket_mensajes WHERE autor_id = c.usuario_principal_id),
       (SELECT count(*) FROM borradores_enviados WHERE cliente_id = c.id),
       (SELECT count(*) FROM borradores WHERE cliente_id = c.id AND campos IS NOT NULL),
       (SELECT count(*) FROM eventos WHERE flujo = 'usuario:' || c.usuario_principal_id AND tipo = 'ticket.updated'),
       (SELECT count(*) FROM auditoria WHERE actor_id = c.usuario_principal_id AND accion = 'ticket.abierto')
  FROM clientes c WHERE c.id = $1::uuid"""


class Wire:
    """A connection that breaks when its statements are used up."""

    def __init__(self, real, pool):
        self.real = real
        self.pool = pool

    def __getattr__(self, name):
        if name not in {"execute", "fetch", "fetchrow", "fetchval"}:
            return getattr(self.real, name)

        async def run(*args, **options):
            if self.pool.left == 0:
                self.real.terminate()
                raise asyncpg.ConnectionDoesNotExistError("cut by the test")
            self.pool.left -= 1
            return await getattr(self.real, name)(*args, **options)

        return run


class FragilePool(Pool):
    """The product's own pool over wires that hold `left` statements."""

    left = -1

    async def acquire(self):
        return Wire(await super().acquire(), self)

    def release(self, connection):
        super().release(connection.real)


@pytest.fixture
async def pool(db):
    made = await FragilePool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    yield made
    await made.close()


def actor_of(cliente):
    return Actor(
        usuario_id=uuid.UUID(cliente.usuario_id),
        numero=cliente.numero,
        tipo="cliente",
        rol="cliente",
        cliente_id=uuid.UUID(cliente.cliente_id),
        nombre=cliente.nombre,
        correo=cliente.correo,
    )


async def send(pool, actor):
    return await submit_claim(pool.db, actor, "Llegó roto", "La caja", pedido_id=None, orden_id=None)


async def test_every_cut_leaves_all_or_nothing(pool, db, new_cliente):
    cliente = new_cliente()
    cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": "Llegó"})
    actor = actor_of(cliente)
    before = (0, 0, 0, 1, 0, 0)
    cuts = 0
    while True:
        pool.left = cuts
        try:
            ticket = await send(pool, actor)
        except Unavailable:
            assert tuple(db.fetchrow(STATE, cliente.cliente_id)) == before, f"cut before statement {cuts + 1}"
            cuts += 1
        else:
            break
    assert cuts >= 6, "BEGIN, the work and COMMIT"
    assert tuple(db.fetchrow(STATE, cliente.cliente_id)) == (1, 1, 1, 0, 1, 1)
    pool.left = -1
    assert (await send(pool, actor)).folio == ticket.folio


def test_control_a_burial_of_its_own_would_be_seen(new_database):
    """Outside the transaction of its sending, a burial that is not followed by a ticket is a half state."""
    database = new_database()
    _, cliente_id = plant_client(database)
    database.execute(
        """SELECT fn.borrador_enterrar($1::uuid, 'reclamo', '{"titulo": "x"}', now())""", cliente_id
    )
    assert tuple(database.fetchrow(STATE, cliente_id)) == (0, 0, 1, 0, 0, 0)
