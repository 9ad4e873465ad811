-- Functions of support's side: who gets a session, what the house says by itself, notes, ratings, lists.

-- What the house says by itself in a session that is held: that it is closed, or (at the opening) its greeting; NULL where
-- it has nothing to say.
CREATE FUNCTION fn.chat_decir(p_sesion public.chat_sesiones, p_al_abrir boolean, p_zona text, p_ahora timestamptz)
RETURNS public.chat_mensajes LANGUAGE plpgsql AS $$
DECLARE
    v_casa public.organizacion;
    v_atiende boolean;
    v_texto text;
    v_mensaje public.chat_mensajes;
BEGIN
    SELECT * INTO v_casa FROM public.organizacion WHERE saludo <> '' OR mensaje_ausente <> '';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    v_atiende := fn.organizacion_atiende(v_casa, p_zona, p_ahora);
    v_texto := btrim(CASE WHEN NOT v_atiende THEN v_casa.mensaje_ausente WHEN p_al_abrir THEN v_casa.saludo END);
    IF coalesce(v_texto, '') = '' THEN
        RETURN NULL;
    END IF;
    v_mensaje := fn.chat_escribir(p_sesion, gen_random_uuid(), NULL, 'support', v_texto, NULL, p_ahora);
    IF NOT v_atiende THEN
        UPDATE public.chat_sesiones SET ausente_en = p_ahora WHERE id = p_sesion.id;
    END IF;
    RETURN v_mensaje;
END $$;

-- Give a session that is held to an agent; whoever decides has called fn.chat_decidir.
CREATE FUNCTION fn.chat_dar(p_id uuid, p_agente_id uuid, p_ahora timestamptz) RETURNS public.chat_sesiones
LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
BEGIN
    UPDATE public.chat_sesiones
       SET estado = 'active', agente_id = p_agente_id, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id AND estado <> 'closed' AND borrado_en IS NULL
    RETURNING * INTO v_sesion;
    IF FOUND THEN
        UPDATE public.chat_agentes SET turno = nextval('public.chat_turnos') WHERE usuario_id = p_agente_id;
    END IF;
    RETURN v_sesion;
END $$;

