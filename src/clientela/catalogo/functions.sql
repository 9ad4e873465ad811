-- Functions of the catalogue.

-- What a search text asks for: every word must be there, by its stem or as the beginning of a word. Words too
-- common to be indexed (de, para, con) ask for nothing, unless the last one: it may be a word not yet finished.
CREATE FUNCTION fn.producto_consulta(q text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    palabras text[] := string_to_array(public.texto_palabras(q), ' ');
    ultima int := cardinality(palabras);
    raiz tsquery;
    palabra tsquery;
    consulta tsquery;
BEGIN
    FOR i IN 1..ultima LOOP
        raiz := plainto_tsquery('pg_catalog.spanish', regexp_replace(palabras[i], 'z$', 'ces'));
        IF numnode(raiz) > 0 OR i = ultima THEN
            palabra := raiz || to_tsquery('pg_catalog.simple', '''' || palabras[i] || ''':*');
            consulta := coalesce(consulta && palabra, palabra);
        END IF;
    END LOOP;
    RETURN consulta;
END
$$;

-- A code as it is compared: without case, accents, spaces and punctuation (fer 12 finds FER-12).
CREATE FUNCTION fn.producto_clave(q text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(public.texto_palabras(q), ' ', '');

-- The first text after all those that begin with a code; an empty code begins nothing.
CREATE FUNCTION fn.producto_clave_fin(q text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN fn.producto_clave(q) = '' THEN '' ELSE fn.producto_clave(q) || chr(1114111) END;

-- A product as the panel shows it in a cart line (the `item` of the panel's contract).
CREATE FUNCTION fn.producto_item(p public.productos) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
    '_id', p.id,
    'codigo', p.codigo,
    'nombre', p.nombre,
    'descripcion', p.descripcion,
    'precio', p.precio,
    'imagenes', p.imagenes
);
