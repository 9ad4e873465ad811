"""A device that does not read is cut, costs the others nothing, and misses nothing once it is back (T-CH-7)."""

import asyncio
import socket

import pytest
from websockets.exceptions import ConnectionClosed

from clientela.api.ws import protocol
from tests.cast import Cast
from tests.tools.devices import Device, device
from tests.ws.test_streams import listening

FLOOD = """DO $$ BEGIN FOR n IN 1..{messages} LOOP
  PERFORM fn.chat_enviar(gen_random_uuid(), '{session}', '{agent}', true, rpad(n::text, 500, '.'), NULL, 10, 'UTC',
                         now());
  COMMIT;
END LOOP; END $$"""
MESSAGES = 1700


def _small(port: int) -> socket.socket:
    """A connection that takes little before it is read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    made.setblocking(False)
    return made


async def _read_all(one: Device, seqs: list[int]) -> None:
    while True:
        seqs.append((await one.hear("message.created"))["data"]["seq"])


async def test_a_slow_device_is_cut_and_catches_up_while_others_hear_at_once(db, server, new_talk):
    talk = new_talk()
    talk.answer("Hola")
    other = new_talk()
    port = int(server.rpartition(":")[2])
    async with (
        device(talk.cliente, after=0, sock=_small(port), max_queue=1) as slow,
        device(other.cliente) as healthy,
    ):
        await slow.hear("message.created")
        flood = asyncio.create_task(
            asyncio.to_thread(
                db.execute,
                FLOOD.format(messages=MESSAGES, session=talk.id, agent=talk.soporte.usuario_id),
            )
        )
        while not flood.done():
            other.answer("¿Sigue ahí?")
            await healthy.hear("message.created")
        await flood
        await asyncio.sleep(0.2)
        seqs = [1]
        with pytest.raises(ConnectionClosed) as ended:
            await _read_all(slow, seqs)
        assert ended.value.rcvd is not None
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (4408, "lector_lento")
    assert len(seqs) < MESSAGES
    async with device(talk.cliente, after=slow.cursor) as back:
        while seqs[-1] < MESSAGES + 1:
            seqs.append((await back.hear("message.created"))["data"]["seq"])
    assert seqs == list(range(1, MESSAGES + 2))


async def test_a_stop_says_goodbye_to_every_device(new_database, start_server):
    """SIGTERM: sockets are closed with 1012, event streams end, the process goes (T-CH-8)."""
    database = new_database()
    server = start_server(database.dsn)
    cliente = Cast(server.url, database, server.data_dir).new_cliente()
    opened = [device(cliente) for _ in range(20)]
    devices = [await made.__aenter__() for made in opened]
    async with listening(cliente) as (answer, _):
        assert server.process is not None
        server.process.terminate()
        codes = await asyncio.gather(*(one.closed(8) for one in devices))
        assert set(codes) == {1012}
        async with asyncio.timeout(8):
            async for _line in answer.aiter_lines():
                pass
    assert await asyncio.to_thread(server.process.wait, 10) == 0
    for made in opened:
        await made.__aexit__(None, None, None)


async def test_a_stuck_device_is_cut_after_ten_seconds(monkeypatch):
    """The clock of a device that does not read, without waiting for it."""
    stuck = []
    one = protocol.SocketProtocol.__new__(protocol.SocketProtocol)
    one.loop = asyncio.get_running_loop()
    one.writable = asyncio.Event()
    one.on_stuck = lambda: stuck.append(True)
    monkeypatch.setattr(protocol, "BLOCKED_SECONDS", 0.05)
    one.pause_writing()
    one.resume_writing()
    await asyncio.sleep(0.1)
    assert stuck == []
    one.pause_writing()
    await asyncio.sleep(0.1)
    assert stuck == [True]
    assert one.full
