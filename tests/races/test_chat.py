"""Chats under fire: one session, ten messages a minute, one order of messages; each with its control."""

from collections import Counter

import pytest

from tests.cast import Cast
from tests.chat.conftest import MESSAGE, SESIONES, SESSION, Talk
from tests.tools.burst import Request
from tests.tools.burst import burst as fire
from tests.tools.mutants import mutate

MANY = 50


def statuses(answers):
    return Counter(answer.status for answer in answers)


def said(who, number=MANY):
    return [Request("POST", MESSAGE, json={"message": str(turn)}, token=who.token) for turn in range(number)]


def answered(talk, number=MANY):
    path = f"{SESIONES}/{talk.id}/mensajes"
    return [
        Request("POST", path, json={"message": str(turn)}, token=talk.soporte.token) for turn in range(number)
    ]


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.long)])
def test_one_session(burst, new_cliente, rounds):
    cliente = new_cliente()
    for _ in range(rounds):
        answers = burst([Request("POST", SESSION, token=cliente.token)] * MANY, settle=0.01)
        assert statuses(answers) == {201: 1, 409: MANY - 1}
        (session,) = (answer.json()["data"]["id"] for answer in answers if answer.status == 201)
        assert {answer.json()["sessionId"] for answer in answers if answer.status == 409} == {session}
        assert cliente.patch(f"{SESSION}/{session}/close").status_code == 200


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.long)])
def test_ten_messages_a_minute(burst, cast, rounds):
    for _ in range(rounds):
        talk = Talk(cast.new_cliente(), cast.soporte)
        answers = burst(said(talk.cliente), settle=0.01)
        assert statuses(answers) == {201: 10, 429: MANY - 10}
        assert all(1 <= int(each.headers["retry-after"]) <= 60 for each in answers if each.status == 429)
        assert [each["seq"] for each in talk.log()] == list(range(1, 11))


@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.long)])
def test_both_sides_at_once_leave_one_order_without_gaps(burst, cast, rounds):
    for _ in range(rounds):
        talk = Talk(cast.new_cliente(), cast.soporte)
        answers = burst(answered(talk) + said(talk.cliente, 10), settle=0.01)
        assert statuses(answers) == {201: MANY + 10}
        log = talk.log()
        assert [each["seq"] for each in log] == list(range(1, MANY + 11))
        assert [each["timestamp"] for each in log] == sorted(each["timestamp"] for each in log)
        # The event stream of the customer tells them in the same order.
        rows = cast.db.fetch(
            """SELECT datos ->> 'id' AS id FROM eventos WHERE flujo = $1 AND tipo = 'message.created' ORDER BY seq""",
            f"usuario:{talk.cliente.usuario_id}",
        )
        assert [row["id"] for row in rows] == [each["id"] for each in log]


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.long)])
def test_one_message_of_those_with_one_name(burst, cast, rounds):
    talk = Talk(cast.new_cliente(), cast.soporte)
    for turn in range(rounds):
        body = {"message": "Hola", "clientMessageId": f"{turn}"}
        cast.db.execute(
            "UPDATE chat_mensajes SET creado_en = creado_en - interval '1 hour' WHERE sesion_id = $1::uuid",
            talk.id,
        )
        answers = burst([Request("POST", MESSAGE, json=body, token=talk.cliente.token)] * MANY, settle=0.01)
        assert statuses(answers) == {201: 1, 200: MANY - 1}
        assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.long)])
def test_nothing_is_written_after_the_end(burst, cast, rounds):
    for _ in range(rounds):
        talk = Talk(cast.new_cliente(), cast.soporte)
        closing = Request("PATCH", f"{talk.path}/close", token=talk.cliente.token)
        requests = answered(talk, 20)
        requests.insert(10, closing)
        answers = burst(requests, settle=0.01)
        assert statuses(answers)[409] + statuses(answers)[201] == 20
        rows = cast.db.fetch(
            """SELECT tipo, datos ->> 'status' AS estado FROM eventos WHERE flujo = $1 ORDER BY seq""",
            f"usuario:{talk.cliente.usuario_id}",
        )
        assert (rows[-1]["tipo"], rows[-1]["estado"]) == ("session.updated", "closed")
        assert len(talk.log()) == statuses(answers)[201]


def test_control_without_the_locks(start_server, new_database):
    """Without index, lock and keys there are several sessions, more than ten messages, and a seq comes twice."""
    database = new_database()
    server = start_server(database.dsn, workers=2)
    cast = Cast(server.url, database, server.data_dir)
    talks = [Talk(cast.new_cliente(), cast.soporte) for _ in range(5)]
    database.execute("DROP INDEX chat_sesiones_abierta_uk")
    database.execute("ALTER TABLE chat_mensajes DROP CONSTRAINT chat_mensajes_pk")
    mutate(
        database,
        "chat_abrir",
        "ON CONFLICT (usuario_id) WHERE estado IN ('pending', 'active') AND borrado_en IS NULL DO NOTHING",
        "",
    )
    mutate(database, "chat_destino", "FOR NO KEY UPDATE", "")
    mutate(database, "chat_acceder", "FOR NO KEY UPDATE", "")
    opened = statuses(fire(server.url, [Request("POST", SESSION, token=cast.cliente.token)] * MANY))
    assert opened[201] > 1
    most, repeated = 0, False
    for talk in talks:
        most = max(most, statuses(fire(server.url, said(talk.cliente)))[201])
        fire(server.url, answered(talk, 20))
        seqs = [each["seq"] for each in talk.log()]
        repeated = repeated or len(seqs) > len(set(seqs))
    assert most > 10
    assert repeated
