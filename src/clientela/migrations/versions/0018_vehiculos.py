"""Vehicles: what delivers, when it may be out and how much it carries (CONTRACT §12)."""

from clientela.migrations.runner import run_sql

revision = "0018"
down_revision = "0017"

UP = """
CREATE TABLE vehiculos (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT vehiculos_pk PRIMARY KEY,
    placa text NOT NULL CONSTRAINT vehiculos_placa_uk UNIQUE
        CONSTRAINT vehiculos_placa_mayuscula CHECK (placa <> '' AND placa = upper(placa)),
    nombre text CONSTRAINT vehiculos_nombre_no_vacio CHECK (nombre <> ''),
    capacidad_kg numeric(9, 3) NOT NULL
        CONSTRAINT vehiculos_capacidad_valida CHECK (capacidad_kg > 0 AND capacidad_kg <> 'NaN'),
    salida time(0) NOT NULL,
    regreso time(0) NOT NULL,
    chofer_id uuid CONSTRAINT vehiculos_chofer_fk REFERENCES usuarios (id),
    activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1 CONSTRAINT vehiculos_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT vehiculos_horario_valido CHECK (salida < regreso)
);
CREATE INDEX vehiculos_chofer_ix ON vehiculos (chofer_id) WHERE chofer_id IS NOT NULL;

COMMENT ON COLUMN vehiculos.salida IS 'Not before this time of the wall clock it leaves; at regreso it is back.';
"""

DOWN = """
DROP TABLE vehiculos;
"""


def upgrade() -> None:
    """Create the vehicles."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the vehicles."""
    run_sql(DOWN)
