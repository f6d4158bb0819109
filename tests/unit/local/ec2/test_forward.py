"""What is forwarded arrives whole, in both directions, and at the pace of the slower side."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import threading
import uuid

import asyncssh
import pytest

from local.services.ec2 import forward, ssh_servers
from local.services.ec2.instance_states import power_off
from tests.unit.local.ec2.conftest import Deployed, user_data

_MIB = 1 << 20


@pytest.fixture
def far_end(monkeypatch):
    """A server that takes connections; every forward of this process leads to it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setattr(forward, "dial", lambda *_: asyncio.open_connection("127.0.0.1", port))
        yield listener


@pytest.fixture
def host(far_end, tmp_path):
    """A bastion in this process, without an embedded AWS around it."""
    from ministack.services import ec2

    name, group = f"i-{uuid.uuid4().hex[:17]}", f"sg-{uuid.uuid4().hex[:17]}"
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "127.0.0.0/8"}]}
    ec2._security_groups[group] = {"GroupId": group, "IpPermissions": [rule]}
    key = asyncssh.generate_private_key("ssh-ed25519")
    instance = {
        "InstanceId": name,
        "State": {"Name": "running"},
        "PublicIpAddress": "127.0.0.1",
        "SecurityGroups": [{"GroupId": group}],
        "UserData": user_data("far.example:5432"),
        "_AuthorizedKey": key.export_public_key().decode(),
    }
    ec2._instances[name] = instance
    ssh_servers.reconcile(instance, on_idle=power_off)
    held = Deployed(aws=None, name=name, stack="", folder=tmp_path)
    held.written("right", key.export_private_key().decode())
    yield held
    ssh_servers.stop(name)
    for store, entry in ((ec2._instances, name), (ec2._security_groups, group)):
        store.pop(entry, None)


@pytest.fixture
def both_ends(host, far_end):
    """The two ends of a forwarded connection."""
    from ministack.services import ec2

    port = ec2._instances[host.name]["_Sshd"]["Port"]
    with host.forward("far.example:5432", key=host.folder / "right", port=port) as (here, _):
        far_end.accept()[0].close()  # the one by which the fixture looked whether ssh listens
        with socket.create_connection(("127.0.0.1", here)) as near:
            far, _ = far_end.accept()
            with far:
                near.settimeout(30)
                far.settimeout(30)
                yield near, far


def received(end: socket.socket) -> bytes:
    whole = bytearray()
    while data := end.recv(_MIB):
        whole += data
    return bytes(whole)


@pytest.mark.parametrize("outwards", [True, False])
def test_thirty_megabytes_arrive_as_they_were_sent(both_ends, outwards):
    sender, receiver = both_ends if outwards else reversed(both_ends)
    sent = os.urandom(30 * _MIB)

    def send() -> None:
        sender.sendall(sent)
        sender.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send)
    thread.start()
    arrived = received(receiver)
    thread.join()
    assert hashlib.sha256(arrived).digest() == hashlib.sha256(sent).digest()


def test_the_far_end_may_answer_after_the_near_end_has_said_all(both_ends):
    near, far = both_ends
    near.sendall(b"question")
    near.shutdown(socket.SHUT_WR)
    assert received(far) == b"question"
    far.sendall(b"answer")
    far.close()
    assert received(near) == b"answer"


@pytest.mark.parametrize("outwards", [True, False])
def test_who_sends_to_an_end_that_does_not_read_has_to_wait(both_ends, outwards):
    sender, _ = both_ends if outwards else reversed(both_ends)
    sender.settimeout(1)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 200 * _MIB:
            sent += sender.send(b"x" * _MIB)
    assert sent < 60 * _MIB


def test_when_the_near_end_goes_the_far_end_is_closed(both_ends):
    near, far = both_ends
    near.close()
    assert received(far) == b""
