"""A record that staff made becomes its owner's when he registers, with a code and never without (CONTRACT §2, §12)."""

from collections.abc import Callable

import pytest

from tests.cast import Cast, Persona
from tests.clientes.conftest import new_email, new_phone, new_record
from tests.identidad.claims import (
    Make,
    Record,
    ask,
    code_for,
    codes_to,
    holders,
    login_of,
    shop,
    stranger,
)
from tests.identidad.test_login import V1, body
from tests.identidad.test_registro import PATH, form
from tests.identidad.test_reset import mails_to
from tests.tools.database import Database
from tests.tools.server import Server

__all__ = ["new_record", "shop", "stranger"]


# --- the way -------------------------------------------------------------------------------------------------


def test_the_whole_way_by_mail(
    cast: Cast, db: Database, serving: Server, stranger: Persona, new_record: Make
) -> None:
    record = new_record(
        cast.vendedora, nombre="Tienda Rosa", telefono=new_phone(), email=new_email(), nit="1020304"
    )
    mine = form(celular=record["telefono"], direccion="Av. Busch 7")
    answer = stranger.post(PATH, json=mine)
    assert answer.status_code == 409
    assert answer.json()["mensaje"].startswith("Ya existe una ficha con esos datos")
    assert answer.json()["code"] == "verificacion_requerida"
    assert not set(answer.json()) & {"errors", "token", "cliente"}
    # Nothing of the record is told, not even a part of its e-mail.
    assert record["email"].split("@")[0] not in answer.text
    assert login_of(db, record)["contrasenia_hash"] is None
    [code] = codes_to(serving, record["email"])
    assert mails_to(serving, mine["correo"]) == []
    stored = db.fetchrow("SELECT * FROM verificaciones WHERE usuario_id = $1", login_of(db, record)["id"])
    assert code not in str(dict(stored))
    assert (
        db.fetchval("SELECT count(*) FROM correos WHERE asunto LIKE $1 OR cuerpo LIKE $1", f"%{code}%") == 0
    )

    answer = stranger.post(PATH, json=mine | {"codigo": code})
    assert (answer.status_code, set(answer.json())) == (201, {"token"})
    with Persona(cast.base_url, answer.json()["token"]) as owner:
        owner.learn()
        assert (owner.cliente_id, owner.correo) == (record["uuid"], mine["correo"])
        found = owner.get(f"/api/clientes/{record['id']}").json()["data"]["cliente"]
    assert (found["id"], found["nombre"], found["nit"]) == (record["id"], "Tienda Rosa", "1020304")
    assert (found["telefono"], found["email"]) == (record["telefono"], mine["correo"])
    assert [(a["direccion"], a["es_principal"]) for a in found["direcciones"]] == [("Av. Busch 7", True)]
    assert found["user"]["id"] == owner.numero
    kept = db.fetchrow("SELECT * FROM clientes WHERE id = $1::uuid", record["uuid"])
    assert str(kept["vendedor_asignado_id"]) == cast.vendedora.usuario_id
    assert holders(db, mine) == 1
    for name in (mine["correo"], mine["celular"], f"+591 {mine['celular']}"):
        assert stranger.post(V1, json=body(V1, name, mine["contrasenia"])).status_code == 200
    actions = db.fetch(
        """SELECT accion, datos::text FROM auditoria
            WHERE objeto_id IN ($1, $2) AND accion NOT LIKE 'login.%' ORDER BY id""",
        record["uuid"],
        owner.usuario_id,
    )
    assert [row["accion"] for row in actions] == [
        "cliente.creado",
        "verificacion.enviada",
        "cliente.reclamado",
        "usuario.cambiado",
    ]
    assert '["email", "direcciones"]' in actions[-2]["datos"]


