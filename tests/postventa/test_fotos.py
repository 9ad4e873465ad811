"""Photos of work orders: whose they are, what becomes of them, and that each is there once (T-UP-5, T-UP-6, D-2)."""

import asyncio
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from PIL import Image

from clientela.postventa.photos import FOLDER, MAX_PHOTOS
from tests.cast import Cast, Persona
from tests.postventa.conftest import ORDERS, Office, plant_order
from tests.races.planting import plant_client
from tests.tools.burst import Request
from tests.tools.database import Database
from tests.tools.image_bricks import encoded, exif, picture

HEADERS = {
    "content-type": "image/jpeg",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, no-store",
    "cross-origin-resource-policy": "same-origin",
    "accept-ranges": "none",
}
PLANT = """
INSERT INTO orden_fotos (id, orden_id, lugar, clave, ancho, alto, subida_por, creado_en)
SELECT gen_random_uuid(), o.id, n, 'ordenes/' || o.id || '/' || md5(o.id || ' ' || n) || '.jpg', 1, 1, o.creado_por,
       now()
  FROM ordenes_trabajo o, generate_series(1, $2::integer) n WHERE o.id = $1::uuid"""


def photos(orden: dict[str, Any]) -> str:
    return f"{ORDERS}/{orden['id']}/fotos"


def upload(who: Persona, orden: dict[str, Any], content: bytes | None = None, **options: Any) -> Any:
    return who.post(photos(orden), files={"foto": content or encoded("PNG")}, **options)


def stored(cast: Cast, orden: dict[str, Any]) -> list[str]:
    folder = cast.data_dir / "archivos" / FOLDER / str(orden["id"])
    return sorted(path.name for path in folder.glob("*"))


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def orden(office: Office, cliente: Persona, tecnico: Persona) -> dict[str, Any]:
    """An order that its technician has."""
    return office.orden(cliente, tecnico_id=tecnico.usuario_id)


