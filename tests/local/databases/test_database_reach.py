"""Who reaches the shop's database, asked of the deployed platform: people through the bastion, extractors, nobody else."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from shop_extractions import INSTANCE

from operations import tunnel_ssh
from operations.exit_codes import CommandFailed
from operations.laptop.shop_database import shop_database
from operations.tunnel import open_tunnel
from operations.tunnel_bastion import bastion_host
from operations.tunnel_database import far_database, settings_of
from operations.tunnel_files import key_file
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.local
STACK = "dp-local-retail-databases"


@pytest.fixture(scope="module")
def shop(platform: Any) -> Any:
    """The platform with the shop's tables in its database; rows are not needed here."""
    retail = platform.of("retail")
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        database.prepare()
    return retail


class Ssh:
    """The machine's ssh as `dp tunnel` calls it, with what it is given changed at will."""

    def __init__(self, shop: Any, folder: Path) -> None:
        self._connection = shop.connection.assume(
            f"arn:aws:iam::{shop.names.account}:role/{shop.connection.environment.prefix}-tunneler"
        )
        self.host = bastion_host(self._connection, on_progress=print)
        self.database = far_database(self._connection, settings_of(shop.connection, "shop"))
        self._folder = folder

    def said(self, *, private_key: str | None = None, **destination: Any) -> str:
        """What ssh complains of, once its forwarded port was asked."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        known = self._folder / "known_hosts"
        known.touch()
        with key_file(private_key or self.host.private_key) as key:
            line = tunnel_ssh.command(
                self.host,
                dataclasses.replace(self.database, **destination),
                port=port,
                key=key,
                known_hosts=known,
                region=self._connection.environment.region,
            )
            ssh = tunnel_ssh.start(line, self._connection)
            try:
                until(lambda: ssh.ended() or _asked(port))
                return str(until(ssh.said))
            finally:
                ssh.end()


def _asked(port: int) -> bool:
    """Whether somebody listens; he is asked as a client of PostgreSQL asks, and may close."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        asked.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
        with contextlib.suppress(OSError):
            asked.recv(1)
        return True
    return False


@pytest.fixture
def ssh(shop: Any, tmp_path: Path) -> Ssh:
    """It, from the deployed bastion."""
    return Ssh(shop, tmp_path)


# --- people ----------------------------------------------------------------------------------------------------------


def test_over_the_tunnel_the_database_answers(shop):
    with shop_database(shop.connection, "shop", on_progress=print) as (database, tunnel):
        assert database.ask("SELECT current_user, current_database()") == [("master", "shop")]
        assert tunnel.why_ended() is None


def test_without_the_tunnel_the_connection_is_refused(shop):
    address = _instance(shop)["Endpoint"]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host=address["Address"], port=address["Port"], user="x", dbname="shop", connect_timeout=5
        )


def test_a_wrong_key_is_refused(ssh, tmp_path):
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "foreign")], check=True
    )
    assert "Permission denied (publickey)" in ssh.said(private_key=(tmp_path / "foreign").read_text())


def test_forwarding_to_another_port_of_the_database_is_refused(ssh):
    assert "administratively prohibited" in ssh.said(port=ssh.database.port + 1)


@pytest.mark.parametrize("host", ["169.254.169.254", "127.0.0.1", "sts.ap-southeast-2.amazonaws.com"])
def test_forwarding_to_another_host_is_refused(ssh, host):
    assert "administratively prohibited" in ssh.said(host=host)


# --- tasks -----------------------------------------------------------------------------------------------------------


def _instance(shop: Any) -> dict[str, Any]:
    return dict(shop.client("rds").describe_db_instances(DBInstanceIdentifier=INSTANCE)["DBInstances"][0])


