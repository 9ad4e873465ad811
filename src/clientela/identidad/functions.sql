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
