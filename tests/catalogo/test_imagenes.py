"""Pictures of products: uploaded by administrators, open to every page that knows their address (CONTRACT §5)."""

import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from clientela.catalogo import jobs
from clientela.core import files
from clientela.core.db import Pool
from clientela.core.doctor import Check, examine
from clientela.migrations.current import head
from clientela.settings import Settings
from clientela.worker import ARCHIVOS
from tests.cast import Cast, Persona
from tests.tools.bucket import running
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.hostile_images import corpus
from tests.tools.image_bricks import MARK, encoded, picture
from tests.tools.server import Server

PHOTO = encoded("PNG", picture("RGBA", (40, 30)))
HEADERS = {
    "content-type": "image/jpeg",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "public, max-age=31536000, immutable",
    "cross-origin-resource-policy": "cross-origin",
}


def upload(
    admin: Persona,
    product_id: str,
    content: bytes = PHOTO,
    name: str = "foto.png",
    headers: dict[str, str] | None = None,
) -> Any:
    return admin.post(
        f"/api/v1/productos/{product_id}/imagenes",
        files={"imagen": (name, content, "image/png")},
        headers=headers,
    )


def stored(cast: Cast, product_id: str) -> set[str]:
    """The names of a product's files on the disk."""
    folder = cast.data_dir / "archivos/productos" / product_id
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def own_path(address: str) -> str:
    return "/api/v1" + address.partition("/api/v1")[2]


def test_a_picture_is_uploaded_and_shown_to_everybody(cast: Cast) -> None:
    product = cast.new_producto(imagenes=["https://ejemplo.bo/a.jpg"])
    answer = upload(cast.admin, product["id"])
    assert answer.status_code == 201, answer.text
    made = answer.json()
    own = made["imagenes"][1]
    assert made["imagenes"][0] == "https://ejemplo.bo/a.jpg"
    assert re.fullmatch(
        rf"http://localhost:\d+/api/v1/productos/{product['id']}/imagenes/[0-9a-f]{{32}}\.jpg", own
    )
    assert answer.headers["location"] == own
    assert (made["version"], answer.headers["etag"]) == (2, '"2"')
    shown = cast.anon.get(own_path(own))
    assert shown.status_code == 200
    assert {name: shown.headers[name] for name in HEADERS} == HEADERS
    assert shown.content.startswith(b"\xff\xd8\xff")
    assert stored(cast, product["id"]) == {own.rpartition("/")[2]}
    assert cast.cliente.get(f"/api/v1/productos/{product['id']}").json()["imagenes"] == made["imagenes"]
    found = cast.cliente.get("/api/v1/productos", params={"q": product["codigo"]}).json()["items"][0]
    assert found["imagenes"] == made["imagenes"]


def test_who_has_a_picture_is_not_sent_it_again(cast: Cast) -> None:
    address = own_path(upload(cast.admin, cast.new_producto()["id"]).json()["imagenes"][0])
    first = cast.anon.get(address)
    etag = first.headers["etag"]
    assert etag == f'"{address.rpartition("/")[2]}"'
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = cast.anon.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == HEADERS["cache-control"]
        assert "content-length" not in again.headers
    for other in ('"x"', etag.strip('"'), "", ","):
        assert cast.anon.get(address, headers={"If-None-Match": other}).content == first.content
    assert cast.anon.head(address).headers["etag"] == etag
    # What is gone is gone for everybody, also for who still has it.
    assert cast.admin.delete(address).status_code == 200
    assert cast.anon.get(address, headers={"If-None-Match": etag}).status_code == 404


def test_a_cart_shows_whole_addresses_and_keeps_paths(cast: Cast, db: Database) -> None:
    product, customer = cast.new_producto(imagenes=["/a.jpg"]), cast.new_cliente()
    own = upload(cast.admin, product["id"]).json()["imagenes"][1]
    body = {"items": [{"itemId": product["id"], "cantidad": 1}]}
    for answer in (
        customer.put(f"{customer.panel}/carrito", json=body),
        customer.get(f"{customer.panel}/carrito"),
    ):
        assert answer.json()["items"][0]["item"]["imagenes"] == ["/a.jpg", own]
    kept = db.fetchval(
        "SELECT item ->> 'imagenes' FROM carrito_lineas WHERE producto_id = $1::uuid", product["id"]
    )
    assert own_path(own) in kept
    assert "localhost" not in kept


