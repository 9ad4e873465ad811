-- Functions of the carts. Lock order everywhere: the cart's header, then whatever hangs on it, events last.

-- The principal user of a client; 404 when there is no such client, or no longer: merged into another, or erased. The
-- row is held against both until the transaction ends, or what is written now would belong to nobody any more.
CREATE FUNCTION fn.cliente_principal(p_cliente_id uuid) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid;
BEGIN
    SELECT usuario_principal_id INTO v_usuario_id FROM public.clientes
     WHERE id = p_cliente_id AND fusionado_en IS NULL AND anonimizado_en IS NULL
       FOR KEY SHARE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'cliente_no_encontrado');
    END IF;
    RETURN v_usuario_id;
END $$;

-- A cart in the neutral form that every contract renders: today's prices and stock beside each snapshot.
-- precio_vigente is what the line would cost now, its campaign included.
CREATE FUNCTION fn.carrito_neutro(p_carrito public.carritos, p_ahora timestamptz) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN json_build_object(
        'id', p_carrito.id,
        'usuario_id', p_carrito.usuario_id,
        'cliente_id', p_carrito.cliente_id,
        'vendedor_id', p_carrito.vendedor_id,
        'version', p_carrito.version,
        'actualizado_en', p_carrito.actualizado_en,
        'lineas', coalesce((
            SELECT json_agg(json_build_object(
                       'producto_id', l.producto_id,
                       'item', l.item,
                       'cantidad', trim_scale(l.cantidad),
                       'precio_unitario', l.precio_unitario,
                       'campania_aplicada_id', l.campania_aplicada_id,
                       'motivo_descuento', l.motivo_descuento,
                       'disponible', p.activo AND (p.existencias IS NULL OR p.existencias >= l.cantidad),
                       'precio_vigente', CASE WHEN l.campania_aplicada_id IS NULL THEN p.precio ELSE coalesce(
                           fn.precio_en_campania(l.campania_aplicada_id, p, p_carrito.cliente_id, p_ahora), p.precio)
                           END
                   ) ORDER BY l.posicion)
              FROM public.carrito_lineas l
              JOIN public.productos p ON p.id = l.producto_id
             WHERE l.carrito_id = p_carrito.id), '[]'));
END $$;

-- The principal user of a client for whom a member of staff keeps a cart: a seller for those assigned to him and to
-- nobody, an administrator for all. 404 when there is no such client, 403 when he is another seller's.
CREATE FUNCTION fn.cliente_principal_para(p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_usuario_id uuid;
    v_asignado_id uuid;
BEGIN
    SELECT usuario_principal_id, vendedor_asignado_id INTO v_usuario_id, v_asignado_id
      FROM public.clientes WHERE id = p_cliente_id AND fusionado_en IS NULL AND anonimizado_en IS NULL;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'cliente_no_encontrado');
    ELSIF NOT p_admin AND v_asignado_id <> p_vendedor_id THEN
        PERFORM fn.fallo(403, 'prohibido');
    END IF;
    RETURN v_usuario_id;
END $$;

-- The live cart of a key, if there is one. p_vendedor_id NULL: the own cart of the user. Written twice, because each
-- branch has its own partial index.
CREATE FUNCTION fn.carrito_buscar(p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid) RETURNS public.carritos
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_carrito public.carritos;
BEGIN
    IF p_vendedor_id IS NULL THEN
        SELECT * INTO v_carrito FROM public.carritos
         WHERE usuario_id = p_usuario_id AND vendedor_id IS NULL AND deleted_at IS NULL;
    ELSE
        SELECT * INTO v_carrito FROM public.carritos
         WHERE usuario_id = p_usuario_id AND vendedor_id = p_vendedor_id AND cliente_id = p_cliente_id
           AND deleted_at IS NULL;
    END IF;
    RETURN v_carrito;
END $$;

-- The live cart of a key, its header locked until the transaction ends; made (as p_id) if there is none.
CREATE FUNCTION fn.carrito_bloquear(
    p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_id uuid, p_ahora timestamptz
) RETURNS public.carritos LANGUAGE plpgsql AS $$
DECLARE
    v_carrito public.carritos;