def test_a_photo_is_work_on_the_order(
    cast: Cast, orden: dict[str, Any], cliente: Persona, tecnico: Persona
) -> None:
    cast.db.execute(
        "UPDATE ordenes_trabajo SET ultimo_movimiento_en = $2 WHERE id = $1::uuid",
        orden["id"],
        datetime.now(UTC) - timedelta(days=9),
    )
    sent = encoded("JPEG", picture("RGB", (80, 60)), exif=exif(orientation=6))
    answer = upload(tecnico, orden, sent, data={"descripcion": "El disco viejo"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    # Turned as it was held; nothing of what was sent is kept.
    assert (made["ancho"], made["alto"], made["descripcion"]) == (60, 80, "El disco viejo")
    assert made["subida_por"]["id"] == tecnico.usuario_id
    after = cliente.get(f"{ORDERS}/{orden['id']}").json()
    assert after["version"] == orden["version"] + 1
    assert after["ultimo_movimiento_en"] == made["creado_en"]
    assert [(each["accion"], each["texto"]) for each in after["movimientos"]][-1] == (
        "foto", "El disco viejo",
    )  # fmt: skip
    shown = cast.anon.get(made["url"])
    assert {name: shown.headers[name] for name in HEADERS} == HEADERS
    image = Image.open(io.BytesIO(shown.content))
    assert (image.size, dict(image.getexif())) == ((60, 80), {})


def test_who_sees_them_and_who_removes_them(
    cast: Cast, office: Office, orden: dict[str, Any], cliente: Persona, tecnico: Persona
) -> None:
    first, second = (upload(who, orden).json() for who in (tecnico, cast.soporte))
    listed = cliente.get(photos(orden)).json()
    assert [each["id"] for each in listed["items"]] == [first["id"], second["id"]]
    assert (listed["total"], listed["page"], listed["per_page"]) == (2, 1, 20)
    paged = cliente.get(photos(orden), params={"page": 2, "per_page": 1}).json()
    assert [each["id"] for each in paged["items"]] == [second["id"]]
    assert cast.anon.get(listed["items"][0]["url"]).status_code == 200
    place = f"{photos(orden)}/{first['id']}"
    for who in (cliente, tecnico, cast.soporte, cast.admin):
        assert who.get(place).status_code == 200
        by_number = who.get(f"{ORDERS}/{orden['numero']}/fotos/{first['id']}")
        assert by_number.headers["content-type"] == "image/jpeg"
    for who in (cast.otra_cliente, cast.otro_tecnico):
        assert code(who.get(photos(orden))) == (404, "orden_no_encontrada")
        assert code(who.get(place)) == (404, "orden_no_encontrada")
    assert code(upload(cast.otro_tecnico, orden)) == (404, "orden_no_encontrada")
    assert cast.otro_tecnico.delete(place).status_code == 404
    assert upload(cliente, orden).status_code == 403
    assert cliente.delete(place).status_code == 403
    # Whoever did not upload it may see it and not remove it; a photo of another order is not there.
    assert cast.soporte.delete(place).status_code == 403
    other = office.orden(cliente, tecnico_id=tecnico.usuario_id)
    assert code(tecnico.delete(f"{photos(other)}/{first['id']}")) == (404, "imagen_no_encontrada")
    assert code(tecnico.get(f"{photos(other)}/{first['id']}")) == (404, "imagen_no_encontrada")
    before = tecnico.get(f"{ORDERS}/{orden['id']}").json()
    gone = tecnico.delete(place)
    assert (gone.status_code, gone.json()) == (200, first | {"url": None})
    assert code(tecnico.delete(place)) == (404, "imagen_no_encontrada")
    assert cast.anon.get(first["url"]).status_code == 404
    after = tecnico.get(f"{ORDERS}/{orden['id']}").json()
    assert (after["version"], after["movimientos"][-1]["accion"]) == (before["version"] + 1, "foto_quitada")
    # Nobody worked on it.
    assert after["ultimo_movimiento_en"] == before["ultimo_movimiento_en"]
    assert len(stored(cast, orden)) == 1
    assert cast.admin.delete(f"{photos(orden)}/{second['id']}").status_code == 200
    assert stored(cast, orden) == []


def test_a_link_opens_what_its_session_may_open(
    cast: Cast, office: Office, orden: dict[str, Any], tecnico: Persona
) -> None:
    device = tecnico.again()
    upload(device, orden)
    mine = device.get(photos(orden)).json()["items"][0]["url"]
    assert cast.anon.get(mine).status_code == 200
    assert cast.anon.get(mine.replace("firma=", "firma=A")).status_code == 401
    # A header of somebody else's decides alone.
    assert cast.otro_tecnico.get(mine).status_code == 404
    office.move(cast.admin, orden, "asignar", tecnico_id=cast.otro_tecnico.usuario_id)
    assert cast.anon.get(mine).status_code == 404
    office.move(cast.admin, orden, "asignar", tecnico_id=tecnico.usuario_id)
    assert device.post("/api/v1/auth/logout").status_code == 200
    assert cast.anon.get(mine).status_code == 401


def test_what_is_no_photo(cast: Cast, orden: dict[str, Any], tecnico: Persona) -> None:
    for content in (b"GIF89a<script>", b"%PDF-1.7", encoded("JPEG")[:200]):
        answer = upload(tecnico, orden, content)
        assert code(answer) == (422, "imagen_invalida"), content
        assert set(answer.json()["errors"]) == {"foto"}
    for answer in (
        tecnico.post(photos(orden)),
        tecnico.post(photos(orden), json={"descripcion": "Sin foto"}),
        tecnico.post(photos(orden), files={"imagen": encoded("PNG")}),
    ):
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"foto"})
    long = upload(tecnico, orden, data={"descripcion": "x" * 501})
    assert (long.status_code, set(long.json()["errors"])) == (422, {"descripcion"})
    foreign = upload(tecnico, orden, data={"orden_id": "x"})
    assert (foreign.status_code, set(foreign.json()["errors"])) == (422, {"orden_id"})
    assert tecnico.get(photos(orden)).json()["total"] == 0
    assert stored(cast, orden) == []


