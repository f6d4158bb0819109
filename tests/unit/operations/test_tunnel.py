"""`dp tunnel` end to end: a deployed bastion, a real PostgreSQL behind it, the machine's own ssh and psql."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from operations.exit_codes import CommandFailed, ExitCode
from operations.tunnel import open_tunnel
from tests.unit.operations.conftest import template
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]
ASK = "SELECT 40 + 2"


@pytest.fixture
def psql(cloud):
    """What `--exec` runs, with the master's password in the environment."""
    [found] = cloud.client("rds").describe_db_instances(DBInstanceIdentifier="dp-local-retail-shop")[
        "DBInstances"
    ]
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=found["MasterUserSecret"]["SecretArn"])
    master = json.loads(secret["SecretString"])
    return {"PGUSER": master["username"], "PGPASSWORD": master["password"]}


@pytest.fixture
def dp(stack, state, psql):
    def line(*words: str) -> list[str]:
        return [sys.executable, "-m", "operations.cli", "tunnel", *words]

    environment = os.environ | psql | {"DP_LOCAL_STATE": str(state)}

    def start(*words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(line(*words), cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line(*words), check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        )

    run.start = start
    return run


def ssh_processes(port: int) -> list[str]:
    mark = f"127.0.0.1:{port}:".encode()
    return [
        folder.name
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and mark in _command_line(folder)
    ]


def _command_line(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


def ask(tunnel: Any, master: dict[str, str]) -> Any:
    connection = psycopg2.connect(
        host=tunnel.database_host,
        hostaddr=tunnel.host,
        port=tunnel.port,
        dbname=tunnel.database_name,
        user=master["PGUSER"],
        password=master["PGPASSWORD"],
        sslmode="verify-full",
        sslrootcert=tunnel.ca_bundle,
        connect_timeout=10,
    )
    with connection.cursor() as cursor:
        cursor.execute(ASK)
        return cursor.fetchone()[0]


def test_over_the_tunnel_the_database_answers_and_after_it_nothing_is_left(connection, psql):
    with open_tunnel(connection, "shop") as tunnel:
        assert ask(tunnel, psql) == 42
        assert ssh_processes(tunnel.port)
        assert tunnel.why_ended() is None
    assert ssh_processes(tunnel.port) == []
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        ask(tunnel, psql)


def test_without_the_tunnel_the_same_address_closes_at_once(connection):
    with (
        open_tunnel(connection, "shop") as tunnel,
        socket.create_connection((tunnel.database_host, tunnel.database_port), timeout=5) as direct,
    ):
        direct.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
        assert _answer(direct) == b""


def _answer(direct: socket.socket) -> bytes:
    try:
        return direct.recv(1)
    except ConnectionResetError:
        return b""


def test_the_key_is_in_no_file_while_the_tunnel_is_open(connection, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_tunnel(connection, "shop"):
        assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_the_secret_is_named_and_never_read(connection, cloud):
    with open_tunnel(connection, "shop") as tunnel:
        assert tunnel.secret_arn.startswith("arn:aws:secretsmanager:")
        assert "PRIVATE" not in repr(tunnel)


def test_exec_runs_beside_the_tunnel_and_its_exit_code_is_ours(dp):
    ended = dp("shop", "--exec", f'psql -Atc "{ASK}"')
    assert (ended.returncode, ended.stdout.strip()) == (0, "42")
    assert dp("shop", "--exec", 'psql -c "SELECT nonsense"').returncode == 1
    assert dp("shop", "--exec", f"{sys.executable} -c 'raise SystemExit(7)'").returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_prints_how_to_connect_and_closes_cleanly(dp, psql, number):
    held = dp.start("shop", "--json")
    told = json.loads(_document(held))
    assert told["command"].startswith(
        f'psql "host={told["database_host"]} hostaddr=127.0.0.1 port={told["port"]}'
    )
    assert "sslmode=verify-full" in told["command"]
    assert ssh_processes(told["port"])
    line = shlex.split(told["command"])
    line[1] = line[1].replace("$USER", psql["PGUSER"])
    ran = subprocess.run(
        [*line, "-Atc", ASK], env=os.environ | psql, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "42"
    held.send_signal(number)
    assert held.wait(15) == 0
    assert ssh_processes(told["port"]) == []
    assert "Traceback" not in held.stderr.read()


def _document(held: subprocess.Popen[str]) -> str:
    lines = []
    for line in held.stdout:
        lines.append(line)
        if line.rstrip() == "}":
            return "".join(lines)
    raise AssertionError(held.stderr.read())


def test_a_bastion_that_is_stopped_is_started(connection, cloud, stack, psql):
    host = cloud.resource(stack, "Host")
    cloud.client("ec2").stop_instances(InstanceIds=[host])
    said: list[str] = []
    with open_tunnel(connection, "shop", on_progress=said.append) as tunnel:
        assert ask(tunnel, psql) == 42
    assert any("is stopped: waiting until it runs" in line for line in said)


def test_a_tunnel_that_is_cut_says_so_and_ends_1(dp, cloud, stack):
    held = dp.start("shop", "--json")
    _document(held)
    cloud.client("ec2").stop_instances(InstanceIds=[cloud.resource(stack, "Host")])
    assert held.wait(60) == 1
    assert "closed from the other side" in held.stderr.read()


def test_a_database_that_does_not_exist_is_refused_with_the_one_that_was_meant(connection, dp):
    with pytest.raises(
        CommandFailed, match=r"'shoop' is no database of local. Allowed: shop. Did you mean shop"
    ):
        open_tunnel(connection, "shoop").__enter__()
    assert dp("shoop").returncode == ExitCode.USAGE


def test_a_port_that_is_taken_is_refused_before_anything_is_asked(connection):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match=f"--port {port} is taken") as refused:
            open_tunnel(connection, "shop", port=port).__enter__()
    assert refused.value.code == ExitCode.USAGE


def test_the_chosen_port_is_used_again_and_again(connection, psql):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        with open_tunnel(connection, "shop", port=port) as tunnel:
            assert (tunnel.port, ask(tunnel, psql)) == (port, 42)


def test_another_host_key_is_refused_and_told(connection, tunnels, cloud, stack):
    file = tunnels / "local" / "known_hosts"
    with open_tunnel(connection, "shop"):
        pass
    seen = file.read_text()
    host = cloud.resource(stack, "Host")
    foreign = "AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q"
    file.write_text(f"{host} ssh-ed25519 {foreign}\n")
    try:
        with pytest.raises(CommandFailed, match="shows another host key than before"):
            open_tunnel(connection, "shop").__enter__()
    finally:
        file.write_text(seen)


def test_the_wrong_key_is_refused_and_told(connection, cloud, stack):
    cloud.client("ec2").create_key_pair(KeyName="other", KeyType="ed25519")
    [pair] = cloud.client("ec2").describe_key_pairs(KeyNames=["dp-local-bastion"])["KeyPairs"]
    name = f"/ec2/keypair/{pair['KeyPairId']}"
    ssm = cloud.client("ssm")
    right = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    cloud.client("ec2").delete_key_pair(KeyName="other")
    wrong = cloud.client("ec2").create_key_pair(KeyName="other", KeyType="ed25519")["KeyMaterial"]
    ssm.put_parameter(Name=name, Type="SecureString", Value=wrong, Overwrite=True)
    try:
        with pytest.raises(CommandFailed, match="refuses the key"):
            open_tunnel(connection, "shop").__enter__()
    finally:
        ssm.put_parameter(Name=name, Type="SecureString", Value=right, Overwrite=True)
        cloud.client("ec2").delete_key_pair(KeyName="other")


def test_a_removed_ingress_rule_of_the_database_refuses_the_next_tunnel(connection, cloud, stack, psql):
    with open_tunnel(connection, "shop") as tunnel:
        cloud.deploy(template(without=("FromBastion",)), stack=stack)
        with pytest.raises(psycopg2.OperationalError):
            ask(tunnel, psql)
    with pytest.raises(CommandFailed, match="security groups do not admit it"):
        open_tunnel(connection, "shop").__enter__()
    cloud.deploy(template(), stack=stack)
    with open_tunnel(connection, "shop") as tunnel:
        assert ask(tunnel, psql) == 42


def test_a_bastion_whose_configuration_does_not_name_the_database_refuses(connection, cloud, stack):
    cloud.deploy(template(permit="localhost:1"), stack=stack)
    try:
        with pytest.raises(CommandFailed, match="PermitOpen"):
            open_tunnel(connection, "shop").__enter__()
    finally:
        cloud.deploy(template(), stack=stack)


def test_a_bastion_without_an_entrance_is_refused_and_told(connection, cloud, stack):
    resources = template()
    resources["Group"]["Properties"]["SecurityGroupIngress"] = []
    cloud.deploy(resources, stack=stack)
    try:
        with pytest.raises(CommandFailed, match="does not let SSH in") as refused:
            open_tunnel(connection, "shop").__enter__()
        assert refused.value.code == ExitCode.UNREACHABLE
    finally:
        cloud.deploy(template(), stack=stack)


def test_a_bastion_without_an_address_is_refused_and_told(connection, cloud, stack):
    cloud.deploy(template(without=("Address",)), stack=stack)
    try:
        with pytest.raises(CommandFailed, match="has no public address"):
            open_tunnel(connection, "shop").__enter__()
    finally:
        cloud.deploy(template(), stack=stack)


def test_one_tunnel_serves_many_connections_at_once(connection, psql):
    began = time.monotonic()
    with open_tunnel(connection, "shop") as tunnel:
        assert [ask(tunnel, psql) for _ in range(8)] == [42] * 8
    assert until(lambda: ssh_processes(tunnel.port) == [])
    assert time.monotonic() - began < 60
