"""What a worker of Kafka Connect is asked by REST, and what its answers mean."""

from __future__ import annotations

import http.server
import threading
from typing import Any

import pytest

from local.engines import connect


class _Answers(http.server.BaseHTTPRequestHandler):
    """Gives the answers that it was told, in turn, and keeps what was asked."""

    answers: list[tuple[int, bytes]]
    asked: list[str]

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path)
        status, body = self.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def worker(tmp_path):
    handler = type("Handler", (_Answers,), {"answers": [], "asked": []})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        worker = connect.Worker(tmp_path, parameters={}, plugins=tmp_path)
        worker.port = served.server_address[1]
        yield worker, handler
        served.shutdown()


_REBALANCE = (409, b'{"message": "Cannot complete request momentarily due to stale configuration"}')


def test_a_configuration_is_given_again_while_the_group_takes_stock(worker):
    asked, handler = worker
    handler.answers += [_REBALANCE, _REBALANCE, (200, b"{}")]
    asked.put("orders", {"tasks.max": "1"})
    assert handler.asked == ["/connectors/orders/config"] * 3


def test_a_configuration_that_the_class_refuses_is_given_once(worker):
    asked, handler = worker
    handler.answers += [(400, b'{"message": "database.hostname is required"}'), (200, b"{}")]
    with pytest.raises(connect.RestError, match=r"database\.hostname is required"):
        asked.put("orders", {})
    assert len(handler.asked) == 1


def test_a_group_that_never_settles_is_told_in_its_own_words(worker, monkeypatch):
    asked, handler = worker
    monkeypatch.setattr(connect, "_REBALANCED_SECONDS", 0)
    handler.answers += [_REBALANCE, (200, b"{}")]
    with pytest.raises(connect.Rebalancing, match="stale configuration"):
        asked.put("orders", {})
