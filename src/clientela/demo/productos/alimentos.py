"""Groceries, dairy and sweets."""

from typing import Final

ABARROTES: Final = """
Arroz grano largo | Arroz blanco pulido de cosecha cruceña | bolsa 1 kg: 11.50, 1; bolsa 5 kg: 55.00, 5; \
    quintal 46 kg: 470.00, 46
Arroz integral | Arroz con cáscara fina, rico en fibra | bolsa 1 kg: 14.00, 1
Azúcar blanca refinada | Azúcar de caña, grano fino | bolsa 1 kg: 8.00, 1; bolsa 5 kg: 39.00, 5; \
    quintal 46 kg: 330.00, 46
Azúcar morena | Azúcar de caña sin refinar | bolsa 1 kg: 9.00, 1
Aceite vegetal de soya | Aceite comestible sin colesterol | botella 900 ml: 17.50, 0.83; \
    bidón 4.5 l: 84.00, 4.15; bidón 18 l: 325.00, 16.6
Aceite de girasol | Aceite comestible para mesa y fritura | botella 900 ml: 21.00, 0.83; \
    botella 1.5 l: 34.00, 1.4
Harina de trigo 000 | Harina fortificada para panadería | bolsa 1 kg: 9.50, 1; quintal 50 kg: 395.00, 50
Harina de maíz amarillo | Para tamales, humintas y somó | bolsa 1 kg: 10.00, 1
Fideo tallarín | Pasta de sémola de trigo | paquete 400 g: 6.50, 0.4; paquete 5 kg: 72.00, 5
Fideo codito | Pasta corta para sopas y guisos | paquete 400 g: 6.50, 0.4
Fideo cabello de ángel | Pasta delgada para sopa | paquete 400 g: 6.80, 0.4
Sal yodada | Sal fina de mesa, yodada y fluorada | bolsa 1 kg: 3.00, 1; fardo 25 kg: 58.00, 25
Lenteja | Lenteja seleccionada y limpia | bolsa 500 g: 9.00, 0.5; kg a granel: 16.50, 1, g
Frejol colorado | Frejol del valle, grano entero | bolsa 500 g: 10.00, 0.5; kg a granel: 18.00, 1, g
Garbanzo | Garbanzo entero de calibre grande | kg a granel: 24.00, 1, g
Maní crudo pelado | Maní chuquisaqueño sin cáscara | kg a granel: 28.00, 1, g
Quinua real lavada | Grano blanco del altiplano sur | bolsa 500 g: 19.00, 0.5; kg a granel: 34.00, 1, g
Avena en hojuelas | Avena laminada para desayuno | bolsa 400 g: 8.50, 0.4; bolsa 1 kg: 19.00, 1
Café molido tostado | Café de los Yungas, tueste medio | bolsa 250 g: 32.00, 0.25; bolsa 1 kg: 118.00, 1
Café instantáneo | Café soluble granulado | frasco 170 g: 54.00, 0.35
Té negro en bolsitas | Té en sobres individuales | caja 20 unidades: 7.00, 0.05; \
    caja 100 unidades: 29.00, 0.22
Mate de coca en bolsitas | Infusión de hoja de coca | caja 25 unidades: 12.00, 0.05
Atún en aceite | Lomitos de atún en aceite vegetal | lata 170 g: 14.00, 0.2; caja 48 latas: 640.00, 9.8
Sardina en salsa de tomate | Sardina entera en conserva | lata 425 g: 18.00, 0.48
Durazno en almíbar | Mitades de durazno en lata | lata 820 g: 27.00, 0.95
Arveja en conserva | Arveja verde al natural | lata 300 g: 8.50, 0.35
Mayonesa | Mayonesa con jugo de limón | sachet 950 g: 27.00, 0.97; balde 3.8 kg: 98.00, 4
Salsa de tomate kétchup | Kétchup para mesa | sachet 1 kg: 18.00, 1.02; galón 4 kg: 64.00, 4.2
Mostaza | Mostaza suave amarilla | sachet 950 g: 17.00, 0.97
Salsa de soya | Salsa fermentada para cocina oriental | botella 500 ml: 12.50, 0.6
Vinagre blanco | Vinagre de alcohol de caña | botella 1 l: 7.00, 1.05
Puré de tomate | Puré concentrado para salsas | sachet 340 g: 7.50, 0.35
Condimento comino molido | Comino puro en polvo | sobre 50 g: 4.50, 0.05; kg a granel: 62.00, 1, g
Condimento pimienta negra molida | Pimienta pura en polvo | sobre 50 g: 6.50, 0.05
Ají colorado molido | Ají de Padilla en polvo, poco picante | bolsa 250 g: 17.00, 0.25
Caldo de gallina en cubos | Sazonador concentrado | caja 12 cubos: 9.00, 0.13
Levadura seca instantánea | Para pan y masas dulces | sobre 125 g: 13.50, 0.13
Huevo de gallina mediano | Huevo fresco de granja | maple 30 unidades: 36.00, 1.8
Miel de abeja | Miel multifloral del Chaco | frasco 500 g: 32.00, 0.7; balde 5 kg: 270.00, 5.3
Coco rallado | Coco seco en escamas finas | bolsa 200 g: 13.00, 0.2
"""

