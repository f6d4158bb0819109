"""Functions that write down what they are given, and mappings between them and the cluster of the folder above."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.local.lambda_functions.conftest import images  # noqa: F401 - a fixture
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.local.msk.conftest import Shop

SECONDS = 240
_LAMBDA = "lambda.amazonaws.com"
# What AWS asks of the execution role of a function whose source is a cluster with IAM.
CLUSTER = ("kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers")
NETWORK = tuple(
    f"ec2:{action}"
    for action in (
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
    )
)
KAFKA = tuple(
    f"kafka-cluster:{action}"
    for action in (
        "AlterGroup",
        "Connect",
        "DescribeClusterDynamicConfiguration",
        "DescribeGroup",
        "DescribeTopic",
        "ReadData",
    )
)
# Takes a batch unless there is a file `refuse` beside what it writes down.
_PROGRAM = """
import json, os, time
def handler(event, context):
    folder = os.environ["FOLDER"]
    with open(os.path.join(folder, "seen"), "a") as seen:
        seen.write(json.dumps({"at": time.time(), "event": event}) + "\\n")
    if os.path.exists(os.path.join(folder, "refuse")):
        raise RuntimeError("not now")
    with open(os.path.join(folder, "taken"), "a") as taken:
        taken.write(json.dumps(event) + "\\n")
"""


@dataclass
class Reader:
    """A function, what it has written down, and its mapping."""

    shop: Shop
    function: str
    folder: Path
    topic: str
    role: str
    uuid: str = ""

    @property
    def client(self) -> Any:
        return self.shop.aws.client("lambda")

    def events(self, kind: str = "taken") -> list[dict[str, Any]]:
        """Every event of the function, in order."""
        file = self.folder / kind
        whole = (
            file.read_text().split("\n")[:-1] if file.exists() else []
        )  # the last line may not be at its end
        return [json.loads(line) for line in whole]

    def records(self) -> list[dict[str, Any]]:
        """Every record that was taken, in order."""
        return [record for event in self.events() for part in event["records"].values() for record in part]

    def offsets(self, partition: int = 0) -> list[int]:
        """The offsets that were taken of a partition, in order."""
        return [record["offset"] for record in self.records() if record["partition"] == partition]

    def mapping(self) -> dict[str, Any]:
        return dict(self.client.get_event_source_mapping(UUID=self.uuid))

    def read(self, **given: Any) -> None:
        """Make the mapping and wait until it is Enabled."""
        wanted = {"StartingPosition": "TRIM_HORIZON", "Topics": [self.topic], **given}
        made = self.client.create_event_source_mapping(
            EventSourceArn=self.shop.arn, FunctionName=self.function, **wanted
        )
        self.uuid = made["UUID"]
        self.settles("Enabled")

    def settles(self, state: str) -> None:
        until(lambda: self.mapping()["State"] == state, seconds=SECONDS)

    def says(self, result: str) -> None:
        """Wait until LastProcessingResult begins like this."""
        until(lambda: self.mapping()["LastProcessingResult"].startswith(result), seconds=SECONDS, every=0.2)

    def allow(self, *actions: str) -> None:
        """Let the role do these, and nothing else."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        name = self.role.rsplit("/", 1)[-1]
        self.shop.aws.client("iam").put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=policy)

    def produce(self, *values: bytes) -> None:
        self.shop.produce(self.shop.aws.session(), self.topic, *values)

    def end(self) -> None:
        if self.uuid:
            self.client.delete_event_source_mapping(UUID=self.uuid)


def reader(shop: Shop, folder: Path, *, partitions: int = 1, actions: tuple[str, ...] = ()) -> Reader:
    """A function with a new topic, and no mapping yet."""
    aws, name = shop.aws, f"reads-{uuid.uuid4().hex[:6]}"
    shop.kafka.create_topic(
        ClusterArn=shop.arn, TopicName=name, PartitionCount=partitions, ReplicationFactor=1
    )
    made = Reader(shop, name, folder, name, aws.role(service=_LAMBDA))
    made.allow(*(actions or (*CLUSTER, *NETWORK, *KAFKA)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", _PROGRAM)
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=made.role,
        Code={"ZipFile": buffer.getvalue()},
        Environment={"Variables": {"FOLDER": str(folder)}},
        MemorySize=256,
        Timeout=30,
    )
    return made


@pytest.fixture
def reads(shop: Shop, tmp_path: Path) -> Any:
    """Makes readers, whose mappings end with the test."""
    made: list[Reader] = []

    def new(**given: Any) -> Reader:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(reader(shop, folder, **given))
        return made[-1]

    yield new
    for one in made:
        one.end()
