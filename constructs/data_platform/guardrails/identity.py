"""What CloudFormation gives back for a resource: its `Ref` and its ARN, made up in a fixed way where AWS would.

Source: "Return values" of each type in the CloudFormation Template Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_platform.guardrails.estate import Resource

# Type -> (property that names it, its ARN, whether Ref gives the ARN and not the name).
_IDENTITIES = {
    "AWS::Backup::BackupVault": (
        "BackupVaultName",
        "arn:aws:backup:{region}:{account}:backup-vault:{name}",
        False,
    ),
    "AWS::CloudTrail::Trail": ("TrailName", "arn:aws:cloudtrail:{region}:{account}:trail/{name}", False),
    "AWS::CloudWatch::Alarm": ("AlarmName", "arn:aws:cloudwatch:{region}:{account}:alarm:{name}", False),
    "AWS::CloudWatch::CompositeAlarm": (
        "AlarmName",
        "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        False,
    ),
    "AWS::DynamoDB::Table": ("TableName", "arn:aws:dynamodb:{region}:{account}:table/{name}", False),
    "AWS::ECR::Repository": ("RepositoryName", "arn:aws:ecr:{region}:{account}:repository/{name}", False),
    "AWS::ECS::Cluster": ("ClusterName", "arn:aws:ecs:{region}:{account}:cluster/{name}", False),
    "AWS::ECS::TaskDefinition": ("Family", "arn:aws:ecs:{region}:{account}:task-definition/{name}:1", True),
    "AWS::Events::EventBus": ("Name", "arn:aws:events:{region}:{account}:event-bus/{name}", False),
    "AWS::Events::Rule": ("Name", "arn:aws:events:{region}:{account}:rule/{name}", False),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "arn:aws:iam::{account}:policy/{name}", True),
    "AWS::IAM::Role": ("RoleName", "arn:aws:iam::{account}:role/{name}", False),
    "AWS::IAM::User": ("UserName", "arn:aws:iam::{account}:user/{name}", False),
    "AWS::KMS::Key": ("", "arn:aws:kms:{region}:{account}:key/{name}", False),
    "AWS::Kinesis::Stream": ("Name", "arn:aws:kinesis:{region}:{account}:stream/{name}", False),
    "AWS::Lambda::Function": ("FunctionName", "arn:aws:lambda:{region}:{account}:function:{name}", False),
    "AWS::Logs::LogGroup": ("LogGroupName", "arn:aws:logs:{region}:{account}:log-group:{name}:*", False),
    "AWS::MSK::Cluster": ("ClusterName", "arn:aws:kafka:{region}:{account}:cluster/{name}/0a1b2c3d-1", True),
    "AWS::MSK::ServerlessCluster": (
        "ClusterName",
        "arn:aws:kafka:{region}:{account}:cluster/{name}/0a1b2c3d-s1",
        True,
    ),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{name}", False),
    "AWS::SNS::Topic": ("TopicName", "arn:aws:sns:{region}:{account}:{name}", True),
    "AWS::SQS::Queue": ("QueueName", "arn:aws:sqs:{region}:{account}:{name}", False),
    "AWS::SecretsManager::Secret": ("Name", "arn:aws:secretsmanager:{region}:{account}:secret:{name}", True),
    "AWS::StepFunctions::StateMachine": (
        "StateMachineName",
        "arn:aws:states:{region}:{account}:stateMachine:{name}",
        True,
    ),
}


def name(resource: Resource) -> str:
    """The physical name: the one that the template gives, else one made of stack and logical id."""
    key, _, _ = _IDENTITIES.get(resource.type, ("", "", False))
    given = resource.resolve(resource.raw.get(key)) if key and key in resource.raw else None
    return given if isinstance(given, str) else f"{resource.stack.name}.{resource.logical_id}"


def arn(resource: Resource) -> str:
    """The ARN; of a type that is not listed here, one that says which resource is meant."""
    _, form, _ = _IDENTITIES.get(resource.type, ("", "", False))
    service = resource.type.split("::")[1].lower() if resource.type.count("::") > 1 else "custom"
    return (form or f"arn:aws:{service}:{{region}}:{{account}}:{{name}}").format(
        region=resource.stack.region, account=resource.stack.account, name=name(resource)
    )


def ref(resource: Resource) -> str:
    """What `Ref` gives: the name, or the ARN for the types that work so."""
    _, _, by_arn = _IDENTITIES.get(resource.type, ("", "", False))
    return arn(resource) if by_arn else name(resource)


def attribute(resource: Resource, field: str) -> str:
    """What `Fn::GetAtt` gives: the ARN for `Arn`, else a text that says which attribute is meant."""
    if field == "Arn" or field.endswith((".Arn", "Arn")):
        return resource.arn
    return f"{resource.ref}.{field}"
