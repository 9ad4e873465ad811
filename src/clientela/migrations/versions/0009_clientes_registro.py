"""The whole client record: localities, categories, delivery windows, images, search; the initial password's end."""

from clientela.migrations.runner import run_sql

revision = "0009"
down_revision = "0008"

# What is searched is stored as words without accents and case; its trigrams are only in the index. They begin
# where a word does ("  j", " ju"), so that one or two letters find beginnings and three find any place.
UP = """
-- Two tables are added to. clientes is rewritten once for its search columns: it holds a hundred thousand rows, not
-- millions. Every new reference and check is on columns that are NULL in all rows: nothing to validate later.
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, adding-field-with-default
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

CREATE FUNCTION public.trigramas(texto text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT coalesce(array_agg(DISTINCT substr(p.palabra, i, 3) COLLATE "C"), '{}')
              FROM (SELECT '  ' || w || ' ' AS palabra
                      FROM string_to_table(btrim(texto), ' ') AS w WHERE w <> '') AS p,
                   generate_series(1, length(p.palabra) - 2) AS i);

-- A phone that could not be read is found by its digits, a NIT also without its punctuation.
CREATE FUNCTION public.cliente_busqueda(
    nombre text, razon_social text, nit text, email text, telefono text, telefono_e164 text
) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ' ' || public.texto_palabras(
        nombre || ' ' || coalesce(razon_social, '') || ' ' || coalesce(email, '') || ' ' || coalesce(nit, '')
        || ' ' || regexp_replace(coalesce(nit, ''), '[^0-9A-Za-z]', '', 'g')
        || ' ' || coalesce(telefono_e164, regexp_replace(telefono, '[^0-9]', '', 'g'), ''));

CREATE TABLE localidades (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT localidades_pkey PRIMARY KEY,
    nombre text NOT NULL CONSTRAINT localidades_nombre_check CHECK (length(nombre) BETWEEN 1 AND 100),
    codigo text NOT NULL CONSTRAINT localidades_codigo_check CHECK (length(codigo) BETWEEN 1 AND 40),
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);
CREATE UNIQUE INDEX localidades_codigo_key ON localidades (lower(codigo));

CREATE TABLE categorias_cliente (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT categorias_cliente_pkey PRIMARY KEY,
    clave text NOT NULL CONSTRAINT categorias_cliente_clave_check CHECK (length(clave) BETWEEN 1 AND 40),
    nombre text NOT NULL CONSTRAINT categorias_cliente_nombre_check CHECK (length(nombre) BETWEEN 1 AND 100),
    activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);
CREATE UNIQUE INDEX categorias_cliente_clave_key ON categorias_cliente (lower(clave));

CREATE TABLE categoria_cliente (
    cliente_id uuid NOT NULL
        CONSTRAINT categoria_cliente_cliente_id_fkey REFERENCES clientes (id) ON DELETE CASCADE,
    categoria_id bigint NOT NULL
        CONSTRAINT categoria_cliente_categoria_id_fkey REFERENCES categorias_cliente (id),
    CONSTRAINT categoria_cliente_pkey PRIMARY KEY (cliente_id, categoria_id)
);
CREATE INDEX categoria_cliente_categoria_id_idx ON categoria_cliente (categoria_id);

-- Hours of a wall clock in the organisation's zone, whole minutes; 0 is Sunday.
CREATE TABLE ventanas_entrega_cliente (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ventanas_entrega_cliente_pkey PRIMARY KEY,
    cliente_id uuid NOT NULL
        CONSTRAINT ventanas_entrega_cliente_cliente_id_fkey REFERENCES clientes (id) ON DELETE CASCADE,
    dia_semana smallint NOT NULL
        CONSTRAINT ventanas_entrega_cliente_dia_semana_check CHECK (dia_semana BETWEEN 0 AND 6),
    hora_inicio time NOT NULL,
    hora_fin time NOT NULL,
    activo boolean NOT NULL DEFAULT true,
    CONSTRAINT ventanas_entrega_cliente_horas_check CHECK (hora_inicio < hora_fin AND hora_fin <= '23:59'),
    CONSTRAINT ventanas_entrega_cliente_minutos_check
        CHECK (extract(second FROM hora_inicio) = 0 AND extract(second FROM hora_fin) = 0),
    CONSTRAINT ventanas_entrega_cliente_key UNIQUE (cliente_id, dia_semana, hora_inicio, hora_fin)
);

ALTER TABLE clientes
    ADD COLUMN localidad_id bigint
        CONSTRAINT clientes_localidad_id_fkey REFERENCES localidades (id),
    -- Opaque keys of the private store; never an address.
    ADD COLUMN foto_perfil text CONSTRAINT clientes_foto_perfil_check CHECK (length(foto_perfil) <= 200),
    ADD COLUMN ci_anverso text CONSTRAINT clientes_ci_anverso_check CHECK (length(ci_anverso) <= 200),
    ADD COLUMN ci_reverso text CONSTRAINT clientes_ci_reverso_check CHECK (length(ci_reverso) <= 200),
    ADD COLUMN anonimizado_en timestamptz,
    -- A duplicate that was merged points at the record that took over what it had.
    ADD COLUMN fusionado_con_id uuid
        CONSTRAINT clientes_fusionado_con_id_fkey REFERENCES clientes (id),
    ADD COLUMN fusionado_en timestamptz,
    -- One letter may become eighteen when it is normalised; an index takes 2,700 bytes and no more.
    ADD COLUMN nombre_orden text COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (left(public.normalizar(nombre), 300)) STORED,
    ADD COLUMN busqueda text NOT NULL GENERATED ALWAYS AS (
        public.cliente_busqueda(nombre, razon_social, nit, email, telefono, telefono_e164)) STORED,
    ADD CONSTRAINT clientes_fusion_check CHECK (
        (fusionado_con_id IS NULL) = (fusionado_en IS NULL) AND fusionado_con_id <> id);

CREATE INDEX clientes_busqueda_idx ON clientes USING gin (public.trigramas(busqueda));
CREATE INDEX clientes_nombre_idx ON clientes (nombre_orden, numero);
CREATE INDEX clientes_creado_idx ON clientes (creado_en, numero);
-- What a list counts; the duplicates that were merged are in no list.
CREATE INDEX clientes_activo_idx ON clientes (activo) WHERE fusionado_en IS NULL;
CREATE INDEX clientes_localidad_id_idx ON clientes (localidad_id);
CREATE INDEX clientes_fusionado_con_id_idx ON clientes (fusionado_con_id) WHERE fusionado_con_id IS NOT NULL;
CREATE INDEX clientes_vendedor_activo_idx ON clientes (vendedor_asignado_id, activo, fusionado_en);
-- One file belongs to one row; by these the daily sweep asks whether it belongs to any.
CREATE UNIQUE INDEX clientes_foto_perfil_key ON clientes (foto_perfil) WHERE foto_perfil IS NOT NULL;
CREATE UNIQUE INDEX clientes_ci_anverso_key ON clientes (ci_anverso) WHERE ci_anverso IS NOT NULL;
CREATE UNIQUE INDEX clientes_ci_reverso_key ON clientes (ci_reverso) WHERE ci_reverso IS NOT NULL;
DROP INDEX clientes_vendedor_asignado_id_idx;

-- Until when the initial password, which is the phone, opens anything. NULL: the password is its owner's own.
ALTER TABLE usuarios
    ADD COLUMN clave_inicial_vence_en timestamptz,
    ADD CONSTRAINT usuarios_clave_inicial_check
        CHECK (clave_inicial_vence_en IS NULL OR contrasenia_hash IS NOT NULL);
"""

