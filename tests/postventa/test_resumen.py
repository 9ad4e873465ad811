"""The three figures of the overview are what a look at every order would find, to the second."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clientela.postventa import rules
from tests.races.planting import plant_client
from tests.tools.database import Database

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LOOK = """
SELECT count(*) FILTER (WHERE tecnico_id IS NULL) AS sin_asignar,
       count(*) FILTER (WHERE estado = 'EN_EJECUCION') AS en_ejecucion,
       count(*) FILTER (WHERE ultimo_movimiento_en <= $1) AS sin_movimiento
  FROM ordenes_trabajo WHERE estado NOT IN ('FINALIZADO', 'CANCELADA')"""
COUNT = """
SELECT r.* FROM json_to_record(fn.ordenes_resumen($1))
       AS r (sin_asignar int, en_ejecucion int, sin_movimiento int)"""
INSERT = """
INSERT INTO ordenes_trabajo (id, cliente_id, servicio_id, tecnico_id, tipo, estado, garantia_meses, duracion_min,
                             fecha_programada, fecha_ejecucion, ultimo_movimiento_en, creado_por, creado_en,
                             actualizado_en)
VALUES ($1, $2, $3, $4, 'NORMAL', $5::text, 12, 60, $6::timestamptz,
        CASE WHEN $5::text = 'FINALIZADO' THEN $6::timestamptz END, $6::timestamptz, $7, $6::timestamptz,
        $6::timestamptz)"""


class Shop:
    """A scratch database with a client, a technician and a service, and orders planted into it."""

    def __init__(self, database: Database) -> None:
        self.db = database
        self.usuario_id, self.cliente_id = plant_client(database)
        self.servicio_id = uuid.uuid4()
        database.execute(
            "INSERT INTO servicios (id, nombre, creado_en, actualizado_en) VALUES ($1, 'Uno', now(), now())",
            self.servicio_id,
        )

    def order(self, estado: str, moved: datetime, *, given: bool) -> uuid.UUID:
        made = uuid.uuid4()
        self.db.execute(
            INSERT, made, self.cliente_id, self.servicio_id, self.usuario_id if given else None, estado, moved,
            self.usuario_id,
        )  # fmt: skip
        return made

    def both(self, limit: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
        return dict(self.db.fetchrow(COUNT, limit) or {}), dict(self.db.fetchrow(LOOK, limit) or {})


@pytest.fixture
def shop(new_database) -> Shop:
    return Shop(new_database())


def test_counted_is_what_is_there(shop: Shop) -> None:
    chance = random.Random(5)

    def moved() -> datetime:
        return NOW - timedelta(seconds=chance.randrange(12 * 86_400))

    orders = []
    for _ in range(150):
        estado = chance.choice(["PENDIENTE", "ASIGNADA", "EN_EJECUCION", "FINALIZADO", "CANCELADA"])
        given = estado in {"ASIGNADA", "EN_EJECUCION"} or (estado != "PENDIENTE" and chance.random() < 0.5)
        orders.append(shop.order(estado, moved(), given=given))
    for order in chance.sample(orders, 60):
        estado = chance.choice(["ASIGNADA", "EN_EJECUCION", "CANCELADA"])
        shop.db.execute(
            """UPDATE ordenes_trabajo SET estado = $2, tecnico_id = $3, ultimo_movimiento_en = $4,
                      fecha_ejecucion = NULL WHERE id = $1""",
            order, estado, shop.usuario_id, moved(),
        )  # fmt: skip
    for order in chance.sample(orders, 20):
        shop.db.execute("DELETE FROM ordenes_trabajo WHERE id = $1", order)
    for _ in range(40):
        counted, looked = shop.both(moved())
        assert counted == looked
    # The control: one order that the counters have not heard of is a difference.
    shop.db.execute("ALTER TABLE ordenes_trabajo DISABLE TRIGGER ordenes_trabajo_contar")
    shop.order("PENDIENTE", moved(), given=False)
    counted, looked = shop.both(NOW)
    assert counted != looked


@pytest.mark.parametrize(("late", "still"), [(-1, 0), (0, 1), (1, 1)])
def test_five_days_are_so_many_hours(shop: Shop, late: int, still: int) -> None:
    shop.order("PENDIENTE", NOW - timedelta(hours=120, seconds=late), given=False)
    counted, looked = shop.both(NOW - rules.STILL)
    assert counted == looked
    assert counted["sin_movimiento"] == still
