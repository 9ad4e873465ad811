"""Tickets say which order they are about (CONTRACT §8, §9)."""

from clientela.migrations.runner import run_sql

revision = "0020"
down_revision = "0019"

UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
ALTER TABLE tickets ADD COLUMN pedido_id uuid CONSTRAINT tickets_pedido_fk REFERENCES pedidos (id);
CREATE INDEX tickets_pedido_ix ON tickets (pedido_id) WHERE pedido_id IS NOT NULL;
"""

DOWN = """
ALTER TABLE tickets DROP COLUMN pedido_id;
"""


def upgrade() -> None:
    """Let tickets name an order."""
    run_sql(UP)


def downgrade() -> None:
    """Let them name none."""
    run_sql(DOWN)
