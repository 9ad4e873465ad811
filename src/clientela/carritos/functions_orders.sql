-- The carts as the orders contract writes them: line by line, the own one and the one that a seller keeps.

-- The cart of a key for whoever may have it (orders contract). p_vendedor_id set: the seller's own cart for
-- p_cliente_id, whose principal is looked up; else p_usuario_id's own cart.
CREATE FUNCTION fn.carrito_abrir(
    p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_id uuid, p_ahora timestamptz
) RETURNS public.carritos LANGUAGE plpgsql AS $$
BEGIN
    IF p_vendedor_id IS NOT NULL THEN
        p_usuario_id := fn.cliente_principal_para(p_cliente_id, p_vendedor_id, p_admin);
    END IF;
    IF p_cliente_id IS NOT NULL THEN
        -- Held against merging and forgetting: what is written now must not belong to nobody.
        PERFORM fn.cliente_principal(p_cliente_id);
    END IF;
    RETURN fn.carrito_bloquear(p_usuario_id, p_cliente_id, p_vendedor_id, p_id, p_ahora);
END $$;

-- The cart of a key, made if there is none; nothing is locked for one that is there. Header and lines are looked at
-- by one statement: between two, a writer would slip in, and the lines would be those of another version.
CREATE FUNCTION fn.carrito_leer(
    p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_neutro json;
BEGIN
    IF p_vendedor_id IS NOT NULL THEN
        p_usuario_id := fn.cliente_principal_para(p_cliente_id, p_vendedor_id, p_admin);
    END IF;
    SELECT fn.carrito_neutro(c, p_ahora) INTO v_neutro
      FROM fn.carrito_buscar(p_usuario_id, p_cliente_id, p_vendedor_id) AS c WHERE c.id IS NOT NULL;
    IF NOT FOUND THEN
        v_neutro := fn.carrito_neutro(
            fn.carrito_abrir(p_usuario_id, p_cliente_id, p_vendedor_id, p_admin, p_id, p_ahora), p_ahora);
    END IF;
    RETURN v_neutro;
END $$;

-- Refuse a stale version with 412 and the current cart; NULL asks for none.
CREATE FUNCTION fn.carrito_exigir_version(p_carrito public.carritos, p_version bigint, p_ahora timestamptz)
RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_carrito.version <> p_version THEN
        PERFORM fn.fallo(412, 'carrito_desactualizado', jsonb_build_object('carrito', fn.carrito_neutro(p_carrito, p_ahora)));
    END IF;
END $$;

-- One version on, and tell the devices; returns the neutral form.
CREATE FUNCTION fn.carrito_cerrar(p_carrito public.carritos, p_actor_id uuid, p_ahora timestamptz) RETURNS json
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.carritos SET version = version + 1, escrito = true, actualizado_en = p_ahora
     WHERE id = p_carrito.id
    RETURNING * INTO p_carrito;
    PERFORM fn.carrito_avisar(p_carrito, p_actor_id);
    RETURN fn.carrito_neutro(p_carrito, p_ahora);
END $$;

-- What a product costs a client at this moment under a campaign, rounded half up to cents; NULL where the campaign is
-- unknown, not running, or not for this product or this client.
CREATE FUNCTION fn.precio_en_campania(
    p_campania_id bigint, p_producto public.productos, p_cliente_id uuid, p_ahora timestamptz
) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT round(p_producto.precio * (100 - c.porcentaje) / 100, 2)
      FROM public.campanias c
     WHERE c.id = p_campania_id AND c.activo AND p_ahora >= c.desde AND p_ahora < c.hasta
       AND (NOT EXISTS (SELECT 1 FROM public.campania_productos WHERE campania_id = c.id)
            OR EXISTS (SELECT 1 FROM public.campania_productos
                        WHERE campania_id = c.id AND producto_id = p_producto.id))
       AND (NOT EXISTS (SELECT 1 FROM public.campania_categorias WHERE campania_id = c.id)
            OR EXISTS (SELECT 1 FROM public.campania_categorias k
                         JOIN public.categoria_cliente USING (categoria_id)
                        WHERE k.campania_id = c.id AND cliente_id = p_cliente_id))
$$;

-- Add to the line of a product in a locked cart (p_sumar), or set its quantity. The line takes the catalogue's word
-- of this moment: whoever writes to a line has been shown its price. A campaign that is not given (p_con_campania
-- false) stays as long as it applies; one that is given must.
--   fallo 404: producto_no_encontrado (adding), linea_no_encontrada (setting); 409: producto_retirado;
--   422: campania_no_aplicable, and carrito_invalido with the reason why the quantity may not be
CREATE FUNCTION fn.carrito_escribir_linea(
    p_carrito public.carritos, p_producto_id uuid, p_cantidad numeric, p_sumar boolean,
    p_campania_id bigint, p_con_campania boolean, p_motivo text, p_con_motivo boolean, p_actor_id uuid,
    p_ahora timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_producto public.productos;
    v_antes public.carrito_lineas;
    v_cantidad numeric := p_cantidad;
    v_campania_id bigint := p_campania_id;
    v_precio numeric;
BEGIN
    SELECT * INTO v_antes FROM public.carrito_lineas WHERE carrito_id = p_carrito.id AND producto_id = p_producto_id;
    IF NOT FOUND AND NOT p_sumar THEN
        PERFORM fn.fallo(404, 'linea_no_encontrada');
    END IF;
    SELECT * INTO v_producto FROM public.productos WHERE id = p_producto_id;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'producto_no_encontrado');
    ELSIF NOT v_producto.activo THEN
        PERFORM fn.fallo(409, 'producto_retirado');
    END IF;
    IF p_sumar THEN
        v_cantidad := v_cantidad + coalesce(v_antes.cantidad, 0);
    END IF;
    IF v_cantidad > 999999 THEN
        PERFORM fn.fallo(422, 'carrito_invalido', '{"cantidad_excesiva": [0]}');
    ELSIF v_cantidad % 1 <> 0 AND NOT v_producto.fraccionable THEN
        PERFORM fn.fallo(422, 'carrito_invalido', '{"cantidad_entera": [0]}');
    END IF;
    IF NOT p_con_campania THEN
        v_campania_id := v_antes.campania_aplicada_id;
    END IF;
    v_precio := fn.precio_en_campania(v_campania_id, v_producto, p_carrito.cliente_id, p_ahora);
    IF v_precio IS NULL AND p_campania_id IS NOT NULL THEN
        PERFORM fn.fallo(422, 'campania_no_aplicable');
    END IF;
    INSERT INTO public.carrito_lineas AS l
           (carrito_id, producto_id, cantidad, item, precio_unitario, campania_aplicada_id, motivo_descuento, posicion)
    VALUES (p_carrito.id, p_producto_id, v_cantidad, fn.producto_item(v_producto),
            coalesce(v_precio, v_producto.precio), CASE WHEN v_precio IS NOT NULL THEN v_campania_id END, p_motivo,
            (SELECT coalesce(max(posicion), 0) + 1 FROM public.carrito_lineas WHERE carrito_id = p_carrito.id))
        ON CONFLICT (carrito_id, producto_id) DO UPDATE
       SET cantidad = excluded.cantidad, item = excluded.item, precio_unitario = excluded.precio_unitario,
           campania_aplicada_id = excluded.campania_aplicada_id,
           motivo_descuento = CASE WHEN p_con_motivo THEN p_motivo ELSE l.motivo_descuento END;
    IF p_con_motivo AND p_motivo IS NOT NULL THEN
        PERFORM fn.auditar('pedidos', 'carrito.motivo_descuento', p_actor_id, 'carrito', p_carrito.id::text,
                           jsonb_build_object('producto_id', p_producto_id));
    END IF;
END $$;

-- Add to a line, or set its quantity (see fn.carrito_escribir_linea), in the cart of a key; returns the neutral form.
--   fallo 412: carrito_desactualizado
CREATE FUNCTION fn.carrito_poner_linea(
    p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_producto_id uuid, p_cantidad numeric,
    p_sumar boolean, p_campania_id bigint, p_con_campania boolean, p_motivo text, p_con_motivo boolean,
    p_version bigint, p_id uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_carrito public.carritos;
BEGIN
    v_carrito := fn.carrito_abrir(p_usuario_id, p_cliente_id, p_vendedor_id, p_admin, p_id, p_ahora);
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    PERFORM fn.carrito_escribir_linea(v_carrito, p_producto_id, p_cantidad, p_sumar, p_campania_id, p_con_campania,
                                      p_motivo, p_con_motivo, p_actor_id, p_ahora);
    RETURN fn.carrito_cerrar(v_carrito, p_actor_id, p_ahora);
END $$;

-- Take one product out of the cart of a key, or (p_producto_id NULL) all of them; returns the neutral form. An empty
-- cart that is emptied stays as it is.
--   fallo 404: linea_no_encontrada; 412: carrito_desactualizado
CREATE FUNCTION fn.carrito_quitar(
    p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_producto_id uuid, p_version bigint,
    p_id uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_carrito public.carritos;
BEGIN
    v_carrito := fn.carrito_abrir(p_usuario_id, p_cliente_id, p_vendedor_id, p_admin, p_id, p_ahora);
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    IF p_producto_id IS NULL THEN
        DELETE FROM public.carrito_lineas WHERE carrito_id = v_carrito.id;
    ELSE
        DELETE FROM public.carrito_lineas WHERE carrito_id = v_carrito.id AND producto_id = p_producto_id;
    END IF;
    IF NOT FOUND THEN
        IF p_producto_id IS NOT NULL THEN
            PERFORM fn.fallo(404, 'linea_no_encontrada');
        END IF;
        RETURN fn.carrito_neutro(v_carrito, p_ahora);
    END IF;
    RETURN fn.carrito_cerrar(v_carrito, p_actor_id, p_ahora);
END $$;
