"""The data under load: 10,000 clients with logins, sessions, carts and preferences, over 400 products.

Identifiers are made of numbers, so that `pgbench`, which only knows numbers, can name the same rows.
"""

import asyncio
import time
from typing import Final
from uuid import UUID

import asyncpg

from bench.statements import (
    CLIENT,
    CLIENTS,
    LINES,
    PRODUCT,
    PRODUCTS,
    REPLACE_CART,
    SAVE_ALL,
    SESSION,
    USER,
    UUID_PREFIX,
)
from clientela.identidad.passwords import hash_password
from clientela.identidad.signing import Claims, keyring, sign

PASSWORD: Final = "una clave larga de prueba"  # noqa: S105 - of accounts that live as long as the measurement
BCRYPT_COST: Final = 12
LIFE: Final = 30 * 86_400
# When all sessions begin: a token and its session must say the same second.
BORN: Final = int(time.time())


def uuid_of(number: int) -> UUID:
    """Return the identifier that a number makes."""
    return UUID(f"{UUID_PREFIX}{number}")


def client_id(n: int) -> UUID:
    """Return the identifier of client n, from 0."""
    return uuid_of(CLIENT + n)


def product_ids(n: int) -> list[UUID]:
    """Return the products that stand in client n's cart."""
    return [uuid_of(PRODUCT + (n * 7 + line * 131) % PRODUCTS) for line in range(LINES)]


def email(n: int) -> str:
    """Return the e-mail that client n logs in with."""
    return f"cliente{n}@ejemplo.test"


_PLANT: Final = f"""
INSERT INTO productos (id, codigo, nombre, descripcion, precio, imagenes, categoria, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({PRODUCT} + n))::uuid, 'P-' || n, 'Producto de prueba número ' || n,
       'Descripción del producto de prueba número ' || n || ', con sus medidas y su presentación',
       10 + n * 0.25, ARRAY['/imagenes/' || n || '.jpg'], 'Categoría ' || n % 12, now(), now()
  FROM generate_series(0, {PRODUCTS - 1}) AS n;
INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, cliente_id, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({USER} + n))::uuid, 'Cliente de prueba ' || n, 'cliente',
       'cliente' || n || '@ejemplo.test', 'HASH',
       ('{UUID_PREFIX}' || ({CLIENT} + n))::uuid, now(), now()
  FROM generate_series(0, {CLIENTS - 1}) AS n;
INSERT INTO clientes (id, usuario_principal_id, nombre, email, creado_en, actualizado_en)
SELECT cliente_id, id, nombre, correo, now(), now() FROM usuarios WHERE rol = 'cliente' ORDER BY id;
INSERT INTO identificadores (clave, usuario_id)
SELECT correo, id FROM usuarios WHERE rol = 'cliente';
INSERT INTO sesiones (id, usuario_id, creada_en, expira_en)
SELECT ('{UUID_PREFIX}' || ({SESSION} + n))::uuid,
       ('{UUID_PREFIX}' || ({USER} + n))::uuid, to_timestamp({BORN}), to_timestamp({BORN + LIFE})
  FROM generate_series(0, {CLIENTS - 1}) AS n;
"""  # noqa: S608 - every part is a constant of this module


async def plant(dsn: str) -> None:
    """Fill an empty, migrated database; carts and preferences are written by the product's own statements."""
    hashed = await hash_password(PASSWORD, BCRYPT_COST)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_PLANT.replace("HASH", hashed))
        for statement in (REPLACE_CART, SAVE_ALL):
            # In pieces: all events of one transaction wait in memory for its commit.
            for first in range(0, CLIENTS, 1000):
                await connection.execute(statement.over(first, first + 999))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


_FORGET_ORDERS: Final = "UPDATE carritos SET pedido_en = NULL WHERE pedido_en IS NOT NULL"


async def fill_carts(dsn: str) -> None:
    """Fill every client's cart anew, as if its last order were long ago."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_FORGET_ORDERS)
        for first in range(0, CLIENTS, 1000):
            await connection.execute(REPLACE_CART.over(first, first + 999))
        await connection.execute("VACUUM ANALYZE carritos, carrito_lineas")
    finally:
        await connection.close()


def fill_carts_now(dsn: str) -> None:
    """Run `fill_carts` to its end."""
    asyncio.run(fill_carts(dsn))


def tokens(key: str) -> list[str]:
    """Sign the tokens of all clients' sessions."""
    keyring.load(key)
    return [
        sign(
            Claims(
                sub=uuid_of(USER + n),
                tipo="cliente",
                rol="cliente",
                cliente_id=client_id(n),
                jti=uuid_of(SESSION + n),
                iat=BORN,
                exp=BORN + LIFE,
            )
        )
        for n in range(CLIENTS)
    ]


def plant_now(dsn: str) -> None:
    """Run `plant` to its end."""
    asyncio.run(plant(dsn))


def server_version(dsn: str) -> str:
    """Return PostgreSQL's version."""

    async def ask() -> str:
        connection = await asyncpg.connect(dsn)
        try:
            return str(await connection.fetchval("SHOW server_version")).split()[0]
        finally:
            await connection.close()

    return asyncio.run(ask())
