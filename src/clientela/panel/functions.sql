-- Functions of the panel: drafts with the tombstone of what was sent, preferences, and the autosave of everything.
-- Lock order: the cart, the drafts in the order of their kinds, the preferences, events last.

-- One draft's row, locked until the transaction ends; made if there was none, so that a tombstone always has a
-- place and whoever comes later waits here.
CREATE FUNCTION fn.borrador_bloquear(p_cliente_id uuid, p_tipo text, p_ahora timestamptz)
RETURNS public.borradores LANGUAGE plpgsql AS $$
DECLARE
    v_borrador public.borradores;
BEGIN
    LOOP
        SELECT * INTO v_borrador FROM public.borradores
         WHERE cliente_id = p_cliente_id AND tipo = p_tipo
           FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO public.borradores (cliente_id, tipo, creado_en, actualizado_en)
        VALUES (p_cliente_id, p_tipo, p_ahora, p_ahora)
        ON CONFLICT (cliente_id, tipo) DO NOTHING;
    END LOOP;
    RETURN v_borrador;
END $$;

-- Whether texts are an echo of what was sent in the last two minutes: each equals, or is the beginning of, its
-- field as it was sent (white space around does not count). Texts that are all empty are nobody's echo.
CREATE FUNCTION fn.borrador_es_eco(p_cliente_id uuid, p_tipo text, p_campos jsonb, p_ahora timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM public.borradores_enviados e
         WHERE e.cliente_id = p_cliente_id AND e.tipo = p_tipo
           AND e.enviado_en >= p_ahora - interval '2 minutes'
           AND (SELECT bool_and(starts_with(btrim(coalesce(e.campos ->> c.key, ''), E' \t\r\n'), c.texto))
                       AND bool_or(c.texto <> '')
                  FROM (SELECT key, btrim(value, E' \t\r\n') AS texto FROM jsonb_each_text(p_campos)) AS c));
END $$;

-- Replace a draft whole. conflicto says why it was not: borrador_enviado (typed before the sending) or
-- version_anterior (somebody else wrote meanwhile); version is the current one either way.
CREATE FUNCTION fn.borrador_escribir(
    p_cliente_id uuid, p_tipo text, p_campos jsonb, p_version bigint, p_ahora timestamptz,
    OUT version bigint, OUT actualizado_en timestamptz, OUT conflicto text
) LANGUAGE plpgsql AS $$
DECLARE
    v_borrador public.borradores := fn.borrador_bloquear(p_cliente_id, p_tipo, p_ahora);
BEGIN
    IF p_version <> v_borrador.version THEN
        conflicto := CASE WHEN p_version < v_borrador.version_enviada THEN 'borrador_enviado'
                          ELSE 'version_anterior' END;
    ELSIF p_version IS NULL AND fn.borrador_es_eco(p_cliente_id, p_tipo, p_campos, p_ahora) THEN
        conflicto := 'borrador_enviado';
    ELSE
        UPDATE public.borradores b
           SET campos = p_campos, version = b.version + 1, actualizado_en = p_ahora
         WHERE b.cliente_id = p_cliente_id AND b.tipo = p_tipo
        RETURNING b.version, b.actualizado_en INTO version, actualizado_en;
        RETURN;
    END IF;
    version := v_borrador.version;
    actualizado_en := v_borrador.actualizado_en;
END $$;

