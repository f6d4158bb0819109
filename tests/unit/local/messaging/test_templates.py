"""What templates say of topics, queues, tables, parameters, log groups, repositories and tasks can be read back."""

from __future__ import annotations

import json
import uuid

import pytest

_KEY = "arn:aws:kms:ap-southeast-2:000000000000:key/11111111-1111-1111-1111-111111111111"


def test_a_topic_keeps_its_key_and_a_queue_its_key_and_redrive(aws):
    stack = aws.deploy(
        {
            "T": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": _KEY, "SignatureVersion": "2"}},
            "D": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"KmsMasterKeyId": _KEY, "KmsDataKeyReusePeriodSeconds": 3600},
            },
            "Q": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["D", "Arn"]},
                        "maxReceiveCount": 3,
                    }
                },
            },
        }
    )
    topic = aws.client("sns").get_topic_attributes(TopicArn=aws.resource(stack, "T"))["Attributes"]
    dead = aws.client("sqs").get_queue_attributes(QueueUrl=aws.resource(stack, "D"), AttributeNames=["All"])[
        "Attributes"
    ]
    queue = aws.client("sqs").get_queue_attributes(QueueUrl=aws.resource(stack, "Q"), AttributeNames=["All"])[
        "Attributes"
    ]
    assert topic["KmsMasterKeyId"] == dead["KmsMasterKeyId"] == _KEY
    assert json.loads(queue["RedrivePolicy"])["deadLetterTargetArn"] == dead["QueueArn"]


def _table(**given):
    properties = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": _KEY},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        **given,
    }
    return {"T": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}


def test_a_table_keeps_key_recovery_expiry_and_protection(aws):
    stack = aws.deploy(_table(DeletionProtectionEnabled=True))
    client, name = aws.client("dynamodb"), aws.resource(stack, "T")
    table = client.describe_table(TableName=name)["Table"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == _KEY
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == ("expires", "ENABLED")
    with pytest.raises(client.exceptions.ClientError, match="protect"):
        client.delete_table(TableName=name)
    with pytest.raises(AssertionError, match="protected against deletion"):
        aws.delete(stack)
    aws.deploy(_table(DeletionProtectionEnabled=False), stack=f"{stack}x")


def test_an_update_of_a_table_applies_what_changed(aws):
    stack = aws.deploy(_table())
    aws.deploy(_table(PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}), stack=stack)
    client = aws.client("dynamodb")
    found = client.describe_continuous_backups(TableName=aws.resource(stack, "T"))
    status = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"][
        "PointInTimeRecoveryStatus"
    ]
    assert status == "DISABLED"
    aws.delete(stack)


def test_a_parameter_above_its_tier_s_limit_is_refused(aws):
    properties = {"Type": "String", "Value": "x" * 5000}
    with pytest.raises(AssertionError, match="tier Standard allows 4096"):
        aws.deploy({"P": {"Type": "AWS::SSM::Parameter", "Properties": properties}})
    stack = aws.deploy(
        {"P": {"Type": "AWS::SSM::Parameter", "Properties": {**properties, "Tier": "Advanced"}}}
    )
    assert aws.client("ssm").get_parameter(Name=aws.resource(stack, "P"))["Parameter"]["Value"] == "x" * 5000


def test_a_log_group_keeps_key_retention_class_and_protection(aws):
    properties = {
        "KmsKeyId": _KEY,
        "RetentionInDays": 30,
        "LogGroupClass": "STANDARD",
        "DeletionProtectionEnabled": True,
    }
    stack = aws.deploy({"G": {"Type": "AWS::Logs::LogGroup", "Properties": properties}})
    name = aws.resource(stack, "G")
    group = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    assert (group["kmsKeyId"], group["retentionInDays"]) == (_KEY, 30)
    with pytest.raises(AssertionError, match="protected against deletion"):
        aws.delete(stack)


def test_a_log_group_with_an_impossible_retention_is_refused(aws):
    with pytest.raises(AssertionError, match="RetentionInDays 31 is not one of"):
        aws.deploy({"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 31}}})


def test_a_repository_keeps_scanning_immutability_key_and_lifecycle(aws):
    lifecycle = json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
                    "action": {"type": "expire"},
                }
            ]
        }
    )
    properties = {
        "RepositoryName": f"r/{uuid.uuid4().hex[:6]}",
        "ImageScanningConfiguration": {"ScanOnPush": True},
        "ImageTagMutability": "IMMUTABLE",
        "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": _KEY},
        "LifecyclePolicy": {"LifecyclePolicyText": lifecycle},
        "EmptyOnDelete": True,
    }
    stack = aws.deploy({"R": {"Type": "AWS::ECR::Repository", "Properties": properties}})
    client, name = aws.client("ecr"), aws.resource(stack, "R")
    found = client.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": _KEY}
    assert json.loads(client.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"]


def test_a_task_definition_keeps_platform_storage_and_secrets(aws):
    container = {
        "Name": "job",
        "Image": "job:1",
        "Secrets": [{"Name": "S", "ValueFrom": "arn:aws:ssm:ap-southeast-2:000000000000:parameter/x"}],
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {"awslogs-group": "/g", "awslogs-region": "ap-southeast-2"},
        },
        "ReadonlyRootFilesystem": True,
        "MountPoints": [{"SourceVolume": "tmp", "ContainerPath": "/tmp", "ReadOnly": False}],
    }
    properties = {
        "ContainerDefinitions": [container],
        "Cpu": "1024",
        "Memory": "2048",
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": ["FARGATE"],
        "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
        "EphemeralStorage": {"SizeInGiB": 30},
        "Volumes": [{"Name": "tmp"}],
    }
    cluster = {"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]}
    stack = aws.deploy(
        {
            "D": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties},
            "C": {"Type": "AWS::ECS::Cluster", "Properties": cluster},
        }
    )
    client = aws.client("ecs")
    found = client.describe_task_definition(taskDefinition=aws.resource(stack, "D"))["taskDefinition"]
    assert found["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert found["ephemeralStorage"]["sizeInGiB"] == 30
    assert found["containerDefinitions"][0]["secrets"][0]["name"] == "S"
    assert found["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-group"] == "/g"
    clusters = client.describe_clusters(clusters=[aws.resource(stack, "C")], include=["SETTINGS"])["clusters"]
    assert clusters[0]["settings"] == [{"name": "containerInsights", "value": "enabled"}]


def test_fargate_without_awsvpc_is_refused(aws):
    properties = {
        "ContainerDefinitions": [{"Name": "j", "Image": "j"}],
        "RequiresCompatibilities": ["FARGATE"],
    }
    with pytest.raises(AssertionError, match="awsvpc"):
        aws.deploy({"D": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}})
