-- Functions of the maintenance; the lock order of field service holds here too.

-- Set how often an order's maintenance is due; visits that were not made yet give way to those of the new plan, which
-- the caller writes. The period that it has already changes nothing: what was confirmed or put off stays so.
CREATE FUNCTION fn.mantenimiento_configurar(
    p_id uuid, p_meses integer, p_de text[], p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo := fn.orden_retener(p_id, p_de, NULL);
BEGIN
    IF v_orden.periodicidad_meses = p_meses THEN
        RETURN fn.orden_neutra(v_orden);
    END IF;
    UPDATE public.visitas_mantenimiento SET estado = 'REEMPLAZADA', version = version + 1, actualizado_en = p_ahora
     WHERE orden_id = p_id AND estado = 'PENDIENTE';
    UPDATE public.ordenes_trabajo
       SET periodicidad_meses = p_meses, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_orden;
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
    RETURN fn.orden_neutra(v_orden);
END $$;

-- Of each order of a client, the oldest visit that was not made, if it is due until p_hasta; the earliest first. NULL
-- where there is no such client.
CREATE FUNCTION fn.mantenimientos_de_cliente(p_cliente_id uuid, p_hasta timestamptz) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
            SELECT json_agg(json_build_object(
                       'id', v.id,
                       'orden_id', v.orden_id,
                       'cliente', json_build_object('id', k.id, 'nombre', k.nombre),
                       'tecnico', (SELECT json_build_object('id', id, 'nombre', nombre)
                                     FROM public.usuarios WHERE id = o.tecnico_id),
                       'servicio', (SELECT json_build_object('id', id, 'numero', numero, 'nombre', nombre)
                                      FROM public.servicios WHERE id = o.servicio_id),
                       'fecha_programada', v.fecha_programada,
                       'periodicidad_meses', v.periodicidad_meses) ORDER BY v.fecha_programada, o.numero)
              FROM (SELECT DISTINCT ON (orden_id) * FROM public.visitas_mantenimiento
                     WHERE cliente_id = k.id AND estado = 'PENDIENTE' AND fecha_programada <= p_hasta
                     ORDER BY orden_id, fecha_programada) v
              JOIN public.ordenes_trabajo o ON o.id = v.orden_id), '[]')
      FROM public.clientes k
     WHERE k.id = p_cliente_id AND k.anonimizado_en IS NULL AND k.fusionado_con_id IS NULL
$$;

-- A visit in the neutral form that the office's list and its own page show; `orden_generada_id` is the work order that
-- makes it.
CREATE FUNCTION fn.visita_neutra(p_visita public.visitas_mantenimiento) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_visita.id,
        'orden_id', o.id,
        'orden_numero', o.numero,
        'cliente', (SELECT json_build_object('id', id, 'nombre', nombre)
                      FROM public.clientes WHERE id = p_visita.cliente_id),
        'tecnico', (SELECT json_build_object('id', id, 'nombre', nombre)
                      FROM public.usuarios WHERE id = o.tecnico_id),
        'servicio_id', o.servicio_id,
        'servicio', (SELECT json_build_object('id', id, 'numero', numero, 'nombre', nombre)
                       FROM public.servicios WHERE id = o.servicio_id),
        'estado', p_visita.estado,
        'periodicidad_meses', p_visita.periodicidad_meses,
        'ciclo', p_visita.ciclo,
        'fecha_programada', p_visita.fecha_programada,
        'fecha_original', p_visita.fecha_original,
        'confirmada_en', p_visita.confirmada_en,
        'hecha_en', p_visita.hecha_en,
        'orden_generada_id', (SELECT id FROM public.ordenes_trabajo
                               WHERE visita_id = p_visita.id AND estado <> 'CANCELADA'),
        'version', p_visita.version,
        'creado_en', p_visita.creado_en)
      FROM public.ordenes_trabajo o WHERE o.id = p_visita.orden_id
$$;

-- A visit that is still to be made, locked. p_esperada: the date that the caller knows, where he must know it.
--   fallo 404: visita_no_encontrada; 409: visita_cerrada (estado), enlace_reemplazado; 412: desactualizado (version)
CREATE FUNCTION fn.visita_retener(p_id uuid, p_version bigint DEFAULT NULL, p_esperada timestamptz DEFAULT NULL)
RETURNS public.visitas_mantenimiento LANGUAGE plpgsql AS $$
DECLARE
    v_visita public.visitas_mantenimiento;
BEGIN
    SELECT * INTO v_visita FROM public.visitas_mantenimiento WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'visita_no_encontrada');
    ELSIF v_visita.version <> p_version THEN
        PERFORM fn.fallo(412, 'desactualizado', jsonb_build_object('version', v_visita.version));
    ELSIF v_visita.estado <> 'PENDIENTE' THEN
        PERFORM fn.fallo(409, 'visita_cerrada', jsonb_build_object('estado', v_visita.estado));
    ELSIF v_visita.fecha_programada <> p_esperada THEN
        PERFORM fn.fallo(409, 'enlace_reemplazado');
    END IF;
    RETURN v_visita;
