"""The organisation: one row of settings that the administrator writes (CONTRACT, `/api/v1/organizacion`)."""

from clientela.migrations.runner import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE organizacion (
    id smallint NOT NULL DEFAULT 1,
    nombre text NOT NULL,
    -- NULL means: the zone of the process's settings (CLIENTELA_ZONA_HORARIA).
    zona text,
    moneda text NOT NULL,
    horarios jsonb NOT NULL DEFAULT '[]',
    feriados date[] NOT NULL DEFAULT '{}',
    mensaje_ausente text,
    saludo text,
    deposito_lat double precision,
    deposito_lng double precision,
    version bigint NOT NULL DEFAULT 1,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT organizacion_pk PRIMARY KEY (id),
    CONSTRAINT organizacion_una_fila CHECK (id = 1),
    CONSTRAINT organizacion_nombre_no_vacio CHECK (nombre <> ''),
    CONSTRAINT organizacion_moneda_iso CHECK (moneda ~ '^[A-Z]{3}$'),
    CONSTRAINT organizacion_horarios_lista CHECK (jsonb_typeof(horarios) = 'array'),
    CONSTRAINT organizacion_deposito_completo CHECK ((deposito_lat IS NULL) = (deposito_lng IS NULL)),
    CONSTRAINT organizacion_deposito_lat CHECK (deposito_lat BETWEEN -90 AND 90),
    CONSTRAINT organizacion_deposito_lng CHECK (deposito_lng BETWEEN -180 AND 180),
    CONSTRAINT organizacion_version_positiva CHECK (version > 0)
);
"""

DOWN = """
DROP TABLE organizacion;
"""


def upgrade() -> None:
    """Create the one-row table."""
    run_sql(UP)


def downgrade() -> None:
    """Drop it with its row."""
    run_sql(DOWN)
