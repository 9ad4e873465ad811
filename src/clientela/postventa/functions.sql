-- Functions of field service. Lock order: the technician, the order (its root before it), its visit, events last.

-- A work order in the neutral form that every contract renders. A list joins this to its rows, and the planner joins
-- what is in it in turn: a page takes hardly longer than an order.
CREATE FUNCTION fn.ordenes_neutras(p_orden public.ordenes_trabajo) RETURNS TABLE (neutra json)
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_orden.id,
        'numero', p_orden.numero,
        'cliente_id', p_orden.cliente_id,
        'cliente', json_build_object('id', k.id, 'nombre', k.nombre, 'correo', coalesce(u.correo, k.email),
                                     'telefono', k.telefono, 'direccion', d.direccion,
                                     'latitud', coalesce(d.latitud, k.latitud),
                                     'longitud', coalesce(d.longitud, k.longitud)),
        'servicio_id', p_orden.servicio_id,
        'servicio', json_build_object('id', s.id, 'numero', s.numero, 'nombre', s.nombre),
        'tecnico_id', p_orden.tecnico_id,
        'tecnico', CASE WHEN t.id IS NOT NULL THEN json_build_object('id', t.id, 'nombre', t.nombre) END,
        'tipo', p_orden.tipo,
        'estado', p_orden.estado,
        'descripcion', p_orden.descripcion,
        'garantia_de', CASE WHEN g.id IS NOT NULL THEN json_build_object(
            'id', g.id, 'numero', g.numero,
            -- A guarantee that nobody gave a date was made all the same.
            'fecha_programada', coalesce(g.fecha_programada, g.fecha_ejecucion)) END,
        'raiz_id', p_orden.raiz_id,
        'visita_id', p_orden.visita_id,
        'garantia_meses', p_orden.garantia_meses,
        'duracion_min', p_orden.duracion_min,
        'periodicidad_meses', p_orden.periodicidad_meses,
        'fecha_programada', p_orden.fecha_programada,
        'iniciada_en', p_orden.iniciada_en,
        'fecha_ejecucion', p_orden.fecha_ejecucion,
        'ultimo_movimiento_en', p_orden.ultimo_movimiento_en,
        'version', p_orden.version,
        'creado_en', p_orden.creado_en)
      FROM public.clientes k
      JOIN public.usuarios u ON u.id = k.usuario_principal_id
      JOIN public.servicios s ON s.id = p_orden.servicio_id
      LEFT JOIN public.direcciones d ON d.cliente_id = k.id AND d.es_principal AND d.activa
      LEFT JOIN public.usuarios t ON t.id = p_orden.tecnico_id
      LEFT JOIN public.ordenes_trabajo g ON g.id = p_orden.garantia_de
     WHERE k.id = p_orden.cliente_id
$$;

-- The form of one order. A connection keeps the plan of a PL/pgSQL function; one of SQL is planned at each call.
CREATE FUNCTION fn.orden_neutra(p_orden public.ordenes_trabajo) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT n.neutra FROM fn.ordenes_neutras(p_orden) n);
END $$;

