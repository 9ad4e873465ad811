"""A socket lives as long as the session that opened it, on whatever process it is (T-CH-9)."""

import asyncio
import time

import pytest

from tests.tools.devices import device


@pytest.mark.parametrize("how", ["logout", "todas", "contrasenia", "desactivar", "token"])
async def test_a_session_that_ends_closes_its_sockets(cast, how):
    cliente = cast.new_cliente()
    if how == "token":
        made = cast.admin.post("/api/v1/tokens", json={"nombre": "Escucha", "habilidades": ["chat"]}).json()
        headers = {"Authorization": f"Bearer {made['token']}"}
    else:
        headers = {}
    async with (
        device(cliente, headers=headers) as one,
        device(cliente, headers=headers) as two,
        device(cast.cliente) as stranger,
    ):
        began = time.monotonic()
        _end(cast, cliente, how, made["id"] if how == "token" else 0)
        assert await one.closed(3) == 4401
        assert await two.closed(3) == 4401
        # Not a timing of the machine but the promise itself: within a second of the answer.
        assert time.monotonic() - began < 2
        assert await stranger.silent(0.2)


def _end(cast, cliente, how, token_id):
    if how == "logout":
        assert cliente.post("/api/v1/auth/logout").status_code == 200
    elif how == "todas":
        assert cliente.delete("/api/v1/auth/sesiones").status_code == 200
    elif how == "contrasenia":
        body = {"actual": cliente.contrasenia, "nueva": "otra-clave-larga"}
        assert cliente.post("/api/v1/auth/contrasenia", json=body).status_code == 200
    elif how == "desactivar":
        path = f"/api/v1/usuarios/{cliente.usuario_id}"
        assert cast.admin.patch(path, json={"activo": False}).status_code == 200
    else:
        assert cast.admin.delete(f"/api/v1/tokens/{token_id}").status_code in {200, 204}


async def test_nothing_is_heard_after_the_end(cast, new_talk):
    talk = new_talk()
    talk.answer("Hola")
    other = talk.cliente.again()
    async with device(talk.cliente) as ended, device(other) as going_on:
        assert talk.cliente.post("/api/v1/auth/logout").status_code == 200
        talk.answer("Después del cierre")
        assert (await going_on.hear("message.created"))["data"]["message"] == "Después del cierre"
        assert await ended.closed(3) == 4401
        assert ended.frames == []


async def test_who_must_change_his_password_does_not_listen(cast, db):
    cliente = cast.new_cliente()
    async with device(cliente) as one:
        db.execute(
            "UPDATE usuarios SET debe_cambiar_contrasenia = true WHERE id = $1::uuid", cliente.usuario_id
        )
        db.execute(
            "SELECT fn.evento_emitir(ARRAY['sesiones'], 'sesion.cambiada', "
            "jsonb_build_object('usuario_id', $1::text))",
            cliente.usuario_id,
        )
        assert await one.closed(3) == 4403


async def test_a_hundred_sockets_of_one_user_are_the_most(cast):
    cliente = cast.new_cliente()
    opened = []
    try:
        for _ in range(201):
            made = device(cliente)
            opened.append((made, await made.__aenter__()))
        await asyncio.sleep(0.5)
        ended = {(one.connection.close_code, one.connection.close_reason) for _, one in opened}
        assert ended == {(None, None), (4429, "demasiadas_conexiones")}
    finally:
        for made, _ in opened:
            await made.__aexit__(None, None, None)
