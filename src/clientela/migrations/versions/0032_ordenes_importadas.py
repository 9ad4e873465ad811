"""Work orders that come in from a sheet, each once (CONTRACT §10)."""

from clientela.migrations.runner import run_sql

revision = "0032"
down_revision = "0031"

UP = """
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, ban-drop-not-null
ALTER TABLE ordenes_trabajo ADD COLUMN referencia text
    CONSTRAINT ordenes_trabajo_referencia_larga CHECK (char_length(referencia) BETWEEN 1 AND 100);
COMMENT ON COLUMN ordenes_trabajo.referencia IS 'What it is called in the program from which it was imported.';
-- A sheet that is imported twice makes nothing twice.
CREATE UNIQUE INDEX ordenes_trabajo_referencia_uk ON ordenes_trabajo (referencia) WHERE referencia IS NOT NULL;

ALTER TABLE ordenes_trabajo ALTER COLUMN creado_por DROP NOT NULL;
COMMENT ON COLUMN ordenes_trabajo.creado_por IS 'NULL: it was imported from the command line.';
ALTER TABLE orden_movimientos ALTER COLUMN actor_id DROP NOT NULL;
COMMENT ON COLUMN orden_movimientos.actor_id IS 'NULL: it was imported from the command line.';
"""

DOWN = """
UPDATE orden_movimientos SET actor_id = (SELECT id FROM usuarios WHERE rol = 'admin' ORDER BY numero LIMIT 1)
 WHERE actor_id IS NULL;
ALTER TABLE orden_movimientos ALTER COLUMN actor_id SET NOT NULL;
UPDATE ordenes_trabajo SET creado_por = (SELECT id FROM usuarios WHERE rol = 'admin' ORDER BY numero LIMIT 1)
 WHERE creado_por IS NULL;
ALTER TABLE ordenes_trabajo ALTER COLUMN creado_por SET NOT NULL;
DROP INDEX ordenes_trabajo_referencia_uk;
ALTER TABLE ordenes_trabajo DROP COLUMN referencia;
"""


def upgrade() -> None:
    """Add the reference, and let orders come from the command line."""
    run_sql(UP)


def downgrade() -> None:
    """Drop it; what came from the command line is the first administrator's."""
    run_sql(DOWN)
