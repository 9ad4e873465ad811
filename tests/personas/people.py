"""A customer with something in every corner of the product, and where it is looked for."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tests.cast import Cast, Persona
from tests.cobranza.books import owe, pay
from tests.tools.database import Database
from tests.tools.schema import tables


def picture(marker: str = "") -> bytes:
    """A photo whose metadata say something."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[270] = marker or "foto"
    Image.new("RGB", (60, 40), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()


def full_life(cast: Cast, new_cliente: Callable[..., Persona], marker: str) -> Persona:
    """Somebody who left the marker wherever the API takes a text, and who owes and has paid."""
    mail = f"{marker}@example.com"
    customer = new_cliente(nombre=f"Ana {marker}", correo=mail, direccion=f"Calle {marker}")
    admin, client = cast.admin, f"/api/clientes/{customer.cliente_id}"
    fields = {
        "razon_social": f"{marker} SRL", "nit": f"{marker}", "email": mail, "whatsapp": f"wa {marker}",
        "observaciones": f"Vive con {marker}", "latitud": "-17.7", "longitud": "-63.1",
        "ventanas_entrega[0][dia_semana]": "1", "ventanas_entrega[0][hora_inicio]": "08:00",
        "ventanas_entrega[0][hora_fin]": "12:00", "_method": "PUT",
    }  # fmt: skip
    photos = {
        name: ("x.jpg", picture(marker), "image/jpeg") for name in ("foto_perfil", "ci_anverso", "ci_reverso")
    }
    answer = admin.post(client, data=fields, files=photos)
    assert answer.status_code == 200, answer.text
    address = {"direccion": marker, "ciudad": marker, "departamento": marker, "codigo_postal": marker[:20]}
    assert admin.post(f"/api/v1/clientes/{customer.cliente_id}/direcciones", json=address).status_code == 201
    line = {"itemId": cast.new_producto()["id"], "cantidad": 2}
    note = {"motivo_descuento": f"Amigo de {marker}"}
    added = {"producto_id": cast.new_producto()["id"], "cantidad": 1, **note}
    assert customer.post("/orders/cart/me", json=added).status_code == 201
    wish = {"observaciones_entrega": f"Preguntar por {marker}"}
    order = customer.post("/orders/from-cart/me", json=wish)
    assert order.status_code == 201
    reason = {"estado": "CANCELADO", "nota": f"Lo pidió {marker}"}
    assert admin.patch(f"/orders/{order.json()['id']}/estado", json=reason).status_code == 200
    kept = cast.vendedora.post(f"/orders/cart/client/{customer.cliente_id}", json=added)
    assert kept.status_code == 201
    assert cast.vendedora.post(f"/api/v1/carritos/{kept.json()['id']}/proponer").status_code == 201
    assert customer.put(f"{customer.panel}/carrito", json={"items": [line]}).status_code == 200
    key = {"Idempotency-Key": uuid.uuid4().hex}
    sent = customer.post(
        "/reclamos", json={"titulo": f"T {marker}", "descripcion": f"D {marker}"}, headers=key
    )
    assert sent.status_code == 201
    assert (
        customer.post("/soporte", json={"asunto": f"A {marker}", "mensaje": f"M {marker}"}).status_code == 201
    )
    for kind, draft in (
        ("reclamo", {"titulo": marker, "descripcion": "x"}),
        ("soporte", {"asunto": "x", "mensaje": marker}),
    ):
        assert customer.put(f"{customer.panel}/borradores/{kind}", json=draft).status_code == 200
    settings = {"vista_activa": "inicio", "configuraciones": {"apodo": marker}}
    assert customer.put(f"{customer.panel}/preferencias", json=settings).status_code == 200
    chat = customer.post("/api/chat/session").json()["data"]["id"]
    word = {"message": f"Soy {marker}", "clientMessageId": marker}
    assert customer.post("/api/chat/message", json=word).status_code == 201
    word = {"message": f"Hola, {marker}"}
    assert cast.soporte.post(f"/api/v1/chat/sesiones/{chat}/mensajes", json=word).status_code == 201
    debt = owe(admin, customer, "50.00", concepto=f"Fiado de {marker}")
    pay(admin, customer, "20.00", debt)
    customer.again()
    cast.db.execute(
        "UPDATE sesiones SET agente = $2, ip = '203.0.113.9' WHERE usuario_id = $1::uuid",
        customer.usuario_id,
        marker,
    )
    assert cast.anon.post("/api/cliente/forgot-password", json={"correo": mail}).status_code == 200
    return customer


def places(db: Database, marker: str, folder: Path | None = None) -> set[str]:
    """Every table with a row, and every file, in which a text stands in any form."""
    found = {
        table
        for table in tables(db)
        if db.fetchval(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE t::text ILIKE $1)', f"%{marker}%")
    }
    files = [path for path in (folder.rglob("*") if folder else ()) if path.is_file()]
    return found | {f"file {path.name}" for path in files if marker.encode() in path.read_bytes()}


def record(cast: Cast, **fields: Any) -> dict[str, Any]:
    """A client whom staff made."""
    answer = cast.admin.post("/api/clientes", json={"nombre": "Tienda"} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]["cliente"]
    return made