def test_another_address_of_the_installation_leaves_no_old_one(cast: Cast, serving: Server) -> None:
    product = cast.new_producto()
    own = upload(cast.admin, product["id"]).json()["imagenes"][0]
    elsewhere = Server(
        serving.data_dir, serving.database_url, workers=1, settings={"url": "https://tienda.bo/"}
    )
    with elsewhere, Persona(elsewhere.url, cast.admin.token) as admin:
        shown = admin.get(f"/api/v1/productos/{product['id']}").json()
        assert shown["imagenes"] == ["https://tienda.bo" + own_path(own)]
        # What an older address was known as is still the same picture.
        kept = admin.patch(f"/api/v1/productos/{product['id']}", json={"imagenes": [own, "/b.jpg"]}).json()
    assert kept["imagenes"] == [*shown["imagenes"], "/b.jpg"]
    assert stored(cast, product["id"]) == {own.rpartition("/")[2]}


@pytest.mark.parametrize("who", ["anon", "cliente", "vendedora", "tecnica", "soporte"])
def test_only_administrators_upload_and_remove(cast: Cast, who: str) -> None:
    product, status = cast.new_producto(), 401 if who == "anon" else 403
    caller: Persona = getattr(cast, who)
    assert upload(caller, product["id"]).status_code == status
    own = upload(cast.admin, product["id"]).json()["imagenes"][0]
    assert caller.delete(own_path(own)).status_code == status
    assert len(stored(cast, product["id"])) == 1


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "obligatorio"),
        (b"<html>", "JPEG, PNG o WebP"),
        (b"\xff\xd8\xff" + bytes(5 << 20), "demasiado grande"),
        (corpus()["bomb-png-13000"].data, "demasiado grande"),
        (corpus()["broken-jpeg-half"].data, "JPEG, PNG o WebP"),
    ],
    ids=["nothing", "html", "large", "bomb", "half"],
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(cast: Cast, content: bytes, text: str) -> None:
    product = cast.new_producto()
    answer = upload(cast.admin, product["id"], content, "foto.jpg" if content else "")
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == ("datos_invalidos" if text == "obligatorio" else "imagen_invalida")
    assert text in answer.json()["errors"]["imagen"][0]
    assert stored(cast, product["id"]) == set()
    assert cast.admin.get(f"/api/v1/productos/{product['id']}").json() == product


def test_a_body_that_is_no_form(cast: Cast) -> None:
    address = f"/api/v1/productos/{cast.new_producto()['id']}/imagenes"
    assert cast.admin.post(address, json={"imagen": "x"}).json()["errors"] == {
        "imagen": ["Este campo es obligatorio"]
    }
    assert cast.admin.post(address).status_code == 422
    raw = cast.admin.post(address, content=PHOTO, headers={"Content-Type": "image/png"})
    assert raw.status_code == 415
    over = cast.admin.post(address, files={"imagen": bytes((20 << 20) + 1)})
    assert over.status_code == 413


NAMES = [
    "../../../evil.php", "/etc/passwd", "%2e%2e%2fevil", "evil.php\0.jpg", "a\r\nX-Evil: 1", "\u202egpj.php", "x" * 300,
    "CON", "niño ñandú 写真.jpg", "..\\..\\evil.php", "", ".", "..", "clientes/x.jpg",
]  # fmt: skip


@pytest.mark.parametrize("half", [NAMES[:7], NAMES[7:]], ids=["first", "second"])
def test_the_name_of_an_upload_is_never_used(cast: Cast, half: list[str]) -> None:
    before = {path for path in cast.data_dir.rglob("*") if "evil" in path.name.lower()}
    product, taken = cast.new_producto(), 0
    for name in half:
        # Written by hand: no honest client sends such names.
        part = f'Content-Disposition: form-data; name="imagen"; filename="{name}"'.encode()
        raw = b"--XX\r\n" + part + b"\r\n\r\n" + PHOTO + b"\r\n--XX--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=XX"}
        answer = cast.admin.post(f"/api/v1/productos/{product['id']}/imagenes", content=raw, headers=headers)
        assert answer.status_code in {201, 400, 422}, (name, answer.text)
        taken += answer.status_code == 201
    assert taken >= 5
    names = stored(cast, product["id"])
    assert len(names) == taken
    assert all(re.fullmatch(r"[0-9a-f]{32}\.jpg", name) for name in names)
    assert {path for path in cast.data_dir.rglob("*") if "evil" in path.name.lower()} == before


