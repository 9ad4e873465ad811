"""The link in a reminder opens one visit on one date, for whoever has it, and nothing else: its attacks."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import clientela.consoles
from clientela.identidad import signing
from tests.cast import Cast, Persona
from tests.postventa.conftest import VISITS, Office, ago
from tests.postventa.linked import ENLACE, link
from tests.postventa.test_ordenes import code
from tests.postventa.test_visitas import act, history, listed
from tests.tools.database import Database
from tests.tools.server import SECRET

PAGE = Path(clientela.consoles.__file__).parent / "visita"


@pytest.fixture(autouse=True)
def always_open(cast: Cast) -> None:
    """The house says no hours; test_reminders has what becomes of them."""
    assert cast.admin.put("/api/v1/organizacion", json={"horarios": [], "feriados": []}).status_code == 200


@pytest.fixture
def visita(office: Office, cliente: Persona, tecnico: Persona) -> dict[str, Any]:
    """A visit in about six months."""
    return office.visita(cliente, tecnico)


def opened(cast: Cast, token: str) -> Any:
    return cast.anon.post(ENLACE, json={"enlace": token})


def confirm(cast: Cast, token: str) -> Any:
    return cast.anon.post(f"{ENLACE}/confirmar", json={"enlace": token})


def move(cast: Cast, token: str, fecha: str, **body: Any) -> Any:
    return cast.anon.post(f"{ENLACE}/mover", json={"enlace": token, "fecha_programada": fecha} | body)


def all_refuse(cast: Cast, token: str, expected: tuple[int, str]) -> bool:
    """Whether all three routes refuse a link with that."""
    answers = (opened(cast, token), confirm(cast, token), move(cast, token, ago(days=-180)))
    return all(code(answer) == expected for answer in answers)


def test_a_link_shows_its_visit_and_nothing_of_the_client(cast: Cast, visita: dict[str, Any]) -> None:
    shown = opened(cast, link(visita))
    assert shown.status_code == 200, shown.text
    assert shown.json() == {
        "organizacion": shown.json()["organizacion"],
        "zona": "America/La_Paz",
        "servicio": visita["servicio"]["nombre"],
        "fecha_programada": visita["fecha_programada"],
        "confirmada": False,
        "mover_hasta": shown.json()["mover_hasta"],
        "enlace": link(visita),
    }
    # Opening it, however often, by whatever means, changes nothing.
    for method in ("GET", "HEAD", "OPTIONS"):
        assert cast.anon.request(method, f"{ENLACE}/confirmar").status_code in {204, 405}
        assert cast.anon.request(method, "/visita").status_code in {200, 204, 405}
    after = cast.admin.get(f"{VISITS}/{visita['id']}").json()
    assert (after["version"], after["movimientos"]) == (visita["version"], [])


def test_a_client_confirms_once(cast: Cast, visita: dict[str, Any]) -> None:
    for _ in range(2):
        done = confirm(cast, link(visita))
        assert (done.status_code, done.json()["confirmada"]) == (200, True)
    assert history(cast.soporte, visita) == [("confirmada", None, None)]
    after = cast.soporte.get(f"{VISITS}/{visita['id']}").json()
    assert (after["confirmada"], after["version"]) == (True, 2)
    told = cast.db.fetchrow(
        "SELECT accion, actor_id FROM auditoria WHERE objeto_id = $1 ORDER BY id DESC LIMIT 1", visita["id"]
    )
    assert tuple(told) == ("visita.confirmada", None)


def test_a_client_chooses_another_date(cast: Cast, visita: dict[str, Any], cliente: Persona) -> None:
    first = link(visita)
    local = "2099-01-01T10:00"
    assert move(cast, first, local).json()["errors"] == {
        "fecha_programada": ["Debe estar a no más de 60 días de la fecha prevista"]
    }
    past = move(cast, first, ago(hours=1))
    assert (past.status_code, past.json()["errors"]) == (
        422,
        {"fecha_programada": ["Debe ser una fecha futura"]},
    )
    wanted = ago(days=-170)
    done = move(cast, first, wanted, motivo="Estaré de viaje")
    assert (done.status_code, done.json()["confirmada"]) == (200, True), done.text
    assert history(cast.admin, visita) == [("movida", "Estaré de viaje", None)]
    after = cast.admin.get(f"{VISITS}/{visita['id']}").json()
    assert (after["fecha_original"], after["confirmada"]) == (visita["fecha_original"], True)
    assert after["fecha_programada"] == done.json()["fecha_programada"] != visita["fecha_programada"]
    # The link of the mail is void, the one for the new date is in the answer; sixty days count from the plan's date.
    assert all_refuse(cast, first, (409, "enlace_reemplazado"))
    second = done.json()["enlace"]
    assert second == link(after)
    last = done.json()["mover_hasta"]
    assert opened(cast, second).json()["mover_hasta"] == last
    assert move(cast, second, f"{last}T12:00").status_code == 200
    actions = cast.db.fetch("SELECT accion FROM auditoria WHERE objeto_id = $1", visita["id"])
    assert [row["accion"] for row in actions] == ["visita.movida"] * 2
    # Put off by the office, it is the office's date that counts.
    far = act(cast.admin, visita, "posponer", fecha_programada=ago(days=-400), motivo="Obras").json()
    assert far["confirmada"] is False
    assert move(cast, link(far), ago(days=-390)).status_code == 200


def test_a_visit_with_a_work_order_is_confirmed_and_not_moved(
    cast: Cast, visita: dict[str, Any], tecnico: Persona
) -> None:
    act(cast.admin, visita, "orden", tecnico_id=tecnico.usuario_id)
    shown = confirm(cast, link(visita)).json()
    assert (shown["confirmada"], shown["mover_hasta"]) == (True, None)
    refused = move(cast, link(visita), ago(days=-180))
    assert code(refused) == (409, "visita_con_orden")
    assert "ordenId" not in refused.json()


def test_a_forged_link_opens_nothing(cast: Cast, office: Office, cliente: Persona, tecnico: Persona) -> None:
    mine, other = office.visita(cliente, tecnico), office.visita(cliente, tecnico)
    good = link(mine)
    said, date, seal = good.split(".")
    wrong = "A" if seal[0] != "A" else "B"
    forged = [
        f"{said}.{date}.{wrong}{seal[1:]}",
        f"{said}.{date}.{seal[:-1]}",
        f"{said}.{date}.",
        f"{said}.{date}",
        f"{said}.{int(date) + 1}.{seal}",
        f"{said}.0{date}.{seal}",
        f"{said}.{'9' * 18}.{seal}",
        f"{said}.{'9' * 40}.{seal}",
        f"{uuid.UUID(other['id']).hex}.{date}.{seal}",
        f"{said.upper()}.{date}.{seal}",
        f"{good} ",
        f"{good}\n",
        good.replace(".", "·"),
        "ٱ" * 99,
        # What the same key signs for another purpose, and another key for this one.
        f"{said}.{date}.{signing.seal(b'clientela: enlaces firmados', f'{said}.{date}')}",
        "",
    ]
    signing.keyring.load("z" * 40)
    forged.append(link_with_key_of_another_house(mine))
    signing.keyring.load(SECRET)
    for token in forged:
        assert all_refuse(cast, token, (404, "enlace_invalido")), token
    assert opened(cast, good).status_code == 200


def link_with_key_of_another_house(visita: dict[str, Any]) -> str:
    """What an installation with another key would send."""
    hexed = uuid.UUID(visita["id"]).hex
    said = f"{hexed}.1796911200000000"
    return f"{said}.{signing.seal(b'clientela: enlaces de visitas', said)}"


def test_the_token_is_nowhere_but_in_the_body(cast: Cast, visita: dict[str, Any]) -> None:
    token = link(visita)
    assert cast.anon.post(ENLACE, params={"enlace": token}, json={}).status_code == 422
    assert cast.anon.get(ENLACE, params={"enlace": token}).status_code == 405
    assert cast.anon.post(ENLACE, json={"enlace": token, "cliente_id": "otro"}).status_code == 422
    assert cast.anon.post(ENLACE, json={"enlace": "x" * 201}).status_code == 422
    # A header is not read: a stranger with the link is as good as anybody with it, and one without is not.
    assert cast.otra_cliente.post(ENLACE, json={"enlace": token}).status_code == 200
    assert code(cast.admin.post(ENLACE, json={"enlace": "no"})) == (404, "enlace_invalido")


def test_a_link_ends_a_day_after_its_visit(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    for late, expected in ((timedelta(hours=23), 200), (timedelta(hours=25), 404)):
        cast.db.execute(
            "UPDATE visitas_mantenimiento SET fecha_programada = now() - $2::interval WHERE id = $1::uuid",
            visita["id"],
            late,
        )
        passed = cast.admin.get(f"{VISITS}/{visita['id']}").json()
        assert opened(cast, link(passed)).status_code == expected
    assert all_refuse(cast, link(passed), (404, "enlace_vencido"))


def test_the_link_of_a_visit_that_is_over(
    cast: Cast, office: Office, visita: dict[str, Any], cliente: Persona, tecnico: Persona
) -> None:
    act(tecnico, visita, "hecha")
    assert all_refuse(cast, link(visita), (409, "visita_cerrada"))
    replaced = office.visita(cliente, tecnico)
    cast.admin.put(f"/api/orden/{replaced['orden_id']}/mantenimiento-config", json={"periodicidadMeses": 3})
    assert all_refuse(cast, link(replaced), (404, "enlace_invalido"))
    assert all_refuse(cast, link({**visita, "id": str(uuid.uuid4())}), (404, "enlace_invalido"))


def test_the_link_of_a_client_who_is_gone(
    cast: Cast, visita: dict[str, Any], cliente: Persona, tecnico: Persona, office: Office
) -> None:
    cast.admin.put(f"/api/clientes/{cliente.cliente_id}", json={"activo": False})
    assert all_refuse(cast, link(visita), (404, "enlace_invalido"))
    cast.admin.put(f"/api/clientes/{cliente.cliente_id}", json={"activo": True})
    assert move(cast, link(visita), ago(days=-170), motivo="Operan a mi madre").status_code == 200
    moved = cast.admin.get(f"{VISITS}/{visita['id']}").json()
    cast.admin.post(f"/api/v1/clientes/{cliente.cliente_id}/anonimizar")
    assert all_refuse(cast, link(moved), (404, "enlace_invalido"))
    assert history(cast.admin, visita) == [("movida", None, None)]
    # One record of two is still the same person, and so is his link.
    ids = [
        cast.admin.post("/api/clientes", json={"nombre": f"Doble {uuid.uuid4().hex[:8]}"}).json()["data"][
            "cliente"
        ]["uuid"]
        for _ in range(2)
    ]
    double = office.visita(cast.cliente, tecnico, cliente_id=ids[0])
    cast.admin.post(f"/api/v1/clientes/{ids[1]}/fusionar", json={"duplicado": ids[0]})
    assert confirm(cast, link(double)).status_code == 200
    assert double["id"] in listed(cast.admin, cliente_id=ids[1])


def test_the_page_holds_no_script_of_its_own(cast: Cast, db: Database) -> None:
    page = cast.anon.get("/visita")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # Scripts and styles only by address, no handler in a tag, nothing that reads text as markup.
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text) == []
    script = (PAGE / "pagina.js").read_text(encoding="utf-8")
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|localStorage", script) == []
    for name in ("pagina.js", "pagina.css"):
        assert cast.anon.get(f"/visita/{name}").text == (PAGE / name).read_text(encoding="utf-8")
    assert cast.anon.get("/visita/otra.js").status_code == 404
