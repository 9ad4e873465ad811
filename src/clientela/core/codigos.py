"""The HTTP status of every error code, as the documentation lists it; a test compares it with the code."""

from typing import Final

ESTADOS: Final[dict[str, int]] = {
    "json_invalido": 400,
    "cuerpo_requerido": 400,
    "cuerpo_incompleto": 400,
    "cabecera_invalida": 400,
    "no_autenticado": 401,
    "prohibido": 403,
    "debe_cambiar_contrasenia": 403,
    "habilidad_insuficiente": 403,
    "no_encontrado": 404,
    "ruta_no_encontrada": 404,
    "producto_no_encontrado": 404,
    "metodo_no_permitido": 405,
    "ya_existe": 409,
    "referencia_inexistente": 409,
    "codigo_en_uso": 409,
    "conflicto_simultaneo": 409,
    "version_anterior": 412,
    "cuerpo_demasiado_grande": 413,
    "uri_demasiado_larga": 414,
    "tipo_no_admitido": 415,
    "codificacion_no_admitida": 415,
    "datos_invalidos": 422,
    "demasiadas_peticiones": 429,
    "cabeceras_demasiado_grandes": 431,
    "error_interno": 500,
    "servicio_no_disponible": 503,
    "sin_espacio": 507,
}
