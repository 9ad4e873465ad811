"""Tables of the core: events, audit, limits, idempotency, mail, daily jobs, shared secrets; the search normaliser."""

from __future__ import annotations

from clientela.migrations.runner import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = r"""
-- Search text without accents and case. The twin in Python is core.text.normalise_search; both use only
-- Unicode NFKD and fixed tables, so the result depends on no locale and may stand in generated columns.
CREATE FUNCTION public.normalizar(texto text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
  replace(replace(replace(replace(
    translate(
      regexp_replace(normalize(texto, NFKD) COLLATE "C", '[\u0300-\u036F]+', '', 'g'),
      'ABCDEFGHIJKLMNOPQRSTUVWXYZÆÐØÞĐðøđĦħıĸŁłŊŋŒŦŧẞ',
      'abcdefghijklmnopqrstuvwxyzædoþddodhhikllnnœttß'),
    'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'þ', 'th'),
  '[\u0009-\u000D\u0020]+', ' ', 'g'), ' ');

-- One counter row per stream. Its row lock orders the commits of the stream: seq has no gap, and whoever
-- reads seq n may be sure that every smaller one is visible.
CREATE TABLE flujos (
  flujo text NOT NULL CONSTRAINT flujos_pk PRIMARY KEY
    CONSTRAINT flujos_flujo_ck CHECK (flujo <> '' AND length(flujo) <= 200),
  ultimo bigint NOT NULL CONSTRAINT flujos_ultimo_ck CHECK (ultimo >= 1)
) WITH (fillfactor = 50);

-- principal marks one copy of an event that went to several streams, for readers that want each event once.
CREATE TABLE eventos (
  flujo text NOT NULL,
  seq bigint NOT NULL,
  tipo text NOT NULL CONSTRAINT eventos_tipo_ck CHECK (tipo <> ''),
  datos jsonb NOT NULL,
  cliente_id uuid,
  actor_id uuid,
  principal boolean NOT NULL,
  creado_en timestamptz NOT NULL,
  CONSTRAINT eventos_pk PRIMARY KEY (flujo, seq)
);

-- The audit log: several chains, each with its head row; every row carries the hash of the one before.
CREATE TABLE auditoria_cadenas (
  cadena text NOT NULL CONSTRAINT auditoria_cadenas_pk PRIMARY KEY,
  ultimo bigint NOT NULL CONSTRAINT auditoria_cadenas_ultimo_ck CHECK (ultimo >= 0),
  hash bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE auditoria (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT auditoria_id_uk UNIQUE,
  cadena text NOT NULL,
  seq bigint NOT NULL,
  fecha timestamptz NOT NULL,
  accion text NOT NULL CONSTRAINT auditoria_accion_ck CHECK (accion <> ''),
  actor_id uuid,
  objeto_tipo text,
  objeto_id text,
  datos jsonb NOT NULL,
  previo bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT auditoria_pk PRIMARY KEY (cadena, seq)
);
CREATE INDEX auditoria_objeto_ix ON auditoria (objeto_tipo, objeto_id, id);
CREATE INDEX auditoria_actor_ix ON auditoria (actor_id, id);
CREATE INDEX auditoria_accion_ix ON auditoria (accion, id);

CREATE FUNCTION public.auditoria_inmutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.auditoria_cadena_avanza() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.cadena IS DISTINCT FROM OLD.cadena OR NEW.ultimo IS DISTINCT FROM OLD.ultimo + 1 THEN
    RAISE EXCEPTION 'the head of an audit chain only moves forward by one' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER auditoria_sin_cambios BEFORE UPDATE OR DELETE ON auditoria
  FOR EACH ROW EXECUTE FUNCTION public.auditoria_inmutable();
CREATE TRIGGER auditoria_sin_vaciado BEFORE TRUNCATE ON auditoria
  FOR EACH STATEMENT EXECUTE FUNCTION public.auditoria_inmutable();
CREATE TRIGGER auditoria_cadenas_avance BEFORE UPDATE ON auditoria_cadenas
  FOR EACH ROW EXECUTE FUNCTION public.auditoria_cadena_avanza();
CREATE TRIGGER auditoria_cadenas_sin_borrado BEFORE DELETE ON auditoria_cadenas
  FOR EACH ROW EXECUTE FUNCTION public.auditoria_inmutable();
CREATE TRIGGER auditoria_cadenas_sin_vaciado BEFORE TRUNCATE ON auditoria_cadenas
  FOR EACH STATEMENT EXECUTE FUNCTION public.auditoria_inmutable();

-- The sliding log of the limiter. Logged on purpose: a crash must not give an attacker fresh attempts.
-- clave is a rule's name and a digest of its subject, never the subject itself.
CREATE TABLE limites (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT limites_pk PRIMARY KEY,
  clave text NOT NULL,
  reserva uuid NOT NULL,
  en_curso boolean NOT NULL,
  ocurrido_en timestamptz NOT NULL,
  vence_en timestamptz NOT NULL
);
CREATE INDEX limites_clave_ix ON limites (clave, ocurrido_en);
CREATE INDEX limites_reserva_ix ON limites (reserva);
CREATE INDEX limites_vence_ix ON limites (vence_en);

-- Answers kept for Idempotency-Key. id is the digest of (actor, method, concrete path, key).
CREATE TABLE idempotencia (
  id bytea NOT NULL CONSTRAINT idempotencia_pk PRIMARY KEY,
  actor text NOT NULL,
  huella bytea NOT NULL,
  estado integer NOT NULL CONSTRAINT idempotencia_estado_ck CHECK (estado BETWEEN 200 AND 299),
  cabeceras jsonb NOT NULL,
  cuerpo bytea NOT NULL,
  creado_en timestamptz NOT NULL
);
CREATE INDEX idempotencia_creado_ix ON idempotencia (creado_en);
CREATE INDEX idempotencia_actor_ix ON idempotencia (actor);

-- The mail outbox. cuerpo is wiped once the message has left: it may carry a reset link.
CREATE TABLE correos (
  id uuid NOT NULL CONSTRAINT correos_pk PRIMARY KEY,
  clave text NOT NULL CONSTRAINT correos_clave_uk UNIQUE,
  destinatario text NOT NULL,
  plantilla text NOT NULL,
  asunto text NOT NULL,
  cuerpo text,
  estado text NOT NULL DEFAULT 'pendiente'
    CONSTRAINT correos_estado_ck CHECK (estado IN ('pendiente', 'enviado', 'fallido')),
  intentos integer NOT NULL DEFAULT 0,
  proximo_en timestamptz NOT NULL,
  vence_en timestamptz,
  ultimo_error text,
  creado_en timestamptz NOT NULL,
  terminado_en timestamptz,
  CONSTRAINT correos_cuerpo_ck CHECK (estado <> 'pendiente' OR cuerpo IS NOT NULL)
);
CREATE INDEX correos_pendientes_ix ON correos (proximo_en) WHERE estado = 'pendiente';
CREATE INDEX correos_terminado_ix ON correos (terminado_en) WHERE terminado_en IS NOT NULL;

-- One row per daily job and local date: the proof that it ran, and the lock that makes it run once.
CREATE TABLE trabajos_diarios (
  nombre text NOT NULL,
  fecha date NOT NULL,
  lotes integer NOT NULL DEFAULT 0,
  iniciado_en timestamptz NOT NULL,
  terminado_en timestamptz,
  CONSTRAINT trabajos_diarios_pk PRIMARY KEY (nombre, fecha)
);

-- Keys that every node shares when the operator sets none (token signing, web push).
CREATE TABLE secretos (
  nombre text NOT NULL CONSTRAINT secretos_pk PRIMARY KEY,
  valor bytea NOT NULL,
  creado_en timestamptz NOT NULL DEFAULT now()
);
"""

DOWN = r"""
DROP TABLE secretos;
DROP TABLE trabajos_diarios;
DROP TABLE correos;
DROP TABLE idempotencia;
DROP TABLE limites;
DROP TABLE auditoria;
DROP TABLE auditoria_cadenas;
DROP FUNCTION public.auditoria_cadena_avanza();
DROP FUNCTION public.auditoria_inmutable();
DROP TABLE eventos;
DROP TABLE flujos;
DROP FUNCTION public.normalizar(text);
"""


def upgrade() -> None:
    """Create the core's tables."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the core's tables."""
    run_sql(DOWN)
