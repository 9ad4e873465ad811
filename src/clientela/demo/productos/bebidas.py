"""Drinks and disposables."""

from typing import Final

BEBIDAS: Final = """
Agua de mesa sin gas | Agua purificada y ozonizada | botella 600 ml: 3.50, 0.62; botella 2 l: 7.00, 2.05; \
    paquete 12 botellas: 38.00, 7.6; botellón 20 l: 18.00, 20.5, s
Agua mineral con gas | Agua carbonatada | botella 600 ml: 4.00, 0.62; botella 2 l: 8.00, 2.05
Agua saborizada de pomelo | Bebida sin gas con jugo de fruta | botella 1.5 l: 9.00, 1.55
Refresco de cola | Bebida gaseosa | botella 500 ml: 5.00, 0.53; botella 2 l: 12.00, 2.08; \
    botella 3 l: 15.50, 3.1; paquete 6 botellas 2 l: 68.00, 12.5
Refresco de cola sin azúcar | Bebida gaseosa dietética | botella 500 ml: 5.00, 0.53; botella 2 l: 12.00, 2.08
Refresco de naranja | Bebida gaseosa | botella 500 ml: 5.00, 0.53; botella 2 l: 11.50, 2.08
Refresco de limón | Bebida gaseosa | botella 2 l: 11.50, 2.08
Refresco de papaya | Bebida gaseosa regional | botella 2 l: 10.50, 2.08; paquete 6 botellas 2 l: 59.00, 12.5
Refresco de mocochinchi concentrado | Durazno deshidratado en jarabe | botella 1 l: 19.00, 1.2
Jugo de durazno | Néctar listo para tomar | caja 1 l: 12.00, 1.05; caja 200 ml: 3.00, 0.21; \
    paquete 24 cajas 200 ml: 66.00, 5.2
Jugo de manzana | Néctar listo para tomar | caja 1 l: 12.00, 1.05
Refresco en polvo sabor piña | Rinde dos litros | sobre 20 g: 2.00, 0.02; caja 60 sobres: 105.00, 1.4
Bebida isotónica | Hidratante con electrolitos | botella 500 ml: 8.50, 0.53
Bebida energizante | Con cafeína y taurina | lata 250 ml: 10.00, 0.27; paquete 24 latas: 225.00, 6.6
Chicha de maní embotellada | Bebida tradicional pasteurizada | botella 1 l: 13.00, 1.05, r
Leche chocolatada | Bebida láctea con cacao | sachet 150 ml: 2.50, 0.16; caja 1 l: 13.50, 1.05
Bebida de soya | Bebida vegetal de vainilla | caja 1 l: 14.00, 1.05
Té helado de limón | Té negro listo para tomar | botella 500 ml: 6.00, 0.53
Cerveza rubia | Cerveza tipo pilsener, 5 % vol. | lata 350 ml: 9.00, 0.37; caja 24 latas: 205.00, 9; \
    botella 710 ml: 15.00, 1.2
Cerveza negra | Cerveza tipo stout, 5,5 % vol. | lata 350 ml: 11.00, 0.37
Malta sin alcohol | Bebida de malta gasificada | botella 330 ml: 7.00, 0.55
Vino tinto de Tarija | Uva cabernet sauvignon, cosecha del año | botella 750 ml: 52.00, 1.25; \
    caja 6 botellas: 298.00, 7.6
Vino blanco de Tarija | Uva moscatel de Alejandría | botella 750 ml: 46.00, 1.25
Singani | Destilado de uva de los valles, 40 % vol. | botella 750 ml: 78.00, 1.3
Ron añejo | Ron dorado, 38 % vol. | botella 750 ml: 64.00, 1.25
Hielo en cubos | Hielo purificado | bolsa 3 kg: 10.00, 3, s
"""

DESECHABLES: Final = """
Vaso plástico descartable 200 ml | Vaso transparente | paquete 50 unidades: 8.00, 0.12; \
    caja 2500 unidades: 360.00, 6.2
Vaso térmico 240 ml | Para bebidas calientes | paquete 25 unidades: 11.00, 0.1
Vaso de papel con tapa 350 ml | Doble pared, para café | paquete 50 unidades: 46.00, 0.7
Plato descartable hondo | Plástico blanco reforzado | paquete 25 unidades: 12.00, 0.25
Plato biodegradable de caña | Bagazo de caña de azúcar | paquete 50 unidades: 48.00, 0.8
Cubiertos descartables | Cuchara, tenedor y cuchillo | juego 24 unidades: 9.00, 0.1
Bombilla de papel | Bombilla biodegradable | paquete 100 unidades: 16.00, 0.1
Envase térmico con tapa | Para un almuerzo completo | paquete 50 unidades: 38.00, 0.5; \
    caja 200 unidades: 140.00, 2
Envase de aluminio 1 kg | Apto para horno | paquete 25 unidades: 42.00, 0.6
Bolsa camiseta mediana | Polietileno de alta densidad | paquete 100 unidades: 9.00, 0.35; \
    fardo 20 paquetes: 165.00, 7
Bolsa camiseta grande | Polietileno de alta densidad | paquete 100 unidades: 15.00, 0.6
Bolsa transparente para alimentos 2 kg | Grado alimenticio | paquete 100 unidades: 11.00, 0.3
Bolsa de papel kraft n.º 5 | Para pan y salteñas | paquete 100 unidades: 24.00, 0.9
Papel aluminio | Rollo para cocina | rollo 7.5 m: 15.00, 0.2; rollo industrial 100 m: 128.00, 1.9
Film estirable para alimentos | Rollo con cortador | rollo 30 m: 14.00, 0.2; \
    rollo industrial 300 m: 95.00, 1.6
Servilleta de papel | Doble hoja blanca | paquete 100 unidades: 5.00, 0.12; fardo 48 paquetes: 210.00, 5.8
Guante descartable de polietileno | Para manipular alimentos | caja 100 unidades: 9.50, 0.1
Palito de anticucho | Bambú de 25 cm | paquete 100 unidades: 7.00, 0.2
"""
