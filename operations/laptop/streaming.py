"""`make local STREAMING=1`: changes of the shop's database, on their way through Kafka into the lake as they happen.

What must be there before the deployment (the connector's plug-in), what the owner of the source prepares after it, the
connector's start; then changes by SQL over the tunnel, watched in staged through Athena until staged is the source.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed
from operations.laptop import both_sides, capture_source, stock_writer
from operations.laptop.arrivals import Arrivals
from operations.laptop.shop import REPOSITORY_ROOT
from operations.laptop.shop_database import shop_database
from operations.streams.loading import loading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.laptop.both_sides import Difference

ASSETS = "cdk-hnb659fds-assets-{account}-{region}"
STOCK = "stock_levels"
SHELL = "EMBEDDED_AWS_SECURITY_GROUPS"
_TASKS = "TaskSecurityGroup"
_STACK = "{prefix}-capture"
_ROWS, _TRANSACTIONS, _CHANGES = 300, 24, 40
_PAUSE_SECONDS = 0.5  # between transactions, so that there is a commit in every moment that is measured
_WAIT_SECONDS = 240
_POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """What came of the changes.

    Args:
        dataset: `<domain>.<dataset>`.
        topic: Its topic.
        changes: Rows that were changed now, a row as often as it was changed; none when they were made before.
        source_rows: Rows of the source's table.
        staged_rows: Rows of staged.
        differences: Rows that are not the same.
        dead_letters: Records that could not be loaded, ever.
        p50: Seconds from a row's commit in the source until Athena showed it in staged; half of the rows took less.
        p99: The same of 99 in 100 rows. None, like p50, when nothing was changed now.
    """

    dataset: str
    topic: str
    changes: int
    source_rows: int
    staged_rows: int
    differences: Sequence[Difference]
    dead_letters: int
    p50: float | None
    p99: float | None

    @property
    def same(self) -> bool:
        """Whether staged is the source."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {**asdict(self), "same": self.same}


def streams(domain: Domain) -> list[Dataset]:
    """The datasets of a domain that stream."""
    return [dataset for dataset in domain.datasets if dataset.stream is not None]


def captured(domain: Domain, source: str) -> list[Dataset]:
    """The datasets of a domain that are captured from a database."""
    return [each for each in streams(domain) if each.source.method == "cdc" and each.source.name == source]


def deployed(connection: Connection, names: Sequence[Naming]) -> bool:
    """Whether some domain captures a database here already: what streams goes on streaming."""
    from botocore.exceptions import ClientError

    client = connection.client("cloudformation")
    for each in names:
        try:
            client.describe_stacks(StackName=_STACK.format(prefix=each.prefix))
        except ClientError:
            continue
        return True
    return False


def upload_plugin(connection: Connection, variables: Mapping[str, str]) -> None:
    """Put the connector's plug-in where the deployment looks for it, as CI does before it deploys.

    Args:
        connection: The environment.
        variables: What points boto3 at it.

    Raises:
        CommandFailed: with the build's own reason.
    """
    environment = connection.environment
    bucket = ASSETS.format(account=environment.account, region=environment.region)
    java = _run([sys.executable, "-m", "local.engines", "java"], {}).strip()
    command = [sys.executable, "-m", "jobs.connect_plugin", ".local/connect-plugin"]
    _run([*command, "--java", java, "--bucket", bucket], variables)


def start(
    connection: Connection, naming: Naming, domain: Domain, source: str, *, on_progress: Callable[[str], None]
) -> None:
    """Prepare a source as its owner over the tunnel, and start its connector; once more, nothing changes.

    Args:
        connection: The environment.
        naming: Physical names of the domain.
        domain: Its contracts say which tables are captured.
        source: Name of the database in the environment's settings.
        on_progress: Told what is waited for.

    Raises:
        CommandFailed: when the tunnel does not open, or the connector does not run.
    """
    tables = [str(dataset.source.table) for dataset in captured(domain, source)]
    with shop_database(connection, source, on_progress=on_progress) as (database, _):
        database.prepare()
        secret = capture_source.password(connection, source)
        capture_source.prepare(database, source=source, password=secret, tables=tables)
    on_progress("the connector starts")
    run_machine(connection, naming, source)


