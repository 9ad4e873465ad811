-- Orders as the beginning of new ones.

-- Add what an order held to a cart as fn.carrito_agregar does, without the campaigns and notes of then: a customer's order
-- (p_vendedor_id NULL) to his own cart, for a member of staff to the one that he keeps for the order's client.
--   fallo 403: prohibido (somebody else's order); 404: pedido_no_encontrado; 412: carrito_desactualizado
CREATE FUNCTION fn.pedido_repetir(
    p_pedido_id uuid, p_usuario_id uuid, p_cliente_id uuid, p_vendedor_id uuid, p_admin boolean, p_version bigint,
    p_id uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_de uuid;
    v_carrito public.carritos;
    v_agregado record;
BEGIN
    SELECT cliente_id INTO v_de FROM public.pedidos WHERE id = p_pedido_id;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'pedido_no_encontrado');
    ELSIF p_vendedor_id IS NULL AND v_de IS DISTINCT FROM p_cliente_id THEN
        PERFORM fn.fallo(403, 'prohibido');
    END IF;
    v_carrito := fn.carrito_abrir(p_usuario_id, v_de, p_vendedor_id, p_admin, p_id, p_ahora);
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    v_agregado := fn.carrito_agregar(
        v_carrito,
        (SELECT jsonb_agg(jsonb_build_object('producto_id', l.producto_id, 'nombre', l.nombre, 'cantidad', l.cantidad)
                          ORDER BY l.posicion)
           FROM public.pedido_lineas l WHERE l.pedido_id = p_pedido_id), p_actor_id, p_ahora);
    RETURN json_build_object('omitidos', v_agregado.p_omitidos, 'carrito', CASE WHEN v_agregado.p_puestas > 0
        THEN fn.carrito_cerrar(v_carrito, p_actor_id, p_ahora) ELSE fn.carrito_neutro(v_carrito, p_ahora) END);
END $$;