def _source(shop: Any) -> dict[str, Any]:
    """What the state machine knows of the database: the task, its variables and its groups."""
    machine = shop.client("stepfunctions").describe_state_machine(
        stateMachineArn=shop.names.state_machine_arn
    )
    states = json.loads(machine["definition"])["States"]
    told, bucket = states["ReadInput"]["Assign"], states["StartExtraction"]["Assign"]["plan_bucket"]
    return dict(told["sources"]["source:shop"]) | {"plan": f"s3://{bucket}/{told['plans']['customers']}"}


def extract_from(shop: Any, group: str) -> tuple[int, str]:
    """Exit code and last words of an extractor that stands in a security group."""
    source, ecs = _source(shop), shop.client("ecs")
    command = ["--plan", source["plan"], "--date", "2026-03-01"]
    [task] = ecs.run_task(
        cluster=_cluster(shop),
        taskDefinition=source["task_definition"],
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": [
                    subnet["SubnetIdentifier"] for subnet in _instance(shop)["DBSubnetGroup"]["Subnets"]
                ],
                "securityGroups": [group],
            }
        },
        overrides={
            "containerOverrides": [
                {
                    "name": source["container"],
                    "command": [*command, "--extraction", uuid.uuid4().hex],
                    "environment": [
                        {"name": each["Name"], "value": each["Value"]} for each in source["environment"]
                    ],
                }
            ]
        },
    )["tasks"]
    arn = task["taskArn"]

    def stopped() -> Any:
        [seen] = ecs.describe_tasks(cluster=_cluster(shop), tasks=[arn])["tasks"]
        return seen if seen["lastStatus"] == "STOPPED" else None

    [container] = until(stopped)["containers"]
    events = shop.client("logs").get_log_events(
        logGroupName=source["log_group"],
        logStreamName=f"{source['log_prefix']}/{source['container']}/{arn.rsplit('/', 1)[-1]}",
    )["events"]
    return container["exitCode"], "\n".join(event["message"] for event in events)


def _cluster(shop: Any) -> str:
    [cluster] = shop.client("ecs").list_clusters()["clusterArns"]
    return str(cluster)


def _group(shop: Any, description: str) -> str:
    groups = shop.client("ec2").describe_security_groups()["SecurityGroups"]
    [found] = [group["GroupId"] for group in groups if group["Description"].startswith(description)]
    return str(found)


def test_an_extractor_in_its_own_group_reads_and_in_a_foreign_one_is_refused(shop):
    assert extract_from(shop, _group(shop, "Extractors:"))[0] == 0
    code, said = extract_from(shop, _group(shop, "Container tasks:"))
    assert (code, "Nothing was committed" in said) == (3, True)


# --- a rule that goes --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def without(shop: Any, *resources: str) -> Iterator[None]:
    """The database's stack deployed again without resources whose names begin so; then as it was."""
    formation = shop.client("cloudformation")
    before = formation.get_template(StackName=STACK)["TemplateBody"]
    kept = {
        name: resource for name, resource in before["Resources"].items() if not name.startswith(resources)
    }
    assert len(kept) == len(before["Resources"]) - len(resources)
    _deploy(formation, {**before, "Resources": kept})
    try:
        yield
    finally:
        _deploy(formation, before)


def _deploy(formation: Any, template: dict[str, Any]) -> None:
    formation.update_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}],
    )
    formation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def test_without_the_bastions_rule_the_tunnel_is_refused_after_a_redeploy(shop):
    with (
        without(shop, "ShopEntranceFromBastion"),
        pytest.raises(CommandFailed, match="security groups do not admit"),
        open_tunnel(shop.connection, "shop"),
    ):
        pytest.fail("the tunnel opened")
    with open_tunnel(shop.connection, "shop") as tunnel:
        assert tunnel.why_ended() is None


def test_without_the_extractors_rule_extraction_is_refused_after_a_redeploy(shop):
    own = _group(shop, "Extractors:")
    with without(shop, "ShopEntranceFromExtractor"):
        code, said = extract_from(shop, own)
    assert (code, "Nothing was committed" in said) == (3, True)
    assert extract_from(shop, own)[0] == 0
