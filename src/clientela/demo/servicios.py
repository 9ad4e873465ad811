"""What the demo company's technicians do, and what is said about it: kinds of work, orders, notes, ratings."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Oficio(msgspec.Struct, frozen=True):
    """A kind of work: its guarantee (months), a visit (minutes), how often it is maintained (months; none: never)."""

    nombre: str
    garantia_meses: int
    duracion_min: int
    periodos: tuple[int, ...]
    pedidos: tuple[str, ...]
    hechos: tuple[str, ...]


INSTALACION: Final = "Instalación de aire acondicionado"
MANTENIMIENTO: Final = "Mantenimiento preventivo de aire acondicionado"
REPARACION: Final = "Reparación de refrigerador o congelador"
OFICIOS: Final = (
    Oficio(INSTALACION, 12, 120, (6, 12), (
        "Split de 12.000 BTU en el comedor, planta baja", "Dos splits de 18.000 BTU en el salón",
        "Split de 9.000 BTU en la oficina; falta el punto de luz", "Reubicar el equipo del dormitorio al local",
        "Equipo piso techo de 36.000 BTU para el salón de ventas",
    ), (
        "Instalado y probado; 6 m de cañería, vacío de 30 minutos", "Quedó enfriando a 18 °C; se explicó el control",
        "Se colocó térmica de 20 A propia para el equipo", "Desagüe llevado al patio; sin fugas en las uniones",
    )),
    Oficio(MANTENIMIENTO, 3, 60, (3, 6), (
        "Limpieza de filtros y control de gas", "Enfría poco y gotea dentro", "Mantenimiento de los tres equipos",
        "Mantenimiento antes de la temporada de calor", "Hace ruido al arrancar; aprovechar el mantenimiento",
    ), (
        "Filtros y serpentina lavados; presión correcta", "Se destapó el desagüe; ya no gotea",
        "Se ajustó el soporte de la turbina; sin ruido", "Tres equipos limpios; consumo 5,2 A cada uno",
    )),
    Oficio(REPARACION, 6, 90, (), (
        "El congelador no llega a temperatura", "El refrigerador del mostrador dejó de enfriar anoche",
        "La heladera hace hielo atrás y no corta", "Saltó el térmico del exhibidor de bebidas",
        "El motor arranca y se apaga a los pocos segundos",
    ), (
        "Se cambió el relé y el capacitor; arranca bien", "Fuga en el evaporador: soldado y cargado con R134a",
        "Se cambió el termostato; corta a -18 °C", "Burlete nuevo en la puerta; ya no escarcha",
        "Se cambió el ventilador del condensador",
    )),
    Oficio("Cámara fría: revisión y carga de gas", 6, 120, (3, 6), (
        "La cámara de carnes no baja de 6 °C", "Revisión semestral de la cámara de lácteos",
        "Carga de gas y control de fugas", "El tablero de la cámara marca alarma por las noches",
    ), (
        "Carga de 1,8 kg de R404A; quedó en 2 °C", "Sin fugas; se calibró el presostato de baja",
        "Contactor del compresor quemado: cambiado", "Sonda de deshielo cambiada; ciclo cada 6 horas",
    )),
    Oficio("Limpieza de vitrina refrigerada", 3, 60, (3,), (
        "Limpieza general de la vitrina de pastelería", "Limpieza del condensador y del vidrio empañado",
        "Limpieza de la isla de congelados antes del fin de semana",
    ), (
        "Condensador soplado y lavado; baja más rápido", "Se limpió y se cambió la luz interior",
        "Limpia y desinfectada; drenaje libre",
    )),
    Oficio("Visita de diagnóstico", 1, 30, (), (
        "No saben qué falla; el equipo es usado", "Presupuesto para mudar la cámara fría",
        "Olor a quemado cuando arranca el compresor", "Quieren saber si conviene reparar o cambiar",
    ), (
        "Compresor en cortocircuito: se pasó presupuesto", "No conviene reparar; se ofreció equipo nuevo",
        "Falla de la instalación eléctrica del local, no del equipo", "Se dejó presupuesto firmado",
    )),
)  # fmt: skip

NOTAS: Final = (
    "Llamar media hora antes", "Entrar por el garaje; preguntar por el encargado", "Llevar escalera de 6 m",
    "El repuesto se retira antes en el almacén", "El cliente pide factura con NIT", "Hay perro en el patio",
    "Se espera al portero para subir a la azotea", "Falta confirmar la medida de la cañería",
)  # fmt: skip
MOTIVOS_MOVER: Final = (
    "El cliente viaja", "El técnico se demoró en la visita anterior", "Se espera un repuesto",
    "Llueve y es en la azotea",
)  # fmt: skip
MOTIVOS_CANCELAR: Final = (
    "El cliente compró un equipo nuevo", "Contrató a otro técnico", "Cerró el local", "No contesta hace días",
)  # fmt: skip

# How often each number of stars is given, and what is said with it; an empty text is a rating without words.
ESTRELLAS: Final[Mapping[int, int]] = {5: 50, 4: 26, 3: 11, 2: 7, 1: 6}
COMENTARIOS: Final[Mapping[int, tuple[str, ...]]] = {
    5: (
        "Excelente servicio, muy profesional", "Puntual y dejó todo limpio", "Explicó bien qué tenía el equipo", "",
        "Enfría como nuevo. Gracias", "Vino el mismo día que llamé", "Muy amable y rápido", "",
    ),
    4: (
        "Buen trabajo, llegó veinte minutos tarde", "Todo bien, aunque salió algo más caro de lo dicho", "",
        "Trabajo prolijo; faltó que barran", "Conforme",
    ),
    3: (
        "Enfría, pero sigue haciendo ruido", "Quedó bien recién a la segunda visita", "",
        "Avisaron el cambio de hora con poco tiempo",
    ),
    2: (
        "A los tres días volvió a gotear", "Llegó dos horas tarde y tuve que cerrar el local",
        "Cambiaron una pieza y el problema sigue",
    ),
    1: (
        "Se fue sin probar el equipo y al rato se apagó", "Rompieron el cielo falso y nadie lo arregló",
        "Esperé toda la mañana y nadie llamó para avisar",
    ),
}  # fmt: skip
