"""GET /api/v1/tickets and /api/v1/tickets/{id} (CONTRACT §9, §12)."""

import uuid

import pytest


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def claim(cliente, titulo):
    return cliente.post("/reclamos", json={"titulo": titulo, "descripcion": "x"}).json()


def help_me(cliente, asunto):
    return cliente.post("/soporte", json={"asunto": asunto, "mensaje": "x"}).json()


def test_a_customer_lists_his_own_newest_first(cliente, new_cliente):
    claim(new_cliente(), "ajeno")
    sent = [claim(cliente, f"reclamo {number}") for number in range(3)]
    sent.append(help_me(cliente, "ayuda"))
    answer = cliente.get("/api/v1/tickets")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["total"], body["page"], body["per_page"]) == (4, 1, 20)
    assert [ticket["id"] for ticket in body["items"]] == [ticket["id"] for ticket in reversed(sent)]
    assert body["items"][0].keys() == {
        "id", "numero", "tipo", "folio", "estado", "asunto", "cliente_id", "pedido_id", "orden_id", "version",
        "creado_en", "actualizado_en",
    }  # fmt: skip
    assert {ticket["cliente_id"] for ticket in body["items"]} == {cliente.cliente_id}


def test_lists_are_filtered_and_paged(cliente, db):
    sent = [claim(cliente, f"reclamo {number}") for number in range(5)]
    help_me(cliente, "ayuda")
    db.execute("UPDATE tickets SET estado = 'CERRADO' WHERE id = $1::uuid", sent[0]["id"])

    def found(**query):
        body = cliente.get("/api/v1/tickets", params=query).json()
        return body["total"], [ticket["asunto"] for ticket in body["items"]]

    assert found(tipo="soporte") == (1, ["ayuda"])
    assert found(estado="CERRADO") == (1, ["reclamo 0"])
    assert found(tipo="soporte", estado="CERRADO") == (0, [])
    assert found(tipo="reclamo", per_page=2, page=2) == (5, ["reclamo 2", "reclamo 1"])
    assert found(per_page=2, page=9) == (6, [])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"tipo": "queja"}, "tipo"),
        ({"estado": "abierto"}, "estado"),
        ({"page": 0}, "page"),
        ({"per_page": 101}, "per_page"),
        ({"page": "x"}, "page"),
    ],
)
def test_queries_that_may_not_be_are_named(cliente, query, field):
    refused = cliente.get("/api/v1/tickets", params=query)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["errors"].keys() == {field}


def test_a_ticket_is_read_by_uuid_and_by_numero(cliente):
    sent = claim(cliente, "Llegó roto")
    by_uuid = cliente.get(f"/api/v1/tickets/{sent['id']}").json()
    by_number = cliente.get(f"/api/v1/tickets/{by_uuid['numero']}")
    assert (by_number.status_code, by_number.json()) == (200, by_uuid)


def test_foreign_and_missing_tickets_are_not_there(cliente, new_cliente):
    sent = claim(cliente, "Llegó roto")
    number = cliente.get(f"/api/v1/tickets/{sent['id']}").json()["numero"]
    other = new_cliente()
    for ticket_id in (sent["id"], number, uuid.uuid4(), 999_999_999, "no-es-un-id", "0", "-1", "9" * 30):
        answer = other.get(f"/api/v1/tickets/{ticket_id}")
        assert answer.status_code == 404, ticket_id
    assert other.get(f"/api/v1/tickets/{sent['id']}").json()["code"] == "ticket_no_encontrado"


def test_support_and_administrators_read_all(cliente, cast):
    sent = claim(cliente, "Llegó roto")
    for staff in (cast.soporte, cast.admin):
        assert staff.get(f"/api/v1/tickets/{sent['id']}").json()["asunto"] == "Llegó roto"
        listed = staff.get("/api/v1/tickets", params={"tipo": "reclamo", "per_page": 100}).json()["items"]
        assert sent["id"] in {ticket["id"] for ticket in listed}
    for person in (cast.vendedora, cast.tecnica):
        assert person.get("/api/v1/tickets").status_code == 403
        assert person.get(f"/api/v1/tickets/{sent['id']}").status_code == 403
    assert cast.anon.get("/api/v1/tickets").status_code == 401


def test_messages_come_in_their_order(cliente, db):
    sent = claim(cliente, "Llegó roto")
    for seq in (3, 2):
        db.execute(
            """INSERT INTO ticket_mensajes (ticket_id, seq, autor_id, de_personal, texto, creado_en)
               VALUES ($1::uuid, $2, $3::uuid, true, $4, now())""",
            sent["id"],
            seq,
            cliente.usuario_id,
            f"respuesta {seq}",
        )
    db.execute("UPDATE tickets SET mensajes = 3 WHERE id = $1::uuid", sent["id"])
    messages = cliente.get(f"/api/v1/tickets/{sent['id']}").json()["mensajes"]
    assert [(m["seq"], m["autor"], m["texto"]) for m in messages] == [
        (1, "cliente", "x"),
        (2, "personal", "respuesta 2"),
        (3, "personal", "respuesta 3"),
    ]
