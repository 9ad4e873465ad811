"""T-CR-4 for the ledger: cut the connection before any one of its statements, and nothing has happened."""

import uuid
from decimal import Decimal

import pytest

from clientela.cobranza import payments
from clientela.cobranza.model import Medio, NuevoPago
from clientela.core.actor import Actor
from clientela.core.errors import Unavailable
from clientela.settings import Settings
from tests.cobranza.books import owe
from tests.tickets.test_atomicity import FragilePool

STATE = """
SELECT (SELECT count(*) FROM pagos WHERE cliente_id = c.id),
       (SELECT count(*) FROM pago_aplicaciones WHERE cliente_id = c.id),
       (SELECT sum(saldo_pendiente) FROM cuentas_por_cobrar WHERE cliente_id = c.id),
       (SELECT count(*) FROM eventos WHERE cliente_id = c.id AND tipo LIKE 'payment.%'),
       (SELECT count(*) FROM auditoria WHERE accion LIKE 'pago.%' AND datos ->> 'cliente_id' = c.id::text)
  FROM clientes c WHERE c.id = $1::uuid"""


@pytest.fixture
async def pool(db):
    """A pool whose connections break when their statements are used up."""
    made = await FragilePool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    yield made
    await made.close()


async def through_every_cut(pool, work, look):
    """Cut the work one statement later each time until it comes through; everything before must look the same."""
    before, cuts = look(), 0
    while True:
        pool.left = cuts
        try:
            done = await work()
        except Unavailable:
            assert look() == before, f"cut before statement {cuts + 1}"
            cuts += 1
        else:
            pool.left = -1
            assert cuts >= 7, "BEGIN, the work and COMMIT"
            return done


async def test_every_cut_leaves_all_or_nothing(pool, db, cast, new_cliente):
    cliente = new_cliente()
    for _ in range(2):
        owe(cast.admin, cliente, "10.00")
    admin = Actor(uuid.UUID(cast.admin.usuario_id), cast.admin.numero, "usuario", "admin", None, "A", None)
    new = NuevoPago(uuid.UUID(cliente.cliente_id), Decimal("15.00"), Medio.QR)

    def look():
        return tuple(db.fetchrow(STATE, cliente.cliente_id))

    assert look() == (0, 0, 20, 0, 0)
    made = await through_every_cut(pool, lambda: payments.register_payment(pool.db, admin, new), look)
    assert look() == (1, 2, 5, 3, 1)
    await through_every_cut(pool, lambda: payments.annul_payment(pool.db, admin, made.id, "Prueba"), look)
    assert look() == (1, 2, 20, 6, 2)
