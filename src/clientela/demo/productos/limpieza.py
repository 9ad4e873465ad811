"""Cleaning and personal care."""

from typing import Final

LIMPIEZA: Final = """
Lavandina concentrada | Hipoclorito de sodio al 5 % | botella 1 l: 7.00, 1.1; bidón 5 l: 29.00, 5.4; \
    bidón 20 l: 105.00, 21.5
Detergente en polvo multiuso | Espuma activa, aroma floral | bolsa 450 g: 9.00, 0.45; \
    bolsa 900 g: 17.00, 0.9; bolsa 4 kg: 69.00, 4; saco 15 kg: 238.00, 15
Detergente líquido para ropa | Para lavadora y lavado a mano | botella 1 l: 22.00, 1.1; \
    doypack 3 l: 59.00, 3.2
Suavizante de telas | Aroma prolongado | botella 1 l: 15.00, 1.05; bidón 5 l: 62.00, 5.3
Jabón de lavar en barra | Jabón para ropa | barra 200 g: 4.50, 0.2; caja 50 barras: 205.00, 10.3
Lavavajilla en crema | Arranca la grasa, aroma limón | pote 400 g: 8.50, 0.43; pote 1 kg: 19.00, 1.05
Lavavajilla líquido | Concentrado para cocina | botella 750 ml: 14.00, 0.8; bidón 5 l: 68.00, 5.3
Desinfectante para pisos lavanda | Elimina gérmenes y perfuma | botella 900 ml: 9.50, 0.95; \
    bidón 5 l: 38.00, 5.2
Desinfectante para pisos pino | Elimina gérmenes y perfuma | botella 900 ml: 9.50, 0.95; bidón 5 l: 38.00, 5.2
Limpiavidrios | Con atomizador, seca sin marcas | botella 500 ml: 13.50, 0.56
Limpiador de baños antisarro | Gel con ácido suave | botella 750 ml: 18.00, 0.82
Desengrasante industrial | Para cocinas y motores | botella 1 l: 24.00, 1.1; bidón 20 l: 385.00, 21.5
Cera líquida roja para pisos | Autobrillante | botella 850 ml: 16.00, 0.9; bidón 4 l: 66.00, 4.2
Cera en pasta incolora | Para madera y parqué | lata 400 g: 21.00, 0.48
Ambientador en aerosol | Aroma cítrico | lata 360 ml: 17.50, 0.36
Insecticida en aerosol | Mata moscas y mosquitos | lata 360 ml: 23.00, 0.36
Insecticida contra cucarachas | De efecto residual | lata 360 ml: 25.00, 0.36
Alcohol en gel | Antiséptico al 70 % | botella 250 ml: 11.00, 0.26; bidón 5 l: 128.00, 4.9
Alcohol medicinal 70 % | Antiséptico de uso externo | botella 1 l: 17.00, 0.9
Escoba de plástico | Cerdas suaves, mango de madera | unidad: 22.00, 0.6
Escobillón de calle | Cerda dura de 40 cm | unidad: 38.00, 1.1
Trapeador de algodón | Mopa con mango | unidad: 29.00, 0.7
Secador de goma 40 cm | Para pisos y vidrios | unidad: 24.00, 0.6
Balde plástico 12 l | Con asa metálica | unidad: 19.00, 0.5
Basurero con pedal 20 l | Plástico reforzado | unidad: 85.00, 1.6
Esponja doble uso | Fibra verde y espuma | unidad: 2.50, 0.02; paquete 12 unidades: 25.00, 0.2
Virulana de acero | Lana fina para ollas | paquete 6 unidades: 6.00, 0.1
Paño multiuso | Tela no tejida absorbente | paquete 5 unidades: 12.00, 0.1
Guante de goma talla M | Para limpieza del hogar | par: 11.00, 0.08
Bolsa de basura 60 × 90 cm | Negra, reforzada | paquete 10 unidades: 8.00, 0.3; fardo 30 paquetes: 215.00, 9
"""

HIGIENE: Final = """
Papel higiénico doble hoja | Rollo de 25 m | paquete 4 rollos: 11.50, 0.4; fardo 48 rollos: 128.00, 4.8
Papel higiénico institucional | Rollo de 250 m para dispensador | unidad: 21.00, 0.8; \
    caja 12 rollos: 240.00, 9.8
Toalla de papel para cocina | Doble hoja absorbente | paquete 2 rollos: 14.00, 0.35
Toalla de papel interfoliada | Para dispensador de manos | paquete 200 unidades: 13.00, 0.4; \
    caja 20 paquetes: 245.00, 8.2
Jabón de tocador | Con crema humectante | barra 90 g: 4.50, 0.1; paquete 3 barras: 12.50, 0.3; \
    caja 72 barras: 295.00, 7.2
Jabón líquido para manos | Antibacterial con aloe | botella 400 ml: 16.00, 0.45; bidón 5 l: 72.00, 5.2
Champú de hierbas | Para todo tipo de cabello | botella 400 ml: 28.00, 0.45; sachet 10 ml: 1.00, 0.01
Champú anticaspa | Con zinc piritiona | botella 400 ml: 36.00, 0.45
Acondicionador | Reparación y brillo | botella 400 ml: 30.00, 0.45
Crema dental con flúor | Protección contra caries | tubo 90 g: 9.50, 0.11; tubo 150 g: 15.00, 0.18
Cepillo dental mediano | Cabeza compacta | unidad: 7.00, 0.02; paquete 3 unidades: 18.00, 0.06
Enjuague bucal | Sin alcohol, menta suave | botella 500 ml: 32.00, 0.55
Desodorante en barra | Protección de 24 horas | unidad 50 g: 21.00, 0.08
Desodorante en aerosol | Antitranspirante | lata 150 ml: 26.00, 0.16
Máquina de afeitar descartable | Doble hoja | paquete 5 unidades: 17.00, 0.05
Espuma de afeitar | Piel sensible | lata 200 ml: 34.00, 0.24
Toalla higiénica con alas | Flujo normal | paquete 8 unidades: 9.00, 0.1; paquete 30 unidades: 31.00, 0.3
Protector diario | Respirable | paquete 40 unidades: 17.00, 0.1
Pañal para bebé talla M | De 6 a 9,5 kg | paquete 30 unidades: 58.00, 1.1; paquete 60 unidades: 109.00, 2.1
Pañal para bebé talla G | De 9 a 12,5 kg | paquete 26 unidades: 58.00, 1.1; paquete 52 unidades: 109.00, 2.1
Pañal para adulto talla G | Alta absorción | paquete 10 unidades: 72.00, 1.2
Toallitas húmedas | Sin alcohol, con aloe | paquete 80 unidades: 16.00, 0.45
Algodón hidrófilo | Cien por ciento algodón | paquete 100 g: 9.00, 0.1
Protector solar FPS 50 | Resistente al agua | tubo 120 ml: 62.00, 0.14
Repelente de mosquitos | Protección de seis horas | botella 120 ml: 27.00, 0.14
"""
