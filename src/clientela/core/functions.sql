-- Functions of the core. Applied by `migrate` into the schema fn, which is rebuilt whenever a text changes.
-- Parameters are called by position; the prefix p_ keeps them apart from columns.

-- Refuse: raises SQLSTATE CL001, which core.db turns into the AppError of that status and code.
--   p_datos: values for the message and the body; p_errores: {"field": ["message"]} or NULL.
CREATE FUNCTION fn.fallo(p_estado integer, p_codigo text, p_datos jsonb DEFAULT '{}', p_errores jsonb DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', p_codigo USING
    ERRCODE = 'CL001',
    DETAIL = jsonb_build_object('status', p_estado, 'code', p_codigo,
                                'data', coalesce(p_datos, '{}'), 'errors', p_errores)::text;
END $$;

-- JSON merge patch (RFC 7396): objects merge key by key, at any depth; null removes a key; all else replaces.
CREATE FUNCTION fn.json_fusionar(p_base jsonb, p_cambio jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  v_resultado jsonb := CASE WHEN jsonb_typeof(p_base) = 'object' THEN p_base ELSE '{}'::jsonb END;
  v_clave text;
  v_valor jsonb;
BEGIN
  IF jsonb_typeof(p_cambio) IS DISTINCT FROM 'object' THEN
    RETURN coalesce(p_cambio, p_base);
  END IF;
  FOR v_clave, v_valor IN SELECT key, value FROM jsonb_each(p_cambio) LOOP
    IF jsonb_typeof(v_valor) = 'null' THEN
      v_resultado := v_resultado - v_clave;
    ELSE
      v_resultado := v_resultado || jsonb_build_object(v_clave, fn.json_fusionar(v_resultado -> v_clave, v_valor));
    END IF;
  END LOOP;
  RETURN v_resultado;
END $$;

-- Write one event to one stream, whose counter stays locked. NOTIFY carries only '<stream>:<seq>', as a hint.
CREATE FUNCTION fn.evento_escribir(
  p_flujo text, p_tipo text, p_datos jsonb, p_cliente_id uuid, p_actor_id uuid, p_principal boolean, p_ahora timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_seq bigint;
BEGIN
  INSERT INTO public.flujos AS c (flujo, ultimo) VALUES (p_flujo, 1)
    ON CONFLICT (flujo) DO UPDATE SET ultimo = c.ultimo + 1
    RETURNING c.ultimo INTO v_seq;
  INSERT INTO public.eventos (flujo, seq, tipo, datos, cliente_id, actor_id, principal, creado_en)
    VALUES (p_flujo, v_seq, p_tipo, p_datos, p_cliente_id, p_actor_id, p_principal, p_ahora);
  PERFORM pg_notify('clientela_eventos', p_flujo || ':' || v_seq);
END $$;

-- Write one event to each stream, in the caller's transaction. The counters are locked in one order, so
-- that two emitters never wait for each other crosswise; emit last, and once, in a transaction.
-- The first stream named holds the principal copy.
--   p_ahora: when it happened, as the caller's clock says.
CREATE FUNCTION fn.evento_emitir(
  p_flujos text[], p_tipo text, p_datos jsonb, p_cliente_id uuid DEFAULT NULL, p_actor_id uuid DEFAULT NULL,
  p_ahora timestamptz DEFAULT clock_timestamp()
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_en_orden text[] := p_flujos;
  v_flujo text;
BEGIN
  IF cardinality(p_flujos) > 1 THEN
    v_en_orden := ARRAY(SELECT DISTINCT f COLLATE "C" FROM unnest(p_flujos) AS f ORDER BY 1);
  END IF;
  FOREACH v_flujo IN ARRAY v_en_orden LOOP
    PERFORM fn.evento_escribir(v_flujo, p_tipo, p_datos, p_cliente_id, p_actor_id, v_flujo = p_flujos[1], p_ahora);
  END LOOP;
END $$;

-- One of several events that a transaction tells of, for fn.eventos_emitir.
CREATE FUNCTION fn.evento(
  p_flujos text[], p_tipo text, p_datos jsonb, p_cliente_id uuid DEFAULT NULL, p_actor_id uuid DEFAULT NULL
) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('flujos', p_flujos, 'tipo', p_tipo, 'datos', p_datos, 'cliente_id', p_cliente_id,
                            'actor_id', p_actor_id)
$$;

-- Write several events, each to streams of its own, as fn.evento_emitir does with one: stream after stream in the one
-- order, and within each stream in the order given.
CREATE FUNCTION fn.eventos_emitir(p_eventos jsonb[], p_ahora timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_flujo text;
  v_evento jsonb;
BEGIN
  FOR v_flujo, v_evento IN
    SELECT f.flujo, e.evento FROM unnest(p_eventos) WITH ORDINALITY AS e (evento, n)
     CROSS JOIN LATERAL (SELECT DISTINCT jsonb_array_elements_text(e.evento -> 'flujos') AS flujo) f
     ORDER BY f.flujo COLLATE "C", e.n
  LOOP
    PERFORM fn.evento_escribir(
      v_flujo, v_evento ->> 'tipo', v_evento -> 'datos', (v_evento ->> 'cliente_id')::uuid,
      (v_evento ->> 'actor_id')::uuid, v_flujo = v_evento #>> '{flujos,0}', p_ahora);
  END LOOP;
END $$;

-- The hash of one audit row. Microseconds instead of a timestamp text: the text would depend on TimeZone.
CREATE FUNCTION fn.auditoria_hash(
  p_id bigint, p_cadena text, p_seq bigint, p_fecha timestamptz, p_accion text, p_actor_id uuid,
  p_objeto_tipo text, p_objeto_id text, p_datos jsonb, p_previo bytea
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(convert_to(jsonb_build_array(
  p_id, p_cadena, p_seq, (extract(epoch FROM p_fecha) * 1000000)::bigint, p_accion, p_actor_id::text,
  p_objeto_tipo, p_objeto_id, p_datos, encode(p_previo, 'hex'))::text, 'UTF8'));

-- Append one audit row to a chain, in the caller's transaction. The chain's head row is locked until commit.
CREATE FUNCTION fn.auditar(
  p_cadena text, p_accion text, p_actor_id uuid, p_objeto_tipo text, p_objeto_id text, p_datos jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_previo bytea;
  v_seq bigint;
  v_id bigint := nextval(pg_get_serial_sequence('public.auditoria', 'id'));
  v_fecha timestamptz;
  v_hash bytea;
BEGIN
  LOOP
    SELECT ultimo + 1, hash INTO v_seq, v_previo FROM public.auditoria_cadenas WHERE cadena = p_cadena FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO public.auditoria_cadenas (cadena, ultimo, hash) VALUES (p_cadena, 0, sha256(convert_to(p_cadena, 'UTF8')))
      ON CONFLICT (cadena) DO NOTHING;
  END LOOP;
  v_fecha := clock_timestamp();
  v_hash := fn.auditoria_hash(v_id, p_cadena, v_seq, v_fecha, p_accion, p_actor_id,
                              p_objeto_tipo, p_objeto_id, coalesce(p_datos, '{}'), v_previo);
  INSERT INTO public.auditoria (id, cadena, seq, fecha, accion, actor_id, objeto_tipo, objeto_id, datos, previo, hash)
    OVERRIDING SYSTEM VALUE
    VALUES (v_id, p_cadena, v_seq, v_fecha, p_accion, p_actor_id, p_objeto_tipo, p_objeto_id,
            coalesce(p_datos, '{}'), v_previo, v_hash);
  UPDATE public.auditoria_cadenas SET ultimo = v_seq, hash = v_hash WHERE cadena = p_cadena;
END $$;

-- The rows of one chain with p_desde <= seq < p_hasta that do not fit: an edited row, a wrong link, a gap.
CREATE FUNCTION fn.auditoria_revisar(p_cadena text, p_desde bigint, p_hasta bigint)
RETURNS TABLE (seq bigint, motivo text) LANGUAGE sql STABLE AS $$
  WITH filas AS (
    SELECT a.*, lag(a.seq) OVER w AS seq_anterior, lag(a.hash) OVER w AS hash_anterior
      FROM public.auditoria a
     WHERE a.cadena = p_cadena AND a.seq >= p_desde - 1 AND a.seq < p_hasta
    WINDOW w AS (ORDER BY a.seq)
  )
  SELECT f.seq, CASE
           WHEN f.seq IS DISTINCT FROM coalesce(f.seq_anterior, p_desde - 1) + 1 THEN 'hueco'
           WHEN f.previo IS DISTINCT FROM CASE WHEN f.seq = 1 THEN sha256(convert_to(f.cadena, 'UTF8'))
                                               ELSE f.hash_anterior END THEN 'enlace'
           ELSE 'contenido' END
    FROM filas f
   WHERE f.seq >= p_desde
     AND (f.seq IS DISTINCT FROM coalesce(f.seq_anterior, p_desde - 1) + 1
          OR f.previo IS DISTINCT FROM CASE WHEN f.seq = 1 THEN sha256(convert_to(f.cadena, 'UTF8'))
                                            ELSE f.hash_anterior END
          OR f.hash IS DISTINCT FROM fn.auditoria_hash(f.id, f.cadena, f.seq, f.fecha, f.accion, f.actor_id,
                                                       f.objeto_tipo, f.objeto_id, f.datos, f.previo))
   ORDER BY f.seq
$$;

-- Take one place in each of the limits, or in none. Exact for parallel callers: one lock per key, in one order.
-- Returns NULL when granted, else {"espera": seconds until the first place is free, "en_curso": bool}, where
-- en_curso says that an attempt still running may give its place back sooner.
CREATE FUNCTION fn.limite_reservar(
  p_reserva uuid, p_claves text[], p_maximos integer[], p_ventanas interval[], p_ahora timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_candado bigint;
  v_i integer;
  v_total integer;
  v_en_curso integer;
  v_libre timestamptz;
  v_espera double precision := 0;
  v_podria boolean := true;
  v_lleno boolean := false;
BEGIN
  FOR v_candado IN SELECT DISTINCT hashtextextended(c, 7) FROM unnest(p_claves) AS c ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(v_candado);
  END LOOP;
  FOR v_i IN 1 .. cardinality(p_claves) LOOP
    -- No upper bound: after the clock was set back, attempts "in the future" still count.
    SELECT count(*), count(*) FILTER (WHERE en_curso AND ocurrido_en > p_ahora - interval '30 seconds')
      INTO v_total, v_en_curso
      FROM public.limites WHERE clave = p_claves[v_i] AND ocurrido_en > p_ahora - p_ventanas[v_i];
    IF v_total >= p_maximos[v_i] THEN
      v_lleno := true;
      v_podria := v_podria AND v_total - v_en_curso < p_maximos[v_i];
      SELECT ocurrido_en + p_ventanas[v_i] INTO v_libre
        FROM public.limites WHERE clave = p_claves[v_i] AND ocurrido_en > p_ahora - p_ventanas[v_i]
       ORDER BY ocurrido_en OFFSET v_total - p_maximos[v_i] LIMIT 1;
      v_espera := greatest(v_espera, coalesce(extract(epoch FROM v_libre - p_ahora),
                                              extract(epoch FROM p_ventanas[v_i])));
    END IF;
  END LOOP;
  IF v_lleno THEN
    RETURN jsonb_build_object('espera', v_espera, 'en_curso', v_podria);
  END IF;
  INSERT INTO public.limites (clave, reserva, en_curso, ocurrido_en, vence_en)
    SELECT c, p_reserva, true, p_ahora, p_ahora + v FROM unnest(p_claves, p_ventanas) AS t(c, v);
  RETURN NULL;
END $$;

-- Give a reservation's places back: the attempt succeeded.
CREATE FUNCTION fn.limite_liberar(p_reserva uuid) RETURNS void LANGUAGE sql AS $$
  DELETE FROM public.limites WHERE reserva = p_reserva
$$;

-- Leave a reservation counted: the attempt failed.
CREATE FUNCTION fn.limite_contar(p_reserva uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE public.limites SET en_curso = false WHERE reserva = p_reserva
$$;

-- Begin a request with an Idempotency-Key. NULL: go on (the key is held until the transaction ends).
-- Else {"resultado": "en_curso" | "reusada" | "guardada", …the stored answer, its body in base64}.
CREATE FUNCTION fn.idempotencia_iniciar(p_id bytea, p_huella bytea, p_desde timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_fila public.idempotencia;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended(encode(p_id, 'hex'), 11)) THEN
    RETURN jsonb_build_object('resultado', 'en_curso');
  END IF;
  SELECT * INTO v_fila FROM public.idempotencia WHERE id = p_id AND creado_en > p_desde;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF v_fila.huella <> p_huella THEN
    RETURN jsonb_build_object('resultado', 'reusada');
  END IF;
  RETURN jsonb_build_object('resultado', 'guardada', 'estado', v_fila.estado,
                            'cabeceras', v_fila.cabeceras, 'cuerpo', encode(v_fila.cuerpo, 'base64'));
END $$;

-- Keep the answer of a request, in the same transaction as its work.
CREATE FUNCTION fn.idempotencia_guardar(
  p_id bytea, p_actor text, p_huella bytea, p_estado integer, p_cabeceras jsonb, p_cuerpo bytea, p_ahora timestamptz
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.idempotencia (id, actor, huella, estado, cabeceras, cuerpo, creado_en)
    VALUES (p_id, p_actor, p_huella, p_estado, p_cabeceras, p_cuerpo, p_ahora)
  ON CONFLICT (id) DO UPDATE SET actor = excluded.actor, huella = excluded.huella, estado = excluded.estado,
    cabeceras = excluded.cabeceras, cuerpo = excluded.cuerpo, creado_en = excluded.creado_en
$$;

-- Write many events to one stream that nobody else writes to (an import's own), each its principal copy.
CREATE FUNCTION fn.eventos_volcar(
  p_flujo text, p_tipos text[], p_datos jsonb[], p_clientes uuid[], p_actor_id uuid, p_ahora timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_ultimo bigint;
BEGIN
  INSERT INTO public.flujos AS c (flujo, ultimo) VALUES (p_flujo, cardinality(p_tipos))
    ON CONFLICT (flujo) DO UPDATE SET ultimo = c.ultimo + cardinality(p_tipos)
    RETURNING c.ultimo INTO v_ultimo;
  INSERT INTO public.eventos (flujo, seq, tipo, datos, cliente_id, actor_id, principal, creado_en)
  SELECT p_flujo, v_ultimo - cardinality(p_tipos) + e.n, e.tipo, e.datos, e.cliente_id, p_actor_id, true, p_ahora
    FROM unnest(p_tipos, p_datos, p_clientes) WITH ORDINALITY AS e (tipo, datos, cliente_id, n);
  PERFORM pg_notify('clientela_eventos', p_flujo || ':' || v_ultimo);
END $$;
