"""The daily job forgets what nothing is compared with any more."""

from datetime import UTC, datetime, time

from clientela.core.db import Pool
from clientela.panel.jobs import DIARIAS
from clientela.settings import Settings

COUNT = "SELECT count(*) FROM borradores_enviados WHERE cliente_id = $1::uuid"


async def test_texts_older_than_two_minutes_are_wiped(db, new_cliente):
    recent, old = new_cliente(), new_cliente()
    for cliente in (recent, old):
        cliente.post("/reclamos", json={"titulo": "Llegó roto", "descripcion": "La caja"})
    db.execute(
        """UPDATE borradores_enviados SET enviado_en = enviado_en - interval '3 minutes'
           WHERE cliente_id = $1::uuid""",
        old.cliente_id,
    )
    (daily,) = DIARIAS
    assert (daily.nombre, daily.hora) == ("borradores_enviados", time(3, 20))
    pool = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    try:
        async with pool.db.transaction() as tx:
            assert await daily.tarea(tx, datetime.now(UTC).date()) is False
    finally:
        await pool.close()
    assert db.fetchval(COUNT, old.cliente_id) == 0
    assert db.fetchval(COUNT, recent.cliente_id) == 1
