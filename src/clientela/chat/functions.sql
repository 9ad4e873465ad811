-- Functions of the support chat. Lock order: who gets what (fn.chat_decidir), the sessions' rows, audit chains, events
-- last.

-- Let one at a time decide who gets a session, until the transaction ends; taken before any session's row. Whoever ends a
-- wait, takes an agent's time or gives it back goes through here.
CREATE FUNCTION fn.chat_decidir() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('chat_decidir', 29))
$$;

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

-- The same, and some who hear of it besides; who is of support hears it once where everybody of support does.
CREATE FUNCTION fn.chat_oyen(p_sesion public.chat_sesiones, p_ademas uuid[]) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT fn.chat_flujos(p_sesion) || ARRAY(
        SELECT 'usuario:' || id FROM public.usuarios
         WHERE id = ANY (p_ademas) AND NOT (p_sesion.agente_id IS NULL AND rol = 'soporte'))
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

-- Open a session for a customer; the row of his record is held, so that it is neither merged nor erased meanwhile. Where
-- the house has a greeting, or is closed and says so, that is its first message. The answer is the session as it was
-- opened; that it has found an agent at once is told by an event, as it is later.
--   fallo 409: chat_abierto (sessionId); errors of fn.cliente_principal too
CREATE FUNCTION fn.chat_abrir(p_id uuid, p_usuario_id uuid, p_cliente_id uuid, p_zona text, p_ahora timestamptz)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
    v_abierta json;
    v_saludo public.chat_mensajes;
    v_repartidas public.chat_sesiones[];
    v_oyen text[];
    v_eventos jsonb[];
BEGIN
    PERFORM fn.chat_decidir();
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
    v_saludo := fn.chat_decir(v_sesion, true, p_zona, p_ahora);
    SELECT * INTO v_sesion FROM public.chat_sesiones WHERE id = p_id;
    v_abierta := fn.chat_sesion_neutra(v_sesion, 1);
    v_repartidas := fn.chat_repartir(p_ahora);
    PERFORM fn.chat_auditar(p_id, 'chat.abierto', p_usuario_id);
    IF v_saludo.id IS NOT NULL THEN
        PERFORM fn.chat_auditar(p_id, 'chat.mensaje', NULL, jsonb_build_object('mensaje_id', v_saludo.id, 'seq', 1));
    END IF;
    v_oyen := fn.chat_flujos(v_sesion);
    v_eventos := ARRAY[fn.evento(v_oyen, 'session.updated', fn.chat_suceso(v_sesion), p_cliente_id, p_usuario_id)];
    IF v_saludo.id IS NOT NULL THEN
        v_eventos := v_eventos || fn.chat_mensaje_evento(v_saludo, v_oyen);
    END IF;
    PERFORM fn.eventos_emitir(v_eventos || fn.chat_repartidas_eventos(v_repartidas), p_ahora);
    RETURN v_abierta;
END $$;

