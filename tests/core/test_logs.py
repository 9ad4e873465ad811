"""The log is one JSON object a line and holds no secret (T-LG-2)."""

import json
import logging
import sys

import pytest
import structlog

from clientela.core import logs

SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
PERSONAL = "12|abcdefghijklmnopqrstuvwxyz0123456789ABCD"


def _configure(form):
    logs.configure(form)
    # pytest exchanges sys.stderr between a fixture and its test; the file descriptor stays.
    logging.getLogger().handlers[0].setStream(sys.__stderr__)  # type: ignore[attr-defined]


def _failing(text):
    raise RuntimeError(text)


@pytest.fixture
def lines(capfd):
    """Set the log up as in production; `lines()` reads what was written."""
    root = logging.getLogger()
    before = (root.handlers, root.level)
    structlog.reset_defaults()
    _configure("json")

    def read():
        return [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    yield read
    root.handlers, root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("authorization", "x"),
        ("Authorization", "x"),
        ("set_cookie", "x"),
        ("contrasenia", "x"),
        ("nueva_contrasenia", "x"),
        ("password", "x"),
        ("token", "x"),
        ("access_token", "x"),
        ("secreto", "x"),
        ("database_url", "x"),
        ("destinatario", "x"),
    ],
)
def test_values_are_hidden_by_the_name_of_their_key(lines, key, value):
    structlog.get_logger().info("prueba", **{key: value}, otro="y")
    structlog.get_logger().info("prueba", datos={"nivel": {key: value}})
    first, second = lines()
    assert first[key] == logs.HIDDEN
    assert first["otro"] == "y"
    assert second["datos"]["nivel"][key] == logs.HIDDEN


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"header {SIGNED} seen", SIGNED),
        (f"header {PERSONAL} seen", PERSONAL),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("GET /r?x=1&token=c4n4ry&y=2", "c4n4ry"),
        ("wss://h/ws?ticket=c4n4ry", "c4n4ry"),
        ("postgresql://ana:c4n4ry@host/db refused", "c4n4ry"),
        ("smtp://ana:c4n4ry@host", "c4n4ry"),
        ("hash $2b$12$abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuv"),
        ("hash $argon2id$v=19$m=1,t=1$c2FsdA$aGFzaA", "aGFzaA"),
        ("DETAIL:  Key (correo)=(ana@example.com) already exists.", "ana@example.com"),
        ("DETAIL:  Failing row contains (1, ana@example.com, null).", "ana@example.com"),
    ],
)
def test_secrets_are_hidden_wherever_they_stand(lines, text, secret):
    structlog.get_logger().info("prueba", detalle=text, lista=[{"a": text}])
    logging.getLogger("asyncpg").warning("from a library: %s", text)
    try:
        _failing(text)
    except RuntimeError:
        structlog.get_logger().exception("prueba")
    found = lines()
    assert len(found) == 3
    assert secret not in json.dumps(found)


def test_nobody_can_forge_a_line_or_colour_the_screen(capfd, lines):
    hostile = 'x\r\n{"event": "forged"}\x1b[31m\x00\u2028\x9b2J'
    structlog.get_logger().info("prueba", agente=hostile)
    logging.getLogger("uvicorn.error").warning("agent %s", hostile)
    raw = capfd.readouterr().err
    assert len(raw.splitlines()) == 2
    assert not any(character in raw for character in "\r\x1b\x00\x9b\u2028")
    assert all(json.loads(line)["event"] != "forged" for line in raw.splitlines())


def test_a_terminal_is_safe_too(capfd, lines):
    _configure("consola")
    structlog.get_logger().info("prueba\nforged", agente="x\r\n\x1b[31mforged")
    try:
        _failing("first\x1b[2J")
    except RuntimeError:
        structlog.get_logger().exception("prueba")
    raw = capfd.readouterr().err
    assert "\x1b" not in raw
    assert "\r" not in raw
    assert not any(line.startswith("forged") for line in raw.splitlines())
    assert "Traceback" in raw


def test_every_line_of_a_request_carries_its_id(lines):
    logs.bind_request("r-1", ruta="GET /x")
    structlog.get_logger().info("uno")
    logging.getLogger("otra").warning("dos")
    logs.bind_request("r-2")
    structlog.get_logger().info("tres")
    one, two, three = lines()
    assert (one["request_id"], one["ruta"]) == ("r-1", "GET /x")
    assert two["request_id"] == "r-1"
    assert three["request_id"] == "r-2"
    assert "ruta" not in three
    assert one["timestamp"].endswith("Z")
    assert (one["level"], two["logger"]) == ("info", "otra")


def test_bytes_are_not_written_out(lines):
    structlog.get_logger().info("prueba", raw=b"c4n4ry")
    assert lines()[0]["raw"] == "<6 bytes>"
