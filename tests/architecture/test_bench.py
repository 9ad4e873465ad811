"""The benchmark measures the statements as the stores send them: one argument for each parameter."""

import re

import pytest

from bench import measures, talks
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
