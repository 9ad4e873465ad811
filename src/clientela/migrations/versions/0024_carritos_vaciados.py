"""What the daily job took out of carts that nobody touched, for as long as it may be asked back (CONTRACT §6)."""

from clientela.migrations.runner import run_sql

revision = "0024"
down_revision = "0023"

UP = """
CREATE TABLE carrito_lineas_vaciadas (
    carrito_id uuid NOT NULL
        CONSTRAINT carrito_lineas_vaciadas_carrito_fk REFERENCES carritos (id) ON DELETE CASCADE,
    vaciado_en timestamptz NOT NULL,
    posicion bigint NOT NULL,
    producto_id uuid NOT NULL CONSTRAINT carrito_lineas_vaciadas_producto_fk REFERENCES productos (id),
    nombre text NOT NULL,
    cantidad numeric(12, 3) NOT NULL
        CONSTRAINT carrito_lineas_vaciadas_cantidad_valida CHECK (cantidad > 0 AND cantidad <= 999999),
    campania_aplicada_id bigint,
    motivo_descuento text,
    CONSTRAINT carrito_lineas_vaciadas_pk PRIMARY KEY (carrito_id, vaciado_en, producto_id)
);
CREATE INDEX carrito_lineas_vaciadas_vaciado_ix ON carrito_lineas_vaciadas (vaciado_en);
CREATE INDEX carrito_lineas_vaciadas_producto_ix ON carrito_lineas_vaciadas (producto_id);
"""

DOWN = """
DROP TABLE carrito_lineas_vaciadas;
"""


def upgrade() -> None:
    """Create the place of what was taken out."""
    run_sql(UP)


def downgrade() -> None:
    """Drop it; what nobody asked back is gone."""
    run_sql(DOWN)
