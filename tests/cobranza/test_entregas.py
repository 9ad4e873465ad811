"""T-CR-4 for a delivery, spoken to beside HTTP: cut before any one of its statements, and nothing has happened."""

import uuid
from datetime import UTC, date, datetime

import pytest

from clientela.core.actor import Actor
from clientela.core.db import Pool
from clientela.flows import deliver_order
from clientela.pedidos.model import Estado
from clientela.settings import Settings
from tests.cobranza.deliveries import on_its_way, ordered
from tests.cobranza.test_atomicity import through_every_cut
from tests.tickets.test_atomicity import FragilePool

STATE = """
SELECT (SELECT estado FROM pedidos WHERE cliente_id = c.id),
       (SELECT count(*) FROM pedido_estados e JOIN pedidos p ON p.id = e.pedido_id WHERE p.cliente_id = c.id),
       (SELECT count(*) FROM facturas WHERE cliente_id = c.id),
       (SELECT sum(saldo_pendiente) FROM cuentas_por_cobrar WHERE cliente_id = c.id),
       (SELECT count(*) FROM eventos WHERE cliente_id = c.id AND tipo IN ('order.updated', 'invoice.created')),
       (SELECT count(*) FROM auditoria WHERE accion = 'factura.emitida' AND datos ->> 'cliente_id' = c.id::text)
  FROM clientes c WHERE c.id = $1::uuid"""


@pytest.fixture
def admin(cast):
    return Actor(uuid.UUID(cast.admin.usuario_id), cast.admin.numero, "usuario", "admin", None, "A", None)


@pytest.fixture
def order(cast, new_cliente, new_producto):
    """An order of 10.50 on its way."""
    return on_its_way(cast.admin, ordered(new_cliente(), {new_producto()["id"]: 1}))


async def test_every_cut_leaves_all_or_nothing(db, order, admin):
    pool = await FragilePool(Settings(database_url=db.dsn), lambda: db.dsn).open()

    def look():
        return tuple(db.fetchrow(STATE, order["cliente_id"]))

    async def deliver():
        return await deliver_order.change_state(
            pool.db, admin, uuid.UUID(order["id"]), Estado.ENTREGADO, None
        )

    try:
        before = look()
        assert before[:4] == ("EN_RUTA", 4, 0, None)
        await through_every_cut(pool, deliver, look)
    finally:
        await pool.close()
    told = before[4]
    # An invoice is told on two streams: the customer's and the administrators'; so is its order.
    assert (*look()[:3], str(look()[3]), *look()[4:]) == ("ENTREGADO", 5, 1, "10.50", told + 4, 1)


class Evening:
    """A clock that stands at ten in the evening of the twentieth in La Paz, where it is the twenty-first elsewhere."""

    def now(self):
        return datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


async def test_its_day_is_the_organisation_s(db, order, admin):
    pool = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    try:
        async with pool.db.transaction() as tx:
            tx.clock = Evening()
            await deliver_order.change_state(tx, admin, uuid.UUID(order["id"]), Estado.ENTREGADO, None)
    finally:
        await pool.close()
    row = db.fetchrow("SELECT fecha, fecha_vencimiento FROM facturas WHERE pedido_id = $1::uuid", order["id"])
    assert tuple(row) == (date(2026, 11, 20), date(2026, 12, 20))
