"""Of those who do something with one maintenance visit at once one wins, and what is left fits together."""

from collections import Counter
from typing import Any

import pytest

from tests.cast import Cast
from tests.postventa.conftest import VISITS, Office, ago
from tests.races.test_work_orders import overlooked, statuses
from tests.tools.burst import Request
from tests.tools.burst import burst as fire

MANY = 20


@pytest.fixture
def office(cast):
    return Office(cast)


def request(who, visita, accion, body=None):
    return Request("POST", f"{VISITS}/{visita['id']}/{accion}", json=body, token=who.token)


def everything(cast, visita):
    """Five of each thing that can be done with a visit."""
    later = {"fecha_programada": ago(days=-50), "motivo": "A la vez"}
    each: tuple[tuple[str, Any], ...] = (("posponer", later), ("orden", {}), ("hecha", {}))
    return [request(cast.admin, visita, accion, body) for accion, body in each for _ in range(5)]


def coherent(cast, visita, answers):
    """Whether a visit is what the answers said: each step told once, nothing after its end, one end or one order."""
    answer = cast.admin.get(f"{VISITS}/{visita['id']}")
    if answer.status_code != 200:
        # Two orders of one visit are more than can be shown.
        return False
    read = answer.json()
    steps = [step["accion"] for step in read["movimientos"]]
    ends = Counter(steps)["hecha"] + Counter(steps)["agendada"]
    dates = [visita["fecha_programada"]] + [step["a"] for step in read["movimientos"]]
    return (
        ends == 1
        and set(steps[:-1]) <= {"pospuesta"}
        and len(steps) == sum(answer.status < 300 for answer in answers) == read["version"] - 1
        and all(step["de"] == before for step, before in zip(read["movimientos"], dates, strict=False))
        and read["fecha_programada"] == dates[-1]
        and (read["estado"] == "HECHA") == (read["orden_generada_id"] is None)
    )


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.long)])
def test_one_work_order(burst, office, cast, new_cliente, rounds):
    client = new_cliente()
    for _ in range(rounds):
        visit = office.visita(client, cast.tecnica)
        answers = burst([request(cast.soporte, visit, "orden")] * MANY, settle=0.01)
        assert statuses(answers) == {201: 1, 409: MANY - 1}
        made = {answer.json()["id"] for answer in answers if answer.status == 201}
        assert {answer.json()["ordenId"] for answer in answers if answer.status == 409} == made


@pytest.mark.parametrize("rounds", [4, pytest.param(200, marks=pytest.mark.long)])
def test_whatever_is_done_at_once_fits_together(burst, office, cast, new_cliente, rounds):
    client = new_cliente()
    for _ in range(rounds):
        visit = office.visita(client, cast.tecnica)
        answers = burst(everything(cast, visit), settle=0.01)
        assert set(statuses(answers)) <= {200, 201, 409}
        assert coherent(cast, visit, answers)


def test_control_without_the_lock_visits_fall_apart(start_server, new_database):
    database = new_database()
    server = start_server(database.dsn, workers=1)
    cast = Cast(server.url, database, server.data_dir)
    office = Office(cast)
    overlooked(database, "visita_retener", "FOR NO KEY UPDATE")
    database.execute("DROP INDEX ordenes_trabajo_visita_uk")
    database.execute("ALTER TABLE visita_movimientos DROP CONSTRAINT visita_movimientos_pk")
    client = cast.cliente
    twice = broken = False
    for _ in range(10):
        visit = office.visita(client, cast.tecnica)
        made = statuses(fire(server.url, [request(cast.admin, visit, "orden")] * MANY))[201]
        twice = twice or made > 1
        other = office.visita(client, cast.tecnica)
        broken = broken or not coherent(cast, other, fire(server.url, everything(cast, other)))
        if twice and broken:
            return
    raise AssertionError((twice, broken))
