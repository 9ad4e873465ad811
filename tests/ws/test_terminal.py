"""Two terminals talk through `clientela chat`; one's cable is pulled and the server starts anew (README)."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.cast import PASSWORD, Cast
from tests.tools.proxy import FaultProxy
from tests.tools.server import CLIENTELA
from tests.tools.wait import wait_for


class Terminal:
    """A running `clientela chat`: what is typed, and everything that it wrote."""

    def __init__(self, url: str, name: str, password: str = PASSWORD) -> None:
        self.process = subprocess.Popen(
            [CLIENTELA, "chat", "--url", url, "--identificador", name, "--contrasenia", password],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def type(self, text: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def reads(self, text: str, seconds: float = 30.0) -> None:
        """Wait until a line with this text was written."""
        wait_for(lambda: any(text in line for line in self.lines), f"{text!r}", seconds=seconds)

    def leave(self) -> int:
        """Type `/salir`; the program's status."""
        self.type("/salir")
        status = self.process.wait(20)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return status


def test_a_talk_survives_a_pulled_cable_and_a_new_server(new_database, start_server):
    database = new_database()
    server = start_server(database.dsn)
    cast = Cast(server.url, database, server.data_dir)
    with FaultProxy("127.0.0.1", urlsplit(server.url).port) as cable:
        customer = Terminal(f"http://127.0.0.1:{cable.port}", cast.cliente.correo)
        customer.reads("Escriba y pulse Intro")
        agent = Terminal(server.url, cast.soporte.correo)
        agent.reads("Clara Cliente")
        number = database.fetchval("SELECT numero FROM chat_sesiones")
        agent.type(f"/abrir {number}")
        agent.type("Buenos días")
        customer.reads("soporte: Buenos días")
        # The cable is pulled: what either side types meanwhile is not lost.
        cable.refuse = True
        cable.reset_all()
        customer.reads("sin conexión")
        agent.type("¿Sigue ahí?")
        customer.type("Se me fue la línea")
        time.sleep(0.5)
        cable.heal()
        customer.reads("soporte: ¿Sigue ahí?")
        agent.reads("cliente: Se me fue la línea")
        # And the server starts anew.
        port = server.port
        server.kill()
        agent.type("Reiniciamos")
        start_server(database.dsn, port=port, data_dir=server.data_dir)
        customer.reads("soporte: Reiniciamos")
        customer.type("Gracias")
        agent.reads("cliente: Gracias")
        agent.type("/cerrar")
        customer.reads("La conversación terminó")
        assert [customer.leave(), agent.leave()] == [0, 0]
    kept = [row["texto"] for row in database.fetch("SELECT texto FROM chat_mensajes ORDER BY seq")]
    assert sorted(kept) == sorted(
        ["Buenos días", "¿Sigue ahí?", "Se me fue la línea", "Reiniciamos", "Gracias"]
    )
    for one in (customer, agent):
        assert [sum(text in line for line in one.lines) for text in kept] == [1] * len(kept)


def test_what_cannot_be_is_told_in_one_sentence(server, cast):
    for words, told in (
        (["--url", server, "--identificador", cast.cliente.correo], "Correo"),
        (["--url", "ftp://nada", "--identificador", "x"], "http://"),
        (["--url", "http://127.0.0.1:1", "--identificador", "x"], "clientela:"),
    ):
        ended = subprocess.run(
            [sys.executable, str(Path(CLIENTELA)), "chat", *words, "--contrasenia", "mala"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 1
        assert told in ended.stderr or ended.stderr.startswith("clientela:"), ended.stderr
        assert "Traceback" not in ended.stderr
