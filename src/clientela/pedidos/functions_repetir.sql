-- Orders as the beginning of new ones.

-- Add what an order held to a cart, at today's prices: a customer's order (p_vendedor_id NULL) to his own cart, for a
-- member of staff to the one that he keeps for the order's client. What cannot be bought so any more (retired, no longer
-- sold in fractions, more than a line may hold) is left out and named in `omitidos`. One statement, as one more line is.
--   fallo 403: prohibido (somebody else's order); 404: pedido_no_encontrado; 412: carrito_desactualizado
CREATE FUNCTION fn.pedido_repetir(
    p_pedido_id uuid, p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_version bigint,
    p_id uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_de uuid;
    v_carrito public.carritos;
    v_linea record;
    v_omitidos jsonb := '[]';
    v_puestas integer := 0;
BEGIN
    SELECT cliente_id INTO v_de FROM public.pedidos WHERE id = p_pedido_id;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'pedido_no_encontrado');
    ELSIF p_vendedor_id IS NULL AND v_de IS DISTINCT FROM p_cliente_id THEN
        PERFORM fn.fallo(403, 'prohibido');
    END IF;
    v_carrito := fn.carrito_abrir(p_usuario_id, v_de, p_vendedor_id, p_admin, p_id, p_ahora);
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    FOR v_linea IN
        SELECT l.producto_id, l.nombre, l.cantidad,
               p.activo AND (p.fraccionable OR l.cantidad % 1 = 0)
                   AND coalesce(c.cantidad, 0) + l.cantidad <= 999999 AS cabe
          FROM public.pedido_lineas l
          JOIN public.productos p ON p.id = l.producto_id
          LEFT JOIN public.carrito_lineas c ON c.carrito_id = v_carrito.id AND c.producto_id = l.producto_id
         WHERE l.pedido_id = p_pedido_id
         ORDER BY l.posicion
    LOOP
        IF v_linea.cabe THEN
            PERFORM fn.carrito_escribir_linea(v_carrito, v_linea.producto_id, v_linea.cantidad, true, NULL, false, NULL,
                                              false, p_actor_id, p_ahora);
            v_puestas := v_puestas + 1;
        ELSE
            v_omitidos := v_omitidos || jsonb_build_object('producto_id', v_linea.producto_id, 'nombre', v_linea.nombre);
        END IF;
    END LOOP;
    RETURN json_build_object('omitidos', v_omitidos, 'carrito', CASE WHEN v_puestas > 0
        THEN fn.carrito_cerrar(v_carrito, p_actor_id, p_ahora) ELSE fn.carrito_neutro(v_carrito, p_ahora) END);
END $$;
