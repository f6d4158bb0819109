"""Databases and a cluster in one network for all connectors of this folder, and a connector of a template."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.connect_plugin.build import build
from local.engines import java
from tests.lifetimes import end_with
from tests.unit.local.msk import conftest as msk
from tests.unit.local.rds import conftest as rds
from tests.unit.local.rds.conftest import att, ref
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.local.conftest import Aws

_PLUGINS, _PLUGIN = "plugins", "capture.zip"


def network() -> dict[str, Any]:
    """The database's network, with the brokers' group; the group Extractor reaches both, Nobody the brokers alone."""
    groups = {
        name: {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": name, "VpcId": ref("Vpc")},
        }
        for name in ("Brokers", "Nobody")
    }
    rules = {
        "BrokersFromConnector": {"SourceSecurityGroupId": att("Extractor", "GroupId"), "FromPort": 9098},
        "BrokersFromNobody": {"SourceSecurityGroupId": att("Nobody", "GroupId"), "FromPort": 9098},
        "BrokersFromThemselves": {"SourceSecurityGroupId": att("Brokers", "GroupId"), "FromPort": 9098},
        "BrokersFromHere": {"CidrIp": "127.0.0.0/8", "FromPort": 9198},
    }
    ingress = {
        name: {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": att("Brokers", "GroupId"),
                "IpProtocol": "tcp",
                "ToPort": rule["FromPort"],
                **rule,
            },
        }
        for name, rule in rules.items()
    }
    return {**groups, **ingress}


def foundation_of(aws: Aws, plugin: Path) -> msk.Shop:
    """What connectors stand on: a PostgreSQL, a cluster that this process reaches, and a plug-in's ZIP in a bucket."""
    name = f"cdc-{uuid.uuid4().hex[:6]}"
    nodes = {
        "ClientSubnets": [ref("Subnet0"), ref("Subnet1")],
        "InstanceType": "kafka.m7g.large",
        "SecurityGroups": [att("Brokers", "GroupId")],
    }
    cluster = {
        "BrokerNodeGroupInfo": nodes,
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        "ClusterName": name,
        "KafkaVersion": "3.8.x",
        "NumberOfBrokerNodes": 2,
    }
    resources = {
        **rds.database(name, parameters={"max_wal_senders": "5"}),
        **network(),
        "Cluster": {"Type": "AWS::MSK::Cluster", "Properties": cluster},
    }
    made = msk.made_public(msk.Shop(aws, aws.deploy(resources), name, resources))
    place = {"LocationConstraint": "ap-southeast-2"}
    aws.client("s3").create_bucket(Bucket=f"{_PLUGINS}-{name}", CreateBucketConfiguration=place)
    aws.client("s3").upload_file(str(plugin), f"{_PLUGINS}-{name}", _PLUGIN)
    return made


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform's plug-in for captures, in a ZIP, as one uploads it."""
    return build(tmp_path_factory.mktemp("plugin"), java=str(java.installed() / "bin" / "java"))


@pytest.fixture(scope="session")
def foundation(secured_aws: Aws, plugin: Path) -> msk.Shop:
    """What all connectors of this folder stand on; it ends with their tests."""
    made = foundation_of(secured_aws, plugin)
    end_with(Path(__file__).parent, lambda: secured_aws.delete(made.stack))
    return made


@dataclass
class Connected(msk.Shop):
    """A stack that makes connectors, on a foundation."""

    foundation: msk.Shop = field(kw_only=True)

    @property
    def arn(self) -> str:
        return self.foundation.arn

    @property
    def database(self) -> rds.Shop:
        return rds.Shop(self.aws, self.foundation.stack, self.foundation.name)

    @property
    def connect(self) -> Any:
        return self.aws.client("kafkaconnect")

    @property
    def plugin_location(self) -> dict[str, Any]:
        """Where the plug-in's ZIP lies."""
        bucket = f"{_PLUGINS}-{self.foundation.name}"
        return {"S3Location": {"BucketArn": f"arn:aws:s3:::{bucket}", "FileKey": _PLUGIN}}

    def placed(self, group: str) -> dict[str, list[str]]:
        """The place of a connector in the network, as a member of a group."""
        of = lambda name: self.aws.resource(self.foundation.stack, name)  # noqa: E731
        return {"SecurityGroups": [of(group)], "Subnets": [of("Subnet0"), of("Subnet1")]}


