-- Carts that nobody touches: emptied, kept for a while, and brought back to who asks.

-- Empty up to p_lote live carts that nobody wrote to since p_hasta, and keep their lines aside; returns how many carts.
-- Whoever is writing to one at this moment is touching it, so a cart that is held is left alone. All are held before
-- anybody is told, and told in the order of the streams' names: nothing is waited for while a stream is held.
CREATE FUNCTION fn.carritos_vaciar(p_hasta timestamptz, p_lote integer, p_ahora timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_ids uuid[];
    v_carrito public.carritos;
BEGIN
    SELECT coalesce(array_agg(s.id), '{}') INTO v_ids FROM (
        SELECT c.id FROM public.carritos c
         WHERE c.deleted_at IS NULL AND c.actualizado_en < p_hasta
           AND EXISTS (SELECT FROM public.carrito_lineas l WHERE l.carrito_id = c.id)
         LIMIT p_lote
           FOR UPDATE OF c SKIP LOCKED) s;
    INSERT INTO public.carrito_lineas_vaciadas (carrito_id, vaciado_en, posicion, producto_id, nombre, cantidad,
                                                campania_aplicada_id, motivo_descuento)
    SELECT l.carrito_id, p_ahora, l.posicion, l.producto_id, coalesce(l.item ->> 'nombre', ''), l.cantidad,
           l.campania_aplicada_id, l.motivo_descuento
      FROM public.carrito_lineas l WHERE l.carrito_id = ANY (v_ids);
    DELETE FROM public.carrito_lineas WHERE carrito_id = ANY (v_ids);
    UPDATE public.carritos SET version = version + 1, actualizado_en = p_ahora WHERE id = ANY (v_ids);
    FOR v_carrito IN
        SELECT * FROM public.carritos WHERE id = ANY (v_ids)
         ORDER BY coalesce(vendedor_id, usuario_id)::text COLLATE "C"
    LOOP
        PERFORM fn.carrito_avisar(v_carrito, NULL);
    END LOOP;
    RETURN cardinality(v_ids);
END $$;

-- Forget up to p_lote of the lines that nobody asked back since p_hasta; returns how many.
CREATE FUNCTION fn.carritos_purgar(p_hasta timestamptz, p_lote integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_lineas integer;
BEGIN
    DELETE FROM public.carrito_lineas_vaciadas
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM public.carrito_lineas_vaciadas WHERE vaciado_en < p_hasta
                              LIMIT p_lote FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_lineas = ROW_COUNT;
    RETURN v_lineas;
END $$;

-- Add what a cart lost since p_desde to what is in it now, as fn.carrito_agregar does, and once: the lines kept aside go
-- in the same statement, under the cart's lock. For whose cart it is, and for administrators.
--   fallo 404: carrito_no_encontrado (or somebody else has it); 409: nada_que_recuperar; 412: carrito_desactualizado
CREATE FUNCTION fn.carrito_recuperar(
    p_carrito_id uuid, p_actor_id uuid, p_admin boolean, p_version bigint, p_desde timestamptz, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_cliente_id uuid;
    v_carrito public.carritos;
    v_lineas jsonb;
    v_agregado record;
BEGIN
    SELECT c.cliente_id INTO v_cliente_id
      FROM public.carritos c LEFT JOIN public.clientes k ON k.id = c.cliente_id
     WHERE c.id = p_carrito_id AND c.deleted_at IS NULL
       AND (p_admin OR coalesce(c.vendedor_id, c.usuario_id) = p_actor_id
                   AND (c.vendedor_id IS NULL OR coalesce(k.vendedor_asignado_id, p_actor_id) = p_actor_id));
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'carrito_no_encontrado');
    ELSIF v_cliente_id IS NOT NULL THEN
        PERFORM fn.cliente_principal(v_cliente_id);
    END IF;
    SELECT * INTO v_carrito FROM public.carritos
     WHERE id = p_carrito_id AND cliente_id IS NOT DISTINCT FROM v_cliente_id AND deleted_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'carrito_no_encontrado');
    END IF;
    PERFORM fn.carrito_exigir_version(v_carrito, p_version, p_ahora);
    WITH quitadas AS (
        DELETE FROM public.carrito_lineas_vaciadas
         WHERE carrito_id = p_carrito_id AND vaciado_en >= p_desde
        RETURNING *
    ), sumadas AS (
        -- Emptied twice, it comes back in the order of the first time, with the campaign and the note of the last.
        SELECT producto_id, sum(cantidad) AS cantidad, min(vaciado_en) AS primera, min(posicion) AS posicion,
               (array_agg(nombre ORDER BY vaciado_en DESC))[1] AS nombre,
               (array_agg(campania_aplicada_id ORDER BY vaciado_en DESC))[1] AS campania_aplicada_id,
               (array_agg(motivo_descuento ORDER BY vaciado_en DESC))[1] AS motivo_descuento
          FROM quitadas GROUP BY producto_id
    )
    SELECT jsonb_agg(to_jsonb(s) ORDER BY s.primera, s.posicion) INTO v_lineas FROM sumadas s;
    IF v_lineas IS NULL THEN
        PERFORM fn.fallo(409, 'nada_que_recuperar');
    END IF;
    v_agregado := fn.carrito_agregar(v_carrito, v_lineas, p_actor_id, p_ahora);
    RETURN json_build_object('omitidos', v_agregado.p_omitidos, 'carrito', CASE WHEN v_agregado.p_puestas > 0
        THEN fn.carrito_cerrar(v_carrito, p_actor_id, p_ahora) ELSE fn.carrito_neutro(v_carrito, p_ahora) END);
END $$;
