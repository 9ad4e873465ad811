-- Functions of the support chat. Lock order: the session's row, its audit chain, events last.

-- Audit rows of the chat are spread over 256 chains by the session's last two digits: conversations hardly ever wait
-- for each other, and a hundred thousand of them make no more chains than that.
CREATE FUNCTION fn.chat_auditar(p_sesion_id uuid, p_accion text, p_actor_id uuid, p_datos jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM fn.auditar('chat:' || right(p_sesion_id::text, 2), p_accion, p_actor_id, 'chat', p_sesion_id::text, p_datos);
END $$;

-- Who hears of a session: its customer first, then its agent; while it has none, everybody of support.
CREATE FUNCTION fn.chat_flujos(p_sesion public.chat_sesiones) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY['usuario:' || p_sesion.usuario_id, coalesce('usuario:' || p_sesion.agente_id, 'rol:soporte')]
$$;

-- A session as its event carries it: all that a device shows of it, without messages.
CREATE FUNCTION fn.chat_suceso(p_sesion public.chat_sesiones) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', p_sesion.id,
        'userId', p_sesion.usuario_id,
        'status', p_sesion.estado,
        'createdAt', to_char(p_sesion.creado_en AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'lastMessageAt', to_char(p_sesion.ultimo_mensaje_en AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'agente_id', p_sesion.agente_id)
$$;

-- A message in the form that every contract and every frame shows.
CREATE FUNCTION fn.chat_mensaje_neutro(
    p_mensaje public.chat_mensajes, p_leido_usuario bigint, p_leido_soporte bigint
) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_mensaje.id,
        'sessionId', p_mensaje.sesion_id,
        'message', p_mensaje.texto,
        'sender', p_mensaje.sender,
        'timestamp', p_mensaje.creado_en,
        'isRead', p_mensaje.seq <= CASE p_mensaje.sender WHEN 'user' THEN p_leido_soporte ELSE p_leido_usuario END,
        'seq', p_mensaje.seq,
        'clientMessageId', p_mensaje.cliente_mensaje_id)
$$;

-- The latest messages of a session, oldest first.
CREATE FUNCTION fn.chat_ultimos(p_sesion public.chat_sesiones, p_limite integer) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(fn.chat_mensaje_neutro(m, p_sesion.leido_usuario, p_sesion.leido_soporte) ORDER BY m.seq),
                    '[]')
      FROM (SELECT * FROM public.chat_mensajes WHERE sesion_id = p_sesion.id ORDER BY seq DESC LIMIT p_limite) m
$$;

-- A session in the neutral form that every contract renders; p_mensajes: how many of its latest messages.
CREATE FUNCTION fn.chat_sesion_neutra(p_sesion public.chat_sesiones, p_mensajes integer) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_sesion.id,
        'userId', p_sesion.usuario_id,
        'status', p_sesion.estado,
        'createdAt', p_sesion.creado_en,
        'lastMessageAt', p_sesion.ultimo_mensaje_en,
        'messages', fn.chat_ultimos(p_sesion, p_mensajes))
$$;

-- A session that somebody may read: a customer his own, support any (p_personal). p_retener: to change it.
--   fallo 404: chat_no_encontrado; 403: chat_ajeno
CREATE FUNCTION fn.chat_acceder(p_id uuid, p_actor_id uuid, p_personal boolean, p_retener boolean)
RETURNS public.chat_sesiones LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
BEGIN
    IF p_retener THEN
        SELECT * INTO v_sesion FROM public.chat_sesiones WHERE id = p_id AND borrado_en IS NULL FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO v_sesion FROM public.chat_sesiones WHERE id = p_id AND borrado_en IS NULL;
    END IF;
    IF v_sesion.id IS NULL THEN
        PERFORM fn.fallo(404, 'chat_no_encontrado');
    ELSIF NOT p_personal AND v_sesion.usuario_id <> p_actor_id THEN
        PERFORM fn.fallo(403, 'chat_ajeno');
    END IF;
    RETURN v_sesion;
END $$;

-- The open session of a customer with its latest messages; NULL when he has none.
CREATE FUNCTION fn.chat_activa(p_usuario_id uuid, p_mensajes integer) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT fn.chat_sesion_neutra(s, p_mensajes) FROM public.chat_sesiones s
     WHERE usuario_id = p_usuario_id AND estado IN ('pending', 'active') AND borrado_en IS NULL
$$;

