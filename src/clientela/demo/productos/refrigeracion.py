"""Spare parts of refrigeration and air conditioning, and the workshop's consumables."""

from typing import Final

REFRIGERACION: Final = """
Compresor hermético 1/5 HP | Para refrigerador doméstico, R-134a | unidad: 720.00, 8.5
Compresor hermético 1/3 HP | Para vitrina y conservadora, R-134a | unidad: 980.00, 11
Compresor rotativo 12.000 BTU | Para aire acondicionado, R-410A | unidad: 1650.00, 14
Gas refrigerante R-134a | Cilindro descartable | cilindro 13.6 kg: 1180.00, 16; lata 340 g: 62.00, 0.45
Gas refrigerante R-410A | Cilindro descartable | cilindro 11.3 kg: 1390.00, 14
Gas refrigerante R-22 | Solo para mantenimiento de equipos antiguos | cilindro 13.6 kg: 1720.00, 16, r
Gas refrigerante R-600a | Para refrigeradores nuevos | lata 420 g: 78.00, 0.55
Capacitor de marcha 35 µF | De 440 V, cuerpo de aluminio | unidad: 64.00, 0.2
Capacitor de marcha 45 + 5 µF | Doble, de 440 V | unidad: 96.00, 0.3
Relé de arranque PTC | Para compresor de hasta 1/3 HP | unidad: 32.00, 0.05
Protector térmico de compresor | Tipo clip | unidad: 24.00, 0.03
Termostato de refrigerador | Bulbo capilar de 90 cm | unidad: 68.00, 0.12
Termostato digital para conservadora | Con sonda y alarma | unidad: 185.00, 0.25
Filtro secador de cobre 15 g | Para línea capilar | unidad: 18.00, 0.05
Filtro secador roscado 1/4" | Para línea de líquido | unidad: 58.00, 0.3
Válvula de expansión termostática | R-134a, igualación interna | unidad: 265.00, 0.4
Válvula de servicio 1/4" | Con obús | unidad: 16.00, 0.05
Motor ventilador de condensador | De 16 W, con aspa | unidad: 118.00, 0.9
Motor ventilador de evaporador no frost | De 12 V | unidad: 145.00, 0.3
Motor de turbina para split | Eje largo | unidad: 320.00, 1.8
Aspa plástica de 400 mm | Para condensadora | unidad: 92.00, 0.5
Resistencia de descongelamiento | De 220 V, tubo de vidrio | unidad: 74.00, 0.15
Timer de descongelamiento | De 6 horas | unidad: 82.00, 0.15
Burlete magnético para puerta | Se corta a medida | m: 28.00, 0.2, g
Bisagra de conservadora | De resorte, par | par: 110.00, 0.8
Tarjeta electrónica universal split | Con control remoto | unidad: 210.00, 0.4
Sensor de temperatura 10 kΩ | Para split, con conector | unidad: 22.00, 0.03
Control remoto universal | Para aire acondicionado | unidad: 55.00, 0.1
Tubo de cobre flexible 1/4" | Rollo pared estándar | m: 24.00, 0.15, g; rollo 15 m: 335.00, 2.2
Tubo de cobre flexible 3/8" | Rollo pared estándar | m: 38.00, 0.2, g; rollo 15 m: 540.00, 3.1
Aislante elastomérico 3/8" | Tubo de 2 m | unidad: 17.00, 0.1
Soldadura de plata al 5 % | Varilla | varilla: 14.00, 0.02
Tubo capilar 0,031" | Para refrigeración doméstica | m: 9.50, 0.02, g
Bomba de condensado para split | Altura de 10 m | unidad: 390.00, 0.9
Soporte metálico para condensadora | Hasta 24.000 BTU | par: 135.00, 4.2
Aceite mineral para compresor | Viscosidad 32 | litro: 88.00, 0.95
Espuma limpiadora de serpentín | Para evaporador y condensador | lata 500 ml: 48.00, 0.55
Manómetro doble para carga de gas | Juego con tres mangueras | juego: 420.00, 2.1
"""
