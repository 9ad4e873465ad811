"""POST /reclamos and POST /soporte (spec 1 §4, CONTRACT §8, §12)."""

import json
import uuid

import pytest

CLAIM = {"titulo": "Llegó roto", "descripcion": "La caja estaba abierta"}
HELP = {"asunto": "Horario", "mensaje": "¿A qué hora abren?"}
SENDINGS = [
    ("/reclamos", CLAIM, "Reclamo enviado exitosamente", "reclamo", "REC"),
    ("/soporte", HELP, "Mensaje de soporte enviado exitosamente", "soporte", "SOP"),
]


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


@pytest.mark.parametrize(("path", "body", "message", "tipo", "prefix"), SENDINGS)
def test_a_ticket_is_made(cliente, path, body, message, tipo, prefix):
    sent = cliente.post(path, json=body)
    assert sent.status_code == 201
    answer = sent.json()
    assert answer.keys() == {"message", "id", "folio", "estado"}
    assert (answer["message"], answer["estado"]) == (message, "ABIERTO")
    ticket = cliente.get(f"/api/v1/tickets/{answer['id']}").json()
    assert answer["folio"] == ticket["folio"] == f"{prefix}-{ticket['numero']:06}"
    title, text = body.values()
    assert (ticket["tipo"], ticket["estado"], ticket["asunto"]) == (tipo, "ABIERTO", title)
    assert ticket["mensajes"] == [
        {"seq": 1, "autor": "cliente", "texto": text, "creado_en": ticket["creado_en"]}
    ]


@pytest.mark.parametrize(("path", "body", "message", "tipo", "prefix"), SENDINGS)
def test_a_sending_is_audited_without_its_texts(cliente, db, path, body, message, tipo, prefix):
    sent = cliente.post(path, json=body).json()
    row = db.fetchrow("SELECT * FROM auditoria WHERE objeto_id = $1", sent["id"])
    assert (row["accion"], row["objeto_tipo"], str(row["actor_id"])) == (
        "ticket.abierto",
        "ticket",
        cliente.usuario_id,
    )
    assert json.loads(row["datos"]) == {"tipo": tipo}


def test_staff_consoles_are_told(cliente, db):
    sent = cliente.post("/reclamos", json=CLAIM).json()
    streams = db.fetch(
        "SELECT flujo, principal FROM eventos WHERE tipo = 'ticket.updated' AND datos ->> 'id' = $1",
        sent["id"],
    )
    assert {tuple(row) for row in streams} == {
        (f"usuario:{cliente.usuario_id}", True),
        ("rol:soporte", False),
        ("rol:admin", False),
    }


@pytest.mark.parametrize(("path", "body", "message", "tipo", "prefix"), SENDINGS)
def test_texts_must_be_there_and_in_bounds(cliente, path, body, message, tipo, prefix):
    title, text = body
    cases = [
        ({title: "x"}, {text}),
        ({text: "x"}, {title}),
        ({}, {title, text}),
        ({title: "", text: ""}, {title, text}),
        ({title: "  \n", text: "\t "}, {title, text}),
        ({title: None, text: None}, {title, text}),
        ({title: 5, text: ["x"]}, {title, text}),
        ({title: "x" * 201, text: "x" * 10_001}, {title, text}),
    ]
    for sent, fields in cases:
        refused = cliente.post(path, json=sent)
        assert refused.status_code == 422
        assert refused.json()["errors"].keys() == fields, sent
    assert cliente.post(path, json={title: "🙁" * 200, text: "🙁" * 10_000}).status_code == 201
    assert cliente.get("/api/v1/tickets").json()["total"] == 1


@pytest.mark.parametrize("value", ["01890a5d-ac96-774b-bcce-b302099a8057", "15", "no-es-un-id", "", 15, {}])
@pytest.mark.parametrize("field", ["pedido_id", "orden_id"])
def test_orders_that_are_not_there_are_named(cliente, field, value):
    refused = cliente.post("/reclamos", json={**CLAIM, field: value})
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {field}
    assert cliente.get("/api/v1/tickets").json()["total"] == 0
    assert cliente.post("/reclamos", json={**CLAIM, field: None}).status_code == 201


@pytest.fixture
def order(cliente, new_producto):
    """An order of hers."""
    line = {"producto_id": new_producto()["id"], "cantidad": 1}
    assert cliente.post("/orders/cart/me", json=line).status_code == 201
    return cliente.post("/orders/from-cart/me", json={}).json()["id"]


