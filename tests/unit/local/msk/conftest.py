"""A cluster of a template, with a network around it, and clients that prove by IAM who they are."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from tests.lifetimes import end_with
from tests.unit.local.rds.conftest import ALLOW_ALL, Tasks, att, ref, tasks  # noqa: F401 - a fixture
from tests.waiting import until

if TYPE_CHECKING:
    import boto3

    from tests.unit.local.conftest import Aws

SECONDS = 240
KAFKA_ALL = {"Effect": "Allow", "Action": "kafka-cluster:*", "Resource": "*"}


def token(session: boto3.Session) -> str:
    """What aws-msk-iam-sasl-signer makes: a signed URL in base64."""
    region = session.region_name
    url = f"https://kafka.{region}.amazonaws.com/?Action=kafka-cluster%3AConnect"
    request = AWSRequest("GET", url)
    SigV4QueryAuth(session.get_credentials(), "kafka-cluster", region, expires=900).add_auth(request)
    signed = f"{request.url}&User-Agent=test"
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def network() -> dict[str, Any]:
    """A VPC with two subnets, the brokers' group, and the groups of a client and of a stranger."""
    groups = {
        name: {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": name, "VpcId": ref("Vpc")},
        }
        for name in ("Brokers", "Client", "Stranger")
    }
    subnets = {
        f"Subnet{index}": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": ref("Vpc"),
                "CidrBlock": f"10.8.{index}.0/24",
                "AvailabilityZone": f"ap-southeast-2{'ab'[index]}",
            },
        }
        for index in (0, 1)
    }
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
        **subnets,
        **groups,
        "FromClient": _ingress(9094, SourceSecurityGroupId=att("Client", "GroupId")),
        "FromClientByIam": _ingress(9098, SourceSecurityGroupId=att("Client", "GroupId")),
        # As pollers of event source mappings need it.
        "FromItself": _ingress(9098, SourceSecurityGroupId=att("Brokers", "GroupId")),
        "FromHere": _ingress(9198, CidrIp="127.0.0.0/8"),
    }


