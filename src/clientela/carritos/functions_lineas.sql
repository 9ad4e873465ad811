-- Many lines at once, each as if it were added by itself.

-- Add lines to a locked cart at today's prices: p_lineas is a list of {producto_id, nombre, cantidad,
-- campania_aplicada_id?, motivo_descuento?}. A campaign comes along while it applies to the cart's client. What cannot be
-- bought so any more (retired, no longer sold in fractions, more than a line may hold) is left out and named in
-- p_omitidos; p_puestas counts the others. The caller moves the version on and tells the devices.
CREATE FUNCTION fn.carrito_agregar(
    p_carrito public.carritos, p_lineas jsonb, p_actor_id uuid, p_ahora timestamptz,
    OUT p_puestas integer, OUT p_omitidos jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_linea record;
BEGIN
    p_puestas := 0;
    p_omitidos := '[]';
    FOR v_linea IN
        SELECT p.id, e.l ->> 'nombre' AS nombre, (e.l ->> 'cantidad')::numeric AS cantidad,
               (e.l ->> 'campania_aplicada_id')::bigint AS campania_id, e.l ->> 'motivo_descuento' AS motivo,
               fn.precio_en_campania((e.l ->> 'campania_aplicada_id')::bigint, p, p_carrito.cliente_id, p_ahora)
                   IS NOT NULL AS en_campania,
               p.activo AND (p.fraccionable OR (coalesce(c.cantidad, 0) + (e.l ->> 'cantidad')::numeric) % 1 = 0)
                   AND coalesce(c.cantidad, 0) + (e.l ->> 'cantidad')::numeric <= 999999 AS cabe
          FROM jsonb_array_elements(p_lineas) WITH ORDINALITY AS e (l, n)
          JOIN public.productos p ON p.id = (e.l ->> 'producto_id')::uuid
          LEFT JOIN public.carrito_lineas c ON c.carrito_id = p_carrito.id AND c.producto_id = p.id
         ORDER BY e.n
    LOOP
        IF v_linea.cabe THEN
            PERFORM fn.carrito_escribir_linea(
                p_carrito, v_linea.id, v_linea.cantidad, true,
                CASE WHEN v_linea.en_campania THEN v_linea.campania_id END, v_linea.en_campania,
                v_linea.motivo, v_linea.motivo IS NOT NULL, p_actor_id, p_ahora);
            p_puestas := p_puestas + 1;
        ELSE
            p_omitidos := p_omitidos || jsonb_build_object('producto_id', v_linea.id, 'nombre', v_linea.nombre);
        END IF;
    END LOOP;
END $$;
