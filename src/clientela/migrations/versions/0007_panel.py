"""The customer's panel: drafts, what was sent of them, preferences."""

from clientela.migrations.runner import run_sql

revision = "0007"
down_revision = "0006"

UP = """
CREATE TABLE borradores (
    cliente_id uuid NOT NULL CONSTRAINT borradores_cliente_fk REFERENCES clientes (id),
    tipo text NOT NULL CONSTRAINT borradores_tipo_valido CHECK (tipo IN ('reclamo', 'soporte')),
    campos jsonb CONSTRAINT borradores_campos_objeto CHECK (jsonb_typeof(campos) = 'object'),
    version bigint NOT NULL DEFAULT 0 CONSTRAINT borradores_version_valida CHECK (version >= 0),
    version_enviada bigint NOT NULL DEFAULT 0
        CONSTRAINT borradores_version_enviada_valida CHECK (version_enviada BETWEEN 0 AND version),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT borradores_pk PRIMARY KEY (cliente_id, tipo)
) WITH (fillfactor = 70);

COMMENT ON TABLE borradores IS
    'One row per client and kind, for ever: campos is NULL while there is no draft; version never goes back.';
COMMENT ON COLUMN borradores.version_enviada IS
    'The version that the last sending made: a write based on an older one was typed before it.';

CREATE TABLE borradores_enviados (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT borradores_enviados_pk PRIMARY KEY,
    cliente_id uuid NOT NULL,
    tipo text NOT NULL,
    campos jsonb NOT NULL,
    enviado_en timestamptz NOT NULL,
    CONSTRAINT borradores_enviados_borrador_fk
        FOREIGN KEY (cliente_id, tipo) REFERENCES borradores (cliente_id, tipo)
);

COMMENT ON TABLE borradores_enviados IS
    'The texts of a sending: autosaves are compared with them for two minutes, then a daily job wipes them.';

CREATE INDEX borradores_enviados_reciente_ix ON borradores_enviados (cliente_id, tipo, enviado_en);
CREATE INDEX borradores_enviados_fecha_ix ON borradores_enviados (enviado_en);

CREATE TABLE preferencias (
    cliente_id uuid CONSTRAINT preferencias_pk PRIMARY KEY
        CONSTRAINT preferencias_cliente_fk REFERENCES clientes (id),
    vista_activa text NOT NULL CONSTRAINT preferencias_vista_valida CHECK (vista_activa IN (
        'inicio', 'catalogo', 'mis-pedidos', 'reclamo', 'perfil', 'facturas', 'soporte', 'carrito',
        'chat', 'ordenes', 'garantias', 'mantenimientos')),
    configuraciones jsonb NOT NULL
        CONSTRAINT preferencias_configuraciones_objeto CHECK (jsonb_typeof(configuraciones) = 'object')
        CONSTRAINT preferencias_configuraciones_tope CHECK (octet_length(configuraciones::text) <= 8192),
    version bigint NOT NULL CONSTRAINT preferencias_version_valida CHECK (version >= 1),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
) WITH (fillfactor = 80);
"""

DOWN = """
DROP TABLE preferencias;
DROP TABLE borradores_enviados;
DROP TABLE borradores;
"""


def upgrade() -> None:
    """Create the tables of the panel."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the tables of the panel."""
    run_sql(DOWN)
