"""Around a talk: inbox, histories, notes, ratings, canned replies, soft deletion, the house's own words."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.chat.conftest import SESIONES, SESSION

INBOX = "/api/v1/chat/bandeja"
REPLIES = "/api/v1/chat/respuestas"
FIELDS = {
    "id", "numero", "userId", "status", "createdAt", "lastMessageAt", "cliente_id", "cliente", "agente_id", "agente",
    "cerrado_en", "unread", "ultimo_mensaje", "estrellas", "comentario", "version",
}  # fmt: skip


def ids(answer):
    return [each["id"] for each in answer.json()["items"]]


def all_of(who, **query):
    """Every session of an inbox, page after page."""
    found, page = [], 1
    while True:
        answer = who.get(INBOX, params={"per_page": 100, "page": page, **query})
        found += ids(answer)
        if len(found) >= answer.json()["total"]:
            return found
        page += 1


def test_the_inbox_has_what_waits_and_what_is_one_s_own(new_talk, cast):
    agent = cast.new_usuario("soporte")
    older, newer, mine, other = (new_talk(soporte=agent) for _ in range(4))
    mine.reply()
    other.reply(who=cast.soporte)
    found = all_of(agent)
    assert found[-1] == mine.id
    assert other.id not in found
    assert found.index(older.id) < found.index(newer.id), "who waits longest is first"
    assert all_of(agent, cola="mias") == [mine.id]
    waiting = all_of(agent, cola="espera")
    assert mine.id not in waiting
    assert {older.id, newer.id} <= set(waiting)
    assert agent.get(INBOX, params={"cola": "x"}).status_code == 422
    older.close()
    assert older.id not in all_of(agent)


def test_unread_is_what_the_other_side_wrote(talk):
    for _ in range(3):
        talk.say()
    talk.reply()

    def unread(who):
        return who.get(f"{SESIONES}/{talk.id}").json()["unread"]

    assert (unread(talk.soporte), unread(talk.cliente)) == (3, 1)
    talk.soporte.patch(f"{talk.path}/mark-read")
    assert (unread(talk.soporte), unread(talk.cliente)) == (0, 1)
    (listed,) = talk.cliente.get(SESIONES).json()["items"]
    assert listed["unread"] == 1
    talk.cliente.patch(f"{talk.path}/mark-read")
    talk.say()
    assert (unread(talk.soporte), unread(talk.cliente)) == (1, 0)


def test_histories(new_talk, cast):
    first = new_talk()
    first.say()
    first.close()
    second = new_talk(first.cliente)
    answer = first.cliente.get(SESIONES)
    assert ids(answer) == [second.id, first.id]
    assert answer.json().keys() == {"items", "total", "page", "per_page"}
    shown = answer.json()["items"][1]
    assert shown.keys() == FIELDS
    assert (shown["status"], shown["ultimo_mensaje"]["message"]) == ("closed", "Hola, necesito ayuda")
    assert shown == first.cliente.get(f"{SESIONES}/{first.id}").json()
    assert ids(first.cliente.get(SESIONES, params={"estado": "closed"})) == [first.id]
    assert ids(first.cliente.get(SESIONES, params={"per_page": 1, "page": 2})) == [first.id]
    assert ids(cast.otra_cliente.get(SESIONES, params={"cliente_id": first.cliente.cliente_id})) == []
    for who in (cast.soporte, cast.admin):
        assert ids(who.get(SESIONES, params={"cliente_id": first.cliente.cliente_id})) == [
            second.id,
            first.id,
        ]
    assert cast.otra_cliente.get(f"{SESIONES}/{first.id}").json()["code"] == "chat_no_encontrado"
    agent = cast.new_usuario("soporte")
    second.reply(who=agent)
    assert ids(cast.admin.get(SESIONES, params={"agente_id": agent.usuario_id})) == [second.id]
    mine = {"cliente_id": first.cliente.cliente_id}
    today = (datetime.now(UTC) - timedelta(hours=4)).date()
    for days, expected in ((0, 2), (-1, 0), (1, 0)):
        day = (today + timedelta(days=days)).isoformat()
        found = cast.admin.get(SESIONES, params=mine | {"desde": day, "hasta": day})
        assert found.json()["total"] == expected, day


def test_notes_are_support_s_own(talk, cast):
    talk.reply()
    path = f"{SESIONES}/{talk.id}/notas"
    made = talk.soporte.post(path, json={"texto": "Un secreto"})
    assert made.status_code == 201
    assert made.json()["autor"] == {"id": talk.soporte.usuario_id, "nombre": talk.soporte.nombre}
    assert cast.admin.post(path, json={"texto": "Otro"}).status_code == 201
    listed = cast.admin.get(path).json()
    assert [each["texto"] for each in listed["items"]] == ["Un secreto", "Otro"]
    assert listed["total"] == 2
    assert talk.cliente.get(path).status_code == 403
    assert talk.soporte.post(path, json={"texto": " "}).status_code == 422
    assert len(talk.log()) == 1, "a note has no place among the messages"
    heard = cast.db.fetch("SELECT flujo, datos FROM eventos WHERE tipo = 'note.created' AND datos ->> 'id' = $1",
                          made.json()["id"])  # fmt: skip
    assert [row["flujo"] for row in heard] == [f"usuario:{talk.soporte.usuario_id}"]
    assert json.loads(heard[0]["datos"]) == {"id": made.json()["id"], "sessionId": talk.id}


def test_a_rating(talk, cast):
    path = f"{SESIONES}/{talk.id}/calificar"
    assert talk.cliente.post(path, json={"estrellas": 4}).json()["code"] == "chat_sin_cerrar"
    talk.close()
    for wrong in (0, 6, "5", True, None, 4.5):
        assert talk.cliente.post(path, json={"estrellas": wrong}).status_code == 422
    answer = cast.otra_cliente.post(path, json={"estrellas": 4})
    assert (answer.status_code, answer.json()["code"]) == (404, "chat_no_encontrado")
    answer = talk.cliente.post(path, json={"estrellas": 4, "comentario": "Bien"})
    assert answer.status_code == 200
    assert (answer.json()["estrellas"], answer.json()["comentario"]) == (4, "Bien")
    answer = talk.cliente.post(path, json={"estrellas": 5})
    assert (answer.status_code, answer.json()["code"]) == (409, "chat_calificado")


def test_a_session_taken_out_of_sight(talk, cast):
    path = f"{SESIONES}/{talk.id}"
    assert talk.soporte.delete(path).status_code == 403
    answer = cast.admin.delete(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    for who in (talk.cliente, talk.soporte, cast.admin):
        assert who.get(path).status_code == 404
        assert who.get(f"{talk.path}/messages").status_code == 404
    assert talk.cliente.get(SESIONES).json()["total"] == 0
    assert cast.admin.delete(path).status_code == 404
    assert talk.cliente.post(SESSION).status_code == 201


def test_canned_replies(cast):
    word = f"atajo-{uuid.uuid4().hex[:8]}"
    made = cast.soporte.post(REPLIES, json={"atajo": f" {word} ", "texto": " Buen día "})
    assert made.status_code == 201
    reply = made.json()
    assert (reply["atajo"], reply["texto"], reply["version"]) == (word, "Buen día", 1)
    answer = cast.admin.post(REPLIES, json={"atajo": word, "texto": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "atajo_en_uso")
    path = f"{REPLIES}/{reply['id']}"
    assert (
        cast.admin.patch(path, json={"texto": "Buenas tardes"}, headers={"If-Match": '"1"'}).json()["version"]
        == 2
    )
    assert cast.admin.patch(path, json={"texto": "Otra", "version": 1}).status_code == 412
    other = cast.admin.post(REPLIES, json={"atajo": f"{word}-2", "texto": "x"}).json()
    assert cast.admin.patch(f"{REPLIES}/{other['id']}", json={"atajo": word}).json()["code"] == "atajo_en_uso"
    assert cast.admin.patch(path, json={}).json()["version"] == 2, "nothing changes"
    listed = cast.soporte.get(REPLIES, params={"per_page": 100}).json()["items"]
    assert [each["texto"] for each in listed if each["id"] == reply["id"]] == ["Buenas tardes"]
    assert cast.soporte.delete(path).json()["texto"] == "Buenas tardes"
    assert cast.soporte.delete(path).json()["code"] == "respuesta_no_encontrada"
    actions = [
        row["accion"]
        for row in cast.db.fetch("SELECT accion FROM auditoria WHERE objeto_id = $1 ORDER BY id", reply["id"])
    ]
    assert actions == ["respuesta.creada", "respuesta.actualizada", "respuesta.eliminada"]


# --- what the house says by itself --------------------------------------------------------------------------------


@pytest.fixture
def house(cast):
    """The organisation's row, put back afterwards; its zone is 14 hours before UTC, where nobody else's hours are."""
    before = cast.admin.get("/api/v1/organizacion").json()

    def set_up(**fields):
        answer = cast.admin.put("/api/v1/organizacion", json=fields)
        assert answer.status_code == 200, answer.text

    yield set_up
    set_up(**{name: before[name] for name in ("horarios", "feriados", "mensaje_ausente", "saludo", "zona")})


def every_day(*spans):
    return [{"dia_semana": day, "inicio": start, "fin": end} for day in range(7) for start, end in spans]


def texts(talk):
    return [(each["sender"], each["message"]) for each in talk.log()]


def test_a_greeting_once_where_there_is_one(house, new_talk):
    house(saludo="¡Bienvenida!", mensaje_ausente="Volvemos pronto", horarios=[], feriados=[])
    talk = new_talk()
    assert talk.session["messages"][0]["message"] == "¡Bienvenida!"
    assert talk.active()["status"] == "pending", "the house's own words are nobody's answer"
    talk.say()
    talk.say()
    assert texts(talk) == [("support", "¡Bienvenida!"), *[("user", "Hola, necesito ayuda")] * 2]
    talk.reply()
    talk.close()
    assert texts(new_talk(talk.cliente)) == [("support", "¡Bienvenida!")], "each session once"


def test_who_writes_outside_of_the_hours_is_told_once(house, new_talk, cast):
    zone = {"zona": "Pacific/Kiritimati"}
    here = datetime.now(UTC) + timedelta(hours=14)
    minute = f"{here:%H:%M}"
    closed = every_day(("00:00", minute)) if minute > "00:00" else every_day(("12:00", "13:00"))
    house(saludo="Hola", mensaje_ausente="Volvemos mañana", horarios=closed, feriados=[], **zone)
    talk = new_talk()
    assert texts(talk) == [("support", "Volvemos mañana")]
    talk.say()
    talk.say()
    assert len(talk.log()) == 3, "once"
    house(horarios=[], feriados=[])
    open_talk = new_talk()
    assert texts(open_talk) == [("support", "Hola")]
    house(feriados=[here.date().isoformat(), (here + timedelta(days=1)).date().isoformat()])
    open_talk.say()
    open_talk.say()
    assert [text for _, text in texts(open_talk)] == [
        "Hola", "Hola, necesito ayuda", "Volvemos mañana", "Hola, necesito ayuda",
    ]  # fmt: skip
    row = cast.db.fetchrow(
        "SELECT respuestas, primera_respuesta_en, agente_id FROM chat_sesiones WHERE id = $1::uuid",
        open_talk.id,
    )
    assert tuple(row) == (0, None, None), "nobody has answered yet"


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-20 07:59:59", False), ("2026-11-20 08:00:00", True), ("2026-11-20 11:59:59", True),
        ("2026-11-20 12:00:00", False), ("2026-11-20 13:59:00", False), ("2026-11-20 14:00:00", True),
        ("2026-11-20 18:29:59", True), ("2026-11-20 18:30:00", False), ("2026-11-21 10:00:00", False),
        ("2026-11-22 23:59:30", True), ("2026-11-23 00:00:00", False), ("2026-12-25 10:00:00", False),
        # The clock goes from 2 to 3 on this Sunday in New York; and 1:30 comes twice on the other.
        ("2026-03-08 03:15:00", True), ("2026-11-01 01:30:00", False),
    ],
)  # fmt: skip
def test_split_shifts_and_holidays_in_the_house_s_zone(db, local, is_open):
    hours = json.dumps(
        [
            {"dia_semana": 5, "inicio": "08:00", "fin": "12:00"},
            {"dia_semana": 5, "inicio": "14:00", "fin": "18:30"},
            {"dia_semana": 0, "inicio": "03:00", "fin": "23:59"},
        ]
    )
    found = db.fetchval(
        """SELECT fn.organizacion_atiende(o, 'UTC', $1::text::timestamp AT TIME ZONE 'America/New_York')
             FROM (SELECT (jsonb_populate_record(NULL::organizacion, jsonb_build_object(
                       'zona', 'America/New_York', 'horarios', $2::jsonb,
                       'feriados', '["2026-12-25"]'::jsonb))).*) o""",
        local, hours,
    )  # fmt: skip
    assert found is is_open
