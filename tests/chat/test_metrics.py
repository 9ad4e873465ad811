"""The figures against an independent count over random talks; empty periods and days, days of a clock change, CSV."""

import csv
import io
import random
import statistics
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from clientela.chat import measures
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.chat.conftest import SESIONES
from tests.races.planting import plant_client

METRICS = "/api/v1/chat/metricas"
PLANT = """
INSERT INTO chat_sesiones (id, usuario_id, cliente_id, agente_id, estado, ultimo_seq, creado_en, ultimo_mensaje_en,
                           actualizado_en, cerrado_en, primer_mensaje_en, primera_respuesta_en, respuestas, estrellas,
                           calificado_en)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8, $9, $10, $11, $12, $13)"""


def rounded(value, places):
    return float(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


class Past:
    """Random talks of one agent, each of a customer of its own; and what is expected of them."""

    def __init__(self, db, agent, chance):
        self.db, self.agent, self.chance = db, agent, chance
        self.talks = []

    def talk(self, begun):
        """A talk that began then: answered or not, closed or not, rated or not."""
        chance = self.chance
        closed = chance.random() < 0.7
        wrote = chance.random() < 0.9
        waited = (
            timedelta(microseconds=chance.randrange(10**6, 10**10))
            if wrote and chance.random() < 0.8
            else None
        )
        first = begun + timedelta(seconds=chance.randrange(1, 60)) if wrote else None
        answers = chance.randrange(1, 9) if waited else chance.choice([0, 0, 1])
        made = {
            "begun": begun,
            "closed": closed,
            "waited": waited,
            "answers": answers,
            "messages": answers + (chance.randrange(1, 9) if wrote else 0),
            "stars": chance.randrange(1, 6) if closed and chance.random() < 0.5 else None,
        }
        self.db.execute(
            PLANT,
            uuid.uuid4(),
            *plant_client(self.db),
            uuid.UUID(self.agent),
            "closed" if closed else "active",
            made["messages"],
            begun,
            begun + timedelta(days=1) if closed else None,
            first,
            first + waited if first and waited else None,
            answers,
            made["stars"],
            begun + timedelta(days=2) if made["stars"] else None,
        )
        self.talks.append(made)

    def expected(self, first, last, zone):
        """What the contract says of the talks that began on these days."""
        found = [each for each in self.talks if first <= each["begun"].astimezone(zone).date() <= last]
        waits = [
            Decimal(each["waited"] // timedelta(microseconds=1)) / 10**6 for each in found if each["waited"]
        ]
        stars = [each["stars"] for each in found if each["stars"]]
        days = Counter(each["begun"].astimezone(zone).date() for each in found)
        number, messages = len(found), sum(each["messages"] for each in found)
        resolved = sum(each["closed"] and each["answers"] > 0 for each in found)
        return {
            "sesiones": number,
            "primera_respuesta": {
                "media_s": rounded(statistics.mean(waits), 3) if waits else None,
                "mediana_s": rounded(statistics.median(waits), 3) if waits else None,
            },
            "sesiones_por_dia": [
                {"fecha": day.isoformat(), "sesiones": days[day]}
                for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
            ],
            "mensajes_por_sesion": rounded(Decimal(messages) / number, 2) if number else 0,
            "tasa_resolucion": rounded(Decimal(resolved) / number, 4) if number else 0,
            "satisfaccion": {
                "promedio": rounded(Decimal(sum(stars)) / len(stars), 2) if stars else 0, "total": len(stars),
            },
        }  # fmt: skip


@pytest.fixture
def past(db, new_usuario):
    return Past(db, new_usuario("soporte").usuario_id, random.Random(5))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("America/La_Paz", date(2024, 2, 27), date(2024, 3, 2)),
        # The clock goes forward on 10 March and back on 3 November.
        ("America/New_York", date(2024, 3, 8), date(2024, 3, 12)),
        ("America/New_York", date(2024, 11, 1), date(2024, 11, 5)),
        # Here it changes at midnight: 8 September has none, and 6 April lasts 25 hours.
        ("America/Santiago", date(2024, 9, 6), date(2024, 9, 10)),
        ("America/Santiago", date(2024, 4, 5), date(2024, 4, 8)),
    ],
)
async def test_the_figures_are_those_of_an_independent_count(db, past, name, first, last):
    zone = ZoneInfo(name)
    begins = datetime.combine(first, datetime.min.time(), tzinfo=zone).astimezone(UTC)
    for _ in range(40):
        past.talk(begins + timedelta(seconds=past.chance.randrange(-86_400, 86_400 * 7)))
    for day in range(8):
        midnight = datetime.combine(first + timedelta(days=day), datetime.min.time(), tzinfo=zone).astimezone(
            UTC
        )
        for nearby in (timedelta(microseconds=-1), timedelta(0), timedelta(minutes=30)):
            past.talk(midnight + nearby)
    pool = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    try:
        for end in (first, last):
            found = await measures.measure(
                pool.db, zone, first=first, last=end, agent_id=uuid.UUID(past.agent)
            )
            assert msgspec.json.decode(msgspec.json.encode(found)) == past.expected(first, end, zone)
    finally:
        await pool.close()


