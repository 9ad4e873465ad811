"""The ledger: what clients owe, what they paid, and which payment went to which debt."""

from clientela.migrations.runner import run_sql

revision = "0011"
down_revision = "0010"

# The books never lose a row and never change an amount: what was wrong is annulled, with a reason. What a payment
# took from a debt is counted by a trigger that holds the debt's row, so the balance is right whoever writes.
UP = """
CREATE TABLE cuentas_por_cobrar (
    id uuid CONSTRAINT cuentas_por_cobrar_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT cuentas_por_cobrar_numero_uk UNIQUE,
    cliente_id uuid NOT NULL CONSTRAINT cuentas_por_cobrar_cliente_fk REFERENCES clientes (id),
    concepto text NOT NULL
        CONSTRAINT cuentas_por_cobrar_concepto_valido CHECK (char_length(concepto) BETWEEN 1 AND 200),
    monto numeric(11, 2) NOT NULL CONSTRAINT cuentas_por_cobrar_monto_positivo CHECK (monto > 0),
    pagado_antes numeric(11, 2) NOT NULL
        CONSTRAINT cuentas_por_cobrar_pagado_antes_valido CHECK (pagado_antes BETWEEN 0 AND monto),
    aplicado numeric(11, 2) NOT NULL DEFAULT 0,
    fecha_vencimiento date,
    registrada_por uuid NOT NULL CONSTRAINT cuentas_por_cobrar_registrada_fk REFERENCES usuarios (id),
    anulada_en timestamptz,
    anulada_por uuid CONSTRAINT cuentas_por_cobrar_anulada_fk REFERENCES usuarios (id),
    motivo_anulacion text
        CONSTRAINT cuentas_por_cobrar_motivo_valido CHECK (char_length(motivo_anulacion) BETWEEN 1 AND 500),
    saldo_pendiente numeric(11, 2) NOT NULL GENERATED ALWAYS AS (
        CASE WHEN anulada_en IS NULL THEN monto - pagado_antes - aplicado ELSE 0 END) STORED,
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT cuentas_por_cobrar_saldo_valido CHECK (saldo_pendiente BETWEEN 0 AND monto),
    CONSTRAINT cuentas_por_cobrar_anulacion_entera CHECK (
        (anulada_en IS NULL) = (anulada_por IS NULL) AND (anulada_en IS NULL) = (motivo_anulacion IS NULL)),
    CONSTRAINT cuentas_por_cobrar_anulada_sin_pagos CHECK (anulada_en IS NULL OR aplicado = 0),
    -- What a payment goes to is a debt of its own client: both references below carry the client.
    CONSTRAINT cuentas_por_cobrar_cliente_uk UNIQUE (id, cliente_id)
);

COMMENT ON COLUMN cuentas_por_cobrar.pagado_antes IS 'What had been paid before the debt came into these books.';
COMMENT ON COLUMN cuentas_por_cobrar.aplicado IS 'The sum of its live applications; only the trigger writes it.';

CREATE INDEX cuentas_por_cobrar_cliente_ix ON cuentas_por_cobrar (cliente_id, numero DESC);
-- Payments take the oldest debt first: this is their order, and that of what is shown as open.
CREATE INDEX cuentas_por_cobrar_abiertas_ix ON cuentas_por_cobrar (cliente_id, fecha_vencimiento, numero)
    WHERE saldo_pendiente > 0;
CREATE INDEX cuentas_por_cobrar_vencimiento_ix ON cuentas_por_cobrar (fecha_vencimiento, numero)
    WHERE saldo_pendiente > 0;
CREATE INDEX cuentas_por_cobrar_registrada_ix ON cuentas_por_cobrar (registrada_por);
CREATE INDEX cuentas_por_cobrar_anulada_ix ON cuentas_por_cobrar (anulada_por);

CREATE TABLE pagos (
    id uuid CONSTRAINT pagos_pk PRIMARY KEY,
    numero bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pagos_numero_uk UNIQUE,
    cliente_id uuid NOT NULL CONSTRAINT pagos_cliente_fk REFERENCES clientes (id),
    monto numeric(11, 2) NOT NULL CONSTRAINT pagos_monto_positivo CHECK (monto > 0),
    medio text NOT NULL CONSTRAINT pagos_medio_valido CHECK (medio IN ('efectivo', 'transferencia', 'qr', 'tarjeta')),
    registrado_por uuid NOT NULL CONSTRAINT pagos_registrado_fk REFERENCES usuarios (id),
    anulado_en timestamptz,
    anulado_por uuid CONSTRAINT pagos_anulado_fk REFERENCES usuarios (id),
    motivo_anulacion text CONSTRAINT pagos_motivo_valido CHECK (char_length(motivo_anulacion) BETWEEN 1 AND 500),
    version bigint NOT NULL DEFAULT 1,
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    CONSTRAINT pagos_anulacion_entera CHECK (
        (anulado_en IS NULL) = (anulado_por IS NULL) AND (anulado_en IS NULL) = (motivo_anulacion IS NULL)),
    CONSTRAINT pagos_cliente_uk UNIQUE (id, cliente_id)
);

CREATE INDEX pagos_cliente_ix ON pagos (cliente_id, numero DESC);
CREATE INDEX pagos_registrado_ix ON pagos (registrado_por);
CREATE INDEX pagos_anulado_ix ON pagos (anulado_por);

CREATE TABLE pago_aplicaciones (
    pago_id uuid NOT NULL,
    cliente_id uuid NOT NULL,
    cuenta_id uuid NOT NULL,
    monto numeric(11, 2) NOT NULL CONSTRAINT pago_aplicaciones_monto_positivo CHECK (monto > 0),
    CONSTRAINT pago_aplicaciones_pk PRIMARY KEY (pago_id, cliente_id, cuenta_id),
    CONSTRAINT pago_aplicaciones_pago_fk FOREIGN KEY (pago_id, cliente_id) REFERENCES pagos (id, cliente_id),
    CONSTRAINT pago_aplicaciones_cuenta_fk
        FOREIGN KEY (cuenta_id, cliente_id) REFERENCES cuentas_por_cobrar (id, cliente_id)
);

CREATE INDEX pago_aplicaciones_cuenta_ix ON pago_aplicaciones (cuenta_id, cliente_id);

-- The balance is never written, it is counted again at every change of the row: while the row is held, whatever was
-- committed before is seen, and who comes next waits.
CREATE FUNCTION public.cuenta_contar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.aplicado := 0;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.numero, NEW.monto, NEW.pagado_antes, NEW.fecha_vencimiento, NEW.registrada_por, NEW.creado_en)
        IS DISTINCT FROM
       (OLD.id, OLD.numero, OLD.monto, OLD.pagado_antes, OLD.fecha_vencimiento, OLD.registrada_por, OLD.creado_en)
       OR (OLD.anulada_en IS NOT NULL AND NEW.anulada_en IS DISTINCT FROM OLD.anulada_en)
    THEN
        RAISE EXCEPTION 'a debt is annulled, never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT coalesce(sum(a.monto), 0) INTO NEW.aplicado
      FROM public.pago_aplicaciones a JOIN public.pagos p ON p.id = a.pago_id
     WHERE a.cuenta_id = NEW.id AND p.anulado_en IS NULL;
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE FUNCTION public.pago_guardar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.numero, NEW.monto, NEW.medio, NEW.registrado_por, NEW.creado_en)
        IS DISTINCT FROM
       (OLD.id, OLD.numero, OLD.monto, OLD.medio, OLD.registrado_por, OLD.creado_en)
       OR (OLD.anulado_en IS NOT NULL AND NEW.anulado_en IS DISTINCT FROM OLD.anulado_en)
    THEN
        RAISE EXCEPTION 'a payment is annulled, never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE FUNCTION public.aplicacion_guardar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.pago_id, NEW.cuenta_id, NEW.monto) IS DISTINCT FROM (OLD.pago_id, OLD.cuenta_id, OLD.monto) THEN
        RAISE EXCEPTION 'what a payment went to never changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.libros_sin_borrado() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books never lose a row' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.aplicaciones_contar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.cuentas_por_cobrar c SET actualizado_en = n.cuando
      FROM (SELECT a.cuenta_id, max(p.actualizado_en) AS cuando
              FROM nuevas a JOIN public.pagos p ON p.id = a.pago_id GROUP BY a.cuenta_id) n
     WHERE c.id = n.cuenta_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.pago_contar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.cuentas_por_cobrar SET actualizado_en = NEW.actualizado_en
     WHERE id IN (SELECT cuenta_id FROM public.pago_aplicaciones WHERE pago_id = NEW.id);
    RETURN NULL;
END $$;

-- A payment goes to debts to the last cent. Looked at when the transaction ends, once everything is written.
CREATE FUNCTION public.pago_cuadrar() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_pago_id uuid;
BEGIN
    IF TG_TABLE_NAME = 'pagos' THEN
        v_pago_id := NEW.id;
    ELSE
        v_pago_id := NEW.pago_id;
    END IF;
    IF (SELECT monto FROM public.pagos WHERE id = v_pago_id) IS DISTINCT FROM
       (SELECT sum(monto) FROM public.pago_aplicaciones WHERE pago_id = v_pago_id)
    THEN
        RAISE EXCEPTION 'a payment must go to debts to the last cent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pagos_aplicado_entero';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER cuentas_por_cobrar_cuenta BEFORE INSERT OR UPDATE ON cuentas_por_cobrar
    FOR EACH ROW EXECUTE FUNCTION public.cuenta_contar();
CREATE TRIGGER pagos_guardados BEFORE UPDATE ON pagos
    FOR EACH ROW EXECUTE FUNCTION public.pago_guardar();
CREATE TRIGGER pago_aplicaciones_guardadas BEFORE UPDATE ON pago_aplicaciones
    FOR EACH ROW EXECUTE FUNCTION public.aplicacion_guardar();
CREATE TRIGGER cuentas_por_cobrar_sin_borrado BEFORE DELETE ON cuentas_por_cobrar
    FOR EACH ROW EXECUTE FUNCTION public.libros_sin_borrado();
CREATE TRIGGER pagos_sin_borrado BEFORE DELETE ON pagos
    FOR EACH ROW EXECUTE FUNCTION public.libros_sin_borrado();
CREATE TRIGGER pago_aplicaciones_sin_borrado BEFORE DELETE ON pago_aplicaciones
    FOR EACH ROW EXECUTE FUNCTION public.libros_sin_borrado();
CREATE TRIGGER pago_aplicaciones_cuenta AFTER INSERT ON pago_aplicaciones
    REFERENCING NEW TABLE AS nuevas FOR EACH STATEMENT EXECUTE FUNCTION public.aplicaciones_contar();
CREATE TRIGGER pagos_anulados AFTER UPDATE ON pagos
    FOR EACH ROW WHEN (OLD.anulado_en IS DISTINCT FROM NEW.anulado_en) EXECUTE FUNCTION public.pago_contar();
CREATE CONSTRAINT TRIGGER pagos_cuadre AFTER INSERT ON pagos DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.pago_cuadrar();
CREATE CONSTRAINT TRIGGER pago_aplicaciones_cuadre AFTER INSERT ON pago_aplicaciones DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.pago_cuadrar();
"""

DOWN = """
DROP TABLE pago_aplicaciones;
DROP TABLE pagos;
DROP TABLE cuentas_por_cobrar;
DROP FUNCTION public.pago_cuadrar();
DROP FUNCTION public.pago_contar();
DROP FUNCTION public.aplicaciones_contar();
DROP FUNCTION public.libros_sin_borrado();
DROP FUNCTION public.aplicacion_guardar();
DROP FUNCTION public.pago_guardar();
DROP FUNCTION public.cuenta_contar();
"""


def upgrade() -> None:
    """Create the books."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the books; what they held is lost."""
    run_sql(DOWN)
