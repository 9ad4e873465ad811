"""`/api/v1/usuarios`: making, finding and changing users, and what a change ends (CONTRACT §2, §12)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.test_login import V1, body
from tests.tools.burst import Request, burst
from tests.tools.database import Database

ROOT = "/api/v1/usuarios"


def new(**fields: Any) -> dict[str, Any]:
    """A user that passes."""
    return {
        "nombre": "Usuaria Nueva",
        "rol": "soporte",
        "correo": f"u-{uuid.uuid4().hex[:12]}@example.com",
        "contrasenia": PASSWORD,
    } | fields


def nick() -> str:
    return f"nick-{uuid.uuid4().hex[:10]}"


@pytest.mark.parametrize("rol", ["vendedor", "tecnico", "soporte", "admin"])
def test_an_admin_makes_staff(cast: Cast, rol: str) -> None:
    sent = new(rol=rol, usernick=nick(), celular=f"6{uuid.uuid4().int % 10_000_000:07}")
    answer = cast.admin.post(ROOT, json=sent)
    assert answer.status_code == 201
    said = answer.json()
    assert set(said) == {
        "id", "numero", "nombre", "rol", "correo", "usernick", "celular", "activo", "cliente_id",
        "debe_cambiar_contrasenia", "totp", "version", "creado_en", "actualizado_en",
    }  # fmt: skip
    assert {k: said[k] for k in ("nombre", "rol", "correo", "usernick", "celular")} == {
        k: v for k, v in sent.items() if k != "contrasenia"
    }
    assert (said["activo"], said["cliente_id"], said["version"]) == (True, None, 1)
    for name in (sent["correo"], sent["usernick"], sent["celular"]):
        assert cast.anon.post(V1, json=body(V1, name, PASSWORD)).status_code == 200
    for ref in (said["id"], said["numero"]):
        assert cast.admin.get(f"{ROOT}/{ref}").json() == said


def test_a_customer_is_made_with_his_record(cast: Cast, db: Database) -> None:
    sent = new(rol="cliente", nombre="Tienda Nueva", celular=f"6{uuid.uuid4().int % 10_000_000:07}")
    answer = cast.admin.post(ROOT, json=sent)
    assert answer.status_code == 201
    made = answer.json()
    row = db.fetchrow("SELECT * FROM clientes WHERE id = $1::uuid", made["cliente_id"])
    assert (row["nombre"], row["email"], row["telefono"]) == ("Tienda Nueva", sent["correo"], sent["celular"])
    assert str(row["usuario_principal_id"]) == made["id"]
    login = cast.anon.post("/auth/clientes/login", json=body("/", sent["correo"], PASSWORD))
    assert login.json()["cliente_id"] == made["cliente_id"]
    again = cast.admin.post(ROOT, json=new(rol="cliente", correo=sent["correo"]))
    assert (again.status_code, again.json()["code"]) == (409, "correo_registrado")


@pytest.mark.parametrize("missing", ["nombre", "rol", "contrasenia"])
def test_missing_fields_are_named(cast: Cast, missing: str) -> None:
    sent = new()
    del sent[missing]
    answer = cast.admin.post(ROOT, json=sent)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {missing}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"nombre": ""}, "nombre"),
        ({"nombre": "  "}, "nombre"),
        ({"nombre": "x" * 201}, "nombre"),
        ({"nombre": "Ana\tRojas"}, "nombre"),
        ({"rol": "jefe"}, "rol"),
        ({"correo": "no"}, "correo"),
        ({"usernick": "con espacio"}, "usernick"),
        ({"usernick": "a@b"}, "usernick"),
        ({"usernick": "ab"}, "usernick"),
        ({"usernick": "x" * 61}, "usernick"),
        ({"celular": "12"}, "celular"),
        ({"desconocido": 1}, "desconocido"),
        ({"activo": False}, "activo"),
        ({"contrasenia": ""}, "contrasenia"),
    ],
)
def test_wrong_fields_are_named(cast: Cast, fields: dict[str, Any], field: str) -> None:
    answer = cast.admin.post(ROOT, json=new(**fields))
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_a_login_needs_a_name(cast: Cast) -> None:
    answer = cast.admin.post(ROOT, json=new(correo=None))
    assert (answer.status_code, answer.json()["code"]) == (422, "identificador_requerido")
    said = "Se requiere un correo, un celular o un nombre de usuario"
    assert answer.json()["errors"] == {"correo": [said], "celular": [said], "usernick": [said]}


def test_correo_celular_and_usernick_are_one_namespace(cast: Cast) -> None:
    phone, name = f"6{uuid.uuid4().int % 10_000_000:07}", nick()
    first = new(celular=phone, usernick=name)
    assert cast.admin.post(ROOT, json=first).status_code == 201
    for fields, code in (
        ({"correo": first["correo"].upper()}, "correo_registrado"),
        ({"celular": f"+591 {phone}"}, "celular_registrado"),
        ({"usernick": name.upper()}, "usernick_registrado"),
        ({"usernick": f"591{phone}"}, "usernick_registrado"),
    ):
        answer = cast.admin.post(ROOT, json=new(**fields))
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    # The same phone as celular and as usernick of one user is one name.
    own = f"6{uuid.uuid4().int % 10_000_000:07}"
    assert cast.admin.post(ROOT, json=new(celular=own, usernick=own)).status_code == 201


def test_a_race_for_one_nick_has_one_winner(cast: Cast, server: str) -> None:
    for _ in range(5):
        wanted = nick()
        requests = [
            Request("POST", ROOT, json=new(usernick=wanted), token=cast.admin.token) for _ in range(12)
        ]
        statuses = sorted(answer.status for answer in burst(server, requests))
        assert statuses == [201] + [409] * 11


def test_the_list_finds_by_words_role_and_state(cast: Cast) -> None:
    mark = uuid.uuid4().hex[:8]
    ids = [
        cast.admin.post(ROOT, json=new(nombre=f"José {mark} Núñez {n}", rol=rol)).json()["id"]
        for n, rol in enumerate(("vendedor", "tecnico", "vendedor"))
    ]
    cast.admin.patch(f"{ROOT}/{ids[2]}", json={"activo": False})

    def found(**params: Any) -> list[str]:
        answer = cast.admin.get(ROOT, params={"q": mark, **params})
        assert answer.status_code == 200
        page = answer.json()
        assert page["total"] == len(page["items"])
        return [item["id"] for item in page["items"]]

    assert found() == ids
    assert found(q=f"nunez jose {mark[:6]}") == ids
    assert found(q=f"{mark} perez") == []
    assert found(rol="vendedor") == [ids[0], ids[2]]
    assert found(rol="vendedor", activo="1") == [ids[0]]
    assert found(activo="0") == [ids[2]]
    assert found(activo="all") == ids
    second = cast.admin.get(ROOT, params={"q": mark, "page": 2, "per_page": 2}).json()
    assert ([i["id"] for i in second["items"]], second["total"], second["page"]) == ([ids[2]], 3, 2)
    assert cast.admin.get(ROOT, params={"page": 999}).json()["items"] == []


@pytest.mark.parametrize("q", ["'", "\\", "a' | b", ":*", "& !", "()", "<->", "☃", "%", "_", "a" * 200])
def test_any_text_may_be_searched_for(cast: Cast, q: str) -> None:
    assert cast.admin.get(ROOT, params={"q": q}).status_code == 200


@pytest.mark.parametrize("params", [{"rol": "jefe"}, {"activo": "2"}, {"q": "x" * 201}, {"per_page": 101}])
def test_wrong_filters_are_422(cast: Cast, params: dict[str, Any]) -> None:
    answer = cast.admin.get(ROOT, params=params)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == set(params)


def test_the_search_uses_its_index(new_database: Callable[[], Database]) -> None:
    database = new_database()
    database.execute(
        """INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, creado_en, actualizado_en)
        SELECT gen_random_uuid(), 'Persona número ' || n, 'soporte', 'p' || n || '@example.com', 'x', now(), now()
        FROM generate_series(1, 100000) n"""
    )
    database.execute("VACUUM ANALYZE usuarios")
    from clientela.identidad.store import COUNT_FOUND, SEARCH_USUARIOS  # noqa: PLC0415

    found = "NULL, NULL, $$'99999':*$$"
    for statement, types, given in (
        (SEARCH_USUARIOS, "text, boolean, text, int, int", f"{found}, 20, 0"),
        (COUNT_FOUND, "text, boolean, text", found),
    ):
        # The generic plan is the one that a prepared statement ends up with.
        database.execute("SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL")
        database.execute(f"PREPARE buscar ({types}) AS {statement}")
        plan = "\n".join(row[0] for row in database.fetch(f"EXPLAIN EXECUTE buscar ({given})"))
        assert "usuarios_busqueda_idx" in plan, plan


@pytest.mark.parametrize("ref", ["x", "0", "999999999", "-1", str(uuid.uuid4()), "9" * 30])
def test_an_unknown_user_is_404(cast: Cast, ref: str) -> None:
    assert cast.admin.get(f"{ROOT}/{ref}").status_code == 404
    assert cast.admin.patch(f"{ROOT}/{ref}", json={"activo": True}).status_code == 404


def test_a_change_keeps_what_was_not_sent(cast: Cast) -> None:
    sent = new(usernick=nick(), celular=f"6{uuid.uuid4().int % 10_000_000:07}")
    made = cast.admin.post(ROOT, json=sent).json()
    answer = cast.admin.patch(f"{ROOT}/{made['numero']}", json={"nombre": "Otro Nombre", "celular": None})
    assert answer.status_code == 200
    changed = answer.json()
    assert changed == made | {
        "nombre": "Otro Nombre",
        "celular": None,
        "version": 2,
        "actualizado_en": changed["actualizado_en"],
    }
    assert answer.headers["ETag"] == '"2"'
    stale = cast.admin.patch(f"{ROOT}/{made['id']}", json={"nombre": "Tarde"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "desactualizado", 2)
    # The name that was given up is free again, the others are not.
    assert cast.admin.post(ROOT, json=new(celular=sent["celular"])).status_code == 201
    assert cast.admin.post(ROOT, json=new(usernick=sent["usernick"])).status_code == 409


def test_names_move_from_one_user_to_another_only_when_free(cast: Cast) -> None:
    one = cast.admin.post(ROOT, json=new(usernick=nick())).json()
    two = cast.admin.post(ROOT, json=new(usernick=nick())).json()
    answer = cast.admin.patch(f"{ROOT}/{two['id']}", json={"usernick": one["usernick"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "usernick_registrado")
    assert cast.admin.get(f"{ROOT}/{two['id']}").json() == two
    assert cast.anon.post(V1, json=body(V1, two["usernick"], PASSWORD)).status_code == 200
    assert cast.admin.patch(f"{ROOT}/{one['id']}", json={"usernick": None}).status_code == 200
    assert cast.admin.patch(f"{ROOT}/{two['id']}", json={"usernick": one["usernick"]}).status_code == 200
    answer = cast.admin.patch(f"{ROOT}/{two['id']}", json={"usernick": None, "correo": None})
    assert (answer.status_code, answer.json()["code"]) == (422, "identificador_requerido")
    assert set(answer.json()["errors"]) == {"correo", "celular", "usernick"}


@pytest.mark.parametrize(
    "sent",
    [{"rol": "jefe"}, {"nombre": None}, {"activo": None}, {"activo": "no"}, {"otra": 1}, {"correo": 5}],
)
def test_wrong_changes_are_named(cast: Cast, sent: dict[str, Any]) -> None:
    answer = cast.admin.patch(f"{ROOT}/{cast.soporte.usuario_id}", json=sent)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == set(sent)


@pytest.mark.parametrize(
    "sent",
    [
        {"nombre": "", "rol": "jefe", "activo": "no", "usernick": 5, "totp": True},
        {"correo": "no", "celular": "12", "usernick": "a b", "contrasenia": "corta"},
        {"correo": "no", "contrasenia": "12345678"},
    ],
)
def test_all_wrong_fields_are_named_at_once(cast: Cast, sent: dict[str, Any]) -> None:
    answer = cast.admin.patch(f"{ROOT}/{cast.soporte.usuario_id}", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "datos_invalidos")
    assert set(answer.json()["errors"]) == set(sent)
    if {"activo", "totp"}.isdisjoint(sent):
        answer = cast.admin.post(ROOT, json=new(**sent))
        assert (answer.status_code, answer.json()["code"]) == (422, "datos_invalidos")
        assert set(answer.json()["errors"]) == set(sent)


@pytest.mark.parametrize(
    "password", ["vania rojas", "VaniaRojas", "vania.rojas@example.com", "+591 700 12345"]
)
def test_a_password_is_compared_with_names_as_they_are_typed(cast: Cast, password: str) -> None:
    own = {"nombre": "Vania Rojas", "correo": "vania.rojas@example.com", "celular": "700-12345"}
    answer = cast.admin.post(ROOT, json=new(**own, contrasenia=password))
    assert (answer.status_code, answer.json()["code"]) == (422, "contrasenia_personal")


def test_customers_stay_customers_and_staff_stays_staff(
    cast: Cast, new_cliente: Callable[..., Persona]
) -> None:
    customer = new_cliente()
    answer = cast.admin.patch(f"{ROOT}/{customer.usuario_id}", json={"rol": "admin"})
    assert (answer.status_code, answer.json()["code"]) == (422, "rol_cliente")
    answer = cast.admin.patch(f"{ROOT}/{cast.soporte.usuario_id}", json={"rol": "cliente"})
    assert (answer.status_code, answer.json()["code"]) == (422, "rol_cliente")


def test_the_last_admin_stays(new_database: Callable[[], Database], start_server: Callable[..., Any]) -> None:
    """Two administrators who each put the other out at the same moment: one of them stays."""
    database = new_database()
    running = start_server(database.dsn)
    cast = Cast(running.url, database, running.data_dir)
    alone = f"{ROOT}/{cast.admin.usuario_id}"
    for change in ({"activo": False}, {"rol": "soporte"}):
        answer = cast.admin.patch(alone, json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "ultimo_admin")
    assert cast.admin.get("/api/v1/auth/yo").status_code == 200
    for _ in range(5):
        other = cast.new_usuario("admin")
        answers = burst(
            running.url,
            [
                Request("PATCH", f"{ROOT}/{two.usuario_id}", json={"activo": False}, token=one.token)
                for one, two in ((cast.admin, other), (other, cast.admin))
            ],
        )
        statuses = sorted(answer.status for answer in answers)
        assert statuses in ([200, 409], [200, 401]), statuses
        active = "SELECT count(*) FROM usuarios WHERE rol = 'admin' AND activo"
        assert database.fetchval(active) == 1
        left = database.fetchval("SELECT id::text FROM usuarios WHERE rol = 'admin' AND activo")
        cast.admin = other if left == other.usuario_id else cast.admin
        # Whoever stayed may still have a session that the other's deactivation touched: log in afresh.
        cast.admin = cast.admin.again()


def test_every_change_is_written_down_without_names(cast: Cast, db: Database) -> None:
    made = cast.admin.post(ROOT, json=new(nombre="Nombre Secreto")).json()
    cast.admin.patch(f"{ROOT}/{made['id']}", json={"nombre": "Más Secreto", "activo": False})
    rows = db.fetch(
        "SELECT accion, actor_id::text, datos::text FROM auditoria WHERE objeto_id = $1 ORDER BY seq",
        made["id"],
    )
    assert [row["accion"] for row in rows] == ["usuario.creado", "usuario.cambiado"]
    assert {row["actor_id"] for row in rows} == {cast.admin.usuario_id}
    assert "Secreto" not in "".join(row["datos"] for row in rows)


def test_a_key_makes_one_user_and_one_change(cast: Cast, db: Database) -> None:
    """Also with a password in the body: the hash is made once, the answer is kept."""
    sent, key = new(), {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (cast.admin.post(ROOT, json=sent, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert db.fetchval("SELECT count(*) FROM usuarios WHERE correo = $1", sent["correo"]) == 1
    other = cast.admin.post(ROOT, json=sent | {"nombre": "Otra"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "clave_idempotencia_reusada")
    change, key = {"contrasenia": "otra distinta 77"}, {"Idempotency-Key": uuid.uuid4().hex}
    where = f"{ROOT}/{first.json()['id']}"
    answers = [cast.admin.patch(where, json=change, headers=key) for _ in range(2)]
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 2)] * 2
    assert cast.anon.post(V1, json=body(V1, sent["correo"], "otra distinta 77")).status_code == 200
    kept = " ".join(row["fila"] for row in db.fetch("SELECT t::text AS fila FROM idempotencia t"))
    assert sent["correo"] not in kept
    assert "otra distinta 77" not in kept
