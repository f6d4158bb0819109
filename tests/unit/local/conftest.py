"""Two embedded AWS servers for the whole session: one without authorisation, one that enforces IAM over TLS."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from local import process
from tests.aws_sessions import session
from tests.lifetimes import end_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import boto3

    from local.process import Endpoint

_CONFIG = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


@dataclass
class Aws:
    """A running server, with clients for its root and for roles."""

    endpoint: Endpoint
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, service: str, *, plain: bool = False, session: boto3.Session | None = None) -> Any:
        """A client of the account's root, or of `session`; `plain` calls without TLS."""
        if session is not None:
            return self._client(session, service, plain=plain)
        key = (service, str(plain))
        if key not in self._clients:
            self._clients[key] = self._client(self.session(), service, plain=plain)
        return self._clients[key]

    def client_as(self, role_arn: str, service: str, *, plain: bool = False) -> Any:
        """A client with the temporary credentials of a role that trusts the account root."""
        return self.client(service, plain=plain, session=self.session_as(role_arn))

    def session(self) -> boto3.Session:
        return self._session(self.endpoint.account, "test")

    def session_as(self, role_arn: str, name: str = "test") -> boto3.Session:
        given = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name)["Credentials"]
        return self._session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def _session(self, key: str, secret: str, token: str | None = None) -> boto3.Session:
        return session(key, secret, token, region=self.endpoint.region)

    def _client(self, session: boto3.Session, service: str, *, plain: bool) -> Any:
        url = self.endpoint.plain_endpoint if plain else self.endpoint.endpoint
        return session.client(service, endpoint_url=url, verify=self.endpoint.ca or False, config=_CONFIG)

    def role(self, *statements: dict[str, Any], service: str | None = None, **properties: Any) -> str:
        """Create a role with these policy statements, trusted by the account root (and `service`)."""
        principal: dict[str, Any] = {"AWS": f"arn:aws:iam::{self.endpoint.account}:root"}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        if service:
            principal["Service"] = service
        iam = self.client("iam")
        name = f"role-{uuid.uuid4().hex[:8]}"
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **properties)["Role"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=policy)
        return str(made["Arn"])

    def deploy(self, resources: dict[str, Any], *, stack: str | None = None, **template: Any) -> str:
        """Create or update a stack with these resources and return its name; raises when it fails."""
        cloudformation = self.client("cloudformation")
        name = stack or f"stack-{uuid.uuid4().hex[:8]}"
        body = json.dumps({"Resources": resources, **template})
        capabilities = ["CAPABILITY_NAMED_IAM"]
        existing = any(s["StackName"] == name for s in cloudformation.describe_stacks()["Stacks"])
        verb = cloudformation.update_stack if existing else cloudformation.create_stack
        verb(StackName=name, TemplateBody=body, Capabilities=capabilities)
        return self.settled(name, "UPDATE_COMPLETE" if existing else "CREATE_COMPLETE")

    def delete(self, stack: str) -> None:
        """Delete a stack; raises when a resource does not go."""
        cloudformation = self.client("cloudformation")
        identity = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=stack)
        self.settled(identity, "DELETE_COMPLETE")

    def settled(self, stack: str, wanted: str) -> str:
        """Wait for the end of a deployment; long ones are asked after less often, as each answer costs 10 ms of CPU."""
        cloudformation, pause = self.client("cloudformation"), 0.05
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            if status == wanted:
                return stack
            if not status.endswith("_IN_PROGRESS"):
                raise AssertionError(f"{stack} ended {status}: {self.reasons(stack)}")
            time.sleep(pause)
            pause = min(1.1 * pause, 0.5)
        raise AssertionError(f"{stack} did not reach {wanted}")

    def reasons(self, stack: str) -> list[str]:
        events = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        return [
            f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}"
            for e in events
            if "FAILED" in e["ResourceStatus"]
        ]

    def resource(self, stack: str, logical_id: str) -> str:
        """The physical id of a resource of a stack."""
        detail = self.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """A server without authorisation, plain HTTP: the fast one."""
    yield from _served(tmp_path_factory.mktemp("aws"), auth=False)


@pytest.fixture(scope="session")
def secured_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """A server that enforces IAM and serves TLS, as `make local` starts it."""
    yield from _served(tmp_path_factory.mktemp("secured-aws"), auth=True)


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a server that tests start, stop and kill: it may run already, and holds what others left there."""
    folder = tmp_path_factory.mktemp("lasting-aws")
    yield folder
    process.stop(folder)


def _served(folder: Path, *, auth: bool) -> Iterator[Aws]:
    yield Aws(endpoint=process.start(folder, auth=auth))
    process.stop(folder)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    end_after(item, item.session.items)
