"""Hardware and electrical goods."""

from typing import Final

FERRETERIA: Final = """
Cemento portland IP-30 | Para uso general en obra | bolsa 50 kg: 62.00, 50, s
Cal hidratada | Para revoques y pintura | bolsa 20 kg: 28.00, 20
Yeso de construcción | Fraguado rápido | bolsa 40 kg: 34.00, 40
Fierro corrugado 3/8" | Barra de 12 m, grado 60 | barra: 58.00, 6.7, s
Fierro corrugado 1/2" | Barra de 12 m, grado 60 | barra: 102.00, 11.9, s
Alambre de amarre n.º 16 | Alambre negro recocido | kg: 15.50, 1, g
Alambre de púas | Rollo galvanizado | rollo 500 m: 545.00, 33
Malla olímpica galvanizada | Altura 2 m, calibre 12 | m: 46.00, 3.1, g
Calamina galvanizada n.º 28 | Ondulada de 0,83 × 3,66 m | plancha: 128.00, 11.5
Clavo de 2 pulgadas | Acero con cabeza | kg: 14.50, 1, g; caja 20 kg: 270.00, 20
Clavo de 3 pulgadas | Acero con cabeza | kg: 14.50, 1, g
Tornillo autoperforante 8 × 1" | Punta broca, cabeza hexagonal | caja 100 unidades: 26.00, 0.3; \
    caja 1000 unidades: 235.00, 3
Tornillo para madera 6 × 1 1/2" | Cabeza avellanada | caja 100 unidades: 19.00, 0.25
Taco plástico n.º 8 | Para ladrillo y hormigón | bolsa 100 unidades: 12.00, 0.1
Perno hexagonal 1/2 × 3" | Con tuerca y volanda | unidad: 5.50, 0.12
Bisagra de acero 3" | Con tornillos | par: 12.00, 0.18
Candado de bronce 40 mm | Con tres llaves | unidad: 48.00, 0.2
Chapa de puerta de doble vuelta | Cilindro de bronce | unidad: 165.00, 1.1
Martillo carpintero 16 oz | Mango de fibra de vidrio | unidad: 72.00, 0.8
Combo de 4 lb | Mango de madera | unidad: 88.00, 2.1
Alicate universal 8" | Mango aislado | unidad: 54.00, 0.35
Llave francesa 10" | Acero cromo vanadio | unidad: 79.00, 0.5
Destornillador plano 6" | Punta imantada | unidad: 19.00, 0.12
Destornillador estrella 6" | Punta imantada | unidad: 19.00, 0.12
Juego de llaves allen | De 1,5 a 10 mm | juego 9 unidades: 42.00, 0.4
Cinta métrica 5 m | Con freno y enganche | unidad: 28.00, 0.2
Nivel de aluminio 60 cm | Tres burbujas | unidad: 68.00, 0.5
Serrucho 20" | Diente templado | unidad: 64.00, 0.5
Hoja de sierra 24 dientes | Para metal | unidad: 8.00, 0.03
Disco de corte 4 1/2" | Para metal, 1 mm | unidad: 7.50, 0.03; caja 25 unidades: 170.00, 0.8
Broca para concreto 8 mm | Punta de carburo | unidad: 13.00, 0.05
Broca para metal 6 mm | Acero rápido | unidad: 11.00, 0.03
Lija al agua n.º 120 | Pliego | pliego: 4.00, 0.03
Pala cuadrada | Mango en Y | unidad: 78.00, 2
Carretilla 90 l | Rueda neumática | unidad: 385.00, 13
Escalera de aluminio 6 peldaños | Tipo tijera | unidad: 460.00, 5.5
Pintura látex blanca interior | Acabado mate lavable | galón 3.6 l: 98.00, 5; balde 18 l: 445.00, 25
Pintura látex exterior colores | Resistente a la intemperie | balde 18 l: 520.00, 25
Esmalte sintético brillante | Para madera y metal | litro: 58.00, 1.1; galón 3.6 l: 195.00, 4.1
Anticorrosivo rojo óxido | Base para metal | galón 3.6 l: 148.00, 4.8
Diluyente | Para esmaltes y limpieza | litro: 19.00, 0.85
Brocha 3" | Cerda natural | unidad: 17.00, 0.1
Rodillo de lana 9" | Con mango | unidad: 29.00, 0.3
Tubo PVC sanitario 4" | Barra de 4 m | barra: 96.00, 5.2
Tubo PVC agua fría 1/2" | Barra de 6 m, esquema 40 | barra: 38.00, 1.4
Codo PVC 1/2" × 90° | Roscado | unidad: 3.00, 0.03
Válvula de paso de bronce 1/2" | Tipo bola | unidad: 42.00, 0.25
Grifo para lavaplatos | Cuello alto cromado | unidad: 135.00, 0.9
Cinta de teflón 3/4" | Rollo de 10 m | unidad: 3.50, 0.02
Pegamento para PVC | Secado rápido | lata 250 ml: 29.00, 0.28
Silicona transparente | Sellador antihongos | cartucho 280 ml: 31.00, 0.35
Tanque de agua 600 l | Polietileno tricapa | unidad: 690.00, 14
Manguera de jardín 1/2" | Reforzada con malla | m: 6.50, 0.12, g
Soga de nailon 10 mm | Trenzada | m: 4.80, 0.06, g
"""

