-- Functions of the client register: everything of one person handed out, forgotten, handed over to another record.

-- The records of one person: his own and those that were merged into it.
CREATE FUNCTION fn.cliente_persona(p_cliente_id uuid) RETURNS uuid[] LANGUAGE sql STABLE
RETURN ARRAY(SELECT id FROM public.clientes WHERE id = p_cliente_id OR fusionado_con_id = p_cliente_id ORDER BY id);

CREATE FUNCTION fn.clientes_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'clientes', (SELECT coalesce(jsonb_agg(to_jsonb(c) - '{busqueda,nombre_orden}'::text[] ORDER BY c.numero), '[]')
            FROM public.clientes c WHERE c.id = ANY (p_clientes)),
        'direcciones', (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.id), '[]')
            FROM public.direcciones d WHERE d.cliente_id = ANY (p_clientes)),
        'ventanas_entrega', (SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.id), '[]')
            FROM public.ventanas_entrega_cliente v WHERE v.cliente_id = ANY (p_clientes)),
        'categorias', (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('clave', k.clave) ORDER BY k.id), '[]')
            FROM public.categoria_cliente p JOIN public.categorias_cliente k ON k.id = p.categoria_id
           WHERE p.cliente_id = ANY (p_clientes)),
        'eventos', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'tipo', e.tipo, 'datos', e.datos, 'creado_en', e.creado_en) ORDER BY e.creado_en), '[]')
            FROM public.eventos e WHERE e.cliente_id = ANY (p_clientes) AND e.principal),
        'auditoria', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'accion', a.accion, 'fecha', a.fecha, 'datos', a.datos) ORDER BY a.id), '[]')
            FROM public.auditoria a WHERE (a.objeto_tipo = 'cliente' AND a.objeto_id = ANY (p_clientes::text[]))
              OR (a.objeto_tipo = 'usuario' AND a.objeto_id IN (
                  SELECT usuario_principal_id::text FROM public.clientes WHERE id = ANY (p_clientes)))
              OR a.actor_id IN (SELECT usuario_principal_id FROM public.clientes WHERE id = ANY (p_clientes))))
$$;

-- Forget who some clients were; returns the keys of the files that no row names any more. The rows stay for the
-- books, without anything that tells whose they are.
CREATE FUNCTION fn.clientes_olvidar(p_clientes uuid[], p_ahora timestamptz) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    v_archivos text[];
BEGIN
    SELECT coalesce(array_agg(k), '{}') INTO v_archivos
      FROM public.clientes c CROSS JOIN unnest(ARRAY[c.foto_perfil, c.ci_anverso, c.ci_reverso]) AS k
     WHERE c.id = ANY (p_clientes) AND k IS NOT NULL;
    DELETE FROM public.direcciones WHERE cliente_id = ANY (p_clientes);
    DELETE FROM public.ventanas_entrega_cliente WHERE cliente_id = ANY (p_clientes);
    DELETE FROM public.categoria_cliente WHERE cliente_id = ANY (p_clientes);
    UPDATE public.clientes SET nombre = 'Cliente eliminado', razon_social = NULL, nit = NULL, email = NULL,
           telefono = NULL, telefono_e164 = NULL, whatsapp = NULL, fecha_nacimiento = NULL, genero = NULL,
           localidad_id = NULL, latitud = NULL, longitud = NULL, observaciones = NULL, foto_perfil = NULL,
           ci_anverso = NULL, ci_reverso = NULL, limite_credito = 0, activo = false, anonimizado_en = p_ahora,
           version = version + 1, actualizado_en = p_ahora
     WHERE id = ANY (p_clientes);
    RETURN v_archivos;
END $$;

-- Give one client's addresses, categories and (when asked for) windows to another, and what its record lacks. Both are
-- held. Returns which fields were taken.
CREATE FUNCTION fn.clientes_mover(p_de uuid, p_a uuid, p_ventanas text, p_ahora timestamptz) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    v_de public.clientes;
    v_a public.clientes;
    v_tomados text[];
