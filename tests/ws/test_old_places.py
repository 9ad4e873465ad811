"""A device that was away for a hundred days misses nothing of its talk (T-CH-2, T-CH-3)."""

import pytest

from clientela.core import events
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.tools.devices import device

TALK = """DO $$ BEGIN FOR n IN 1..250 LOOP
  PERFORM fn.chat_enviar(gen_random_uuid(), '{session}', '{agent}', true, n::text, NULL, 10, 'UTC', now());
END LOOP; END $$"""
LONG_AGO = "UPDATE eventos SET creado_en = creado_en - interval '100 days' WHERE flujo = $1"


async def _purge(db, data_dir):
    pool = await Pool(Settings(data_dir=data_dir), lambda: db.dsn).open()
    try:
        while await events.purge(pool.db):
            pass
    finally:
        await pool.close()


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed meanwhile"])
async def test_what_was_said_long_ago_is_still_told_in_order(db, serving, new_talk, closed):
    talk = new_talk()
    talk.answer("Uno")
    async with device(talk.cliente) as mine:
        talk.answer("Dos")
        await mine.hear("message.created")
    stream = f"usuario:{talk.cliente.usuario_id}"
    db.execute(TALK.format(session=talk.id, agent=talk.soporte.usuario_id))
    if closed:
        assert talk.cliente.patch(f"/api/chat/session/{talk.id}/close").status_code == 200
    db.execute(LONG_AGO, stream)
    await _purge(db, serving.data_dir)
    async with device(talk.cliente, after=mine.cursor) as back:
        heard = [await back.hear("message.created") for _ in range(250)]
        assert [frame["data"]["message"] for frame in heard] == [str(n) for n in range(1, 251)]
        if closed:
            assert (await back.hear("session.updated"))["data"]["status"] == "closed"
