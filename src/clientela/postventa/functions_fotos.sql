-- Photos of work orders. Whoever adds or removes one holds the order, as for everything that happens to it.

CREATE FUNCTION fn.foto_neutra(p_foto public.orden_fotos) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'id', p_foto.id,
        'orden_id', p_foto.orden_id,
        'clave', p_foto.clave,
        'descripcion', p_foto.descripcion,
        'ancho', p_foto.ancho,
        'alto', p_foto.alto,
        'subida_por', (SELECT json_build_object('id', id, 'nombre', nombre)
                         FROM public.usuarios WHERE id = p_foto.subida_por),
        'creado_en', p_foto.creado_en)
$$;

-- Add a photo, whose file is there already: work on the order, so the order has moved. p_tecnico_id, where given, is
-- who must still have the order when the lock is held. Returns the photo.
--   fallo 404: orden_no_encontrada; 409: demasiadas_fotos
CREATE FUNCTION fn.orden_foto_agregar(
    p_id uuid, p_orden_id uuid, p_clave text, p_descripcion text, p_ancho integer, p_alto integer, p_maximo integer,
    p_tecnico_id uuid, p_actor_id uuid, p_ahora timestamptz
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
    v_foto public.orden_fotos;
    v_lugar integer;
BEGIN
    SELECT * INTO v_orden FROM public.ordenes_trabajo WHERE id = p_orden_id FOR NO KEY UPDATE;
    IF NOT FOUND OR v_orden.tecnico_id IS DISTINCT FROM coalesce(p_tecnico_id, v_orden.tecnico_id) THEN
        PERFORM fn.fallo(404, 'orden_no_encontrada');
    END IF;
    SELECT min(n) INTO v_lugar FROM generate_series(1, p_maximo) n
     WHERE NOT EXISTS (SELECT FROM public.orden_fotos WHERE orden_id = p_orden_id AND lugar = n);
    IF v_lugar IS NULL THEN
        PERFORM fn.fallo(409, 'demasiadas_fotos');
    END IF;
    INSERT INTO public.orden_fotos (id, orden_id, lugar, clave, descripcion, ancho, alto, subida_por, creado_en)
    VALUES (p_id, p_orden_id, v_lugar, p_clave, p_descripcion, p_ancho, p_alto, p_actor_id, p_ahora)
    RETURNING * INTO v_foto;
    UPDATE public.ordenes_trabajo
       SET ultimo_movimiento_en = p_ahora, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_orden_id
    RETURNING * INTO v_orden;
    PERFORM fn.orden_anotar(v_orden, 'foto', p_descripcion, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
    RETURN fn.foto_neutra(v_foto);
END $$;

-- Remove a photo that was seen there; false if somebody else has just done so. It is written down, but no work on the
-- order: whoever waits for some is still waiting.
CREATE FUNCTION fn.orden_foto_quitar(p_id uuid, p_orden_id uuid, p_actor_id uuid, p_ahora timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_orden public.ordenes_trabajo;
BEGIN
    PERFORM 1 FROM public.ordenes_trabajo WHERE id = p_orden_id FOR NO KEY UPDATE;
    DELETE FROM public.orden_fotos WHERE id = p_id AND orden_id = p_orden_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE public.ordenes_trabajo SET version = version + 1, actualizado_en = p_ahora WHERE id = p_orden_id
    RETURNING * INTO v_orden;
    PERFORM fn.orden_anotar(v_orden, 'foto_quitada', NULL, p_actor_id, p_ahora);
    PERFORM fn.orden_avisar(v_orden, p_actor_id, p_ahora);
    RETURN true;
END $$;

-- --- everything of one person ----------------------------------------------------------------------------------

CREATE FUNCTION fn.fotos_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object('orden', o.numero) ORDER BY o.numero, f.lugar), '[]')
      FROM public.ordenes_trabajo o JOIN public.orden_fotos f ON f.orden_id = o.id
     WHERE o.cliente_id = ANY (p_clientes)
$$;

-- Returns the keys of the files, which nothing names any more.
CREATE FUNCTION fn.fotos_olvidar(p_clientes uuid[]) RETURNS text[] LANGUAGE sql AS $$
    WITH quitadas AS (
        DELETE FROM public.orden_fotos f USING public.ordenes_trabajo o
         WHERE o.id = f.orden_id AND o.cliente_id = ANY (p_clientes)
        RETURNING f.clave)
    SELECT coalesce(array_agg(clave), '{}') FROM quitadas
$$;
