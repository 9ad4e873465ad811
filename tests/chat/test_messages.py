"""Messages: each once, in one order, read page by page; the minute's limit; who hears and what is written down."""

import json
import uuid

from tests.chat.conftest import MESSAGE, SESIONES, SESSION

PLANT = """
WITH nuevos AS (
    INSERT INTO chat_mensajes (sesion_id, seq, id, autor_id, sender, texto, creado_en)
    SELECT $1::uuid, n, gen_random_uuid(), $2::uuid, 'user', n::text, now() - interval '1 hour'
      FROM generate_series(1, $3::integer) n
)
UPDATE chat_sesiones SET ultimo_seq = $3 WHERE id = $1::uuid"""


def events(db, persona, after=0):
    """What the devices of somebody hear, as (type, data)."""
    rows = db.fetch(
        "SELECT tipo, datos, seq FROM eventos WHERE flujo = $1 AND seq > $2 ORDER BY seq",
        f"usuario:{persona.usuario_id}", after,
    )  # fmt: skip
    return [(row["tipo"], json.loads(row["datos"])) for row in rows]


def of_support(db, talk):
    """What everybody of support hears of a session, as (type, data)."""
    rows = db.fetch(
        """SELECT tipo, datos FROM eventos
            WHERE flujo = 'rol:soporte' AND $1 IN (datos ->> 'id', datos ->> 'sessionId') ORDER BY seq""",
        talk.id,
    )
    return [(row["tipo"], json.loads(row["datos"])) for row in rows]


def head(db, persona):
    return db.fetchval("SELECT ultimo FROM flujos WHERE flujo = $1", f"usuario:{persona.usuario_id}") or 0


def actions(cast, talk):
    rows = cast.db.fetch(
        """SELECT accion, cadena, actor_id::text AS actor, datos FROM auditoria
            WHERE objeto_tipo = 'chat' AND objeto_id = $1 ORDER BY id""",
        talk.id,
    )
    assert {row["cadena"] for row in rows} <= {f"chat:{talk.id[-2:]}"}
    return [(row["accion"], row["actor"]) for row in rows]


def test_what_was_sent_twice_is_there_once(talk):
    first = talk.say("Uno", clientMessageId="abc")
    assert first.status_code == 201
    assert first.json()["data"]["clientMessageId"] == "abc"
    again = talk.say("Otro texto", clientMessageId="abc")
    assert again.status_code == 200
    assert again.json() == first.json()
    assert talk.reply("De soporte", clientMessageId="abc").status_code == 201
    assert talk.reply("De soporte", clientMessageId="abc").status_code == 200
    assert [each["message"] for each in talk.log()] == ["Uno", "De soporte"]


def test_a_repetition_after_the_end_is_still_answered(talk, new_talk):
    """Its answer was lost, and meanwhile the session was closed: the device must learn that it arrived."""
    first = talk.say(clientMessageId="última").json()["data"]
    talk.close()
    for fields in ({}, {"sessionId": talk.id}):
        answer = talk.say(clientMessageId="última", **fields)
        assert (answer.status_code, answer.json()["data"]) == (200, first)
    assert talk.say(clientMessageId="otra").status_code == 404
    later = new_talk(talk.cliente)
    assert later.say(clientMessageId="última").status_code == 201, "another session has names of its own"


def test_pages(talk, cast):
    cast.db.execute(PLANT, talk.id, talk.cliente.usuario_id, 620)
    seqs = [each["seq"] for each in talk.log()]
    assert seqs == list(range(121, 621)), "the latest 500"
    assert [each["seq"] for each in talk.active()["messages"]] == list(range(521, 621)), "the latest 100"
    for query, expected in (
        ({"after": 0}, range(1, 101)),
        ({"limit": 5}, range(1, 6)),
        ({"after": 100, "limit": 500}, range(101, 601)),
        ({"after": 600}, range(601, 621)),
        ({"after": 620}, range(0)),
        ({"after": 2**62}, range(0)),
        ({"after": "", "limit": ""}, range(121, 621)),
    ):
        assert [each["seq"] for each in talk.log(**query)] == list(expected), query


def test_the_eleventh_message_of_a_minute_waits(talk, cast):
    for number in range(10):
        assert talk.say(clientMessageId=str(number)).status_code == 201
    assert talk.say(clientMessageId="3").status_code == 200, "a repetition is no message"
    assert talk.say(" ").status_code == 400, "nor is one that is refused"
    for _ in range(3):
        answer = talk.say()
        assert answer.status_code == 429
        assert (answer.json()["success"], answer.json()["code"]) == (False, "demasiados_mensajes")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    for _ in range(12):
        assert talk.reply().status_code == 201, "support has no limit"
    cast.db.execute(
        """UPDATE chat_mensajes SET creado_en = creado_en - interval '61 seconds'
            WHERE sesion_id = $1::uuid AND seq <= 2""",
        talk.id,
    )
    assert [talk.say().status_code for _ in range(3)] == [201, 201, 429]


def test_the_limit_goes_with_the_customer_into_his_next_session(talk, new_talk):
    for _ in range(10):
        talk.say()
    talk.close()
    assert new_talk(talk.cliente).say().status_code == 429


