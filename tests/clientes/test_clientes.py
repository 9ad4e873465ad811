"""The client register: a client and its principal are born together, and who may read it (CONTRACT §2–4)."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from clientela.clientes import service
from clientela.clientes.model import NuevaDireccion, NuevoCliente
from clientela.core.actor import Actor
from clientela.core.errors import Conflict, Forbidden, NotFound
from clientela.identidad.model import Identificadores, NuevoLogin
from tests.cast import Cast, Persona
from tests.identidad.services import call
from tests.tools.database import Database

ROWS = ("clientes", "usuarios", "identificadores", "direcciones")


def actor(person: Persona) -> Actor:
    """The caller that the services would see."""
    return Actor(
        usuario_id=uuid.UUID(person.usuario_id),
        numero=person.numero,
        tipo="cliente" if person.rol == "cliente" else "usuario",
        rol=person.rol,
        cliente_id=uuid.UUID(person.cliente_id) if person.cliente_id else None,
        nombre=person.nombre,
        correo=person.correo,
    )


def make(db: Database, who: Persona | None = None, login: NuevoLogin | None = None, **fields: Any) -> Any:
    """A client as staff records it; without a login unless one is given."""
    new = NuevoCliente(**({"nombre": "Tienda La Esquina"} | fields))
    return call(db, lambda pool: service.create_client(pool, actor(who) if who else None, new, login))[0]


def access(db: Database, person: Persona, ref: uuid.UUID | int) -> Any:
    """What the service lets somebody read."""
    return call(db, lambda pool: service.access_client(pool, actor(person), ref))


def set_active(db: Database, cliente_id: uuid.UUID, *, activo: bool) -> Any:
    """The client after being switched on or off."""
    return call(db, lambda pool: service.set_active(pool, None, cliente_id, activo=activo))


def test_a_client_without_login_has_a_principal_who_cannot_log_in(cast: Cast, db: Database) -> None:
    made = make(db, cast.admin, telefono="7000 0001", email="tienda@example.com")
    row = db.fetchrow("SELECT * FROM usuarios WHERE id = $1", made.usuario_principal_id)
    assert (row["cliente_id"], row["rol"], row["contrasenia_hash"]) == (made.id, "cliente", None)
    assert (row["correo"], row["celular"], row["usernick"]) == (None, None, None)
    held = "SELECT count(*) FROM identificadores WHERE usuario_id = $1"
    assert db.fetchval(held, made.usuario_principal_id) == 0
    assert (made.telefono, made.telefono_e164) == ("7000 0001", "+59170000001")
    # Two records without login may share a phone.
    assert make(db, cast.admin, telefono="70000001").telefono_e164 == "+59170000001"


def test_a_phone_that_is_none_is_kept_as_typed(cast: Cast, db: Database) -> None:
    made = make(db, cast.admin, telefono="preguntar en la tienda")
    assert (made.telefono, made.telefono_e164) == ("preguntar en la tienda", None)


def test_a_sellers_new_client_is_his(cast: Cast, db: Database) -> None:
    assert str(make(db, cast.vendedora).vendedor_asignado_id) == cast.vendedora.usuario_id
    with pytest.raises(Forbidden):
        make(db, cast.vendedora, vendedor_asignado_id=uuid.UUID(cast.otro_vendedor.usuario_id))
    given = make(db, cast.admin, vendedor_asignado_id=uuid.UUID(cast.otro_vendedor.usuario_id))
    assert str(given.vendedor_asignado_id) == cast.otro_vendedor.usuario_id
    assert make(db, cast.admin).vendedor_asignado_id is None


def test_of_several_principal_addresses_the_last_is_it(cast: Cast, db: Database) -> None:
    wanted = (
        NuevaDireccion("Av. Uno", es_principal=True),
        NuevaDireccion(
            "Av. Dos", es_principal=True, latitud=Decimal("-17.7833"), longitud=Decimal("-63.1821")
        ),
        NuevaDireccion("Av. Tres", activa=False),
    )
    made = make(db, cast.admin, direcciones=wanted)
    rows = db.fetch("SELECT * FROM direcciones WHERE cliente_id = $1 ORDER BY id", made.id)
    assert [(row["direccion"], row["es_principal"], row["activa"]) for row in rows] == [
        ("Av. Uno", False, True),
        ("Av. Dos", True, True),
        ("Av. Tres", False, False),
    ]
    assert rows[1]["latitud"] == Decimal("-17.7833")
    assert len({row["uuid"] for row in rows}) == 3


def test_a_taken_name_leaves_nothing_behind(cast: Cast, db: Database) -> None:
    names = Identificadores(correo=cast.cliente.correo)
    before = [db.fetchval(f"SELECT count(*) FROM {table}") for table in ROWS]
    with pytest.raises(Conflict) as caught:
        make(db, cast.admin, NuevoLogin(names, "x"), direcciones=(NuevaDireccion("Av. Uno"),))
    assert caught.value.code == "correo_registrado"
    assert [db.fetchval(f"SELECT count(*) FROM {table}") for table in ROWS] == before


@pytest.mark.parametrize(
    ("name", "own", "foreign", "free"),
    [
        ("admin", True, True, True),
        ("soporte", True, True, True),
        ("vendedora", True, False, True),
        ("tecnica", False, False, False),
        ("cliente", True, False, False),
    ],
)
def test_who_may_read_whom(cast: Cast, db: Database, name: str, own: bool, foreign: bool, free: bool) -> None:
    """`cliente` is assigned to `vendedora`, `otra_cliente` to another seller, a new client to nobody."""
    person: Persona = getattr(cast, name)
    unassigned = make(db, cast.admin)
    for ref, allowed in (
        (uuid.UUID(cast.cliente.cliente_id), own),
        (uuid.UUID(cast.otra_cliente.cliente_id), foreign),
        (unassigned.id, free),
        (unassigned.numero, free),
    ):
        if allowed:
            found = access(db, person, ref)
            assert ref in {found.id, found.numero}
        else:
            with pytest.raises(Forbidden):
                access(db, person, ref)
    missing = Forbidden if name in {"cliente", "tecnica"} else NotFound
    for ref in (uuid.uuid4(), 2**40):
        with pytest.raises(missing):
            access(db, person, ref)


def test_activity_is_mirrored_at_the_principal(new_cliente: Callable[..., Persona], db: Database) -> None:
    person = new_cliente()
    cliente_id = uuid.UUID(person.cliente_id)
    for active in (False, False, True):
        saved = set_active(db, cliente_id, activo=active)
        assert saved.activo is active
        mirror = "SELECT cliente_activo FROM usuarios WHERE id = $1::uuid"
        assert db.fetchval(mirror, person.usuario_id) is active
    living = "SELECT count(*) FROM sesiones WHERE usuario_id = $1::uuid AND terminada_en IS NULL"
    assert db.fetchval(living, person.usuario_id) == 0
    with pytest.raises(NotFound):
        set_active(db, uuid.uuid4(), activo=True)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE clientes SET usuario_principal_id = NULL WHERE id = $1", "usuario_principal_id"),
        ("DELETE FROM usuarios WHERE cliente_id = $1", "clientes_usuario_principal_id_fkey"),
        ("DELETE FROM clientes WHERE id = $1", "usuarios_cliente_id_fkey"),
        ("UPDATE usuarios SET rol = 'admin' WHERE cliente_id = $1", "usuarios_rol_cliente_check"),
        ("UPDATE clientes SET limite_credito = -1 WHERE id = $1", "clientes_limite_credito_check"),
        ("UPDATE clientes SET latitud = 91 WHERE id = $1", "clientes_latitud_check"),
        ("UPDATE clientes SET genero = 'Z' WHERE id = $1", "clientes_genero_check"),
        ("UPDATE usuarios SET contrasenia_hash = 'x' WHERE cliente_id = $1", "usuarios_login_check"),
        (
            """UPDATE clientes SET usuario_principal_id =
               (SELECT usuario_principal_id FROM clientes WHERE id <> $1 LIMIT 1) WHERE id = $1""",
            "clientes_usuario_principal_id_key",
        ),
    ],
)
def test_the_database_holds_what_must_hold(cast: Cast, db: Database, statement: str, constraint: str) -> None:
    made = make(db, cast.admin)
    with pytest.raises(Exception, match=constraint):
        db.execute(statement, made.id)
