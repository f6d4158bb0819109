"""The doors of a cluster: security groups say who may knock, IAM who gets in."""

from __future__ import annotations

import json
import socket
import ssl
import struct

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.unit.local.msk.conftest import KAFKA_ALL, SECONDS

_KNOCK = """
import socket, ssl, sys
context = ssl.create_default_context(cafile={ca!r})
try:
    with context.wrap_socket(socket.create_connection(("localhost", {port})), server_hostname="localhost"):
        print("open")
except OSError as error:
    print("closed")
"""


def _port(shop, kind):
    return int(shop.bootstrap(kind).rsplit(":", 1)[1])


def _topics(shop, **changes):
    admin = AdminClient(shop.settings(shop.aws.session(), **changes))
    return admin.list_topics(timeout=3).topics


@pytest.mark.parametrize(("group", "answer"), [("Client", "open"), ("Stranger", "closed")])
def test_the_brokers_group_decides_which_task_reaches_them(shop, tasks, group, answer):
    program = _KNOCK.format(ca=shop.ca, port=_port(shop, "SaslIam"))
    code, said = tasks.run(program, group=shop.aws.resource(shop.stack, group))
    assert (code, said.strip()) == (0, answer)


def test_the_outside_reaches_the_public_door_only(shop):
    assert _topics(shop) is not None
    with pytest.raises(KafkaException):
        _topics(shop, **{"bootstrap.servers": shop.bootstrap("SaslIam")})


def test_a_client_that_does_not_trust_the_embedded_authority_is_not_led_astray(shop):
    context = ssl.create_default_context()
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection(("localhost", _port(shop, "PublicSaslIam"))) as plain,
        context.wrap_socket(plain, server_hostname="localhost"),
    ):
        pass


def test_a_role_that_may_connect_gets_in_and_one_that_may_not_does_not(shop):
    allowed = shop.aws.session_as(shop.aws.role(KAFKA_ALL))
    denied = shop.aws.session_as(shop.aws.role({**KAFKA_ALL, "Action": "kafka:*"}))
    assert AdminClient(shop.settings(allowed)).list_topics(timeout=SECONDS).topics is not None
    with pytest.raises(KafkaException):
        AdminClient(shop.settings(denied)).list_topics(timeout=3)


def test_a_token_that_was_not_signed_by_its_owner_is_refused(shop):
    session = shop.aws.session_as(shop.aws.role(KAFKA_ALL))
    forged = session._session.get_credentials().get_frozen_credentials()
    session._session.set_credentials(forged.access_key, "another secret", forged.token)
    with pytest.raises(KafkaException):
        AdminClient(shop.settings(session)).list_topics(timeout=3)


def test_a_token_of_another_region_is_refused(shop):
    session = shop.aws.session()
    session._session.set_config_variable("region", "us-east-1")
    with pytest.raises(KafkaException):
        AdminClient(shop.settings(session)).list_topics(timeout=3)


class _Client:
    """The beginning of a connection, written by hand: the mechanism of the Java clients."""

    def __init__(self, shop):
        context = ssl.create_default_context(cafile=shop.ca)
        plain = socket.create_connection(("localhost", _port(shop, "PublicSaslIam")))
        self.stream = context.wrap_socket(plain, server_hostname="localhost").makefile("rwb")

    def ask(self, key, version, body):
        content = struct.pack("!hhih", key, version, 7, -1) + body
        self.stream.write(struct.pack("!i", len(content)) + content)
        self.stream.flush()
        head = self.stream.read(4)
        answer = self.stream.read(struct.unpack("!i", head)[0]) if head else b""
        assert not answer or struct.unpack_from("!i", answer)[0] == 7
        return answer[4:]


def _presented(session):
    request = AWSRequest("GET", "https://localhost/?Action=kafka-cluster%3AConnect")
    SigV4QueryAuth(session.get_credentials(), "kafka-cluster", session.region_name, expires=900).add_auth(
        request
    )
    prepared = AWSRequest("GET", request.url).prepare()
    from urllib.parse import parse_qsl, urlsplit

    names = {name.lower(): value for name, value in parse_qsl(urlsplit(prepared.url).query)}
    return {"version": "2020_10_22", "host": "localhost", "user-agent": "test", **names}


def _logged_in(shop, presented, version):
    client = _Client(shop)
    handshake = client.ask(17, 1, struct.pack("!h", 11) + b"AWS_MSK_IAM")
    assert struct.unpack_from("!h", handshake)[0] == 0
    given = json.dumps(presented).encode()
    answer = client.ask(36, version, struct.pack("!i", len(given)) + given)
    return client, struct.unpack_from("!h", answer)[0], answer


@pytest.mark.parametrize("version", [0, 1])
def test_java_clients_get_in_by_their_own_mechanism(shop, version):
    session = shop.aws.session_as(shop.aws.role(KAFKA_ALL))
    client, code, answer = _logged_in(shop, _presented(session), version)
    assert code == 0
    assert b"2020_10_22" in answer
    assert struct.unpack_from("!h", client.ask(18, 0, b""))[0] == 0  # the broker answers


def test_java_clients_are_told_why_they_do_not_get_in(shop):
    session = shop.aws.session_as(shop.aws.role({**KAFKA_ALL, "Action": "kafka:*"}))
    _, code, answer = _logged_in(shop, _presented(session), 1)
    assert code == 58
    assert b"is not authorized to perform: kafka-cluster:Connect" in answer


def test_a_request_before_the_login_is_not_passed_on(shop):
    assert _Client(shop).ask(3, 1, struct.pack("!i", 0)) == b""


def test_a_mechanism_that_msk_does_not_have_is_refused_with_those_that_it_has(shop):
    answer = _Client(shop).ask(17, 1, struct.pack("!h", 5) + b"PLAIN")
    assert struct.unpack_from("!h", answer)[0] == 33
    assert b"OAUTHBEARER" in answer
