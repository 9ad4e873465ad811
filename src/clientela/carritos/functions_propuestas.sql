-- Proposals: a seller's cart as it was shown to its client, who takes it over into his own or declines it.
-- Lock order: the client's row, the seller's cart, the proposal, the customer's cart, audit, events last.

-- A proposal in the neutral form.
CREATE FUNCTION fn.propuesta_neutra(p_propuesta public.propuestas) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN json_build_object(
        'id', p_propuesta.id,
        'carrito_id', p_propuesta.carrito_id,
        'cliente_id', p_propuesta.cliente_id,
        'vendedor_id', p_propuesta.vendedor_id,
        'estado', p_propuesta.estado,
        'version', p_propuesta.version,
        'creado_en', p_propuesta.creado_en,
        'respondida_en', p_propuesta.respondida_en,
        'lineas', coalesce((
            SELECT json_agg(json_build_object(
                       'producto_id', l.producto_id,
                       'nombre', l.nombre,
                       'cantidad', trim_scale(l.cantidad),
                       'precio_unitario', l.precio_unitario,
                       'campania_aplicada_id', l.campania_aplicada_id,
                       'motivo_descuento', l.motivo_descuento
                   ) ORDER BY l.posicion)
              FROM public.propuesta_lineas l WHERE l.propuesta_id = p_propuesta.id), '[]'));
END $$;

-- Tell both: the customer's devices and the seller's.
CREATE FUNCTION fn.propuesta_avisar(p_propuesta public.propuestas, p_actor_id uuid, p_ahora timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM fn.evento_emitir(
        ARRAY['usuario:' || (SELECT usuario_principal_id FROM public.clientes WHERE id = p_propuesta.cliente_id),
              'usuario:' || p_propuesta.vendedor_id],
        'proposal.updated', jsonb_build_object('id', p_propuesta.id, 'version', p_propuesta.version),
        p_propuesta.cliente_id, p_actor_id, p_ahora);
END $$;

-- Propose what a seller's cart holds (as p_id); an administrator may propose anybody's. The cart stays as it is. One
-- that was proposed before, changed since and not answered yet is replaced by this one.
--   fallo 400: carrito_vacio; 404: carrito_no_encontrado (or not his, or kept for nobody);
--   409: propuesta_abierta (propuesta_id): the same content waits for its answer
CREATE FUNCTION fn.carrito_proponer(
    p_carrito_id uuid, p_actor_id uuid, p_admin boolean, p_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_cliente_id uuid;
    v_carrito public.carritos;
    v_anterior public.propuestas;
    v_propuesta public.propuestas;
BEGIN
    SELECT c.cliente_id INTO v_cliente_id
      FROM public.carritos c JOIN public.clientes k ON k.id = c.cliente_id
     WHERE c.id = p_carrito_id AND c.vendedor_id IS NOT NULL AND c.deleted_at IS NULL
       AND (p_admin OR c.vendedor_id = p_actor_id AND coalesce(k.vendedor_asignado_id, p_actor_id) = p_actor_id);
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'carrito_no_encontrado');
    END IF;
    PERFORM fn.cliente_principal(v_cliente_id);
    SELECT * INTO v_carrito FROM public.carritos
     WHERE id = p_carrito_id AND cliente_id = v_cliente_id AND deleted_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'carrito_no_encontrado');
    ELSIF NOT EXISTS (SELECT FROM public.carrito_lineas WHERE carrito_id = p_carrito_id) THEN
        PERFORM fn.fallo(400, 'carrito_vacio', '{"ultimo_pedido_id": null}');
    END IF;
    SELECT * INTO v_anterior FROM public.propuestas
     WHERE carrito_id = p_carrito_id AND estado = 'PENDIENTE' FOR UPDATE;
    IF v_anterior.carrito_version = v_carrito.version THEN
        PERFORM fn.fallo(409, 'propuesta_abierta', jsonb_build_object('propuesta_id', v_anterior.id));
    END IF;
    UPDATE public.propuestas SET estado = 'REEMPLAZADA', version = version + 1 WHERE id = v_anterior.id
    RETURNING * INTO v_anterior;
    INSERT INTO public.propuestas (id, carrito_id, carrito_version, cliente_id, vendedor_id, creado_en)
    VALUES (p_id, v_carrito.id, v_carrito.version, v_carrito.cliente_id, v_carrito.vendedor_id, p_ahora)
    RETURNING * INTO v_propuesta;
    INSERT INTO public.propuesta_lineas (propuesta_id, posicion, producto_id, nombre, cantidad, precio_unitario,
                                         campania_aplicada_id, motivo_descuento)
    SELECT p_id, l.posicion, l.producto_id, l.item ->> 'nombre', l.cantidad, l.precio_unitario,
           l.campania_aplicada_id, l.motivo_descuento
      FROM public.carrito_lineas l WHERE l.carrito_id = p_carrito_id;
    IF v_anterior.id IS NOT NULL THEN
        PERFORM fn.propuesta_avisar(v_anterior, p_actor_id, p_ahora);
    END IF;
    PERFORM fn.propuesta_avisar(v_propuesta, p_actor_id, p_ahora);
    RETURN fn.propuesta_neutra(v_propuesta);
