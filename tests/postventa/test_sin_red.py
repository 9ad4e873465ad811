"""A technician's work reaches the office once, however often the network breaks off (D-2).

His app has no network where he works: it keeps what he did, with a key for each, and sends it until it is answered.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.postventa.conftest import ORDERS, Office
from tests.tools.burst import Request
from tests.tools.image_bricks import encoded
from tests.tools.keys import send_and_cut, send_until_answered

FORM = {"Content-Type": "multipart/form-data; boundary=XX"}
PHOTO = b'--XX\r\nContent-Disposition: form-data; name="foto"; filename="a.png"\r\n\r\n'
PHOTO += encoded("PNG") + b"\r\n--XX--\r\n"
# Within the request; when all of it is sent; and within the answer, which he never saw whole.
CUTS = (5, 8, 9, 11)


def writes(orden: dict[str, Any], who: Persona, *, keyed: bool = True) -> Iterator[tuple[str, Request]]:
    """Everything that he writes in an order's life, in its order, each under a key of its own."""
    path = f"{ORDERS}/{orden['id']}"
    plan = f"/api/orden/{orden['id']}/mantenimiento-config"
    everything: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{path}/iniciar", {}),
        ("POST", f"{path}/notas", {"json": {"texto": "Falta un cable"}}),
        ("POST", f"{path}/fotos", {"body": PHOTO, "headers": FORM}),
        ("POST", f"{path}/finalizar", {"json": {"nota": "Cable nuevo"}}),
        ("PUT", plan, {"json": {"periodicidadMeses": 6}}),
    ]
    for method, place, said in everything:
        key = {"Idempotency-Key": uuid.uuid4().hex} if keyed else {}
        headers = said.get("headers", {}) | key
        yield place, Request(method, place, token=who.token, **(said | {"headers": headers}))


@pytest.mark.parametrize("cut", CUTS)
def test_everything_he_did_is_there_once(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona, cut: int
) -> None:
    orden = office.orden(cliente, tecnico_id=tecnico.usuario_id)
    for name, request in writes(orden, tecnico):
        with suppress(OSError):
            send_and_cut(cast.base_url, request, cut)
        first = send_until_answered(cast.base_url, request)
        assert first.status in {200, 201}, (name, first.body)
        again = send_until_answered(cast.base_url, request)
        assert (again.status, again.body) == (first.status, first.body), name
        assert again.headers["idempotency-replayed"] == "true"
    after = tecnico.get(f"{ORDERS}/{orden['id']}").json()
    assert [each["accion"] for each in after["movimientos"]] == [
        "creada", "iniciada", "nota", "foto", "finalizada",
    ]  # fmt: skip
    assert (after["estado"], after["version"]) == ("FINALIZADO", orden["version"] + 5)
    assert tecnico.get(f"{ORDERS}/{orden['id']}/fotos").json()["total"] == 1
    folder = cast.data_dir / "archivos" / "ordenes" / orden["id"]
    assert len(list(folder.iterdir())) == 1
    visits = "SELECT estado FROM visitas_mantenimiento WHERE orden_id = $1::uuid"
    assert [row["estado"] for row in cast.db.fetch(visits, orden["id"])] == ["PENDIENTE"]


def test_control_without_a_key_it_is_there_twice(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    orden = office.orden(cliente, tecnico_id=tecnico.usuario_id)
    for _, request in writes(orden, tecnico, keyed=False):
        for _ in range(2):
            send_until_answered(cast.base_url, request)
    after = tecnico.get(f"{ORDERS}/{orden['id']}").json()["movimientos"]
    assert Counter(each["accion"] for each in after) >= Counter({"nota": 2, "foto": 2})