DOWN = """
ALTER TABLE usuarios
    DROP CONSTRAINT usuarios_clave_inicial_check,
    DROP COLUMN clave_inicial_vence_en;
CREATE INDEX clientes_vendedor_asignado_id_idx ON clientes (vendedor_asignado_id);
DROP INDEX clientes_vendedor_activo_idx;
DROP INDEX clientes_activo_idx;
DROP INDEX clientes_creado_idx;
DROP INDEX clientes_busqueda_idx;
ALTER TABLE clientes
    DROP CONSTRAINT clientes_fusion_check,
    DROP COLUMN busqueda,
    DROP COLUMN nombre_orden,
    DROP COLUMN fusionado_en,
    DROP COLUMN fusionado_con_id,
    DROP COLUMN anonimizado_en,
    DROP COLUMN ci_reverso,
    DROP COLUMN ci_anverso,
    DROP COLUMN foto_perfil,
    DROP COLUMN localidad_id;
DROP TABLE ventanas_entrega_cliente;
DROP TABLE categoria_cliente;
DROP TABLE categorias_cliente;
DROP TABLE localidades;
DROP FUNCTION public.cliente_busqueda(text, text, text, text, text, text);
DROP FUNCTION public.trigramas(text);
"""


def upgrade() -> None:
    """Add what a whole client record has."""
    run_sql(UP)


def downgrade() -> None:
    """Take away what a whole client record has; what it held is lost."""
    run_sql(DOWN)
