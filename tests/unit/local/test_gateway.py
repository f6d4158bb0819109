"""The front tells ministack the truth about caller and transport."""

from __future__ import annotations

import asyncio
import json

import pytest

from local import gateway, identity, transport


@pytest.fixture
def served():
    """Sends one request through the gateway and gives what the application saw."""

    def send(*headers, scheme="http", path="/"):
        seen = {}

        async def app(scope, _receive, _send):
            seen.update(
                headers=dict(scope["headers"]),
                caller=identity._caller.get(),
                tls=gateway.tls_version(),
            )

        async def keep(message):
            seen.setdefault("sent", []).append(message)

        scope = {"type": "http", "method": "GET", "path": path, "scheme": scheme, "headers": list(headers)}
        asyncio.run(gateway.wrap(app)(scope, None, keep))
        return seen

    return send


def test_tls_counts_as_secure(served):
    assert served(scheme="https")["headers"][b"x-forwarded-proto"] == b"https"


def test_a_claim_of_tls_over_plain_http_is_dropped(served):
    assert b"x-forwarded-proto" not in served((b"x-forwarded-proto", b"https"))["headers"]


def test_a_call_from_inside_counts_as_secure_and_its_mark_goes_no_further(served):
    mark = transport.headers()[transport.HEADER].encode()
    seen = served((transport.HEADER.encode(), mark))
    assert seen["headers"] == {b"x-forwarded-proto": b"https"}
    assert seen["tls"] == "1.3"


def test_a_guessed_mark_is_worth_nothing(served):
    seen = served((transport.HEADER.encode(), b"0" * 64))
    assert seen["headers"] == {}
    assert seen["tls"] is None


def test_the_caller_is_the_key_that_signed(served):
    signed = b"AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261121/ap-southeast-2/s3/aws4_request, Signature=0"
    assert served((b"authorization", signed))["caller"] == "ASIAEXAMPLE"


def test_an_unknown_page_lists_the_known_ones(served):
    gateway.page("/_local/test", lambda: {"a": 1})
    assert json.loads(served(path="/_local/test")["sent"][1]["body"]) == {"a": 1}
    missing = served(path="/_local/nowhere")["sent"]
    assert missing[0]["status"] == 404
    assert "/_local/test" in json.loads(missing[1]["body"])["pages"]
