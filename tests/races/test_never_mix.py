"""T-CA-2 and T-CA-3: what one actor puts into his cart is in his cart, and in his orders, and nowhere else."""

import random
from collections import Counter

import asyncpg
import pytest

from tests.races.planting import plant_client
from tests.races.shops import Buyer, Shop
from tests.tools.mutants import mutated

KINDS = ["add"] * 6 + ["set", "set", "remove", "clear", "order"]
PANEL = ["put", "autosave"]


def strange_answers(shop: Shop, clients: int, operations: int) -> int:
    """Let every client and three members of staff work on carts for him at once, one request each at a time.

    Each has products of his own, and only he writes to his cart, so he knows what every answer must be. Returns how
    many were otherwise, and how many ledgers do not fit what is stored.
    """
    chance = random.Random(2)
    staff = (shop.cast.vendedora, shop.cast.otro_vendedor, shop.cast.admin)
    buyers = []
    for _ in range(clients):
        client = shop.cast.new_cliente()
        buyers += [Buyer(shop, who, client) for who in (client, *staff)]
    strange = 0
    for _ in range(operations // len(buyers) + 1):
        kinds = [chance.choice(KINDS + PANEL * buyer.own) for buyer in buyers]
        asked = [
            buyer.request(kind, chance.choice(buyer.products), chance.randint(1, 500))
            for buyer, kind in zip(buyers, kinds, strict=True)
        ]
        answers = shop.burst([request for request, _, _ in asked])
        for buyer, kind, (_, status, after), answer in zip(buyers, kinds, asked, answers, strict=True):
            strange += not buyer.hear(kind, answer, status, after)
    return strange + sum(ordered(shop, buyer) != buyer.ordered for buyer in buyers)


def ordered(shop: Shop, buyer: Buyer) -> Counter[str]:
    """What somebody ordered for a client, by product."""
    rows = shop.db.fetch(
        """SELECT l.producto_id::text, sum(l.cantidad)::int AS cantidad FROM pedidos p
             JOIN pedido_lineas l ON l.pedido_id = p.id
            WHERE p.cliente_id = $1::uuid AND p.creado_por = $2::uuid GROUP BY 1""",
        buyer.client.cliente_id,
        buyer.who.usuario_id,
    )
    return Counter({row["producto_id"]: row["cantidad"] for row in rows})


@pytest.mark.parametrize(
    ("clients", "operations"), [(12, 10_000), pytest.param(50, 500_000, marks=pytest.mark.long)]
)
@pytest.mark.timeout(7200)
def test_no_unit_of_one_actor_is_ever_where_another_put_his(
    shop: Shop, clients: int, operations: int
) -> None:
    assert strange_answers(shop, clients, operations) == 0


@pytest.mark.parametrize(
    ("function", "guard", "without"),
    [
        # What spec 4's clearCart does when it takes the client for the user.
        (
            "pedido_crear",
            "DELETE FROM public.carrito_lineas WHERE carrito_id = v_carrito.id",
            """DELETE FROM public.carrito_lineas WHERE carrito_id IN (
                SELECT id FROM public.carritos WHERE cliente_id = p_cliente_id)""",
        ),
        (
            "carrito_bloquear",
            "AND vendedor_id = p_vendedor_id AND cliente_id",
            "AND vendedor_id IS NOT NULL AND cliente_id",
        ),
    ],
    ids=["cleared by client", "one for all sellers"],
)
def test_control_mixed_carts_are_seen(unguarded: Shop, function: str, guard: str, without: str) -> None:
    with mutated(unguarded.db, function, guard, without):
        assert strange_answers(unguarded, 2, 200) > 0


# --- one principal, two clients -----------------------------------------------------------------------------

SECOND = """
INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
VALUES (gen_random_uuid(), $1::uuid, 'Segunda', now(), now()) RETURNING id"""
OPEN = "SELECT fn.carrito_leer(NULL, $1::uuid, $2::uuid, true, gen_random_uuid(), now()) ->> 'id'"
# Spec 4 looks for a seller's cart by (usuario_id, vendedor_id).
SPEC_KEY = "SELECT id::text FROM carritos WHERE usuario_id = $1::uuid AND vendedor_id = $2::uuid AND deleted_at IS NULL"


@pytest.mark.parametrize("pairs", [100, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_nobody_is_the_principal_of_two_clients(new_database, pairs):
    database = new_database()
    seller, _ = plant_client(database)
    people = [plant_client(database) for _ in range(pairs)]
    for usuario_id, _ in people:
        with pytest.raises(asyncpg.UniqueViolationError, match="clientes_usuario_principal"):
            database.execute(SECOND, usuario_id)
    # Were it not refused, the key would still keep them apart; that of the spec would not.
    (wall,) = database.fetch(
        """SELECT conname FROM pg_constraint
            WHERE conrelid = 'clientes'::regclass AND contype = 'u' AND conname LIKE '%principal%'"""
    )
    database.execute(f"ALTER TABLE clientes DROP CONSTRAINT {wall['conname']}")
    merged_by_us = merged_by_spec = 0
    for usuario_id, one in people:
        other = database.fetchval(SECOND, usuario_id)
        first = database.fetchval(OPEN, one, seller)
        merged_by_spec += database.fetchval(SPEC_KEY, usuario_id, seller) == first
        merged_by_us += database.fetchval(OPEN, other, seller) == first
    assert (merged_by_us, merged_by_spec) == (0, pairs)
