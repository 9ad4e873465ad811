"""What is written on the paper of an invoice: its stored rows in words, and nothing that a later day changes."""

from pathlib import Path
from typing import Any, Final

from clientela.cobranza.model import FacturaCompleta
from clientela.core import numerals

TEMPLATE: Final = (Path(__file__).parent / "plantillas" / "factura.typ").read_text(encoding="utf-8")


def written(invoice: FacturaCompleta) -> dict[str, Any]:
    """Return the data of the template `factura.typ`. What was paid is not on it; that it was annulled is."""
    about = (("NIT/CI", invoice.cliente_nit), ("Dirección", invoice.cliente_direccion))
    return {
        "titulo": f"Factura N.º {invoice.numero}",
        "numero": str(invoice.numero),
        "emisor": invoice.emisor,
        "moneda": invoice.moneda,
        "anulada": invoice.anulada_en is not None,
        "cliente": {
            "nombre": invoice.cliente_nombre,
            "datos": [[name, value] for name, value in about if value],
        },
        "hechos": [
            ["Fecha", numerals.day(invoice.fecha)],
            ["Vence", numerals.day(invoice.fecha_vencimiento)],
            ["Pedido", f"N.º {invoice.pedido_numero}"],
            ["Condición", "Crédito"],
        ],
        "lineas": [
            {
                "cantidad": numerals.quantity(line.cantidad),
                "unidad": line.unidad,
                "codigo": line.codigo,
                "nombre": line.nombre,
                "precio": numerals.amount(line.precio_unitario),
                "subtotal": numerals.amount(line.subtotal),
            }
            for line in invoice.lineas
        ],
        "total": numerals.amount(invoice.total),
        "en_letras": numerals.amount_in_words(invoice.total),
    }
