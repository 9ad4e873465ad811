"""How an instant may be written (CONTRACT §12): with an offset, or as wall-clock time of the organisation's zone."""

import pytest

from tests.cast import Cast, Persona
from tests.postventa.conftest import Office


@pytest.fixture(scope="module")
def visit(cast: Cast) -> dict[str, str]:
    """A work order whose visit all these tests move."""
    office = Office(cast)
    order: dict[str, str] = office.orden(cast.new_cliente())
    return order


def move(admin: Persona, visit: dict[str, str], when: object) -> tuple[int, object]:
    answer = admin.post(f"/api/v1/ordenes/{visit['id']}/reprogramar", json={"fecha_programada": when})
    body = answer.json()
    return answer.status_code, body.get("fecha_programada") if answer.status_code == 200 else set(
        body["errors"]
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-03-01T01:30:00Z", "2027-03-01T01:30:00Z"),
        ("2027-03-01T01:30:00.000Z", "2027-03-01T01:30:00Z"),
        ("2027-03-01T01:30:00+00:00", "2027-03-01T01:30:00Z"),
        ("2027-03-01T01:30:00-00:00", "2027-03-01T01:30:00Z"),
        ("2027-02-28T21:30:00-04:00", "2027-03-01T01:30:00Z"),
        ("2027-03-01T15:30:00+14:00", "2027-03-01T01:30:00Z"),
        ("2027-02-28T13:30:00-12:00", "2027-03-01T01:30:00Z"),
        ("2027-03-01T07:00:00+05:30", "2027-03-01T01:30:00Z"),
        # Without an offset: La Paz, four hours behind, also where that is another day, month or year.
        ("2027-02-28T21:30:00", "2027-03-01T01:30:00Z"),
        ("2027-02-28T21:30", "2027-03-01T01:30:00Z"),
        ("2026-12-31T23:59:59", "2027-01-01T03:59:59Z"),
        ("2028-02-29T20:00:00", "2028-03-01T00:00:00Z"),
        # A day alone begins at its midnight there.
        ("2027-03-01", "2027-03-01T04:00:00Z"),
    ],
)
def test_an_instant_is_understood(cast: Cast, visit: dict[str, str], written: str, meant: str) -> None:
    assert move(cast.admin, visit, written) == (200, meant)


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59", "2026-06-30T23:59:60Z", "2026-06-30T23:59:60",
        "2027-02-29T10:00:00", "2027-03-01T24:00:01", "2027-13-01T00:00:00Z", "01/03/2027 10:00", "mañana", "", "Z",
        "2027-03-01T10:00:00 America/La_Paz", "2027-03-01T10:00:00+25:00", 1803874200, None,
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused_by_its_field(
    cast: Cast, visit: dict[str, str], written: object
) -> None:
    assert move(cast.admin, visit, written) == (422, {"fecha_programada"})
