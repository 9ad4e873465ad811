"""What is said when the demo company stands ready."""

from typing import Final

from clientela.demo.cuentas import CLIENTES, CONTRASENIA, PERSONAL

_TEXT: Final = """
Distribuidora y Servicios El Ceibo, Santa Cruz de la Sierra: 400 productos, 152 clientes, dos años
de servicio técnico y su historia.

  API          {url}
  Referencia   {url}/docs
  OpenAPI      {url}/openapi.json

Cuentas (contraseña de todas: {contrasenia})
{cuentas}

Para probar, en otra terminal:

  TOKEN=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' \\
    -d '{{"identificador": "cliente@example.com", "contrasenia": "{contrasenia}"}}' \\
    | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')

  curl -s {url}/api/v1/auth/yo -H "Authorization: Bearer $TOKEN"

  curl -s "{url}/api/v1/productos?q=camaras" -H "Authorization: Bearer $TOKEN"

Ctrl+C detiene el servidor; los datos quedan, y la próxima vez arranca donde estaba.
"""


def summary(url: str) -> str:
    """Return the addresses, the accounts and three lines to try, for the base URL at which it is served."""
    people = [(correo, rol) for correo, _, rol, _ in PERSONAL] + [(row[0], "cliente") for row in CLIENTES]
    accounts = "\n".join(f"  {correo:<24} {rol}" for correo, rol in people)
    return _TEXT.format(url=url, contrasenia=CONTRASENIA, cuentas=accounts).strip()
