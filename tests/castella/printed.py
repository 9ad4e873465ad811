"""What the contract of dialect E prints, as it prints it; identifiers there are a document store's, here UUIDs."""

from typing import Any, Final

REGISTRATION: Final[dict[str, Any]] = {
    "nombre": "Juan Pérez",
    "celular": "7555-1234",
    "correo": "juan@example.com",
    "contrasenia": "securePassword123",
    "direccion": "Calle Principal 123, San Salvador",
}
RATING: Final[dict[str, Any]] = {
    "estrellas": 5,
    "comentario": "Excelente servicio, muy profesional",
}

TOKEN: Final[dict[str, Any]] = {"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."}
ANSWERS: Final[dict[str, tuple[int, dict[str, Any]]]] = {
    "1 registrar": (201, TOKEN),
    "2 login gethash true": (200, TOKEN),
    "2 login gethash false": (
        200,
        {
            "cliente": {
                "_id": "507f1f77bcf86cd799439011",
                "nombre": "Juan Pérez",
                "celular": "7555-1234",
                "correo": "juan@example.com",
                "direccion": "Calle Principal 123, San Salvador",
            }
        },
    ),
    "3 forgot": (200, {"mensaje": "Si el correo existe, se enviará un enlace de recuperación"}),
    "4 reset": (200, {"mensaje": "Contraseña actualizada exitosamente"}),
    "5 solicitar garantia": (201, {"ordenId": "507f1f77bcf86cd799439012"}),
    "6 pendientes": (
        200,
        {
            "total": 25,
            "page": 1,
            "items": [
                {
                    "_id": "507f1f77bcf86cd799439012",
                    "tipo": "REVISION",
                    "estado": "PENDIENTE",
                    "cliente": {
                        "_id": "507f1f77bcf86cd799439011",
                        "nombre": "Juan Pérez",
                        "correo": "juan@example.com",
                    },
                    "garantiaDe": {
                        "_id": "507f1f77bcf86cd799439010",
                        "numero": 12345,
                        "aniomesprogramacion": "202312",
                    },
                    "fechaDigitacion": "2023-12-15T10:30:00.000Z",
                }
            ],
        },
    ),
    "7 asignar": (
        200,
        {
            "orden": {
                "_id": "507f1f77bcf86cd799439012",
                "tecnico": "507f1f77bcf86cd799439013",
                "estado": "ASIGNADA",
            }
        },
    ),
    "8 calificar": (
        201,
        {
            "calificacion": {
                "_id": "507f1f77bcf86cd799439014",
                "orden": "507f1f77bcf86cd799439010",
                "cliente": "507f1f77bcf86cd799439011",
                "tecnico": "507f1f77bcf86cd799439013",
                "estrellas": 5,
                "comentario": "Excelente servicio, muy profesional",
                "fecha": "2023-12-15T10:30:00.000Z",
            }
        },
    ),
    "9 calificacion": (
        200,
        {
            "calificacion": {
                "_id": "507f1f77bcf86cd799439014",
                "orden": "507f1f77bcf86cd799439010",
                "cliente": {"_id": "507f1f77bcf86cd799439011", "nombre": "Juan Pérez"},
                "tecnico": {"_id": "507f1f77bcf86cd799439013", "nombre": "Carlos Martínez"},
                "estrellas": 5,
                "comentario": "Excelente servicio, muy profesional",
                "fecha": "2023-12-15T10:30:00.000Z",
            }
        },
    ),
    "10 tecnico": (
        200,
        {"promedio": 4.25, "total": 12, "distribucion": {"1": 0, "2": 1, "3": 2, "4": 4, "5": 5}},
    ),
    "11 mantenimiento": (
        200,
        {"orden": {"_id": "507f1f77bcf86cd799439010", "periodicidadMeses": 6, "estado": "FINALIZADO"}},
    ),
    "12 mantenimientos": (
        200,
        {
            "mantenimientos": [
                {
                    "_id": "507f1f77bcf86cd799439010",
                    "cliente": {"_id": "507f1f77bcf86cd799439011", "nombre": "Juan Pérez"},
                    "tecnico": {"_id": "507f1f77bcf86cd799439013", "nombre": "Carlos Martínez"},
                    "servicio": {"_id": "507f1f77bcf86cd799439015", "nombre": "Mantenimiento Preventivo"},
                    "fechaProgramada": "2023-12-30T09:00:00.000Z",
                    "periodicidadMeses": 6,
                }
            ]
        },
    ),
    "13 overview": (200, {"sinAsignar": 8, "enEjecucion": 15, "sinMovimiento5d": 3}),
}
"""The answer of each route when all goes well."""

MORE: Final[dict[str, set[str]]] = {
    # A row of the list is an order; the page of maintenance says which visit, and that its day has passed.
    "12 mantenimientos": {"visita_id", "vencido"},
}
"""Keys that our answers have besides, wherever they stand."""

_MISSING_PERSON: Final = "Nombre, celular, correo y contraseña son obligatorios"
REFUSALS: Final[dict[str, tuple[int, str | None]]] = {
    "1 sin nombre": (400, _MISSING_PERSON),
    "1 sin celular": (400, _MISSING_PERSON),
    "1 sin correo": (400, _MISSING_PERSON),
    "1 sin contrasenia": (400, _MISSING_PERSON),
    "1 con nada": (400, _MISSING_PERSON),
    "1 correo repetido": (409, "El correo ya está registrado"),
    "1 celular repetido": (409, "El celular ya está registrado"),
    "2 sin correo": (400, None),
    "2 sin contrasenia": (400, None),
    "2 otra contrasenia": (401, None),
    "2 nadie": (401, None),
    "2 gethash extraño": (400, None),
    "3 sin correo": (400, None),
    "4 sin token": (400, None),
    "4 sin contrasenia": (400, None),
    "4 token inventado": (400, None),
    "4 token usado": (400, None),
    "5 sin finalizar": (400, "Solo se puede solicitar garantía para órdenes finalizadas"),
    "5 vencida": (400, "La garantía de esta orden ya venció"),
    "5 ajena": (403, None),
    "5 inexistente": (404, None),
    "5 segunda": (409, None),
    "6 cliente": (403, None),
    "6 sin token": (401, None),
    "6 pagina 0": (404, None),
    "6 pagina abc": (404, None),
    "7 sin tecnico": (400, None),
    "7 tecnico inexistente": (404, None),
    "7 garantia inexistente": (404, None),
    "7 cliente": (403, None),
    "8 cero estrellas": (400, "Las estrellas deben estar entre 1 y 5"),
    "8 seis estrellas": (400, "Las estrellas deben estar entre 1 y 5"),
    "8 sin estrellas": (400, "Las estrellas deben estar entre 1 y 5"),
    "8 otra vez": (409, "Esta orden ya ha sido calificada"),
    "9 ajena": (403, None),
    "9 sin calificar": (404, None),
    "10 cliente": (403, None),
    "10 inexistente": (404, None),
    "11 cero meses": (400, "La periodicidad debe ser mayor a 0 meses"),
    "11 sin meses": (400, "La periodicidad debe ser mayor a 0 meses"),
    "11 cliente": (403, None),
    "12 ajeno": (403, None),
    "12 inexistente": (404, None),
    "13 cliente": (403, None),
    "13 sin token": (401, None),
}
"""What is refused: the status, and the sentence where the contract says it."""
