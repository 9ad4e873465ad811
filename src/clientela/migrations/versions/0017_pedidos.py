"""Orders: what was ordered, at which price, in which state (CONTRACT §7)."""

from clientela.migrations.runner import run_sql

revision = "0017"
down_revision = "0016"

# A cart's content has one version, and one version makes at most one order: the second wall behind the cart's lock.
UP = """
ALTER TABLE carritos ADD COLUMN pedido_en timestamptz;
COMMENT ON COLUMN carritos.pedido_en IS
    'When its content last became an order: soon afterwards, what another device had not yet saved may come late.';

CREATE TABLE pedidos (
    id uuid CONSTRAINT pedidos_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pedidos_numero_uk UNIQUE,
    cliente_id uuid NOT NULL CONSTRAINT pedidos_cliente_fk REFERENCES clientes (id),
    vendedor_id uuid CONSTRAINT pedidos_vendedor_fk REFERENCES usuarios (id),
    creado_por uuid NOT NULL CONSTRAINT pedidos_creado_por_fk REFERENCES usuarios (id),
    sesion_id uuid,
    carrito_id uuid CONSTRAINT pedidos_carrito_fk REFERENCES carritos (id) ON DELETE SET NULL,
    carrito_version bigint NOT NULL,
    condicion_pago text NOT NULL
        CONSTRAINT pedidos_condicion_valida CHECK (condicion_pago IN ('CONTADO', 'CREDITO')),
    sucursal_id uuid CONSTRAINT pedidos_sucursal_fk REFERENCES direcciones (uuid) ON DELETE SET NULL,
    fecha_entrega_solicitada timestamptz,
    fecha_entrega_requerida date,
    hora_entrega_requerida time(0),
    fuera_de_ventana boolean NOT NULL DEFAULT false,
    proxima_ventana jsonb CONSTRAINT pedidos_proxima_objeto CHECK (jsonb_typeof(proxima_ventana) = 'object'),
    observaciones_entrega text
        CONSTRAINT pedidos_observaciones_largo CHECK (char_length(observaciones_entrega) <= 2000),
    latitud numeric(9, 6) CONSTRAINT pedidos_latitud_valida CHECK (latitud BETWEEN -90 AND 90),
    longitud numeric(9, 6) CONSTRAINT pedidos_longitud_valida CHECK (longitud BETWEEN -180 AND 180),
    estado text NOT NULL DEFAULT 'PENDIENTE' CONSTRAINT pedidos_estado_valido CHECK (
        estado IN ('PENDIENTE', 'CONFIRMADO', 'EN_PREPARACION', 'EN_RUTA', 'ENTREGADO', 'CANCELADO')),
    total numeric(14, 2) NOT NULL CONSTRAINT pedidos_total_valido CHECK (total >= 0 AND total <> 'NaN'),
    credito_excedido boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1 CONSTRAINT pedidos_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT pedidos_carrito_uk UNIQUE (carrito_id, carrito_version),
    CONSTRAINT pedidos_lugar_entero CHECK ((latitud IS NULL) = (longitud IS NULL)),
    CONSTRAINT pedidos_hora_con_fecha CHECK (hora_entrega_requerida IS NULL OR fecha_entrega_requerida IS NOT NULL)
);

CREATE INDEX pedidos_cliente_ix ON pedidos (cliente_id, numero DESC);
CREATE INDEX pedidos_vendedor_ix ON pedidos (vendedor_id, numero DESC) WHERE vendedor_id IS NOT NULL;
CREATE INDEX pedidos_estado_ix ON pedidos (estado, numero DESC);
CREATE INDEX pedidos_entrega_ix ON pedidos (fecha_entrega_requerida) WHERE estado NOT IN ('ENTREGADO', 'CANCELADO');
CREATE INDEX pedidos_credito_abierto_ix ON pedidos (cliente_id)
    WHERE condicion_pago = 'CREDITO' AND estado NOT IN ('ENTREGADO', 'CANCELADO');
CREATE INDEX pedidos_creado_por_ix ON pedidos (creado_por);
CREATE INDEX pedidos_sucursal_ix ON pedidos (sucursal_id) WHERE sucursal_id IS NOT NULL;

COMMENT ON COLUMN pedidos.carrito_id IS 'NULL once its owner was forgotten: carts are no books.';
COMMENT ON COLUMN pedidos.sesion_id IS 'The session that ordered, which knows what it has just done (late autosaves).';

CREATE TABLE pedido_lineas (
    pedido_id uuid NOT NULL CONSTRAINT pedido_lineas_pedido_fk REFERENCES pedidos (id),
    posicion integer NOT NULL,
    producto_id uuid NOT NULL CONSTRAINT pedido_lineas_producto_fk REFERENCES productos (id),
    codigo text NOT NULL,
    nombre text NOT NULL,
    unidad text NOT NULL,
    peso_kg numeric(12, 3),
    cantidad numeric(12, 3) NOT NULL CONSTRAINT pedido_lineas_cantidad_valida CHECK (cantidad > 0),
    precio_unitario numeric(14, 2) NOT NULL CONSTRAINT pedido_lineas_precio_valido CHECK (precio_unitario >= 0),
    subtotal numeric(14, 2) NOT NULL GENERATED ALWAYS AS (round(cantidad * precio_unitario, 2)) STORED,
    campania_aplicada_id bigint CONSTRAINT pedido_lineas_campania_fk REFERENCES campanias (id),
    motivo_descuento text,
    descontada boolean NOT NULL,
    CONSTRAINT pedido_lineas_pk PRIMARY KEY (pedido_id, posicion),
    CONSTRAINT pedido_lineas_producto_uk UNIQUE (pedido_id, producto_id)
);
CREATE INDEX pedido_lineas_producto_ix ON pedido_lineas (producto_id);
CREATE INDEX pedido_lineas_campania_ix ON pedido_lineas (campania_aplicada_id) WHERE campania_aplicada_id IS NOT NULL;

COMMENT ON COLUMN pedido_lineas.descontada IS 'Whether its quantity was taken from the stock, and returns to it.';

CREATE TABLE pedido_estados (
    pedido_id uuid NOT NULL CONSTRAINT pedido_estados_pedido_fk REFERENCES pedidos (id),
    orden integer NOT NULL,
    estado text NOT NULL,
    motivo text CONSTRAINT pedido_estados_motivo_largo CHECK (char_length(motivo) <= 500),
    actor_id uuid NOT NULL CONSTRAINT pedido_estados_actor_fk REFERENCES usuarios (id),
    creado_en timestamptz NOT NULL,
    CONSTRAINT pedido_estados_pk PRIMARY KEY (pedido_id, orden)
);
CREATE INDEX pedido_estados_actor_ix ON pedido_estados (actor_id);
"""

DOWN = """
DROP TABLE pedido_estados;
DROP TABLE pedido_lineas;
DROP TABLE pedidos;
ALTER TABLE carritos DROP COLUMN pedido_en;
"""


def upgrade() -> None:
    """Create the orders."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the orders."""
    run_sql(DOWN)
