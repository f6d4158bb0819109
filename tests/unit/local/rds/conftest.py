"""A database of a template, with a network around it, and tasks that knock at its door."""

from __future__ import annotations

import json
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from tests.waiting import until

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def rule(kind: str, group: str, *, port: int = 15432, **source: Any) -> dict[str, Any]:
    properties = {"GroupId": att(group, "GroupId"), "IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    return {"Type": f"AWS::EC2::SecurityGroup{kind}", "Properties": {**properties, **source}}


def network() -> dict[str, Any]:
    """A VPC with two subnets and the groups of a database, its extractor and a stranger."""
    groups = {
        name: {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": name, "VpcId": ref("Vpc")},
        }
        for name in ("Database", "Extractor", "Stranger")
    }
    subnets = {
        f"Subnet{index}": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": ref("Vpc"),
                "CidrBlock": f"10.9.{index}.0/24",
                "AvailabilityZone": f"ap-southeast-2{'ab'[index]}",
            },
        }
        for index in (0, 1)
    }
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
        **subnets,
        **groups,
        "FromExtractor": rule("Ingress", "Database", SourceSecurityGroupId=att("Extractor", "GroupId")),
        "FromHere": rule("Ingress", "Database", CidrIp="127.0.0.0/8"),
        "Subnets": {
            "Type": "AWS::RDS::DBSubnetGroup",
            "Properties": {
                "DBSubnetGroupDescription": "both",
                "SubnetIds": [ref("Subnet0"), ref("Subnet1")],
            },
        },
    }


def database(name: str, *, parameters: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """A PostgreSQL instance that, unlike a real one, also the test itself may reach."""
    return {
        **network(),
        "Parameters": {
            "Type": "AWS::RDS::DBParameterGroup",
            "Properties": {
                "Family": "postgres17",
                "Description": "of the test",
                "Parameters": {"rds.force_ssl": "1", "rds.logical_replication": "1", **(parameters or {})},
            },
        },
        "Instance": {
            "Type": "AWS::RDS::DBInstance",
            "DeletionPolicy": "Delete",
            "Properties": {
                "AllocatedStorage": "20",
                "DBInstanceClass": "db.t4g.medium",
                "DBInstanceIdentifier": name,
                "DBName": "shop",
                "DBParameterGroupName": ref("Parameters"),
                "DBSubnetGroupName": ref("Subnets"),
                "EnableCloudwatchLogsExports": ["postgresql"],
                "EnableIAMDatabaseAuthentication": True,
                "Engine": "postgres",
                "EngineVersion": "17.6",
                "ManageMasterUserPassword": True,
                "MasterUsername": "master",
                "Port": "15432",
                "PubliclyAccessible": True,
                "StorageEncrypted": True,
                "VPCSecurityGroups": [att("Database", "GroupId")],
                **changes,
            },
        },
    }


@dataclass
class Shop:
    """A deployed database."""

    aws: Aws
    stack: str
    name: str

    @property
    def record(self) -> dict[str, Any]:
        rds = self.aws.client("rds")
        return dict(rds.describe_db_instances(DBInstanceIdentifier=self.name)["DBInstances"][0])

    @property
    def port(self) -> int:
        return int(self.record["Endpoint"]["Port"])

    @property
    def secret(self) -> dict[str, str]:
        arn = self.record["MasterUserSecret"]["SecretArn"]
        return dict(
            json.loads(self.aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
        )

    def connect(self, **given: Any) -> Any:
        """As the master user over verified TLS, unless told otherwise."""
        chosen = {
            "host": "localhost",
            "port": self.port,
            "dbname": "shop",
            "sslmode": "verify-full",
            "sslrootcert": str(Path(self.aws.endpoint.state_dir) / "tls" / "ca.pem"),
            **given,
        }
        if "user" not in chosen:
            secret = self.secret
            chosen |= {"user": secret["username"], "password": secret["password"]}
        connection = psycopg2.connect(**chosen)
        connection.autocommit = True
        return connection

    def rows(self, query: str, **given: Any) -> list[tuple[Any, ...]]:
        connection = self.connect(**given)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def becomes(self, status: str) -> None:
        until(lambda: self.record["DBInstanceStatus"] == status, every=0.1)


@pytest.fixture(scope="module")
def shop(secured_aws: Aws) -> Shop:
    name = f"shop-{uuid.uuid4().hex[:6]}"
    return Shop(secured_aws, secured_aws.deploy(database(name)), name)


@dataclass
class Tasks:
    """Runs Python as a task of ECS in a security group."""

    aws: Aws
    name: str
    image: str
    execution: str

    def run(self, program: str, *, group: str, role: str | None = None) -> tuple[int, str]:
        """Exit code and output."""
        ecs = self.aws.client("ecs")
        logs = {"awslogs-group": self.name, "awslogs-region": "ap-southeast-2", "awslogs-stream-prefix": "p"}
        definition = ecs.register_task_definition(
            family=f"f-{uuid.uuid4().hex[:6]}",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.execution,
            containerDefinitions=[
                {
                    "name": "job",
                    "image": self.image,
                    "command": [program],
                    "logConfiguration": {"logDriver": "awslogs", "options": logs},
                }
            ],
            **({"taskRoleArn": role} if role else {}),
        )["taskDefinition"]["taskDefinitionArn"]
        network_ = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [group]}}
        started = ecs.run_task(
            cluster=self.name, taskDefinition=definition, launchType="FARGATE", networkConfiguration=network_
        )
        arn = started["tasks"][0]["taskArn"]
        while (task := ecs.describe_tasks(cluster=self.name, tasks=[arn])["tasks"][0])[
            "lastStatus"
        ] != "STOPPED":
            time.sleep(0.05)
        stream = f"p/job/{arn.rsplit('/', 1)[-1]}"
        events = self.aws.client("logs").get_log_events(logGroupName=self.name, logStreamName=stream)
        said = "\n".join(event["message"] for event in events["events"])
        return int(task["containers"][0].get("exitCode", -1)), said


@pytest.fixture(scope="module")
def tasks(secured_aws: Aws) -> Tasks:
    aws, name = secured_aws, f"tasks-{uuid.uuid4().hex[:6]}"  # the server is shared by all modules
    aws.client("ecs").create_cluster(clusterName=name)
    aws.client("logs").create_log_group(logGroupName=name)
    image = aws.client("ecr").create_repository(repositoryName=f"unit/{name}")["repository"]["repositoryUri"]
    file = Path(aws.endpoint.state_dir) / "images.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    entry = {"python": sys.executable, "entrypoint": ["python", "-c"]}
    file.write_text(json.dumps({**known, name: entry}))
    return Tasks(aws, name, f"{image}:1", aws.role(ALLOW_ALL, service="ecs-tasks.amazonaws.com"))
