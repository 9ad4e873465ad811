"""Passes that open one connection each; what devices may ask for after any time is not purged."""

from clientela.migrations.runner import run_sql

revision = "0029"
down_revision = "0028"

UP = """
CREATE TABLE pases (
    hash text CONSTRAINT pases_pk PRIMARY KEY CONSTRAINT pases_hash_valido CHECK (hash ~ '^[0-9a-f]{64}$'),
    sesion_id uuid CONSTRAINT pases_sesion_fk REFERENCES sesiones (id) ON DELETE CASCADE,
    token_id bigint CONSTRAINT pases_token_fk REFERENCES tokens_personales (id) ON DELETE CASCADE,
    vence_en timestamptz NOT NULL,
    CONSTRAINT pases_origen_valido CHECK (num_nonnulls(sesion_id, token_id) = 1)
);
COMMENT ON TABLE pases IS 'Opens one connection within seconds, as the session or the token that asked for it.';
CREATE INDEX pases_vence_ix ON pases (vence_en);
CREATE INDEX pases_sesion_ix ON pases (sesion_id) WHERE sesion_id IS NOT NULL;
CREATE INDEX pases_token_ix ON pases (token_id) WHERE token_id IS NOT NULL;

-- The index is made anew in the one transaction of all migrations: while a server starts, nobody writes events.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
DROP INDEX eventos_perecederos_ix;
CREATE INDEX eventos_perecederos_ix ON eventos (creado_en)
    WHERE NOT (principal AND cliente_id IS NOT NULL)
      AND tipo NOT IN ('message.created', 'session.updated', 'messages.read');
"""

DOWN = """
DROP INDEX eventos_perecederos_ix;
CREATE INDEX eventos_perecederos_ix ON eventos (creado_en) WHERE NOT (principal AND cliente_id IS NOT NULL);
DROP TABLE pases;
"""


def upgrade() -> None:
    """Create the table of the passes, and narrow what is purged."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the passes, and purge as before."""
    run_sql(DOWN)
