"""What PostgreSQL and its absence say, in the product's own words: a status, a code, and nothing of the driver."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from clientela.core.db import Pool, translate
from clientela.core.errors import AppError, Conflict, TooManyRequests, Unavailable
from clientela.settings import Settings

pytestmark = pytest.mark.anyio
# A row of a table that no other test looks at.
A_DAY = """INSERT INTO trabajos_diarios (nombre, fecha, lotes, iniciado_en, terminado_en)
    VALUES ($1, '2000-01-01', 1, now(), now())"""


async def raised(work: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        await work
    return caught.value


async def test_a_reference_to_nothing(core_pool: Pool) -> None:
    sql = "INSERT INTO carritos (id, usuario_id, creado_en, actualizado_en) VALUES ($1, $1, now(), now())"
    error = await raised(core_pool.db.execute(sql, uuid4()))
    assert (error.status, error.code) == (409, "referencia_inexistente")


async def test_a_row_that_is_there_already_names_its_constraint(core_pool: Pool) -> None:
    name = f"prueba {uuid4()}"
    await core_pool.db.execute(A_DAY, name)
    error = await raised(core_pool.db.execute(A_DAY, name))
    assert (error.status, error.code) == (409, "ya_existe")
    assert getattr(error, "constraint", None) == "trabajos_diarios_pk"


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (asyncpg.DeadlockDetectedError(), 409, "conflicto_simultaneo"),
        (asyncpg.SerializationError(), 409, "conflicto_simultaneo"),
        (asyncpg.DiskFullError(), 507, "sin_espacio"),
        (asyncpg.LockNotAvailableError(), 503, "servicio_no_disponible"),
        (asyncpg.QueryCanceledError(), 503, "servicio_no_disponible"),
        (asyncpg.TooManyConnectionsError(), 503, "servicio_no_disponible"),
        (asyncpg.ReadOnlySQLTransactionError(), 503, "servicio_no_disponible"),
        (asyncpg.InterfaceError("closed"), 503, "servicio_no_disponible"),
        (ConnectionRefusedError(), 503, "servicio_no_disponible"),
        (TimeoutError(), 503, "servicio_no_disponible"),
        (asyncpg.NumericValueOutOfRangeError(), 422, "datos_invalidos"),
        (asyncpg.CheckViolationError(), 422, "datos_invalidos"),
    ],
)
async def test_every_failure_has_its_words(failure: Exception, status: int, code: str) -> None:
    error = translate(failure)
    assert (error.status, error.code) == (status, code)
    if status == 503 or code == "conflicto_simultaneo":
        assert int(error.headers["Retry-After"]) >= 1


async def test_a_defect_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(asyncpg.UndefinedColumnError):
        translate(asyncpg.UndefinedColumnError())


async def test_of_two_statements_in_a_deadlock_both_get_through(core_pool: Pool) -> None:
    """The victim of a deadlock has changed nothing, so a single statement simply runs again."""
    names = [f"prueba {uuid4()}" for _ in range(2)]
    for name in names:
        await core_pool.db.execute(A_DAY, name)
    cross = """WITH a AS (UPDATE trabajos_diarios SET lotes = lotes + 1 WHERE nombre = $1 RETURNING pg_sleep(0.2))
        UPDATE trabajos_diarios SET lotes = lotes + 1 FROM a WHERE nombre = $2"""
    results = await asyncio.gather(
        core_pool.db.execute(cross, *names),
        core_pool.db.execute(cross, *reversed(names)),
        return_exceptions=True,
    )
    assert all(not isinstance(r, BaseException) or isinstance(r, Conflict | Unavailable) for r in results)
    assert any(not isinstance(r, BaseException) for r in results)


async def test_a_pool_without_a_database_says_503(tmp_path: Any) -> None:
    pool = await Pool(Settings(data_dir=tmp_path), lambda: "postgresql://nadie@127.0.0.1:9/nada").open()
    error = await raised(pool.db.fetchval("SELECT 1"))
    assert (error.status, error.code) == (503, "servicio_no_disponible")
    await pool.close()


async def test_a_limit_without_a_code_of_its_own() -> None:
    error = TooManyRequests(retry_after=7)
    assert (error.status, error.code, error.headers["Retry-After"]) == (429, "demasiadas_peticiones", "7")