-- How many sessions somebody has now.
CREATE FUNCTION fn.chat_carga(p_agente_id uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM public.chat_sesiones
     WHERE agente_id = p_agente_id AND estado = 'active' AND borrado_en IS NULL
$$;

-- Give waiting sessions, oldest first, to present agents who have room: to the least loaded, of these to who has waited
-- longest for one. Returns the sessions that were given. Nobody else decides meanwhile (fn.chat_decidir).
CREATE FUNCTION fn.chat_repartir(p_ahora timestamptz) RETURNS public.chat_sesiones[] LANGUAGE plpgsql AS $$
DECLARE
    v_repartidas public.chat_sesiones[] := '{}';
    v_sesion public.chat_sesiones;
    v_agente_id uuid;
    v_id uuid;
BEGIN
    LOOP
        SELECT id INTO v_id FROM public.chat_sesiones
         WHERE estado = 'pending' AND borrado_en IS NULL ORDER BY creado_en, numero LIMIT 1;
        EXIT WHEN NOT FOUND;
        SELECT a.usuario_id INTO v_agente_id
          FROM public.chat_agentes a JOIN public.usuarios u ON u.id = a.usuario_id
         CROSS JOIN LATERAL (SELECT fn.chat_carga(a.usuario_id) AS sesiones) c
         WHERE a.estado = 'presente' AND u.activo AND u.rol IN ('soporte', 'admin') AND c.sesiones < a.capacidad
         ORDER BY c.sesiones, a.turno, a.usuario_id LIMIT 1;
        EXIT WHEN NOT FOUND;
        -- One that was closed in between, with its customer's record, is gone at the next look.
        v_sesion := fn.chat_dar(v_id, v_agente_id, p_ahora);
        IF v_sesion.id IS NOT NULL THEN
            v_repartidas := v_repartidas || v_sesion;
        END IF;
    END LOOP;
    RETURN v_repartidas;
END $$;

-- Write down who got which waiting session; what is told of it to everybody who saw it waiting.
CREATE FUNCTION fn.chat_repartidas_eventos(p_repartidas public.chat_sesiones[]) RETURNS jsonb[] LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
    v_antes public.chat_sesiones;
    v_eventos jsonb[] := '{}';
BEGIN
    FOREACH v_sesion IN ARRAY p_repartidas LOOP
        PERFORM fn.chat_auditar(v_sesion.id, 'chat.asignado', NULL, jsonb_build_object('agente_id', v_sesion.agente_id));
        v_antes := v_sesion;
        v_antes.agente_id := NULL;
        v_eventos := v_eventos || fn.evento(fn.chat_oyen(v_antes, ARRAY[v_sesion.agente_id]), 'session.updated',
                                            fn.chat_suceso(v_sesion));
    END LOOP;
    RETURN v_eventos;
END $$;

-- A session as lists show it; p_personal: support looks, and unread is what the customer wrote.
CREATE FUNCTION fn.chat_fila(p_sesion public.chat_sesiones, p_personal boolean) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_sesion.id,
        'numero', p_sesion.numero,
        'userId', p_sesion.usuario_id,
        'status', p_sesion.estado,
        'createdAt', p_sesion.creado_en,
        'lastMessageAt', p_sesion.ultimo_mensaje_en,
        'cliente_id', p_sesion.cliente_id,
        'cliente', (SELECT json_build_object('id', id, 'nombre', nombre) FROM public.clientes WHERE id = p_sesion.cliente_id),
        'agente_id', p_sesion.agente_id,
        'agente', (SELECT json_build_object('id', id, 'nombre', nombre) FROM public.usuarios WHERE id = p_sesion.agente_id),
        'cerrado_en', p_sesion.cerrado_en,
        'unread', (SELECT count(*) FROM public.chat_mensajes m
                    WHERE m.sesion_id = p_sesion.id
                      AND m.seq > CASE WHEN p_personal THEN p_sesion.leido_soporte ELSE p_sesion.leido_usuario END
                      AND m.sender = CASE WHEN p_personal THEN 'user' ELSE 'support' END),
        'ultimo_mensaje', (SELECT fn.chat_mensaje_neutro(m, p_sesion.leido_usuario, p_sesion.leido_soporte)
                             FROM public.chat_mensajes m
                            WHERE m.sesion_id = p_sesion.id AND m.seq = p_sesion.ultimo_seq),
        'estrellas', p_sesion.estrellas,
        'comentario', p_sesion.comentario,
        'version', p_sesion.version)
$$;

