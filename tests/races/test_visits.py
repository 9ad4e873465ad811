"""Of those who do something with one maintenance visit at once one wins, and what is left fits together."""

from typing import Any

import pytest

from tests.cast import Cast
from tests.postventa.conftest import ORDER, VISITS, Office, ago
from tests.postventa.linked import ENLACE, link, mails, remind_at_once, reminded
from tests.races.planting import plant_client
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
    """Four of each thing that the office and the client, by his link, can do with a visit."""
    later = {"fecha_programada": ago(days=-170), "motivo": "A la vez"}
    each: tuple[tuple[str, Any], ...] = (("posponer", later), ("orden", {}), ("hecha", {}))
    mine: dict[str, Any] = {"enlace": link(visita)}
    answers = (("confirmar", mine), ("mover", mine | {"fecha_programada": ago(days=-175)}))
    one_of_each = [request(cast.admin, visita, accion, body) for accion, body in each]
    one_of_each += [Request("POST", f"{ENLACE}/{accion}", json=body) for accion, body in answers]
    return one_of_each * 4


def coherent(cast, visita, requests, answers):
    """Whether a visit is what the answers said: each step told once, one end or one order, and nothing after it."""
    answer = cast.admin.get(f"{VISITS}/{visita['id']}")
    if answer.status_code != 200:
        # Two orders of one visit are more than can be shown.
        return False
    read = answer.json()
    steps = [step["accion"] for step in read["movimientos"]]
    ends = [step for step in steps if step in {"hecha", "agendada"}]
    before, after = (
        steps[: steps.index(ends[0])] if ends else steps,
        steps[steps.index(ends[0]) + 1 :] if ends else [],
    )
    # Who confirms what is confirmed is answered, and nothing happens.
    confirming = [asked.path.endswith("confirmar") for asked in requests]
    done = [answer.status < 300 for answer in answers]
    told = sum(ok for ok, again in zip(done, confirming, strict=True) if not again)
    dates = [visita["fecha_programada"]] + [step["a"] for step in read["movimientos"]]
    return (
        len(ends) == 1
        and set(before) <= {"pospuesta", "movida", "confirmada"}
        and set(after) <= ({"confirmada"} if ends == ["agendada"] else set())
        and len(steps) == read["version"] - 1
        and len(steps) - steps.count("confirmada") == told
        and steps.count("movida") <= 1
        and steps.count("confirmada") <= sum(done) - told
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
    # Nobody's opening hours, from another test, may keep the client from his date.
    assert cast.admin.put("/api/v1/organizacion", json={"horarios": [], "feriados": []}).status_code == 200
    for _ in range(rounds):
        visit = office.visita(client, cast.tecnica)
        requests = everything(cast, visit)
        answers = burst(requests, settle=0.01)
        assert set(statuses(answers)) <= {200, 201, 409}
        assert coherent(cast, visit, requests, answers)


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
        requests = everything(cast, other)
        broken = broken or not coherent(cast, other, requests, fire(server.url, requests))
        if twice and broken:
            return
    raise AssertionError((twice, broken))


async def test_a_job_that_runs_twenty_times_at_once_tells_each_client_once(office, cast, db, new_cliente):
    client = new_cliente()
    visits = [office.visita(client, cast.tecnica, ejecutada=ago(days=25), meses=1) for _ in range(8)]
    await remind_at_once(db, MANY)
    assert [(mails(db, visit), reminded(db, visit)) for visit in visits] == [(1, 1)] * len(visits)


async def test_control_without_the_lock_clients_are_told_again(new_database):
    database = new_database()
    planted = plant_visits(database)
    overlooked(database, "visitas_avisar", "FOR NO KEY UPDATE OF v")
    # The outbox's key would still keep the mails apart.
    for _ in range(10):
        database.execute("UPDATE visitas_mantenimiento SET avisada_para = NULL")
        database.execute("DELETE FROM eventos")
        await remind_at_once(database, MANY)
        if max(reminded(database, {"id": str(visit)}) for visit in planted) > 1:
            return
    raise AssertionError


def plant_visits(database):
    """A visit tomorrow of each of five clients."""
    planted = []
    for _ in range(5):
        user, client = plant_client(database)
        order = database.fetchval(ORDER, client, user)
        visit = database.fetchval(
            """INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                                                  fecha_original, creado_en, actualizado_en)
               VALUES (gen_random_uuid(), $1, $2, 1, 1, now() + interval '1 day', now(), now(), now()) RETURNING id""",
            order,
            client,
        )
        planted.append(visit)
    return planted
