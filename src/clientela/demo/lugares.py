"""Quarters of Santa Cruz de la Sierra and its towns, with streets and coordinates."""

from typing import Final

# quarter or town, latitude, longitude, streets
LUGARES: Final = (
    ("Centro", -17.7833, -63.1821, ("Calle Ballivián", "Calle Sucre", "Calle Ñuflo de Chávez")),
    ("La Ramada", -17.7958, -63.1885, ("Av. Grigotá", "Calle Isabel la Católica", "Av. Omar Chávez")),
    ("Los Pozos", -17.7757, -63.1775, ("Calle 6 de Agosto", "Calle Quijarro", "Calle Suárez Arana")),
    ("Equipetrol", -17.7655, -63.1952, ("Av. San Martín", "Calle 7 Este", "Calle Dr. Mariano Zambrana")),
    ("Las Palmas", -17.7921, -63.2043, ("Av. Radial 17 ½", "Calle Los Tajibos")),
    ("Urbarí", -17.8012, -63.1961, ("Av. Ibérica", "Calle Igmirí", "Calle Urubó")),
    ("Hamacas", -17.7527, -63.1718, ("Av. Banzer, 4.º anillo", "Calle Las Barreras")),
    ("Norte", -17.7352, -63.1687, ("Av. Banzer, 6.º anillo", "Av. Beni", "Calle Los Cusis")),
    ("Mutualista", -17.7683, -63.1503, ("Av. Mutualista", "Calle Chaco", "Av. San Aurelio")),
    ("Alto San Pedro", -17.7886, -63.2052, ("Av. Piraí", "Calle Charagua")),
    ("El Trompillo", -17.8016, -63.1745, ("Av. Santa Cruz, 2.º anillo", "Calle Cuéllar", "Calle Saavedra")),
    ("Plan Tres Mil", -17.8478, -63.1285, ("Av. Che Guevara", "Av. Paurito", "Calle 12 de Diciembre")),
    ("Villa Primero de Mayo", -17.8021, -63.1132, ("Av. 18 de Marzo", "Av. Tres Pasos al Frente", "Calle 5")),
    ("Pampa de la Isla", -17.7768, -63.1047, ("Av. Virgen de Cotoca", "Calle Los Sauces")),
    ("Los Lotes", -17.8691, -63.1752, ("Av. Santos Dumont, 8.º anillo", "Calle Los Claveles")),
    ("Santos Dumont", -17.8287, -63.1791, ("Av. Santos Dumont, 5.º anillo", "Calle Tarumá")),
    ("Radial 10", -17.8391, -63.1947, ("Av. Radial 10", "Calle Los Chacos")),
    ("El Bajío", -17.8302, -63.2178, ("Av. El Bajío", "Calle Las Petas")),
    ("Palmasola", -17.8561, -63.2103, ("Av. Palmasola", "Calle Guapurú")),
    ("Satélite Norte", -17.6301, -63.1248, ("Av. Principal", "Calle 3, manzano 14")),
    ("La Guardia", -17.8931, -63.3232, ("Carretera a Cochabamba, km 18", "Calle Bolívar")),
    ("Cotoca", -17.7536, -62.9969, ("Calle Santa Cruz", "Plaza principal, acera norte")),
    ("Warnes", -17.5103, -63.1667, ("Av. Ignacio Warnes", "Calle Comercio")),
    ("Montero", -17.3389, -63.2508, ("Calle Isaías Parada", "Av. Circunvalación")),
)  # fmt: skip
