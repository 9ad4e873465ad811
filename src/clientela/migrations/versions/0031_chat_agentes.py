"""Support's side of the chat: agents, notes, canned replies, ratings, and what metrics count (CONTRACT §9)."""

from clientela.migrations.runner import run_sql

revision = "0031"
down_revision = "0030"

UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
ALTER TABLE chat_sesiones
    ADD COLUMN primer_mensaje_en timestamptz,
    ADD COLUMN primera_respuesta_en timestamptz,
    ADD COLUMN respuestas bigint NOT NULL DEFAULT 0,
    ADD COLUMN ausente_en timestamptz,
    ADD COLUMN estrellas smallint CONSTRAINT chat_sesiones_estrellas_validas CHECK (estrellas BETWEEN 1 AND 5),
    ADD COLUMN comentario text CONSTRAINT chat_sesiones_comentario_largo CHECK (char_length(comentario) <= 2000),
    ADD COLUMN calificado_en timestamptz,
    ADD CONSTRAINT chat_sesiones_calificacion_entera CHECK (
        (estrellas IS NULL) = (calificado_en IS NULL) AND (comentario IS NULL OR estrellas IS NOT NULL)),
    ADD CONSTRAINT chat_sesiones_calificada_cerrada CHECK (estrellas IS NULL OR estado = 'closed');
COMMENT ON COLUMN chat_sesiones.primer_mensaje_en IS 'When the customer first wrote.';
COMMENT ON COLUMN chat_sesiones.primera_respuesta_en IS 'When support first answered that, a person and not the house.';
COMMENT ON COLUMN chat_sesiones.respuestas IS 'How many messages persons of support wrote.';
COMMENT ON COLUMN chat_sesiones.ausente_en IS 'When the customer was told that nobody is there; once in a session.';
UPDATE chat_sesiones s
   SET primer_mensaje_en = m.primero, primera_respuesta_en = m.respondido, respuestas = m.respuestas
  FROM (SELECT c.sesion_id, c.primero, c.respuestas, (
                   SELECT min(r.creado_en) FROM chat_mensajes r
                    WHERE r.sesion_id = c.sesion_id AND r.sender = 'support' AND r.seq > c.seq) AS respondido
          FROM (SELECT sesion_id, min(creado_en) FILTER (WHERE sender = 'user') AS primero,
                       min(seq) FILTER (WHERE sender = 'user') AS seq,
                       count(*) FILTER (WHERE sender = 'support') AS respuestas
                  FROM chat_mensajes GROUP BY sesion_id) c) m
 WHERE m.sesion_id = s.id;
-- What the house says by itself may be as long as the organisation's texts.
-- squawk-ignore ban-drop-constraint
ALTER TABLE chat_mensajes DROP CONSTRAINT chat_mensajes_texto_largo;
ALTER TABLE chat_mensajes ADD CONSTRAINT chat_mensajes_texto_largo
    CHECK (char_length(texto) <= CASE WHEN autor_id IS NULL THEN 1000 ELSE 500 END);
CREATE INDEX chat_sesiones_creado_ix ON chat_sesiones (creado_en);
CREATE INDEX chat_sesiones_espera_ix ON chat_sesiones (creado_en, numero)
    WHERE estado = 'pending' AND borrado_en IS NULL;
CREATE INDEX chat_sesiones_atendidas_ix ON chat_sesiones (agente_id)
    WHERE estado = 'active' AND borrado_en IS NULL;

-- Assignments are counted, so that of two agents it is known who has waited longer for the next.
CREATE SEQUENCE chat_turnos AS bigint;
CREATE TABLE chat_agentes (
    usuario_id uuid CONSTRAINT chat_agentes_pk PRIMARY KEY
        CONSTRAINT chat_agentes_usuario_fk REFERENCES usuarios (id),
    estado text NOT NULL CONSTRAINT chat_agentes_estado_valido CHECK (estado IN ('presente', 'ausente')),
    capacidad integer NOT NULL CONSTRAINT chat_agentes_capacidad_valida CHECK (capacidad BETWEEN 1 AND 1000),
    turno bigint NOT NULL DEFAULT 0,
    actualizado_en timestamptz NOT NULL
);
COMMENT ON COLUMN chat_agentes.turno IS 'The number of his latest assignment, among those of all.';

CREATE TABLE chat_notas (
    id uuid CONSTRAINT chat_notas_pk PRIMARY KEY,
    sesion_id uuid NOT NULL CONSTRAINT chat_notas_sesion_fk REFERENCES chat_sesiones (id),
    autor_id uuid NOT NULL CONSTRAINT chat_notas_autor_fk REFERENCES usuarios (id),
    texto text NOT NULL CONSTRAINT chat_notas_texto_largo CHECK (char_length(texto) <= 2000),
    creado_en timestamptz NOT NULL
);
CREATE INDEX chat_notas_sesion_ix ON chat_notas (sesion_id, id);
CREATE INDEX chat_notas_autor_ix ON chat_notas (autor_id);

CREATE TABLE chat_respuestas (
    id uuid CONSTRAINT chat_respuestas_pk PRIMARY KEY,
    atajo text NOT NULL CONSTRAINT chat_respuestas_atajo_uk UNIQUE
        CONSTRAINT chat_respuestas_atajo_largo CHECK (char_length(atajo) BETWEEN 1 AND 50),
    texto text NOT NULL CONSTRAINT chat_respuestas_texto_largo CHECK (char_length(texto) BETWEEN 1 AND 500),
    version bigint NOT NULL DEFAULT 1 CONSTRAINT chat_respuestas_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);
"""

DOWN = """
DROP TABLE chat_respuestas;
DROP TABLE chat_notas;
DROP TABLE chat_agentes;
DROP SEQUENCE chat_turnos;
DROP INDEX chat_sesiones_atendidas_ix;
DROP INDEX chat_sesiones_espera_ix;
DROP INDEX chat_sesiones_creado_ix;
ALTER TABLE chat_mensajes DROP CONSTRAINT chat_mensajes_texto_largo;
ALTER TABLE chat_mensajes ADD CONSTRAINT chat_mensajes_texto_largo CHECK (char_length(texto) <= 500);
ALTER TABLE chat_sesiones
    DROP COLUMN primer_mensaje_en,
    DROP COLUMN primera_respuesta_en,
    DROP COLUMN respuestas,
    DROP COLUMN ausente_en,
    DROP COLUMN estrellas,
    DROP COLUMN comentario,
    DROP COLUMN calificado_en;
"""


def upgrade() -> None:
    """Create what support's side needs."""
    run_sql(UP)


def downgrade() -> None:
    """Drop it."""
    run_sql(DOWN)
