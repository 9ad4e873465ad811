-- Functions of the orders. Lock order: the cart's header, the client's row, the products by identifier, events last.

-- An order in the neutral form that every contract renders.
CREATE FUNCTION fn.pedido_neutro(p_pedido public.pedidos) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN json_build_object(
        'id', p_pedido.id,
        'numero', p_pedido.numero,
        'cliente_id', p_pedido.cliente_id,
        'vendedor_id', p_pedido.vendedor_id,
        'creado_por', p_pedido.creado_por,
        'condicion_pago', p_pedido.condicion_pago,
        'sucursal_id', p_pedido.sucursal_id,
        'fecha_entrega_solicitada', p_pedido.fecha_entrega_solicitada,
        'fecha_entrega_requerida', p_pedido.fecha_entrega_requerida,
        'hora_entrega_requerida', to_char(p_pedido.hora_entrega_requerida, 'HH24:MI'),
        'fuera_de_ventana', p_pedido.fuera_de_ventana,
        'proxima_ventana', p_pedido.proxima_ventana,
        'observaciones_entrega', p_pedido.observaciones_entrega,
        'latitud', p_pedido.latitud,
        'longitud', p_pedido.longitud,
        'estado', p_pedido.estado,
        'total', p_pedido.total,
        'credito_excedido', p_pedido.credito_excedido,
        'version', p_pedido.version,
        'creado_en', p_pedido.creado_en,
        'lineas', coalesce((
            SELECT json_agg(json_build_object(
                       'producto_id', l.producto_id,
                       'codigo', l.codigo,
                       'nombre', l.nombre,
                       'unidad', l.unidad,
                       'cantidad', trim_scale(l.cantidad),
                       'precio_unitario', l.precio_unitario,
                       'subtotal', l.subtotal,
                       'campania_aplicada_id', l.campania_aplicada_id,
                       'motivo_descuento', l.motivo_descuento
                   ) ORDER BY l.posicion)
              FROM public.pedido_lineas l WHERE l.pedido_id = p_pedido.id), '[]'));
END $$;

