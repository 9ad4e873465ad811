"""The pure rules of opening hours, holidays and zones."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.organizacion import rules
from clientela.organizacion.model import CambiosOrganizacion, Horario, Organizacion

ORG = Organizacion("El Ceibo", "America/La_Paz", "BOB", (), (), None, None, None, 1, None)
clock = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.integers(0, 59))
hours = st.builds(Horario, st.integers(0, 6), clock, clock)


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:])


@pytest.mark.parametrize("zona", ["America/La_Paz", "America/Santiago", "UTC", "Europe/Madrid"])
def test_a_zone_of_the_tz_database_is_known(zona):
    assert rules.check_zone(zona) == {}


@pytest.mark.parametrize(
    "zona", ["", "La_Paz", "America/la_paz", "../../etc/passwd", "BOT", "+04:00", "a" * 64]
)
def test_any_other_zone_is_refused(zona):
    assert list(rules.check_zone(zona)) == ["zona"]


@pytest.mark.parametrize(
    ("day", "ok"), [("08:00-12:00 12:00-18:00", True), ("08:00-12:00 11:59-18:00", False), ("08:00-08:00", False),
                    ("18:00-08:00", False), ("00:00-23:59", True), ("08:00-12:00 08:00-12:00", False),
                    ("00:00-23:59 10:00-11:00", False), ("14:00-18:00 08:00-12:00", True)]
)  # fmt: skip
def test_hours_of_a_day(day, ok):
    for weekday in range(7):
        spans = tuple(Horario(weekday, *span.split("-")) for span in day.split())
        assert (rules.check_hours(spans) == {}) is ok


def test_the_same_hours_on_another_day_do_not_overlap():
    assert rules.check_hours([Horario(day, "08:00", "18:00") for day in range(7)]) == {}


def test_the_field_of_the_sent_order_is_named():
    spans = [Horario(1, "15:00", "18:00"), Horario(1, "16:00", "17:00"), Horario(2, "09:00", "08:00")]
    assert set(rules.check_hours(spans)) == {"horarios.1.inicio", "horarios.2.fin"}


@given(st.lists(hours, max_size=8))
def test_hours_pass_exactly_when_no_minute_is_counted_twice(spans):
    forward = all(minutes(span.inicio) < minutes(span.fin) for span in spans)
    counted = [
        (span.dia_semana, minute)
        for span in spans
        for minute in range(minutes(span.inicio), minutes(span.fin))
    ]
    assert (rules.check_hours(spans) == {}) is (forward and len(counted) == len(set(counted)))


@given(st.lists(hours, max_size=8), st.lists(st.dates(), max_size=8))
def test_what_is_kept_is_in_order_and_without_doubles(spans, days):
    after = rules.apply_changes(ORG, CambiosOrganizacion(horarios=tuple(spans), feriados=tuple(days)))
    assert list(after.horarios) == sorted(spans, key=lambda h: (h.dia_semana, h.inicio))
    assert list(after.feriados) == sorted(set(days))
    assert msgspec.structs.replace(after, horarios=(), feriados=()) == ORG
    assert rules.changed_fields(ORG, after) == [
        name for name, value in (("horarios", spans), ("feriados", days)) if value
    ]
