"""The benchmark measures the statements as the stores send them: one argument for each parameter."""

import re
from pathlib import Path

import pytest

from bench import measures, report, talks
from bench.statements import Statement

STATEMENTS = {
    measure.name: measure.statement
    for measure in (
        *measures.MEASURES,
        *measures.CLIENT_MEASURES,
        *measures.ORDER_MEASURES,
        *talks.TALK_MEASURES,
    )
    if measure.statement is not None
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_has_an_argument_for_each_parameter(name: str) -> None:
    statement: Statement = STATEMENTS[name]
    parameters = {int(number) for number in re.findall(r"\$(\d+)", statement.sql)}
    assert parameters == set(range(1, len(statement.arguments) + 1))


def test_the_part_of_the_field_service_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\n## Field service\n\nOld.\n\n## Later\n\nStays.\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    rows = [
        report.Row(measure.name, measure.title, rate=[500.0], p50=[2.0], p99=[3.0], server_us=[100.0])
        for measure in measures.SERVICE_MEASURES
    ]
    visits = {"made": 5, "batches": 2, "seconds": 1.5, "longest": 0.5}
    rig = {"connections": 64, "orders": 200_000, "rated": 10_000, "plans": 50_000, "rounds": 3, "seconds": 4}
    machine = {"cpu": "x", "system": "Linux", "python": "3.11"}
    made = {"made": "2026-11-20", "postgres": "16", "foreign": 0.0, "machine": machine}
    alone = {
        "orden_leer": 0.5,
        "resumen": 0.4,
        "sin_asignar": 0.9,
        "en_ejecucion": 1.0,
        "sin_movimiento": 1.1,
    }
    found = report.service_bars(rows, alone)
    report.write_service(made | {"rig": rig, "visits": [visits, visits]}, rows, found)
    text = page.read_text(encoding="utf-8")
    assert "Old." not in text
    assert text.endswith("## Later\n\nStays.\n")
    assert "in 1.5 s, in 2 transactions of 0.50 s at most" in text
    assert "| GET dashboard/overview: time over that of one order | 0.80 | ≤ 2 | yes |" in text
    assert [bar.holds for bar in found] == [True, True, True, False, True]
