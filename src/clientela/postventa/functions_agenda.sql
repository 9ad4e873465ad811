-- A technician's day: what is his and open on that date (or was begun on it), what he finished on it, and what nobody
-- has given a date. p_tecnico_id or p_numero says who; NULL where there is no such technician.
CREATE FUNCTION fn.tecnico_agenda(p_tecnico_id uuid, p_numero bigint, p_fecha date, p_zona text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tecnico public.usuarios;
    v_desde timestamptz := p_fecha::timestamp AT TIME ZONE p_zona;
    v_hasta timestamptz := (p_fecha + 1)::timestamp AT TIME ZONE p_zona;
BEGIN
    SELECT * INTO v_tecnico FROM public.usuarios
     WHERE (id = p_tecnico_id OR numero = p_numero) AND rol = 'tecnico';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object(
        'tecnico', jsonb_build_object('id', v_tecnico.id, 'nombre', v_tecnico.nombre),
        'ordenes', (
            SELECT coalesce(jsonb_agg(fn.orden_neutra(o)::jsonb || jsonb_build_object(
                       'ciudad', (SELECT ciudad FROM public.direcciones
                                   WHERE cliente_id = o.cliente_id AND es_principal AND activa),
                       'notas', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                            'accion', m.accion, 'texto', m.texto, 'creado_en', m.creado_en)
                                            ORDER BY m.posicion), '[]')
                                   FROM public.orden_movimientos m
                                  WHERE m.orden_id = o.id AND m.texto IS NOT NULL)) ORDER BY o.numero), '[]')
              FROM (SELECT * FROM public.ordenes_trabajo
                     WHERE tecnico_id = v_tecnico.id AND estado IN ('ASIGNADA', 'EN_EJECUCION')
                       AND (fecha_programada >= v_desde AND fecha_programada < v_hasta
                            OR iniciada_en >= v_desde AND iniciada_en < v_hasta
                            OR estado = 'ASIGNADA' AND fecha_programada IS NULL)
                    UNION ALL
                    SELECT * FROM public.ordenes_trabajo
                     WHERE tecnico_id = v_tecnico.id AND estado = 'FINALIZADO'
                       AND fecha_ejecucion >= v_desde AND fecha_ejecucion < v_hasta) o));
END $$;
