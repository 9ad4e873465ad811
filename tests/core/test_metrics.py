"""Metrics add up over processes, survive a replaced worker, and cost a request next to nothing."""

import asyncio
import os
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from clientela.core import metrics
from clientela.core.metrics import Metrics


def _values(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_requests_are_counted_and_timed():
    own = Metrics()
    for seconds in (0.0005, 0.002, 0.002, 20.0):
        own.observe_request("GET /clientes/{cliente_id}/carrito", 200, seconds)
    own.observe_request("GET /clientes/{cliente_id}/carrito", 404, 0.1)
    values = _values(own.exposition())
    route = (("metodo", "GET"), ("ruta", "/clientes/{cliente_id}/carrito"))
    assert values["clientela_peticiones_total", (("estado", "200"), *route)] == 4
    assert values["clientela_peticiones_total", (("estado", "404"), *route)] == 1
    assert values["clientela_peticion_segundos_count", route] == 5
    assert values["clientela_peticion_segundos_sum", route] == pytest.approx(20.1045)
    assert values["clientela_peticion_segundos_bucket", (("le", "0.001"), *route)] == 1
    assert values["clientela_peticion_segundos_bucket", (("le", "0.0025"), *route)] == 3
    assert values["clientela_peticion_segundos_bucket", (("le", "+Inf"), *route)] == 5


def test_counters_and_gauges_are_shown():
    own = Metrics()
    own.count("correos", "enviado")
    own.count("correos", "enviado", 2)
    own.register_gauge("conexiones_en_uso", "Connections at work.", lambda: 7)
    values = _values(own.exposition([("correos_pendientes", "Mails that wait.", 3.0)]))
    assert values["clientela_correos_total", (("tipo", "enviado"),)] == 3
    assert values["clientela_conexiones_en_uso", ()] == 7
    assert values["clientela_correos_pendientes", ()] == 3


def test_processes_add_up_and_a_dead_one_keeps_its_counts(tmp_path, monkeypatch):
    own = Metrics(tmp_path)
    for pid in (101, 102):
        other = Metrics(tmp_path)
        other.observe_request("GET /x", 200, 0.01)
        other.register_gauge("conexiones_en_uso", "Connections at work.", lambda: 5)
        other._write(tmp_path / f"{pid}.json")
    long_ago = time.time() - 60
    os.utime(tmp_path / "102.json", (long_ago, long_ago))
    own.observe_request("GET /x", 200, 0.01)
    own.register_gauge("conexiones_en_uso", "Connections at work.", lambda: 1)
    (tmp_path / "103.json").write_text("{damaged")
    values = _values(own.exposition())
    assert values["clientela_peticiones_total", (("estado", "200"), ("metodo", "GET"), ("ruta", "/x"))] == 3
    assert values["clientela_conexiones_en_uso", ()] == 6
    own.clear()
    assert list(tmp_path.iterdir()) == []


async def test_each_process_writes_its_file_every_second(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "INTERVAL", 0.02)
    own = Metrics(tmp_path)
    await own.start()
    own.observe_request("GET /x", 200, 0.01)
    await asyncio.sleep(0.2)
    file = tmp_path / f"{os.getpid()}.json"
    assert "GET /x" in file.read_text()
    tmp_path.chmod(0o500)
    file.unlink()
    tmp_path.rmdir()
    await asyncio.sleep(0.1)
    assert own._task is not None
    assert not own._task.done(), "a directory that is gone must not end the writing"
    await own.stop()


def test_a_request_costs_little():
    own = Metrics()
    began = time.process_time()
    for _ in range(20_000):
        own.observe_request("GET /clientes/{cliente_id}/carrito", 200, 0.003)
    assert (time.process_time() - began) / 20_000 < 10e-6