END $$;

-- Refuse a visit that a work order makes; where there is one, the order is what moves and ends. p_nombrar: say which.
--   fallo 409: visita_con_orden (ordenId)
CREATE FUNCTION fn.visita_sin_orden(p_id uuid, p_nombrar boolean DEFAULT true) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_orden_id uuid;
BEGIN
    SELECT id INTO v_orden_id FROM public.ordenes_trabajo WHERE visita_id = p_id AND estado <> 'CANCELADA';
    IF FOUND THEN
        PERFORM fn.fallo(
            409, 'visita_con_orden', CASE WHEN p_nombrar THEN jsonb_build_object('ordenId', v_orden_id) ELSE '{}' END);
    END IF;
END $$;

-- Write down what happened to a visit, and tell those whom it concerns. p_actor_id NULL: its client, by his link.
CREATE FUNCTION fn.visita_anotar(
    p_visita public.visitas_mantenimiento, p_accion text, p_de timestamptz, p_motivo text, p_actor_id uuid,
    p_ahora timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.visita_movimientos (visita_id, posicion, accion, de, a, motivo, actor_id, creado_en)
    SELECT p_visita.id, coalesce(max(posicion), 0) + 1, p_accion, p_de, p_visita.fecha_programada, p_motivo,
           p_actor_id, p_ahora
      FROM public.visita_movimientos WHERE visita_id = p_visita.id;
    PERFORM fn.evento_emitir(
        array_remove(ARRAY[
            'usuario:' || (SELECT usuario_principal_id FROM public.clientes WHERE id = p_visita.cliente_id),
            'rol:admin', 'rol:soporte',
            'usuario:' || (SELECT tecnico_id FROM public.ordenes_trabajo WHERE id = p_visita.orden_id)], NULL),
        'maintenance.updated', jsonb_build_object('id', p_visita.id, 'version', p_visita.version),
        p_visita.cliente_id, p_actor_id, p_ahora);
END $$;

-- Take a visit along with the work order that makes it: to its date, done with its end, free again when it is
-- cancelled. Nothing for an order of no visit, or of one that a new plan replaced. The order is locked.
CREATE FUNCTION fn.visita_seguir(p_orden public.ordenes_trabajo, p_accion text, p_actor_id uuid, p_ahora timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_antes timestamptz;
    v_visita public.visitas_mantenimiento;
BEGIN
    SELECT fecha_programada INTO v_antes FROM public.visitas_mantenimiento
     WHERE id = p_orden.visita_id AND estado = 'PENDIENTE' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE public.visitas_mantenimiento
       SET estado = CASE p_accion WHEN 'hecha' THEN 'HECHA' ELSE estado END,
           hecha_en = CASE p_accion WHEN 'hecha' THEN p_ahora END,
           fecha_programada = p_orden.fecha_programada,
           confirmada_en = CASE WHEN fecha_programada = p_orden.fecha_programada THEN confirmada_en END,
           version = version + 1, actualizado_en = p_ahora
     WHERE id = p_orden.visita_id
    RETURNING * INTO v_visita;
    PERFORM fn.visita_anotar(v_visita, p_accion, v_antes, NULL, p_actor_id, p_ahora);
END $$;

-- Move a visit to another date: the office puts it off (`pospuesta`), or its client chose it (`movida`), who has
-- confirmed it by that. The plan's own date stays, and with it every visit after this one.
--   errors of fn.visita_retener and fn.visita_sin_orden
CREATE FUNCTION fn.visita_mover(
    p_id uuid, p_accion text, p_fecha timestamptz, p_motivo text, p_version bigint, p_esperada timestamptz,
    p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_visita public.visitas_mantenimiento := fn.visita_retener(p_id, p_version, p_esperada);
    v_antes timestamptz := v_visita.fecha_programada;
BEGIN
    PERFORM fn.visita_sin_orden(p_id, p_accion = 'pospuesta');
    UPDATE public.visitas_mantenimiento
       SET fecha_programada = p_fecha, confirmada_en = CASE p_accion WHEN 'movida' THEN p_ahora END,
           version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_visita;
    PERFORM fn.visita_anotar(v_visita, p_accion, v_antes, p_motivo, p_actor_id, p_ahora);
    RETURN fn.visita_neutra(v_visita);
END $$;

-- A visit was made without a work order. p_tecnico_id, where given, is whose it must be.
--   fallo 404: visita_no_encontrada; errors of fn.visita_retener and fn.visita_sin_orden too
CREATE FUNCTION fn.visita_hacer(
    p_id uuid, p_motivo text, p_tecnico_id uuid, p_version bigint, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_visita public.visitas_mantenimiento := fn.visita_retener(p_id, p_version);
BEGIN
    IF p_tecnico_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM public.ordenes_trabajo WHERE id = v_visita.orden_id AND tecnico_id = p_tecnico_id) THEN
        PERFORM fn.fallo(404, 'visita_no_encontrada');
    END IF;
    PERFORM fn.visita_sin_orden(p_id);
    UPDATE public.visitas_mantenimiento
       SET estado = 'HECHA', hecha_en = p_ahora, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_visita;
    PERFORM fn.visita_anotar(v_visita, 'hecha', v_visita.fecha_programada, p_motivo, p_actor_id, p_ahora);
    RETURN fn.visita_neutra(v_visita);
END $$;

-- --- the client's answer, by the link in his mail ---------------------------------------------------------------

-- What a link shows of a visit, and what is decided from it. `fecha_base` is the date that the plan or the office gave.
CREATE FUNCTION fn.visita_para_enlace(p_id uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'servicio', s.nombre,
        'estado', v.estado,
        'fecha_programada', v.fecha_programada,
        'fecha_base', coalesce((SELECT m.a FROM public.visita_movimientos m
                                 WHERE m.visita_id = v.id AND m.accion IN ('pospuesta', 'agendada')
                                 ORDER BY m.posicion DESC LIMIT 1), v.fecha_original),
        'confirmada', v.confirmada_en IS NOT NULL,
        'con_orden', EXISTS (SELECT 1 FROM public.ordenes_trabajo
                              WHERE visita_id = v.id AND estado <> 'CANCELADA'))
      FROM public.visitas_mantenimiento v
      JOIN public.clientes k ON k.id = v.cliente_id AND k.activo
      JOIN public.ordenes_trabajo o ON o.id = v.orden_id
      JOIN public.servicios s ON s.id = o.servicio_id
     WHERE v.id = p_id
$$;

-- The client confirms a visit; to do it again is fine. Errors of fn.visita_retener.
CREATE FUNCTION fn.visita_confirmar(p_id uuid, p_esperada timestamptz, p_ahora timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_visita public.visitas_mantenimiento := fn.visita_retener(p_id, NULL, p_esperada);
BEGIN
    IF v_visita.confirmada_en IS NOT NULL THEN
        RETURN false;
    END IF;
    UPDATE public.visitas_mantenimiento
       SET confirmada_en = p_ahora, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_visita;
    PERFORM fn.visita_anotar(v_visita, 'confirmada', v_visita.fecha_programada, NULL, NULL, p_ahora);
    RETURN true;
END $$;

-- Take visits until p_hasta of whose date their clients were not reminded, and say on their streams that they are now.
-- Each is taken by one of those who ask at once. Returns what their mails say.
CREATE FUNCTION fn.visitas_avisar(p_hasta timestamptz, p_limite integer, p_ahora timestamptz) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    v_visitas uuid[] := ARRAY(
        SELECT v.id FROM public.visitas_mantenimiento v JOIN public.clientes k ON k.id = v.cliente_id AND k.activo
         WHERE v.estado = 'PENDIENTE' AND v.avisada_para IS DISTINCT FROM v.fecha_programada
           AND v.fecha_programada > p_ahora AND v.fecha_programada < p_hasta
         ORDER BY v.fecha_programada, v.id LIMIT p_limite FOR NO KEY UPDATE OF v);
BEGIN
    UPDATE public.visitas_mantenimiento SET avisada_para = fecha_programada WHERE id = ANY (v_visitas);
    -- In the order of the streams, as whoever locks several of them does.
    PERFORM fn.evento_emitir(
               ARRAY[a.flujo], 'maintenance.reminder', jsonb_build_object('id', a.id, 'version', a.version),
               a.cliente_id, NULL, p_ahora)
       FROM (SELECT ('usuario:' || k.usuario_principal_id) COLLATE "C" AS flujo, v.id, v.version, v.cliente_id
               FROM public.visitas_mantenimiento v JOIN public.clientes k ON k.id = v.cliente_id
              WHERE v.id = ANY (v_visitas) ORDER BY flujo) a;
    RETURN (SELECT coalesce(json_agg(json_build_object(
                       'id', v.id, 'fecha_programada', v.fecha_programada, 'servicio', s.nombre, 'nombre', k.nombre,
                       'correo', coalesce(u.correo, k.email)) ORDER BY v.fecha_programada, v.id), '[]')
              FROM public.visitas_mantenimiento v
              JOIN public.clientes k ON k.id = v.cliente_id
              JOIN public.usuarios u ON u.id = k.usuario_principal_id
              JOIN public.ordenes_trabajo o ON o.id = v.orden_id
              JOIN public.servicios s ON s.id = o.servicio_id
             WHERE v.id = ANY (v_visitas));
END $$;
