"""What happens to a maintenance visit: postponed, confirmed, given a work order, done, reminded of (CONTRACT §10)."""

from clientela.migrations.runner import run_sql

revision = "0028"
down_revision = "0027"

UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
-- squawk-ignore-file adding-not-nullable-field, adding-required-field
ALTER TABLE visitas_mantenimiento
    ADD COLUMN fecha_original timestamptz,
    ADD COLUMN confirmada_en timestamptz,
    ADD COLUMN hecha_en timestamptz,
    ADD COLUMN avisada_para timestamptz,
    ADD COLUMN version bigint NOT NULL DEFAULT 1
        CONSTRAINT visitas_mantenimiento_version_positiva CHECK (version > 0);
UPDATE visitas_mantenimiento
   SET fecha_original = fecha_programada, hecha_en = CASE estado WHEN 'HECHA' THEN actualizado_en END;
ALTER TABLE visitas_mantenimiento
    ALTER COLUMN fecha_original SET NOT NULL,
    ADD CONSTRAINT visitas_mantenimiento_hecha CHECK ((estado = 'HECHA') = (hecha_en IS NOT NULL));
COMMENT ON COLUMN visitas_mantenimiento.fecha_original IS
    'When the plan wants it. The visits after it are counted from the anchor, wherever this one was moved to.';
COMMENT ON COLUMN visitas_mantenimiento.avisada_para IS 'The date that its client was last reminded of.';

CREATE INDEX visitas_mantenimiento_fecha_ix ON visitas_mantenimiento (fecha_programada, id) INCLUDE (estado);
CREATE INDEX visitas_mantenimiento_de_cliente_ix ON visitas_mantenimiento (cliente_id, fecha_programada, id);
CREATE INDEX visitas_mantenimiento_de_orden_ix ON visitas_mantenimiento (orden_id, fecha_programada);
CREATE INDEX visitas_mantenimiento_sin_aviso_ix ON visitas_mantenimiento (fecha_programada)
    WHERE estado = 'PENDIENTE' AND avisada_para IS DISTINCT FROM fecha_programada;

CREATE TABLE visita_movimientos (
    visita_id uuid NOT NULL CONSTRAINT visita_movimientos_visita_fk REFERENCES visitas_mantenimiento (id),
    posicion integer NOT NULL,
    accion text NOT NULL CONSTRAINT visita_movimientos_accion_valida CHECK (
        accion IN ('pospuesta', 'movida', 'confirmada', 'agendada', 'liberada', 'hecha')),
    de timestamptz NOT NULL,
    a timestamptz NOT NULL,
    motivo text CONSTRAINT visita_movimientos_motivo_largo CHECK (char_length(motivo) <= 10000),
    actor_id uuid CONSTRAINT visita_movimientos_actor_fk REFERENCES usuarios (id),
    creado_en timestamptz NOT NULL,
    CONSTRAINT visita_movimientos_pk PRIMARY KEY (visita_id, posicion)
);
COMMENT ON COLUMN visita_movimientos.actor_id IS 'NULL: the client, by the link in his mail.';
CREATE INDEX visita_movimientos_actor_ix ON visita_movimientos (actor_id) WHERE actor_id IS NOT NULL;

ALTER TABLE ordenes_trabajo ADD COLUMN visita_id uuid
    CONSTRAINT ordenes_trabajo_visita_fk REFERENCES visitas_mantenimiento (id);
COMMENT ON COLUMN ordenes_trabajo.visita_id IS 'The maintenance visit that it makes.';
-- One work order for a visit; a cancelled one leaves it free for another.
CREATE UNIQUE INDEX ordenes_trabajo_visita_uk ON ordenes_trabajo (visita_id)
    WHERE visita_id IS NOT NULL AND estado <> 'CANCELADA';
CREATE INDEX ordenes_trabajo_visita_ix ON ordenes_trabajo (visita_id) WHERE visita_id IS NOT NULL;
"""

DOWN = """
ALTER TABLE ordenes_trabajo DROP COLUMN visita_id;
DROP TABLE visita_movimientos;
DROP INDEX visitas_mantenimiento_de_orden_ix;
DROP INDEX visitas_mantenimiento_de_cliente_ix;
DROP INDEX visitas_mantenimiento_fecha_ix;
ALTER TABLE visitas_mantenimiento
    DROP COLUMN fecha_original,
    DROP COLUMN confirmada_en,
    DROP COLUMN hecha_en,
    DROP COLUMN avisada_para,
    DROP COLUMN version;
"""


def upgrade() -> None:
    """Give visits their history, and work orders their visit."""
    run_sql(UP)


def downgrade() -> None:
    """Take it away; where a visit was moved to stays."""
    run_sql(DOWN)
