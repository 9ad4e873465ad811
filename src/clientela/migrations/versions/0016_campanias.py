"""Campaigns: a percent off, for a while, for some products and some clients (CONTRACT §5)."""

from clientela.migrations.runner import run_sql

revision = "0016"
down_revision = "0015"

# Until now no line had a campaign, so there is nothing to look through and the locks are short.
UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
CREATE TABLE campanias (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT campanias_pk PRIMARY KEY,
    nombre text NOT NULL CONSTRAINT campanias_nombre_no_vacio CHECK (nombre <> ''),
    porcentaje numeric(5, 2) NOT NULL
        CONSTRAINT campanias_porcentaje_valido CHECK (porcentaje > 0 AND porcentaje <= 100),
    desde timestamptz NOT NULL,
    hasta timestamptz NOT NULL,
    activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1 CONSTRAINT campanias_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT campanias_periodo_valido CHECK (desde < hasta)
);

CREATE INDEX campanias_por_inicio ON campanias (desde DESC, id DESC);

COMMENT ON TABLE campanias IS
    'A percent off from desde (inclusive) to hasta (exclusive). No products: all of them. No categories: all clients.';

CREATE TABLE campania_productos (
    campania_id bigint NOT NULL CONSTRAINT campania_productos_campania_fk REFERENCES campanias (id) ON DELETE CASCADE,
    producto_id uuid NOT NULL CONSTRAINT campania_productos_producto_fk REFERENCES productos (id),
    CONSTRAINT campania_productos_pk PRIMARY KEY (campania_id, producto_id)
);
CREATE INDEX campania_productos_producto_ix ON campania_productos (producto_id);

CREATE TABLE campania_categorias (
    campania_id bigint NOT NULL CONSTRAINT campania_categorias_campania_fk REFERENCES campanias (id) ON DELETE CASCADE,
    categoria_id bigint NOT NULL CONSTRAINT campania_categorias_categoria_fk REFERENCES categorias_cliente (id),
    CONSTRAINT campania_categorias_pk PRIMARY KEY (campania_id, categoria_id)
);
CREATE INDEX campania_categorias_categoria_ix ON campania_categorias (categoria_id);

ALTER TABLE carrito_lineas
    ADD CONSTRAINT carrito_lineas_campania_fk FOREIGN KEY (campania_aplicada_id) REFERENCES campanias (id);
CREATE INDEX carrito_lineas_campania_ix ON carrito_lineas (campania_aplicada_id)
    WHERE campania_aplicada_id IS NOT NULL;
"""

DOWN = """
DROP INDEX carrito_lineas_campania_ix;
ALTER TABLE carrito_lineas DROP CONSTRAINT carrito_lineas_campania_fk;
DROP TABLE campania_categorias;
DROP TABLE campania_productos;
DROP TABLE campanias;
"""


def upgrade() -> None:
    """Create the campaigns and let lines refer to them."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the campaigns."""
    run_sql(DOWN)
