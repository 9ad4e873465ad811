"""Clients planted straight into a scratch database, for controls that have no server."""

import uuid

from tests.tools.database import Database

PLANT = """
WITH nuevo AS (
    INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
    VALUES ($1::uuid, 'Plantada', 'cliente', $2::uuid, now(), now())
)
INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
VALUES ($2::uuid, $1::uuid, 'Plantada', now(), now())"""


def plant_client(db: Database) -> tuple[uuid.UUID, uuid.UUID]:
    """A client and its principal user, as (usuario_id, cliente_id)."""
    usuario_id, cliente_id = uuid.uuid4(), uuid.uuid4()
    db.execute(PLANT, usuario_id, cliente_id)
    return usuario_id, cliente_id


def plant_products(db: Database, number: int) -> list[uuid.UUID]:
    """Products of the simplest kind."""
    made = [uuid.uuid4() for _ in range(number)]
    db.executemany(
        """INSERT INTO productos (id, codigo, nombre, precio, creado_en, actualizado_en)
           VALUES ($1, $2, 'Plantado', 1, now(), now())""",
        [(product, product.hex[:12]) for product in made],
    )
    return made
