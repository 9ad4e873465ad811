"""Spec 3 to the letter: six endpoints, their validations, their codes and their words."""

import uuid
from datetime import datetime

from tests.chat.conftest import MESSAGE, SESIONES, SESSION

FORBIDDEN = "No tienes permisos para acceder a esta sesión de chat"
NOT_FOUND = "Sesión de chat no encontrada"
SESSION_FIELDS = {"id", "userId", "status", "createdAt", "lastMessageAt", "messages"}
MESSAGE_FIELDS = {"id", "sessionId", "message", "sender", "timestamp", "isRead", "seq"}


def test_no_session_is_null(new_cliente):
    answer = new_cliente().get(f"{SESSION}/active")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": None, "message": "Sesión obtenida exitosamente"}


def test_a_session_is_created_pending_for_the_token_s_user(new_cliente):
    cliente = new_cliente()
    answer = cliente.post(SESSION)
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == {"success", "data", "message"}
    assert (body["success"], body["message"]) == (True, "Sesión creada exitosamente")
    session = body["data"]
    assert session.keys() == SESSION_FIELDS
    assert (session["userId"], session["status"], session["messages"]) == (cliente.usuario_id, "pending", [])
    assert session["createdAt"] == session["lastMessageAt"]
    assert session["createdAt"].endswith("Z")
    assert cliente.get(f"{SESSION}/active").json()["data"]["id"] == session["id"]


def test_a_second_session_is_refused_until_the_first_is_closed(talk):
    answer = talk.cliente.post(SESSION)
    assert answer.status_code == 409
    body = answer.json()
    assert (body["success"], body["message"]) == (False, "Ya tienes una sesión de chat activa")
    assert (body["code"], body["sessionId"]) == ("chat_abierto", talk.id)
    talk.reply()
    assert talk.cliente.post(SESSION).status_code == 409
    talk.close()
    assert talk.cliente.post(SESSION).status_code == 201


def test_a_message_is_sent(talk):
    answer = talk.say("  Hola, necesito ayuda \n")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["success"], body["message"]) == (True, "Mensaje enviado exitosamente")
    message = body["data"]
    assert message.keys() == MESSAGE_FIELDS
    assert message["message"] == "Hola, necesito ayuda"
    assert (message["sessionId"], message["sender"]) == (talk.id, "user")
    assert (message["isRead"], message["seq"]) == (False, 1)
    session = talk.active()
    assert session["messages"] == [message]
    assert session["lastMessageAt"] == message["timestamp"] > session["createdAt"]


def test_messages_are_read_in_order(talk):
    sent = [talk.say(str(number)).json()["data"] for number in range(3)]
    sent.append(talk.reply("de soporte").json())
    answer = talk.cliente.get(f"{talk.path}/messages")
    assert answer.status_code == 200
    assert (answer.json()["success"], answer.json()["message"]) == (True, "Mensajes obtenidos exitosamente")
    log = answer.json()["data"]
    assert log == sent
    assert [each["seq"] for each in log] == [1, 2, 3, 4]
    assert sorted(log, key=lambda each: datetime.fromisoformat(each["timestamp"])) == log
    assert [each["sender"] for each in log] == ["user", "user", "user", "support"]
    assert talk.log(talk.soporte) == log


def test_closing(talk):
    for _ in range(2):
        answer = talk.close()
        assert answer.status_code == 200
        assert answer.json() == {"success": True, "message": "Sesión cerrada exitosamente"}
    assert talk.active() is None
    assert talk.log() == []


def test_support_closes_too(talk):
    assert talk.close(talk.soporte).status_code == 200
    assert talk.active() is None


def test_marking_as_read(talk):
    talk.say()
    talk.reply()
    talk.reply()
    assert [each["isRead"] for each in talk.log()] == [False, False, False]
    answer = talk.cliente.patch(f"{talk.path}/mark-read")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "message": "Mensajes marcados como leídos"}
    assert [each["isRead"] for each in talk.log()] == [False, True, True]
    assert talk.soporte.patch(f"{talk.path}/mark-read").status_code == 200
    assert [each["isRead"] for each in talk.log()] == [True, True, True]
    talk.reply()
    assert [each["isRead"] for each in talk.log()] == [True, True, True, False]


# --- what is refused ----------------------------------------------------------------------------------------------


