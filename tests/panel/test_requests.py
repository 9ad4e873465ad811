"""What every writing route of the panel says to a request that cannot be read."""

import pytest

WRITES = [
    ("PUT", "{panel}/carrito"),
    ("PUT", "{panel}/borradores/reclamo"),
    ("PUT", "{panel}/preferencias"),
    ("POST", "{panel}/auto-guardar"),
    ("POST", "/reclamos"),
    ("POST", "/soporte"),
]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "json_invalido"),
        (b"", JSON, 400, "cuerpo_requerido"),
        (b'{"a": NaN}', JSON, 400, "json_invalido"),
        (b'{"a": "\xff"}', JSON, 400, "json_invalido"),
        (b'{"a": "\\u0000"}', JSON, 422, "datos_invalidos"),
        (b"5", JSON, 422, "datos_invalidos"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "tipo_no_admitido"),
        (b'{"a": "' + b"x" * 1_048_576 + b'"}', JSON, 413, "cuerpo_demasiado_grande"),
    ],
)
def test_in_the_voice_of_the_panel(cliente, method, path, content, headers, status, code):
    refused = cliente.request(method, path.format(panel=cliente.panel), content=content, headers=headers)
    assert refused.status_code == status
    body = refused.json()
    assert body["code"] == code
    assert body.keys() - {"errors"} == {"message", "code", "request_id"}
    assert cliente.get(f"{cliente.panel}/carrito").status_code == 404
    assert cliente.get("/api/v1/tickets").json()["total"] == 0


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "1, 2", "W/x", '"1', '1"', "W/1", "9" * 30])
def test_an_if_match_that_is_no_version(cliente, value):
    refused = cliente.put(f"{cliente.panel}/carrito", json={"items": []}, headers={"If-Match": value})
    assert (refused.status_code, refused.json()["code"]) == (400, "cabecera_invalida")


@pytest.mark.parametrize("value", ['"0"', 'W/"0"', "0"])
def test_an_if_match_that_is_a_version(cliente, value):
    written = cliente.put(f"{cliente.panel}/carrito", json={"items": []}, headers={"If-Match": value})
    assert written.status_code == 200


def test_methods_that_are_not_there(cliente):
    for path, allowed in (
        (f"{cliente.panel}/carrito", "GET, HEAD, PUT"),
        (f"{cliente.panel}/auto-guardar", "POST"),
        (f"{cliente.panel}/borradores/reclamo", "DELETE, PUT"),
    ):
        refused = cliente.patch(path, json={})
        assert (refused.status_code, refused.json()["code"]) == (405, "metodo_no_permitido")
        assert set(refused.headers["allow"].split(", ")) - {"OPTIONS"} == set(allowed.split(", "))