LACTEOS: Final = """
Leche entera en polvo | Leche instantánea fortificada | bolsa 120 g: 13.00, 0.12; bolsa 760 g: 76.00, 0.77
Leche entera larga vida | Leche ultrapasteurizada | sachet 946 ml: 8.50, 0.97; caja 12 unidades: 99.00, 11.7
Leche deslactosada | Leche ultrapasteurizada sin lactosa | sachet 946 ml: 9.50, 0.97
Leche evaporada | Leche concentrada para postres y café | lata 400 g: 12.00, 0.45
Leche condensada | Leche azucarada para repostería | lata 395 g: 16.00, 0.44
Crema de leche | Crema espesa para cocinar | sachet 200 ml: 9.00, 0.21
Mantequilla con sal | Mantequilla de leche de vaca | pan 200 g: 19.00, 0.2
Margarina para mesa | Margarina vegetal untable | pote 400 g: 14.50, 0.42
Margarina para panadería | Margarina de alto punto de fusión | caja 10 kg: 215.00, 10
Queso menonita | Queso semiduro de las colonias | kg a granel: 48.00, 1, g
Queso mozzarella en barra | Para pizza y horneados | kg a granel: 62.00, 1, g
Queso criollo fresco | Queso blando de San Javier | kg a granel: 42.00, 1, g
Yogur frutado | Yogur bebible de frutilla | botella 1 l: 16.00, 1.05; sachet 150 ml: 2.50, 0.16
Dulce de leche | Dulce tradicional para untar | pote 500 g: 21.00, 0.54; balde 5 kg: 175.00, 5.2
Jamón cocido | Jamón de cerdo en barra para laminar | kg a granel: 58.00, 1, g
Mortadela | Embutido de res y cerdo | kg a granel: 34.00, 1, g
Salchicha viena | Salchicha para pancho | paquete 500 g: 19.00, 0.5; paquete 2.5 kg: 88.00, 2.5
Chorizo parrillero | Chorizo de cerdo para asado | kg a granel: 46.00, 1, g
"""

GOLOSINAS: Final = """
Galleta de agua | Galleta salada crocante | paquete 200 g: 5.50, 0.2; caja 24 paquetes: 122.00, 4.9
Galleta de vainilla | Galleta dulce redonda | paquete 180 g: 5.00, 0.18
Galleta rellena de chocolate | Galleta con crema de cacao | paquete 120 g: 4.50, 0.12; \
    caja 36 paquetes: 150.00, 4.4
Galleta integral con linaza | Galleta dulce con semillas | paquete 160 g: 7.00, 0.16
Bizcocho de maíz | Bizcocho horneado tradicional | bolsa 250 g: 9.00, 0.25
Chocolate de taza | Tableta para chocolate caliente | tableta 200 g: 18.00, 0.2
Chocolate con leche | Tableta de chocolate con leche | tableta 80 g: 11.00, 0.08
Caramelo masticable surtido | Sabores a fruta | bolsa 100 unidades: 15.00, 0.45
Chupete de frutas | Chupete con relleno masticable | bolsa 24 unidades: 17.00, 0.4
Chicle de menta | Goma de mascar sin azúcar | caja 100 unidades: 22.00, 0.28
Gelatina en polvo sabor frutilla | Rinde un litro | sobre 150 g: 5.50, 0.15
Flan en polvo sabor vainilla | Rinde ocho porciones | sobre 150 g: 7.00, 0.15
Papa frita en bolsa | Papa en hojuelas con sal | bolsa 150 g: 11.00, 0.15
Pipoca dulce | Maíz inflado acaramelado | bolsa 80 g: 3.00, 0.08; fardo 50 bolsas: 135.00, 4.2
Maní salado | Maní frito con sal | bolsa 100 g: 6.00, 0.1
Cereal de hojuelas de maíz | Cereal azucarado para desayuno | caja 300 g: 24.00, 0.36
Alfajor de maicena | Relleno de dulce de leche | unidad: 3.50, 0.05; caja 24 unidades: 78.00, 1.2
"""
