"""Sending against saving: one ticket, and no draft that comes back (D-18; reclamo submit + draft delete)."""

import json
import random

import pytest

from tests.races.planting import plant_client
from tests.tools.burst import Request

ROUNDS = [100, pytest.param(2_000, marks=pytest.mark.long)]
TITLE, TEXT = "Llegó roto", "La caja estaba abierta y faltaba el cargador"


def storm(cliente, chance, title=TITLE, version=1):
    """One sending among 49 saves of what was typed until then, in every form in which a panel saves."""
    path = f"{cliente.panel}/borradores/reclamo"
    requests = []
    for number in range(49):
        draft = {"titulo": title, "descripcion": TEXT[: chance.randint(0, len(TEXT))]}
        if number % 3 == 0:
            body = {"borradores": {"reclamo": draft}, "preferencias": {"vista_activa": "reclamo"}}
            made = Request("POST", f"{cliente.panel}/auto-guardar", json=body, token=cliente.token)
        elif number % 3 == 1:
            made = Request("PUT", path, json=draft, token=cliente.token)
        else:
            made = Request("PUT", path, json=draft | {"version": version}, token=cliente.token)
        requests.append(made)
    sending = Request("POST", "/reclamos", json={"titulo": title, "descripcion": TEXT}, token=cliente.token)
    requests.insert(chance.randint(0, 49), sending)
    return requests


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_no_autosave_brings_a_sent_draft_back(burst, new_cliente, rounds):
    chance = random.Random(18)
    cliente = new_cliente()
    for turn in range(rounds):
        title = f"{TITLE} {turn:06}"
        begun = cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": title})
        requests = storm(cliente, chance, title, begun.json()["version"])
        answers = burst(requests, settle=0.01)
        for request, answer in zip(requests, answers, strict=True):
            if request.path == "/reclamos":
                assert answer.status == 201, answer.body
            elif request.method == "POST":
                assert answer.status == 200, answer.body
                assert answer.json()["preferencias_actualizadas"] is True
            else:
                assert answer.status in {200, 409}, answer.body
                assert answer.status == 200 or answer.json()["code"] in {
                    "borrador_enviado",
                    "version_anterior",
                }
        assert cliente.get(f"{cliente.panel}/borradores").json()["reclamo"] is None
    assert cliente.get("/api/v1/tickets").json()["total"] == rounds


def test_control_without_a_tombstone_drafts_come_back(burst, db, new_cliente):
    chance = random.Random(18)
    db.execute(
        """CREATE FUNCTION public.olvidar() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER olvidar BEFORE INSERT ON borradores_enviados
           FOR EACH ROW EXECUTE FUNCTION public.olvidar()"""
    )
    try:
        came_back = 0
        for _ in range(20):
            cliente = new_cliente()
            burst(storm(cliente, chance))
            came_back += cliente.get(f"{cliente.panel}/borradores").json()["reclamo"] is not None
            if came_back:
                break
    finally:
        db.execute("DROP TRIGGER olvidar ON borradores_enviados; DROP FUNCTION public.olvidar()")
    assert came_back


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_a_double_click_is_one_ticket(burst, db, new_cliente, rounds):
    cliente = new_cliente()
    for number in range(rounds):
        path, body = (
            ("/reclamos", {"titulo": f"Reclamo {number}", "descripcion": TEXT})
            if number % 2
            else ("/soporte", {"asunto": f"Duda {number}", "mensaje": TEXT})
        )
        answers = burst([Request("POST", path, json=body, token=cliente.token)] * 10, settle=0.01)
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1, "the same folio for all"
    assert cliente.get("/api/v1/tickets").json()["total"] == rounds
    sent = [json.loads(row["campos"]) for row in db.fetch(
        "SELECT campos FROM borradores_enviados WHERE cliente_id = $1::uuid", cliente.cliente_id
    )]  # fmt: skip
    assert len(sent) == rounds