def test_a_message_that_cannot_be_sent(talk):
    empty, long = "El mensaje no puede estar vacío", "Debe tener como máximo 500 caracteres"
    for body, text in (
        ({"message": ""}, empty),
        ({"message": " \t\u00a0\n"}, empty),
        ({"message": None}, empty),
        ({}, empty),
        ({"message": "x" * 501}, long),
        ({"message": "👍" * 501}, long),
        ({"message": 5}, "Debe ser un texto"),
        ({"message": ["Hola"]}, "Debe ser un texto"),
    ):
        answer = talk.cliente.post(MESSAGE, json=body)
        assert answer.status_code == 400
        said = answer.json()
        assert (said["success"], said["message"]) == (False, [text])
        assert said["errors"] == {"message": [text]}
    assert talk.log() == []


def test_five_hundred_code_points_after_trimming(talk):
    for text in ("x" * 500, "👍" * 500, f"   {'ñ' * 500}   "):
        assert talk.say(text).json()["data"]["message"] == text.strip()


def test_both_sides_have_five_hundred(talk):
    assert talk.reply("x" * 500).status_code == 201
    answer = talk.reply("x" * 501)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"message": ["Debe tener como máximo 500 caracteres"]}
    assert talk.reply(" ").status_code == 422


def test_malformed_json_has_a_list_too(talk):
    answer = talk.cliente.post(MESSAGE, content=b'{"message": ', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"] == ["El cuerpo no es JSON válido"]
    assert answer.json()["success"] is False


def test_without_a_good_token(cast, talk):
    for token in ({}, {"Authorization": "Bearer nada"}):
        for method, path in (
            ("GET", f"{SESSION}/active"),
            ("POST", SESSION),
            ("POST", MESSAGE),
            ("GET", f"{talk.path}/messages"),
            ("PATCH", f"{talk.path}/close"),
            ("PATCH", f"{talk.path}/mark-read"),
        ):
            answer = cast.anon.request(method, path, headers=token)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            body = answer.json()
            assert (body["success"], body["message"]) == (False, "Token inválido o expirado")
            assert body["code"] == "no_autenticado"


def test_a_foreign_session(talk, cast):
    answers = [
        cast.otra_cliente.get(f"{talk.path}/messages"),
        cast.otra_cliente.patch(f"{talk.path}/close"),
        cast.otra_cliente.patch(f"{talk.path}/mark-read"),
        cast.otra_cliente.post(MESSAGE, json={"message": "Hola", "sessionId": talk.id}),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert (answer.json()["success"], answer.json()["message"]) == (False, FORBIDDEN)
        assert answer.json()["code"] == "chat_ajeno"
    assert talk.log() == []


def test_who_is_neither_customer_nor_support(talk, cast):
    for who in (cast.vendedora, cast.tecnica):
        answer = who.get(f"{talk.path}/messages")
        assert answer.status_code == 403
        assert answer.json()["message"] == FORBIDDEN
    for who in (cast.soporte, cast.admin):
        assert who.post(SESSION).status_code == 403
        assert who.post(MESSAGE, json={"message": "Hola", "sessionId": talk.id}).status_code == 403


def test_a_session_that_is_not_there(new_cliente, cast):
    cliente = new_cliente()
    for number in (str(uuid.uuid4()), "7", "no-es-un-id"):
        answers = [
            cliente.get(f"{SESSION}/{number}/messages"),
            cliente.patch(f"{SESSION}/{number}/close"),
            cast.soporte.patch(f"{SESSION}/{number}/mark-read"),
            cliente.post(MESSAGE, json={"message": "Hola", "sessionId": number}),
        ]
        for answer in answers:
            assert answer.status_code == 404
            assert (answer.json()["success"], answer.json()["message"]) == (False, NOT_FOUND)
        answer = cast.soporte.post(f"{SESIONES}/{number}/mensajes", json={"message": "Hola"})
        assert (answer.status_code, answer.json()["code"]) == (404, "chat_no_encontrado")


def test_a_message_without_an_open_session(talk, new_cliente):
    answer = new_cliente().post(MESSAGE, json={"message": "Hola"})
    assert (answer.status_code, answer.json()["message"]) == (404, NOT_FOUND)
    talk.close()
    answer = talk.say()
    assert (answer.status_code, answer.json()["message"]) == (404, NOT_FOUND)
    answer = talk.say(sessionId=talk.id)
    assert (answer.status_code, answer.json()["message"]) == (409, "La sesión de chat está cerrada")
    assert talk.reply().json()["code"] == "chat_cerrado"


def test_a_page_that_cannot_be(talk):
    for query in ("limit=0", "limit=501", "limit=x", "after=-1", "after=x", "after=99999999999999999999"):
        answer = talk.cliente.get(f"{talk.path}/messages?{query}")
        assert answer.status_code == 400
        assert isinstance(answer.json()["message"], list)
        assert answer.json()["errors"].keys() == {query.partition("=")[0]}
