"""Timelines: a client's events in their order, each once, and how far each stream was purged."""

from clientela.migrations.runner import run_sql

revision = "0014"
down_revision = "0013"

UP = """
-- The table of events is rewritten once to number its rows in the order in which they lie.
-- squawk-ignore-file adding-field-with-default, constraint-missing-not-valid
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

-- The order of a timeline, across streams. Numbers are taken before the commit, so a reader that goes forward by them
-- would miss events; one that goes back from the newest that it saw does not.
ALTER TABLE eventos ADD COLUMN id bigint NOT NULL GENERATED ALWAYS AS IDENTITY;

CREATE INDEX eventos_cliente_ix ON eventos (cliente_id, id) WHERE principal AND cliente_id IS NOT NULL;
-- What is in no timeline is forgotten one day.
CREATE INDEX eventos_perecederos_ix ON eventos (creado_en) WHERE NOT (principal AND cliente_id IS NOT NULL);

ALTER TABLE flujos
    ADD COLUMN purgado bigint NOT NULL DEFAULT 0
        CONSTRAINT flujos_purgado_ck CHECK (purgado BETWEEN 0 AND ultimo);
COMMENT ON COLUMN flujos.purgado IS 'Up to this seq the stream may have gaps: old events were purged.';
"""

DOWN = """
ALTER TABLE flujos DROP COLUMN purgado;
DROP INDEX eventos_perecederos_ix;
DROP INDEX eventos_cliente_ix;
ALTER TABLE eventos DROP COLUMN id;
"""


def upgrade() -> None:
    """Give the events numbers, and the timelines an index."""
    run_sql(UP)


def downgrade() -> None:
    """Forget the numbers."""
    run_sql(DOWN)
