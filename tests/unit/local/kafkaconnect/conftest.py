"""A PostgreSQL, a cluster and a connector between them, of one template, in one network."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.engines import connect
from tests.unit.local.msk import conftest as msk
from tests.unit.local.rds import conftest as rds
from tests.unit.local.rds.conftest import att, ref
from tests.waiting import until

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws


def plugin() -> bytes:
    """Debezium and Glue's converter in a ZIP, as one uploads them."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for jar in sorted(connect.debezium().glob("*.jar")):
            archive.write(jar, f"debezium/{jar.name}")
    return content.getvalue()


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


def foundation(name: str) -> dict[str, Any]:
    """All but the connector."""
    database = rds.database(name, parameters={"max_wal_senders": "5"})
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
    return {
        **database,
        **network(),
        "Cluster": {"Type": "AWS::MSK::Cluster", "Properties": cluster},
        "Topic": msk.topic(f"{name}.public.orders", 1),
        "Registry": {"Type": "AWS::Glue::Registry", "Properties": {"Name": name}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/connect/{name}"}},
    }


@dataclass
class Pipeline(msk.Shop):
    """A deployed pipeline."""

    role: str = ""

    @property
    def database(self) -> rds.Shop:
        return rds.Shop(self.aws, self.stack, self.name)

    @property
    def connect(self) -> Any:
        return self.aws.client("kafkaconnect")

    def connector(self, **changes: Any) -> dict[str, Any]:
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
                ".schemaName": f"{self.name}.public.orders-{kind}",
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
            "table.include.list": "public.orders",
            **converters,
            **changes,
        }
        return {
            "Type": "AWS::KafkaConnect::Connector",
            "Properties": {
                "Capacity": {"ProvisionedCapacity": {"McuCount": 1, "WorkerCount": 1}},
                "ConnectorConfiguration": configuration,
                "ConnectorName": f"{self.name}-orders",
                "KafkaCluster": {
                    "ApacheKafkaCluster": {
                        "BootstrapServers": self.bootstrap("SaslIam"),
                        "Vpc": {
                            "SecurityGroups": [att("Extractor", "GroupId")],
                            "Subnets": [ref("Subnet0"), ref("Subnet1")],
                        },
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
def pipeline(secured_aws: Aws) -> Pipeline:
    """A pipeline on the server of the session."""
    return deployed(secured_aws)


def deployed(aws: Aws) -> Pipeline:
    """Everything deployed, the connector running, five orders in the table."""
    name = f"cdc-{uuid.uuid4().hex[:6]}"
    resources = foundation(name)
    stack = aws.deploy(resources)
    arn = aws.resource(stack, "Registry")
    statements = (
        {"Effect": "Allow", "Action": "kafka-cluster:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "glue:*",
            "Resource": [arn, f"{arn.replace(':registry/', ':schema/')}/*"],
        },
    )
    role = aws.role(*statements, service="kafkaconnect.amazonaws.com")
    made = Pipeline(aws, stack, name, resources, role=role)
    msk.made_public(made)
    made.database.rows("CREATE TABLE orders (id bigint PRIMARY KEY, note text)")
    made.database.rows("INSERT INTO orders SELECT n, 'first' FROM generate_series(1, 5) AS n")
    bucket = f"plugins-{name}"
    aws.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    aws.client("s3").put_object(Bucket=bucket, Key="debezium.zip", Body=plugin())
    resources["Plugin"] = {
        "Type": "AWS::KafkaConnect::CustomPlugin",
        "Properties": {
            "Name": name,
            "ContentType": "ZIP",
            "Location": {"S3Location": {"BucketArn": f"arn:aws:s3:::{bucket}", "FileKey": "debezium.zip"}},
        },
    }
    resources["Connector"] = made.connector()
    made.deploy()
    return made
