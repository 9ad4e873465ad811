"""A sheet leaves piece by piece: complete, or recognisably not."""

import httpx
import pytest

from clientela.core.importing import BATCH
from tests.bulk.test_importar_clientes import fresh, imported, sheet
from tests.cast import Cast, Persona
from tests.tools.planted import program


def test_it_comes_in_pieces_and_whole(cast: Cast) -> None:
    rows = [{"nombre": f"Tienda {number}", "nit": fresh()} for number in range(BATCH + 200)]
    assert imported(cast.admin, sheet(*rows))["creados"] == len(rows)
    with cast.admin.stream("GET", "/api/v1/exportaciones/clientes") as answer:
        assert "content-length" not in answer.headers
        content = b"".join(answer.iter_raw()).decode("utf-8-sig")
    assert all(row["nit"] in content for row in rows)
    assert content.endswith("\r\n")


def test_a_head_request_gets_the_headers_alone(cast: Cast) -> None:
    answer = cast.admin.head("/api/v1/exportaciones/clientes")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-disposition"] == 'attachment; filename="clientes.csv"'


def test_what_breaks_off_is_not_taken_for_whole(new_database, start_server) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.bulk.plants:failing_export"))
    people = Cast(server.url, database, server.data_dir)
    people.admin.post("/api/clientes", json={"nombre": "Una"})
    with pytest.raises(httpx.RemoteProtocolError):
        people.admin.get("/api/v1/exportaciones/clientes")
    assert server.ready()


def test_a_sheet_may_be_larger_than_a_picture(cast: Cast) -> None:
    long = "x" * 9000
    rows = [{"nombre": "Una", "nit": fresh(), "observaciones": long} for _ in range(650)]
    content = sheet(*rows)
    assert len(content) > 5 * 1024 * 1024
    assert imported(cast.admin, content, ensayo="true")["creados"] == len(rows)


def test_a_body_has_its_bound_all_the_same(cast: Cast) -> None:
    anyone: Persona = cast.admin
    raw = b"nombre,nit\n" + b"x" * (20 * 1024 * 1024)
    answer = anyone.post(
        "/api/v1/importaciones", data={"tipo": "clientes"}, files={"archivo": ("h.csv", raw, "text/csv")}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "cuerpo_demasiado_grande")