BEGIN
    SELECT * INTO v_de FROM public.clientes WHERE id = p_de;
    SELECT * INTO v_a FROM public.clientes WHERE id = p_a;
    SELECT coalesce(array_agg(d.key ORDER BY d.key), '{}') INTO v_tomados
      FROM jsonb_each(to_jsonb(v_de)) d JOIN jsonb_each(to_jsonb(v_a)) a USING (key)
     WHERE d.value <> 'null' AND a.value = 'null' AND key IN (
           'razon_social', 'nit', 'email', 'telefono', 'whatsapp', 'fecha_nacimiento', 'genero', 'localidad_id',
           'latitud', 'observaciones', 'vendedor_asignado_id', 'foto_perfil', 'ci_anverso', 'ci_reverso');
    IF EXISTS (SELECT FROM public.direcciones WHERE cliente_id = p_a AND es_principal) THEN
        UPDATE public.direcciones SET es_principal = false WHERE cliente_id = p_de AND es_principal;
    END IF;
    UPDATE public.direcciones SET cliente_id = p_a, actualizado_en = p_ahora WHERE cliente_id = p_de;
    INSERT INTO public.categoria_cliente (cliente_id, categoria_id)
    SELECT p_a, categoria_id FROM public.categoria_cliente WHERE cliente_id = p_de ON CONFLICT DO NOTHING;
    DELETE FROM public.categoria_cliente WHERE cliente_id = p_de;
    IF p_ventanas = 'fusionado' THEN
        DELETE FROM public.ventanas_entrega_cliente WHERE cliente_id = p_a;
    END IF;
    IF p_ventanas IN ('fusionado', 'ambas') THEN
        INSERT INTO public.ventanas_entrega_cliente (cliente_id, dia_semana, hora_inicio, hora_fin, activo)
        SELECT p_a, dia_semana, hora_inicio, hora_fin, activo FROM public.ventanas_entrega_cliente
         WHERE cliente_id = p_de ORDER BY id
            ON CONFLICT ON CONSTRAINT ventanas_entrega_cliente_key DO NOTHING;
    END IF;
    -- A file has one owner: what the survivor takes, the other record no longer names.
    UPDATE public.clientes SET fusionado_con_id = p_a, fusionado_en = p_ahora, activo = false,
           foto_perfil = CASE WHEN v_a.foto_perfil IS NULL THEN NULL ELSE foto_perfil END,
           ci_anverso = CASE WHEN v_a.ci_anverso IS NULL THEN NULL ELSE ci_anverso END,
           ci_reverso = CASE WHEN v_a.ci_reverso IS NULL THEN NULL ELSE ci_reverso END,
           version = version + 1, actualizado_en = p_ahora
     WHERE id = p_de;
    -- Whoever was merged into that record before belongs to the survivor now.
    UPDATE public.clientes SET fusionado_con_id = p_a WHERE fusionado_con_id = p_de;
    UPDATE public.clientes SET
           razon_social = coalesce(v_a.razon_social, v_de.razon_social), nit = coalesce(v_a.nit, v_de.nit),
           email = coalesce(v_a.email, v_de.email), telefono = coalesce(v_a.telefono, v_de.telefono),
           telefono_e164 = CASE WHEN v_a.telefono IS NULL THEN v_de.telefono_e164 ELSE v_a.telefono_e164 END,
           whatsapp = coalesce(v_a.whatsapp, v_de.whatsapp),
           fecha_nacimiento = coalesce(v_a.fecha_nacimiento, v_de.fecha_nacimiento),
           genero = coalesce(v_a.genero, v_de.genero), localidad_id = coalesce(v_a.localidad_id, v_de.localidad_id),
           latitud = CASE WHEN v_a.latitud IS NULL THEN v_de.latitud ELSE v_a.latitud END,
           longitud = CASE WHEN v_a.latitud IS NULL THEN v_de.longitud ELSE v_a.longitud END,
           observaciones = coalesce(v_a.observaciones, v_de.observaciones),
           vendedor_asignado_id = coalesce(v_a.vendedor_asignado_id, v_de.vendedor_asignado_id),
           foto_perfil = coalesce(v_a.foto_perfil, v_de.foto_perfil),
           ci_anverso = coalesce(v_a.ci_anverso, v_de.ci_anverso), ci_reverso = coalesce(v_a.ci_reverso, v_de.ci_reverso),
           version = version + 1, actualizado_en = p_ahora
     WHERE id = p_a;
    -- His history is the principal copies, which an index finds; the others are told and forgotten.
    UPDATE public.eventos SET cliente_id = p_a WHERE cliente_id = p_de AND principal;
    RETURN v_tomados;
END $$;

-- Whether two names, as they are ordered by, share half of their trigrams.
CREATE FUNCTION fn.nombres_parecidos(p_uno text, p_otro text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    v_uno text[] := public.trigramas(p_uno);
    v_otro text[] := public.trigramas(p_otro);
    v_comunes integer := cardinality(ARRAY(SELECT unnest(v_uno) INTERSECT SELECT unnest(v_otro)));
BEGIN
    RETURN v_comunes * 2 >= cardinality(v_uno) + cardinality(v_otro) - v_comunes;
END $$;
