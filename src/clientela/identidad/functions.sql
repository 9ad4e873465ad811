-- Functions of identity.

-- Make principals without credentials, one for each client that is being made in the same statement.
CREATE FUNCTION fn.principales_crear(
    p_usuarios uuid[], p_clientes uuid[], p_nombres text[], p_activos boolean[], p_ahora timestamptz
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO public.usuarios (id, cliente_id, nombre, cliente_activo, rol, creado_en, actualizado_en)
    SELECT u.id, u.cliente_id, u.nombre, u.activo, 'cliente', p_ahora, p_ahora
      FROM unnest(p_usuarios, p_clientes, p_nombres, p_activos) AS u (id, cliente_id, nombre, activo);
$$;

-- Let principals follow their clients' activo. Those of deactivated clients are logged out everywhere, and every
-- process is told to forget them; whoever has no login has nothing to forget.
CREATE FUNCTION fn.principales_activar(p_usuarios uuid[], p_activo boolean, p_ahora timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid;
BEGIN
    UPDATE public.usuarios SET cliente_activo = p_activo, version = version + 1, actualizado_en = p_ahora
     WHERE id = ANY (p_usuarios) AND cliente_activo <> p_activo;
    IF NOT p_activo THEN
        UPDATE public.sesiones SET terminada_en = p_ahora, motivo = 'cliente_inactivo'
         WHERE usuario_id = ANY (p_usuarios) AND terminada_en IS NULL AND expira_en > p_ahora;
        UPDATE public.tokens_personales SET revocado_en = p_ahora
         WHERE usuario_id = ANY (p_usuarios) AND revocado_en IS NULL;
        UPDATE public.restablecimientos SET consumido_en = p_ahora
         WHERE usuario_id = ANY (p_usuarios) AND consumido_en IS NULL;
    END IF;
    FOR v_usuario_id IN
        SELECT id FROM public.usuarios WHERE id = ANY (p_usuarios) AND contrasenia_hash IS NOT NULL ORDER BY id
    LOOP
        PERFORM fn.evento_emitir(ARRAY['sesiones'], 'sesion.terminada', jsonb_build_object('usuario_id', v_usuario_id));
    END LOOP;
END $$;

-- Everything that identity keeps of some users, as one document; secrets and their hashes are not handed out.
CREATE FUNCTION fn.identidad_exportar(p_usuarios uuid[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'usuarios', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', u.id, 'numero', u.numero, 'nombre', u.nombre, 'rol', u.rol, 'correo', u.correo,
                'usernick', u.usernick, 'celular', u.celular, 'celular_e164', u.celular_e164, 'activo', u.activo,
                'con_login', u.contrasenia_hash IS NOT NULL, 'creado_en', u.creado_en,
                'actualizado_en', u.actualizado_en) ORDER BY u.numero), '[]')
            FROM public.usuarios u WHERE u.id = ANY (p_usuarios)),
        'sesiones', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.creada_en), '[]')
            FROM public.sesiones s WHERE s.usuario_id = ANY (p_usuarios)),
        'tokens', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'hash' ORDER BY t.id), '[]')
            FROM public.tokens_personales t WHERE t.usuario_id = ANY (p_usuarios)))
$$;

-- Take a login away for good: its names are free, its sessions and tokens end, every process hears of it. Requests for
-- a new password go first: whoever works one off holds it before he holds the login.
CREATE FUNCTION fn.login_cerrar(p_usuario_id uuid, p_motivo text, p_ahora timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.restablecimientos_pedidos WHERE clave IN (
        SELECT clave FROM public.identificadores WHERE usuario_id = p_usuario_id);
    UPDATE public.usuarios SET contrasenia_hash = NULL, clave_inicial_vence_en = NULL,
           debe_cambiar_contrasenia = false, cliente_activo = false, version = version + 1, actualizado_en = p_ahora
     WHERE id = p_usuario_id;
    UPDATE public.sesiones SET terminada_en = p_ahora, motivo = p_motivo
     WHERE usuario_id = p_usuario_id AND terminada_en IS NULL;
    DELETE FROM public.identificadores WHERE usuario_id = p_usuario_id;
    DELETE FROM public.restablecimientos WHERE usuario_id = p_usuario_id;
    DELETE FROM public.verificaciones WHERE usuario_id = p_usuario_id;
    DELETE FROM public.tokens_personales WHERE usuario_id = p_usuario_id;
    PERFORM fn.evento_emitir(ARRAY['sesiones'], 'sesion.terminada', jsonb_build_object('usuario_id', p_usuario_id));
END $$;

-- Forget who some users were. Their rows stay, because other rows refer to them.
CREATE FUNCTION fn.identidad_olvidar(p_usuarios uuid[], p_ahora timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_usuario_id uuid;
BEGIN
    DELETE FROM public.restablecimientos_pedidos WHERE clave IN (
        SELECT clave FROM public.identificadores WHERE usuario_id = ANY (p_usuarios));
    UPDATE public.usuarios SET nombre = 'Cliente eliminado', correo = NULL, usernick = NULL, celular = NULL,
           celular_e164 = NULL, activo = false, contrasenia_hash = NULL, clave_inicial_vence_en = NULL
     WHERE id = ANY (p_usuarios);
    UPDATE public.sesiones SET ip = '', agente = '' WHERE usuario_id = ANY (p_usuarios);
    FOREACH v_usuario_id IN ARRAY p_usuarios LOOP
        PERFORM fn.login_cerrar(v_usuario_id, 'cliente_eliminado', p_ahora);
    END LOOP;
END $$;