def test_the_code_works_once(stranger: Persona, shop: Record, serving: Server, db: Database) -> None:
    mine = form(correo=shop["email"].upper(), celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    # Eight digits are typed in two groups; the e-mail's case and the phone's spelling do not matter.
    again = mine | {"correo": shop["email"], "celular": f"+591 {shop['telefono']}"}
    assert ask(stranger, again, f"{code[:4]} {code[4:]}") == (201, "")
    assert ask(stranger, again, code) == (409, "correo_registrado")
    assert (
        db.fetchval("SELECT count(*) FROM verificaciones WHERE usuario_id = $1", login_of(db, shop)["id"])
        == 0
    )
    assert holders(db, mine) == 1


def test_the_phone_or_the_e_mail_alone_will_do(
    stranger: Persona, new_record: Make, serving: Server, db: Database
) -> None:
    by_phone, by_mail = (new_record(telefono=new_phone(), email=new_email()) for _ in range(2))
    for record, mine in (
        (by_phone, form(celular=by_phone["telefono"])),
        (by_mail, form(correo=by_mail["email"])),
    ):
        code = code_for(stranger, mine, serving, record["email"])
        assert ask(stranger, mine, code) == (201, "")
        assert login_of(db, record)["correo"] == mine["correo"]
        assert login_of(db, record)["celular"] == mine["celular"]


def test_of_several_records_the_oldest_is_claimed(
    stranger: Persona, new_record: Make, serving: Server, db: Database
) -> None:
    phone = new_phone()
    first, second, third = (new_record(telefono=phone, email=new_email()) for _ in range(3))
    db.execute(
        "UPDATE clientes SET creado_en = creado_en - interval '1 day' WHERE id = $1::uuid", second["uuid"]
    )
    mine = form(celular=phone)
    code = code_for(stranger, mine, serving, second["email"])
    assert ask(stranger, mine, code) == (201, "")
    assert login_of(db, second)["correo"] == mine["correo"]
    for other in (first, third):
        assert login_of(db, other)["contrasenia_hash"] is None
        assert mails_to(serving, other["email"]) == []


def test_an_address_that_is_there_is_not_added_again(
    stranger: Persona, new_record: Make, serving: Server, cast: Cast
) -> None:
    there = {"direccion": "Calle 1", "es_principal": True}
    record = new_record(telefono=new_phone(), email=new_email(), direcciones=[there])
    mine = form(celular=record["telefono"], correo=record["email"], direccion="Calle 1")
    assert ask(stranger, mine, code_for(stranger, mine, serving, record["email"])) == (201, "")
    found = cast.admin.get(f"/api/clientes/{record['id']}").json()["data"]["cliente"]
    assert [a["direccion"] for a in found["direcciones"]] == ["Calle 1"]
    assert (found["email"], found["telefono"]) == (record["email"], record["telefono"])


# --- records without an e-mail, and those that nobody may claim ----------------------------------------------


@pytest.mark.parametrize("email", [None, "esto no es un correo"])
def test_without_an_e_mail_staff_link_it(
    stranger: Persona, new_record: Make, cast: Cast, db: Database, email: str | None
) -> None:
    record = new_record(telefono=new_phone())
    db.execute("UPDATE clientes SET email = $2 WHERE id = $1::uuid", record["uuid"], email)
    mine = form(celular=record["telefono"])
    for _ in range(3):
        answer = stranger.post(PATH, json=mine)
        assert (answer.status_code, answer.json()["code"]) == (409, "verificacion_sin_correo")
        assert "pida a la empresa" in answer.json()["mensaje"]
    assert holders(db, mine) == 1
    linked = cast.admin.put(f"/api/clientes/{record['id']}", json={"email": None, "crear_usuario": True})
    assert linked.status_code == 200, linked.text
    assert ask(stranger, mine) == (409, "celular_registrado")
    entered = stranger.post(V1, json=body(V1, record["telefono"], record["telefono"]))
    assert entered.json()["cliente_id"] == record["uuid"]


def retire(how: str, record: Record, cast: Cast, db: Database) -> None:
    """Make a record one that nobody may claim."""
    if how == "inactive":
        assert cast.admin.put(f"/api/clientes/{record['id']}", json={"activo": False}).status_code == 200
    elif how == "merged":
        into = "(SELECT id FROM clientes WHERE id <> $1::uuid LIMIT 1)"
        db.execute(
            f"UPDATE clientes SET fusionado_con_id = {into}, fusionado_en = now() WHERE id = $1::uuid",
            record["uuid"],
        )
    else:
        db.execute("UPDATE clientes SET anonimizado_en = now() WHERE id = $1::uuid", record["uuid"])


@pytest.mark.parametrize("how", ["inactive", "merged", "anonymised"])
def test_an_inactive_merged_or_anonymised_record_is_not_claimed(
    stranger: Persona, shop: Record, cast: Cast, serving: Server, db: Database, how: str
) -> None:
    mine = form(celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    retire(how, shop, cast, db)
    assert ask(stranger, mine) == (409, "celular_registrado")
    assert ask(stranger, form(correo=shop["email"])) == (409, "correo_registrado")
    # A code that was sent before dies with the right to claim.
    assert ask(stranger, mine, code) == (409, "celular_registrado")
    assert login_of(db, shop)["contrasenia_hash"] is None
    assert len(mails_to(serving, shop["email"])) == 1


def test_beside_a_retired_record_the_living_one_is_claimed(
    stranger: Persona, new_record: Make, cast: Cast, serving: Server, db: Database
) -> None:
    phone = new_phone()
    retired, living = (new_record(telefono=phone, email=new_email()) for _ in range(2))
    cast.admin.put(f"/api/clientes/{retired['id']}", json={"activo": False})
    mine = form(celular=phone)
    assert ask(stranger, mine, code_for(stranger, mine, serving, living["email"])) == (201, "")
    assert login_of(db, retired)["contrasenia_hash"] is None


def test_beside_a_record_with_a_login_nothing_is_claimed(
    stranger: Persona, new_record: Make, new_cliente: Callable[..., Persona], serving: Server
) -> None:
    owner = new_cliente()
    record = new_record(telefono=owner.celular, email=new_email())
    assert ask(stranger, form(celular=owner.celular)) == (409, "celular_registrado")
    # The e-mail is this record's alone, the phone is somebody's who logs in by it.
    assert ask(stranger, form(celular=owner.celular, correo=record["email"])) == (409, "celular_registrado")
    assert mails_to(serving, record["email"]) == []


def test_names_of_staff_are_not_to_be_had_by_claiming(
    stranger: Persona, shop: Record, cast: Cast, serving: Server
) -> None:
    mine = form(celular=shop["telefono"], correo=cast.soporte.correo)
    assert ask(stranger, mine) == (409, "correo_registrado")
    assert mails_to(serving, shop["email"]) == []
