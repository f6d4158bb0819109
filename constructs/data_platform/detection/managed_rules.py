"""AWS Config's managed rules that say at run time what the packs say at synth: pure data, for review.

A pack sees templates; a rule sees what is there, also what somebody changed by hand. `pack` names the rule of
cdk-nag that refuses the same at synth.
Source: docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class ManagedRule:
    """One managed rule.

    Args:
        name: Ends the rule's public name.
        identifier: AWS's identifier of the rule.
        pack: The rule of cdk-nag that says the same at synth; ours where no pack has one.
        parameters: Input parameters, as texts.
    """

    name: str
    identifier: str
    pack: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def _rule(identifier: str, pack: str, **parameters: str) -> ManagedRule:
    name = identifier.lower().replace("_", "-")
    return ManagedRule(name=name, identifier=identifier, pack=pack, parameters=parameters)


MANAGED_RULES = (
    _rule("S3_BUCKET_PUBLIC_READ_PROHIBITED", "HIPAA.Security-S3BucketPublicReadProhibited"),
    _rule("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "HIPAA.Security-S3BucketPublicWriteProhibited"),
    _rule(
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", "HIPAA.Security-S3BucketLevelPublicAccessProhibited"
    ),
    _rule("S3_BUCKET_SSL_REQUESTS_ONLY", "AwsSolutions-S10"),
    _rule("S3_BUCKET_VERSIONING_ENABLED", "HIPAA.Security-S3BucketVersioningEnabled"),
    _rule("S3_DEFAULT_ENCRYPTION_KMS", "HIPAA.Security-S3DefaultEncryptionKMS"),
    _rule("S3_BUCKET_LOGGING_ENABLED", "AwsSolutions-S1"),
    _rule("CMK_BACKING_KEY_ROTATION_ENABLED", "AwsSolutions-KMS5"),
    _rule("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "DataPlatform tampering alarm key-deletion"),
    _rule(
        "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "HIPAA.Security-IAMPolicyNoStatementsWithAdminAccess"
    ),
    _rule("IAM_NO_INLINE_POLICY_CHECK", "HIPAA.Security-IAMNoInlinePolicy"),
    _rule("IAM_ROOT_ACCESS_KEY_CHECK", "DataPlatform tampering alarm root-use"),
    _rule("IAM_USER_NO_POLICIES_CHECK", "HIPAA.Security-IAMUserNoPolicies"),
    _rule("DYNAMODB_PITR_ENABLED", "AwsSolutions-DDB3"),
    _rule("DYNAMODB_IN_BACKUP_PLAN", "HIPAA.Security-DynamoDBInBackupPlan"),
    _rule("DYNAMODB_TABLE_ENCRYPTED_KMS", "DataPlatform RunLedger under the domain key"),
    _rule("RDS_STORAGE_ENCRYPTED", "AwsSolutions-RDS2"),
    _rule("RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "HIPAA.Security-RDSInstancePublicAccess"),
    _rule("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "HIPAA.Security-CloudTrailLogFileValidationEnabled"),
    _rule("CLOUD_TRAIL_ENCRYPTION_ENABLED", "HIPAA.Security-CloudTrailEncryptionEnabled"),
    _rule("CLOUDWATCH_LOG_GROUP_ENCRYPTED", "HIPAA.Security-CloudWatchLogGroupEncrypted"),
    _rule("VPC_DEFAULT_SECURITY_GROUP_CLOSED", "HIPAA.Security-VPCDefaultSecurityGroupClosed"),
    _rule("BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED", "DataPlatform KeptVault"),
)
