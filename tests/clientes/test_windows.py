"""When may a truck come? Vectors on each side of every boundary, and an oracle that asks minute by minute (§2.10)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.clientes import windows
from clientela.clientes.model import NuevaVentana
from clientela.clientes.windows import NextWindow

LA_PAZ = ZoneInfo("America/La_Paz")
SAN_SALVADOR = ZoneInfo("America/El_Salvador")
SANTIAGO = ZoneInfo("America/Santiago")
ZONES = (LA_PAZ, SAN_SALVADOR, SANTIAGO)


def window(day: int, begins: str, ends: str, *, active: bool = True) -> NuevaVentana:
    return NuevaVentana(day, time.fromisoformat(begins), time.fromisoformat(ends), active)


def at(text: str) -> datetime:
    """A wall-clock time."""
    return datetime.fromisoformat(text)


def opens(text: str, begins: str, ends: str) -> NextWindow:
    return NextWindow(date.fromisoformat(text), time.fromisoformat(begins), time.fromisoformat(ends))


# The week of Sunday, 2025-09-28: 0 = Sunday, while Python's weekday() counts from Monday and ISO calls Sunday 7.
WEEK = [
    ("2025-09-28", 0),
    ("2025-09-29", 1),
    ("2025-09-30", 2),
    ("2025-10-01", 3),
    ("2025-10-02", 4),
    ("2025-10-03", 5),
    ("2025-10-04", 6),
    ("2025-10-05", 0),
    ("2024-02-29", 4),
    ("2028-02-29", 2),
    ("2000-01-01", 6),
    ("1900-01-01", 1),
    ("9000-12-31", 3),
]


@pytest.mark.parametrize(("day", "number"), WEEK)
def test_sunday_is_zero(day: str, number: int) -> None:
    assert windows.weekday(date.fromisoformat(day)) == number
    for other in range(7):
        only = [window(other, "08:00", "12:00")]
        assert windows.contains(only, at(f"{day} 10:00")) == (other == number)


MORNING = [window(1, "08:00", "12:00")]
INSIDE = [
    ("2025-09-29 07:59:59", False),
    ("2025-09-29 08:00:00", True),
    ("2025-09-29 08:00:01", True),
    ("2025-09-29 11:59:59", True),
    ("2025-09-29 12:00:00", True),
    ("2025-09-29 12:00:00.000001", False),
    ("2025-09-29 12:00:01", False),
    ("2025-09-28 10:00:00", False),
    ("2025-09-30 10:00:00", False),
    ("2025-10-06 10:00:00", True),
]


@pytest.mark.parametrize(("moment", "inside"), INSIDE)
def test_both_limits_belong_to_it(moment: str, inside: bool) -> None:
    assert windows.contains(MORNING, at(moment)) == inside


ALL_DAY = [window(1, "00:00", "23:59")]
NIGHT = [window(1, "20:00", "23:59"), window(2, "00:00", "04:00")]
MIDNIGHT = [
    (ALL_DAY, "2025-09-28 23:59:59", False),
    (ALL_DAY, "2025-09-29 00:00:00", True),
    (ALL_DAY, "2025-09-29 23:59:00", True),
    (ALL_DAY, "2025-09-29 23:59:01", True),
    (ALL_DAY, "2025-09-29 23:59:59.999999", True),
    (ALL_DAY, "2025-09-30 00:00:00", False),
    (NIGHT, "2025-09-29 19:59:59", False),
    (NIGHT, "2025-09-29 20:00:00", True),
    (NIGHT, "2025-09-29 23:59:30", True),
    (NIGHT, "2025-09-30 00:00:00", True),
    (NIGHT, "2025-09-30 04:00:00", True),
    (NIGHT, "2025-09-30 04:00:01", False),
    (NIGHT, "2025-10-01 00:30:00", False),
    ([window(1, "20:00", "23:58")], "2025-09-29 23:58:30", False),
    ([window(6, "22:00", "23:59"), window(0, "00:00", "01:00")], "2025-09-28 00:00:00", True),
    ([window(6, "22:00", "23:59"), window(0, "00:00", "01:00")], "2025-09-27 23:59:59", True),
]


@pytest.mark.parametrize(("given_windows", "moment", "inside"), MIDNIGHT)
def test_midnight(given_windows: list[NuevaVentana], moment: str, inside: bool) -> None:
    assert windows.contains(given_windows, at(moment)) == inside


def test_without_windows_and_with_inactive_ones_nothing_is_inside() -> None:
    asleep = [window(1, "08:00", "12:00", active=False)]
    for given_windows in ([], asleep):
        assert not windows.contains(given_windows, at("2025-09-29 10:00"))
        assert windows.next_window(given_windows, at("2025-09-29 10:00")) is None


SEVERAL = [window(1, "08:00", "12:00"), window(1, "14:00", "17:30"), window(4, "09:00", "13:00")]
NEXT = [
    (SEVERAL, "2025-09-29 07:59:59", opens("2025-09-29", "08:00", "12:00")),
    (SEVERAL, "2025-09-29 08:00:00", opens("2025-09-29", "08:00", "12:00")),
    (SEVERAL, "2025-09-29 12:00:00", opens("2025-09-29", "08:00", "12:00")),
    (SEVERAL, "2025-09-29 12:00:01", opens("2025-09-29", "14:00", "17:30")),
    (SEVERAL, "2025-09-29 17:30:00", opens("2025-09-29", "14:00", "17:30")),
    (SEVERAL, "2025-09-29 17:30:01", opens("2025-10-02", "09:00", "13:00")),
    (SEVERAL, "2025-10-02 13:00:01", opens("2025-10-06", "08:00", "12:00")),
    (SEVERAL, "2025-10-04 23:59:59", opens("2025-10-06", "08:00", "12:00")),
    (MORNING, "2025-09-29 12:00:01", opens("2025-10-06", "08:00", "12:00")),
    (ALL_DAY, "2025-09-29 23:59:59", opens("2025-09-29", "00:00", "23:59")),
    (ALL_DAY, "2025-09-30 00:00:00", opens("2025-10-06", "00:00", "23:59")),
    (NIGHT, "2025-09-29 23:59:59", opens("2025-09-29", "20:00", "23:59")),
    (NIGHT, "2025-09-30 00:00:00", opens("2025-09-30", "00:00", "04:00")),
    # Across the ends of months, years and leap days.
    ([window(4, "09:00", "10:00")], "2024-02-28 11:00", opens("2024-02-29", "09:00", "10:00")),
    ([window(5, "09:00", "10:00")], "2024-02-29 11:00", opens("2024-03-01", "09:00", "10:00")),
    ([window(6, "09:00", "10:00")], "2023-02-28 11:00", opens("2023-03-04", "09:00", "10:00")),
    ([window(3, "09:00", "10:00")], "2025-12-31 10:01", opens("2026-01-07", "09:00", "10:00")),
    ([window(4, "09:00", "10:00")], "2025-12-31 23:59", opens("2026-01-01", "09:00", "10:00")),
    # Of overlapping ones the first to open.
    (
        [window(1, "09:00", "10:00"), window(1, "08:00", "12:00")],
        "2025-09-29 09:30",
        opens("2025-09-29", "08:00", "12:00"),
    ),
    (
        [window(1, "08:00", "12:00", active=False), window(1, "09:00", "10:00")],
        "2025-09-29 07:00",
        opens("2025-09-29", "09:00", "10:00"),
    ),
]


@pytest.mark.parametrize(("given_windows", "after", "found"), NEXT)
def test_the_window_that_is_open_or_the_next(
    given_windows: list[NuevaVentana], after: str, found: NextWindow
) -> None:
    assert windows.next_window(given_windows, at(after)) == found


def test_the_calendar_ends() -> None:
    assert windows.next_window([window(6, "08:00", "12:00")], at("9999-12-31 23:59")) is None
    assert windows.next_window([window(5, "08:00", "23:59")], at("9999-12-31 23:59")) is not None


LOCAL = [
    (LA_PAZ, "2025-09-30T01:30:00+00:00", "2025-09-29 21:30"),
    (SAN_SALVADOR, "2025-09-30T01:30:00+00:00", "2025-09-29 19:30"),
    (LA_PAZ, "2024-01-01T01:00:00+00:00", "2023-12-31 21:00"),
    (LA_PAZ, "2025-09-29T12:00:00+00:00", "2025-09-29 08:00"),
    (LA_PAZ, "2025-09-29T16:00:00+00:00", "2025-09-29 12:00"),
    (LA_PAZ, "2025-09-29T16:00:01+00:00", "2025-09-29 12:00:01"),
    (SAN_SALVADOR, "2025-09-29T14:00:00+00:00", "2025-09-29 08:00"),
    (SANTIAGO, "2025-07-01T12:00:00+00:00", "2025-07-01 08:00"),
    (SANTIAGO, "2025-12-01T12:00:00+00:00", "2025-12-01 09:00"),
    # Santiago's clocks jump from 24:00 to 01:00 on 6 September 2025, and go back from 24:00 to 23:00 on 4 April 2026.
    (SANTIAGO, "2025-09-07T03:59:59+00:00", "2025-09-06 23:59:59"),
    (SANTIAGO, "2025-09-07T04:00:00+00:00", "2025-09-07 01:00"),
    (SANTIAGO, "2026-04-05T02:30:00+00:00", "2026-04-04 23:30"),
    (SANTIAGO, "2026-04-05T03:30:00+00:00", "2026-04-04 23:30"),
    (SANTIAGO, "2026-04-05T04:00:00+00:00", "2026-04-05 00:00"),
    (LA_PAZ, "2024-02-29T03:59:59+00:00", "2024-02-28 23:59:59"),
    (LA_PAZ, "2024-02-29T04:00:00+00:00", "2024-02-29 00:00"),
]


@pytest.mark.parametrize(("zone", "instant", "shown"), LOCAL)
def test_what_the_wall_clock_shows(zone: ZoneInfo, instant: str, shown: str) -> None:
    assert windows.local(datetime.fromisoformat(instant), zone) == at(shown)


@pytest.mark.parametrize(
    ("zone", "instant", "inside"),
    [
        (LA_PAZ, "2025-09-29T11:59:59+00:00", False),
        (LA_PAZ, "2025-09-29T12:00:00+00:00", True),
        (LA_PAZ, "2025-09-29T16:00:00+00:00", True),
        (LA_PAZ, "2025-09-29T16:00:01+00:00", False),
        (SAN_SALVADOR, "2025-09-29T13:59:59+00:00", False),
        (SAN_SALVADOR, "2025-09-29T14:00:00+00:00", True),
        (SAN_SALVADOR, "2025-09-29T18:00:00+00:00", True),
        (SAN_SALVADOR, "2025-09-29T18:00:01+00:00", False),
        (SANTIAGO, "2025-09-29T10:59:59+00:00", False),
        (SANTIAGO, "2025-09-29T11:00:00+00:00", True),
        (SANTIAGO, "2025-07-07T11:59:59+00:00", False),
        (SANTIAGO, "2025-07-07T12:00:00+00:00", True),
    ],
)
def test_an_instant_is_judged_by_its_zones_clock(zone: ZoneInfo, instant: str, inside: bool) -> None:
    assert windows.contains(MORNING, windows.local(datetime.fromisoformat(instant), zone)) == inside


SPANS = [
    (LA_PAZ, opens("2025-09-29", "08:00", "12:00"), ("2025-09-29T12:00", "2025-09-29T16:00")),
    (SAN_SALVADOR, opens("2025-09-29", "08:00", "12:00"), ("2025-09-29T14:00", "2025-09-29T18:00")),
    (LA_PAZ, opens("2025-09-29", "20:00", "23:59"), ("2025-09-30T00:00", "2025-09-30T04:00")),
    (SANTIAGO, opens("2025-09-05", "22:00", "23:59"), ("2025-09-06T02:00", "2025-09-06T04:00")),
    # The hour after midnight of 7 September is left out.
    (SANTIAGO, opens("2025-09-07", "00:00", "00:45"), None),
    (SANTIAGO, opens("2025-09-07", "00:00", "02:00"), ("2025-09-07T04:00", "2025-09-07T05:00")),
    (SANTIAGO, opens("2025-09-07", "00:30", "01:30"), ("2025-09-07T04:00", "2025-09-07T04:30")),
    (SANTIAGO, opens("2025-09-06", "22:00", "23:59"), ("2025-09-07T02:00", "2025-09-07T04:00")),
    (SANTIAGO, opens("2025-09-07", "01:00", "02:00"), ("2025-09-07T04:00", "2025-09-07T05:00")),
    # The last hour of 4 April comes twice, and the window lasts through both.
    (SANTIAGO, opens("2026-04-04", "23:00", "23:30"), ("2026-04-05T02:00", "2026-04-05T03:30")),
    (SANTIAGO, opens("2026-04-04", "22:00", "23:59"), ("2026-04-05T01:00", "2026-04-05T04:00")),
    (SANTIAGO, opens("2026-04-05", "00:00", "01:00"), ("2026-04-05T04:00", "2026-04-05T05:00")),
]


@pytest.mark.parametrize(("zone", "found", "instants"), SPANS)
def test_from_which_instant_to_which(
    zone: ZoneInfo, found: NextWindow, instants: tuple[str, str] | None
) -> None:
    expected = instants and tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in instants)
    assert windows.span(found, zone) == expected


def test_hours_that_do_not_exist_are_passed_over() -> None:
    early = [window(0, "00:00", "00:45")]
    after = at("2025-09-06 12:00")
    assert windows.next_window(early, after) == opens("2025-09-07", "00:00", "00:45")
    assert windows.next_window(early, after, SANTIAGO) == opens("2025-09-14", "00:00", "00:45")
    assert windows.next_window(early, after, LA_PAZ) == opens("2025-09-07", "00:00", "00:45")


def test_what_is_wrong_with_windows_is_named() -> None:
    sent = [
        window(1, "08:00", "12:00"),
        window(1, "22:00", "02:00"),
        window(2, "08:00", "08:00"),
        window(1, "08:00", "12:00", active=False),
        window(2, "08:00", "12:00"),
    ]
    assert windows.check(sent) == {
        "ventanas_entrega.1.hora_fin": "ventana_al_reves",
        "ventanas_entrega.2.hora_fin": "ventana_al_reves",
        "ventanas_entrega.3": "ventana_repetida",
    }


OVERLAPS = [
    ([window(1, "08:00", "12:00"), window(1, "11:59", "13:00")], [(0, 1)]),
    ([window(1, "08:00", "12:00"), window(1, "12:00", "13:00")], []),
    ([window(1, "08:00", "12:00"), window(2, "08:00", "12:00")], []),
    ([window(1, "20:00", "23:59"), window(2, "00:00", "04:00")], []),
    (
        [window(1, "08:00", "18:00"), window(1, "09:00", "10:00"), window(1, "17:00", "19:00")],
        [(0, 1), (0, 2)],
    ),
    ([window(1, "10:00", "12:00"), window(1, "08:00", "11:00")], [(0, 1)]),
    ([window(1, "08:00", "12:00"), window(1, "09:00", "10:00", active=False)], []),
]


@pytest.mark.parametrize(("given_windows", "pairs"), OVERLAPS)
def test_overlaps(given_windows: list[NuevaVentana], pairs: list[tuple[int, int]]) -> None:
    assert sorted(windows.overlaps(given_windows)) == pairs


# --- the oracle ------------------------------------------------------------------------------------------------

minutes = st.integers(0, 1439)
any_window = st.builds(
    lambda day, first, second, active: NuevaVentana(
        day,
        time(min(first, second) // 60, min(first, second) % 60),
        time(max(first, second) // 60, max(first, second) % 60),
        active,
    ),
    st.integers(0, 6),
    minutes,
    minutes,
    st.booleans(),
).filter(lambda found: found.hora_inicio < found.hora_fin)
some_windows = st.lists(any_window, max_size=4)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def inside_by_text(given_windows: list[NuevaVentana], moment: datetime) -> bool:
    """The rule said with strings, as a person would write it down."""
    day = {"Sun": 0, "Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6}[moment.strftime("%a")]
    shown = moment.strftime("%H:%M:%S.%f")
    for found in given_windows:
        last = "24" if found.hora_fin == time(23, 59) else found.hora_fin.strftime("%H:%M:%S.%f")
        if found.activo and found.dia_semana == day and found.hora_inicio.strftime("%H:%M") <= shown <= last:
            return True
    return False


@given(some_windows, instants, st.sampled_from(ZONES))
def test_inside_agrees_with_the_oracle(
    given_windows: list[NuevaVentana], instant: datetime, zone: ZoneInfo
) -> None:
    moment = windows.local(instant, zone)
    assert windows.contains(given_windows, moment) == inside_by_text(given_windows, moment)


@given(some_windows, instants, st.sampled_from(ZONES))
def test_the_next_window_agrees_with_walking_minute_by_minute(
    given_windows: list[NuevaVentana], instant: datetime, zone: ZoneInfo
) -> None:
    after = windows.local(instant, zone).replace(second=0, microsecond=0)
    found = windows.next_window(given_windows, after)
    walked = next(
        (
            moment
            for minute in range(8 * 24 * 60)
            if inside_by_text(given_windows, moment := after + timedelta(minutes=minute))
        ),
        None,
    )
    if walked is None:
        assert found is None
        return
    assert found is not None
    assert datetime.combine(found.fecha, found.hora_inicio) <= walked
    assert found.fecha == walked.date()
    assert found.hora_inicio <= walked.time()
    assert any(
        (w.activo, w.hora_inicio, w.hora_fin, w.dia_semana)
        == (True, found.hora_inicio, found.hora_fin, windows.weekday(found.fecha))
        for w in given_windows
    )
    assert walked == max(after, datetime.combine(found.fecha, found.hora_inicio))


@given(any_window, st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.sampled_from(ZONES))
def test_a_span_holds_exactly_the_instants_inside(chosen: NuevaVentana, day: date, zone: ZoneInfo) -> None:
    chosen = NuevaVentana(windows.weekday(day), chosen.hora_inicio, chosen.hora_fin)
    span = windows.span(NextWindow(day, chosen.hora_inicio, chosen.hora_fin), zone)
    if span is None:
        return
    begins, ends = span
    assert windows.contains([chosen], windows.local(begins, zone))
    assert not windows.contains([chosen], windows.local(begins - timedelta(seconds=1), zone))
    assert windows.contains([chosen], windows.local(ends - timedelta(seconds=1), zone))
    assert not windows.contains([chosen], windows.local(ends + timedelta(seconds=1), zone))
