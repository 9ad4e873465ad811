"""`clientela demo` as a user runs it: a process of its own, the embedded database, spec 1 §9 by HTTP."""

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from tests.tools import processes
from tests.tools.ports import free_port
from tests.tools.server import CLIENTELA, environment, run_cli
from tests.tools.wait import wait_for

ACCOUNTS = {
    "admin@example.com": "admin", "vendedor@example.com": "vendedor", "vendedor2@example.com": "vendedor",
    "tecnico@example.com": "tecnico", "tecnico2@example.com": "tecnico", "soporte@example.com": "soporte",
    "soporte2@example.com": "soporte", "cliente@example.com": "cliente", "cliente2@example.com": "cliente",
}  # fmt: skip
PASSWORD = "clientela-demo"


class Demo:
    """One run of the command."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = home / f"{self.port}.log"
        command = [CLIENTELA, "demo", "--port", str(self.port), "--data-dir", str(home / "datos")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environment(home / "datos", None), stdout=log, stderr=log, start_new_session=True
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def says(self, text: str) -> bool:
        assert self.process.poll() is None, self.output
        return text in self.output

    def ready(self) -> bool:
        assert self.process.poll() is None, self.output
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz").status_code == 200
        return False

    def wait(self) -> "Demo":
        wait_for(self.ready, "demo being ready", seconds=90, every=0.1)
        return self

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def kill(self) -> None:
        processes.kill_tree(self.process.pid)
        self.process.wait(10)


@pytest.fixture
def home():
    path = Path(tempfile.mkdtemp(prefix="cl-demo-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def run(home):
    runs = []

    def start():
        runs.append(Demo(home))
        return runs[-1]

    yield start
    for made in runs:
        if made.process.poll() is None:
            made.kill()


@contextlib.contextmanager
def enter(url, correo="cliente@example.com"):
    """Spec 1 §9.1 with the login as POST; gives a client and the root of its own paths."""
    answer = httpx.post(f"{url}/auth/clientes/login/", json={"correo": correo, "contrasenia": PASSWORD})
    assert answer.status_code == 200, answer.text
    token, cliente_id = answer.json()["access_token"], answer.json()["cliente_id"]
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client, f"/clientes/{cliente_id}"


def look(client, root):
    """Spec 1 §9.2."""
    answers = [client.get(f"{root}/{part}") for part in ("carrito", "borradores", "preferencias")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    return [answer.json() for answer in answers]


def walk(url):
    """Spec 1 §9 to its end; returns what the customer then sees."""
    with enter(url) as (client, root):
        cart, _, _ = look(client, root)
        assert cart["items"]
        found = client.get("/api/v1/productos", params={"q": "lamparas de emergencia"}).json()["items"][0]
        lines = [{"itemId": line["itemId"], "cantidad": line["cantidad"]} for line in cart["items"]]
        lines = [*lines, {"itemId": found["id"], "cantidad": 2}]
        saved = client.put(f"{root}/carrito", json={"items": lines})
        assert saved.status_code == 200, saved.text
        draft = {"titulo": "Caja rota", "descripcion": "La caja llegó"}
        assert client.put(f"{root}/borradores/reclamo", json=draft).status_code == 200
        assert look(client, root)[1]["reclamo"]["titulo"] == "Caja rota"
        sent = client.post("/reclamos", json={"titulo": "Caja rota", "descripcion": "La caja llegó abierta."})
        assert sent.status_code == 201, sent.text
        client.put(
            f"{root}/preferencias", json={"vista_activa": "catalogo", "configuraciones": {"tema": "light"}}
        )
        seen = look(client, root)
        assert seen[0]["items"][-1]["item"]["codigo"] == found["codigo"]
        assert seen[1]["reclamo"] is None
        assert seen[2]["vista_activa"] == "catalogo"
        assert client.post("/api/v1/auth/logout").status_code == 200
        wait_for(lambda: client.get(f"{root}/carrito").status_code == 401, "the session's end")
    return seen


def test_the_demo_company_is_tried_out(run, home):
    begun = time.monotonic()
    first = run().wait()
    seconds = time.monotonic() - begun
    assert seconds < 60, first.output
    for said in ("Productos: 400", "Clientes: 150", "Historia: ", f"{first.url}/docs", *ACCOUNTS):
        assert said in first.output
    assert first.output.count("curl -s") == 3
    for correo, rol in ACCOUNTS.items():
        body = {"identificador": correo, "contrasenia": PASSWORD}
        answer = httpx.post(f"{first.url}/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["rol"] == rol
    seen = walk(first.url)
    with enter(first.url) as (client, root):
        assert look(client, root) == seen

    first.kill()
    second = run().wait()
    assert "Productos: 400" not in second.output
    assert second.output.count("curl -s") == 3
    with enter(second.url) as (client, root):
        # Pictures are at the address of whoever serves them.
        assert json.dumps(look(client, root)).replace(second.url, first.url) == json.dumps(seen)
        shown = client.get("/api/v1/productos").json()["items"][0]["imagenes"][0]
        assert client.get(shown, headers={"Authorization": ""}).headers["content-type"] == "image/jpeg"
        total = client.get("/api/v1/productos").json()["total"]
        assert 380 < total < 400
        assert client.get("/api/v1/tickets").json()["total"] == 4
    assert second.stop() == 0


def test_the_printed_commands_work_as_they_stand(run):
    demo = run().wait()
    printed = demo.output[demo.output.index("TOKEN=$(") : demo.output.index("Ctrl+C")]
    ran = subprocess.run(["/bin/sh", "-euc", printed], capture_output=True, text=True, timeout=60, check=True)
    assert '"correo":"cliente@example.com"' in ran.stdout
    assert "Cámara de seguridad" in ran.stdout


def test_a_killed_loading_is_begun_again(run):
    first = run()
    wait_for(lambda: first.says("Clientes: 150"), "the loading of clients", seconds=60)
    first.kill()
    second = run().wait()
    assert "Productos: 400" in second.output
    with enter(second.url) as (client, root):
        assert look(client, root)[0]["items"]


def test_another_company_s_directory_is_refused(home):
    made = run_cli(
        "crear-admin",
        "--correo",
        "jefa@ejemplo.bo",
        "--contrasenia",
        "una-clave-larga",
        data_dir=home / "datos",
    )
    assert made.returncode == 0, made.stderr
    refused = run_cli("demo", "--port", str(free_port()), data_dir=home / "datos")
    assert refused.returncode == 1
    assert "--data-dir" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_terminal_sees_a_bar(tmp_path):
    program = (
        "from clientela.demo.progreso import showing\n"
        "with showing() as progress:\n"
        "    list(progress.each('Productos', range(5)))\n"
    )
    script = tmp_path / "bar.py"
    script.write_text(program)
    seen = subprocess.run(
        ["script", "-qec", f"{sys.executable} {script}", "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"Productos.*5/5", seen.stdout)
    plain = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert plain.stdout == "Productos: 5\n"
