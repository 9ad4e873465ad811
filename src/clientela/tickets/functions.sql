-- Functions of the tickets: everything of one person handed out, forgotten, handed over to another record.

CREATE FUNCTION fn.tickets_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(t) || jsonb_build_object('conversacion', (
            SELECT coalesce(jsonb_agg(to_jsonb(m) - 'ticket_id' ORDER BY m.seq), '[]')
              FROM public.ticket_mensajes m WHERE m.ticket_id = t.id)) ORDER BY t.numero), '[]')
      FROM public.tickets t WHERE t.cliente_id = ANY (p_clientes)
$$;

-- A ticket stays as a number that was open and closed; what was said in it goes, also what staff answered, because it
-- may repeat what he wrote.
CREATE FUNCTION fn.tickets_olvidar(p_clientes uuid[], p_ahora timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE public.ticket_mensajes SET texto = 'Texto eliminado'
     WHERE ticket_id IN (SELECT id FROM public.tickets WHERE cliente_id = ANY (p_clientes));
    UPDATE public.tickets SET asunto = 'Asunto eliminado', version = version + 1, actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes);
$$;

-- His messages stay his: only the record that the ticket belongs to is another.
CREATE FUNCTION fn.tickets_mover(p_de uuid, p_a uuid, p_ahora timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE public.tickets SET cliente_id = p_a, version = version + 1, actualizado_en = p_ahora
     WHERE cliente_id = p_de;
$$;
