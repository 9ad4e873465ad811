-- Functions of the ledger: everything of one person handed out, and his words forgotten. The books stay.

CREATE FUNCTION fn.cobranza_exportar(p_clientes uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'cuentas_por_cobrar', (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.numero), '[]')
            FROM public.cuentas_por_cobrar c WHERE c.cliente_id = ANY (p_clientes)),
        'pagos', (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.numero), '[]')
            FROM public.pagos p WHERE p.cliente_id = ANY (p_clientes)),
        'pago_aplicaciones', (SELECT coalesce(jsonb_agg(to_jsonb(a)), '[]')
            FROM public.pago_aplicaciones a WHERE a.cliente_id = ANY (p_clientes)),
        'facturas', (SELECT coalesce(jsonb_agg(to_jsonb(f) || jsonb_build_object(
                'lineas', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.posicion)
                             FROM public.factura_lineas l WHERE l.factura_id = f.id)) ORDER BY f.numero), '[]')
            FROM public.facturas f WHERE f.cliente_id = ANY (p_clientes)))
$$;

-- Amounts, dates, products and what a payment went to stay; texts that name a person, or may, go.
CREATE FUNCTION fn.cobranza_olvidar(p_clientes uuid[], p_ahora timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE public.cuentas_por_cobrar SET concepto = 'Concepto eliminado', actualizado_en = p_ahora,
           motivo_anulacion = CASE WHEN motivo_anulacion IS NOT NULL THEN 'Motivo eliminado' END
     WHERE cliente_id = ANY (p_clientes);
    UPDATE public.pagos SET motivo_anulacion = 'Motivo eliminado', actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes) AND motivo_anulacion IS NOT NULL;
    UPDATE public.facturas SET cliente_nombre = 'Cliente eliminado', cliente_nit = NULL, cliente_direccion = NULL,
           actualizado_en = p_ahora
     WHERE cliente_id = ANY (p_clientes);
$$;