def test_twenty_are_enough(cast: Cast, orden: dict[str, Any], tecnico: Persona, burst: Any) -> None:
    cast.db.execute(PLANT, orden["id"], MAX_PHOTOS - 1)
    body = b'--XX\r\nContent-Disposition: form-data; name="foto"; filename="a.png"\r\n\r\n'
    body += encoded("PNG") + b"\r\n--XX--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=XX"}
    request = Request("POST", photos(orden), body=body, headers=kind, token=tecnico.token)
    assert sorted(answer.status for answer in burst([request] * 4)) == [201, 409, 409, 409]
    assert code(upload(tecnico, orden)) == (409, "demasiadas_fotos")
    # Those that were refused left no file, and a place that is free again is taken.
    assert len(stored(cast, orden)) == 1
    made = tecnico.get(photos(orden)).json()["items"][-1]
    assert tecnico.delete(f"{photos(orden)}/{made['id']}").status_code == 200
    assert upload(tecnico, orden).status_code == 201
    cast.db.execute("DELETE FROM orden_fotos WHERE orden_id = $1::uuid", orden["id"])


@pytest.mark.parametrize("held", [True, False], ids=["held", "control"])
async def test_of_two_last_photos_one_is_there(new_database: Any, held: bool) -> None:
    """The order is held while its places are counted; the control looks without holding it, and has no places."""
    database: Database = new_database()
    usuario, cliente = plant_client(database)
    orden = plant_order(database, cliente, usuario)
    database.execute(PLANT, orden, MAX_PHOTOS - 1)
    if not held:
        source = database.fetchval("SELECT pg_get_functiondef('fn.orden_foto_agregar'::regproc)")
        assert "FOR NO KEY UPDATE" in source
        database.execute(source.replace("FOR NO KEY UPDATE", ""))
        database.execute("ALTER TABLE orden_fotos DROP CONSTRAINT orden_fotos_lugar_uk")
    add = "SELECT fn.orden_foto_agregar(gen_random_uuid(), $1, $2, NULL, 1, 1, $3, NULL, $4, now())"
    async with database.connect() as one, database.connect() as other:
        begun = one.transaction()
        await begun.start()
        await one.execute(add, orden, "a", MAX_PHOTOS, usuario)
        waiting = asyncio.create_task(other.execute(add, orden, "b", MAX_PHOTOS, usuario))
        pid = other.get_server_pid()
        while not database.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = $1", pid):
            assert not waiting.done(), "the second did not wait for the first"
            await asyncio.sleep(0.01)
        await begun.commit()
        if held:
            with pytest.raises(asyncpg.PostgresError):
                await waiting
        else:
            await waiting
    assert database.fetchval("SELECT count(*) FROM orden_fotos") == MAX_PHOTOS + (not held)


# --- everything of one person ------------------------------------------------------------------------------------


def test_photos_go_out_with_the_person_and_go_with_him(
    cast: Cast, orden: dict[str, Any], cliente: Persona, tecnico: Persona
) -> None:
    made = upload(tecnico, orden, data={"descripcion": "La puerta de su casa"}).json()
    answer = cliente.get(f"/api/v1/clientes/{cliente.cliente_id}/exportacion")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    rows = json.loads(archive.read("fotos.json"))
    assert [(row["id"], row["descripcion"]) for row in rows] == [(made["id"], "La puerta de su casa")]
    assert Image.open(io.BytesIO(archive.read(f"fotos/{orden['numero']}-1.jpg"))).size == (64, 48)
    assert cast.admin.post(f"/api/v1/clientes/{cliente.cliente_id}/anonimizar").status_code == 200
    assert stored(cast, orden) == []
    assert cast.admin.get(photos(orden)).json()["total"] == 0
    movements = cast.admin.get(f"{ORDERS}/{orden['id']}").json()["movimientos"]
    assert [each["texto"] for each in movements if each["accion"] == "foto"] == [None]


def test_photos_come_along_when_records_are_merged(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    other = cast.admin.post("/api/clientes", json={"nombre": "Doble"}).json()["data"]["cliente"]
    sent = {
        "cliente_id": other["uuid"],
        "servicio_id": office.servicio()["id"],
        "tecnico_id": tecnico.usuario_id,
        "fecha_programada": "2027-05-03T10:00:00Z",
    }
    orden = cast.admin.post(ORDERS, json=sent).json()
    made = upload(tecnico, orden).json()
    assert cliente.get(photos(orden)).status_code == 404
    merged = cast.admin.post(
        f"/api/v1/clientes/{cliente.cliente_id}/fusionar", json={"duplicado": other["uuid"]}
    )
    assert merged.status_code == 200, merged.text
    (his,) = cliente.get(photos(orden)).json()["items"]
    assert his["id"] == made["id"]
    assert cast.anon.get(his["url"]).status_code == 200
