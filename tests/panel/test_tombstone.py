"""What was sent does not come back as a draft (spec 1 §4, CONTRACT §8, §12, RELIABILITY D-18)."""

import json
import uuid

import pytest

SENT = {"titulo": "Llegó roto", "descripcion": "La caja estaba abierta y faltaba el cargador"}
# What an autosave holds, and whether it is an echo of SENT.
TEXTS = [
    ({"titulo": "Llegó roto", "descripcion": "La caja estaba abierta y faltaba el cargador"}, True),
    ({"titulo": "Llegó roto", "descripcion": "La caja estaba"}, True),
    ({"titulo": "Llegó roto", "descripcion": "La caja estaba "}, True),
    ({"titulo": "Llegó roto", "descripcion": ""}, True),
    ({"titulo": "Lle", "descripcion": ""}, True),
    ({"titulo": "L"}, True),
    ({"descripcion": "La caja"}, True),
    ({"titulo": "", "descripcion": "La caja"}, True),
    ({"titulo": " Llegó roto\n", "descripcion": "La caja\r\n"}, True),
    ({"titulo": "Llegó roto.", "descripcion": "La caja"}, False),
    ({"titulo": "Llegó roto", "descripcion": "la caja"}, False),
    ({"titulo": "llegó roto"}, False),
    ({"titulo": "legó roto"}, False),
    ({"titulo": "La caja"}, False),
    ({"titulo": "Otra cosa", "descripcion": "La caja"}, False),
    ({"titulo": "", "descripcion": ""}, False),
    ({"titulo": ""}, False),
    ({"descripcion": "  \n"}, False),
    (
        {"titulo": "Llegó roto", "descripcion": "La caja estaba abierta y faltaba el cargador, y el cable"},
        False,
    ),
]


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def put(cliente, tipo="reclamo", **body):
    return cliente.put(f"{cliente.panel}/borradores/{tipo}", json=body)


def autosave(cliente, tipo="reclamo", **draft):
    return cliente.post(f"{cliente.panel}/auto-guardar", json={"borradores": {tipo: draft}})


def draft(cliente, tipo="reclamo"):
    return cliente.get(f"{cliente.panel}/borradores").json()[tipo]


def send(cliente, **body):
    answer = cliente.post("/reclamos", json=body or SENT)
    assert answer.status_code == 201, answer.text
    return answer.json()


def an_hour_later(db, cliente, seconds=3600):
    """Make what was sent so much older (every instant of the rule comes from the stored one)."""
    for sql in (
        "UPDATE borradores_enviados SET enviado_en = enviado_en - make_interval(secs => $2)",
        "UPDATE tickets SET creado_en = creado_en - make_interval(secs => $2)",
    ):
        db.execute(f"{sql} WHERE cliente_id = $1::uuid", cliente.cliente_id, seconds)


def test_sending_removes_the_draft(cliente):
    put(cliente, **SENT)
    put(cliente, "soporte", asunto="Otra cosa")
    send(cliente)
    assert draft(cliente) is None
    assert draft(cliente, "soporte")["asunto"] == "Otra cosa", "the other kind stays"


def test_support_removes_its_draft(cliente):
    put(cliente, "soporte", asunto="Horario", mensaje="¿A qué")
    sent = cliente.post("/soporte", json={"asunto": "Horario", "mensaje": "¿A qué hora abren?"})
    assert sent.status_code == 201
    assert draft(cliente, "soporte") is None
    late = put(cliente, "soporte", asunto="Horario", mensaje="¿A qué hora")
    assert (late.status_code, late.json()["code"]) == (409, "borrador_enviado")


@pytest.mark.parametrize(("texts", "is_echo"), TEXTS)
def test_without_a_version_texts_decide(cliente, texts, is_echo):
    send(cliente)
    answer = put(cliente, **texts)
    if is_echo:
        assert (answer.status_code, answer.json()["code"]) == (409, "borrador_enviado")
        assert draft(cliente) is None
    else:
        assert answer.status_code == 200
        shown = draft(cliente)
        assert (shown["titulo"], shown["descripcion"]) == (
            texts.get("titulo", ""),
            texts.get("descripcion", ""),
        )


@pytest.mark.parametrize(("texts", "is_echo"), TEXTS)
def test_an_autosave_follows_the_same_rule(cliente, texts, is_echo):
    send(cliente)
    answer = autosave(cliente, **texts)
    assert answer.status_code == 200
    body = answer.json()
    assert body["borradores_actualizados"] is not is_echo
    assert body["conflictos"] == (["borradores.reclamo"] if is_echo else [])
    assert (draft(cliente) is None) == is_echo