-- Open a session for a customer; the row of his record is held, so that it is neither merged nor erased meanwhile.
--   fallo 409: chat_abierto (sessionId); errors of fn.cliente_principal too
CREATE FUNCTION fn.chat_abrir(p_id uuid, p_usuario_id uuid, p_cliente_id uuid, p_ahora timestamptz) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
BEGIN
    PERFORM fn.cliente_principal(p_cliente_id);
    INSERT INTO public.chat_sesiones
           (id, usuario_id, cliente_id, estado, creado_en, ultimo_mensaje_en, actualizado_en)
    VALUES (p_id, p_usuario_id, p_cliente_id, 'pending', p_ahora, p_ahora, p_ahora)
        ON CONFLICT (usuario_id) WHERE estado IN ('pending', 'active') AND borrado_en IS NULL DO NOTHING
    RETURNING * INTO v_sesion;
    IF NOT FOUND THEN
        PERFORM fn.fallo(409, 'chat_abierto', jsonb_build_object('sessionId', (
            SELECT id FROM public.chat_sesiones
             WHERE usuario_id = p_usuario_id AND estado IN ('pending', 'active') AND borrado_en IS NULL)));
    END IF;
    PERFORM fn.chat_auditar(v_sesion.id, 'chat.abierto', p_usuario_id);
    PERFORM fn.evento_emitir(fn.chat_flujos(v_sesion), 'session.updated', fn.chat_suceso(v_sesion), p_cliente_id,
                             p_usuario_id, p_ahora);
    RETURN fn.chat_sesion_neutra(v_sesion, 0);
END $$;

