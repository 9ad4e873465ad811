"""Proposals: what a seller's cart held when he proposed it to its client (CONTRACT §6, §12)."""

from clientela.migrations.runner import run_sql

revision = "0023"
down_revision = "0022"

UP = """
CREATE TABLE propuestas (
    id uuid CONSTRAINT propuestas_pk PRIMARY KEY,
    carrito_id uuid NOT NULL CONSTRAINT propuestas_carrito_fk REFERENCES carritos (id),
    carrito_version bigint NOT NULL,
    cliente_id uuid NOT NULL CONSTRAINT propuestas_cliente_fk REFERENCES clientes (id),
    vendedor_id uuid NOT NULL CONSTRAINT propuestas_vendedor_fk REFERENCES usuarios (id),
    estado text NOT NULL DEFAULT 'PENDIENTE' CONSTRAINT propuestas_estado_valido
        CHECK (estado IN ('PENDIENTE', 'ACEPTADA', 'RECHAZADA', 'REEMPLAZADA')),
    version bigint NOT NULL DEFAULT 1 CONSTRAINT propuestas_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    respondida_en timestamptz,
    CONSTRAINT propuestas_respuesta_con_fecha
        CHECK ((estado IN ('ACEPTADA', 'RECHAZADA')) = (respondida_en IS NOT NULL))
);

CREATE UNIQUE INDEX propuestas_abierta_uk ON propuestas (carrito_id) WHERE estado = 'PENDIENTE';
-- Identifiers are in the order of their making, so lists need no other column.
CREATE INDEX propuestas_cliente_ix ON propuestas (cliente_id, id DESC);
CREATE INDEX propuestas_vendedor_ix ON propuestas (vendedor_id, id DESC);
CREATE INDEX propuestas_carrito_ix ON propuestas (carrito_id);

COMMENT ON COLUMN propuestas.estado IS
    'REEMPLAZADA: the seller changed his cart and proposed it again before there was an answer.';

CREATE TABLE propuesta_lineas (
    propuesta_id uuid NOT NULL
        CONSTRAINT propuesta_lineas_propuesta_fk REFERENCES propuestas (id) ON DELETE CASCADE,
    posicion bigint NOT NULL,
    producto_id uuid NOT NULL CONSTRAINT propuesta_lineas_producto_fk REFERENCES productos (id),
    nombre text NOT NULL,
    cantidad numeric(12, 3) NOT NULL
        CONSTRAINT propuesta_lineas_cantidad_valida CHECK (cantidad > 0 AND cantidad <= 999999),
    precio_unitario numeric(14, 2) NOT NULL
        CONSTRAINT propuesta_lineas_precio_valido CHECK (precio_unitario >= 0 AND precio_unitario <> 'NaN'),
    campania_aplicada_id bigint CONSTRAINT propuesta_lineas_campania_fk REFERENCES campanias (id),
    motivo_descuento text,
    CONSTRAINT propuesta_lineas_pk PRIMARY KEY (propuesta_id, producto_id)
);
CREATE INDEX propuesta_lineas_producto_ix ON propuesta_lineas (producto_id);
CREATE INDEX propuesta_lineas_campania_ix ON propuesta_lineas (campania_aplicada_id)
    WHERE campania_aplicada_id IS NOT NULL;
"""

DOWN = """
DROP TABLE propuesta_lineas;
DROP TABLE propuestas;
"""


def upgrade() -> None:
    """Create the proposals."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the proposals."""
    run_sql(DOWN)