def test_nothing_hidden_in_a_picture_is_served(cast: Cast) -> None:
    product = cast.new_producto()
    for name in ("jpeg-then-html", "exif-jpeg", "png-pixels-spell-php", "texts-png", "exif-webp"):
        own = upload(cast.admin, product["id"], corpus()[name].data).json()["imagenes"][-1]
        assert MARK not in cast.anon.get(own_path(own)).content


def test_there_are_at_most_eight(cast: Cast) -> None:
    product = cast.new_producto(imagenes=[f"/{n}.jpg" for n in range(7)])
    assert upload(cast.admin, product["id"]).status_code == 201
    over = upload(cast.admin, product["id"])
    assert (over.status_code, over.json()["code"]) == (409, "demasiadas_imagenes")
    assert len(stored(cast, product["id"])) == 1


def test_a_picture_is_removed_with_its_file(cast: Cast) -> None:
    product = cast.new_producto()
    first = upload(cast.admin, product["id"]).json()["imagenes"][0]
    both = upload(cast.admin, product["id"]).json()
    answer = cast.admin.delete(own_path(first), headers={"If-Match": f'"{both["version"]}"'})
    assert answer.status_code == 200, answer.text
    assert answer.json()["imagenes"] == both["imagenes"][1:]
    assert answer.headers["etag"] == '"4"'
    assert stored(cast, product["id"]) == {both["imagenes"][1].rpartition("/")[2]}
    for gone in (cast.anon.get(own_path(first)), cast.admin.delete(own_path(first))):
        assert (gone.status_code, gone.json()["code"]) == (404, "imagen_no_encontrada")


def test_a_picture_that_a_change_leaves_out_goes_with_its_file(cast: Cast) -> None:
    product = cast.new_producto()
    address = f"/api/v1/productos/{product['id']}"
    upload(cast.admin, product["id"])
    first, second = upload(cast.admin, product["id"]).json()["imagenes"]
    # In another order, and with an address of somebody else's between them.
    kept = cast.admin.patch(
        address, json={"imagenes": [second, "https://ejemplo.bo/x.jpg", own_path(first)]}
    ).json()
    assert kept["imagenes"] == [second, "https://ejemplo.bo/x.jpg", first]
    assert len(stored(cast, product["id"])) == 2
    cast.admin.patch(address, json={"nombre": "Otro"})
    assert len(stored(cast, product["id"])) == 2
    left = cast.admin.patch(address, json={"imagenes": [second]}).json()
    assert left["imagenes"] == [second]
    assert stored(cast, product["id"]) == {second.rpartition("/")[2]}
    back = cast.admin.patch(address, json={"imagenes": [second, first]})
    assert back.status_code == 422
    assert back.json()["errors"] == {"imagenes.1": ["El producto ya no tiene esta imagen"]}


def test_a_stale_version_uploads_and_removes_nothing(cast: Cast) -> None:
    product = cast.new_producto()
    own = upload(cast.admin, product["id"]).json()["imagenes"][0]
    stale = {"If-Match": '"1"'}
    for answer in (
        upload(cast.admin, product["id"], headers=stale),
        cast.admin.delete(own_path(own), headers=stale),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "desactualizado")
    assert len(stored(cast, product["id"])) == 1


def test_unknown_products_and_pictures(cast: Cast) -> None:
    product = cast.new_producto()
    assert upload(cast.admin, str(uuid.uuid4())).json()["code"] == "producto_no_encontrado"
    assert upload(cast.admin, "no-es-un-id").status_code == 404
    for name in (f"{uuid.uuid4().hex}.jpg", "x.jpg", "%2e%2e", uuid.uuid4().hex):
        for answer in (cast.admin.delete(f"/api/v1/productos/{product['id']}/imagenes/{name}"),
                       cast.anon.get(f"/api/v1/productos/{product['id']}/imagenes/{name}")):  # fmt: skip
            assert answer.status_code == 404


