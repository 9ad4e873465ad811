"""Marked secrets and texts go through everything and turn up nowhere but in their place (T-LG-2)."""

import json
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast, Persona, login
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server
from tests.tools.wait import wait_for
from tests.tools.wire import Wire

INJECTIONS = (
    '\r\n{"event": "falsificada", "level": "info"}',
    "\n2026-01-01 falsificada",
    "\x1b[31;1mrojo\x1b[0m",
    "\x1b]0;titulo\x07",
    "\x9b31m",
    "\u2028falsificada\u2029",
    "\x00\x08\x7f",
)


@dataclass
class Scene:
    """A server, who acts on it, and every secret that was spoken."""

    server: Server
    cast: Cast
    db: Database
    canaries: dict[str, str] = field(default_factory=dict)
    error_bodies: list[str] = field(default_factory=list)

    def mark(self, kind: str) -> str:
        """A new secret."""
        self.canaries[kind] = f"canario-{uuid.uuid4().hex}"
        return self.canaries[kind]

    def tell(self, kind: str, secret: str | None) -> None:
        """A secret that the server made."""
        assert secret
        self.canaries[kind] = secret

    def call(self, person: Persona, method: str, path: str, **request: Any) -> Any:
        """Call, and keep the answer when it is an error."""
        answer = person.request(method, path, **request)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            self.error_bodies.append(answer.text)
        return answer

    def places(self) -> dict[str, str]:
        """Everything that operators and other people's programs read."""
        rows = {
            table: json.dumps(
                [row["j"] for row in self.db.fetch(f"SELECT to_jsonb(t)::text AS j FROM {table} t")]
            )
            for table in ("eventos", "flujos", "auditoria", "limites", "trabajos_diarios", "idempotencia")
        }
        with Wire(self.server.url) as wire:
            metrics = wire.request("GET", "/metrics").body.decode()
        errors = "\n".join(self.error_bodies)
        log = self.server.log.read_text(errors="replace")
        return {"log": log, "metrics": metrics, "error bodies": errors, **rows}

    def leaks(self) -> list[str]:
        """Which secret turned up where."""
        return [
            f"{kind} in {place}"
            for place, text in self.places().items()
            for kind, secret in self.canaries.items()
            if secret in text
        ]


def registration(scene: Scene) -> Persona:
    """Registers, logs in right and wrong, changes the password, logs out."""
    first, second = scene.mark("password"), scene.mark("new password")
    correo = f"{scene.mark('e-mail')}@example.com"
    nombre = f"Nombre {scene.mark('name')}"
    person = scene.cast.new_cliente(correo=correo, contrasenia=first, nombre=nombre)
    scene.tell("token", person.token)
    wrong = scene.mark("wrong password")
    for body in (
        {"identificador": correo, "contrasenia": wrong},
        {"identificador": scene.mark("unknown name"), "contrasenia": wrong},
        {"identificador": correo},
        {"identificador": correo, "contrasenia": {"x": wrong}},
    ):
        scene.call(scene.cast.anon, "POST", "/api/v1/auth/login", json=body)
    taken = {"nombre": nombre, "celular": "70000001", "correo": correo, "contrasenia": first}
    assert scene.call(scene.cast.anon, "POST", "/api/registrar-cliente", json=taken).status_code == 409
    change = {"actual": first, "nueva": second}
    changed = scene.call(person, "POST", "/api/v1/auth/contrasenia", json=change)
    assert changed.status_code == 200
    scene.tell("token after the change", changed.json()["token"])
    scene.call(person, "GET", "/api/v1/auth/yo")
    other = login(scene.server.url, correo, second)
    scene.tell("token of a second device", other.token)
    scene.call(other, "POST", "/api/v1/auth/logout")
    return login(scene.server.url, correo, second)