-- Messages of a session, oldest first: the p_limite that follow p_despues, or without it the latest.
CREATE FUNCTION fn.chat_mensajes_leer(
    p_id uuid, p_actor_id uuid, p_personal boolean, p_despues bigint, p_limite integer
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_acceder(p_id, p_actor_id, p_personal, false);
BEGIN
    IF p_despues IS NULL THEN
        RETURN fn.chat_ultimos(v_sesion, p_limite);
    END IF;
    RETURN (
        SELECT coalesce(json_agg(fn.chat_mensaje_neutro(m, v_sesion.leido_usuario, v_sesion.leido_soporte)
                                 ORDER BY m.seq), '[]')
          FROM (SELECT * FROM public.chat_mensajes WHERE sesion_id = p_id AND seq > p_despues
                 ORDER BY seq LIMIT p_limite) m);
END $$;

-- The session that a message is for, locked: the one named, or the customer's open one. Where he has none any more
-- his latest is returned, because it may have the message already.
--   fallo 404: chat_no_encontrado; 403: chat_ajeno
CREATE FUNCTION fn.chat_destino(p_id uuid, p_actor_id uuid, p_personal boolean) RETURNS public.chat_sesiones
LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
BEGIN
    IF p_id IS NOT NULL OR p_personal THEN
        RETURN fn.chat_acceder(p_id, p_actor_id, p_personal, true);
    END IF;
    SELECT * INTO v_sesion FROM public.chat_sesiones
     WHERE usuario_id = p_actor_id AND estado IN ('pending', 'active') AND borrado_en IS NULL FOR NO KEY UPDATE;
    IF v_sesion.id IS NULL THEN
        SELECT * INTO v_sesion FROM public.chat_sesiones
         WHERE usuario_id = p_actor_id AND borrado_en IS NULL ORDER BY numero DESC LIMIT 1;
    END IF;
    IF v_sesion.id IS NULL THEN
        PERFORM fn.fallo(404, 'chat_no_encontrado');
    END IF;
    RETURN v_sesion;
END $$;

-- How long a customer has to wait, in seconds, until he may write again; NULL: he may now. His session is locked, and
-- it is his only open one, so nobody counts beside us. Only messages that were written are counted. What is dated in
-- the future was written by a clock that went wrong, and holds nobody up.
CREATE FUNCTION fn.chat_espera(p_autor_id uuid, p_maximo integer, p_ahora timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT least(60, greatest(1, ceil(extract(epoch FROM min(creado_en) + interval '1 minute' - p_ahora))))::integer
      FROM (SELECT creado_en FROM public.chat_mensajes
             WHERE autor_id = p_autor_id AND sender = 'user' AND creado_en > p_ahora - interval '1 minute'
               AND creado_en < p_ahora + interval '1 minute'
             ORDER BY creado_en DESC LIMIT p_maximo) recientes
    HAVING count(*) >= p_maximo
$$;

-- Write a message: {"mensaje", "creado"}; one that its author sent already under the same identifier is returned as it
-- stands. The first answer of support makes a waiting session active and its author the agent.
--   fallo 404: chat_no_encontrado; 409: chat_cerrado; 429: demasiados_mensajes (retry_after)
CREATE FUNCTION fn.chat_enviar(
    p_id uuid, p_sesion_id uuid, p_actor_id uuid, p_personal boolean, p_texto text, p_cliente_mensaje_id text,
    p_maximo integer, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_destino(p_sesion_id, p_actor_id, p_personal);
    v_mensaje public.chat_mensajes;
    v_toma boolean := p_personal AND v_sesion.agente_id IS NULL;
    v_oyen text[];
    v_espera integer;
BEGIN
    IF p_cliente_mensaje_id IS NOT NULL THEN
        SELECT * INTO v_mensaje FROM public.chat_mensajes
         WHERE sesion_id = v_sesion.id AND autor_id = p_actor_id AND cliente_mensaje_id = p_cliente_mensaje_id;
        IF FOUND THEN
            RETURN json_build_object('creado', false, 'mensaje', fn.chat_mensaje_neutro(
                v_mensaje, v_sesion.leido_usuario, v_sesion.leido_soporte));
        END IF;
    END IF;
    IF v_sesion.estado = 'closed' AND p_sesion_id IS NULL THEN
        PERFORM fn.fallo(404, 'chat_no_encontrado');
    ELSIF v_sesion.estado = 'closed' THEN
        PERFORM fn.fallo(409, 'chat_cerrado');
    END IF;
    IF NOT p_personal THEN
        v_espera := fn.chat_espera(p_actor_id, p_maximo, p_ahora);
        IF v_espera IS NOT NULL THEN
            PERFORM fn.fallo(429, 'demasiados_mensajes', jsonb_build_object('retry_after', v_espera));
        END IF;
    END IF;
    v_oyen := fn.chat_flujos(v_sesion) || ('usuario:' || p_actor_id);
    -- The order of the messages is that of seq; their instants follow it although each process has a clock of its own,
    -- as long as these differ by no more than seconds.
    INSERT INTO public.chat_mensajes (sesion_id, seq, id, autor_id, sender, texto, cliente_mensaje_id, creado_en)
    VALUES (v_sesion.id, v_sesion.ultimo_seq + 1, p_id, p_actor_id, CASE WHEN p_personal THEN 'support' ELSE 'user' END,
            p_texto, p_cliente_mensaje_id,
            greatest(p_ahora, least(v_sesion.ultimo_mensaje_en, p_ahora + interval '5 seconds')))
    RETURNING * INTO v_mensaje;
    UPDATE public.chat_sesiones
       SET ultimo_seq = v_mensaje.seq, ultimo_mensaje_en = v_mensaje.creado_en, actualizado_en = p_ahora,
           estado = CASE WHEN v_toma THEN 'active' ELSE estado END,
           agente_id = CASE WHEN v_toma THEN p_actor_id ELSE agente_id END,
           version = version + v_toma::integer
     WHERE id = v_sesion.id
    RETURNING * INTO v_sesion;
    PERFORM fn.chat_auditar(v_sesion.id, 'chat.mensaje', p_actor_id,
                            jsonb_build_object('mensaje_id', v_mensaje.id, 'seq', v_mensaje.seq));
    IF v_toma THEN
        -- Whoever saw it waiting hears that it is taken, before the message that only its two sides hear.
        PERFORM fn.chat_auditar(v_sesion.id, 'chat.asignado', p_actor_id, jsonb_build_object('agente_id', p_actor_id));
        PERFORM fn.evento_emitir(v_oyen, 'session.updated', fn.chat_suceso(v_sesion), NULL, p_actor_id, p_ahora);
        v_oyen := fn.chat_flujos(v_sesion);
    END IF;
    PERFORM fn.evento_emitir(v_oyen, 'message.created', jsonb_build_object(
        'id', v_mensaje.id, 'sessionId', v_sesion.id, 'seq', v_mensaje.seq), NULL, p_actor_id, p_ahora);
    RETURN json_build_object('creado', true, 'mensaje', fn.chat_mensaje_neutro(
        v_mensaje, v_sesion.leido_usuario, v_sesion.leido_soporte));
END $$;

-- Mark what the other side wrote as read, up to a seq or (NULL) all; a mark never goes back.
CREATE FUNCTION fn.chat_leer(p_id uuid, p_actor_id uuid, p_personal boolean, p_hasta bigint, p_ahora timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_acceder(p_id, p_actor_id, p_personal, true);
    v_hasta bigint := least(coalesce(p_hasta, v_sesion.ultimo_seq), v_sesion.ultimo_seq);
BEGIN
    IF v_hasta <= (CASE WHEN p_personal THEN v_sesion.leido_soporte ELSE v_sesion.leido_usuario END) THEN
        RETURN;
    END IF;
    UPDATE public.chat_sesiones
       SET leido_soporte = CASE WHEN p_personal THEN v_hasta ELSE leido_soporte END,
           leido_usuario = CASE WHEN p_personal THEN leido_usuario ELSE v_hasta END,
           actualizado_en = p_ahora
     WHERE id = p_id;
    IF p_personal THEN
        PERFORM fn.chat_auditar(p_id, 'chat.leido', p_actor_id, jsonb_build_object('hasta', v_hasta));
    END IF;
    PERFORM fn.evento_emitir(fn.chat_flujos(v_sesion) || ('usuario:' || p_actor_id), 'messages.read',
        jsonb_build_object('sessionId', p_id, 'lector', CASE WHEN p_personal THEN 'support' ELSE 'user' END,
                           'hasta', v_hasta), NULL, p_actor_id, p_ahora);
END $$;

-- Close a session; one that is closed stays as it is.
CREATE FUNCTION fn.chat_cerrar(p_id uuid, p_actor_id uuid, p_personal boolean, p_ahora timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_acceder(p_id, p_actor_id, p_personal, true);
BEGIN
    IF v_sesion.estado = 'closed' THEN
        RETURN;
    END IF;
    UPDATE public.chat_sesiones
       SET estado = 'closed', cerrado_en = p_ahora, cerrado_por = p_actor_id, version = version + 1,
           actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_sesion;
    PERFORM fn.chat_auditar(p_id, 'chat.cerrado', p_actor_id);
    PERFORM fn.evento_emitir(fn.chat_flujos(v_sesion) || ('usuario:' || p_actor_id), 'session.updated',
                             fn.chat_suceso(v_sesion), v_sesion.cliente_id, p_actor_id, p_ahora);
END $$;

-- Who shall see that somebody writes: the other side of an open session.
--   fallo 409: chat_cerrado
CREATE FUNCTION fn.chat_escribe(p_id uuid, p_actor_id uuid, p_personal boolean) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones := fn.chat_acceder(p_id, p_actor_id, p_personal, false);
    v_oyen text[] := fn.chat_flujos(v_sesion);
BEGIN
    IF v_sesion.estado = 'closed' THEN
        PERFORM fn.fallo(409, 'chat_cerrado');
    END IF;
    RETURN CASE WHEN p_personal THEN v_oyen[1:1] ELSE v_oyen[2:] END;
END $$;

-- --- everything of one person --------------------------------------------------------------------------------------

CREATE FUNCTION fn.chat_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object('mensajes', (
               SELECT coalesce(jsonb_agg(to_jsonb(m) - 'sesion_id' ORDER BY m.seq), '[]')
                 FROM public.chat_mensajes m WHERE m.sesion_id = s.id)) ORDER BY s.numero), '[]')
      FROM public.chat_sesiones s WHERE s.cliente_id = ANY (p_clientes)
$$;

-- That somebody talked, when and how often stays; what was said goes, also what support answered, because it may repeat
-- what he wrote. Nobody is left to answer, so what was open is closed.
CREATE FUNCTION fn.chat_olvidar(p_clientes uuid[], p_ahora timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE public.chat_sesiones
       SET estado = 'closed', cerrado_en = p_ahora, version = version + 1,
           actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes) AND estado <> 'closed';
    UPDATE public.chat_mensajes m SET texto = '', cliente_mensaje_id = NULL FROM public.chat_sesiones s
     WHERE s.id = m.sesion_id AND s.cliente_id = ANY (p_clientes);
$$;

-- His sessions become the other record's, and its login reads them; where both have one open, the one that comes over
-- is closed.
CREATE FUNCTION fn.chat_mover(p_de uuid, p_a uuid, p_ahora timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE public.chat_sesiones s
       SET estado = 'closed', cerrado_en = p_ahora, version = version + 1,
           actualizado_en = p_ahora
     WHERE cliente_id = p_de AND estado <> 'closed' AND borrado_en IS NULL AND EXISTS (
               SELECT FROM public.chat_sesiones o JOIN public.clientes k ON k.usuario_principal_id = o.usuario_id
                WHERE k.id = p_a AND o.estado <> 'closed' AND o.borrado_en IS NULL);
    UPDATE public.chat_sesiones
       SET cliente_id = p_a, actualizado_en = p_ahora,
           usuario_id = (SELECT usuario_principal_id FROM public.clientes WHERE id = p_a)
     WHERE cliente_id = p_de;
$$;