def ask(cast, past, **query):
    return cast.soporte.get(METRICS, params={"agente_id": past.agent, **query})


def test_as_json_and_as_a_sheet(cast, past):
    zone = ZoneInfo(cast.admin.get("/api/v1/organizacion").json()["zona"])
    for hour in range(0, 96, 5):
        past.talk(datetime(2023, 5, 1, 12, tzinfo=zone) + timedelta(hours=hour))
    period = {"desde": "2023-05-01", "hasta": "2023-05-09"}
    found = ask(cast, past, **period).json()
    assert found == past.expected(date(2023, 5, 1), date(2023, 5, 9), zone)
    assert found["sesiones"] == len(past.talks)
    answer = ask(cast, past, **period, formato="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["indicador", "fecha", "valor"]
    told = {(name, day): value for name, day, value in rows[1:]}
    assert len(told) == 7 + 9
    assert float(told["primera_respuesta_media_s", ""]) == found["primera_respuesta"]["media_s"]
    assert float(told["satisfaccion_promedio", ""]) == found["satisfaccion"]["promedio"]
    assert float(told["tasa_resolucion", ""]) == found["tasa_resolucion"]
    assert told["sesiones_por_dia", "2023-05-09"] == "0"
    assert (
        sum(int(value) for (name, _), value in told.items() if name == "sesiones_por_dia")
        == found["sesiones"]
    )


def test_an_empty_period(cast, past):
    found = ask(cast, past, desde="2001-01-01", hasta="2001-01-02").json()
    assert found == {
        "sesiones": 0,
        "primera_respuesta": {"media_s": None, "mediana_s": None},
        "sesiones_por_dia": [{"fecha": "2001-01-01", "sesiones": 0}, {"fecha": "2001-01-02", "sesiones": 0}],
        "mensajes_por_sesion": 0,
        "tasa_resolucion": 0,
        "satisfaccion": {"promedio": 0, "total": 0},
    }
    assert len(ask(cast, past).json()["sesiones_por_dia"]) == 30


def test_a_period_that_cannot_be(cast, past):
    for query, field in (
        ({"desde": "2026-02-02", "hasta": "2026-02-01"}, "hasta"),
        ({"desde": "2000-01-01", "hasta": "2026-02-01"}, "desde"),
        ({"desde": "ayer"}, "desde"),
        ({"formato": "xml"}, "formato"),
        ({"agente_id": "7"}, "agente_id"),
    ):
        answer = cast.soporte.get(METRICS, params=query)
        assert answer.status_code == 422
        assert answer.json()["errors"].keys() == {field}


def test_a_talk_of_today_as_it_happens(talk, cast):
    """The same figures out of real messages: the house's own words answer nothing, the first answer counts."""
    talk.reply("Se adelanta")
    talk.say()
    talk.reply()
    talk.reply()
    talk.close()
    talk.cliente.post(f"{SESIONES}/{talk.id}/calificar", json={"estrellas": 4})
    log = [datetime.fromisoformat(each["timestamp"]) for each in talk.log()]
    agent = cast.new_usuario("soporte")
    cast.db.execute(
        "UPDATE chat_sesiones SET agente_id = $2::uuid WHERE id = $1::uuid", talk.id, agent.usuario_id
    )
    found = cast.soporte.get(METRICS, params={"agente_id": agent.usuario_id}).json()
    waited = rounded(Decimal((log[2] - log[1]) // timedelta(microseconds=1)) / 10**6, 3)
    assert found["primera_respuesta"] == {"media_s": waited, "mediana_s": waited}
    assert (found["sesiones"], found["mensajes_por_sesion"], found["tasa_resolucion"]) == (1, 4, 1)
    assert found["satisfaccion"] == {"promedio": 4, "total": 1}
    assert found["sesiones_por_dia"][-1]["sesiones"] == 1
