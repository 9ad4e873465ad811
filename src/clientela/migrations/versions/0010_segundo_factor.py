"""The second factor of staff: its secret, since when it is in use, and the last code that was used."""

from clientela.migrations.runner import run_sql

revision = "0010"
down_revision = "0009"

UP = """
-- The checks are on columns that are NULL in all rows: nothing to validate later.
-- squawk-ignore-file constraint-missing-not-valid

ALTER TABLE usuarios
    -- Encrypted with a key made from the one that signs tokens; without totp_desde it waits for its first code.
    ADD COLUMN totp_secreto bytea,
    ADD COLUMN totp_desde timestamptz,
    -- The half minute (counted since 1970) of the last code that was used: neither it nor an older one is again.
    ADD COLUMN totp_paso bigint,
    ADD CONSTRAINT usuarios_totp_personal_check CHECK (totp_secreto IS NULL OR rol <> 'cliente'),
    ADD CONSTRAINT usuarios_totp_check CHECK (
        (totp_desde IS NULL) = (totp_paso IS NULL) AND (totp_desde IS NULL OR totp_secreto IS NOT NULL));
"""

DOWN = """
ALTER TABLE usuarios
    DROP CONSTRAINT usuarios_totp_check,
    DROP CONSTRAINT usuarios_totp_personal_check,
    DROP COLUMN totp_paso,
    DROP COLUMN totp_desde,
    DROP COLUMN totp_secreto;
"""


def upgrade() -> None:
    """Add the columns of the second factor."""
    run_sql(UP)


def downgrade() -> None:
    """Drop them: whoever had a second factor logs in without one again."""
    run_sql(DOWN)
