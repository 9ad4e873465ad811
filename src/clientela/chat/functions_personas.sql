-- Functions of the chat: everything of one person, handed out, forgotten, handed over.

CREATE FUNCTION fn.chat_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object('mensajes', (
               SELECT coalesce(jsonb_agg(to_jsonb(m) - 'sesion_id' ORDER BY m.seq), '[]')
                 FROM public.chat_mensajes m WHERE m.sesion_id = s.id), 'notas', (
               SELECT coalesce(jsonb_agg(to_jsonb(n) - 'sesion_id' ORDER BY n.id), '[]')
                 FROM public.chat_notas n WHERE n.sesion_id = s.id)) ORDER BY s.numero), '[]')
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
    UPDATE public.chat_notas n SET texto = '' FROM public.chat_sesiones s
     WHERE s.id = n.sesion_id AND s.cliente_id = ANY (p_clientes);
    UPDATE public.chat_sesiones SET comentario = NULL WHERE cliente_id = ANY (p_clientes) AND comentario IS NOT NULL;
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
