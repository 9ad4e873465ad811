"""Support chat: sessions and their messages (CONTRACT §9)."""

from clientela.migrations.runner import run_sql

revision = "0027"
down_revision = "0026"

UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
CREATE TABLE chat_sesiones (
    id uuid CONSTRAINT chat_sesiones_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT chat_sesiones_numero_uk UNIQUE,
    usuario_id uuid NOT NULL CONSTRAINT chat_sesiones_usuario_fk REFERENCES usuarios (id),
    cliente_id uuid NOT NULL CONSTRAINT chat_sesiones_cliente_fk REFERENCES clientes (id),
    agente_id uuid CONSTRAINT chat_sesiones_agente_fk REFERENCES usuarios (id),
    estado text NOT NULL CONSTRAINT chat_sesiones_estado_valido CHECK (estado IN ('pending', 'active', 'closed')),
    ultimo_seq bigint NOT NULL DEFAULT 0 CONSTRAINT chat_sesiones_seq_valido CHECK (ultimo_seq >= 0),
    leido_usuario bigint NOT NULL DEFAULT 0,
    leido_soporte bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1 CONSTRAINT chat_sesiones_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    ultimo_mensaje_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    cerrado_en timestamptz,
    cerrado_por uuid CONSTRAINT chat_sesiones_cerrado_por_fk REFERENCES usuarios (id),
    borrado_en timestamptz,
    borrado_por uuid CONSTRAINT chat_sesiones_borrado_por_fk REFERENCES usuarios (id),
    CONSTRAINT chat_sesiones_cerrada CHECK ((estado = 'closed') = (cerrado_en IS NOT NULL)),
    CONSTRAINT chat_sesiones_pendiente_sin_agente CHECK (estado <> 'pending' OR agente_id IS NULL),
    CONSTRAINT chat_sesiones_leido_valido CHECK (
        leido_usuario >= 0 AND leido_usuario <= ultimo_seq AND leido_soporte >= 0 AND leido_soporte <= ultimo_seq),
    CONSTRAINT chat_sesiones_borrado_entero CHECK ((borrado_en IS NULL) = (borrado_por IS NULL))
);
COMMENT ON COLUMN chat_sesiones.cerrado_por IS 'NULL: its customer was forgotten, or his record merged.';
COMMENT ON COLUMN chat_sesiones.leido_usuario IS 'Up to which seq the customer has read what support wrote.';
COMMENT ON COLUMN chat_sesiones.leido_soporte IS 'Up to which seq support has read what the customer wrote.';

-- A customer talks in one session at a time.
CREATE UNIQUE INDEX chat_sesiones_abierta_uk ON chat_sesiones (usuario_id)
    WHERE estado IN ('pending', 'active') AND borrado_en IS NULL;
CREATE INDEX chat_sesiones_usuario_ix ON chat_sesiones (usuario_id, numero DESC);
CREATE INDEX chat_sesiones_cliente_ix ON chat_sesiones (cliente_id);
CREATE INDEX chat_sesiones_agente_ix ON chat_sesiones (agente_id, numero DESC) WHERE agente_id IS NOT NULL;
CREATE INDEX chat_sesiones_cerrado_por_ix ON chat_sesiones (cerrado_por) WHERE cerrado_por IS NOT NULL;
CREATE INDEX chat_sesiones_borrado_por_ix ON chat_sesiones (borrado_por) WHERE borrado_por IS NOT NULL;

CREATE TABLE chat_mensajes (
    sesion_id uuid NOT NULL CONSTRAINT chat_mensajes_sesion_fk REFERENCES chat_sesiones (id),
    seq bigint NOT NULL CONSTRAINT chat_mensajes_seq_positivo CHECK (seq > 0),
    id uuid NOT NULL CONSTRAINT chat_mensajes_id_uk UNIQUE,
    autor_id uuid CONSTRAINT chat_mensajes_autor_fk REFERENCES usuarios (id),
    sender text NOT NULL CONSTRAINT chat_mensajes_sender_valido CHECK (sender IN ('user', 'support')),
    texto text NOT NULL CONSTRAINT chat_mensajes_texto_largo CHECK (char_length(texto) <= 500),
    cliente_mensaje_id text CONSTRAINT chat_mensajes_cliente_largo CHECK (char_length(cliente_mensaje_id) <= 100),
    creado_en timestamptz NOT NULL,
    CONSTRAINT chat_mensajes_pk PRIMARY KEY (sesion_id, seq),
    CONSTRAINT chat_mensajes_autor_del_cliente CHECK (sender = 'support' OR autor_id IS NOT NULL)
);
COMMENT ON COLUMN chat_mensajes.autor_id IS 'NULL: nobody wrote it, the house greets or says that it is closed.';
-- What a device sends twice is there once.
CREATE UNIQUE INDEX chat_mensajes_repetido_uk ON chat_mensajes (sesion_id, autor_id, cliente_mensaje_id)
    WHERE cliente_mensaje_id IS NOT NULL;
-- How many somebody sent within the last minute.
CREATE INDEX chat_mensajes_autor_ix ON chat_mensajes (autor_id, creado_en);
"""

DOWN = """
DROP TABLE chat_mensajes;
DROP TABLE chat_sesiones;
"""


def upgrade() -> None:
    """Create the tables of the chat."""
    run_sql(UP)


def downgrade() -> None:
    """Drop them."""
    run_sql(DOWN)