ELECTRICO: Final = """
Cable unipolar 1,5 mm² | Cobre aislado para instalaciones, 750 V | m: 3.20, 0.02, g; rollo 100 m: 295.00, 2
Cable unipolar 2,5 mm² | Cobre aislado para instalaciones, 750 V | m: 5.10, 0.03, g; rollo 100 m: 475.00, 3.1
Cable unipolar 4 mm² | Cobre aislado para instalaciones, 750 V | m: 8.00, 0.05, g; rollo 100 m: 750.00, 4.6
Cable unipolar 6 mm² | Cobre aislado para instalaciones, 750 V | m: 11.90, 0.07, g
Cable dúplex 2 × 1,5 mm² | Para artefactos | m: 7.20, 0.06, g
Cable de red UTP categoría 6 | Cobre sólido, interior | m: 5.50, 0.04, g; caja 305 m: 1450.00, 12
Foco led 9 W luz fría | Rosca E27, 806 lúmenes | unidad: 12.00, 0.05; caja 10 unidades: 110.00, 0.5
Foco led 9 W luz cálida | Rosca E27, 806 lúmenes | unidad: 12.00, 0.05
Foco led 15 W luz fría | Rosca E27, 1400 lúmenes | unidad: 19.00, 0.08
Foco ahorrador 20 W | Espiral, rosca E27 | unidad: 18.00, 0.09, r
Tubo led 18 W | De 1,2 m, luz fría | unidad: 29.00, 0.2
Panel led empotrable 18 W | Redondo, luz neutra | unidad: 44.00, 0.3
Reflector led 50 W | Para exteriores, IP65 | unidad: 98.00, 0.7
Lámpara de emergencia | Dos faros led, autonomía de 4 h | unidad: 118.00, 0.9
Luz piloto con sensor de movimiento | Para pasillos | unidad: 85.00, 0.3
Interruptor simple | Placa blanca, 10 A | unidad: 14.00, 0.08
Interruptor doble | Placa blanca, 10 A | unidad: 21.00, 0.1
Tomacorriente doble con tierra | Placa blanca, 16 A | unidad: 24.00, 0.11
Tomacorriente industrial 32 A | Tres polos y tierra, IP44 | unidad: 76.00, 0.3
Enchufe macho | Patas redondas, 10 A | unidad: 6.00, 0.04
Extensión eléctrica | Tres tomas, cable vulcanizado | unidad 5 m: 58.00, 0.7; unidad 10 m: 92.00, 1.3
Cortapicos de seis tomas | Con protección contra sobretensión | unidad: 79.00, 0.5
Llave térmica monopolar | Curva C, riel DIN | unidad 16 A: 28.00, 0.12; unidad 20 A: 28.00, 0.12; \
    unidad 32 A: 31.00, 0.12
Llave térmica bipolar 40 A | Curva C, riel DIN | unidad: 72.00, 0.25
Disyuntor diferencial 2 × 40 A | Sensibilidad de 30 mA | unidad: 185.00, 0.3
Tablero de distribución | Para embutir, con riel | unidad 8 polos: 68.00, 0.8; unidad 12 polos: 96.00, 1.1
Tubo corrugado 3/4" | Para canalización | m: 2.20, 0.04, g; rollo 50 m: 98.00, 2
Caja octogonal de PVC | Para techo | unidad: 3.00, 0.04
Cinta aislante negra | Rollo de 20 m | unidad: 7.50, 0.06
Pila alcalina AA | Blíster de cuatro | blíster: 24.00, 0.1
Ducha eléctrica 5500 W | Tres temperaturas | unidad: 215.00, 0.8
Cámara de seguridad exterior 1080p | Resistente al agua, visión nocturna de 20 m | unidad: 385.00, 0.45
Jabalina de cobre 5/8" × 1,5 m | Para puesta a tierra, con grapa | unidad: 145.00, 2.3
"""