BEGIN
    LOOP
        IF p_vendedor_id IS NULL THEN
            SELECT * INTO v_carrito FROM public.carritos
             WHERE usuario_id = p_usuario_id AND vendedor_id IS NULL AND deleted_at IS NULL
               FOR UPDATE;
        ELSE
            SELECT * INTO v_carrito FROM public.carritos
             WHERE usuario_id = p_usuario_id AND vendedor_id = p_vendedor_id AND cliente_id = p_cliente_id
               AND deleted_at IS NULL
               FOR UPDATE;
        END IF;
        EXIT WHEN FOUND;
        -- Of several that find none, one makes it; the others wait for its commit and come round again.
        INSERT INTO public.carritos (id, usuario_id, cliente_id, vendedor_id, creado_en, actualizado_en)
        VALUES (p_id, p_usuario_id, p_cliente_id, p_vendedor_id, p_ahora, p_ahora)
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN v_carrito;
END $$;

-- Refuse with 422 lines that may not stand in a cart; the positions (from 0) are those of the three arrays.
-- A product that was there already may stay although it was retired.
CREATE FUNCTION fn.carrito_revisar(
    p_carrito_id uuid, p_productos uuid[], p_cantidades numeric[], p_fracciones boolean[]
) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_desconocidos bigint[];
    v_retirados bigint[];
    v_enteros bigint[];
    v_excedidos bigint[];
BEGIN
    SELECT array_agg(e.n - 1) FILTER (WHERE p.id IS NULL),
           array_agg(e.n - 1) FILTER (WHERE NOT p.activo AND l.producto_id IS NULL),
           array_agg(e.n - 1) FILTER (WHERE e.fraccion AND NOT p.fraccionable),
           array_agg(e.n - 1) FILTER (WHERE e.cantidad > 999999)
      INTO v_desconocidos, v_retirados, v_enteros, v_excedidos
      FROM unnest(p_productos, p_cantidades, p_fracciones) WITH ORDINALITY AS e (producto_id, cantidad, fraccion, n)
      LEFT JOIN public.productos p ON p.id = e.producto_id
      LEFT JOIN public.carrito_lineas l ON l.carrito_id = p_carrito_id AND l.producto_id = e.producto_id
     WHERE p.activo IS NOT TRUE OR e.cantidad > 999999 OR e.fraccion;
    IF v_desconocidos IS NOT NULL OR v_retirados IS NOT NULL OR v_enteros IS NOT NULL OR v_excedidos IS NOT NULL THEN
        PERFORM fn.fallo(422, 'carrito_invalido', jsonb_build_object(
            'producto_desconocido', coalesce(v_desconocidos, '{}'),
            'producto_retirado', coalesce(v_retirados, '{}'),
            'cantidad_entera', coalesce(v_enteros, '{}'),
            'cantidad_excesiva', coalesce(v_excedidos, '{}')));
    END IF;
END $$;

