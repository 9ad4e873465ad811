"""An unknown path is answered in the voice of the contract whose prefix it has (CONTRACT §1, §12)."""

import pytest

from tests.cast import Cast

VOICES = {
    "/clientes/x/nada": {"message", "code", "request_id"},
    "/reclamos/x": {"message", "code", "request_id"},
    "/api/clientes/x/nada": {"success", "message", "code", "request_id"},
    "/api/chat/nada": {"success", "message", "code", "request_id"},
    "/orders/nada/mas": {"statusCode", "message", "error", "code", "request_id"},
    "/internal/clients/x/y": {"statusCode", "message", "error", "code", "request_id"},
    "/api/nada": {"mensaje", "code", "request_id"},
    "/api/v1/nada": {"type", "title", "status", "detail", "code", "request_id"},
    "/nada": {"type", "title", "status", "detail", "code", "request_id"},
}


@pytest.mark.parametrize("path", VOICES)
@pytest.mark.parametrize("slash", ["", "/"])
def test_unknown_paths_in_their_voices(cast: Cast, path: str, slash: str) -> None:
    answer = cast.anon.get(path + slash)
    assert answer.status_code == 404
    assert answer.json()["code"] == "ruta_no_encontrada"
    assert answer.json().keys() == VOICES[path]
