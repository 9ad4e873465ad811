"""Identity: users, the one namespace of login names, sessions, personal tokens, resets."""

from clientela.migrations.runner import run_sql

revision = "0003"
down_revision = "0002"

UP = """
CREATE TABLE usuarios (
    id uuid CONSTRAINT usuarios_pkey PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT usuarios_numero_key UNIQUE,
    nombre text NOT NULL CONSTRAINT usuarios_nombre_check CHECK (length(nombre) BETWEEN 1 AND 200),
    rol text NOT NULL CONSTRAINT usuarios_rol_check
        CHECK (rol IN ('cliente', 'vendedor', 'tecnico', 'soporte', 'admin')),
    correo text CONSTRAINT usuarios_correo_check CHECK (length(correo) <= 254),
    usernick text CONSTRAINT usuarios_usernick_check CHECK (length(usernick) <= 60),
    celular text CONSTRAINT usuarios_celular_check CHECK (length(celular) <= 40),
    celular_e164 text CONSTRAINT usuarios_celular_e164_check CHECK (celular_e164 ~ '^[+][0-9]{3,15}$'),
    -- NULL: the user has no login. A client whom staff recorded is such a user from birth.
    contrasenia_hash text,
    debe_cambiar_contrasenia boolean NOT NULL DEFAULT false,
    activo boolean NOT NULL DEFAULT true,
    -- The client whose principal this user is; the foreign key comes with the table of clients.
    cliente_id uuid CONSTRAINT usuarios_cliente_id_key UNIQUE,
    -- Mirrors the client's own activo, so that a login is judged without reading clients.
    cliente_activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    -- Name, e-mail, nick and phone as words without accents or case, for q of the list of users.
    busqueda tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector(
        'pg_catalog.simple'::regconfig,
        regexp_replace(
            public.normalizar(
                nombre || ' ' || coalesce(correo, '') || ' ' || coalesce(usernick, '') || ' '
                || coalesce(celular_e164, '') || ' ' || regexp_replace(coalesce(celular, ''), '[^0-9]', '', 'g')),
            '[^a-z0-9\\u0080-\\U0010ffff]+', ' ', 'g'))) STORED,
    CONSTRAINT usuarios_rol_cliente_check CHECK ((rol = 'cliente') = (cliente_id IS NOT NULL)),
    CONSTRAINT usuarios_login_check
        CHECK (contrasenia_hash IS NULL OR coalesce(correo, celular_e164, usernick) IS NOT NULL)
);
CREATE INDEX usuarios_rol_idx ON usuarios (rol, numero);
CREATE INDEX usuarios_busqueda_idx ON usuarios USING gin (busqueda);

CREATE TABLE identificadores (
    clave text CONSTRAINT identificadores_pkey PRIMARY KEY,
    usuario_id uuid NOT NULL
        CONSTRAINT identificadores_usuario_id_fkey REFERENCES usuarios (id) ON DELETE CASCADE
);
CREATE INDEX identificadores_usuario_id_idx ON identificadores (usuario_id);
COMMENT ON TABLE identificadores IS
    'correo, celular (E.164) and usernick of every user with a login, in one namespace';

CREATE TABLE sesiones (
    id uuid CONSTRAINT sesiones_pkey PRIMARY KEY,
    usuario_id uuid NOT NULL
        CONSTRAINT sesiones_usuario_id_fkey REFERENCES usuarios (id) ON DELETE CASCADE,
    ip text NOT NULL DEFAULT '',
    agente text NOT NULL DEFAULT '',
    creada_en timestamptz NOT NULL,
    expira_en timestamptz NOT NULL,
    terminada_en timestamptz,
    motivo text,
    CONSTRAINT sesiones_motivo_check CHECK ((terminada_en IS NULL) = (motivo IS NULL))
);
CREATE INDEX sesiones_usuario_id_idx ON sesiones (usuario_id, creada_en DESC) WHERE terminada_en IS NULL;
CREATE INDEX sesiones_expira_en_idx ON sesiones (expira_en);

CREATE TABLE tokens_personales (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT tokens_personales_pkey PRIMARY KEY,
    usuario_id uuid NOT NULL
        CONSTRAINT tokens_personales_usuario_id_fkey REFERENCES usuarios (id) ON DELETE CASCADE,
    nombre text NOT NULL CONSTRAINT tokens_personales_nombre_check CHECK (length(nombre) BETWEEN 1 AND 100),
    hash text NOT NULL CONSTRAINT tokens_personales_hash_key UNIQUE
        CONSTRAINT tokens_personales_hash_check CHECK (hash ~ '^[0-9a-f]{64}$'),
    habilidades text[] NOT NULL
        CONSTRAINT tokens_personales_habilidades_check CHECK (cardinality(habilidades) > 0),
    creado_en timestamptz NOT NULL,
    expira_en timestamptz,
    revocado_en timestamptz
);
CREATE INDEX tokens_personales_usuario_id_idx ON tokens_personales (usuario_id);

-- What was asked for; the same row for an address that exists and for one that does not, so that
-- the answer takes the same time. A job turns it into a token and a message.
CREATE TABLE restablecimientos_pedidos (
    clave text CONSTRAINT restablecimientos_pedidos_pkey PRIMARY KEY,
    pedido_en timestamptz NOT NULL
);

CREATE TABLE restablecimientos (
    id uuid CONSTRAINT restablecimientos_pkey PRIMARY KEY,
    usuario_id uuid NOT NULL
        CONSTRAINT restablecimientos_usuario_id_fkey REFERENCES usuarios (id) ON DELETE CASCADE,
    hash text NOT NULL CONSTRAINT restablecimientos_hash_key UNIQUE
        CONSTRAINT restablecimientos_hash_check CHECK (hash ~ '^[0-9a-f]{64}$'),
    creado_en timestamptz NOT NULL,
    expira_en timestamptz NOT NULL,
    -- Set once, by the use of the token or by whatever made it void (a newer one, a changed password).
    consumido_en timestamptz
);
CREATE UNIQUE INDEX restablecimientos_vigente_key ON restablecimientos (usuario_id)
    WHERE consumido_en IS NULL;
CREATE INDEX restablecimientos_expira_en_idx ON restablecimientos (expira_en);
"""

DOWN = """
DROP TABLE restablecimientos;
DROP TABLE restablecimientos_pedidos;
DROP TABLE tokens_personales;
DROP TABLE sesiones;
DROP TABLE identificadores;
DROP TABLE usuarios;
"""


def upgrade() -> None:
    """Create the tables of identidad."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the tables of identidad."""
    run_sql(DOWN)
