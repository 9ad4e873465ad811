"""Photos of work orders, and a technician's day (CONTRACT §10, §12)."""

from clientela.migrations.runner import run_sql

revision = "0026"
down_revision = "0025"

UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid
-- squawk-ignore-file require-concurrent-index-creation, ban-drop-constraint
CREATE TABLE orden_fotos (
    id uuid CONSTRAINT orden_fotos_pk PRIMARY KEY,
    orden_id uuid NOT NULL CONSTRAINT orden_fotos_orden_fk REFERENCES ordenes_trabajo (id),
    lugar smallint NOT NULL CONSTRAINT orden_fotos_lugar_valido CHECK (lugar BETWEEN 1 AND 20),
    clave text NOT NULL CONSTRAINT orden_fotos_clave_uk UNIQUE,
    descripcion text CONSTRAINT orden_fotos_descripcion_larga CHECK (char_length(descripcion) <= 500),
    ancho integer NOT NULL CONSTRAINT orden_fotos_ancho_positivo CHECK (ancho > 0),
    alto integer NOT NULL CONSTRAINT orden_fotos_alto_positivo CHECK (alto > 0),
    subida_por uuid NOT NULL CONSTRAINT orden_fotos_subida_por_fk REFERENCES usuarios (id),
    creado_en timestamptz NOT NULL,
    CONSTRAINT orden_fotos_lugar_uk UNIQUE (orden_id, lugar)
);
COMMENT ON COLUMN orden_fotos.lugar IS 'The first free one of the twenty of its order; not the order of showing.';
CREATE INDEX orden_fotos_subida_por_ix ON orden_fotos (subida_por);

ALTER TABLE orden_movimientos DROP CONSTRAINT orden_movimientos_accion_valida;
ALTER TABLE orden_movimientos ADD CONSTRAINT orden_movimientos_accion_valida CHECK (
    accion IN ('creada', 'asignada', 'reprogramada', 'nota', 'foto', 'foto_quitada', 'iniciada', 'finalizada',
               'cancelada'));

-- What a technician has done on a day.
CREATE INDEX ordenes_trabajo_hechas_ix ON ordenes_trabajo (tecnico_id, fecha_ejecucion)
    WHERE estado = 'FINALIZADO';
"""

DOWN = """
DROP INDEX ordenes_trabajo_hechas_ix;
DELETE FROM orden_movimientos WHERE accion IN ('foto', 'foto_quitada');
ALTER TABLE orden_movimientos DROP CONSTRAINT orden_movimientos_accion_valida;
ALTER TABLE orden_movimientos ADD CONSTRAINT orden_movimientos_accion_valida CHECK (
    accion IN ('creada', 'asignada', 'reprogramada', 'nota', 'iniciada', 'finalizada', 'cancelada'));
DROP TABLE orden_fotos;
"""


def upgrade() -> None:
    """Create the table of the photos, their movements and the index of a day's work."""
    run_sql(UP)


def downgrade() -> None:
    """Drop them."""
    run_sql(DOWN)