END $$;

-- Give a customer's answer to a proposal of his. Of several answers at once the first that takes the row wins: the
-- others wait for it and then find it answered.
--   fallo 404: propuesta_no_encontrada (or of another client); 409: propuesta_respondida (estado)
CREATE FUNCTION fn.propuesta_responder(p_id uuid, p_cliente_id uuid, p_estado text, p_ahora timestamptz)
RETURNS public.propuestas LANGUAGE plpgsql AS $$
DECLARE
    v_propuesta public.propuestas;
BEGIN
    UPDATE public.propuestas SET estado = p_estado, version = version + 1, respondida_en = p_ahora
     WHERE id = p_id AND cliente_id = p_cliente_id AND estado = 'PENDIENTE'
    RETURNING * INTO v_propuesta;
    IF NOT FOUND THEN
        SELECT * INTO v_propuesta FROM public.propuestas WHERE id = p_id AND cliente_id = p_cliente_id;
        IF NOT FOUND THEN
            PERFORM fn.fallo(404, 'propuesta_no_encontrada');
        END IF;
        PERFORM fn.fallo(409, 'propuesta_respondida', jsonb_build_object('estado', v_propuesta.estado));
    END IF;
    RETURN v_propuesta;
END $$;

-- Add the lines of a proposal to the customer's own cart as fn.carrito_agregar does. The seller's cart stays as it is.
-- Errors as fn.propuesta_responder.
CREATE FUNCTION fn.propuesta_aceptar(
    p_id uuid, p_cliente_id uuid, p_carrito_nuevo uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid;
    v_propuesta public.propuestas;
    v_carrito public.carritos;
    v_agregado record;
BEGIN
    v_usuario_id := fn.cliente_principal(p_cliente_id);
    v_propuesta := fn.propuesta_responder(p_id, p_cliente_id, 'ACEPTADA', p_ahora);
    v_carrito := fn.carrito_bloquear(v_usuario_id, p_cliente_id, NULL, p_carrito_nuevo, p_ahora);
    v_agregado := fn.carrito_agregar(
        v_carrito, (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.posicion) FROM public.propuesta_lineas l
                     WHERE l.propuesta_id = p_id), p_actor_id, p_ahora);
    -- Both streams first: the customer's, on which his cart is told of, is one of them.
    PERFORM fn.propuesta_avisar(v_propuesta, p_actor_id, p_ahora);
    IF v_agregado.p_puestas > 0 THEN
        UPDATE public.carritos SET version = version + 1, escrito = true, actualizado_en = p_ahora
         WHERE id = v_carrito.id
        RETURNING * INTO v_carrito;
        PERFORM fn.carrito_avisar(v_carrito, p_actor_id);
    END IF;
    RETURN json_build_object(
        'propuesta', fn.propuesta_neutra(v_propuesta), 'omitidos', v_agregado.p_omitidos,
        'carrito_id', v_carrito.id, 'carrito_version', v_carrito.version);
END $$;

-- Decline a proposal. Errors as fn.propuesta_responder.
CREATE FUNCTION fn.propuesta_rechazar(p_id uuid, p_cliente_id uuid, p_actor_id uuid, p_ahora timestamptz)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_propuesta public.propuestas;
BEGIN
    PERFORM fn.cliente_principal(p_cliente_id);
    v_propuesta := fn.propuesta_responder(p_id, p_cliente_id, 'RECHAZADA', p_ahora);
    PERFORM fn.propuesta_avisar(v_propuesta, p_actor_id, p_ahora);
    RETURN fn.propuesta_neutra(v_propuesta);
END $$;

-- Everything that proposals keep of some clients.
CREATE FUNCTION fn.propuestas_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('lineas', (
            SELECT coalesce(jsonb_agg(to_jsonb(l) - 'propuesta_id' ORDER BY l.posicion), '[]')
              FROM public.propuesta_lineas l WHERE l.propuesta_id = p.id)) ORDER BY p.id), '[]')
      FROM public.propuestas p WHERE p.cliente_id = ANY (p_clientes)
$$;
