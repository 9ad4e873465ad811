-- Invoices: made of what an order and the register say, which they no longer need afterwards.

-- Make the invoice of an order, and the debt that goes with it unless it is of nothing; false where it has one already.
-- The order is held, so that of many who ask at once one makes it. Its names are those of today, the client's first
-- address among them: his principal one, else the oldest. The number comes last, since all who invoice wait for it.
CREATE FUNCTION fn.factura_emitir(
    p_pedido_id uuid, p_factura_id uuid, p_cuenta_id uuid, p_emisor text, p_moneda text, p_fecha date,
    p_vencimiento date, p_actor_id uuid, p_ahora timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_pedido public.pedidos;
    v_cliente public.clientes;
    v_cuenta_id uuid;
    v_direccion text;
    v_numero bigint;
BEGIN
    SELECT * INTO STRICT v_pedido FROM public.pedidos WHERE id = p_pedido_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM public.facturas WHERE pedido_id = p_pedido_id) THEN
        RETURN false;
    END IF;
    SELECT * INTO STRICT v_cliente FROM public.clientes WHERE id = v_pedido.cliente_id;
    SELECT concat_ws(', ', direccion, ciudad) INTO v_direccion FROM public.direcciones
     WHERE cliente_id = v_cliente.id AND activa ORDER BY es_principal DESC, id LIMIT 1;

    UPDATE public.factura_numeros SET ultimo = ultimo + 1 RETURNING ultimo INTO STRICT v_numero;
    IF v_pedido.total > 0 THEN
        v_cuenta_id := p_cuenta_id;
        INSERT INTO public.cuentas_por_cobrar (
            id, cliente_id, concepto, monto, pagado_antes, fecha_vencimiento, registrada_por, creado_en, actualizado_en)
        VALUES (p_cuenta_id, v_cliente.id, 'Factura n.º ' || v_numero, v_pedido.total, 0, p_vencimiento, p_actor_id,
                p_ahora, p_ahora);
    END IF;
    INSERT INTO public.facturas (
        id, numero, cliente_id, pedido_id, cuenta_id, fecha, fecha_vencimiento, moneda, total, emisor, cliente_nombre,
        cliente_nit, cliente_direccion, emitida_por, creado_en, actualizado_en)
    VALUES (p_factura_id, v_numero, v_cliente.id, p_pedido_id, v_cuenta_id, p_fecha, p_vencimiento, p_moneda,
            v_pedido.total, p_emisor, coalesce(v_cliente.razon_social, v_cliente.nombre), v_cliente.nit, v_direccion,
            p_actor_id, p_ahora, p_ahora);
    INSERT INTO public.factura_lineas (factura_id, posicion, codigo, nombre, unidad, cantidad, precio_unitario)
    SELECT p_factura_id, posicion, codigo, nombre, unidad, cantidad, precio_unitario
      FROM public.pedido_lineas WHERE pedido_id = p_pedido_id;
    RETURN true;
END $$;
