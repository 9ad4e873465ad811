-- Functions of the chat's figures.

-- The figures of the sessions that began within two instants, of one agent or of all; days are those of p_zona. Durations
-- are counted in whole microseconds, so that nothing is lost before it is rounded, half up.
CREATE FUNCTION fn.chat_metricas(
    p_desde timestamptz, p_hasta timestamptz, p_agente_id uuid, p_primero date, p_ultimo date, p_zona text
) RETURNS json LANGUAGE sql STABLE AS $$
    WITH sesiones AS MATERIALIZED (
        SELECT (creado_en AT TIME ZONE p_zona)::date AS dia, ultimo_seq, estrellas,
               estado = 'closed' AND respuestas > 0 AS resuelta,
               (extract(epoch FROM primera_respuesta_en - primer_mensaje_en) * 1000000)::bigint AS espera
          FROM public.chat_sesiones
         WHERE creado_en >= p_desde AND creado_en < p_hasta AND borrado_en IS NULL
           AND (p_agente_id IS NULL OR agente_id = p_agente_id)
    ), dias AS (
        SELECT d::date AS fecha, (SELECT count(*) FROM sesiones WHERE dia = d::date) AS sesiones
          FROM generate_series(p_primero::timestamp, p_ultimo::timestamp, interval '1 day') d
    )
    SELECT json_build_object(
        'sesiones', count(*),
        'primera_respuesta', json_build_object(
            'media_s', round(avg(espera::numeric) / 1000000, 3),
            -- The middle one, or the mean of the two in the middle.
            'mediana_s', round((percentile_disc(0.5) WITHIN GROUP (ORDER BY espera)
                                + percentile_disc(0.5) WITHIN GROUP (ORDER BY espera DESC))::numeric / 2000000, 3)),
        'sesiones_por_dia', (SELECT coalesce(json_agg(json_build_object('fecha', fecha, 'sesiones', sesiones)
                                                      ORDER BY fecha), '[]') FROM dias),
        'mensajes_por_sesion', coalesce(round(sum(ultimo_seq) / nullif(count(*), 0), 2), 0),
        'tasa_resolucion', coalesce(round(count(*) FILTER (WHERE resuelta)::numeric / nullif(count(*), 0), 4), 0),
        'satisfaccion', json_build_object(
            'promedio', coalesce(round(avg(estrellas), 2), 0), 'total', count(estrellas)))
      FROM sesiones
$$;