-- Give a session to an agent, or on to another one.
--   fallo 404: chat_no_encontrado, agente_no_encontrado; 409: chat_cerrado; 412: desactualizado (version)
CREATE FUNCTION fn.chat_asignar(
    p_id uuid, p_agente_id uuid, p_version bigint, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_antes public.chat_sesiones;
    v_sesion public.chat_sesiones;
    v_repartidas public.chat_sesiones[];
    v_oyen text[];
    v_evento jsonb;
BEGIN
    PERFORM fn.chat_decidir();
    v_antes := fn.chat_acceder(p_id, p_actor_id, true, true);
    IF v_antes.version <> p_version THEN
        PERFORM fn.fallo(412, 'desactualizado', jsonb_build_object('version', v_antes.version));
    ELSIF v_antes.estado = 'closed' THEN
        PERFORM fn.fallo(409, 'chat_cerrado');
    END IF;
    PERFORM 1 FROM public.usuarios WHERE id = p_agente_id AND activo AND rol IN ('soporte', 'admin') FOR SHARE;
    IF NOT FOUND THEN
        PERFORM fn.fallo(404, 'agente_no_encontrado');
    ELSIF v_antes.agente_id = p_agente_id THEN
        RETURN fn.chat_fila(v_antes, true);
    END IF;
    v_sesion := fn.chat_dar(p_id, p_agente_id, p_ahora);
    v_repartidas := fn.chat_repartir(p_ahora);
    PERFORM fn.chat_auditar(p_id, 'chat.asignado', p_actor_id,
                            jsonb_build_object('agente_id', p_agente_id, 'antes_id', v_antes.agente_id));
    v_oyen := fn.chat_oyen(v_antes, ARRAY[p_agente_id, p_actor_id]);
    v_evento := fn.evento(v_oyen, 'session.updated', fn.chat_suceso(v_sesion), NULL, p_actor_id);
    PERFORM fn.eventos_emitir(v_evento || fn.chat_repartidas_eventos(v_repartidas), p_ahora);
    RETURN fn.chat_fila(v_sesion, true);
END $$;

-- Say that somebody is present, with room for so many sessions (NULL: as before), or absent; who goes keeps his.
CREATE FUNCTION fn.chat_presentarse(p_usuario_id uuid, p_estado text, p_capacidad integer, p_ahora timestamptz)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_repartidas public.chat_sesiones[];
BEGIN
    PERFORM fn.chat_decidir();
    INSERT INTO public.chat_agentes AS a (usuario_id, estado, capacidad, actualizado_en)
    VALUES (p_usuario_id, p_estado, coalesce(p_capacidad, 5), p_ahora)
        ON CONFLICT (usuario_id) DO UPDATE
       SET estado = excluded.estado, capacidad = coalesce(p_capacidad, a.capacidad), actualizado_en = p_ahora;
    v_repartidas := fn.chat_repartir(p_ahora);
    PERFORM fn.auditar('chat', 'chat.presencia', p_usuario_id, 'usuario', p_usuario_id::text,
                       jsonb_build_object('estado', p_estado, 'capacidad', p_capacidad));
    PERFORM fn.eventos_emitir(fn.chat_repartidas_eventos(v_repartidas), p_ahora);
    RETURN fn.chat_presencia(p_usuario_id);
END $$;

-- Whether somebody is present, his room and his sessions, and the same of everybody who may have sessions.
CREATE FUNCTION fn.chat_presencia(p_usuario_id uuid) RETURNS json LANGUAGE sql STABLE AS $$
    WITH todos AS (
        SELECT u.id AS usuario_id, u.nombre, coalesce(a.estado, 'ausente') AS estado, coalesce(a.capacidad, 5) AS capacidad,
               fn.chat_carga(u.id) AS sesiones, u.numero
          FROM public.usuarios u LEFT JOIN public.chat_agentes a ON a.usuario_id = u.id
         WHERE u.id = p_usuario_id OR (u.activo AND (u.rol = 'soporte' OR (u.rol = 'admin' AND a.usuario_id IS NOT NULL)))
    )
    SELECT json_build_object(
        'estado', yo.estado, 'capacidad', yo.capacidad, 'sesiones', yo.sesiones,
        'esperando', (SELECT count(*) FROM public.chat_sesiones WHERE estado = 'pending' AND borrado_en IS NULL),
        'agentes', (SELECT json_agg(json_build_object(
                               'usuario_id', t.usuario_id, 'nombre', t.nombre, 'estado', t.estado,
                               'capacidad', t.capacidad, 'sesiones', t.sesiones) ORDER BY t.numero)
                      FROM todos t))
      FROM todos yo WHERE yo.usuario_id = p_usuario_id
$$;

-- Take a session out of sight (it stays in the books); an open one ends with it.
CREATE FUNCTION fn.chat_borrar(p_id uuid, p_actor_id uuid, p_ahora timestamptz) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
    v_repartidas public.chat_sesiones[];
    v_oyen text[];
    v_evento jsonb;
BEGIN
    PERFORM fn.chat_decidir();
    v_sesion := fn.chat_acceder(p_id, p_actor_id, true, true);
    v_oyen := fn.chat_oyen(v_sesion, ARRAY[p_actor_id]);
    UPDATE public.chat_sesiones
       SET estado = 'closed', cerrado_en = coalesce(cerrado_en, p_ahora), cerrado_por = coalesce(cerrado_por, p_actor_id),
           borrado_en = p_ahora, borrado_por = p_actor_id, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_sesion;
    v_repartidas := fn.chat_repartir(p_ahora);
    PERFORM fn.chat_auditar(p_id, 'chat.borrado', p_actor_id);
    v_evento := fn.evento(v_oyen, 'session.updated', fn.chat_suceso(v_sesion), NULL, p_actor_id);
    PERFORM fn.eventos_emitir(v_evento || fn.chat_repartidas_eventos(v_repartidas), p_ahora);
    RETURN fn.chat_fila(v_sesion, true);
END $$;

-- Rate a session that is over (its customer), once.
--   fallo 409: chat_sin_cerrar, chat_calificado
CREATE FUNCTION fn.chat_calificar(
    p_id uuid, p_actor_id uuid, p_estrellas integer, p_comentario text, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_acceder(p_id, p_actor_id, false, true);
BEGIN
    IF v_sesion.estado <> 'closed' THEN
        PERFORM fn.fallo(409, 'chat_sin_cerrar');
    ELSIF v_sesion.estrellas IS NOT NULL THEN
        PERFORM fn.fallo(409, 'chat_calificado');
    END IF;
    UPDATE public.chat_sesiones
       SET estrellas = p_estrellas, comentario = p_comentario, calificado_en = p_ahora, version = version + 1,
           actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_sesion;
    PERFORM fn.chat_auditar(p_id, 'chat.calificado', p_actor_id, jsonb_build_object('estrellas', p_estrellas));
    PERFORM fn.evento_emitir(fn.chat_flujos(v_sesion), 'session.updated', fn.chat_suceso(v_sesion), NULL, p_actor_id,
                             p_ahora);
    RETURN fn.chat_fila(v_sesion, false);
END $$;

CREATE FUNCTION fn.chat_nota_neutra(p_nota public.chat_notas) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_nota.id, 'texto', p_nota.texto, 'creado_en', p_nota.creado_en,
        'autor', (SELECT json_build_object('id', id, 'nombre', nombre) FROM public.usuarios WHERE id = p_nota.autor_id))
$$;

-- Note something about a session that its customer does not see; support hears of it.
CREATE FUNCTION fn.chat_anotar(p_nota_id uuid, p_id uuid, p_actor_id uuid, p_texto text, p_ahora timestamptz)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_acceder(p_id, p_actor_id, true, true);
    v_nota public.chat_notas;
BEGIN
    INSERT INTO public.chat_notas (id, sesion_id, autor_id, texto, creado_en)
    VALUES (p_nota_id, p_id, p_actor_id, p_texto, p_ahora) RETURNING * INTO v_nota;
    PERFORM fn.chat_auditar(p_id, 'chat.nota', p_actor_id, jsonb_build_object('nota_id', p_nota_id));
    PERFORM fn.evento_emitir((fn.chat_oyen(v_sesion, ARRAY[p_actor_id]))[2:], 'note.created',
                             jsonb_build_object('id', p_nota_id, 'sessionId', p_id), NULL, p_actor_id, p_ahora);
    RETURN fn.chat_nota_neutra(v_nota);
END $$;

-- The notes on a session, oldest first.
CREATE FUNCTION fn.chat_notas_leer(p_id uuid, p_actor_id uuid) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    PERFORM fn.chat_acceder(p_id, p_actor_id, true, false);
    RETURN (SELECT coalesce(json_agg(fn.chat_nota_neutra(n) ORDER BY n.id), '[]')
              FROM public.chat_notas n WHERE n.sesion_id = p_id);
END $$;
