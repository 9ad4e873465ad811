-- Functions of the flows: reading that joins several domains in one round trip.

-- What the rows that an event speaks of say now; NULL where nothing more is to be told, or the row is gone.
CREATE FUNCTION fn.evento_hechos(p_tipo text, p_id uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT CASE split_part(p_tipo, '.', 1)
        WHEN 'cart' THEN
            (SELECT json_build_object('lineas', count(*)) FROM public.carrito_lineas WHERE carrito_id = p_id)
        WHEN 'order' THEN
            (SELECT json_build_object('numero', numero, 'monto', total::text, 'estado_pedido', estado)
               FROM public.pedidos WHERE id = p_id)
        WHEN 'proposal' THEN
            (SELECT json_build_object('estado_propuesta', estado, 'monto', (
                        SELECT sum(round(l.cantidad * l.precio_unitario, 2))::text
                          FROM public.propuesta_lineas l WHERE l.propuesta_id = propuestas.id))
               FROM public.propuestas WHERE id = p_id)
        WHEN 'payment' THEN
            (SELECT json_build_object('numero', numero, 'monto', monto::text, 'medio', medio)
               FROM public.pagos WHERE id = p_id)
        WHEN 'receivable' THEN
            (SELECT json_build_object('numero', numero, 'monto', monto::text, 'concepto', concepto)
               FROM public.cuentas_por_cobrar WHERE id = p_id)
        WHEN 'invoice' THEN
            (SELECT json_build_object('numero', numero, 'monto', total::text) FROM public.facturas WHERE id = p_id)
        WHEN 'work_order' THEN
            (SELECT json_build_object('numero', o.numero, 'servicio', s.nombre, 'estado_orden', o.estado)
               FROM public.ordenes_trabajo o JOIN public.servicios s ON s.id = o.servicio_id WHERE o.id = p_id)
        WHEN 'session' THEN
            (SELECT json_build_object('numero', numero, 'estado_chat', estado) FROM public.chat_sesiones WHERE id = p_id)
        WHEN 'maintenance' THEN
            (SELECT json_build_object('servicio', s.nombre, 'estado_visita', v.estado)
               FROM public.visitas_mantenimiento v JOIN public.ordenes_trabajo o ON o.id = v.orden_id
               JOIN public.servicios s ON s.id = o.servicio_id WHERE v.id = p_id)
        WHEN 'ticket' THEN
            (SELECT json_build_object('clase', tipo, 'folio', folio, 'asunto', asunto)
               FROM public.tickets WHERE id = p_id)
        END
$$;

-- A client, by identifier or number (of a merged record: the survivor), and his newest events, or those before one; NULL where there is no such client.
-- p_lector, where given, hears of no carts but his own; by a CASE, whose yield the planner does not guess too low.
CREATE FUNCTION fn.linea_de_tiempo(p_id uuid, p_numero bigint, p_antes bigint, p_limite integer, p_lector uuid)
RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
               'cliente_id', k.id,
               'vendedor_asignado_id', k.vendedor_asignado_id,
               'moneda', (SELECT moneda FROM public.organizacion),
               'eventos', coalesce((
                   SELECT json_agg(json_build_object(
                              'id', e.id, 'fecha', e.creado_en, 'tipo', e.tipo, 'datos', e.datos,
                              'hechos', fn.evento_hechos(e.tipo, (e.datos ->> 'id')::uuid)) ORDER BY e.id DESC)
                     FROM (SELECT id, creado_en, tipo, datos FROM public.eventos
                            WHERE cliente_id = k.id AND principal AND id < coalesce(p_antes, 9223372036854775807)
                              AND CASE WHEN p_lector IS NOT NULL AND tipo = 'cart.updated'
                                       THEN flujo = 'usuario:' || p_lector ELSE true END
                            ORDER BY id DESC LIMIT p_limite) e), '[]'))
      FROM public.clientes pedido JOIN public.clientes k ON k.id = coalesce(pedido.fusionado_con_id, pedido.id)
     WHERE pedido.id = p_id OR pedido.numero = p_numero
$$;
