-- Functions of the organisation.

-- Whether the house is open: within one of the day's hours and on no holiday, in its own zone (p_zona where it has none).
-- Without any hours it never closes but on holidays. Hours that end at 23:59 end with the day.
CREATE FUNCTION fn.organizacion_atiende(p_organizacion public.organizacion, p_zona text, p_ahora timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_local timestamp := p_ahora AT TIME ZONE coalesce(p_organizacion.zona, p_zona);
    v_hora text := to_char(v_local, 'HH24:MI');
BEGIN
    IF v_local::date = ANY (p_organizacion.feriados) THEN
        RETURN false;
    ELSIF jsonb_array_length(p_organizacion.horarios) = 0 THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM jsonb_to_recordset(p_organizacion.horarios) AS h (dia_semana integer, inicio text, fin text)
         WHERE h.dia_semana = extract(dow FROM v_local) AND h.inicio <= v_hora AND (v_hora < h.fin OR h.fin = '23:59'));
END $$;
