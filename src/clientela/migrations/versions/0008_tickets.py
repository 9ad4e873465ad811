"""Tickets: one engine for claims, support, chats, guarantees and bad ratings."""

from clientela.migrations.runner import run_sql

revision = "0008"
down_revision = "0007"

UP = """
CREATE TABLE tickets (
    id uuid CONSTRAINT tickets_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT tickets_numero_uk UNIQUE,
    tipo text NOT NULL CONSTRAINT tickets_tipo_valido
        CHECK (tipo IN ('reclamo', 'soporte', 'chat', 'garantia', 'calificacion')),
    -- lpad() would cut a number of more digits than its width.
    folio text GENERATED ALWAYS AS (
        CASE tipo WHEN 'reclamo' THEN 'REC' WHEN 'soporte' THEN 'SOP' WHEN 'chat' THEN 'CHA'
                  WHEN 'garantia' THEN 'GAR' ELSE 'CAL' END
        || '-' || lpad(numero::text, greatest(6, length(numero::text)), '0')
    ) STORED CONSTRAINT tickets_folio_uk UNIQUE,
    estado text NOT NULL DEFAULT 'ABIERTO' CONSTRAINT tickets_estado_valido
        CHECK (estado IN ('ABIERTO', 'EN_CURSO', 'RESUELTO', 'CERRADO')),
    asunto text NOT NULL CONSTRAINT tickets_asunto_valido CHECK (char_length(asunto) BETWEEN 1 AND 200),
    usuario_id uuid NOT NULL CONSTRAINT tickets_usuario_fk REFERENCES usuarios (id),
    cliente_id uuid CONSTRAINT tickets_cliente_fk REFERENCES clientes (id),
    version bigint NOT NULL CONSTRAINT tickets_version_valida CHECK (version >= 1),
    mensajes bigint NOT NULL CONSTRAINT tickets_mensajes_validos CHECK (mensajes >= 0),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);

COMMENT ON COLUMN tickets.usuario_id IS 'Whoever opened it; cliente_id is NULL for a ticket of staff.';
COMMENT ON COLUMN tickets.mensajes IS 'The seq of the last message: messages are numbered 1..n without gaps.';

CREATE INDEX tickets_cliente_ix ON tickets (cliente_id, numero DESC);
CREATE INDEX tickets_estado_ix ON tickets (estado, numero DESC);
-- A double click is found here: same person, same kind, minutes ago.
CREATE INDEX tickets_reciente_ix ON tickets (usuario_id, tipo, creado_en);

CREATE TABLE ticket_mensajes (
    ticket_id uuid NOT NULL CONSTRAINT ticket_mensajes_ticket_fk REFERENCES tickets (id) ON DELETE CASCADE,
    seq bigint NOT NULL CONSTRAINT ticket_mensajes_seq_valido CHECK (seq >= 1),
    autor_id uuid NOT NULL CONSTRAINT ticket_mensajes_autor_fk REFERENCES usuarios (id),
    de_personal boolean NOT NULL,
    texto text NOT NULL
        CONSTRAINT ticket_mensajes_texto_valido CHECK (char_length(texto) BETWEEN 1 AND 10000),
    creado_en timestamptz NOT NULL,
    CONSTRAINT ticket_mensajes_pk PRIMARY KEY (ticket_id, seq)
);

CREATE INDEX ticket_mensajes_autor_ix ON ticket_mensajes (autor_id);
"""

DOWN = """
DROP TABLE ticket_mensajes;
DROP TABLE tickets;
"""


def upgrade() -> None:
    """Create the tables of the tickets."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the tables of the tickets."""
    run_sql(DOWN)