def test_a_claim_is_about_an_order(cliente, cast, order):
    sent = cliente.post("/reclamos", json={**CLAIM, "pedido_id": order})
    assert sent.status_code == 201, sent.text
    for who in (cliente, cast.soporte, cast.admin):
        assert who.get(f"/api/v1/tickets/{sent.json()['id']}").json()["pedido_id"] == order
    (listed,) = cliente.get("/api/v1/tickets").json()["items"]
    assert listed["pedido_id"] == order
    # The same words about the same order are one sending, about another thing they are another.
    assert cliente.post("/reclamos", json={**CLAIM, "pedido_id": order}).json() == sent.json()
    other = cliente.post("/reclamos", json=CLAIM).json()
    assert other["id"] != sent.json()["id"]
    assert cliente.get(f"/api/v1/tickets/{other['id']}").json()["pedido_id"] is None


def test_a_claim_about_anothers_order_is_refused(cliente, cast, new_cliente, order):
    other = new_cliente()
    refused = other.post("/reclamos", json={**CLAIM, "pedido_id": order})
    assert (refused.status_code, refused.json()["code"]) == (403, "prohibido")
    assert other.get("/api/v1/tickets").json()["total"] == 0
    both = other.post("/reclamos", json={**CLAIM, "pedido_id": str(uuid.uuid4()), "orden_id": "x"})
    assert both.json()["errors"].keys() == {"pedido_id", "orden_id"}
    # Administrators write down what anybody says.
    assert cast.admin.post("/reclamos", json={**CLAIM, "pedido_id": order}).status_code == 201


def test_a_repetition_within_two_minutes_is_one_sending(cliente, db):
    first = cliente.post("/reclamos", json=CLAIM)
    again = cliente.post("/reclamos", json=CLAIM)
    assert (again.status_code, again.json()) == (201, first.json())
    assert cliente.get("/api/v1/tickets").json()["total"] == 1
    for sql in (
        "UPDATE tickets SET creado_en = creado_en - interval '121 seconds'",
        "UPDATE borradores_enviados SET enviado_en = enviado_en - interval '121 seconds'",
    ):
        db.execute(f"{sql} WHERE cliente_id = $1::uuid", cliente.cliente_id)
    assert cliente.post("/reclamos", json=CLAIM).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    "other",
    [
        {**CLAIM, "titulo": "Llegó roto "},
        {**CLAIM, "descripcion": "La caja estaba cerrada"},
        {**CLAIM, "titulo": "llegó roto"},
    ],
)
def test_other_texts_are_another_claim(cliente, other):
    first, second = cliente.post("/reclamos", json=CLAIM), cliente.post("/reclamos", json=other)
    assert first.json()["id"] != second.json()["id"]


def test_another_kind_or_person_is_another_ticket(cliente, new_cliente):
    same = {"titulo": "Horario", "descripcion": "Igual", "asunto": "Horario", "mensaje": "Igual"}
    ids = {
        cliente.post("/reclamos", json=same).json()["id"],
        cliente.post("/soporte", json=same).json()["id"],
        new_cliente().post("/reclamos", json=same).json()["id"],
    }
    assert len(ids) == 3


def test_a_repeated_key_is_answered_as_before(cliente):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (cliente.post("/reclamos", json=CLAIM, headers=key) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    other = cliente.post("/reclamos", json={**CLAIM, "titulo": "Otro"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "clave_idempotencia_reusada")


def test_two_keys_are_two_claims(cliente):
    """Who says himself which sendings are one is believed: the rule against double clicks stands aside."""
    sent = [
        cliente.post("/reclamos", json=CLAIM, headers={"Idempotency-Key": uuid.uuid4().hex}).json()["folio"]
        for _ in range(2)
    ]
    assert len(set(sent)) == 2


def test_who_may_send(cast):
    for path, body, *_ in SENDINGS:
        assert cast.anon.post(path, json=body).status_code == 401
        for staff in (cast.vendedora, cast.tecnica, cast.soporte):
            assert staff.post(path, json=body).status_code == 403


def test_an_administrator_has_no_panel_and_may_send_all_the_same(cast):
    sent = cast.admin.post("/soporte", json={"asunto": uuid.uuid4().hex, "mensaje": "Prueba"})
    assert sent.status_code == 201
    ticket = cast.admin.get(f"/api/v1/tickets/{sent.json()['id']}").json()
    assert (ticket["cliente_id"], ticket["mensajes"][0]["autor"]) == (None, "personal")
