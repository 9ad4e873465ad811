"""The catalogue: products and the columns that answer their search (CONTRACT §5)."""

from clientela.migrations.runner import run_sql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The search columns are generated, so what they hold can never disagree with the texts they come from.
# Accents go first (public.normalizar) and the stemmer sees plain letters, on both sides of the match.
# A final z is spelled as its plural (luz, luces) because the Spanish stemmer keeps the two apart.
UP = """
CREATE FUNCTION public.texto_palabras(texto text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(public.normalizar(texto), '[^a-z0-9\\u0080-\\U0010ffff]+', ' ', 'g'));

CREATE FUNCTION public.texto_raices(texto text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_tsvector('pg_catalog.spanish'::regconfig,
                       regexp_replace(public.texto_palabras(texto), 'z\\M', 'ces', 'g'));

CREATE FUNCTION public.producto_busqueda(nombre text, descripcion text, categoria text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(public.texto_raices(nombre)
                     || to_tsvector('pg_catalog.simple'::regconfig, public.texto_palabras(nombre)), 'A')
        || setweight(public.texto_raices(coalesce(categoria, ''))
                     || to_tsvector('pg_catalog.simple'::regconfig,
                                    public.texto_palabras(coalesce(categoria, ''))), 'B')
        || setweight(public.texto_raices(descripcion), 'C');

CREATE TABLE productos (
    id uuid NOT NULL,
    codigo text NOT NULL,
    nombre text NOT NULL,
    descripcion text NOT NULL DEFAULT '',
    precio numeric(14, 2) NOT NULL,
    imagenes text[] NOT NULL DEFAULT '{}',
    categoria text,
    unidad text NOT NULL DEFAULT 'unidad',
    fraccionable boolean NOT NULL DEFAULT false,
    peso_kg numeric(12, 3),
    -- NULL means: the stock of this product is not tracked.
    existencias numeric(14, 3),
    activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    -- One letter may become eighteen when it is normalised; an index takes 2,700 bytes and no more.
    nombre_orden text COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (left(public.normalizar(nombre), 300)) STORED,
    categoria_clave text COLLATE "C" GENERATED ALWAYS AS (left(public.normalizar(categoria), 300)) STORED,
    codigo_clave text COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (left(replace(public.texto_palabras(codigo), ' ', ''), 300)) STORED,
    busqueda tsvector NOT NULL
        GENERATED ALWAYS AS (public.producto_busqueda(nombre, descripcion, categoria)) STORED,
    CONSTRAINT productos_pk PRIMARY KEY (id),
    CONSTRAINT productos_codigo_no_vacio CHECK (codigo <> ''),
    CONSTRAINT productos_nombre_no_vacio CHECK (nombre <> ''),
    CONSTRAINT productos_unidad_no_vacia CHECK (unidad <> ''),
    CONSTRAINT productos_categoria_no_vacia CHECK (categoria <> ''),
    CONSTRAINT productos_precio_no_negativo CHECK (precio >= 0 AND precio <> 'NaN'),
    CONSTRAINT productos_peso_no_negativo CHECK (peso_kg >= 0 AND peso_kg <> 'NaN'),
    CONSTRAINT productos_existencias_no_negativas CHECK (existencias >= 0 AND existencias <> 'NaN'),
    CONSTRAINT productos_version_positiva CHECK (version > 0)
);

CREATE UNIQUE INDEX productos_codigo_unico ON productos (lower(codigo));
CREATE INDEX productos_por_nombre ON productos (nombre_orden, id);
CREATE INDEX productos_por_categoria ON productos (categoria_clave, nombre_orden, id) INCLUDE (activo);
CREATE INDEX productos_por_codigo ON productos (codigo_clave, id);
CREATE INDEX productos_por_estado ON productos (activo);
CREATE INDEX productos_por_precio ON productos (precio, id);
CREATE INDEX productos_por_busqueda ON productos USING gin (busqueda);
"""

DOWN = """
DROP TABLE productos;
DROP FUNCTION public.producto_busqueda(text, text, text);
DROP FUNCTION public.texto_raices(text);
DROP FUNCTION public.texto_palabras(text);
"""


def upgrade() -> None:
    """Create the products with their search columns."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the products and their search functions."""
    run_sql(DOWN)
