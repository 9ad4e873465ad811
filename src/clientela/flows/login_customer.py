"""A customer's application asks who he is: his password is checked, his record is shown, no session is opened."""

from clientela.clientes import service as clientes
from clientela.clientes.model import Ficha
from clientela.core.db import Db
from clientela.core.errors import Unauthenticated
from clientela.identidad import service as identidad
from clientela.identidad.model import Origen


async def show_customer(db: Db, identificador: str, contrasenia: str, origin: Origen) -> Ficha:
    """Return the customer behind a name and password (spec 5 §2, `gethash: false`); errors as a login's."""
    owner = await identidad.verify_login(db, identificador, contrasenia, origin)
    if owner.cliente_id is None:
        raise Unauthenticated("credenciales_invalidas")
    return await clientes.get_ficha(db, owner.cliente_id)
