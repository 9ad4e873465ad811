"""T-CA-4 and T-CA-8: PUT against autosave against PUT is some serial order; with a version nothing is lost."""

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.races.planting import plant_client, plant_products
from tests.tools.burst import Request

BURSTS = [200, pytest.param(10_000, marks=pytest.mark.long)]


def items(lines):
    return [{"itemId": product, "cantidad": amount} for product, amount in lines]


def lines(cart):
    return [(line["itemId"], line["cantidad"]) for line in cart["items"]]


def write(cliente, number, content, headers=None):
    """Every third writer is the panel saving by itself."""
    if number % 3 == 0:
        body = {"carrito": {"items": items(content)}}
        return Request("POST", f"{cliente.panel}/auto-guardar", json=body, token=cliente.token)
    path = f"{cliente.panel}/carrito"
    return Request("PUT", path, json={"items": items(content)}, token=cliente.token, headers=headers or {})


def version_of(answer):
    body = answer.json()
    return body["versiones"]["carrito"] if "versiones" in body else body["version"]


@pytest.mark.parametrize("rounds", BURSTS)
@pytest.mark.timeout(3600)
def test_parallel_writers_end_in_a_serial_order(burst, new_cliente, new_producto, rounds):
    """Each write has a version of its own, shows exactly its own lines, and the last version is what is there."""
    chance = random.Random(4)
    products = [new_producto()["id"] for _ in range(6)]
    amounts = itertools.count(1)
    cliente = new_cliente()
    for turn in range(rounds):
        contents = [
            [(product, next(amounts)) for product in chance.sample(products, chance.randint(0, 6))]
            for _ in range(12)
        ]
        requests = [write(cliente, number, content) for number, content in enumerate(contents)]
        answers = burst(requests, settle=0.01)
        assert [answer.status for answer in answers] == [200] * 12
        versions = [version_of(answer) for answer in answers]
        last = 12 * (turn + 1)
        assert sorted(versions) == list(range(last - 11, last + 1))
        for answer, content in zip(answers, contents, strict=True):
            if "items" in answer.json():
                assert lines(answer.json()) == content
        final = cliente.get(f"{cliente.panel}/carrito").json()
        assert (final["version"], lines(final)) == (last, contents[versions.index(last)])


async def test_control_without_the_lock_replacements_merge(new_database):
    """Delete and insert in two open transactions on one empty cart: each sees nothing of the other."""
    database = new_database()
    usuario_id, cliente_id = plant_client(database)
    products = plant_products(database, 2)
    cart_id = database.fetchval(
        """INSERT INTO carritos (id, usuario_id, cliente_id, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), $1::uuid, $2::uuid, now(), now()) RETURNING id""",
        usuario_id,
        cliente_id,
    )
    async with database.connect() as one, database.connect() as two:
        for connection, product in zip((one, two), products, strict=True):
            await connection.execute("BEGIN")
            await connection.execute("DELETE FROM carrito_lineas WHERE carrito_id = $1", cart_id)
            await connection.execute(
                """INSERT INTO carrito_lineas (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
                   VALUES ($1, $2, 1, '{}', 1, 1)""",
                cart_id,
                product,
            )
        for connection in (one, two):
            await connection.execute("COMMIT")
    assert database.fetchval("SELECT count(*) FROM carrito_lineas") == 2, "neither writer sent both"


@pytest.mark.parametrize("rounds", BURSTS)
@pytest.mark.timeout(3600)
def test_of_many_with_one_version_one_writes(burst, new_cliente, new_producto, rounds):
    product = new_producto()["id"]
    cliente = new_cliente()
    path = f"{cliente.panel}/carrito"
    cliente.put(path, json={"items": []})
    for turn in range(rounds):
        contents = [[(product, 8 * turn + number + 1)] for number in range(8)]
        matches = {"If-Match": f'"{turn + 1}"'}
        requests = [
            Request("PUT", path, json={"items": items(content)}, token=cliente.token, headers=matches)
            for content in contents
        ]
        answers = burst(requests, settle=0.01)
        assert sorted(answer.status for answer in answers) == [200] + [412] * 7
        winner = next(number for number, answer in enumerate(answers) if answer.status == 200)
        for answer in answers:
            if answer.status == 412:
                assert lines(answer.json()["carrito"]) == contents[winner]
        assert lines(cliente.get(path).json()) == contents[winner]


def add_one(device, product, *, with_version):
    """One turn of a device that keeps a counter in the cart; tells whether its write went in."""
    path = f"{device.panel}/carrito"
    cart = device.get(path)
    amount = lines(cart.json())[0][1]
    headers = {"If-Match": cart.headers["etag"]} if with_version else {}
    written = device.put(path, json={"items": items([(product, amount + 1)])}, headers=headers)
    assert written.status_code in {200, 412}
    return written.status_code == 200


@pytest.mark.parametrize("turns", [40, pytest.param(1_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_with_versions_no_update_of_two_devices_is_lost(new_cliente, new_producto, turns):
    phone = new_cliente()
    devices = [phone, phone.again()]
    product = new_producto()["id"]
    phone.put(f"{phone.panel}/carrito", json={"items": items([(product, 1)])})

    def work(device):
        done = 0
        while done < turns:
            done += add_one(device, product, with_version=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, devices))
    assert lines(phone.get(f"{phone.panel}/carrito").json()) == [(product, 1 + 2 * turns)]


def test_control_without_versions_updates_are_lost(new_cliente, new_producto):
    phone = new_cliente()
    devices = [phone, phone.again()]
    product = new_producto()["id"]
    phone.put(f"{phone.panel}/carrito", json={"items": items([(product, 1)])})
    together = threading.Barrier(2)

    def work(device):
        for _ in range(20):
            together.wait()
            add_one(device, product, with_version=False)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, devices))
    assert lines(phone.get(f"{phone.panel}/carrito").json())[0][1] < 41