-- What those who hear of a session are told of a message.
CREATE FUNCTION fn.chat_mensaje_evento(p_mensaje public.chat_mensajes, p_oyen text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN fn.evento(p_oyen, 'message.created', jsonb_build_object(
        'id', p_mensaje.id, 'sessionId', p_mensaje.sesion_id, 'seq', p_mensaje.seq), NULL, p_mensaje.autor_id);
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

-- Write a message at the end of a session that is held. Its order is that of seq; its instant follows the last one
-- although each process has a clock of its own, as long as these differ by no more than seconds.
CREATE FUNCTION fn.chat_escribir(
    p_sesion public.chat_sesiones, p_id uuid, p_autor_id uuid, p_sender text, p_texto text, p_cliente_mensaje_id text,
    p_ahora timestamptz
) RETURNS public.chat_mensajes LANGUAGE plpgsql AS $$
DECLARE
    v_mensaje public.chat_mensajes;
    v_respuesta boolean := p_sender = 'support' AND p_autor_id IS NOT NULL;
BEGIN
    INSERT INTO public.chat_mensajes (sesion_id, seq, id, autor_id, sender, texto, cliente_mensaje_id, creado_en)
    VALUES (p_sesion.id, p_sesion.ultimo_seq + 1, p_id, p_autor_id, p_sender, p_texto, p_cliente_mensaje_id,
            greatest(p_ahora, least(p_sesion.ultimo_mensaje_en, p_ahora + interval '5 seconds')))
    RETURNING * INTO v_mensaje;
    UPDATE public.chat_sesiones
       SET ultimo_seq = v_mensaje.seq, ultimo_mensaje_en = v_mensaje.creado_en, actualizado_en = p_ahora,
           primer_mensaje_en = CASE WHEN p_sender = 'user' THEN coalesce(primer_mensaje_en, v_mensaje.creado_en)
                                    ELSE primer_mensaje_en END,
           primera_respuesta_en = CASE WHEN v_respuesta AND primer_mensaje_en IS NOT NULL
                                       THEN coalesce(primera_respuesta_en, v_mensaje.creado_en)
                                       ELSE primera_respuesta_en END,
           respuestas = respuestas + v_respuesta::integer
     WHERE id = p_sesion.id;
    RETURN v_mensaje;
END $$;

-- Write a message: {"mensaje", "creado"}; one that its author sent already under the same identifier is returned as it
-- stands. The first answer of support takes a waiting session: it becomes active, and its author its agent.
--   fallo 404: chat_no_encontrado; 409: chat_cerrado; 429: demasiados_mensajes (retry_after)
CREATE FUNCTION fn.chat_enviar(
    p_id uuid, p_sesion_id uuid, p_actor_id uuid, p_personal boolean, p_texto text, p_cliente_mensaje_id text,
    p_maximo integer, p_zona text, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
    v_mensaje public.chat_mensajes;
    v_aviso public.chat_mensajes;
    v_toma boolean;
    v_oyen text[];
    v_espera integer;
    v_eventos jsonb[] := '{}';
BEGIN
    -- Who has a session keeps it or gives it on: one that waits for nobody now never waits again.
    IF p_personal AND EXISTS (SELECT FROM public.chat_sesiones WHERE id = p_sesion_id AND estado = 'pending') THEN
        PERFORM fn.chat_decidir();
    END IF;
    v_sesion := fn.chat_destino(p_sesion_id, p_actor_id, p_personal);
    v_toma := p_personal AND v_sesion.agente_id IS NULL;
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
    v_oyen := CASE WHEN p_personal THEN fn.chat_oyen(v_sesion, ARRAY[p_actor_id]) ELSE fn.chat_flujos(v_sesion) END;
    v_mensaje := fn.chat_escribir(v_sesion, p_id, p_actor_id, CASE WHEN p_personal THEN 'support' ELSE 'user' END,
                                  p_texto, p_cliente_mensaje_id, p_ahora);
    PERFORM fn.chat_auditar(v_sesion.id, 'chat.mensaje', p_actor_id,
                            jsonb_build_object('mensaje_id', v_mensaje.id, 'seq', v_mensaje.seq));
    IF v_toma THEN
        -- Whoever saw it waiting hears that it is taken, before the message that only its two sides hear.
        v_sesion := fn.chat_dar(v_sesion.id, p_actor_id, p_ahora);
        PERFORM fn.chat_auditar(v_sesion.id, 'chat.asignado', p_actor_id, jsonb_build_object('agente_id', p_actor_id));
        v_eventos := ARRAY[fn.evento(v_oyen, 'session.updated', fn.chat_suceso(v_sesion), NULL, p_actor_id)];
        v_oyen := fn.chat_flujos(v_sesion);
    ELSIF NOT p_personal AND v_sesion.ausente_en IS NULL THEN
        SELECT * INTO v_sesion FROM public.chat_sesiones WHERE id = v_sesion.id;
        v_aviso := fn.chat_decir(v_sesion, false, p_zona, p_ahora);
        IF v_aviso.id IS NOT NULL THEN
            PERFORM fn.chat_auditar(v_sesion.id, 'chat.mensaje', NULL,
                                    jsonb_build_object('mensaje_id', v_aviso.id, 'seq', v_aviso.seq));
        END IF;
    END IF;
    v_eventos := v_eventos || fn.chat_mensaje_evento(v_mensaje, v_oyen);
    IF v_aviso.id IS NOT NULL THEN
        v_eventos := v_eventos || fn.chat_mensaje_evento(v_aviso, v_oyen);
    END IF;
    PERFORM fn.eventos_emitir(v_eventos, p_ahora);
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
    PERFORM fn.evento_emitir(fn.chat_oyen(v_sesion, ARRAY[p_actor_id]), 'messages.read',
        jsonb_build_object('sessionId', p_id, 'lector', CASE WHEN p_personal THEN 'support' ELSE 'user' END,
                           'hasta', v_hasta), NULL, p_actor_id, p_ahora);
END $$;

-- Close a session; one that is closed stays as it is. Its agent has time for the next one.
CREATE FUNCTION fn.chat_cerrar(p_id uuid, p_actor_id uuid, p_personal boolean, p_ahora timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_sesion public.chat_sesiones;
    v_repartidas public.chat_sesiones[];
    v_evento jsonb;
BEGIN
    PERFORM fn.chat_decidir();
    v_sesion := fn.chat_acceder(p_id, p_actor_id, p_personal, true);
    IF v_sesion.estado = 'closed' THEN
        RETURN;
    END IF;
    UPDATE public.chat_sesiones
       SET estado = 'closed', cerrado_en = p_ahora, cerrado_por = p_actor_id, version = version + 1,
           actualizado_en = p_ahora
     WHERE id = p_id
    RETURNING * INTO v_sesion;
    v_repartidas := fn.chat_repartir(p_ahora);
    PERFORM fn.chat_auditar(p_id, 'chat.cerrado', p_actor_id);
    v_evento := fn.evento(fn.chat_oyen(v_sesion, ARRAY[p_actor_id]), 'session.updated',
                          fn.chat_suceso(v_sesion), v_sesion.cliente_id, p_actor_id);
    PERFORM fn.eventos_emitir(v_evento || fn.chat_repartidas_eventos(v_repartidas), p_ahora);
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