-- Tell the customer's devices, the technician's, support and administrators that an order is there or changed.
-- p_antes_id: the technician whom it was taken from, who hears of it once more.
CREATE FUNCTION fn.orden_avisar(p_orden public.ordenes_trabajo, p_actor_id uuid, p_ahora timestamptz,
                                p_antes_id uuid DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM fn.evento_emitir(
        array_remove(ARRAY[
            'usuario:' || (SELECT usuario_principal_id FROM public.clientes WHERE id = p_orden.cliente_id),
            'rol:admin', 'rol:soporte', 'usuario:' || p_orden.tecnico_id, 'usuario:' || p_antes_id], NULL),
        'work_order.updated', jsonb_build_object('id', p_orden.id, 'version', p_orden.version), p_orden.cliente_id,
        p_actor_id, p_ahora);
END $$;

CREATE FUNCTION fn.orden_anotar(
    p_orden public.ordenes_trabajo, p_accion text, p_texto text, p_actor_id uuid, p_ahora timestamptz
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO public.orden_movimientos
           (orden_id, posicion, accion, texto, tecnico_id, fecha_programada, actor_id, creado_en)
    SELECT p_orden.id, coalesce(max(posicion), 0) + 1, p_accion, p_texto, p_orden.tecnico_id,
           p_orden.fecha_programada, p_actor_id, p_ahora
      FROM public.orden_movimientos WHERE orden_id = p_orden.id
$$;

-- Hold a technician, so that two assignments look at his day one after the other; p_de_antes: also one who left.
--   fallo 404: tecnico_no_encontrado
CREATE FUNCTION fn.tecnico_retener(p_tecnico_id uuid, p_de_antes boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM public.usuarios
      WHERE id = p_tecnico_id AND rol = 'tecnico' AND (activo OR p_de_antes) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'tecnico_no_encontrado');
    END IF;
END $$;

-- The order of a held technician that overlaps with one; NULL if his time is free, or the order has no date.
--   fallo 409: tecnico_ocupado (ordenId), where double booking is refused
CREATE FUNCTION fn.tecnico_ocupado(p_orden public.ordenes_trabajo, p_bloquear boolean) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_otra uuid;
BEGIN
    SELECT o.id INTO v_otra FROM public.ordenes_trabajo o
     WHERE o.tecnico_id = p_orden.tecnico_id AND o.id <> p_orden.id AND o.estado IN ('ASIGNADA', 'EN_EJECUCION')
       AND o.fecha_programada > p_orden.fecha_programada - interval '1 day'
       AND o.fecha_programada < p_orden.fecha_programada + make_interval(mins => p_orden.duracion_min)
       AND o.fecha_programada + make_interval(mins => o.duracion_min) > p_orden.fecha_programada
     ORDER BY o.fecha_programada LIMIT 1;
    IF v_otra IS NOT NULL AND p_bloquear THEN
        PERFORM fn.fallo(409, 'tecnico_ocupado', jsonb_build_object('ordenId', v_otra));
    END IF;
    RETURN v_otra;
END $$;

-- Refuse a second open revision of one root.
--   fallo 409: garantia_abierta (ordenId)
CREATE FUNCTION fn.garantia_sin_abierta(p_raiz_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_abierta uuid := (SELECT id FROM public.ordenes_trabajo
                        WHERE raiz_id = p_raiz_id AND estado NOT IN ('FINALIZADO', 'CANCELADA'));
BEGIN
    IF v_abierta IS NOT NULL THEN
        PERFORM fn.fallo(409, 'garantia_abierta', jsonb_build_object('ordenId', v_abierta));
    END IF;
END $$;

-- Make a work order; with p_tecnico_id it is assigned at once. p_historia: {tipo, estado, fecha_ejecucion,
-- garantia_de, ultimo_movimiento_en} of an order that happened elsewhere. p_visita_id: the maintenance visit that it
-- makes. Returns {orden, ocupado}.
--   fallo 404: tecnico_no_encontrado, cliente_no_encontrado; 409: tecnico_ocupado (ordenId), servicio_retirado;
--   422: datos_invalidos (servicio_id, garantia_de, fecha_ejecucion); errors of fn.garantia_sin_abierta,
--   fn.visita_retener and fn.visita_sin_orden
CREATE FUNCTION fn.orden_crear(
    p_id uuid, p_cliente_id uuid, p_servicio_id uuid, p_tecnico_id uuid, p_fecha timestamptz, p_descripcion text,
    p_historia jsonb, p_bloquear boolean, p_actor_id uuid, p_ahora timestamptz,
    p_visita_id uuid DEFAULT NULL
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_servicio public.servicios;
    v_de public.ordenes_trabajo;
    v_orden public.ordenes_trabajo;
    v_ocupado uuid;
BEGIN
    IF p_tecnico_id IS NOT NULL THEN
        PERFORM fn.tecnico_retener(p_tecnico_id, p_historia IS NOT NULL);
    END IF;
    PERFORM fn.cliente_principal(p_cliente_id);
    SELECT * INTO v_servicio FROM public.servicios WHERE id = p_servicio_id FOR KEY SHARE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(422, 'datos_invalidos', NULL, '{"servicio_id": ["Servicio desconocido"]}');
    ELSIF NOT v_servicio.activo AND p_historia IS NULL THEN
        PERFORM fn.fallo(409, 'servicio_retirado');
    END IF;
    IF p_visita_id IS NOT NULL THEN
        PERFORM fn.visita_retener(p_visita_id);
        PERFORM fn.visita_sin_orden(p_visita_id);
    END IF;
    IF p_historia ->> 'garantia_de' IS NOT NULL THEN
        SELECT * INTO v_de FROM public.ordenes_trabajo
         WHERE id = (p_historia ->> 'garantia_de')::uuid AND cliente_id = p_cliente_id;
        IF NOT FOUND THEN
            PERFORM fn.fallo(422, 'datos_invalidos', NULL, '{"garantia_de": ["Orden desconocida"]}');
        ELSIF (p_historia ->> 'fecha_ejecucion')::timestamptz < v_de.fecha_ejecucion THEN
            PERFORM fn.fallo(422, 'datos_invalidos', NULL,
                             '{"fecha_ejecucion": ["No puede ser anterior a la de la orden que garantiza"]}');
        ELSIF coalesce(p_historia ->> 'estado', 'PENDIENTE') NOT IN ('FINALIZADO', 'CANCELADA') THEN
            PERFORM fn.garantia_sin_abierta(coalesce(v_de.raiz_id, v_de.id));
        END IF;
    END IF;
    INSERT INTO public.ordenes_trabajo (
        id, cliente_id, servicio_id, tecnico_id, tipo, estado, descripcion, garantia_de, raiz_id, garantia_meses,
        duracion_min, fecha_programada, fecha_ejecucion, ultimo_movimiento_en, visita_id, creado_por, creado_en,
        actualizado_en)
    VALUES (
        p_id, p_cliente_id, p_servicio_id, p_tecnico_id, coalesce(p_historia ->> 'tipo', 'NORMAL'),
        coalesce(p_historia ->> 'estado', CASE WHEN p_tecnico_id IS NULL THEN 'PENDIENTE' ELSE 'ASIGNADA' END),
        p_descripcion, v_de.id, coalesce(v_de.raiz_id, v_de.id), v_servicio.garantia_meses, v_servicio.duracion_min,
        p_fecha, (p_historia ->> 'fecha_ejecucion')::timestamptz,
        coalesce((p_historia ->> 'ultimo_movimiento_en')::timestamptz, p_ahora), p_visita_id, p_actor_id, p_ahora,
        p_ahora)
    RETURNING * INTO v_orden;
    IF v_orden.estado = 'ASIGNADA' THEN
        v_ocupado := fn.tecnico_ocupado(v_orden, p_bloquear);
    END IF;
    PERFORM fn.visita_seguir(v_orden, 'agendada', p_actor_id, p_ahora);
    PERFORM fn.orden_anotar(v_orden, 'creada', NULL, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
    RETURN json_build_object('orden', fn.orden_neutra(v_orden), 'ocupado', v_ocupado);
END $$;

-- The order of a change, locked. p_de: in which states the change may be made.
--   fallo 404: orden_no_encontrada; 409: orden_en_otro_estado (estado); 412: desactualizado (version)
CREATE FUNCTION fn.orden_retener(p_id uuid, p_de text[], p_version bigint) RETURNS public.ordenes_trabajo
LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
BEGIN
    SELECT * INTO v_orden FROM public.ordenes_trabajo WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'orden_no_encontrada');
    ELSIF v_orden.version <> p_version THEN
        PERFORM fn.fallo(412, 'desactualizado', jsonb_build_object('version', v_orden.version));
    ELSIF v_orden.estado <> ALL (p_de) THEN
        PERFORM fn.fallo(409, 'orden_en_otro_estado', jsonb_build_object('estado', v_orden.estado));
    END IF;
    RETURN v_orden;
END $$;

-- Give an order to a technician, or to another one. p_solo_revision: a guarantee is asked for, nothing else is there.
-- Returns {orden, ocupado}; errors of fn.tecnico_retener, fn.orden_retener and fn.tecnico_ocupado.
CREATE FUNCTION fn.orden_asignar(
    p_id uuid, p_tecnico_id uuid, p_solo_revision boolean, p_de text[], p_version bigint, p_bloquear boolean,
    p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
    v_antes_id uuid;
    v_ocupado uuid;
BEGIN
    IF p_solo_revision AND NOT EXISTS (
            SELECT 1 FROM public.ordenes_trabajo WHERE id = p_id AND tipo = 'REVISION') THEN
        PERFORM fn.fallo(404, 'garantia_no_encontrada');
    END IF;
    PERFORM fn.tecnico_retener(p_tecnico_id);
    v_orden := fn.orden_retener(p_id, p_de, p_version);
    v_antes_id := nullif(v_orden.tecnico_id, p_tecnico_id);
    UPDATE public.ordenes_trabajo
       SET tecnico_id = p_tecnico_id, estado = CASE estado WHEN 'PENDIENTE' THEN 'ASIGNADA' ELSE estado END,
           ultimo_movimiento_en = p_ahora, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_orden;
    v_ocupado := fn.tecnico_ocupado(v_orden, p_bloquear);
    PERFORM fn.orden_anotar(v_orden, 'asignada', NULL, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora, v_antes_id);
    RETURN json_build_object('orden', fn.orden_neutra(v_orden), 'ocupado', v_ocupado);
END $$;

-- Move an order to another day; its technician is held, because his day changes. Returns {orden, ocupado}.
CREATE FUNCTION fn.orden_reprogramar(
    p_id uuid, p_fecha timestamptz, p_texto text, p_de text[], p_version bigint, p_bloquear boolean, p_actor_id uuid,
    p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_tecnico_id uuid;
    v_orden public.ordenes_trabajo;
    v_ocupado uuid;
BEGIN
    LOOP
        SELECT tecnico_id INTO v_tecnico_id FROM public.ordenes_trabajo WHERE id = p_id;
        PERFORM 1 FROM public.usuarios WHERE id = v_tecnico_id FOR NO KEY UPDATE;
        v_orden := fn.orden_retener(p_id, p_de, p_version);
        -- Given to another one in between: hold that one.
        EXIT WHEN v_orden.tecnico_id IS NOT DISTINCT FROM v_tecnico_id;
    END LOOP;
    UPDATE public.ordenes_trabajo
       SET fecha_programada = p_fecha, ultimo_movimiento_en = p_ahora, version = version + 1,
           actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_orden;
    IF v_orden.tecnico_id IS NOT NULL THEN
        v_ocupado := fn.tecnico_ocupado(v_orden, p_bloquear);
    END IF;
    PERFORM fn.visita_seguir(v_orden, 'agendada', p_actor_id, p_ahora);
    PERFORM fn.orden_anotar(v_orden, 'reprogramada', p_texto, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
    RETURN json_build_object('orden', fn.orden_neutra(v_orden), 'ocupado', v_ocupado);
END $$;

-- Take an order from one state to the next, or write a note on it (p_hasta NULL); returns the neutral form.
-- p_tecnico_id, where given, is who must still have it when the lock is held.
--   fallo 404: orden_no_encontrada; errors of fn.orden_retener too
CREATE FUNCTION fn.orden_mover(
    p_id uuid, p_accion text, p_hasta text, p_de text[], p_texto text, p_tecnico_id uuid, p_version bigint,
    p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
BEGIN
    v_orden := fn.orden_retener(p_id, p_de, p_version);
    IF v_orden.tecnico_id IS DISTINCT FROM coalesce(p_tecnico_id, v_orden.tecnico_id) THEN
        PERFORM fn.fallo(404, 'orden_no_encontrada');
    END IF;
    UPDATE public.ordenes_trabajo
       SET estado = coalesce(p_hasta, estado),
           iniciada_en = CASE WHEN p_hasta = 'EN_EJECUCION' THEN p_ahora ELSE iniciada_en END,
           fecha_ejecucion = CASE WHEN p_hasta = 'FINALIZADO' THEN p_ahora ELSE fecha_ejecucion END,
           ultimo_movimiento_en = p_ahora, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_orden;
    IF p_hasta IN ('FINALIZADO', 'CANCELADA') THEN
        PERFORM fn.visita_seguir(
            v_orden, CASE p_hasta WHEN 'FINALIZADO' THEN 'hecha' ELSE 'liberada' END, p_actor_id, p_ahora);
    END IF;
    PERFORM fn.orden_anotar(v_orden, p_accion, p_texto, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
    RETURN fn.orden_neutra(v_orden);
END $$;

-- Make the order of a guarantee; its root is locked already and the decision is made.
CREATE FUNCTION fn.garantia_abrir(
    p_id uuid, p_de uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
BEGIN
    INSERT INTO public.ordenes_trabajo (
        id, cliente_id, servicio_id, tipo, estado, garantia_de, raiz_id, garantia_meses, duracion_min,
        ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
    SELECT p_id, o.cliente_id, o.servicio_id, 'REVISION', 'PENDIENTE', o.id, coalesce(o.raiz_id, o.id),
           o.garantia_meses, o.duracion_min, p_ahora, p_actor_id, p_ahora, p_ahora
      FROM public.ordenes_trabajo o WHERE o.id = p_de
    RETURNING * INTO STRICT v_orden;
    PERFORM fn.orden_anotar(v_orden, 'creada', NULL, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
END $$;

-- Rate an order, once. Returns the rating.
--   fallo 409: orden_calificada
CREATE FUNCTION fn.orden_calificar(
    p_id uuid, p_orden_id uuid, p_estrellas integer, p_comentario text, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_calificacion public.calificaciones;
BEGIN
    INSERT INTO public.calificaciones (id, orden_id, cliente_id, tecnico_id, estrellas, comentario, fecha)
    SELECT p_id, o.id, o.cliente_id, o.tecnico_id, p_estrellas, p_comentario, p_ahora
      FROM public.ordenes_trabajo o WHERE o.id = p_orden_id
    ON CONFLICT (orden_id) DO NOTHING
    RETURNING * INTO v_calificacion;
    IF NOT FOUND THEN
        PERFORM fn.fallo(409, 'orden_calificada');
    END IF;
    RETURN fn.calificacion_neutra(v_calificacion);
END $$;

CREATE FUNCTION fn.calificacion_neutra(p_calificacion public.calificaciones) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_calificacion.id,
        'orden_id', p_calificacion.orden_id,
        'cliente', (SELECT json_build_object('id', id, 'nombre', nombre)
                      FROM public.clientes WHERE id = p_calificacion.cliente_id),
        'tecnico', (SELECT json_build_object('id', id, 'nombre', nombre)
                      FROM public.usuarios WHERE id = p_calificacion.tecnico_id),
        'estrellas', p_calificacion.estrellas,
        'comentario', p_calificacion.comentario,
        'fecha', p_calificacion.fecha)
$$;

-- The three figures of the overview: whole days are counted already, the day of the limit is looked at.
CREATE FUNCTION fn.ordenes_resumen(p_limite timestamptz) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_build_object(
        'sin_asignar', coalesce(sum(sin_asignar), 0),
        'en_ejecucion', coalesce(sum(en_ejecucion), 0),
        'sin_movimiento', coalesce(sum(abiertas) FILTER (WHERE dia < (p_limite AT TIME ZONE 'UTC')::date), 0)
            + (SELECT count(*) FROM public.ordenes_trabajo
                WHERE estado NOT IN ('FINALIZADO', 'CANCELADA')
                  AND ultimo_movimiento_en >= date_trunc('day', p_limite, 'UTC') AND ultimo_movimiento_en <= p_limite))
      FROM public.ordenes_por_dia);
END $$;
