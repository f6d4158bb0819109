"""How a mutant is made: one change to one resource of synthesised templates, or one resource added beside them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FOREIGN = "arn:aws:iam::999988887777:root"
GITHUB = "token.actions.githubusercontent.com"
Templates = dict[str, dict[str, Any]]


def resources(
    templates: Templates, kind: str, holds: Callable[[dict[str, Any]], bool] = bool
) -> list[dict[str, Any]]:
    """Every resource of a type whose properties hold something."""
    return [
        resource
        for _, template in sorted(templates.items())
        for resource in template["Resources"].values()
        if resource["Type"] == kind and holds(resource.setdefault("Properties", {}))
    ]


def of(kind: str, change: Callable[[dict[str, Any]], object], holds: Callable[[dict[str, Any]], bool] = bool):
    """Change the properties of the first resource of a type."""
    return lambda templates: change(resources(templates, kind, holds)[0]["Properties"])


def add(kind: str, **properties: Any):
    """Put a resource beside those of the domain's lake."""

    def change(templates: Templates) -> None:
        lake(templates)["Resources"]["Mutant"] = {"Type": kind, "Properties": properties}

    return change


def lake(templates: Templates) -> dict[str, Any]:
    return next(template for stack, template in sorted(templates.items()) if stack.endswith("-aviation-lake"))


def is_raw(properties: dict[str, Any]) -> bool:
    return "-aviation-raw-" in json.dumps(properties.get("BucketName", ""))


def raw(change: Callable[[dict[str, Any]], object]):
    return of("AWS::S3::Bucket", change, is_raw)


def log_target(**properties: Any):
    """Change the bucket that raw's access log goes to."""

    def change(templates: Templates) -> None:
        bucket = resources(templates, "AWS::S3::Bucket", is_raw)[0]
        name = bucket["Properties"]["LoggingConfiguration"]["DestinationBucketName"]
        for template in templates.values():
            for key, each in template["Resources"].items():
                own = isinstance(name, dict) and name.get("Ref") == key and template is lake(templates)
                if each["Type"] == "AWS::S3::Bucket" and (
                    own or each["Properties"].get("BucketName") == name
                ):
                    each["Properties"].update(properties)

    return change


def policy(statement: dict[str, Any]):
    """Give the first customer-managed policy one statement more."""
    return of(
        "AWS::IAM::ManagedPolicy",
        lambda given: given["PolicyDocument"]["Statement"].append({"Effect": "Allow", **statement}),
        lambda given: given.get("Roles") is not None,
    )


def key_policy(statement: dict[str, Any]):
    return of(
        "AWS::KMS::Key",
        lambda given: given["KeyPolicy"]["Statement"].append(
            {"Effect": "Allow", "Resource": "*", **statement}
        ),
    )


def trust(change: Callable[[dict[str, Any]], object], service: str = "amazonaws.com"):
    """Change the first trust statement of the first role that a service may assume."""
    return of(
        "AWS::IAM::Role",
        lambda given: change(given["AssumeRolePolicyDocument"]["Statement"][0]),
        lambda given: (
            service in json.dumps(given) and "SourceAccount" in json.dumps(given["AssumeRolePolicyDocument"])
        ),
    )


def oidc(condition: dict[str, Any]):
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::333333333333:oidc-provider/{GITHUB}"},
        "Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}, **condition},
    }
    return add("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": [statement]})


def definition(change: Callable[[dict[str, Any]], object]):
    """Change a state machine's definition, whose text is joined from pieces."""

    def apply(given: dict[str, Any]) -> None:
        text = given["DefinitionString"]
        pieces = text["Fn::Join"][1] if isinstance(text, dict) else [text]
        holes = [piece for piece in pieces if not isinstance(piece, str)]
        joined = "".join(
            piece if isinstance(piece, str) else f"hole-{holes.index(piece)}-" for piece in pieces
        )
        parsed = json.loads(joined)
        change(parsed)
        given["DefinitionString"] = json.dumps(parsed)

    return of("AWS::StepFunctions::StateMachine", apply)


def first_task(parsed: dict[str, Any]) -> dict[str, Any]:
    return next(state for state in parsed["States"].values() if state["Type"] == "Task")


def lifecycle(given: dict[str, Any], **changes: Any) -> None:
    rule = next(
        each for each in given["LifecycleConfiguration"]["Rules"] if len(each.get("Transitions", [])) == 2
    )
    rule.update(changes)


def without_source(templates: Templates, service: str) -> None:
    for key in resources(templates, "AWS::KMS::Key"):
        given = key["Properties"]["KeyPolicy"]["Statement"]
        given[:] = [each for each in given if service not in json.dumps(each["Principal"])]


def raw_deleted_with_its_stack(templates: Templates) -> None:
    resources(templates, "AWS::S3::Bucket", is_raw)[0]["DeletionPolicy"] = "Delete"


def wrong_domain_key(given: dict[str, Any]) -> None:
    default = given["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ]
    default["KMSMasterKeyID"] = "alias/dp-prod-platform"


def without_tls(condition: str):
    def change(given: dict[str, Any]) -> None:
        kept = [each for each in given["PolicyDocument"]["Statement"] if condition not in json.dumps(each)]
        given["PolicyDocument"]["Statement"] = kept

    return of("AWS::S3::BucketPolicy", change)


KMS = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
LOCKED = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}
ANYBODY_SUPER = [
    {"Permissions": ["ALL"], "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}}
]
KAFKA_KEY = "arn:aws:kms:ap-southeast-2:333333333333:key/k"


def child_that_pages(templates: Templates) -> None:
    """Put a composite alarm over an alarm, on the topic that the alarm tells itself."""
    template, alarm = next(
        (template, each["Properties"])
        for _, template in sorted(templates.items())
        for each in template["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    )
    properties = {
        "AlarmRule": f'ALARM("{alarm["AlarmName"]}")',
        "AlarmActions": alarm["AlarmActions"],
        "AlarmDescription": alarm["AlarmDescription"],
    }
    template["Resources"]["Mutant"] = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties}
