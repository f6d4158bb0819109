"""The listeners hand each request what its connection negotiated, and nothing of another request."""

from __future__ import annotations

import asyncio
import contextvars
import http.client
import json
import ssl

import pytest
import uvloop

from local import certificates, gateway, listeners, ports
from local.settings import Settings

_seen = contextvars.ContextVar("seen", default="nothing")


async def _app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    received = b""
    while True:
        part = await receive()
        received += part["body"]
        if not part["more_body"]:
            break
    answer = json.dumps([gateway.tls_version(), _seen.get(), len(received)]).encode()
    _seen.set(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture
def settings(tmp_path):
    made = Settings(state_dir=tmp_path, port=ports.choose(None, pair=True))
    certificates.ensure(made.tls_dir)
    return made


def _asked(settings, ask):
    async def serve():
        servers = await listeners.listen(gateway.wrap(_app), settings)
        try:
            return await asyncio.to_thread(ask)
        finally:
            await listeners.close(servers)

    return uvloop.run(serve())


def _tls(settings, version):
    context = ssl.create_default_context(cafile=settings.tls_dir / "ca.pem")
    context.maximum_version = version
    return http.client.HTTPSConnection("localhost", settings.port, context=context)


def _answer(connection, path="/", body=None):
    connection.request("PUT", path, body=body)
    return json.loads(connection.getresponse().read())


@pytest.mark.parametrize(
    ("version", "told"), [(ssl.TLSVersion.TLSv1_2, "1.2"), (ssl.TLSVersion.TLSv1_3, "1.3")]
)
def test_a_request_says_the_tls_version_of_its_connection(settings, version, told):
    assert _asked(settings, lambda: _answer(_tls(settings, version)))[0] == told


def test_a_request_on_the_plain_port_has_no_tls_version(settings):
    plain = http.client.HTTPConnection("127.0.0.1", settings.plain_port)
    assert _asked(settings, lambda: _answer(plain))[0] is None


def test_a_request_sees_nothing_of_the_one_before_on_its_connection(settings):
    def ask():
        connection = _tls(settings, ssl.TLSVersion.TLSv1_3)
        return [_answer(connection, path, b"x" * 1_000_000)[1] for path in ("/first", "/second", "/third")]

    assert _asked(settings, ask) == ["nothing"] * 3


def test_large_bodies_arrive_whole(settings):
    large = b"x" * 20_000_000
    assert _asked(settings, lambda: _answer(_tls(settings, ssl.TLSVersion.TLSv1_3), body=large))[2] == len(
        large
    )


def test_a_taken_port_ends_the_server(settings):
    def again():
        with pytest.raises(SystemExit):
            uvloop.run(listeners.listen(gateway.wrap(_app), settings))

    _asked(settings, again)
