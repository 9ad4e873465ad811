"""Work orders by the thousand: an index for each way in which they are listed, and one for the plans."""

from clientela.migrations.runner import run_sql

revision = "0030"
down_revision = "0029"

UP = """
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
DROP INDEX ordenes_trabajo_sin_asignar_ix;
CREATE INDEX ordenes_trabajo_sin_asignar_ix ON ordenes_trabajo (numero)
    WHERE tecnico_id IS NULL AND estado NOT IN ('FINALIZADO', 'CANCELADA');
CREATE INDEX ordenes_trabajo_fecha_ix ON ordenes_trabajo (fecha_programada);
CREATE INDEX ordenes_trabajo_estado_ix ON ordenes_trabajo (estado, numero);
CREATE INDEX ordenes_trabajo_planes_ix ON ordenes_trabajo (id)
    WHERE estado = 'FINALIZADO' AND periodicidad_meses IS NOT NULL;
"""

DOWN = """
DROP INDEX ordenes_trabajo_planes_ix;
DROP INDEX ordenes_trabajo_estado_ix;
DROP INDEX ordenes_trabajo_fecha_ix;
DROP INDEX ordenes_trabajo_sin_asignar_ix;
CREATE INDEX ordenes_trabajo_sin_asignar_ix ON ordenes_trabajo (creado_en)
    WHERE tecnico_id IS NULL AND estado NOT IN ('FINALIZADO', 'CANCELADA');
"""


def upgrade() -> None:
    """Add the indexes."""
    run_sql(UP)


def downgrade() -> None:
    """Drop them."""
    run_sql(DOWN)