async def test_control_without_the_lock_a_double_click_is_two_tickets(new_database):
    """Two transactions that look for a twin before either commits find none."""
    database = new_database()
    usuario_id, _ = plant_client(database)
    look = "SELECT count(*) FROM tickets WHERE usuario_id = $1::uuid AND asunto = 'Doble'"
    async with database.connect() as one, database.connect() as two:
        for connection in (one, two):
            await connection.execute("BEGIN")
        for connection in (one, two):
            assert await connection.fetchval(look, usuario_id) == 0
            await connection.execute(
                """INSERT INTO tickets (id, tipo, asunto, usuario_id, version, mensajes, creado_en, actualizado_en)
                   VALUES (gen_random_uuid(), 'reclamo', 'Doble', $1::uuid, 1, 0, now(), now())""",
                usuario_id,
            )
        for connection in (one, two):
            await connection.execute("COMMIT")
    assert database.fetchval(look, usuario_id) == 2


def test_of_many_with_one_version_one_saves_the_draft(burst, new_cliente):
    for _ in range(20):
        cliente = new_cliente()
        path = f"{cliente.panel}/borradores/soporte"
        cliente.put(path, json={"asunto": "uno"})
        answers = burst(
            [
                Request("PUT", path, json={"asunto": f"dos {n}", "version": 1}, token=cliente.token)
                for n in range(12)
            ]
        )
        assert sorted(answer.status for answer in answers) == [200] + [409] * 11
        winner = next(n for n, answer in enumerate(answers) if answer.status == 200)
        assert cliente.get(f"{cliente.panel}/borradores").json()["soporte"]["asunto"] == f"dos {winner}"


def test_no_parallel_preference_is_lost(burst, new_cliente):
    for _ in range(10):
        cliente = new_cliente()
        path = f"{cliente.panel}/preferencias"
        answers = burst(
            [
                Request("PUT", path, json={"configuraciones": {"panel": {f"k{n}": n}}}, token=cliente.token)
                for n in range(30)
            ]
        )
        assert {answer.status for answer in answers} == {200}
        shown = cliente.get(path).json()["configuraciones"]["panel"]
        assert shown == {f"k{n}": n for n in range(30)}


def test_control_merging_outside_the_database_loses_preferences(new_cliente, db):
    """Two that read, merge for themselves and write the whole: the second undoes the first."""
    cliente = new_cliente()
    path = f"{cliente.panel}/preferencias"
    cliente.put(path, json={"vista_activa": "chat"})
    read = [cliente.get(path).json()["configuraciones"] for _ in range(2)]
    for number, stale in enumerate(read):
        db.execute(
            "UPDATE preferencias SET configuraciones = $2::jsonb WHERE cliente_id = $1::uuid",
            cliente.cliente_id,
            json.dumps(stale | {f"k{number}": number}),
        )
    assert "k0" not in cliente.get(path).json()["configuraciones"]


def test_everything_at_once_never_deadlocks(burst, cast, new_cliente, new_producto):
    """Saves that touch several tables, sendings, an administrator beside the customer: all are answered."""
    chance = random.Random(1)
    product = new_producto()["id"]
    cart = {"items": [{"itemId": product, "cantidad": 2}]}
    for turn in range(15):
        cliente = new_cliente()
        everything = {
            "carrito": cart,
            "borradores": {"reclamo": {"titulo": "a"}, "soporte": {"asunto": "b"}},
            "preferencias": {"vista_activa": "chat"},
        }
        claim = {"titulo": f"Reclamo {turn}", "descripcion": TEXT}
        kinds = [
            ("POST", f"{cliente.panel}/auto-guardar", everything),
            ("PUT", f"{cliente.panel}/carrito", cart),
            ("PUT", f"{cliente.panel}/borradores/soporte", {"asunto": "c"}),
            ("DELETE", f"{cliente.panel}/borradores/reclamo", None),
            ("PUT", f"{cliente.panel}/preferencias", {"configuraciones": {"x": turn}}),
            ("POST", "/reclamos", claim),
            ("POST", "/soporte", {"asunto": f"Duda {turn}", "mensaje": TEXT}),
        ]
        requests = [
            Request(method, path, json=body, token=(cast.admin if n % 4 == 3 else cliente).token)
            for n, (method, path, body) in enumerate(kinds * 5)
        ]
        chance.shuffle(requests)
        answers = burst(requests)
        problems = {
            (request.path, answer.status, answer.body)
            for request, answer in zip(requests, answers, strict=True)
            if answer.status not in {200, 201}
        }
        assert problems == set()
