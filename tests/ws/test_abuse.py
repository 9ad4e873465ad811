"""What a hostile device may say: it is told what is wrong, or cut with a code that says why (T-CH-10)."""

import json

import pytest
import yaml

from clientela.api.permisos import MARCOS
from clientela.api.ws.commands import COMMANDS
from tests.api.matrix import PATH
from tests.tools.devices import device

BAD_FRAMES = [
    ("", "json_invalido"),
    ("{", "json_invalido"),
    ("[]", "marco_ilegible"),
    ("null", "marco_ilegible"),
    ('"hola"', "marco_ilegible"),
    ("{}", "marco_ilegible"),
    ('{"type": 5}', "marco_ilegible"),
    ('{"type": null, "data": {}}', "marco_ilegible"),
    ('{"type": "session.close", "data": {}}', "marco_desconocido"),
    ('{"type": "message.created", "data": {}}', "marco_desconocido"),
    ('{"type": "message.send"}', "datos_invalidos"),
    ('{"type": "message.send", "data": null}', "datos_invalidos"),
    ('{"type": "message.send", "data": []}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": 5}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": null}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": ""}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "   \\n "}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "\\u0000"}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "\\ud800"}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "x", "sessionId": 7}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "x", "sessionId": "nada"}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "x", "clientMessageId": ""}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "x", "clientMessageId": 5}}', "datos_invalidos"),
    ('{"type": "messages.read", "data": {}}', "datos_invalidos"),
    ('{"type": "messages.read", "data": {"sessionId": "x"}}', "datos_invalidos"),
    ('{"type": "typing", "data": {}}', "datos_invalidos"),
    ('{"type": "message.send", "data": {"message": "x", "n": 1e999}}', "datos_invalidos"),
    ('{"type": "message.send", "data": ' + "[" * 60 + "]" * 60 + "}", "datos_invalidos"),
]


async def test_each_bad_frame_is_answered_and_changes_nothing(db, new_talk):
    talk = new_talk()
    async with device(talk.cliente) as mine:
        for frame, code in BAD_FRAMES:
            await mine.connection.send(frame)
            heard = await mine.hear()
            assert (heard["type"], heard["data"]["code"]) == ("error", code), frame
            assert heard["data"]["message"]
            assert "id" not in heard
        await mine.say("message.send", message="Todavía aquí")
        assert (await mine.hear("message.created"))["data"]["seq"] == 1
    assert db.fetchval("SELECT count(*) FROM chat_mensajes WHERE sesion_id = $1::uuid", talk.id) == 1


async def test_foreign_sessions_are_refused_and_nothing_of_them_is_told(new_talk):
    mine, theirs = new_talk(), new_talk()
    theirs.write("secreto")
    async with device(mine.cliente) as one:
        for tipo, data in (
            ("message.send", {"message": "x", "sessionId": theirs.id, "clientMessageId": "m-1"}),
            ("messages.read", {"sessionId": theirs.id}),
            ("typing", {"sessionId": theirs.id}),
        ):
            await one.say(tipo, **data)
            heard = await one.hear()
            assert heard["data"]["code"] == "chat_ajeno"
            assert heard["data"].get("clientMessageId") == data.get("clientMessageId")
            assert "secreto" not in json.dumps(heard)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("a" * 500, True), ("a" * 501, False), ("😀" * 500, True), ("😀" * 501, False), (" a ", True)],
    ids=["500", "501", "500 emoji", "501 emoji", "blanks"],
)
async def test_length_is_counted_in_code_points(new_talk, text, fits):
    talk = new_talk()
    async with device(talk.cliente) as mine:
        await mine.say("message.send", message=text)
        heard = await mine.hear()
        assert heard["type"] == ("message.created" if fits else "error")


async def test_the_eleventh_message_of_a_minute_is_refused_over_the_socket_too(new_talk):
    talk = new_talk()
    async with device(talk.cliente) as mine:
        for number in range(11):
            await mine.say("message.send", message=f"n.º {number}", clientMessageId=f"m-{number}")
        heard = [await mine.hear() for _ in range(11)]
    assert [frame["type"] for frame in heard].count("message.created") == 10
    refused = next(frame["data"] for frame in heard if frame["type"] == "error")
    assert refused["code"] == "demasiados_mensajes"
    assert refused["clientMessageId"] == "m-10"
    assert 1 <= refused["retry_after"] <= 60


def test_the_frames_of_the_code_are_those_of_the_table():
    table = yaml.safe_load(PATH.read_text())["marcos"]
    assert {f"WS {name}": frozenset(roles) for name, roles in table.items()} == {
        name: rule.roles for name, rule in MARCOS.items()
    }
    assert table.keys() - {"/api/chat/ws"} == COMMANDS.keys()


async def test_every_role_says_what_the_table_lets_it_say(cast, new_talk):
    talk = new_talk()
    table = yaml.safe_load(PATH.read_text())["marcos"]
    data = {"message": "x", "sessionId": talk.id}
    for person in (talk.cliente, cast.vendedora, cast.tecnica, cast.soporte, cast.admin):
        assert person.rol in table["/api/chat/ws"]
        async with device(person) as one:
            for tipo in ("message.send", "messages.read", "typing"):
                await one.say(tipo, **data)
                # Whatever was not refused is followed by the answer to a frame that always is.
                await one.say("nada")
                codes = []
                while "marco_desconocido" not in codes:
                    frame = await one.hear()
                    codes += [frame["data"]["code"]] if frame["type"] == "error" else []
                allowed = person.rol in table[tipo]
                assert codes == ([] if allowed else ["prohibido"]) + ["marco_desconocido"], (person.rol, tipo)


async def test_frames_too_large_binary_or_broken_end_the_socket(cast):
    async with device(cast.cliente) as large:
        await large.connection.send("x" * 65537)
        assert await large.closed() == 1009
    async with device(cast.cliente) as pieces:
        await pieces.connection.send("x" * 20000 for _ in range(4))
        assert await pieces.closed() == 1009
    async with device(cast.cliente) as binary:
        await binary.connection.send(b"\x00\x01")
        assert await binary.closed() == 1003
    async with device(cast.cliente) as broken:
        broken.connection.transport.write(b"\x81\x84\x00\x00\x00\x00\xff\xfe\xfd\xfc")
        assert await broken.closed() == 1007
    async with device(cast.cliente) as fits:
        await fits.connection.send(json.dumps({"type": "pong", "data": {"x": "y" * 60000}}))
        assert await fits.silent(0.2)


async def test_a_flood_of_tiny_frames_is_cut(cast):
    async with device(cast.cliente) as flood:
        for _ in range(400):
            await flood.connection.send('{"type":"pong"}')
        assert await flood.closed() == 4429
