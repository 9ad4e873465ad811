"""The client that remembers its orders sees every way in which the database may break what it promised."""

from collections.abc import Iterator

import pytest

from tests.faults.conftest import MakeSite, Site
from tests.faults.load import Damage
from tests.faults.orders import OrderWriter
from tests.tools.cluster import Cluster

# One order of this client's, and what hangs on it.
ONE = (
    "(SELECT id FROM pedidos WHERE cliente_id = '{cliente}' AND estado = '{estado}' ORDER BY numero LIMIT 1)"
)
GONE = [
    "UPDATE productos SET existencias = existencias + {cantidad}",
    "DELETE FROM pedido_estados WHERE pedido_id = {uno}",
    "DELETE FROM pedido_lineas WHERE pedido_id = {uno}",
    "DELETE FROM pedidos WHERE id = {uno}",
]


@pytest.fixture(scope="module")
def shop(cluster: Cluster, module_site: MakeSite) -> Iterator[tuple[Site, OrderWriter]]:
    """A customer who has made four orders, one of which was cancelled."""
    with module_site(cluster, workers=1) as found:
        writer = OrderWriter(found.cast)
        for _ in range(4):
            assert writer.step().status == 201
        writer.wire.close()
        yield found, writer


@pytest.mark.parametrize(
    ("estado", "damage", "kind"),
    [
        ("PENDIENTE", GONE, "lost"),
        ("CANCELADO", ["UPDATE pedidos SET estado = 'PENDIENTE' WHERE id = {uno}"], "lost"),
        ("PENDIENTE", ["DELETE FROM idempotencia"], "half"),
        ("PENDIENTE", ["DELETE FROM pedido_lineas WHERE pedido_id = {uno} AND posicion = 1"], "half"),
        ("PENDIENTE", ["UPDATE productos SET existencias = existencias + 1"], "half"),
    ],
)
def test_every_damage_is_seen(
    shop: tuple[Site, OrderWriter], estado: str, damage: list[str], kind: str
) -> None:
    found, writer = shop
    seen = Damage()
    writer.judge(found.db, seen)
    assert seen == Damage()
    one = ONE.format(cliente=writer.person.cliente_id, estado=estado)
    amount = found.db.fetchval(f"SELECT cantidad FROM pedido_lineas WHERE pedido_id = {one}")
    found.db.execute("BEGIN")
    for sql in damage:
        found.db.execute(sql.format(uno=one, cantidad=amount))
    writer.judge(found.db, seen)
    found.db.execute("ROLLBACK")
    assert getattr(seen, kind)