def reset(scene: Scene, person: Persona) -> None:
    """Forgets the password and sets another, with the link of the mail."""
    scene.call(scene.cast.anon, "POST", "/api/cliente/forgot-password", json={"correo": person.correo})
    mails = scene.server.data_dir / "correo"
    found = wait_for(lambda: sorted(mails.rglob("*.eml")), "the mail", seconds=20)
    message = message_from_bytes(found[-1].read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    link = re.search(r"token=([\w.~-]+)", body.get_content())
    assert link is not None
    scene.tell("reset token", link[1])
    fresh = {"token": link[1], "nuevaContrasenia": scene.mark("password by reset")}
    path = "/api/cliente/reset-password"
    for bad in ({"token": link[1], "nuevaContrasenia": "x"}, {"token": scene.mark("forged reset token")}):
        scene.call(scene.cast.anon, "POST", path, json=bad)
    assert scene.call(scene.cast.anon, "POST", path, json=fresh).status_code == 200
    scene.call(scene.cast.anon, "POST", path, json=fresh)


def writing(scene: Scene, person: Persona) -> None:
    """Drafts, claims, settings and refused ones."""
    claim = {"titulo": scene.mark("title of a claim"), "descripcion": scene.mark("text of a claim")}
    ask = {"asunto": scene.mark("subject"), "mensaje": scene.mark("message")}
    cart = {"items": [{"itemId": scene.mark("unknown product"), "cantidad": 1}]}
    notes = {"configuraciones": {"nota": scene.mark("setting")}}
    save = {"borradores": {"soporte": ask}, "preferencias": notes}
    for method, path, body in (
        ("PUT", f"{person.panel}/borradores/reclamo", claim),
        ("PUT", f"{person.panel}/borradores/reclamo", {"titulo": scene.mark("long title") * 50}),
        ("PUT", f"{person.panel}/carrito", cart),
        ("PUT", f"{person.panel}/preferencias", notes),
        ("PUT", f"{person.panel}/preferencias", {"vista_activa": scene.mark("unknown view")}),
        ("POST", f"{person.panel}/auto-guardar", save),
        ("POST", "/reclamos", claim),
        ("POST", "/soporte", ask),
        ("POST", "/soporte", {"asunto": scene.mark("half a message")}),
    ):
        scene.call(person, method, path, json=body)
    key = {"Idempotency-Key": scene.mark("idempotency key")}
    for _ in range(2):
        scene.call(person, "POST", "/reclamos", json=claim | {"titulo": "Otro"}, headers=key)


def tokens(scene: Scene) -> None:
    """Personal tokens, good and forged."""
    body = {"nombre": scene.mark("name of a token"), "habilidades": ["productos:leer"]}
    made = scene.call(scene.cast.admin, "POST", "/api/v1/tokens", json=body).json()
    scene.tell("personal token", made["token"].partition("|")[2])
    person = Persona(scene.server.url, made["token"])
    scene.call(person, "GET", "/api/v1/productos")
    scene.call(person, "GET", "/api/v1/usuarios")
    for forged in (f"1|{scene.mark('forged personal token').replace('-', 'A')}", scene.mark("bare word")):
        scene.call(Persona(scene.server.url, forged), "GET", "/api/v1/auth/yo")
    query = scene.mark("token in a query")
    scene.call(scene.cast.anon, "GET", f"/api/v1/auth/yo?token={query}&access_token={query}")


def inject(scene: Scene) -> None:
    """Texts that forge lines or colour screens, in every part of a request."""
    with Wire(scene.server.url, scene.cast.cliente.token) as wire:
        for text in INJECTIONS:
            encoded = "".join(f"%{byte:02x}" for byte in text.encode())
            wire.request("GET", f"/api/v1/{encoded}?q={encoded}")
            wire.request("PUT", f"{scene.cast.cliente.panel}/borradores/{encoded}", json={"titulo": text})
            wire.request("POST", "/api/v1/auth/login", json={"identificador": text, "contrasenia": text})
            raw = text.replace("\r", "").replace("\n", " ").encode()
            wire.request("GET", "/api/v1/productos", headers=[("User-Agent", raw), ("X-Request-Id", raw)])


@pytest.fixture(scope="module")
def scene(cluster: Cluster, worker: str, scratch: Path) -> Iterator[Scene]:
    """A server of its own, whose log is read as a whole."""
    yield from staged(cluster, worker, scratch / "canarios")


def staged(cluster: Cluster, worker: str, home: Path, **server: Any) -> Iterator[Scene]:
    """Play every act on a server of its own."""
    name = f"clientela_{os.getpid()}_{worker}_{home.name}"
    database = Database(cluster.create(name))
    with Server(home, database.dsn, **server) as running:
        scene = Scene(running, Cast(running.url, database, home), database)
        person = registration(scene)
        writing(scene, person)
        reset(scene, person)
        tokens(scene)
        inject(scene)
        yield scene
    database.close()
    cluster.drop(name)


def test_no_secret_and_no_text_turns_up_anywhere(scene: Scene) -> None:
    assert len(scene.canaries) >= 25
    assert len(scene.error_bodies) >= 12
    assert scene.db.fetchval("SELECT count(*) FROM eventos") > 0
    assert scene.db.fetchval("SELECT count(*) FROM auditoria") > 0
    assert scene.leaks() == []


def test_sent_mail_does_not_keep_its_link(scene: Scene) -> None:
    waiting = "SELECT count(*) FROM correos WHERE estado = 'pendiente'"
    wait_for(lambda: scene.db.fetchval(waiting) == 0, "the mail's leaving", seconds=20)
    kept = json.dumps([row["j"] for row in scene.db.fetch("SELECT to_jsonb(c)::text AS j FROM correos c")])
    assert scene.canaries["reset token"] not in kept


def test_nobody_can_forge_a_line_of_the_log(scene: Scene) -> None:
    raw = scene.server.log.read_bytes()
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", raw)
    lines = raw.decode().splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    assert entries
    assert [entry for entry in entries if "falsificada" in str(entry.get("event"))] == []
    assert [line for line in lines if not line.startswith(("{", "Clientela atiende"))] == []


def test_a_server_that_logs_bodies_is_caught(cluster: Cluster, worker: str, scratch: Path) -> None:
    plant = program("tests.api.plants:talkative")
    for told in staged(cluster, worker, scratch / "hablador", program=plant, workers=1):
        leaks = told.leaks()
        assert "password in log" in leaks
        assert "text of a claim in auditoria" in leaks
        assert len(leaks) >= 10
