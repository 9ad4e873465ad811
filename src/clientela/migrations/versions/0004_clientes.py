"""Clients: the business records, each with its principal user, and their addresses."""

from clientela.migrations.runner import run_sql

revision = "0004"
down_revision = "0003"

UP = """
CREATE TABLE clientes (
    id uuid CONSTRAINT clientes_pkey PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT clientes_numero_key UNIQUE,
    usuario_principal_id uuid NOT NULL
        CONSTRAINT clientes_usuario_principal_id_key UNIQUE
        CONSTRAINT clientes_usuario_principal_id_fkey REFERENCES usuarios (id),
    vendedor_asignado_id uuid
        CONSTRAINT clientes_vendedor_asignado_id_fkey REFERENCES usuarios (id),
    nombre text NOT NULL CONSTRAINT clientes_nombre_check CHECK (length(nombre) BETWEEN 1 AND 200),
    razon_social text CONSTRAINT clientes_razon_social_check CHECK (length(razon_social) <= 200),
    nit text CONSTRAINT clientes_nit_check CHECK (length(nit) <= 40),
    email text CONSTRAINT clientes_email_check CHECK (length(email) <= 254),
    telefono text CONSTRAINT clientes_telefono_check CHECK (length(telefono) <= 40),
    telefono_e164 text CONSTRAINT clientes_telefono_e164_check CHECK (telefono_e164 ~ '^[+][0-9]{3,15}$'),
    whatsapp text CONSTRAINT clientes_whatsapp_check CHECK (length(whatsapp) <= 40),
    fecha_nacimiento date,
    genero text CONSTRAINT clientes_genero_check CHECK (genero IN ('F', 'M', 'X')),
    limite_credito numeric(14, 2) NOT NULL DEFAULT 0
        CONSTRAINT clientes_limite_credito_check CHECK (limite_credito >= 0),
    latitud numeric(9, 6) CONSTRAINT clientes_latitud_check CHECK (latitud BETWEEN -90 AND 90),
    longitud numeric(9, 6) CONSTRAINT clientes_longitud_check CHECK (longitud BETWEEN -180 AND 180),
    observaciones text CONSTRAINT clientes_observaciones_check CHECK (length(observaciones) <= 10000),
    activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);
CREATE INDEX clientes_vendedor_asignado_id_idx ON clientes (vendedor_asignado_id);
CREATE INDEX clientes_telefono_e164_idx ON clientes (telefono_e164);
CREATE INDEX clientes_email_idx ON clientes (lower(email));

-- A client and its principal user point at each other and are born in one transaction. The table of clients is
-- as new as this constraint, so there is nothing to validate later.
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE usuarios ADD CONSTRAINT usuarios_cliente_id_fkey
    FOREIGN KEY (cliente_id) REFERENCES clientes (id) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE direcciones (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT direcciones_pkey PRIMARY KEY,
    uuid uuid NOT NULL CONSTRAINT direcciones_uuid_key UNIQUE,
    cliente_id uuid NOT NULL
        CONSTRAINT direcciones_cliente_id_fkey REFERENCES clientes (id) ON DELETE CASCADE,
    direccion text NOT NULL CONSTRAINT direcciones_direccion_check CHECK (length(direccion) BETWEEN 1 AND 500),
    ciudad text CONSTRAINT direcciones_ciudad_check CHECK (length(ciudad) <= 100),
    departamento text CONSTRAINT direcciones_departamento_check CHECK (length(departamento) <= 100),
    codigo_postal text CONSTRAINT direcciones_codigo_postal_check CHECK (length(codigo_postal) <= 20),
    latitud numeric(9, 6) CONSTRAINT direcciones_latitud_check CHECK (latitud BETWEEN -90 AND 90),
    longitud numeric(9, 6) CONSTRAINT direcciones_longitud_check CHECK (longitud BETWEEN -180 AND 180),
    es_principal boolean NOT NULL DEFAULT false,
    activa boolean NOT NULL DEFAULT true,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);
CREATE INDEX direcciones_cliente_id_idx ON direcciones (cliente_id);
CREATE UNIQUE INDEX direcciones_principal_key ON direcciones (cliente_id) WHERE es_principal;
"""

DOWN = """
ALTER TABLE usuarios DROP CONSTRAINT usuarios_cliente_id_fkey;
DROP TABLE direcciones;
DROP TABLE clientes;
"""


def upgrade() -> None:
    """Create the tables of clientes and tie users to their clients."""
    run_sql(UP)


def downgrade() -> None:
    """Untie users from clients and drop the tables of clientes."""
    run_sql(DOWN)
