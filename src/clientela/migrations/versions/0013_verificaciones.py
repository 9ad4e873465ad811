"""Codes that prove whose a record without login is, sent to the e-mail in it."""

from clientela.migrations.runner import run_sql

revision = "0013"
down_revision = "0012"

UP = """
-- One living code for a record's user and the names that it was asked with; both digests need the installation's key.
CREATE TABLE verificaciones (
    usuario_id uuid NOT NULL
        CONSTRAINT verificaciones_usuario_id_fkey REFERENCES usuarios (id) ON DELETE CASCADE,
    huella text NOT NULL CONSTRAINT verificaciones_huella_check CHECK (huella ~ '^[0-9a-f]{64}$'),
    hash text NOT NULL CONSTRAINT verificaciones_hash_check CHECK (hash ~ '^[0-9a-f]{64}$'),
    creado_en timestamptz NOT NULL,
    expira_en timestamptz NOT NULL,
    CONSTRAINT verificaciones_pkey PRIMARY KEY (usuario_id, huella)
);
CREATE INDEX verificaciones_expira_en_idx ON verificaciones (expira_en);
"""

DOWN = """
DROP TABLE verificaciones;
"""


def upgrade() -> None:
    """Create the table of verification codes."""
    run_sql(UP)


def downgrade() -> None:
    """Drop it: codes that were sent are worthless."""
    run_sql(DOWN)
