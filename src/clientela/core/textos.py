"""Every text that a user reads in an error, in Spanish, by its stable code. Code never compares texts."""

MENSAJES: dict[str, str] = {
    # Requests
    "peticion_ilegible": "La petición no es HTTP válido",
    "json_invalido": "El cuerpo no es JSON válido",
    "formulario_invalido": "El formulario no es válido",
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
    # Identity
    "credenciales_incompletas": "Correo y contraseña son obligatorios",
    "credenciales_invalidas": "Credenciales inválidas",
    "registro_incompleto": "Nombre, celular, correo y contraseña son obligatorios",
    "correo_requerido": "El correo es obligatorio",
    "restablecimiento_incompleto": "El token y la nueva contraseña son obligatorios",
    "restablecimiento_invalido": "El enlace de recuperación no es válido o ya venció",
    "identificador_requerido": "Se requiere un correo, un celular o un nombre de usuario",
    "correo_registrado": "El correo ya está registrado",
    "celular_registrado": "El celular ya está registrado",
    "usernick_registrado": "El nombre de usuario ya está registrado",
    "contrasenia_corta": "La contraseña debe tener al menos 8 caracteres",
    "contrasenia_larga": "La contraseña es demasiado larga (máximo 72 bytes)",
    "contrasenia_comun": "La contraseña es demasiado común; elija otra",
    "contrasenia_personal": "La contraseña no puede ser su nombre, correo, celular o usuario",
    "contrasenia_actual": "La contraseña actual no es correcta",
    "contrasenia_repetida": "La nueva contraseña debe ser distinta de la actual",
    "servicio_ocupado": "El servicio está ocupado; intente de nuevo en unos segundos",
    "requiere_sesion": "Esta acción requiere una sesión iniciada con contraseña",
    "rol_cliente": "Un cliente no cambia de rol, ni el personal pasa a ser cliente",
    "ultimo_admin": "Debe quedar al menos un administrador activo",
    # Catalogue
    "producto_no_encontrado": "Producto no encontrado",
    "codigo_en_uso": "Ya existe un producto con ese código",
    # Files and images
    "imagen_invalida": "La imagen no es válida",
    # Carts, panel, tickets
    "cliente_no_encontrado": "Cliente no encontrado",
    "carrito_no_encontrado": "Carrito no encontrado",
    "carrito_invalido": "El carrito tiene líneas no válidas",
    "carrito_desactualizado": "El carrito cambió desde la última lectura",
    "borrador_enviado": "El borrador ya fue enviado",
    "configuraciones_excesivas": "Las configuraciones no pueden superar 8 KiB",
    "ticket_no_encontrado": "Ticket no encontrado",
    # Versions
    "desactualizado": "Los datos cambiaron desde la última lectura",
    "version_anterior": "El borrador cambió desde la última lectura",
}

# What is said of one field, where the shape of the value does not say it already (`api.body`).
CAMPOS: dict[str, str] = {
    "obligatorio": "Este campo es obligatorio",
    "correo_invalido": "El correo no es válido",
    "celular_invalido": "El celular no es válido",
    "usernick_invalido": "El nombre de usuario debe tener de 3 a 60 caracteres, sin espacios ni @",
    "habilidad_desconocida": "Habilidad desconocida",
    "instante_pasado": "Debe ser una fecha futura",
    "producto_desconocido": "Producto desconocido",
    "producto_retirado": "El producto ya no se vende",
    "cantidad_entera": "Este producto se vende por unidades enteras",
    "cantidad_excesiva": "La cantidad total del producto no puede superar 999999",
    "imagen_ilegible": "Debe ser una imagen JPEG, PNG o WebP",
    "imagen_grande": "La imagen es demasiado grande: como máximo 5 MiB, 40 megapíxeles y 12000 píxeles por lado",
    "borrador_desconocido": "Debe ser reclamo o soporte",
    "borrador_sin_campos": "Envíe al menos uno de sus campos",
    "pedido_id_desconocido": "Pedido desconocido",
    "orden_id_desconocido": "Orden de trabajo desconocida",
}

# What the five contracts say when something went well, word by word as they are published.
EXITOS: dict[str, str] = {
    "carrito_guardado": "Carrito guardado exitosamente",
    "borrador_guardado": "Borrador guardado exitosamente",
    "borrador_eliminado": "Borrador eliminado exitosamente",
    "preferencias_guardadas": "Preferencias guardadas exitosamente",
    "auto_guardado": "Datos auto-guardados exitosamente",
    "reclamo_enviado": "Reclamo enviado exitosamente",
    "soporte_enviado": "Mensaje de soporte enviado exitosamente",
}

# What an audit row tells, in Spanish, by its action (`GET /api/v1/auditoria`).
ACCIONES: dict[str, str] = {
    # Identity and clients
    "login.correcto": "Inició sesión",
    "login.fallido": "Intento fallido de iniciar sesión",
    "login.rociado": "Se probaron muchos nombres como contraseña; las claves iniciales quedaron cerradas",
    "sesion.terminada": "Cerró una sesión",
    "sesion.todas_terminadas": "Cerró todas sus sesiones",
    "contrasenia.cambiada": "Cambió su contraseña",
    "contrasenia.restablecida": "Restableció su contraseña con un enlace",
    "restablecimiento.enviado": "Se envió un enlace para restablecer la contraseña",
    "usuario.creado": "Se creó un usuario",
    "usuario.cambiado": "Se modificó un usuario",
    "token.creado": "Se creó un token de acceso",
    "token.revocado": "Se revocó un token de acceso",
    "cliente.creado": "Se creó un cliente",
    "cliente.activo": "Se activó o desactivó un cliente",
    # Catalogue and organisation
    "producto.creado": "Se agregó un producto",
    "producto.actualizado": "Se modificó un producto",
    "organizacion.actualizada": "Se modificaron los datos de la organización",
    # Staff in a customer's panel, tickets
    "panel.carrito_cambiado": "Cambió el carrito de un cliente",
    "panel.borrador_cambiado": "Cambió un borrador de un cliente",
    "panel.preferencias_cambiadas": "Cambió las preferencias de un cliente",
    "ticket.abierto": "Se abrió un ticket",
}
