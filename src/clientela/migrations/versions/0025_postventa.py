"""Field service: work orders, ratings and maintenance (CONTRACT §10)."""

from clientela.migrations.runner import run_sql

revision = "0025"
down_revision = "0024"

UP = """
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
CREATE TABLE servicios (
    id uuid CONSTRAINT servicios_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT servicios_numero_uk UNIQUE,
    nombre text NOT NULL CONSTRAINT servicios_nombre_largo CHECK (char_length(nombre) BETWEEN 1 AND 200),
    garantia_meses integer NOT NULL DEFAULT 12
        CONSTRAINT servicios_garantia_valida CHECK (garantia_meses BETWEEN 0 AND 120),
    duracion_min integer NOT NULL DEFAULT 60
        CONSTRAINT servicios_duracion_valida CHECK (duracion_min BETWEEN 1 AND 1440),
    activo boolean NOT NULL DEFAULT true,
    version bigint NOT NULL DEFAULT 1 CONSTRAINT servicios_version_positiva CHECK (version > 0),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT servicios_nombre_uk UNIQUE (nombre)
);

CREATE TABLE ordenes_trabajo (
    id uuid CONSTRAINT ordenes_trabajo_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ordenes_trabajo_numero_uk UNIQUE,
    cliente_id uuid NOT NULL CONSTRAINT ordenes_trabajo_cliente_fk REFERENCES clientes (id),
    servicio_id uuid NOT NULL CONSTRAINT ordenes_trabajo_servicio_fk REFERENCES servicios (id),
    tecnico_id uuid CONSTRAINT ordenes_trabajo_tecnico_fk REFERENCES usuarios (id),
    tipo text NOT NULL CONSTRAINT ordenes_trabajo_tipo_valido CHECK (tipo IN ('NORMAL', 'REVISION')),
    estado text NOT NULL CONSTRAINT ordenes_trabajo_estado_valido CHECK (
        estado IN ('PENDIENTE', 'ASIGNADA', 'EN_EJECUCION', 'FINALIZADO', 'CANCELADA')),
    descripcion text CONSTRAINT ordenes_trabajo_descripcion_larga CHECK (char_length(descripcion) <= 10000),
    garantia_de uuid CONSTRAINT ordenes_trabajo_garantia_fk REFERENCES ordenes_trabajo (id),
    raiz_id uuid CONSTRAINT ordenes_trabajo_raiz_fk REFERENCES ordenes_trabajo (id),
    garantia_meses integer NOT NULL CONSTRAINT ordenes_trabajo_meses_validos CHECK (garantia_meses BETWEEN 0 AND 120),
    duracion_min integer NOT NULL CONSTRAINT ordenes_trabajo_duracion_valida CHECK (duracion_min BETWEEN 1 AND 1440),
    periodicidad_meses integer
        CONSTRAINT ordenes_trabajo_periodicidad_valida CHECK (periodicidad_meses BETWEEN 1 AND 120),
    fecha_programada timestamptz,
    iniciada_en timestamptz,
    fecha_ejecucion timestamptz,
    ultimo_movimiento_en timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1 CONSTRAINT ordenes_trabajo_version_positiva CHECK (version > 0),
    creado_por uuid NOT NULL CONSTRAINT ordenes_trabajo_creado_por_fk REFERENCES usuarios (id),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT ordenes_trabajo_garantia_entera CHECK (
        (tipo = 'REVISION') = (garantia_de IS NOT NULL) AND (garantia_de IS NULL) = (raiz_id IS NULL)),
    CONSTRAINT ordenes_trabajo_pendiente_sin_tecnico CHECK (estado <> 'PENDIENTE' OR tecnico_id IS NULL),
    CONSTRAINT ordenes_trabajo_asignada_con_tecnico CHECK (
        estado NOT IN ('ASIGNADA', 'EN_EJECUCION') OR tecnico_id IS NOT NULL),
    CONSTRAINT ordenes_trabajo_ejecutada CHECK ((estado = 'FINALIZADO') = (fecha_ejecucion IS NOT NULL)),
    CONSTRAINT ordenes_trabajo_visita_programada CHECK (tipo = 'REVISION' OR fecha_programada IS NOT NULL)
);
COMMENT ON COLUMN ordenes_trabajo.raiz_id IS 'The order from whose execution the guarantee is counted; NULL: itself.';
COMMENT ON COLUMN ordenes_trabajo.garantia_meses IS 'What its service promised when it was made.';

-- One open guarantee at a time, whichever order of the family it was asked for.
CREATE UNIQUE INDEX ordenes_trabajo_garantia_abierta_uk ON ordenes_trabajo (raiz_id)
    WHERE tipo = 'REVISION' AND estado NOT IN ('FINALIZADO', 'CANCELADA');
CREATE INDEX ordenes_trabajo_cliente_ix ON ordenes_trabajo (cliente_id, numero DESC);
CREATE INDEX ordenes_trabajo_tecnico_ix ON ordenes_trabajo (tecnico_id, numero DESC) WHERE tecnico_id IS NOT NULL;
CREATE INDEX ordenes_trabajo_agenda_ix ON ordenes_trabajo (tecnico_id, fecha_programada)
    WHERE estado IN ('ASIGNADA', 'EN_EJECUCION');
CREATE INDEX ordenes_trabajo_movimiento_ix ON ordenes_trabajo (ultimo_movimiento_en)
    WHERE estado NOT IN ('FINALIZADO', 'CANCELADA');
CREATE INDEX ordenes_trabajo_sin_asignar_ix ON ordenes_trabajo (creado_en)
    WHERE tecnico_id IS NULL AND estado NOT IN ('FINALIZADO', 'CANCELADA');
CREATE INDEX ordenes_trabajo_en_ejecucion_ix ON ordenes_trabajo (numero) WHERE estado = 'EN_EJECUCION';
CREATE INDEX ordenes_trabajo_garantias_ix ON ordenes_trabajo (numero)
    WHERE tipo = 'REVISION' AND estado = 'PENDIENTE';
CREATE INDEX ordenes_trabajo_servicio_ix ON ordenes_trabajo (servicio_id);
CREATE INDEX ordenes_trabajo_garantia_de_ix ON ordenes_trabajo (garantia_de) WHERE garantia_de IS NOT NULL;
CREATE INDEX ordenes_trabajo_raiz_ix ON ordenes_trabajo (raiz_id) WHERE raiz_id IS NOT NULL;
CREATE INDEX ordenes_trabajo_creado_por_ix ON ordenes_trabajo (creado_por);

CREATE TABLE orden_movimientos (
    orden_id uuid NOT NULL CONSTRAINT orden_movimientos_orden_fk REFERENCES ordenes_trabajo (id),
    posicion integer NOT NULL,
    accion text NOT NULL CONSTRAINT orden_movimientos_accion_valida CHECK (
        accion IN ('creada', 'asignada', 'reprogramada', 'nota', 'iniciada', 'finalizada', 'cancelada')),
    texto text CONSTRAINT orden_movimientos_texto_largo CHECK (char_length(texto) <= 10000),
    tecnico_id uuid CONSTRAINT orden_movimientos_tecnico_fk REFERENCES usuarios (id),
    fecha_programada timestamptz,
    actor_id uuid NOT NULL CONSTRAINT orden_movimientos_actor_fk REFERENCES usuarios (id),
    creado_en timestamptz NOT NULL,
    CONSTRAINT orden_movimientos_pk PRIMARY KEY (orden_id, posicion)
);
CREATE INDEX orden_movimientos_actor_ix ON orden_movimientos (actor_id);
CREATE INDEX orden_movimientos_tecnico_ix ON orden_movimientos (tecnico_id) WHERE tecnico_id IS NOT NULL;

CREATE TABLE calificaciones (
    id uuid CONSTRAINT calificaciones_pk PRIMARY KEY,
    orden_id uuid NOT NULL CONSTRAINT calificaciones_orden_uk UNIQUE
        CONSTRAINT calificaciones_orden_fk REFERENCES ordenes_trabajo (id),
    cliente_id uuid NOT NULL CONSTRAINT calificaciones_cliente_fk REFERENCES clientes (id),
    tecnico_id uuid CONSTRAINT calificaciones_tecnico_fk REFERENCES usuarios (id),
    estrellas smallint NOT NULL CONSTRAINT calificaciones_estrellas_validas CHECK (estrellas BETWEEN 1 AND 5),
    comentario text CONSTRAINT calificaciones_comentario_largo CHECK (char_length(comentario) <= 2000),
    fecha timestamptz NOT NULL
);
CREATE INDEX calificaciones_cliente_ix ON calificaciones (cliente_id);
CREATE INDEX calificaciones_tecnico_ix ON calificaciones (tecnico_id) WHERE tecnico_id IS NOT NULL;

-- How many ratings of each kind a technician has, kept by the trigger below.
CREATE TABLE tecnico_estrellas (
    tecnico_id uuid CONSTRAINT tecnico_estrellas_pk PRIMARY KEY
        CONSTRAINT tecnico_estrellas_tecnico_fk REFERENCES usuarios (id),
    n1 bigint NOT NULL DEFAULT 0,
    n2 bigint NOT NULL DEFAULT 0,
    n3 bigint NOT NULL DEFAULT 0,
    n4 bigint NOT NULL DEFAULT 0,
    n5 bigint NOT NULL DEFAULT 0
);
CREATE FUNCTION calificacion_contar() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_calificacion public.calificaciones := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    v_signo integer := CASE WHEN TG_OP = 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    IF v_calificacion.tecnico_id IS NOT NULL THEN
        INSERT INTO public.tecnico_estrellas AS t (tecnico_id) VALUES (v_calificacion.tecnico_id)
            ON CONFLICT (tecnico_id) DO NOTHING;
        UPDATE public.tecnico_estrellas t
           SET n1 = n1 + v_signo * (v_calificacion.estrellas = 1)::int,
               n2 = n2 + v_signo * (v_calificacion.estrellas = 2)::int,
               n3 = n3 + v_signo * (v_calificacion.estrellas = 3)::int,
               n4 = n4 + v_signo * (v_calificacion.estrellas = 4)::int,
               n5 = n5 + v_signo * (v_calificacion.estrellas = 5)::int
         WHERE t.tecnico_id = v_calificacion.tecnico_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER calificaciones_contar AFTER INSERT OR DELETE ON calificaciones
    FOR EACH ROW EXECUTE FUNCTION calificacion_contar();

-- How many open orders moved last on each day (UTC), kept by the trigger below: the three figures of the overview are
-- sums of a few hundred rows, however many orders there are.
CREATE TABLE ordenes_por_dia (
    dia date CONSTRAINT ordenes_por_dia_pk PRIMARY KEY,
    abiertas bigint NOT NULL DEFAULT 0,
    sin_asignar bigint NOT NULL DEFAULT 0,
    en_ejecucion bigint NOT NULL DEFAULT 0
);
CREATE FUNCTION orden_trabajo_contar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In the order of the days, so that two transactions never wait for each other crosswise.
    INSERT INTO public.ordenes_por_dia AS t (dia, abiertas, sin_asignar, en_ejecucion)
    SELECT (c.movida AT TIME ZONE 'UTC')::date, sum(c.signo), sum(c.signo * (c.tecnico_id IS NULL)::integer),
           sum(c.signo * (c.estado = 'EN_EJECUCION')::integer)
      FROM (SELECT -1 AS signo, OLD.ultimo_movimiento_en AS movida, OLD.tecnico_id, OLD.estado WHERE TG_OP <> 'INSERT'
            UNION ALL
            SELECT 1, NEW.ultimo_movimiento_en, NEW.tecnico_id, NEW.estado WHERE TG_OP <> 'DELETE') c
     WHERE c.estado NOT IN ('FINALIZADO', 'CANCELADA')
     GROUP BY 1 ORDER BY 1
        ON CONFLICT (dia) DO UPDATE
       SET abiertas = t.abiertas + excluded.abiertas,
           sin_asignar = t.sin_asignar + excluded.sin_asignar,
           en_ejecucion = t.en_ejecucion + excluded.en_ejecucion;
    RETURN NULL;
END $$;
CREATE TRIGGER ordenes_trabajo_contar AFTER INSERT OR DELETE OR UPDATE OF estado, tecnico_id, ultimo_movimiento_en
    ON ordenes_trabajo FOR EACH ROW EXECUTE FUNCTION orden_trabajo_contar();

CREATE TABLE visitas_mantenimiento (
    id uuid CONSTRAINT visitas_mantenimiento_pk PRIMARY KEY,
    orden_id uuid NOT NULL CONSTRAINT visitas_mantenimiento_orden_fk REFERENCES ordenes_trabajo (id),
    cliente_id uuid NOT NULL CONSTRAINT visitas_mantenimiento_cliente_fk REFERENCES clientes (id),
    periodicidad_meses integer NOT NULL
        CONSTRAINT visitas_mantenimiento_periodicidad_valida CHECK (periodicidad_meses BETWEEN 1 AND 120),
    ciclo integer NOT NULL CONSTRAINT visitas_mantenimiento_ciclo_positivo CHECK (ciclo > 0),
    fecha_programada timestamptz NOT NULL,
    estado text NOT NULL DEFAULT 'PENDIENTE' CONSTRAINT visitas_mantenimiento_estado_valido CHECK (
        estado IN ('PENDIENTE', 'HECHA', 'REEMPLAZADA')),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL
);
-- A daily job may run twice, and on two nodes: each visit of a plan is there once.
CREATE UNIQUE INDEX visitas_mantenimiento_ciclo_uk ON visitas_mantenimiento (orden_id, periodicidad_meses, ciclo)
    WHERE estado <> 'REEMPLAZADA';
CREATE INDEX visitas_mantenimiento_cliente_ix ON visitas_mantenimiento (cliente_id, fecha_programada)
    WHERE estado = 'PENDIENTE';

ALTER TABLE tickets ADD COLUMN orden_id uuid CONSTRAINT tickets_orden_fk REFERENCES ordenes_trabajo (id);
CREATE INDEX tickets_orden_ix ON tickets (orden_id) WHERE orden_id IS NOT NULL;
"""

DOWN = """
ALTER TABLE tickets DROP COLUMN orden_id;
DROP TABLE visitas_mantenimiento;
DROP TABLE ordenes_por_dia CASCADE;
DROP TABLE tecnico_estrellas CASCADE;
DROP TABLE calificaciones;
DROP TABLE orden_movimientos;
DROP TABLE ordenes_trabajo;
DROP TABLE servicios;
DROP FUNCTION calificacion_contar();
DROP FUNCTION orden_trabajo_contar();
"""


def upgrade() -> None:
    """Create the tables of field service."""
    run_sql(UP)


def downgrade() -> None:
    """Drop them."""
    run_sql(DOWN)
