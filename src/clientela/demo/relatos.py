"""What the demo company's customers wrote: claims, questions to support, drafts that nobody finished."""

from typing import Final

# `{producto}` is the name of something that the customer buys.
RECLAMOS: Final = (
    ("Envase roto en la entrega", "Llegó {producto} con el envase abierto y se derramó. Pido la reposición."),
    ("Faltó un producto", "En la entrega de hoy no vino {producto}, aunque figura en la nota."),
    ("Producto vencido", "Recibimos {producto} con fecha de vencimiento pasada. No lo podemos vender así."),
    ("Cantidad distinta a la pedida", "Pedí dos y llegó una sola unidad de {producto}. Ya pagué por las dos."),
    ("Precio distinto al del catálogo", "Me cobraron {producto} más caro que en el catálogo de ese día."),
    ("La entrega llegó tarde", "El camión llegó a las 19:40, ya cerrados. Nos quedamos sin {producto}."),
    ("Producto equivocado", "Pedí {producto} y trajeron otro parecido. Necesito el cambio antes del viernes."),
    ("Falla a los pocos días", "{producto} dejó de funcionar a los cinco días de instalado. Tengo la nota de venta."),
    ("Bolsas mojadas", "Descargaron con lluvia y {producto} llegó mojado. Adjunté las fotos por mensaje al vendedor."),
    ("Trato del chofer", "El chofer no quiso bajar {producto} hasta el depósito, como siempre se hizo."),
    ("Nota de venta con NIT equivocado", "La nota por {producto} salió con otro NIT y mi contadora no la acepta."),
    ("Caja incompleta", "La caja de {producto} vino con menos unidades; estaba cerrada de fábrica."),
    ("No respetaron el horario", "Recibo solo de 8 a 11 y vinieron a las 15. {producto} quedó con el portero."),
    ("Medida incorrecta", "{producto} no corresponde a la medida que pedí por teléfono. Ya estaba cortado."),
)  # fmt: skip

SOPORTES: Final = (
    ("No puedo ver mis facturas", "Entro a la vista de facturas y queda cargando. Uso el teléfono."),
    ("Cambio de dirección de entrega", "Nos mudamos a dos cuadras. ¿Cómo registro la nueva dirección?"),
    ("¿Tienen crédito a 15 días?", "Compro todas las semanas y quisiera saber los requisitos para comprar a crédito."),
    ("Horario de atención en feriado", "¿Atienden el próximo feriado? Necesito reponer {producto}."),
    ("Consulta por existencias", "¿Cuándo vuelve a haber {producto}?"),
    ("Precio por mayor", "¿Desde qué cantidad hay descuento en {producto}?"),
    ("Olvidé mi contraseña", "No me llega el correo para cambiar la contraseña. ¿Pueden ayudarme?"),
    ("Agregar otro usuario", "Quiero que mi hijo también pueda hacer los pedidos de la tienda."),
    ("Instalación", "¿Hacen la instalación de {producto} o solo la venta?"),
    ("Factura con otra razón social", "Desde este mes necesito la factura a nombre de la sociedad, no al mío."),
    ("Pedido mínimo", "¿Cuál es el monto mínimo para que entreguen en mi zona?"),
    ("Ficha técnica", "¿Me pueden enviar la ficha técnica de {producto}?"),
)  # fmt: skip

BORRADORES_RECLAMO: Final = (
    ("Cajas golpeadas", "Ayer recibimos el pedido y varias cajas de"),
    ("Demora de tres días", "El pedido del lunes todavía no"),
    ("", "Quiero reclamar porque"),
    ("Cobro doble", ""),
    ("Producto sin etiqueta", "Vino {producto} sin etiqueta de vencimiento y no sé si"),
)
BORRADORES_SOPORTE: Final = (
    ("Consulta por mi cuenta", "Buenas tardes, quisiera saber si"),
    ("", "¿Todavía venden {producto} en"),
    ("Cambio de teléfono", ""),
)
