"""The command line of ssh in both modes, and what its complaints mean; no AWS is needed to say so."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from operations import tunnel, tunnel_bastion, tunnel_clients, tunnel_ssh
from operations.connection import Connection, environment_named
from operations.exit_codes import CommandFailed, ExitCode
from operations.tunnel import Tunnel
from operations.tunnel_bastion import BastionHost
from operations.tunnel_database import FarDatabase
from operations.tunnel_files import key_file, known_hosts

PUBLIC = BastionHost(instance_id="i-1", address="203.0.113.9", port=22, private_key="K", woken=False)
PRIVATE = dataclasses.replace(PUBLIC, address="")
FAR = FarDatabase(
    name="shop", engine="postgres", host="shop.example", port=15432, database="shop", secret_arn="arn"
)


def line(host: BastionHost) -> list[str]:
    return tunnel_ssh.command(
        host, FAR, port=5000, key=Path("/dev/null"), known_hosts=Path("/a b/known"), region="ap-southeast-2"
    )


def options(host: BastionHost) -> dict[str, str]:
    words = line(host)
    return dict(words[at + 1].split("=", 1) for at, word in enumerate(words) if word == "-o")


def test_ssh_forwards_one_local_port_of_this_machine_only_and_runs_nothing():
    words = line(PUBLIC)
    assert words[words.index("-L") + 1] == "127.0.0.1:5000:shop.example:15432"
    assert "-N" in words
    assert words[-5:] == ["-p", "22", "-l", "tunnel", "203.0.113.9"]


def test_the_host_key_is_kept_by_instance_and_no_other_file_or_agent_is_asked():
    found = options(PUBLIC)
    assert found["HostKeyAlias"] == "i-1"
    assert found["UserKnownHostsFile"] == '"/a b/known"'
    assert found["GlobalKnownHostsFile"] == found["IdentityAgent"] == "none"
    assert "ProxyCommand" not in found


def test_over_session_manager_ssh_goes_through_the_aws_cli_to_the_instance():
    words = line(PRIVATE)
    assert words[-1] == "i-1"
    assert options(PRIVATE)["ProxyCommand"] == (
        "aws ssm start-session --target %h --region ap-southeast-2"
        " --document-name AWS-StartSSHSession --parameters portNumber=%p"
    )


def test_the_options_are_ones_that_this_machines_ssh_knows():
    words = ["ssh", "-G", *line(PUBLIC)[1:]]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "exitonforwardfailure yes" in checked.stdout


@pytest.mark.parametrize("missing", ["ssh", "aws", "session-manager-plugin"])
def test_a_program_that_is_missing_is_named_with_how_to_get_it(monkeypatch, missing):
    monkeypatch.setattr("shutil.which", lambda name: None if name == missing else f"/bin/{name}")
    with pytest.raises(CommandFailed, match=f"{missing} is not installed.*Mend: install"):
        tunnel_ssh.require_programs(over_session_manager=True)


def test_with_a_public_address_neither_the_cli_nor_its_plugin_is_needed(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: "/bin/ssh" if name == "ssh" else None)
    tunnel_ssh.require_programs(over_session_manager=False)


@pytest.mark.parametrize(
    ("said", "told", "code"),
    [
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "remove its line from /known", 1),
        ("tunnel@h: Permission denied (publickey).", "another key pair", 1),
        (
            "An error occurred (TargetNotConnected) when calling StartSession",
            "agent of i-1 is not connected",
            3,
        ),
        ("channel 2: open failed: administratively prohibited: open failed", "PermitOpen", 1),
        ("bind [127.0.0.1]:5000: Address already in use", "Give another --port", 2),
        ("ssh: connect to host 203.0.113.9 port 22: Connection timed out", "allowed_cidrs", 3),
        ("", "it gave no reason", 3),
    ],
)
def test_what_ssh_complains_of_becomes_a_sentence_with_its_mend(said, told, code):
    failure = tunnel_ssh.explained(said, PUBLIC, Path("/known"))
    assert told in str(failure)
    assert failure.code == code


def test_the_private_key_is_not_in_what_is_printed():
    assert "K" not in repr(dataclasses.replace(PUBLIC, private_key="KKK")).replace("BastionHost", "")


def test_the_key_file_is_the_users_alone_and_goes():
    with key_file("-----BEGIN-----") as file:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert file.read_text().endswith("\n")
    assert not file.parent.exists()


def test_host_keys_are_kept_by_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DP_TUNNEL_STATE", str(tmp_path))
    assert known_hosts("dev") == tmp_path / "dev" / "known_hosts"
    assert stat.S_IMODE(known_hosts("dev").stat().st_mode) == 0o600


def test_mysql_clients_get_the_port_and_the_authority():
    opened = Tunnel(
        database="shop", engine="mysql", host="127.0.0.1", port=5000, database_host="h", database_port=3306,
        database_name="shop", secret_arn="arn", ca_bundle="/ca.pem", bastion="i-1",
    )  # fmt: skip
    assert "--host=127.0.0.1 --port=5000" in tunnel_clients.command_line(opened)
    assert "--ssl-mode=VERIFY_CA --ssl-ca=/ca.pem" in tunnel_clients.command_line(opened)
    assert tunnel_clients.variables(opened)["MYSQL_TCP_PORT"] == "5000"


def test_on_aws_the_authorities_are_a_named_file_or_the_tunnels_own(tmp_path, monkeypatch):
    monkeypatch.setenv("DP_TUNNEL_STATE", str(tmp_path))
    monkeypatch.delenv("RDS_CA_BUNDLE", raising=False)
    away = Connection(environment=environment_named("dev"), session=None, endpoint=None, verify=None)
    assert tunnel_clients.ca_bundle(away) == str(tmp_path / "rds-bundle.pem")
    assert str(tmp_path / "rds-bundle.pem") in tunnel_clients.fetch_line("ap-southeast-2")
    monkeypatch.setenv("RDS_CA_BUNDLE", "/own.pem")
    assert tunnel_clients.ca_bundle(away) == "/own.pem"


def test_on_aws_a_tag_cannot_send_the_key_to_another_port():
    tagged = {"Tags": [{"Key": "local:ssh-port", "Value": "666"}]}
    away = Connection(environment=environment_named("dev"), session=None, endpoint=None, verify=None)
    assert tunnel_bastion._port(away, tagged) == 22
    here = dataclasses.replace(away, endpoint="https://localhost:1")
    assert tunnel_bastion._port(here, tagged) == 666


def test_an_environment_without_a_bastion_lets_nobody_in():
    closed = dataclasses.replace(environment_named("dev"), bastion=None)
    away = Connection(environment=closed, session=None, endpoint=None, verify=None)
    with pytest.raises(CommandFailed, match="environment dev has no bastion") as refused:
        tunnel_bastion.bastion_host(away, on_progress=print)
    assert refused.value.code == ExitCode.USAGE


class Session:
    """Credentials, as boto3 gives them."""

    def get_credentials(self):
        return None


def started(monkeypatch, tmp_path, program: str) -> Connection:
    """A connection, and `ssh` as this Python program."""
    monkeypatch.setenv("DP_TUNNEL_STATE", str(tmp_path))
    monkeypatch.setattr(tunnel_ssh, "command", lambda *_, **__: [sys.executable, "-c", program])
    return Connection(environment=environment_named("dev"), session=Session(), endpoint=None, verify=None)


def test_a_bastion_that_was_just_woken_is_asked_until_it_lets_in(monkeypatch, tmp_path):
    monkeypatch.setattr(tunnel, "_AGAIN_SECONDS", 0.01)
    mark = tmp_path / "asked"
    program = (
        "import pathlib, socket, sys, time\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "mark.write_text(mark.read_text() + 'x' if mark.exists() else 'x')\n"
        "if len(mark.read_text()) < 3: sys.exit('Connection refused')\n"
        "s = socket.socket(); s.bind(('127.0.0.1', PORT)); s.listen(); time.sleep(60)\n"
    )
    port = tunnel._local_port(None)
    connection = started(monkeypatch, tmp_path, program.replace("PORT", str(port)))
    woken = dataclasses.replace(PUBLIC, woken=True)
    ssh = tunnel._logged_in(connection, woken, FAR, port, print)
    assert len(mark.read_text()) == 3
    ssh.end()
    assert ssh.ended()


def test_a_bastion_that_ran_is_asked_once(monkeypatch, tmp_path):
    connection = started(monkeypatch, tmp_path, "import sys; sys.exit('Connection refused')")
    began = time.monotonic()
    with pytest.raises(CommandFailed, match="does not let SSH in: Connection refused"):
        tunnel._logged_in(connection, PUBLIC, FAR, tunnel._local_port(None), print)
    assert time.monotonic() - began < tunnel._AGAIN_SECONDS


def test_what_ssh_started_ends_with_it(monkeypatch, tmp_path):
    mark = tmp_path / "child"
    program = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(child.pid)); child.wait()\n"
    )
    connection = started(monkeypatch, tmp_path, program)
    ssh = tunnel_ssh.start(tunnel_ssh.command(), connection)
    while not (mark.exists() and mark.read_text()):
        time.sleep(0.05)
    ssh.end()
    child = int(mark.read_text())
    for _ in range(600):  # half of what it would live by itself
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        if b"Z" in Path(f"/proc/{child}/stat").read_bytes().split(b")")[-1].split()[:1]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the plugin still runs")
