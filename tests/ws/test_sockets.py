"""What a device hears over the socket: what it missed, then what comes, each once and in order (CONTRACT §9)."""

import asyncio
import json
import uuid

import pytest
from websockets.exceptions import InvalidStatus

from tests.tools.devices import device


async def test_both_sides_hear_a_message_with_its_text(new_talk):
    talk = new_talk()
    talk.answer("Buenos días")
    async with device(talk.cliente) as mine, device(talk.cliente) as second, device(talk.soporte) as theirs:
        written = talk.write("Hola, ¿me ayudan?")
        for heard in [await one.hear("message.created") for one in (mine, second, theirs)]:
            assert heard["data"] == written | {"isRead": False}
            assert heard["data"]["message"] == "Hola, ¿me ayudan?"
            assert heard["id"]


async def test_an_unassigned_session_is_heard_by_every_agent(cast, new_talk, new_usuario):
    other = new_usuario("soporte")
    async with device(cast.soporte) as one, device(other) as two:
        talk = new_talk()
        for agent in (one, two):
            while (heard := await agent.hear("session.updated"))["data"]["id"] != talk.id:
                pass
            assert heard["data"]["status"] == "pending"
            assert "messages" not in heard["data"]


async def test_nobody_else_hears(cast, new_talk):
    talk = new_talk()
    talk.answer("Es suyo")
    async with device(cast.otra_cliente) as stranger, device(cast.vendedora) as seller:
        talk.write("privado")
        assert await stranger.silent()
        assert await seller.silent(0.1)


async def test_a_message_sent_over_the_socket_comes_back_with_its_own_name(new_talk):
    talk = new_talk()
    async with device(talk.cliente) as mine:
        name = str(uuid.uuid4())
        await mine.say("message.send", message="  Por el socket  ", clientMessageId=name)
        heard = await mine.hear("message.created")
        assert heard["data"]["message"] == "Por el socket"
        assert heard["data"]["clientMessageId"] == name
        assert heard["data"]["seq"] == 1
        # The same sending again makes nothing; whoever repeated it is told, without a place in the stream.
        await mine.say("message.send", message="Por el socket", clientMessageId=name)
        again = await mine.hear("message.created")
        assert again["data"]["id"] == heard["data"]["id"]
        assert "id" not in again


async def test_support_answers_over_the_socket_and_marks_as_read(new_talk):
    talk = new_talk()
    talk.write("¿Hay alguien?")
    async with device(talk.soporte) as agent, device(talk.cliente) as mine:
        await agent.say("message.send", message="Sí", sessionId=talk.id)
        answered = await mine.hear("message.created")
        assert answered["data"]["sender"] == "support"
        await agent.say("messages.read", sessionId=talk.id)
        read = await mine.hear("messages.read")
        assert read["data"]["sessionId"] == talk.id
        assert read["data"]["lector"] == "support"


async def test_typing_is_heard_by_the_other_side_alone_and_never_replayed(new_talk):
    talk = new_talk()
    talk.answer("Hola")
    async with device(talk.cliente) as mine, device(talk.soporte) as agent:
        before = (await _place(mine, talk))["id"]
        await mine.say("typing", sessionId=talk.id)
        heard = await agent.hear("typing")
        assert heard["data"] == {"sessionId": talk.id, "sender": "user"}
        assert "id" not in heard
        await agent.say("typing", sessionId=talk.id)
        assert (await mine.hear("typing"))["data"]["sender"] == "support"
    async with device(talk.cliente, after=before) as back:
        assert await back.silent()


async def test_what_was_missed_comes_first_each_once_and_in_order(new_talk):
    talk = new_talk()
    talk.answer("Uno")
    async with device(talk.cliente) as mine:
        await _place(mine, talk)
    place = mine.cursor
    for number in range(5):
        talk.answer(f"Mientras no estaba {number}")
    async with device(talk.cliente, after=place) as back:
        missed = [(await back.hear("message.created"))["data"]["seq"] for _ in range(5)]
        assert missed == list(range(missed[0], missed[0] + 5))
        talk.answer("Y ahora")
        assert (await back.hear("message.created"))["data"]["message"] == "Y ahora"
        assert await back.silent(0.3)
    ids = [frame["id"] for frame in back.frames]
    assert ids == sorted(set(ids))


async def test_from_zero_everything_comes(new_talk):
    talk = new_talk()
    talk.write("Primero")
    talk.answer("Segundo")
    async with device(talk.cliente, after=0) as mine:
        texts: list[str] = []
        while len(texts) < 2:
            frame = await mine.hear("message.created")
            texts.append(frame["data"]["message"])
        assert texts == ["Primero", "Segundo"]
        kinds = [frame["type"] for frame in mine.frames]
        assert "session.updated" in kinds


async def test_the_other_devices_follow_cart_and_drafts(new_cliente, new_producto):
    cliente = new_cliente()
    product = new_producto()
    async with device(cliente) as other:
        cliente.put(f"{cliente.panel}/carrito", json={"items": [{"itemId": product["id"], "cantidad": 2}]})
        heard = await other.hear("cart.updated")
        assert set(heard["data"]) >= {"id", "version"}
        cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": "Falta una caja"})
        assert (await other.hear("draft.updated"))["data"]["tipo"] == "reclamo"