@dataclass
class Pipeline(Connected):
    """A deployed pipeline."""

    role: str = ""

    @property
    def topic(self) -> str:
        return f"{self.name}.public.notes"

    def connector(self, *, group: str = "Extractor", **changes: Any) -> dict[str, Any]:
        """The connector's resource; `changes` are of its configuration."""
        secret, endpoint = self.database.secret, self.database.record["Endpoint"]
        converters = {
            f"{kind}.converter{name}": value
            for kind in ("key", "value")
            for name, value in {
                "": "com.amazonaws.services.schemaregistry.kafkaconnect.AWSKafkaAvroConverter",
                ".region": "ap-southeast-2",
                ".registry.name": self.name,
                ".schemaAutoRegistrationEnabled": "true",
                ".avroRecordType": "GENERIC_RECORD",
                ".dataFormat": "AVRO",
                ".compatibility": "BACKWARD",
                # The converter names a schema after the topic alone, which keys and values would then share.
                ".schemaName": f"{self.name}.public.notes-{kind}",
            }.items()
        }
        configuration = {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "tasks.max": "1",
            "topic.prefix": self.name,
            "plugin.name": "pgoutput",
            "publication.autocreate.mode": "filtered",  # who is not the superuser may publish no "all tables"
            "database.hostname": endpoint["Address"],
            "database.port": str(endpoint["Port"]),
            "database.user": secret["username"],
            "database.password": secret["password"],
            "database.dbname": "shop",
            "database.sslmode": "require",
            "schema.name.adjustment.mode": "avro",  # the registry takes no name with a hyphen
            "table.include.list": "public.notes",
            **converters,
            **changes,
        }
        return {
            "Type": "AWS::KafkaConnect::Connector",
            "Properties": {
                "Capacity": {"ProvisionedCapacity": {"McuCount": 1, "WorkerCount": 1}},
                "ConnectorConfiguration": configuration,
                "ConnectorName": f"{self.name}-notes",
                "KafkaCluster": {
                    "ApacheKafkaCluster": {
                        "BootstrapServers": self.bootstrap("SaslIam"),
                        "Vpc": self.placed(group),
                    }
                },
                "KafkaClusterClientAuthentication": {"AuthenticationType": "IAM"},
                "KafkaClusterEncryptionInTransit": {"EncryptionType": "TLS"},
                "KafkaConnectVersion": "3.7.x",
                "LogDelivery": {
                    "WorkerLogDelivery": {"CloudWatchLogs": {"Enabled": True, "LogGroup": ref("Logs")}}
                },
                "Plugins": [
                    {"CustomPlugin": {"CustomPluginArn": att("Plugin", "CustomPluginArn"), "Revision": 1}}
                ],
                "ServiceExecutionRoleArn": self.role,
            },
        }

    @property
    def connector_arn(self) -> str:
        return self.aws.resource(self.stack, "Connector")

    @property
    def state(self) -> str:
        return str(self.connect.describe_connector(connectorArn=self.connector_arn)["connectorState"])

    def committed(self, count: int) -> None:
        """Wait until the worker has kept how far it read; what it read since, it reads again after a crash."""
        unique = self.connector_arn.rsplit("/", 1)[-1]
        log = Path(self.aws.endpoint.state_dir) / "kafkaconnect" / "connectors" / unique / "engine.log"
        said = re.compile(r"Committing offsets for (\d+) acknowledged messages")
        until(lambda: sum(map(int, said.findall(log.read_text()))) >= count, every=0.2)
        time.sleep(1)  # the line is said before it is done

    def decoded(self, values: list[bytes]) -> list[dict[str, Any]]:
        """Change events by the schemas that their records name."""
        import fastavro

        glue, known, found = self.aws.client("glue"), {}, []
        for value in values:
            assert value[0] == 3
            assert value[1] == 0
            identifier = str(uuid.UUID(bytes=value[2:18]))
            if identifier not in known:
                text = glue.get_schema_version(SchemaVersionId=identifier)["SchemaDefinition"]
                known[identifier] = fastavro.parse_schema(json.loads(text))
            found.append(fastavro.schemaless_reader(io.BytesIO(value[18:]), known[identifier], None))
        return found


@pytest.fixture(scope="module")
def pipeline(foundation: msk.Shop) -> Iterator[Pipeline]:
    """A pipeline on the server of the session."""
    made = deployed(foundation)
    yield made
    made.aws.delete(made.stack)


def deployed(foundation: msk.Shop) -> Pipeline:
    """Everything deployed, the connector running, five notes in the table."""
    aws, name = foundation.aws, f"notes-{uuid.uuid4().hex[:6]}"
    resources = {
        "Topic": msk.topic(f"{name}.public.notes", 1, cluster_arn=foundation.arn),
        "Registry": {"Type": "AWS::Glue::Registry", "Properties": {"Name": name}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/connect/{name}"}},
    }
    stack = aws.deploy(resources)
    made = Pipeline(aws, stack, name, resources, foundation=foundation)
    arn = aws.resource(stack, "Registry")
    statements = (
        {"Effect": "Allow", "Action": "kafka-cluster:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "glue:*",
            "Resource": [arn, f"{arn.replace(':registry/', ':schema/')}/*"],
        },
    )
    made.role = aws.role(*statements, service="kafkaconnect.amazonaws.com")
    made.database.rows("CREATE TABLE notes (id bigint PRIMARY KEY, note text)")
    made.database.rows("INSERT INTO notes SELECT n, 'first' FROM generate_series(1, 5) AS n")
    resources["Plugin"] = {
        "Type": "AWS::KafkaConnect::CustomPlugin",
        "Properties": {"Name": name, "ContentType": "ZIP", "Location": made.plugin_location},
    }
    resources["Connector"] = made.connector()
    made.deploy()
    return made
