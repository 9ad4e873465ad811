"""Invoices: what delivered orders on credit are asked to be paid for (CONTRACT §7)."""

from clientela.migrations.runner import run_sql

revision = "0021"
down_revision = "0020"

# An order may cost more than a debt could hold until now. The balance is counted from the columns that grow, so it is
# made anew, with what stood on it; the rows are read once for that.
UP = """
-- squawk-ignore-file changing-column-type, ban-drop-column, constraint-missing-not-valid
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default, adding-required-field
ALTER TABLE cuentas_por_cobrar DROP COLUMN saldo_pendiente;
ALTER TABLE cuentas_por_cobrar
    ALTER COLUMN monto TYPE numeric(14, 2),
    ALTER COLUMN pagado_antes TYPE numeric(14, 2),
    ALTER COLUMN aplicado TYPE numeric(14, 2);
ALTER TABLE cuentas_por_cobrar
    ADD COLUMN saldo_pendiente numeric(14, 2) NOT NULL GENERATED ALWAYS AS (
        CASE WHEN anulada_en IS NULL THEN monto - pagado_antes - aplicado ELSE 0 END) STORED,
    ADD CONSTRAINT cuentas_por_cobrar_saldo_valido CHECK (saldo_pendiente BETWEEN 0 AND monto);
CREATE INDEX cuentas_por_cobrar_abiertas_ix ON cuentas_por_cobrar (cliente_id, fecha_vencimiento, numero)
    WHERE saldo_pendiente > 0;
CREATE INDEX cuentas_por_cobrar_vencimiento_ix ON cuentas_por_cobrar (fecha_vencimiento, numero)
    WHERE saldo_pendiente > 0;

-- The last number that was given. Whoever takes the next one holds the row until his invoice is there or given up,
-- so that no number is missing and none comes twice; a sequence would lose those of transactions that failed.
CREATE TABLE factura_numeros (
    unica boolean DEFAULT true CONSTRAINT factura_numeros_pk PRIMARY KEY CONSTRAINT factura_numeros_unica CHECK (unica),
    ultimo bigint NOT NULL CONSTRAINT factura_numeros_ultimo_valido CHECK (ultimo >= 0)
);
INSERT INTO factura_numeros (ultimo) VALUES (0);

CREATE TABLE facturas (
    id uuid CONSTRAINT facturas_pk PRIMARY KEY,
    numero bigint NOT NULL CONSTRAINT facturas_numero_uk UNIQUE
        CONSTRAINT facturas_numero_positivo CHECK (numero > 0),
    cliente_id uuid NOT NULL CONSTRAINT facturas_cliente_fk REFERENCES clientes (id),
    pedido_id uuid NOT NULL CONSTRAINT facturas_pedido_uk UNIQUE
        CONSTRAINT facturas_pedido_fk REFERENCES pedidos (id),
    cuenta_id uuid CONSTRAINT facturas_cuenta_uk UNIQUE,
    fecha date NOT NULL,
    fecha_vencimiento date NOT NULL,
    moneda text NOT NULL,
    total numeric(14, 2) NOT NULL CONSTRAINT facturas_total_valido CHECK (total >= 0 AND total <> 'NaN'),
    emisor text NOT NULL,
    cliente_nombre text NOT NULL,
    cliente_nit text,
    cliente_direccion text,
    emitida_por uuid NOT NULL CONSTRAINT facturas_emitida_fk REFERENCES usuarios (id),
    creado_en timestamptz NOT NULL,
    actualizado_en timestamptz NOT NULL,
    -- The debt is of the same client: the reference carries him.
    CONSTRAINT facturas_cuenta_fk
        FOREIGN KEY (cuenta_id, cliente_id) REFERENCES cuentas_por_cobrar (id, cliente_id),
    -- A debt of nothing is none.
    CONSTRAINT facturas_cuenta_entera CHECK ((cuenta_id IS NULL) = (total = 0)),
    CONSTRAINT facturas_vencimiento_valido CHECK (fecha_vencimiento >= fecha)
);

COMMENT ON COLUMN facturas.emisor IS 'The names on the invoice are those of its day: it is the same tomorrow.';

CREATE INDEX facturas_cliente_ix ON facturas (cliente_id, numero DESC);
CREATE INDEX facturas_fecha_ix ON facturas (fecha, numero);
CREATE INDEX facturas_cuenta_ix ON facturas (cuenta_id, cliente_id);
CREATE INDEX facturas_emitida_ix ON facturas (emitida_por);

CREATE TABLE factura_lineas (
    factura_id uuid NOT NULL CONSTRAINT factura_lineas_factura_fk REFERENCES facturas (id),
    posicion integer NOT NULL,
    codigo text NOT NULL,
    nombre text NOT NULL,
    unidad text NOT NULL,
    cantidad numeric(12, 3) NOT NULL CONSTRAINT factura_lineas_cantidad_valida CHECK (cantidad > 0),
    precio_unitario numeric(14, 2) NOT NULL CONSTRAINT factura_lineas_precio_valido CHECK (precio_unitario >= 0),
    subtotal numeric(14, 2) NOT NULL GENERATED ALWAYS AS (round(cantidad * precio_unitario, 2)) STORED,
    CONSTRAINT factura_lineas_pk PRIMARY KEY (factura_id, posicion)
);

CREATE FUNCTION public.factura_guardar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Merging gives it to another record, forgetting takes names off it; nothing else becomes different.
    IF (NEW.id, NEW.numero, NEW.pedido_id, NEW.cuenta_id, NEW.fecha, NEW.fecha_vencimiento, NEW.moneda, NEW.total,
        NEW.emisor, NEW.emitida_por, NEW.creado_en)
        IS DISTINCT FROM
       (OLD.id, OLD.numero, OLD.pedido_id, OLD.cuenta_id, OLD.fecha, OLD.fecha_vencimiento, OLD.moneda, OLD.total,
        OLD.emisor, OLD.emitida_por, OLD.creado_en)
    THEN
        RAISE EXCEPTION 'an invoice never changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.factura_linea_guardar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the lines of an invoice never change' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Looked at when the transaction ends, once everything is written.
CREATE FUNCTION public.factura_cuadrar() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_factura_id uuid;
BEGIN
    IF TG_TABLE_NAME = 'facturas' THEN
        v_factura_id := NEW.id;
    ELSE
        v_factura_id := NEW.factura_id;
    END IF;
    IF (SELECT total FROM public.facturas WHERE id = v_factura_id) IS DISTINCT FROM
       (SELECT sum(subtotal) FROM public.factura_lineas WHERE factura_id = v_factura_id)
    THEN
        RAISE EXCEPTION 'the total of an invoice is the sum of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'facturas_total_cuadrado';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.pedido_facturar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.facturas WHERE pedido_id = NEW.id) THEN
        RAISE EXCEPTION 'an order on credit is delivered with its invoice'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pedidos_entregado_con_factura';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER facturas_guardadas BEFORE UPDATE ON facturas
    FOR EACH ROW EXECUTE FUNCTION public.factura_guardar();
CREATE TRIGGER factura_lineas_guardadas BEFORE UPDATE OR DELETE ON factura_lineas
    FOR EACH ROW EXECUTE FUNCTION public.factura_linea_guardar();
CREATE TRIGGER facturas_sin_borrado BEFORE DELETE ON facturas
    FOR EACH ROW EXECUTE FUNCTION public.libros_sin_borrado();
CREATE CONSTRAINT TRIGGER facturas_cuadre AFTER INSERT ON facturas DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.factura_cuadrar();
CREATE CONSTRAINT TRIGGER factura_lineas_cuadre AFTER INSERT ON factura_lineas DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.factura_cuadrar();
CREATE CONSTRAINT TRIGGER pedidos_facturados AFTER UPDATE ON pedidos DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.estado = 'ENTREGADO' AND OLD.estado <> 'ENTREGADO' AND NEW.condicion_pago = 'CREDITO')
    EXECUTE FUNCTION public.pedido_facturar();
"""

# The wider columns stay: what stands in them may not fit any more.
DOWN = """
DROP TRIGGER pedidos_facturados ON pedidos;
DROP TABLE factura_lineas;
DROP TABLE facturas;
DROP TABLE factura_numeros;
DROP FUNCTION public.pedido_facturar();
DROP FUNCTION public.factura_cuadrar();
DROP FUNCTION public.factura_linea_guardar();
DROP FUNCTION public.factura_guardar();
"""


def upgrade() -> None:
    """Create the invoices."""
    run_sql(UP)


def downgrade() -> None:
    """Drop the invoices; what they asked for stays owed."""
    run_sql(DOWN)