def test_a_clock_that_went_wrong_holds_nobody_up(talk, cast):
    talk.say()
    cast.db.execute(
        "UPDATE chat_mensajes SET creado_en = now() + interval '1 year' WHERE sesion_id = $1::uuid", talk.id
    )
    cast.db.execute(
        "UPDATE chat_sesiones SET ultimo_mensaje_en = now() + interval '1 year' WHERE id = $1::uuid", talk.id
    )
    assert [talk.say().status_code for _ in range(11)] == [201] * 10 + [429]


def test_the_first_answer_takes_the_session(talk, cast, new_usuario):
    other = new_usuario("soporte")
    talk.say()
    told = [kind for kind, _ in of_support(cast.db, talk)]
    assert told == ["session.updated", "message.created"], "nobody has it: all hear"
    answer = talk.reply()
    assert answer.status_code == 201
    assert (answer.json()["sender"], answer.json()["seq"]) == ("support", 2)
    assert talk.active()["status"] == "active"
    kind, heard = of_support(cast.db, talk)[-1]
    assert (kind, heard["agente_id"]) == ("session.updated", talk.soporte.usuario_id)
    mark = head(cast.db, other)
    talk.say()
    assert len(of_support(cast.db, talk)) == 3, "somebody has it: the others hear no more of it"
    talk.reply(who=other)
    assert [kind for kind, _ in events(cast.db, other, mark)] == ["message.created"], "his own only"
    row = cast.db.fetchrow("SELECT agente_id::text, version FROM chat_sesiones WHERE id = $1::uuid", talk.id)
    assert tuple(row) == (talk.soporte.usuario_id, 2)


def test_what_the_customer_s_devices_hear(talk, cast):
    talk.say("Un secreto")
    talk.reply("Otro secreto")
    talk.soporte.patch(f"{talk.path}/mark-read")
    talk.soporte.patch(f"{talk.path}/mark-read")
    talk.cliente.patch(f"{talk.path}/mark-read")
    talk.close()
    heard = events(cast.db, talk.cliente)[1:]
    assert [kind for kind, _ in heard] == [
        "session.updated", "message.created", "session.updated", "message.created", "messages.read",
        "messages.read", "session.updated",
    ]  # fmt: skip
    assert "secreto" not in json.dumps(heard)
    opened, said, taken, answered, read, own, closed = (data for _, data in heard)
    shown = {name: value for name, value in talk.session.items() if name != "messages"}
    assert opened == shown | {"agente_id": None}
    assert (said["sessionId"], said["seq"], answered["seq"]) == (talk.id, 1, 2)
    assert (taken["status"], taken["agente_id"]) == ("active", talk.soporte.usuario_id)
    assert read == {"sessionId": talk.id, "lector": "support", "hasta": 2}
    assert own == {"sessionId": talk.id, "lector": "user", "hasta": 2}
    assert closed["status"] == "closed"
    assert closed.keys() == {"id", "userId", "status", "createdAt", "lastMessageAt", "agente_id"}


def test_every_message_and_every_act_of_staff_is_written_down(talk, cast):
    talk.say()
    talk.reply()
    talk.soporte.patch(f"{talk.path}/mark-read")
    talk.close(cast.admin)
    talk.close(cast.admin)
    cliente, soporte = talk.cliente.usuario_id, talk.soporte.usuario_id
    assert actions(cast, talk) == [
        ("chat.abierto", cliente), ("chat.mensaje", cliente), ("chat.mensaje", soporte),
        ("chat.asignado", soporte), ("chat.leido", soporte), ("chat.cerrado", cast.admin.usuario_id),
    ]  # fmt: skip


def test_the_timeline_tells_of_a_talk(talk, cast):
    talk.say()
    talk.close()
    items = cast.admin.get(f"/api/v1/clientes/{talk.cliente.cliente_id}/linea-de-tiempo").json()["items"]
    told = [each for each in items if each["tipo"] == "session.updated"]
    assert len(told) == 2, "opened and closed"
    number = cast.db.fetchval("SELECT numero FROM chat_sesiones WHERE id = $1::uuid", talk.id)
    assert told[0]["resumen"] == f"Chat de soporte n.º {number}: terminado"


def test_a_soft_deleted_session_is_not_there(talk, cast):
    cast.db.execute(
        "UPDATE chat_sesiones SET borrado_en = now(), borrado_por = $2::uuid WHERE id = $1::uuid",
        talk.id, cast.admin.usuario_id,
    )  # fmt: skip
    for who in (talk.cliente, talk.soporte):
        assert who.get(f"{talk.path}/messages").status_code == 404
    assert talk.active() is None
    assert talk.say().status_code == 404
    assert talk.cliente.post(SESSION).status_code == 201


def test_an_idempotency_key_repeats_the_answer(talk):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    answers = [talk.cliente.post(MESSAGE, json={"message": "Hola"}, headers=key) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(talk.log()) == 1
    assert (
        talk.soporte.post(f"{SESIONES}/{talk.id}/mensajes", json={"message": "x", "y": 1}).status_code == 422
    )