def test_a_repeated_upload_is_one(cast: Cast) -> None:
    product, key = cast.new_producto(), {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (
        upload(cast.admin, product["id"], headers=key),
        upload(cast.admin, product["id"], headers=key),
    )
    assert (first.status_code, first.json()) == (201, second.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert len(stored(cast, product["id"])) == 1
    gone = cast.admin.delete(
        own_path(first.json()["imagenes"][0]), headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    assert gone.status_code == 200
    assert stored(cast, product["id"]) == set()


def test_uploads_at_once_all_stay(cast: Cast) -> None:
    product = cast.new_producto()
    boundary = {"Content-Type": "multipart/form-data; boundary=XX"}
    raw = (
        b'--XX\r\nContent-Disposition: form-data; name="imagen"; filename="a"\r\n\r\n'
        + PHOTO
        + b"\r\n--XX--\r\n"
    )
    requests = [
        Request(
            "POST",
            f"/api/v1/productos/{product['id']}/imagenes",
            body=raw,
            token=cast.admin.token,
            headers=boundary,
        )
        for _ in range(6)
    ]
    assert [answer.status for answer in burst(cast.base_url, requests)] == [201] * 6
    shown = cast.admin.get(f"/api/v1/productos/{product['id']}").json()
    assert {address.rpartition("/")[2] for address in shown["imagenes"]} == stored(cast, product["id"])
    assert (len(shown["imagenes"]), shown["version"]) == (6, 7)


def test_the_audit_log_names_the_field_only(cast: Cast, db: Database) -> None:
    product = cast.new_producto()
    upload(cast.admin, product["id"])
    said = db.fetchval(
        "SELECT datos::text FROM auditoria WHERE accion = 'producto.actualizado' AND objeto_id = $1",
        product["id"],
    )
    assert '"campos": ["imagenes"]' in said


async def test_the_daily_sweep_spares_what_products_name(cast: Cast, db: Database) -> None:
    product = cast.new_producto(imagenes=["https://ejemplo.bo/a.jpg"])
    own = upload(cast.admin, product["id"]).json()["imagenes"][1].rpartition("/")[2]
    folder = cast.data_dir / "archivos/productos" / product["id"]
    orphan = folder / f"{uuid.uuid4().hex}.jpg"
    orphan.write_bytes(b"x")
    half = folder / f"{own}.parcial"
    half.write_bytes(b"x")
    for path in folder.iterdir():
        make_old(path)
    pool = await Pool(Settings(data_dir=cast.data_dir), lambda: db.dsn).open()
    try:
        assert await files.sweep(pool.db, jobs.ARCHIVOS) == 2
        assert stored(cast, product["id"]) == {own}
        assert await files.missing(pool.db, jobs.ARCHIVOS) == []
        (folder / own).rename(folder / "elsewhere")
        assert await files.missing(pool.db, jobs.ARCHIVOS) == [f"productos/{product['id']}/{own}"]
        (folder / "elsewhere").rename(folder / own)
    finally:
        await pool.close()


def test_doctor_tells_of_a_file_that_is_lost(cast: Cast, db: Database) -> None:
    product = cast.new_producto()
    own = upload(cast.admin, product["id"]).json()["imagenes"][0].rpartition("/")[2]
    path = cast.data_dir / "archivos/productos" / product["id"] / own

    def finding() -> Check:
        found = examine(Settings(data_dir=cast.data_dir, database_url=db.dsn), head(), ARCHIVOS)
        return next(check for check in found if check.nombre == "Archivos")

    assert finding().estado == "bien"
    path.rename(path.with_name("aside"))
    lost = finding()
    path.with_name("aside").rename(path)
    assert lost.estado == "falla"
    assert f"productos/{product['id']}/{own}" in lost.detalle
    assert lost.remedio


def make_old(path: Path) -> None:
    then = time.time() - 3600
    os.utime(path, (then, then))


def test_a_bucket_does_as_well(new_database, start_server) -> None:
    with running() as bucket:
        cast = own_cast(start_server, new_database, **bucket.settings)
        product = cast.new_producto()
        own = upload(cast.admin, product["id"]).json()["imagenes"][0]
        assert cast.anon.get(own_path(own)).content.startswith(b"\xff\xd8\xff")
        assert not (cast.data_dir / "archivos").exists()
        assert cast.admin.delete(own_path(own)).status_code == 200
        assert cast.anon.get(own_path(own)).status_code == 404
        upload(cast.admin, product["id"])
    # The bucket is gone: nothing is taken that cannot be kept, and what else there is goes on.
    refused = upload(cast.admin, product["id"])
    assert (refused.status_code, refused.json()["code"]) == (503, "servicio_no_disponible")
    assert cast.admin.get(f"/api/v1/productos/{product['id']}").json()["version"] == 4


def own_cast(start_server, new_database, **settings: str) -> Cast:
    database = new_database()
    server = start_server(database.dsn, workers=1, **settings)
    return Cast(server.url, database, server.data_dir)
