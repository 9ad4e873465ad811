"""${message}."""

from clientela.migrations.runner import run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

UP = """
"""

DOWN = """
"""


def upgrade() -> None:
    """Go forward."""
    run_sql(UP)


def downgrade() -> None:
    """Go back."""
    run_sql(DOWN)