-- Leave out of lines that were sent without a version those that equal what was just ordered (product and quantity):
-- a device that did not hear of the order would bring them back. Within two minutes, for the session that ordered,
-- which knows, within five seconds. p_perdidas names what was left out.
CREATE FUNCTION fn.carrito_sin_lo_pedido(
    p_carrito public.carritos, p_version bigint, p_sesion_id uuid, p_ahora timestamptz,
    INOUT p_productos uuid[], INOUT p_cantidades numeric[], INOUT p_fracciones boolean[], OUT p_perdidas jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_perdidas bigint[];
BEGIN
    p_perdidas := '[]';
    IF p_version IS NOT NULL OR p_carrito.pedido_en IS NULL OR p_carrito.pedido_en < p_ahora - interval '2 minutes' THEN
        RETURN;
    END IF;
    SELECT array_agg(e.n), coalesce(
               jsonb_agg(jsonb_build_object('producto_id', e.producto_id, 'cantidad', trim_scale(e.cantidad))), '[]')
      INTO v_perdidas, p_perdidas
      FROM unnest(p_productos, p_cantidades) WITH ORDINALITY AS e (producto_id, cantidad, n)
      JOIN fn.pedido_recien_hecho(p_carrito.id, p_sesion_id, p_ahora) r USING (producto_id, cantidad);
    IF v_perdidas IS NULL THEN
        RETURN;
    END IF;
    -- The others are judged while their places are still those that were sent.
    PERFORM fn.carrito_revisar(p_carrito.id, p_productos, p_cantidades, p_fracciones);
    SELECT coalesce(array_agg(e.producto_id ORDER BY e.n), '{}'), coalesce(array_agg(e.cantidad ORDER BY e.n), '{}'),
           coalesce(array_agg(e.fraccion ORDER BY e.n), '{}')
      INTO p_productos, p_cantidades, p_fracciones
      FROM unnest(p_productos, p_cantidades, p_fracciones) WITH ORDINALITY AS e (producto_id, cantidad, fraccion, n)
     WHERE e.n <> ALL (v_perdidas);
END $$;

-- Make p_productos the lines of a locked cart, in their order, one line per product. A line that was there keeps
-- its snapshot and its campaign; a new one takes the catalogue's word, never the caller's.
CREATE FUNCTION fn.carrito_escribir(
    INOUT p_carrito public.carritos, p_productos uuid[], p_cantidades numeric[], p_fracciones boolean[],
    p_ahora timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM fn.carrito_revisar(p_carrito.id, p_productos, p_cantidades, p_fracciones);
    DELETE FROM public.carrito_lineas
     WHERE carrito_id = p_carrito.id AND producto_id <> ALL (p_productos);
    INSERT INTO public.carrito_lineas AS l (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
    SELECT p_carrito.id, p.id, e.cantidad, fn.producto_item(p), p.precio, e.n
      FROM unnest(p_productos, p_cantidades) WITH ORDINALITY AS e (producto_id, cantidad, n)
      JOIN public.productos p ON p.id = e.producto_id
        ON CONFLICT (carrito_id, producto_id) DO UPDATE
       SET cantidad = excluded.cantidad, posicion = excluded.posicion
     WHERE (l.cantidad, l.posicion) IS DISTINCT FROM (excluded.cantidad, excluded.posicion);
    UPDATE public.carritos SET version = version + 1, escrito = true, actualizado_en = p_ahora
     WHERE id = p_carrito.id
    RETURNING * INTO p_carrito;
END $$;

-- Tell the devices of whose cart it is that it changed: its customer's, or the seller's who keeps it. Staff at a
-- customer's own cart leaves a trace.
CREATE FUNCTION fn.carrito_avisar(p_carrito public.carritos, p_actor_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_actor_id <> p_carrito.usuario_id AND p_carrito.vendedor_id IS NULL THEN
        PERFORM fn.auditar('panel', 'panel.carrito_cambiado', p_actor_id, 'carrito', p_carrito.id::text,
                           jsonb_build_object('version', p_carrito.version));
    END IF;
    PERFORM fn.evento_emitir(
        ARRAY['usuario:' || coalesce(p_carrito.vendedor_id, p_carrito.usuario_id)], 'cart.updated',
        jsonb_build_object('id', p_carrito.id, 'version', p_carrito.version), p_carrito.cliente_id, p_actor_id,
        p_carrito.actualizado_en);
END $$;

-- Replace the lines of a client's own cart. p_version, where given, must be the current version (0: no cart
-- yet); else 412 with the current cart. Returns the neutral form, and as `perdidas` what fn.carrito_sin_lo_pedido left out. p_id is the identifier of a cart not yet made.
-- Generic plans: seeing arrays of few elements, the planner would otherwise plan every statement at every call.
CREATE FUNCTION fn.carrito_reemplazar(
    p_cliente_id uuid, p_productos uuid[], p_cantidades numeric[], p_fracciones boolean[], p_version bigint,
    p_id uuid, p_actor_id uuid, p_sesion_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_carrito public.carritos;
    v_lineas record;
BEGIN
    v_carrito := fn.carrito_bloquear(fn.cliente_principal(p_cliente_id), p_cliente_id, NULL, p_id, p_ahora);
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    v_lineas := fn.carrito_sin_lo_pedido(
        v_carrito, p_version, p_sesion_id, p_ahora, p_productos, p_cantidades, p_fracciones);
    v_carrito := fn.carrito_escribir(
        v_carrito, v_lineas.p_productos, v_lineas.p_cantidades, v_lineas.p_fracciones, p_ahora);
    PERFORM fn.carrito_avisar(v_carrito, p_actor_id);
    RETURN json_build_object('carrito', fn.carrito_neutro(v_carrito, p_ahora), 'perdidas', v_lineas.p_perdidas);
END $$;

-- Everything that carts keep of some clients; p_propios: only those that they keep themselves.
CREATE FUNCTION fn.carritos_exportar(p_clientes uuid[], p_propios boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object('lineas', (
            SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.posicion), '[]')
              FROM public.carrito_lineas l WHERE l.carrito_id = c.id), 'vaciadas', (
            SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.vaciado_en, l.posicion), '[]')
              FROM public.carrito_lineas_vaciadas l WHERE l.carrito_id = c.id)) ORDER BY c.creado_en), '[]')
      FROM public.carritos c WHERE c.cliente_id = ANY (p_clientes) AND (c.vendedor_id IS NULL OR NOT p_propios)