-- Tell the customer's devices, the seller's and the administrators' that an order is there or changed; with p_carrito
-- also whose cart was emptied by it. The streams of the second are among those of the first, so its counters are held.
CREATE FUNCTION fn.pedido_avisar(p_pedido public.pedidos, p_actor_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid;
BEGIN
    SELECT usuario_principal_id INTO v_usuario_id FROM public.clientes WHERE id = p_pedido.cliente_id;
    PERFORM fn.evento_emitir(
        ARRAY['usuario:' || v_usuario_id, 'rol:admin']
            || CASE WHEN p_pedido.vendedor_id IS NULL THEN '{}'::text[]
                    ELSE ARRAY['usuario:' || p_pedido.vendedor_id] END,
        'order.updated', jsonb_build_object('id', p_pedido.id, 'version', p_pedido.version), p_pedido.cliente_id,
        p_actor_id, p_pedido.actualizado_en);
END $$;

-- The lines of a locked cart as they would be ordered now, each with why it cannot be, if it cannot: retirado,
-- sin_existencias, mas_caro (dearer than it was last shown). Looked at once, so that what is judged is what is ordered.
CREATE FUNCTION fn.pedido_lineas(p_carrito public.carritos, p_ahora timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(jsonb_build_object(
                   'producto_id', p.id, 'codigo', p.codigo, 'nombre', p.nombre, 'unidad', p.unidad,
                   'peso_kg', p.peso_kg, 'cantidad', l.cantidad, 'precio_anterior', l.precio_unitario,
                   'precio_actual', e.precio, 'campania_aplicada_id', e.campania_id,
                   'motivo_descuento', l.motivo_descuento, 'existencias', p.existencias,
                   'disponible', p.activo AND (p.existencias IS NULL OR p.existencias >= l.cantidad),
                   'motivo', CASE WHEN NOT p.activo THEN 'retirado'
                                  WHEN p.existencias < l.cantidad THEN 'sin_existencias'
                                  WHEN e.precio > l.precio_unitario THEN 'mas_caro' END)
               ORDER BY l.posicion)
          FROM public.carrito_lineas l
          JOIN public.productos p ON p.id = l.producto_id
         CROSS JOIN LATERAL (
               SELECT CASE WHEN l.campania_aplicada_id IS NOT NULL THEN
                           fn.precio_en_campania(l.campania_aplicada_id, p, p_carrito.cliente_id, p_ahora) END) r(precio)
         CROSS JOIN LATERAL (
               SELECT coalesce(r.precio, p.precio) AS precio,
                      CASE WHEN r.precio IS NOT NULL THEN l.campania_aplicada_id END AS campania_id) e
         WHERE l.carrito_id = p_carrito.id);
END $$;

-- What a client may still buy on credit: his limit less what he owes and less his open orders on credit. The client's
-- row is held, so that two orders at once do not both spend the same credit.
CREATE FUNCTION fn.credito_disponible(p_cliente_id uuid) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
    v_limite numeric;
BEGIN
    SELECT limite_credito INTO v_limite FROM public.clientes WHERE id = p_cliente_id FOR NO KEY UPDATE;
    RETURN v_limite
        - (SELECT coalesce(sum(saldo_pendiente), 0) FROM public.cuentas_por_cobrar
            WHERE cliente_id = p_cliente_id AND saldo_pendiente > 0)
        - (SELECT coalesce(sum(total), 0) FROM public.pedidos
            WHERE cliente_id = p_cliente_id AND condicion_pago = 'CREDITO'
              AND estado NOT IN ('ENTREGADO', 'CANCELADO'));
END $$;

-- Make an order of the content of one cart, exactly once, and empty that cart and no other. p_entrega holds what was
-- asked for the delivery, checked already: condicion_pago, sucursal_id, fecha_entrega_solicitada,
-- fecha_entrega_requerida, hora_entrega_requerida, fuera_de_ventana, proxima_ventana, observaciones_entrega, latitud,
-- longitud. The place falls back: what was sent, the branch, the principal address, the client's own.
--   fallo 400: sin_cliente, carrito_vacio (with ultimo_pedido_id: the order that this cart made last);
--   403: prohibido (a branch of another client); 404: sucursal_no_encontrada; 409: pedido_con_cambios (lineas),
--   credito_insuficiente (disponible, total), cliente_inactivo; 412: carrito_desactualizado
CREATE FUNCTION fn.pedido_crear(
    p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_version bigint, p_entrega jsonb,
    p_aceptar_cambios boolean, p_bloquear_credito boolean, p_pedido_id uuid, p_carrito_nuevo uuid, p_actor_id uuid,
    p_sesion_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_carrito public.carritos;
    v_cliente public.clientes;
    v_pedido public.pedidos;
    v_lugar record;
    v_lineas jsonb;
    v_problemas jsonb;
    v_total numeric;
    v_disponible numeric;
    v_neutro json;
BEGIN
    IF p_cliente_id IS NULL THEN
        PERFORM fn.fallo(400, 'sin_cliente');
    END IF;
    v_carrito := fn.carrito_abrir(p_usuario_id, p_cliente_id, p_vendedor_id, p_admin, p_carrito_nuevo, p_ahora);
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    IF p_entrega ->> 'condicion_pago' = 'CREDITO' THEN
        -- Before the stock: whoever delivers holds the client first too.
        PERFORM 1 FROM public.clientes WHERE id = p_cliente_id FOR NO KEY UPDATE;
    END IF;
    -- Stock that is counted is held, in one order, before it is looked at.
    PERFORM 1 FROM public.productos
      WHERE existencias IS NOT NULL
        AND id IN (SELECT producto_id FROM public.carrito_lineas WHERE carrito_id = v_carrito.id)
      ORDER BY id FOR NO KEY UPDATE;
    v_lineas := fn.pedido_lineas(v_carrito, p_ahora);
    IF v_lineas IS NULL THEN
        PERFORM fn.fallo(400, 'carrito_vacio', jsonb_build_object('ultimo_pedido_id', (
            SELECT id FROM public.pedidos WHERE carrito_id = v_carrito.id ORDER BY carrito_version DESC LIMIT 1)));
    END IF;
    SELECT * INTO STRICT v_cliente FROM public.clientes WHERE id = p_cliente_id;
    IF NOT v_cliente.activo THEN
        PERFORM fn.fallo(409, 'cliente_inactivo');
    END IF;
    SELECT * INTO v_lugar FROM fn.pedido_lugar(v_cliente, p_entrega);
    SELECT jsonb_agg(jsonb_build_object(
               'producto_id', l -> 'producto_id', 'motivo', l -> 'motivo', 'precio_anterior', l -> 'precio_anterior',
               'precio_actual', l -> 'precio_actual', 'disponible', l -> 'disponible'))
      INTO v_problemas FROM jsonb_array_elements(v_lineas) l
     WHERE l ->> 'motivo' IS NOT NULL AND NOT (p_aceptar_cambios AND l ->> 'motivo' = 'mas_caro');
    IF v_problemas IS NOT NULL THEN
        PERFORM fn.fallo(409, 'pedido_con_cambios', jsonb_build_object('lineas', v_problemas));
    END IF;

    SELECT sum(round(r.cantidad * r.precio_actual, 2)) INTO v_total
      FROM jsonb_to_recordset(v_lineas) AS r (cantidad numeric, precio_actual numeric);
    IF v_total > 999999999999.99 THEN
        PERFORM fn.fallo(422, 'datos_invalidos', NULL, '{"items": ["El total del pedido es demasiado grande"]}');
    END IF;

    INSERT INTO public.pedidos (
        id, cliente_id, vendedor_id, creado_por, sesion_id, carrito_id, carrito_version, condicion_pago, sucursal_id,
        fecha_entrega_solicitada, fecha_entrega_requerida, hora_entrega_requerida, fuera_de_ventana, proxima_ventana,
        observaciones_entrega, latitud, longitud, total, creado_en, actualizado_en)
    SELECT p_pedido_id, p_cliente_id, coalesce(v_carrito.vendedor_id, v_cliente.vendedor_asignado_id), p_actor_id,
           p_sesion_id, v_carrito.id, v_carrito.version, coalesce(p_entrega ->> 'condicion_pago', 'CONTADO'),
           (p_entrega ->> 'sucursal_id')::uuid, (p_entrega ->> 'fecha_entrega_solicitada')::timestamptz,
           (p_entrega ->> 'fecha_entrega_requerida')::date, (p_entrega ->> 'hora_entrega_requerida')::time,
           coalesce((p_entrega ->> 'fuera_de_ventana')::boolean, false), p_entrega -> 'proxima_ventana',
           p_entrega ->> 'observaciones_entrega', v_lugar.latitud, v_lugar.longitud,
           v_total, p_ahora, p_ahora
    RETURNING * INTO v_pedido;
    INSERT INTO public.pedido_lineas (
        pedido_id, posicion, producto_id, codigo, nombre, unidad, peso_kg, cantidad, precio_unitario,
        campania_aplicada_id, motivo_descuento, descontada)
    SELECT v_pedido.id, r.n, (r.l ->> 'producto_id')::uuid, r.l ->> 'codigo', r.l ->> 'nombre', r.l ->> 'unidad',
           (r.l ->> 'peso_kg')::numeric, (r.l ->> 'cantidad')::numeric, (r.l ->> 'precio_actual')::numeric,
           (r.l ->> 'campania_aplicada_id')::bigint, r.l ->> 'motivo_descuento', r.l ->> 'existencias' IS NOT NULL
      FROM jsonb_array_elements(v_lineas) WITH ORDINALITY AS r (l, n);
    INSERT INTO public.pedido_estados (pedido_id, orden, estado, actor_id, creado_en)
    VALUES (v_pedido.id, 1, v_pedido.estado, p_actor_id, p_ahora);
    UPDATE public.productos p SET existencias = p.existencias - l.cantidad
      FROM public.pedido_lineas l
     WHERE l.pedido_id = v_pedido.id AND l.descontada AND p.id = l.producto_id;

    IF v_pedido.condicion_pago = 'CREDITO' THEN
        -- The order itself is counted already.
        v_disponible := fn.credito_disponible(p_cliente_id);
        IF v_disponible < 0 AND p_bloquear_credito THEN
            PERFORM fn.fallo(409, 'credito_insuficiente', jsonb_build_object(
                'disponible', greatest(v_disponible + v_pedido.total, 0), 'total', v_pedido.total));
        ELSIF v_disponible < 0 THEN
            UPDATE public.pedidos SET credito_excedido = true WHERE id = v_pedido.id RETURNING * INTO v_pedido;
        END IF;
    END IF;

    DELETE FROM public.carrito_lineas WHERE carrito_id = v_carrito.id;
    UPDATE public.carritos
       SET version = version + 1, escrito = true, pedido_en = p_ahora, actualizado_en = p_ahora
     WHERE id = v_carrito.id
    RETURNING * INTO v_carrito;
    v_neutro := fn.pedido_neutro(v_pedido);
    -- Last, because all orders wait for each other at the administrators' stream from here to the commit.
    PERFORM fn.pedido_avisar(v_pedido, p_actor_id);
    PERFORM fn.carrito_avisar(v_carrito, p_actor_id);
    RETURN v_neutro;
END $$;

-- Where an order goes: the place that was sent, the branch's, the principal address's, the client's own, or nowhere.
--   fallo 403: prohibido (a branch of another client); 404: sucursal_no_encontrada, also for one that is closed
CREATE FUNCTION fn.pedido_lugar(
    p_cliente public.clientes, p_entrega jsonb, OUT latitud numeric, OUT longitud numeric
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_direccion public.direcciones;
BEGIN
    IF p_entrega ->> 'sucursal_id' IS NOT NULL THEN
        SELECT * INTO v_direccion FROM public.direcciones WHERE uuid = (p_entrega ->> 'sucursal_id')::uuid;
        IF v_direccion.cliente_id <> p_cliente.id THEN
            PERFORM fn.fallo(403, 'prohibido');
        ELSIF v_direccion.activa IS NOT TRUE THEN
            PERFORM fn.fallo(404, 'sucursal_no_encontrada');
        END IF;
    END IF;
    IF p_entrega ->> 'latitud' IS NOT NULL THEN
        latitud := (p_entrega ->> 'latitud')::numeric;
        longitud := (p_entrega ->> 'longitud')::numeric;
        RETURN;
    END IF;
    SELECT d.latitud, d.longitud INTO latitud, longitud
      FROM (SELECT v_direccion.latitud, v_direccion.longitud, 1 AS orden
            UNION ALL
            SELECT a.latitud, a.longitud, 2 FROM public.direcciones a
             WHERE a.cliente_id = p_cliente.id AND a.es_principal AND a.activa
            UNION ALL
            SELECT p_cliente.latitud, p_cliente.longitud, 3) AS d
     WHERE d.latitud IS NOT NULL AND d.longitud IS NOT NULL
     ORDER BY d.orden LIMIT 1;
END $$;

-- Take an order one step on, or cancel it; its own present state changes nothing, but a note on it is written down.
-- Cancelled stock returns.
--   fallo 409: transicion_invalida (desde, hasta); 412: desactualizado (version)
CREATE FUNCTION fn.pedido_cambiar_estado(
    p_pedido_id uuid, p_estado text, p_nota text, p_version bigint, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_pasos constant text[] := ARRAY['PENDIENTE', 'CONFIRMADO', 'EN_PREPARACION', 'EN_RUTA', 'ENTREGADO'];
    v_pedido public.pedidos;
BEGIN
    SELECT * INTO STRICT v_pedido FROM public.pedidos WHERE id = p_pedido_id FOR NO KEY UPDATE;
    IF v_pedido.version <> p_version THEN
        PERFORM fn.fallo(412, 'desactualizado', jsonb_build_object('version', v_pedido.version));
    ELSIF v_pedido.estado = p_estado AND (p_nota IS NULL OR p_nota = (
            SELECT motivo FROM public.pedido_estados WHERE pedido_id = p_pedido_id ORDER BY orden DESC LIMIT 1)) THEN
        RETURN fn.pedido_neutro(v_pedido);
    ELSIF v_pedido.estado <> p_estado AND (
            v_pedido.estado IN ('ENTREGADO', 'CANCELADO')
            OR (p_estado <> 'CANCELADO'
                AND array_position(v_pasos, p_estado) <> array_position(v_pasos, v_pedido.estado) + 1)) THEN
        PERFORM fn.fallo(409, 'transicion_invalida',
                         jsonb_build_object('desde', v_pedido.estado, 'hasta', p_estado));
    END IF;
    IF p_estado = 'CANCELADO' AND v_pedido.estado <> p_estado THEN
        PERFORM 1 FROM public.productos
          WHERE id IN (SELECT producto_id FROM public.pedido_lineas WHERE pedido_id = p_pedido_id AND descontada)
          ORDER BY id FOR NO KEY UPDATE;
        -- Stock that is no longer counted has nothing to return to.
        UPDATE public.productos p SET existencias = p.existencias + l.cantidad
          FROM public.pedido_lineas l
         WHERE l.pedido_id = p_pedido_id AND l.descontada AND p.id = l.producto_id AND p.existencias IS NOT NULL;
    END IF;
    UPDATE public.pedidos SET estado = p_estado, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_pedido_id
    RETURNING * INTO v_pedido;
    INSERT INTO public.pedido_estados (pedido_id, orden, estado, motivo, actor_id, creado_en)
    SELECT p_pedido_id, max(orden) + 1, p_estado, p_nota, p_actor_id, p_ahora
      FROM public.pedido_estados WHERE pedido_id = p_pedido_id;
    PERFORM fn.pedido_avisar(v_pedido, p_actor_id);
    RETURN fn.pedido_neutro(v_pedido);
END $$;

-- Cancel an order that nobody has confirmed yet: what its customer may do himself. Errors as
-- fn.pedido_cambiar_estado; an order that is cancelled already is refused like one that is on its way.
CREATE FUNCTION fn.pedido_cancelar(
    p_pedido_id uuid, p_nota text, p_version bigint, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_estado text;
BEGIN
    SELECT estado INTO STRICT v_estado FROM public.pedidos WHERE id = p_pedido_id FOR NO KEY UPDATE;
    IF v_estado <> 'PENDIENTE' THEN
        PERFORM fn.fallo(409, 'transicion_invalida', jsonb_build_object('desde', v_estado, 'hasta', 'CANCELADO'));
    END IF;
    RETURN fn.pedido_cambiar_estado(p_pedido_id, 'CANCELADO', p_nota, p_version, p_actor_id, p_ahora);
END $$;

-- What the last order of a cart held, while a device may not have heard of it: for two minutes, for the session that
-- ordered (p_sesion_id) for five seconds.
CREATE FUNCTION fn.pedido_recien_hecho(p_carrito_id uuid, p_sesion_id uuid, p_ahora timestamptz)
RETURNS TABLE (producto_id uuid, cantidad numeric) LANGUAGE sql STABLE AS $$
    SELECT l.producto_id, l.cantidad
      FROM (SELECT id, sesion_id, creado_en FROM public.pedidos
             WHERE carrito_id = p_carrito_id ORDER BY carrito_version DESC LIMIT 1) p
      JOIN public.pedido_lineas l ON l.pedido_id = p.id
     WHERE p.creado_en >= p_ahora - CASE WHEN p.sesion_id = p_sesion_id THEN interval '5 seconds'
                                         ELSE interval '2 minutes' END
$$;

-- --- everything of one person ----------------------------------------------------------------------------------

CREATE FUNCTION fn.pedidos_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
               'lineas', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.posicion)
                            FROM public.pedido_lineas l WHERE l.pedido_id = p.id),
               'historial', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.orden)
                               FROM public.pedido_estados e WHERE e.pedido_id = p.id)) ORDER BY p.numero), '[]')
      FROM public.pedidos p WHERE p.cliente_id = ANY (p_clientes)
$$;

-- What was bought, when and for how much stays; where it went and what was noted goes.
CREATE FUNCTION fn.pedidos_olvidar(p_clientes uuid[], p_ahora timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE public.pedido_lineas l SET motivo_descuento = NULL FROM public.pedidos p
     WHERE p.id = l.pedido_id AND p.cliente_id = ANY (p_clientes) AND l.motivo_descuento IS NOT NULL;
    UPDATE public.pedido_estados e SET motivo = NULL FROM public.pedidos p
     WHERE p.id = e.pedido_id AND p.cliente_id = ANY (p_clientes) AND e.motivo IS NOT NULL;
    UPDATE public.pedidos
       SET observaciones_entrega = NULL, latitud = NULL, longitud = NULL, sucursal_id = NULL, sesion_id = NULL,
           actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes);
$$;

CREATE FUNCTION fn.pedidos_mover(p_de uuid, p_a uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE public.pedidos SET cliente_id = p_a WHERE cliente_id = p_de
$$;
