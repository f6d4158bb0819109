"""The machine's own ssh against the SSH server of a deployed bastion: who gets in, and that nobody can do more."""

from __future__ import annotations

import subprocess
import time

import pytest

from local import process
from tests.unit.local.conftest import Aws
from tests.waiting import until


@pytest.fixture(scope="module")
def host(aws, deploy_bastion):
    return deploy_bastion(aws, "localhost:1")


@pytest.fixture
def foreign(host):
    file = host.folder / f"foreign-{time.time_ns()}"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True, capture_output=True
    )
    return file


def test_the_key_of_the_key_pair_gets_in_and_a_command_is_refused(host):
    ended = host.said(command="id")
    assert ended.returncode == 255
    assert ended.stdout == ""
    assert "administratively prohibited" in ended.stderr


def test_another_key_is_refused(host, foreign):
    assert "Permission denied (publickey)" in host.said(key=foreign, command="id").stderr


@pytest.mark.parametrize("user", ["root", "ec2-user"])
def test_another_user_is_refused_with_the_right_key(host, user):
    assert "Permission denied (publickey)" in host.said(user=user, command="id").stderr


@pytest.mark.parametrize("words", [("-tt",), ("-A",), ("-X",), ("-s",)])
def test_there_is_no_shell_terminal_agent_display_or_subsystem(host, words):
    ended = host.said(*words, command="sftp")
    assert ended.returncode == 255
    assert ended.stdout == ""


def test_nothing_can_be_forwarded_back(host):
    ended = host.said("-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:localhost:22")
    assert "remote port forwarding failed" in ended.stderr


def test_another_destination_is_administratively_prohibited(host):
    ended = host.said("-W", "localhost:2")
    assert ended.returncode == 255
    assert "administratively prohibited" in ended.stderr


def test_a_permitted_destination_that_no_group_lets_through_is_a_failed_connection(host):
    ended = host.said("-W", "localhost:1")
    assert "open failed: connect failed" in ended.stderr


def test_a_removed_rule_closes_the_door_to_the_next_login(aws, deploy_bastion, templates):
    held = deploy_bastion(aws)
    assert "administratively prohibited" in held.said(command="id").stderr
    aws.deploy(templates.bastion(held.name, entrance=None), stack=held.stack)
    ended = held.said(command="id")
    assert ended.returncode == 255
    assert "prohibited" not in ended.stderr
    assert "Permission denied" not in ended.stderr


def test_a_rule_for_other_addresses_does_not_let_in(aws, deploy_bastion):
    held = deploy_bastion(aws, entrance="203.0.113.0/24")
    assert "Permission denied" not in held.said(command="id").stderr
    assert "prohibited" not in held.said(command="id").stderr


def test_stopped_it_is_closed_and_started_it_is_the_same_host(aws, deploy_bastion):
    held = deploy_bastion(aws)
    assert "prohibited" in held.said(command="id").stderr  # the host key is now known
    port, identity = held.port, held.instance()["InstanceId"]
    aws.client("ec2").stop_instances(InstanceIds=[identity])
    assert held.port is None
    assert "refused" in held.said(port=port, command="id").stderr
    aws.client("ec2").start_instances(InstanceIds=[identity])
    ended = held.said(command="id")
    assert "administratively prohibited" in ended.stderr
    assert "HOST IDENTIFICATION" not in ended.stderr


def test_with_the_stack_goes_the_server(aws, deploy_bastion):
    gone = deploy_bastion(aws)
    port, key = gone.port, gone.key()
    aws.delete(gone.stack)
    assert "refused" in gone.said(port=port, key=key, command="id").stderr


def test_who_came_and_what_was_refused_is_in_the_log_group(aws, deploy_bastion, templates, foreign):
    group = f"/bastion/{time.time_ns()}"
    aws.client("logs").create_log_group(logGroupName=group)
    held = deploy_bastion(aws, UserData=templates.user_data("localhost:1", log_group=group))
    held.said(key=foreign, command="id")
    held.said("-W", "localhost:2")
    time.sleep(0.5)
    stream = held.instance()["InstanceId"]
    events = aws.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    lines = "\n".join(event["message"] for event in events)
    assert "Failed publickey for tunnel from 127.0.0.1" in lines
    assert "Accepted publickey for tunnel from 127.0.0.1" in lines
    assert "Received request to connect to localhost port 2, but the request was denied." in lines
    assert "Disconnected from user tunnel 127.0.0.1" in lines


def test_an_idle_host_stops_itself_and_one_with_a_session_does_not(aws, deploy_bastion, templates):
    held = deploy_bastion(aws, UserData=templates.user_data("localhost:1", idle_seconds=2))
    with subprocess.Popen(held.ssh("-N"), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as session:
        time.sleep(4)
        assert held.instance()["State"]["Name"] == "running"
        session.terminate()
    until(lambda: held.instance()["State"]["Name"] == "stopped", every=0.1)
    assert held.port is None


@pytest.mark.parametrize("end", [process.stop, process.kill])
def test_after_a_restart_of_the_embedded_aws_it_is_the_same_host_at_the_same_port(
    lasting, deploy_bastion, end
):
    server = Aws(endpoint=process.start(lasting, auth=False))
    held = deploy_bastion(server, "localhost:1")
    assert "prohibited" in held.said(command="id").stderr
    port, key = held.port, held.key()
    time.sleep(2)  # a kill loses what is younger than the last checkpoint
    end(lasting)
    until(lambda: "refused" in held.said(port=port, key=key, command="id").stderr)
    process.start(lasting, auth=False)
    assert held.port == port
    ended = held.said(key=key, command="id")
    assert "administratively prohibited" in ended.stderr
    assert "HOST IDENTIFICATION" not in ended.stderr
    server.delete(held.stack)
