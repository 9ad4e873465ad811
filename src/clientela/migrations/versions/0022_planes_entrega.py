"""Plans of a day's deliveries, and finding its orders by either of their dates (CONTRACT §7)."""

from clientela.migrations.runner import run_sql

revision = "0022"
down_revision = "0021"

UP = """
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
CREATE TABLE planes_entrega (
    fecha date CONSTRAINT planes_entrega_pk PRIMARY KEY,
    huella text,
    plan jsonb CONSTRAINT planes_entrega_plan_objeto CHECK (jsonb_typeof(plan) = 'object'),
    planificado_en timestamptz,
    reserva uuid,
    reservado_hasta timestamptz,
    CONSTRAINT planes_entrega_plan_entero
        CHECK ((huella IS NULL) = (plan IS NULL) AND (plan IS NULL) = (planificado_en IS NULL)),
    CONSTRAINT planes_entrega_reserva_entera CHECK ((reserva IS NULL) = (reservado_hasta IS NULL))
);
COMMENT ON TABLE planes_entrega IS
    'One plan a day. huella: what it was made for. reserva: who is planning it, until when nobody else may.';

-- A day's deliveries are also those that were made already.
DROP INDEX pedidos_entrega_ix;
CREATE INDEX pedidos_fecha_requerida_ix ON pedidos (fecha_entrega_requerida)
    WHERE fecha_entrega_requerida IS NOT NULL;
CREATE INDEX pedidos_fecha_solicitada_ix ON pedidos (fecha_entrega_solicitada)
    WHERE fecha_entrega_requerida IS NULL AND fecha_entrega_solicitada IS NOT NULL;
"""

DOWN = """
DROP INDEX pedidos_fecha_solicitada_ix;
DROP INDEX pedidos_fecha_requerida_ix;
CREATE INDEX pedidos_entrega_ix ON pedidos (fecha_entrega_requerida) WHERE estado NOT IN ('ENTREGADO', 'CANCELADO');
DROP TABLE planes_entrega;
"""


def upgrade() -> None:
    """Create the plans."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the plans."""
    run_sql(DOWN)
