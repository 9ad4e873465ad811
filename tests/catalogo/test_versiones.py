"""Two writers of one product: nobody's field is lost, and whoever asks with `If-Match` is told."""

import uuid

import pytest

from tests.tools.burst import Request

RUTA = "/api/v1/productos"


def test_a_stale_if_match_is_refused_with_the_present_version(cast, new_producto):
    path = f"{RUTA}/{new_producto(precio='10')['id']}"
    assert cast.admin.patch(path, json={"precio": 11}, headers={"If-Match": '"1"'}).status_code == 200
    stale = cast.admin.patch(path, json={"precio": 12}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412, stale.text
    assert (stale.json()["code"], stale.json()["version"]) == ("desactualizado", 2)
    assert cast.admin.get(path).json()["precio"] == "11.00"
    for version, form in enumerate(('"{}"', "{}", 'W/"{}"'), start=2):
        header = {"If-Match": form.format(version)}
        answer = cast.admin.patch(path, json={"precio": 20 + version}, headers=header)
        assert (answer.status_code, answer.json()["version"]) == (200, version + 1), answer.text
    assert cast.admin.patch(path, json={"precio": 13}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("header", ["abc", '"x"', "-1", "1.5", "9" * 30, ""])
def test_an_if_match_that_is_no_version_is_400(cast, new_producto, header):
    path = f"{RUTA}/{new_producto()['id']}"
    answer = cast.admin.patch(path, json={"precio": 11}, headers={"If-Match": header})
    assert (answer.status_code, answer.json()["code"]) == (400, "cabecera_invalida")


def test_without_a_lock_one_of_two_writers_loses(db, new_producto):
    """The control: reading and writing a whole row without holding it loses a field."""
    product_id = uuid.UUID(new_producto(precio="10", unidad="kg")["id"])
    first = db.fetchrow("SELECT precio, unidad FROM productos WHERE id = $1", product_id)
    second = db.fetchrow("SELECT precio, unidad FROM productos WHERE id = $1", product_id)
    write = "UPDATE productos SET precio = $2, unidad = $3 WHERE id = $1"
    db.execute(write, product_id, first["precio"] + 1, first["unidad"])
    db.execute(write, product_id, second["precio"], "caja")
    assert db.fetchval("SELECT precio FROM productos WHERE id = $1", product_id) == 10


def test_writers_of_different_fields_at_once_both_stay(cast, new_producto, burst):
    changes = [
        {"precio": "77.70"}, {"existencias": "5"}, {"nombre": "Nombre nuevo"}, {"unidad": "caja"},
        {"categoria": "Nueva"}, {"peso_kg": "3"}, {"descripcion": "Otra"}, {"imagenes": ["/x.png"]},
    ]  # fmt: skip
    for _ in range(10):
        made = new_producto(precio="10")
        path = f"{RUTA}/{made['id']}"
        answers = burst([Request("PATCH", path, json=change, token=cast.admin.token) for change in changes])
        assert {answer.status for answer in answers} == {200}
        assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 10))
        after = cast.admin.get(path).json()
        for change in changes:
            assert after == after | change


def test_of_many_writers_with_one_version_exactly_one_succeeds(cast, new_producto, burst):
    for _ in range(5):
        path = f"{RUTA}/{new_producto(precio='10')['id']}"
        requests = [
            Request(
                "PATCH", path, json={"precio": str(20 + n)}, token=cast.admin.token, headers={"If-Match": "1"}
            )
            for n in range(8)
        ]
        assert sorted(answer.status for answer in burst(requests)) == [200] + [412] * 7


def test_of_many_births_with_one_code_exactly_one_succeeds(cast, db, burst):
    for _ in range(5):
        code = f"Gemelo-{uuid.uuid4().hex[:8]}"
        spellings = [code, code.upper(), code.lower(), f" {code} "] * 2
        requests = [
            Request("POST", RUTA, json={"codigo": s, "nombre": "Gemelo", "precio": 1}, token=cast.admin.token)
            for s in spellings
        ]
        assert sorted(answer.status for answer in burst(requests)) == [201] + [409] * 7
        assert db.fetchval("SELECT count(*) FROM productos WHERE lower(codigo) = lower($1)", code) == 1


def test_an_idempotency_key_makes_one_product_of_a_repeated_request(cast):
    body = {"codigo": f"K-{uuid.uuid4().hex[:8]}", "nombre": "Con clave", "precio": 1}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = cast.admin.post(RUTA, json=body, headers=key)
    again = cast.admin.post(RUTA, json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