def test_an_echo_does_not_overwrite_what_was_begun_since(cliente):
    send(cliente)
    put(cliente, titulo="Otro reclamo")
    assert put(cliente, **SENT).status_code == 409
    assert draft(cliente)["titulo"] == "Otro reclamo"


def test_every_sending_of_the_last_minutes_has_its_echo(cliente):
    send(cliente)
    send(cliente, titulo="Segundo", descripcion="Otro asunto")
    assert put(cliente, **SENT).status_code == 409
    assert put(cliente, titulo="Segundo").status_code == 409
    assert put(cliente, titulo="Tercero").status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(0, 409), (115, 409), (121, 200), (3600, 200)])
def test_an_echo_fades_after_two_minutes(cliente, db, seconds, status):
    send(cliente)
    an_hour_later(db, cliente, seconds)
    assert put(cliente, **SENT).status_code == status


def test_the_other_kind_and_other_people_are_not_concerned(cliente, new_cliente):
    send(cliente)
    assert put(cliente, "soporte", asunto=SENT["titulo"]).status_code == 200
    assert put(new_cliente(), **SENT).status_code == 200


def test_a_version_from_before_the_sending_is_refused_for_ever(cliente, db):
    first = put(cliente, titulo="Otra cosa muy distinta").json()["version"]
    send(cliente)
    an_hour_later(db, cliente)
    for version in (0, first):
        late = put(cliente, titulo="Algo nuevo", version=version)
        assert late.status_code == 409
        assert (late.json()["code"], late.json()["version"]) == ("borrador_enviado", first + 1)
    assert draft(cliente) is None


def test_the_version_after_the_sending_may_write_even_the_same_texts(cliente):
    version = put(cliente, **SENT).json()["version"]
    send(cliente)
    assert put(cliente, **SENT, version=version + 1).status_code == 200
    stale = put(cliente, titulo="x", version=version + 1)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_anterior")


def test_a_sending_without_any_draft_has_its_tombstone_too(cliente):
    send(cliente)
    late = put(cliente, titulo="Llegó", version=0)
    assert (late.status_code, late.json()["code"]) == (409, "borrador_enviado")


def test_deleting_after_the_sending_changes_nothing(cliente, db):
    """Front ends delete the draft themselves once they have sent it (spec 1 §2)."""
    put(cliente, **SENT)
    send(cliente)
    version = db.fetchval("SELECT version FROM borradores WHERE cliente_id = $1::uuid", cliente.cliente_id)
    assert cliente.delete(f"{cliente.panel}/borradores/reclamo").status_code == 200
    assert put(cliente, **SENT).status_code == 409
    assert version == db.fetchval(
        "SELECT version FROM borradores WHERE cliente_id = $1::uuid", cliente.cliente_id
    )


def test_a_repeated_sending_leaves_a_newer_draft_alone(cliente):
    send(cliente)
    put(cliente, titulo="Otro reclamo")
    send(cliente)
    assert draft(cliente)["titulo"] == "Otro reclamo"


def test_planted_loss_of_the_tombstone_would_be_seen(cliente, db):
    """The control: without what was sent, the late autosave brings the draft back."""
    send(cliente)
    db.execute("DELETE FROM borradores_enviados WHERE cliente_id = $1::uuid", cliente.cliente_id)
    assert put(cliente, **SENT).status_code == 200
    assert draft(cliente) is not None


def test_the_devices_hear_of_ticket_and_draft(cliente, db):
    put(cliente, **SENT)
    sent = send(cliente)
    events = db.fetch(
        "SELECT tipo, datos FROM eventos WHERE flujo = $1 AND tipo <> 'client.created' ORDER BY seq",
        f"usuario:{cliente.usuario_id}",
    )
    assert [(event["tipo"], json.loads(event["datos"])) for event in events] == [
        ("draft.updated", {"id": cliente.cliente_id, "tipo": "reclamo", "version": 1}),
        ("ticket.updated", {"id": sent["id"], "version": 1}),
        ("draft.updated", {"id": cliente.cliente_id, "tipo": "reclamo", "version": 2}),
    ]


def test_refused_claims_leave_the_draft(cliente):
    put(cliente, **SENT)
    refused = cliente.post("/reclamos", json={**SENT, "pedido_id": str(uuid.uuid4())})
    assert refused.status_code == 422
    assert draft(cliente)["titulo"] == SENT["titulo"]
    assert put(cliente, **SENT).status_code == 200
