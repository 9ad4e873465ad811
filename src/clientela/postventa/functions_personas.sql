-- Everything of one person in field service: handed out, forgotten, handed over.

CREATE FUNCTION fn.postventa_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(o) || jsonb_build_object(
               'movimientos', (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.posicion)
                                 FROM public.orden_movimientos m WHERE m.orden_id = o.id),
               'calificacion', (SELECT to_jsonb(c) FROM public.calificaciones c WHERE c.orden_id = o.id),
               'visitas', (SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object('movimientos', (
                                      SELECT jsonb_agg(to_jsonb(m) ORDER BY m.posicion)
                                        FROM public.visita_movimientos m WHERE m.visita_id = v.id))
                                  ORDER BY v.fecha_programada)
                             FROM public.visitas_mantenimiento v WHERE v.orden_id = o.id)) ORDER BY o.numero), '[]')
      FROM public.ordenes_trabajo o WHERE o.cliente_id = ANY (p_clientes)
$$;

-- What was done, when and by whom stays, and the stars; what was written about it goes.
CREATE FUNCTION fn.postventa_olvidar(p_clientes uuid[], p_ahora timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
BEGIN
    -- Nobody is there any more to go to.
    FOR v_orden IN
        UPDATE public.ordenes_trabajo
           SET estado = 'CANCELADA', ultimo_movimiento_en = p_ahora, version = version + 1, actualizado_en = p_ahora
         WHERE cliente_id = ANY (p_clientes) AND estado IN ('PENDIENTE', 'ASIGNADA')
        RETURNING *
    LOOP
        PERFORM fn.orden_anotar(v_orden, 'cancelada', NULL, NULL, p_ahora);
    END LOOP;
    UPDATE public.orden_movimientos m SET texto = NULL FROM public.ordenes_trabajo o
     WHERE o.id = m.orden_id AND o.cliente_id = ANY (p_clientes) AND m.texto IS NOT NULL;
    UPDATE public.calificaciones SET comentario = NULL
     WHERE cliente_id = ANY (p_clientes) AND comentario IS NOT NULL;
    UPDATE public.ordenes_trabajo SET descripcion = NULL, periodicidad_meses = NULL, actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes);
    UPDATE public.visitas_mantenimiento SET estado = 'REEMPLAZADA', version = version + 1, actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes) AND estado = 'PENDIENTE';
    UPDATE public.visita_movimientos m SET motivo = NULL FROM public.visitas_mantenimiento v
     WHERE v.id = m.visita_id AND v.cliente_id = ANY (p_clientes) AND m.motivo IS NOT NULL;
END $$;

CREATE FUNCTION fn.postventa_mover(p_de uuid, p_a uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE public.ordenes_trabajo SET cliente_id = p_a WHERE cliente_id = p_de;
    UPDATE public.calificaciones SET cliente_id = p_a WHERE cliente_id = p_de;
    UPDATE public.visitas_mantenimiento SET cliente_id = p_a WHERE cliente_id = p_de;
$$;