async def test_three_ways_to_say_who_one_is(new_talk):
    talk = new_talk()
    talk.answer("Hola")
    made = talk.cliente.post("/api/v1/chat/ticket")
    assert made.status_code == 201
    ticket = made.json()["ticket"]
    async with (
        device(talk.cliente) as by_header,
        device(talk.cliente, headers={"Authorization": talk.cliente.token}) as bare,
        device(talk.cliente, subprotocol=True) as by_protocol,
        device(talk.cliente, ticket=ticket) as by_ticket,
    ):
        assert by_protocol.connection.subprotocol == "bearer"
        talk.answer("Para todos")
        for one in (by_header, bare, by_protocol, by_ticket):
            assert (await one.hear("message.created"))["data"]["message"] == "Para todos"


async def test_a_pass_is_good_once_and_for_thirty_seconds(db, new_cliente):
    cliente = new_cliente()
    ticket = cliente.post("/api/v1/chat/ticket").json()["ticket"]
    async with device(cliente, ticket=ticket):
        pass
    late = cliente.post("/api/v1/chat/ticket").json()["ticket"]
    db.execute(
        "UPDATE pases SET vence_en = vence_en - interval '31 seconds' WHERE sesion_id IN "
        "(SELECT id FROM sesiones WHERE usuario_id = $1::uuid)",
        cliente.usuario_id,
    )
    for used in (ticket, late, "nada", ""):
        async with device(cliente, ticket=used) as refused:
            assert await refused.closed() == 4401


async def test_fifty_with_one_pass_open_one_socket(new_cliente):
    cliente = new_cliente()
    ticket = cliente.post("/api/v1/chat/ticket").json()["ticket"]

    async def attempt():
        async with device(cliente, ticket=ticket) as one:
            try:
                await one.closed(1.0)
            except TimeoutError:
                return True
            return False

    assert sum(await asyncio.gather(*(attempt() for _ in range(50)))) == 1


@pytest.mark.parametrize("header", ["Bearer nada", "Bearer a.b.c", "1|" + "x" * 43, "Basic abc", ""], ids=str)
async def test_a_bad_credential_completes_the_handshake_and_is_closed(server, header):
    async with device(None, url=server, headers={"Authorization": header} if header else {}) as refused:
        assert await refused.closed() == 4401


async def test_pages_of_other_origins_are_refused(server, cast):
    hostile = ["null", "https://evil.example", server + ".evil.example", server.replace("http", "https")]
    for origin in [*hostile, f"{server}0", server.upper()]:
        with pytest.raises(InvalidStatus) as refused:
            async with device(cast.cliente, headers={"Origin": origin}):
                pass
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["code"] == "origen_no_admitido"
    async with device(cast.cliente, headers={"Origin": server}):
        pass


async def test_another_path_is_no_socket(server, cast):
    with pytest.raises(InvalidStatus) as refused:
        async with device(cast.cliente, url=f"{server}/api/otra"):
            pass
    assert refused.value.response.status_code == 404


async def test_a_place_that_is_none_is_told(cast):
    for after in ("abc", "-1", "1.5", "1-2-3", "9" * 30):
        async with device(cast.cliente, after=after) as refused:
            assert await refused.closed() == 4400


async def test_a_place_beyond_the_end_is_told_to_read_anew(new_talk):
    talk = new_talk()
    async with device(talk.cliente, after=10_000) as lost:
        assert (await lost.hear())["type"] == "resync"
        talk.write("Sigue")
        assert (await lost.hear("message.created"))["data"]["message"] == "Sigue"


async def test_missed_events_that_are_gone_are_told(db, new_talk):
    talk = new_talk()
    talk.write("Antes")
    db.execute("UPDATE flujos SET purgado = 1 WHERE flujo = $1", f"usuario:{talk.cliente.usuario_id}")
    async with device(talk.cliente, after=0) as back:
        assert (await back.hear())["type"] == "resync"
        assert (await back.hear("message.created"))["data"]["message"] == "Antes"


async def test_a_token_without_the_ability_does_not_listen(cast):
    made = cast.admin.post("/api/v1/tokens", json={"nombre": "Solo productos", "habilidades": ["productos"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    async with device(None, url=cast.base_url, headers=headers) as refused:
        assert await refused.closed() == 4403


async def test_a_deleted_message_is_not_told_again(db, new_talk):
    talk = new_talk()
    talk.write("Se borrará")
    db.execute(
        "UPDATE chat_sesiones SET estado = 'closed', cerrado_en = now(), borrado_en = now(), borrado_por = usuario_id "
        "WHERE id = $1::uuid",
        talk.id,
    )
    async with device(talk.cliente, after=0) as back:
        with pytest.raises(TimeoutError):
            await back.hear("message.created", seconds=0.5)


async def _place(one, talk):
    """Have a device hear something, so that it has a place."""
    talk.write("¿Dónde estoy?")
    return await one.hear("message.created")