$$;

-- Carts are no books: those of an erased person go, and what was proposed to him.
CREATE FUNCTION fn.carritos_olvidar(p_clientes uuid[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM public.propuestas WHERE cliente_id = ANY (p_clientes);
    DELETE FROM public.carritos WHERE cliente_id = ANY (p_clientes);
$$;

-- Give one client's carts to another. A cart of which the other has one of the same kind is added to it line by line;
-- a product that both have is summed, as far as a line may go. No line is lost.
CREATE FUNCTION fn.carritos_mover(p_de uuid, p_a uuid, p_ahora timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid := (SELECT usuario_principal_id FROM public.clientes WHERE id = p_a);
    v_carrito public.carritos;
    v_destino uuid;
    v_lineas integer := 0;
BEGIN
    FOR v_carrito IN SELECT * FROM public.carritos WHERE cliente_id = p_de ORDER BY id FOR UPDATE LOOP
        v_destino := NULL;
        IF v_carrito.deleted_at IS NULL THEN
            SELECT id INTO v_destino FROM public.carritos
             WHERE cliente_id = p_a AND deleted_at IS NULL AND vendedor_id IS NOT DISTINCT FROM v_carrito.vendedor_id
               FOR UPDATE;
        END IF;
        IF v_destino IS NULL THEN
            UPDATE public.carritos SET cliente_id = p_a, usuario_id = v_usuario_id WHERE id = v_carrito.id;
        ELSE
            INSERT INTO public.carrito_lineas AS l (carrito_id, producto_id, cantidad, item, precio_unitario,
                                                    campania_aplicada_id, motivo_descuento, posicion)
            SELECT v_destino, o.producto_id, o.cantidad, o.item, o.precio_unitario, o.campania_aplicada_id,
                   o.motivo_descuento, o.posicion + 1000000
              FROM public.carrito_lineas o WHERE o.carrito_id = v_carrito.id
                ON CONFLICT (carrito_id, producto_id) DO UPDATE
               SET cantidad = least(l.cantidad + excluded.cantidad, 999999);
            -- What either of them lost can be asked back from the one that stays.
            INSERT INTO public.carrito_lineas_vaciadas AS l
            SELECT v_destino, o.vaciado_en, o.posicion + 1000000, o.producto_id, o.nombre, o.cantidad,
                   o.campania_aplicada_id, o.motivo_descuento
              FROM public.carrito_lineas_vaciadas o WHERE o.carrito_id = v_carrito.id
                ON CONFLICT (carrito_id, vaciado_en, producto_id) DO UPDATE
               SET cantidad = least(l.cantidad + excluded.cantidad, 999999);
            DELETE FROM public.carrito_lineas_vaciadas WHERE carrito_id = v_carrito.id;
            UPDATE public.carritos SET version = version + 1, escrito = escrito OR v_carrito.escrito,
                   actualizado_en = p_ahora WHERE id = v_destino;
            UPDATE public.carritos SET cliente_id = p_a, usuario_id = v_usuario_id, deleted_at = p_ahora
             WHERE id = v_carrito.id;
        END IF;
        v_lineas := v_lineas + (SELECT count(*) FROM public.carrito_lineas WHERE carrito_id = v_carrito.id);
    END LOOP;
    UPDATE public.propuestas SET cliente_id = p_a WHERE cliente_id = p_de;
    RETURN v_lineas;
END $$;
