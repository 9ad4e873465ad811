"""Carts: one live header per key, and its lines."""

from clientela.migrations.runner import run_sql

revision = "0006"
down_revision = "0005"

UP = """
CREATE TABLE carritos (
    id uuid CONSTRAINT carritos_pk PRIMARY KEY,
    usuario_id uuid NOT NULL CONSTRAINT carritos_usuario_fk REFERENCES usuarios (id),
    cliente_id uuid CONSTRAINT carritos_cliente_fk REFERENCES clientes (id),
    vendedor_id uuid CONSTRAINT carritos_vendedor_fk REFERENCES usuarios (id),
    version bigint NOT NULL DEFAULT 0 CONSTRAINT carritos_version_valida CHECK (version >= 0),
    escrito boolean NOT NULL DEFAULT false,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT carritos_vendedor_con_cliente CHECK (vendedor_id IS NULL OR cliente_id IS NOT NULL)
) WITH (fillfactor = 70);

COMMENT ON TABLE carritos IS
    'vendedor_id NULL: the own cart of usuario_id (of a client, or of staff when cliente_id is NULL). '
    'vendedor_id set: that seller''s cart for cliente_id, whose principal is usuario_id.';
COMMENT ON COLUMN carritos.escrito IS
    'Whether anybody ever wrote to it: until then the panel answers 404.';

-- A UNIQUE over (usuario_id, vendedor_id) would let two own carts through, because NULLs differ.
CREATE UNIQUE INDEX carritos_propio_uk ON carritos (usuario_id)
    WHERE vendedor_id IS NULL AND deleted_at IS NULL;
-- cliente_id is part of the key: one principal's clients must never share a seller's cart.
CREATE UNIQUE INDEX carritos_vendedor_uk ON carritos (usuario_id, vendedor_id, cliente_id)
    WHERE vendedor_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX carritos_cliente_ix ON carritos (cliente_id);
CREATE INDEX carritos_vendedor_ix ON carritos (vendedor_id) WHERE vendedor_id IS NOT NULL;

CREATE TABLE carrito_lineas (
    carrito_id uuid NOT NULL CONSTRAINT carrito_lineas_carrito_fk REFERENCES carritos (id) ON DELETE CASCADE,
    producto_id uuid NOT NULL CONSTRAINT carrito_lineas_producto_fk REFERENCES productos (id),
    cantidad numeric(12, 3) NOT NULL
        CONSTRAINT carrito_lineas_cantidad_valida CHECK (cantidad > 0 AND cantidad <= 999999),
    item jsonb NOT NULL CONSTRAINT carrito_lineas_item_objeto CHECK (jsonb_typeof(item) = 'object'),
    precio_unitario numeric(14, 2) NOT NULL
        CONSTRAINT carrito_lineas_precio_valido CHECK (precio_unitario >= 0 AND precio_unitario <> 'NaN'),
    campania_aplicada_id bigint,
    motivo_descuento text,
    posicion bigint NOT NULL,
    CONSTRAINT carrito_lineas_pk PRIMARY KEY (carrito_id, producto_id)
) WITH (fillfactor = 80);

CREATE INDEX carrito_lineas_producto_ix ON carrito_lineas (producto_id);

COMMENT ON COLUMN carrito_lineas.item IS
    'What the catalogue said of the product when the line was added; never what a browser sent.';
COMMENT ON COLUMN carrito_lineas.precio_unitario IS
    'The price of the snapshot after its campaign: the price last shown for this line.';
"""

DOWN = """
DROP TABLE carrito_lineas;
DROP TABLE carritos;
"""


def upgrade() -> None:
    """Create the tables of the carts."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the tables of the carts."""
    run_sql(DOWN)
