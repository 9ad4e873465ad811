"""The client register under load: 100,000 records without login, as staff keep them, and one administrator."""

import asyncio
import random
from typing import Final
from uuid import UUID

import asyncpg

from bench.dataset import BORN, LIFE
from bench.statements import CLIENT, SESSION, USER, UUID_PREFIX
from clientela.identidad.signing import Claims, keyring, sign

RECORDS: Final = 100_000
SELLERS: Final = 40
KINDS: Final = (
    "Tienda", "Almacén", "Librería", "Ferretería", "Panadería", "Kiosco", "Cafetería", "Heladería", "Farmacia",
    "Pensión", "Restaurante", "Bazar", "Mercería", "Carnicería", "Verdulería", "Licorería",
)  # fmt: skip
GIVEN: Final = (
    "José", "María", "Ana", "Luis", "Rosa", "Carlos", "Elena", "Miguel", "Sonia", "Raúl", "Verónica", "Javier",
    "Patricia", "Hugo", "Gabriela", "Óscar", "Beatriz", "Fernando", "Lourdes", "Edwin", "Norma", "Wilson",
    "Ximena", "Álvaro", "Teresa", "Julio", "Yolanda", "Néstor", "Irma", "Freddy",
)  # fmt: skip
SURNAMES: Final = (
    "Mamani", "Quispe", "Flores", "Vargas", "Rojas", "Choque", "Gutiérrez", "Núñez", "Peña", "Suárez", "Torrico",
    "Zeballos", "Áñez", "Barba", "Céspedes", "Durán", "Escóbar", "Fernández", "Guzmán", "Herrera", "Ibáñez",
    "Justiniano", "Limachi", "Montaño", "Orellana", "Paz", "Ribera", "Salvatierra", "Terrazas", "Urquiza",
    "Villarroel", "Yapura", "Apaza", "Condori", "Huanca", "Colque", "Calle", "Roca", "Méndez", "Cuéllar",
)  # fmt: skip

_ADMIN: Final = RECORDS


def record_id(n: int) -> UUID:
    """Return the identifier of record n, from 0."""
    return UUID(f"{UUID_PREFIX}{CLIENT + n}")


def searches(count: int) -> list[str]:
    """Return what people type: three letters at the beginning of some word of a name, or of a phone."""
    rng = random.Random(6)
    words = [*KINDS, *GIVEN, *SURNAMES]
    return [rng.choice(words)[:3].lower() if n % 5 else f"6{rng.randrange(100):02}" for n in range(count)]


def _array(words: tuple[str, ...]) -> str:
    return "(ARRAY[" + ", ".join(f"'{word}'" for word in words) + "])"


# Multipliers without common factors, so that every combination of words is somebody's.
_PLANT: Final = f"""
INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({USER + _ADMIN} + n))::uuid, 'Personal ' || n,
       CASE WHEN n = 0 THEN 'admin' ELSE 'vendedor' END, 'personal' || n || '@ejemplo.test', 'x', now(), now()
  FROM generate_series(0, {SELLERS}) AS n;
INSERT INTO sesiones (id, usuario_id, creada_en, expira_en)
VALUES ('{UUID_PREFIX}{SESSION}', '{UUID_PREFIX}{USER + _ADMIN}', to_timestamp({BORN}), to_timestamp({BORN + LIFE}));
INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({USER} + n))::uuid, 'Cliente', 'cliente',
       ('{UUID_PREFIX}' || ({CLIENT} + n))::uuid, now(), now()
  FROM generate_series(0, {RECORDS - 1}) AS n;
INSERT INTO clientes (id, usuario_principal_id, vendedor_asignado_id, nombre, razon_social, nit, email, telefono,
                      telefono_e164, activo, creado_en, actualizado_en)
SELECT ('{UUID_PREFIX}' || ({CLIENT} + n))::uuid, ('{UUID_PREFIX}' || ({USER} + n))::uuid,
       CASE WHEN n % 5 > 0 THEN ('{UUID_PREFIX}' || ({USER + _ADMIN} + 1 + n % {SELLERS}))::uuid END,
       {_array(KINDS)}[1 + n * 7 % {len(KINDS)}] || ' ' || {_array(GIVEN)}[1 + n * 11 % {len(GIVEN)}] || ' '
       || {_array(SURNAMES)}[1 + n * 13 % {len(SURNAMES)}] || ' ' || n, 'Comercial ' || n || ' S.R.L.',
       (1000000 + n * 37)::text, 'c' || n || '@ejemplo.test', (60000000 + n * 197)::text,
       '+591' || (60000000 + n * 197), n % 10 > 0, now() - n * interval '1 minute', now()
  FROM generate_series(0, {RECORDS - 1}) AS n;
"""  # noqa: S608 - every part is a constant of this module


async def plant(dsn: str) -> None:
    """Fill an empty, migrated database."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_PLANT)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def plant_now(dsn: str) -> None:
    """Run `plant` to its end."""
    asyncio.run(plant(dsn))


def token(key: str) -> str:
    """Sign the administrator's token."""
    keyring.load(key)
    return sign(
        Claims(
            sub=UUID(f"{UUID_PREFIX}{USER + _ADMIN}"),
            tipo="usuario",
            rol="admin",
            cliente_id=None,
            jti=UUID(f"{UUID_PREFIX}{SESSION}"),
            iat=BORN,
            exp=BORN + LIFE,
        )
    )
