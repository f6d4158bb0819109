"""Every action that some duty of the platform uses, and the few that none may ever do. Pure data, for review.

`tests/unit/access/test_boundary.py` refuses an action that a policy of ours uses and that is missing here, and one
that is here and that no policy uses any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_USED = {
    "athena": (
        "BatchGetNamedQuery",
        "BatchGetQueryExecution",
        "GetDataCatalog",
        "GetDatabase",
        "GetNamedQuery",
        "GetQueryExecution",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
        "GetTableMetadata",
        "GetWorkGroup",
        "ListDatabases",
        "ListNamedQueries",
        "ListQueryExecutions",
        "ListTableMetadata",
        "StartQueryExecution",
        "StopQueryExecution",
    ),
    "backup": (
        "CopyFromBackupVault",
        "CopyIntoBackupVault",
    ),
    "cloudwatch": (
        "DescribeAlarms",
        "PutMetricData",
    ),
    "dynamodb": (
        "BatchWriteItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "ListTagsOfResource",
        "PutItem",
        "Query",
        "RestoreTableFromAwsBackup",
        "Scan",
        "StartAwsBackupJob",
        "UpdateItem",
    ),
    "ec2": (
        "AssignPrivateIpAddresses",
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DescribeInstances",
        "DescribeKeyPairs",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "StartInstances",
        "StopInstances",
        "UnassignPrivateIpAddresses",
    ),
    "ecr": (
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "GetAuthorizationToken",
        "GetDownloadUrlForLayer",
    ),
    "ecs": (
        "DescribeTasks",
        "RunTask",
        "StopTask",
    ),
    "events": (
        "DescribeRule",
        "PutEvents",
        "PutRule",
        "PutTargets",
    ),
    "glue": (
        "BatchCreatePartition",
        "BatchDeletePartition",
        "BatchDeleteTable",
        "BatchGetPartition",
        "BatchUpdatePartition",
        "CreatePartition",
        "CreateTable",
        "DeletePartition",
        "DeleteTable",
        "GetCrawler",
        "GetDatabase",
        "GetDatabases",
        "GetPartition",
        "GetPartitions",
        "GetTable",
        "GetTableVersions",
        "GetTables",
        "StartCrawler",
        "UpdatePartition",
        "UpdateTable",
    ),
    "iam": ("PassRole",),
    "kms": (
        "CreateGrant",
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
    ),
    "lakeformation": (
        "BatchGrantPermissions",
        "BatchRevokePermissions",
        "GetDataAccess",
    ),
    "lambda": ("InvokeFunction",),
    "logs": (
        "AssociateKmsKey",
        "CreateLogDelivery",
        "CreateLogGroup",
        "CreateLogStream",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeLogStreams",
        "DescribeResourcePolicies",
        "FilterLogEvents",
        "GetLogDelivery",
        "GetLogEvents",
        "ListLogDeliveries",
        "PutLogEvents",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    ),
    "macie2": ("CreateClassificationJob",),
    "rds": (
        "AddTagsToResource",
        "CopyDBSnapshot",
        "CreateDBSnapshot",
        "DeleteDBSnapshot",
        "DescribeDBInstances",
        "DescribeDBSnapshots",
        "ListTagsForResource",
    ),
    "rds-db": ("connect",),
    "s3": (
        "AbortMultipartUpload",
        "DeleteObject",
        "GetBucketLocation",
        "GetBucketObjectLockConfiguration",
        "GetObject",
        "GetObjectRetention",
        "ListBucket",
        "ListBucketVersions",
        "ListMultipartUploadParts",
        "PutObject",
    ),
    "secretsmanager": (
        "GetSecretValue",
        "PutSecretValue",
    ),
    "sqs": ("SendMessage",),
    "ssm": (
        "GetParameter",
        "StartSession",
        "UpdateInstanceInformation",
    ),
    "ssmmessages": (
        "CreateControlChannel",
        "CreateDataChannel",
        "OpenControlChannel",
        "OpenDataChannel",
    ),
    "states": (
        "DescribeExecution",
        "SendTaskSuccess",
        "StartExecution",
        "StopExecution",
    ),
    "sts": (
        "AssumeRole",
        "SetSourceIdentity",
        "TagSession",
    ),
    "xray": (
        "GetSamplingRules",
        "GetSamplingTargets",
        "PutTelemetryRecords",
        "PutTraceSegments",
    ),
}
# Only where a contract has DMS copy a database.
_REPLICATED = {
    "dms": (
        "DescribeReplicationTableStatistics",
        "DescribeReplications",
        "StartReplication",
        "StopReplication",
    ),
}
# Only where a contract has a stream and the environment a cluster.
_STREAMED = {
    "glue": (
        "GetSchemaByDefinition",
        "GetSchemaVersion",
    ),
    "kafka": (
        "DescribeClusterV2",
        "GetBootstrapBrokers",
    ),
    "kafka-cluster": (
        "AlterGroup",
        "AlterTopic",
        "AlterTopicDynamicConfiguration",
        "Connect",
        "CreateTopic",
        "DescribeClusterDynamicConfiguration",
        "DescribeGroup",
        "DescribeTopic",
        "DescribeTopicDynamicConfiguration",
        "ReadData",
        "WriteData",
        "WriteDataIdempotently",
    ),
}
# Only where the environment has a cluster: connectors, whoever makes them, and whoever looks for the cluster.
_CAPTURED = {
    "ec2": ("DescribeSecurityGroups", "DescribeVpcs"),
    "glue": ("PutSchemaVersionMetadata", "RegisterSchemaVersion"),
    "iam": ("CreateServiceLinkedRole",),
    "kafka": ("ListClustersV2",),
    "kafka-cluster": ("DescribeCluster",),
    "kafkaconnect": (
        "CreateConnector",
        "DeleteConnector",
        "DescribeConnector",
        "DescribeCustomPlugin",
        "DescribeWorkerConfiguration",
        "ListConnectors",
        "UpdateConnector",
    ),
    "secretsmanager": ("DescribeSecret",),
}
_NEVER = {
    # Somebody who lives on: people and keys are made by the identity provider, roles by reviewed templates.
    # A role's tag says whose query results it reads.
    "iam": (
        "AttachRolePolicy",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreatePolicyVersion",
        "CreateRole",
        "CreateUser",
        "DeleteRolePermissionsBoundary",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "SetDefaultPolicyVersion",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
    ),
    # The end of data: a key that is gone takes everything along that it encrypted.
    "kms": ("DisableKey", "DisableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion"),
    # The end of evidence.
    "cloudtrail": ("DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"),
    "config": ("DeleteConfigurationRecorder", "StopConfigurationRecorder"),
    "guardduty": ("DeleteDetector", "UpdateDetector"),
    "logs": ("DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy", "PutRetentionPolicy"),
    "securityhub": ("DisableSecurityHub",),
    # Locks that are lifted or shortened, buckets that are opened or aged early.
    "s3": (
        "BypassGovernanceRetention",
        "DeleteBucket",
        "DeleteBucketPolicy",
        "PutBucketObjectLockConfiguration",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
        "PutBucketVersioning",
        "PutEncryptionConfiguration",
        "PutLifecycleConfiguration",
        "PutObjectLegalHold",
        "PutObjectRetention",
    ),
    "backup": ("DeleteBackupVault", "DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle"),
    # Who governs, and where its rule ends.
    "lakeformation": ("DeregisterResource", "PutDataLakeSettings", "RegisterResource", "UpdateResource"),
    "organizations": ("LeaveOrganization",),
}


def _named(by_service: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(f"{service}:{action}" for service, actions in by_service.items() for action in actions)


DUTIES = _named(_USED)
REPLICATION = _named(_REPLICATED)
STREAMING = _named(_STREAMED)
CAPTURING = _named(_CAPTURED)
NEVER = _named(_NEVER)