def run_machine(connection: Connection, naming: Naming, source: str, **given: bool) -> None:
    """Run the state machine that keeps a connector, to its end.

    Raises:
        CommandFailed: when the connector does not run after it.
    """
    client, name = connection.client("stepfunctions"), naming.role(f"capture-{source}")
    machine = f"arn:aws:states:{naming.region}:{naming.account}:stateMachine:{name}"
    run = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    while (seen := client.describe_execution(executionArn=run))["status"] == "RUNNING":
        time.sleep(_POLL_SECONDS)
    if seen["status"] != "SUCCEEDED":
        raise CommandFailed(
            f"{name}: the connector does not run: {seen.get('error', '')} {seen.get('cause', '')} "
            "(docs/runbooks/capture-task-failed.md)"
        )


def change(
    connection: Connection, naming: Naming, dataset: Dataset, *, on_progress: Callable[[str], None]
) -> Streamed:
    """Change the source's table over the tunnel, once, and wait until staged is the source.

    Args:
        connection: The environment.
        naming: Physical names of the domain.
        dataset: The contract of the stock levels.
        on_progress: Told where it is.

    Raises:
        CommandFailed: when the tunnel does not open, or Athena refuses.
    """
    source = dataset.source.name
    with shop_database(connection, source, on_progress=on_progress) as (database, _):
        changes, arrivals = 0, Arrivals(connection, naming, dataset)
        if not database.ask(f"SELECT 1 FROM {dataset.source.table} LIMIT 1"):
            with arrivals.watched():
                made = stock_writer.made(rows=_ROWS, transactions=_TRANSACTIONS, changes=_CHANGES, seed=7)
                for statements in made:
                    changes += stock_writer.write(database, statements)
                    on_progress(f"{changes:,} changes")
                    time.sleep(_PAUSE_SECONDS)
                _settled(connection, naming, dataset, database)
        found = _settled(connection, naming, dataset, database)
        rows = both_sides.in_source(database, dataset)
    lake = both_sides.in_lake(connection, naming, dataset)
    counts = loading(connection.client("dynamodb"), table=naming.run_ledger, topic=_topic(dataset)).counts
    return Streamed(
        dataset=f"{dataset.domain}.{dataset.name}",
        topic=_topic(dataset),
        changes=changes,
        source_rows=len(rows),
        staged_rows=len(lake),
        differences=found,
        dead_letters=counts["dead_letters"],
        p50=arrivals.quantile(0.5),
        p99=arrivals.quantile(0.99),
    )


def shell(connection: Connection) -> str:
    """The variable of a shell inside the network, outside of which brokers have no addresses.

    Args:
        connection: The environment.
    """
    groups = connection.client("ec2").describe_security_groups()["SecurityGroups"]
    tasks = [each["GroupId"] for each in groups if _TASKS in each["GroupName"]]
    return f"{SHELL}={','.join(tasks)}"


def next_commands(streamed: Sequence[Streamed], shell: str) -> list[str]:
    """What to look at next, of datasets that stream.

    Args:
        streamed: What came of the changes.
        shell: The variable of a shell inside the network.
    """
    domains = dict.fromkeys(one.dataset.partition(".")[0] for one in streamed)
    return [f"{shell} dp streams {domain}" for domain in domains] + [
        f"{shell} dp replay {one.topic} --dry-run" for one in streamed if one.dead_letters
    ]


def _settled(connection: Connection, naming: Naming, dataset: Dataset, database: Any) -> list[Difference]:
    """The differences, once there are none or none went away for long."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = both_sides.differences(
            both_sides.in_source(database, dataset), both_sides.in_lake(connection, naming, dataset)
        )
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_SECONDS)


def _topic(dataset: Dataset) -> str:
    assert dataset.stream is not None  # noqa: S101 - who calls has looked
    return dataset.stream.topic


def _run(command: list[str], variables: Mapping[str, str]) -> str:
    ended = subprocess.run(
        command,
        cwd=REPOSITORY_ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise CommandFailed(ended.stderr.strip())
    return ended.stdout
