"""Every text that a user reads in an error, in Spanish, by its stable code. Code never compares texts."""

MENSAJES: dict[str, str] = {
    # Requests
    "json_invalido": "El cuerpo no es JSON válido",
    "cuerpo_requerido": "Se requiere un cuerpo JSON",
    "cuerpo_incompleto": "El cuerpo de la petición no llegó a tiempo",
    "cuerpo_demasiado_grande": "El cuerpo de la petición es demasiado grande",
    "tipo_no_admitido": "Tipo de contenido no admitido",
    "codificacion_no_admitida": "Codificación de contenido no admitida",
    "datos_invalidos": "Los datos enviados no son válidos",
    "cabecera_invalida": "Una cabecera de la petición no es válida",
    "uri_demasiado_larga": "La dirección solicitada es demasiado larga",
    "cabeceras_demasiado_grandes": "Las cabeceras de la petición son demasiado grandes",
    "ruta_no_encontrada": "Ruta no encontrada",
    "metodo_no_permitido": "Método no permitido",
    "no_encontrado": "Recurso no encontrado",
    "ya_existe": "Ya existe un registro con esos datos",
    "referencia_inexistente": "Un dato referido no existe o está en uso",
    "conflicto_simultaneo": "Otra operación simultánea lo impidió; intente de nuevo",
    "demasiadas_peticiones": "Demasiadas peticiones; intente más tarde",
    "servicio_no_disponible": "Servicio no disponible por el momento; intente de nuevo",
    "demasiados_intentos": "Demasiados intentos; intente más tarde",
    "clave_idempotencia_reusada": "La clave de idempotencia ya se usó con otro contenido",
    "peticion_en_curso": "Una petición con la misma clave está en curso; intente de nuevo",
    "sin_espacio": "No queda espacio de almacenamiento",
    "error_interno": "Error interno del servidor",
    # Access
    "no_autenticado": "No autenticado",
    "prohibido": "No tiene permiso para realizar esta acción",
    "debe_cambiar_contrasenia": "Debe cambiar su contraseña antes de continuar",
    "habilidad_insuficiente": "El token no tiene la habilidad necesaria",
    # Catalogue
    "producto_no_encontrado": "Producto no encontrado",
    "codigo_en_uso": "Ya existe un producto con ese código",
    # Versions
    "version_anterior": "Los datos cambiaron desde la última lectura",
}

# What an audit row tells, in Spanish, by its action (`GET /api/v1/auditoria`).
ACCIONES: dict[str, str] = {
    # Catalogue and organisation
    "producto.creado": "Se agregó un producto",
    "producto.actualizado": "Se modificó un producto",
    "organizacion.actualizada": "Se modificaron los datos de la organización",
}