-- Tell a client's devices that a draft changed; staff who changed it leave a trace.
CREATE FUNCTION fn.borrador_avisar(
    p_usuario_id uuid, p_cliente_id uuid, p_tipo text, p_version bigint, p_actor_id uuid, p_ahora timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_actor_id <> p_usuario_id THEN
        PERFORM fn.auditar('panel', 'panel.borrador_cambiado', p_actor_id, 'cliente', p_cliente_id::text,
                           jsonb_build_object('tipo', p_tipo, 'version', p_version));
    END IF;
    PERFORM fn.evento_emitir(
        ARRAY['usuario:' || p_usuario_id], 'draft.updated',
        jsonb_build_object('id', p_cliente_id, 'tipo', p_tipo, 'version', p_version), p_cliente_id, p_actor_id,
        p_ahora);
END $$;

-- Save one draft; stale, it is refused with the current version.
-- fallo 409: borrador_enviado, version_anterior
CREATE FUNCTION fn.borrador_guardar(
    p_cliente_id uuid, p_tipo text, p_campos jsonb, p_version bigint, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid := fn.cliente_principal(p_cliente_id);
    v_hecho record;
BEGIN
    v_hecho := fn.borrador_escribir(p_cliente_id, p_tipo, p_campos, p_version, p_ahora);
    IF v_hecho.conflicto IS NOT NULL THEN
        PERFORM fn.fallo(409, v_hecho.conflicto, jsonb_build_object('version', v_hecho.version));
    END IF;
    PERFORM fn.borrador_avisar(v_usuario_id, p_cliente_id, p_tipo, v_hecho.version, p_actor_id, p_ahora);
    RETURN json_build_object('version', v_hecho.version, 'actualizado_en', v_hecho.actualizado_en);
END $$;

-- Discard a draft, if there is one. Its version goes on, so that a stale write is still known as one.
CREATE FUNCTION fn.borrador_eliminar(p_cliente_id uuid, p_tipo text, p_actor_id uuid, p_ahora timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid := fn.cliente_principal(p_cliente_id);
    v_version bigint;
BEGIN
    UPDATE public.borradores SET campos = NULL, version = version + 1, actualizado_en = p_ahora
     WHERE cliente_id = p_cliente_id AND tipo = p_tipo AND campos IS NOT NULL
    RETURNING version INTO v_version;
    IF FOUND THEN
        PERFORM fn.borrador_avisar(v_usuario_id, p_cliente_id, p_tipo, v_version, p_actor_id, p_ahora);
    END IF;
END $$;

-- Bury a draft under what was sent of it. Returns the new version; the caller tells the devices (events come last).
CREATE FUNCTION fn.borrador_enterrar(p_cliente_id uuid, p_tipo text, p_campos jsonb, p_ahora timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_borrador public.borradores;
BEGIN
    PERFORM fn.cliente_principal(p_cliente_id);
    v_borrador := fn.borrador_bloquear(p_cliente_id, p_tipo, p_ahora);
    INSERT INTO public.borradores_enviados (cliente_id, tipo, campos, enviado_en)
    VALUES (p_cliente_id, p_tipo, p_campos, p_ahora);
    UPDATE public.borradores
       SET campos = NULL, version = version + 1, version_enviada = version + 1, actualizado_en = p_ahora
     WHERE cliente_id = p_cliente_id AND tipo = p_tipo;
    RETURN v_borrador.version + 1;
END $$;

-- The settings of a client who saved none.
CREATE FUNCTION fn.configuraciones_iniciales() RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{"notificaciones": true, "tema": "dark"}'::jsonb;

-- Merge into settings; 422 when the result is over 8 KiB.
CREATE FUNCTION fn.configuraciones_fusionar(p_base jsonb, p_cambio jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_resultado jsonb := fn.json_fusionar(p_base, p_cambio);
BEGIN
    IF octet_length(v_resultado::text) > 8192 THEN
        PERFORM fn.fallo(422, 'configuraciones_excesivas');
    END IF;
    RETURN v_resultado;
END $$;

-- Merge into a client's preferences: NULL leaves a part alone, none saved yet begin with the defaults. One
-- statement, so that parallel writes follow one another and none is lost.
CREATE FUNCTION fn.preferencias_escribir(
    p_cliente_id uuid, p_vista_activa text, p_configuraciones jsonb, p_ahora timestamptz
) RETURNS public.preferencias LANGUAGE plpgsql AS $$
DECLARE
    v_preferencias public.preferencias;
BEGIN
    INSERT INTO public.preferencias AS p (cliente_id, vista_activa, configuraciones, version, creado_en, actualizado_en)
    VALUES (p_cliente_id, coalesce(p_vista_activa, 'inicio'),
            fn.configuraciones_fusionar(fn.configuraciones_iniciales(), coalesce(p_configuraciones, '{}')),
            1, p_ahora, p_ahora)
        ON CONFLICT (cliente_id) DO UPDATE
       SET vista_activa = coalesce(p_vista_activa, p.vista_activa),
           configuraciones = fn.configuraciones_fusionar(p.configuraciones, coalesce(p_configuraciones, '{}')),
           version = p.version + 1,
           actualizado_en = p_ahora
    RETURNING * INTO v_preferencias;
    RETURN v_preferencias;
END $$;

-- Tell a client's devices that the preferences changed; staff who changed them leave a trace.
CREATE FUNCTION fn.preferencias_avisar(p_usuario_id uuid, p_preferencias public.preferencias, p_actor_id uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_actor_id <> p_usuario_id THEN
        PERFORM fn.auditar('panel', 'panel.preferencias_cambiadas', p_actor_id, 'cliente',
                           p_preferencias.cliente_id::text, jsonb_build_object('version', p_preferencias.version));
    END IF;
    PERFORM fn.evento_emitir(
        ARRAY['usuario:' || p_usuario_id], 'preferences.updated',
        jsonb_build_object('id', p_preferencias.cliente_id, 'version', p_preferencias.version),
        p_preferencias.cliente_id, p_actor_id, p_preferencias.actualizado_en);
END $$;

-- Merge into a client's preferences and return them in the neutral form.
CREATE FUNCTION fn.preferencias_guardar(
    p_cliente_id uuid, p_vista_activa text, p_configuraciones jsonb, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid := fn.cliente_principal(p_cliente_id);
    v_preferencias public.preferencias;
BEGIN
    v_preferencias := fn.preferencias_escribir(p_cliente_id, p_vista_activa, p_configuraciones, p_ahora);
    PERFORM fn.preferencias_avisar(v_usuario_id, v_preferencias, p_actor_id);
    RETURN json_build_object(
        'vista_activa', v_preferencias.vista_activa, 'configuraciones', v_preferencias.configuraciones,
        'actualizado_en', v_preferencias.actualizado_en);
END $$;

-- Save everything that was sent, in one transaction. NULL arguments leave a part alone. A part that is not valid
-- refuses the whole (422); a stale one is left out and named in conflictos. p_borradores maps a kind to
-- {"campos": {...}, "version": n or null}. Returns {"versiones": {part: version}, "conflictos": [part, ...],
-- "perdidas": [lines that fn.carrito_sin_lo_pedido left out]}; the parts are carrito, reclamo and soporte. Generic plans: as fn.carrito_reemplazar.
CREATE FUNCTION fn.auto_guardar(
    p_cliente_id uuid, p_productos uuid[], p_cantidades numeric[], p_fracciones boolean[], p_version_carrito bigint,
    p_carrito_id uuid, p_borradores jsonb, p_preferencias boolean, p_vista_activa text, p_configuraciones jsonb,
    p_actor_id uuid, p_sesion_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_usuario_id uuid := fn.cliente_principal(p_cliente_id);
    v_carrito public.carritos;
    v_lineas record;
    v_perdidas jsonb := '[]';
    v_preferencias public.preferencias;
    v_versiones jsonb := '{}';
    v_conflictos text[] := '{}';
    v_tipo text;
    v_enviado jsonb;
    v_hecho record;
BEGIN
    IF p_productos IS NOT NULL THEN
        v_carrito := fn.carrito_bloquear(v_usuario_id, p_cliente_id, NULL, p_carrito_id, p_ahora);
        IF v_carrito.version <> p_version_carrito THEN
            PERFORM fn.carrito_revisar(v_carrito.id, p_productos, p_cantidades, p_fracciones);
            v_conflictos := v_conflictos || 'carrito'::text;
        ELSE
            v_lineas := fn.carrito_sin_lo_pedido(
                v_carrito, p_version_carrito, p_sesion_id, p_ahora, p_productos, p_cantidades, p_fracciones);
            v_perdidas := v_lineas.p_perdidas;
            v_carrito := fn.carrito_escribir(
                v_carrito, v_lineas.p_productos, v_lineas.p_cantidades, v_lineas.p_fracciones, p_ahora);
        END IF;
        v_versiones := v_versiones || jsonb_build_object('carrito', v_carrito.version);
    END IF;
    FOR v_tipo, v_enviado IN SELECT key, value FROM jsonb_each(p_borradores) ORDER BY key LOOP
        v_hecho := fn.borrador_escribir(
            p_cliente_id, v_tipo, v_enviado -> 'campos', (v_enviado ->> 'version')::bigint, p_ahora);
        IF v_hecho.conflicto IS NOT NULL THEN
            v_conflictos := v_conflictos || v_tipo;
        END IF;
        v_versiones := v_versiones || jsonb_build_object(v_tipo, v_hecho.version);
    END LOOP;
    IF p_preferencias THEN
        v_preferencias := fn.preferencias_escribir(p_cliente_id, p_vista_activa, p_configuraciones, p_ahora);
    END IF;
    -- Events last: their stream stays locked until the commit.
    IF p_productos IS NOT NULL AND NOT 'carrito' = ANY (v_conflictos) THEN
        PERFORM fn.carrito_avisar(v_carrito, p_actor_id);
    END IF;
    FOR v_tipo IN SELECT key FROM jsonb_each(p_borradores) WHERE NOT key = ANY (v_conflictos) ORDER BY key LOOP
        PERFORM fn.borrador_avisar(
            v_usuario_id, p_cliente_id, v_tipo, (v_versiones ->> v_tipo)::bigint, p_actor_id, p_ahora);
    END LOOP;
    IF p_preferencias THEN
        PERFORM fn.preferencias_avisar(v_usuario_id, v_preferencias, p_actor_id);
    END IF;
    RETURN json_build_object('versiones', v_versiones, 'conflictos', v_conflictos, 'perdidas', v_perdidas);
END $$;

-- Everything that the panel keeps of some clients.
CREATE FUNCTION fn.panel_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'borradores', (SELECT coalesce(jsonb_agg(to_jsonb(b) ORDER BY b.tipo), '[]')
            FROM public.borradores b WHERE b.cliente_id = ANY (p_clientes)),
        'borradores_enviados', (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.id), '[]')
            FROM public.borradores_enviados e WHERE e.cliente_id = ANY (p_clientes)),
        'preferencias', (SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]')
            FROM public.preferencias p WHERE p.cliente_id = ANY (p_clientes)))
$$;

CREATE FUNCTION fn.panel_olvidar(p_clientes uuid[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM public.borradores_enviados WHERE cliente_id = ANY (p_clientes);
    DELETE FROM public.borradores WHERE cliente_id = ANY (p_clientes);
    DELETE FROM public.preferencias WHERE cliente_id = ANY (p_clientes);
$$;

-- Give one client's drafts and preferences to another who has none of that kind. Of two drafts the survivor's stays
-- in the panel; the other stays with the merged record, where an export finds it.
CREATE FUNCTION fn.panel_mover(p_de uuid, p_a uuid, p_ahora timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_borrador public.borradores;
BEGIN
    FOR v_borrador IN
        SELECT * FROM public.borradores WHERE cliente_id = p_de AND campos IS NOT NULL ORDER BY tipo FOR UPDATE
    LOOP
        IF (fn.borrador_bloquear(p_a, v_borrador.tipo, p_ahora)).campos IS NULL THEN
            UPDATE public.borradores SET campos = v_borrador.campos, version = version + 1, actualizado_en = p_ahora
             WHERE cliente_id = p_a AND tipo = v_borrador.tipo;
            UPDATE public.borradores SET campos = NULL, version = version + 1, actualizado_en = p_ahora
             WHERE cliente_id = p_de AND tipo = v_borrador.tipo;
        END IF;
    END LOOP;
    -- What was sent minutes ago goes where its ticket goes.
    PERFORM fn.borrador_bloquear(p_a, e.tipo, p_ahora)
       FROM (SELECT DISTINCT tipo FROM public.borradores_enviados WHERE cliente_id = p_de) AS e;
    UPDATE public.borradores_enviados SET cliente_id = p_a WHERE cliente_id = p_de;
    UPDATE public.preferencias SET cliente_id = p_a
     WHERE cliente_id = p_de AND NOT EXISTS (SELECT FROM public.preferencias WHERE cliente_id = p_a);
END $$;
