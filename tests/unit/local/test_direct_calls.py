"""Calls from inside get the application's own answer, without a socket."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from local import direct_calls

_whose = contextvars.ContextVar("whose", default="nobody's")


def _request(method="GET", url="http://127.0.0.1:4567/a%20key?x=1&y=%2F", body=None, **headers):
    named = HeadersDict({name.replace("_", "-"): value for name, value in headers.items()})
    return AWSPreparedRequest(method, url, named, body, False)


@pytest.fixture(scope="module")
def serving():
    """Lets an application serve on the event loop of another thread, and none at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin(app):
        direct_calls.begin(app)

    def serve(app):
        asyncio.run_coroutine_threadsafe(begin(app), loop).result()
        return loop

    yield serve
    direct_calls.end()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def _app(status=200, headers=(), pieces=(b"",), seen=None):
    async def app(scope, receive, send):
        told = {"scope": scope, "body": (await receive())["body"], "whose": _whose.get()}
        if seen is not None:
            seen.append(told)
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    return app


def test_before_an_application_serves_there_is_no_answer():
    direct_calls.end()
    assert direct_calls.answer(_request()) is None


def test_the_application_sees_the_request_as_a_server_would_hand_it_on(serving):
    seen = []
    serving(_app(seen=seen))
    direct_calls.answer(_request("PUT", body="é", X_Amz_Date=b"now", Expect="100-continue"))
    (told,) = seen
    scope = told["scope"]
    assert (scope["method"], scope["path"], scope["raw_path"]) == ("PUT", "/a key", b"/a%20key")
    assert scope["query_string"] == b"x=1&y=%2F"
    assert scope["headers"] == [(b"host", b"127.0.0.1:4567"), (b"x-amz-date", b"now")]
    assert told["body"] == "é".encode()


def test_the_answer_is_the_applications_own(serving):
    serving(_app(201, [(b"ETag", b"a"), (b"vary", b"x"), (b"vary", b"y")], (b"one ", b"two")))
    found = direct_calls.answer(_request())
    assert (found.status_code, found.content) == (201, b"one two")
    assert (found.headers["etag"], found.headers["Vary"]) == ("a", "x, y")


@given(st.binary(max_size=200_000))
def test_any_body_goes_there_and_comes_back(serving, body):
    seen = []
    serving(_app(pieces=(body[:1000], body[1000:]), seen=seen))
    assert direct_calls.answer(_request("POST", body=body)).content == body
    assert seen[0]["body"] == body


def test_an_answer_to_head_has_its_headers_and_no_body(serving):
    serving(_app(headers=[(b"content-length", b"3")], pieces=(b"abc",)))
    found = direct_calls.answer(_request("HEAD"))
    assert (found.headers["Content-Length"], found.content) == ("3", b"")


def test_a_request_does_not_see_for_whom_its_caller_acts(serving):
    seen = []
    serving(_app(seen=seen))
    _whose.set("the caller's")
    direct_calls.answer(_request())
    assert seen[0]["whose"] == "nobody's"


def test_an_application_that_fails_is_a_connection_that_closed(serving):
    async def failing(_scope, _receive, _send):
        raise RuntimeError("broken")

    serving(failing)
    with pytest.raises(ConnectionClosedError):
        direct_calls.answer(_request())


def test_an_application_that_says_nothing_is_a_connection_that_closed(serving):
    async def silent(_scope, _receive, _send):
        """Nothing is sent."""

    serving(silent)
    with pytest.raises(ConnectionClosedError):
        direct_calls.answer(_request())


def test_an_answer_that_does_not_come_is_a_timeout(serving, monkeypatch):
    late = asyncio.Event()

    async def slow(_scope, _receive, _send):
        await late.wait()

    loop = serving(slow)
    monkeypatch.setattr(direct_calls, "READ_TIMEOUT_SECONDS", 0.05)
    with pytest.raises(ReadTimeoutError):
        direct_calls.answer(_request())
    loop.call_soon_threadsafe(late.set)
