"""Clients are told of their visits once for each date, by mail where they have an address."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clientela.core.numerals import day
from clientela.organizacion.model import Horario, Organizacion
from clientela.postventa import rules
from tests.cast import Cast, Persona
from tests.identidad.test_reset import mails_to
from tests.postventa.conftest import VISITS, Office, ago
from tests.postventa.linked import ENLACE, mails, remind, reminded
from tests.postventa.test_rules import LA_PAZ, SANTIAGO, at
from tests.postventa.test_visitas import act
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wait import wait_for


def due_soon(office: Office, cliente: Persona, tecnico: Persona) -> dict[str, Any]:
    """A visit in three to six days."""
    return office.visita(cliente, tecnico, ejecutada=ago(days=25), meses=1)


def test_a_client_is_told_once_for_each_date(
    cast: Cast, serving: Server, db: Database, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = due_soon(office, cliente, tecnico)
    remind(db)
    remind(db)
    assert (mails(db, visita), reminded(db, visita)) == (1, 1)
    (message,) = wait_for(lambda: mails_to(serving, cliente.correo), "the mail", seconds=10)
    text = message.get_content()
    local = datetime.fromisoformat(visita["fecha_programada"]).astimezone(LA_PAZ)
    assert visita["servicio"]["nombre"] in text
    assert f"{day(local.date())}, a las {local:%H:%M}" in text
    address, _, token = next(word for word in text.split() if "#" in word).partition("#")
    assert address == "http://localhost:3977/visita"
    assert (
        cast.anon.post(ENLACE, json={"enlace": token}).json()["fecha_programada"]
        == visita["fecha_programada"]
    )
    # A new date is told anew, and the first mail's link is void; back again it is no news.
    for days in (2, 4):
        moved = act(cast.admin, visita, "posponer", fecha_programada=ago(days=-days), motivo="Antes")
        assert moved.status_code == 200
        remind(db)
    assert (mails(db, visita), reminded(db, visita)) == (3, 3)
    assert cast.anon.post(ENLACE, json={"enlace": token}).json()["code"] == "enlace_reemplazado"
    (told, *_) = cast.admin.get(f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo").json()["items"]
    assert told["resumen"] == f"Se recordó la visita de mantenimiento de {visita['servicio']['nombre']}"
    # The outbox's own key is the second thing that makes two mails of one date impossible.
    db.execute("UPDATE visitas_mantenimiento SET avisada_para = NULL WHERE id = $1::uuid", visita["id"])
    remind(db)
    assert (mails(db, visita), reminded(db, visita)) == (3, 4)


def test_who_is_told_and_who_is_not(cast: Cast, db: Database, office: Office, tecnico: Persona) -> None:
    def client(**fields: Any) -> str:
        made = cast.admin.post("/api/clientes", json={"nombre": f"Avisado {uuid.uuid4().hex[:8]}"} | fields)
        return str(made.json()["data"]["cliente"]["uuid"])

    def visit(cliente_id: str, executed: str) -> dict[str, Any]:
        return office.visita(cast.cliente, tecnico, ejecutada=executed, meses=1, cliente_id=cliente_id)

    soon = ago(days=25)
    silent = visit(client(), soon)
    odd = visit(client(email=f"{uuid.uuid4().hex}@example.com"), soon)
    # What came from elsewhere may not be an address at all.
    db.execute("UPDATE clientes SET email = 'sin arroba' WHERE id = $1::uuid", odd["cliente"]["id"])
    address = f"{uuid.uuid4().hex}@example.com"
    later = visit(client(email=address), ago(days=15))
    overdue = visit(client(email=f"{uuid.uuid4().hex}@example.com"), ago(days=40))
    gone = visit(client(email=f"{uuid.uuid4().hex}@example.com"), soon)
    cast.admin.put(f"/api/clientes/{gone['cliente']['id']}", json={"activo": False})
    done = visit(client(email=f"{uuid.uuid4().hex}@example.com"), soon)
    act(cast.admin, done, "hecha")
    never = visit(client(email=f"{uuid.uuid4().hex}@example.com"), soon)
    remind(db, aviso_mantenimiento_dias=0)
    assert (mails(db, never), reminded(db, never)) == (0, 0)
    remind(db)
    assert (mails(db, never), reminded(db, never)) == (1, 1)
    for told in (silent, odd):
        assert (mails(db, told), reminded(db, told)) == (0, 1), "his devices hear it, and nothing fails"
    for untold in (later, overdue, gone, done):
        assert (mails(db, untold), reminded(db, untold)) == (0, 0)
    remind(db, aviso_mantenimiento_dias=20)
    assert (mails(db, later), reminded(db, later)) == (1, 1)
    assert db.fetchval("SELECT vence_en FROM correos WHERE destinatario = $1", address) == (
        datetime.fromisoformat(later["fecha_programada"])
    )


def test_an_order_of_the_visit_is_told_at_its_date(
    cast: Cast, db: Database, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    orden = act(cast.admin, visita, "orden", fecha_programada=ago(days=-3)).json()
    remind(db)
    office.move(cast.admin, orden, "reprogramar", fecha_programada=ago(days=-5))
    remind(db)
    assert mails(db, visita) == 2
    assert cliente.get(f"{VISITS}/{visita['id']}").json()["confirmada"] is False


@pytest.mark.parametrize("zone", [LA_PAZ, SANTIAGO], ids=lambda zone: zone.key)
@pytest.mark.parametrize(
    ("now", "days", "until"),
    [
        ("2026-11-20T00:00", 7, "2026-11-28T00:00"),
        ("2026-11-20T23:59:59", 7, "2026-11-28T00:00"),
        # Santiago's clock goes on an hour on 6 September.
        ("2026-08-31T12:00", 7, "2026-09-08T00:00"),
        ("2026-12-30T12:00", 1, "2027-01-01T00:00"),
    ],
)
def test_days_ahead_are_whole_days_of_the_house(now: str, days: int, until: str, zone: Any) -> None:
    assert rules.remind_until(at(now, zone), days, zone) == at(until, zone)


HOUSE = Organizacion(
    nombre="Mi empresa", zona="America/La_Paz", moneda="BOB",
    # 2026-12-07 is a Monday.
    horarios=(Horario(1, "08:00", "12:00"), Horario(1, "14:00", "18:00"), Horario(0, "09:00", "10:00")),
    feriados=(datetime(2026, 12, 14, tzinfo=UTC).date(),),
    mensaje_ausente=None, saludo=None, deposito=None, version=1, actualizado_en=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("2026-12-07T08:00", None),
        ("2026-12-07T07:59:59", "fuera_de_horario"),
        ("2026-12-07T11:59:59", None),
        ("2026-12-07T12:00", "fuera_de_horario"),
        ("2026-12-07T14:00", None),
        ("2026-12-07T18:00", "fuera_de_horario"),
        ("2026-12-06T09:30", None),
        ("2026-12-08T09:30", "fuera_de_horario"),
        ("2026-12-14T08:30", "fuera_de_horario"),
        ("2026-12-01T08:00", "instante_pasado"),
        ("2026-12-01T10:00", "instante_pasado"),
        ("2027-02-08T09:00", "visita_lejana"),
        ("2027-02-01T09:00", None),
    ],
)
def test_a_client_chooses_an_hour_at_which_the_house_is_open(wanted: str, why: str | None) -> None:
    now, base = at("2026-12-01T10:00"), at("2026-12-04T09:00")
    assert rules.move_problem(at(wanted), base, now, HOUSE) == why


@pytest.mark.parametrize(("days", "hour", "why"), [(60, "23:59", None), (61, "00:00", "visita_lejana")])
def test_sixty_days_are_days_of_the_house(days: int, hour: str, why: str | None) -> None:
    always = Organizacion(
        nombre="Mi empresa", zona="America/La_Paz", moneda="BOB", horarios=(), feriados=(), mensaje_ausente=None,
        saludo=None, deposito=None, version=1, actualizado_en=None,
    )  # fmt: skip
    base, now = at("2026-12-04T09:00"), at("2026-09-01T10:00")
    for sign in (1, -1):
        then = (datetime(2026, 12, 4, tzinfo=UTC) + sign * timedelta(days=days)).date()
        assert rules.move_problem(at(f"{then}T{hour}"), base, now, always) == why