def _ingress(port: int, **source: Any) -> dict[str, Any]:
    properties = {"GroupId": att("Brokers", "GroupId"), "IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    return {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {**properties, **source}}


def cluster(name: str, *, properties: str = "num.partitions=3\n", **changes: Any) -> dict[str, Any]:
    """A network, a configuration and a cluster that asks clients for IAM."""
    return {
        **network(),
        "Configuration": {
            "Type": "AWS::MSK::Configuration",
            "Properties": {
                "Name": name,
                "KafkaVersionsList": ["3.8.x"],
                "ServerProperties": "auto.create.topics.enable=false\n" + properties,
            },
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/msk/{name}"}},
        "Cluster": {
            "Type": "AWS::MSK::Cluster",
            "Properties": {
                "BrokerNodeGroupInfo": {
                    "ClientSubnets": [ref("Subnet0"), ref("Subnet1")],
                    "InstanceType": "kafka.m7g.large",
                    "SecurityGroups": [att("Brokers", "GroupId")],
                    "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 100}},
                },
                "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
                "ClusterName": name,
                "ConfigurationInfo": {
                    "Arn": att("Configuration", "Arn"),
                    "Revision": att("Configuration", "LatestRevision.Revision"),
                },
                "KafkaVersion": "3.8.x",
                "LoggingInfo": {"BrokerLogs": {"CloudWatchLogs": {"Enabled": True, "LogGroup": ref("Logs")}}},
                "NumberOfBrokerNodes": 2,
                "Tags": {"domain": "shop"},
                **changes,
            },
        },
    }


def update(aws: Aws, stack: str, resources: dict[str, Any]) -> None:
    """Update a stack and wait for engines that start on a busy machine; raises when it fails."""
    cloudformation = aws.client("cloudformation")
    body = json.dumps({"Resources": resources})
    cloudformation.update_stack(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    read = lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]  # noqa: E731
    until(lambda: not read().endswith("_IN_PROGRESS"), seconds=400, every=0.5)
    if read() != "UPDATE_COMPLETE":
        raise AssertionError(f"{stack} ended {read()}: {aws.reasons(stack)}")


def topic(
    name: str, partitions: int, configs: str | None = None, *, cluster_arn: str | None = None
) -> dict[str, Any]:
    """A topic of the template's own cluster, unless another one is named."""
    arn = cluster_arn or att("Cluster", "Arn")
    given = {"ClusterArn": arn, "TopicName": name, "PartitionCount": partitions}
    wanted = {"Configs": configs} if configs else {}
    return {"Type": "AWS::MSK::Topic", "Properties": {**given, "ReplicationFactor": 2, **wanted}}


@dataclass
class Shop:
    """A deployed cluster that the test itself may reach from outside of the network."""

    aws: Aws
    stack: str
    name: str
    resources: dict[str, Any]
    _kept: list[Any] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return self.aws.resource(self.stack, "Cluster")

    @property
    def kafka(self) -> Any:
        return self.aws.client("kafka")

    @property
    def record(self) -> dict[str, Any]:
        return dict(self.kafka.describe_cluster_v2(ClusterArn=self.arn)["ClusterInfo"])

    @property
    def folder(self) -> Path:
        return Path(self.aws.endpoint.state_dir) / "msk" / self.arn.rsplit("/", 1)[-1]

    def deploy(self) -> None:
        update(self.aws, self.stack, self.resources)

    def bootstrap(self, kind: str) -> str:
        return str(self.kafka.get_bootstrap_brokers(ClusterArn=self.arn)[f"BootstrapBrokerString{kind}"])

    def settings(self, session: boto3.Session, **changes: Any) -> dict[str, Any]:
        """A client's settings, for the public door, as who has these credentials."""
        return {
            "bootstrap.servers": self.bootstrap("PublicSaslIam"),
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": self.aws.endpoint.ca or self.ca,
            "sasl.mechanisms": "OAUTHBEARER",
            "oauth_cb": lambda _: (token(session), 9e12),
            "log_level": 2,
            **changes,
        }

    @property
    def ca(self) -> str:
        return str(Path(self.aws.endpoint.state_dir) / "tls" / "ca.pem")

    def admin(self, session: boto3.Session) -> AdminClient:
        self._kept.append(AdminClient(self.settings(session)))
        return self._kept[-1]

    def produce(self, session: boto3.Session, name: str, *values: bytes) -> None:
        producer, refused = Producer(self.settings(session)), []
        for value in values:
            producer.produce(name, value, on_delivery=lambda error, _: error and refused.append(error))
        assert producer.flush(SECONDS) == 0
        assert refused == []

    def read(self, session: boto3.Session, name: str, count: int) -> list[bytes]:
        wanted = {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer, found = Consumer(self.settings(session, **wanted)), []
        consumer.subscribe([name])
        until(
            lambda: found.extend(consumer.consume(count, timeout=0.2)) or len(found) >= count, seconds=SECONDS
        )
        consumer.close()
        return [message.value() for message in found]

    def active(self) -> None:
        until(lambda: self.record["State"] == "ACTIVE", seconds=SECONDS, every=0.5)


def made_public(shop: Shop) -> Shop:
    """Public access, which a new cluster cannot have."""
    nodes = shop.resources["Cluster"]["Properties"]["BrokerNodeGroupInfo"]
    nodes["ConnectivityInfo"] = {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}}
    shop.deploy()
    return shop


@pytest.fixture(scope="session")
def shop(secured_aws: Aws) -> Shop:
    """One cluster for the tests of a folder; it ends with them."""
    name = f"shop-{uuid.uuid4().hex[:6]}"
    resources = cluster(name)
    made = made_public(Shop(secured_aws, secured_aws.deploy(resources), name, resources))
    end_with(Path(__file__).parent, lambda: secured_aws.delete(made.stack))
    return made
