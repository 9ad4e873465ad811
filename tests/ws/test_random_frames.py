"""Whatever a device says, it is answered or passed over, and the socket goes on (T-FZ on frames)."""

import json
import random

from tests.api import hostile
from tests.tools.devices import device

SOCKETS = 5
# A device may say a hundred frames at once.
FRAMES = 80
TYPES = ["message.send", "messages.read", "typing", "pong", "ping", "message.created", "x", ""]
KEYS = ["message", "sessionId", "clientMessageId", "hasta", "type", "id", "data", "x"]
# What is larger than a frame may be ends the socket (test_abuse).
VALUES = [value for value in hostile.VALUES if len(value) < 2000]


def _frame(dice: random.Random, session: str) -> str:
    """A frame that is nearly right: some field of it holds what it should not."""
    known = {"message": '"hola"', "sessionId": f'"{session}"', "hasta": "1", "clientMessageId": '"m-1"'}
    fields = dice.sample(KEYS, dice.randrange(5))
    data = {name: dice.choice(VALUES) if dice.random() < 0.5 else known.get(name, "{}") for name in fields}
    body = "{" + ", ".join(f'"{name}": {value}' for name, value in data.items()) + "}"
    kind = json.dumps(dice.choice(TYPES)) if dice.random() < 0.9 else dice.choice(VALUES)
    whole = [f'{{"type": {kind}, "data": {body}}}', f'{{"type": {kind}}}', dice.choice(VALUES), body]
    return dice.choices(whole, [12, 1, 1, 1])[0]


async def test_random_frames_leave_the_socket_standing(new_talk):
    dice = random.Random(20)
    talk = new_talk()
    codes = set()
    for _ in range(SOCKETS):
        async with device(talk.cliente) as one:
            for _ in range(FRAMES):
                await one.connection.send(_frame(dice, talk.id))
            await one.say("message.send", message="x" * 501, clientMessageId="el último")
            while True:
                heard = await one.hear()
                if heard["type"] == "error":
                    codes.add(heard["data"]["code"])
                    assert heard["data"]["message"]
                    if heard["data"].get("clientMessageId") == "el último":
                        break
    # What is sent to whom is not decided by luck: all that a frame can be told was told.
    assert codes == {"json_invalido", "marco_ilegible", "marco_desconocido", "datos_invalidos"} | (
        codes & {"demasiados_mensajes", "chat_no_encontrado"}
    )
