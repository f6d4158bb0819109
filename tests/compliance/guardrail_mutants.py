"""Bad changes to our own templates, one each: what issue and fact sheet say must never be deployed.

A mutant changes a resource that the platform has; where the platform has none of a kind yet (Kafka, databases,
warehouse), it adds one beside the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from guardrail_changes import (
    ANYBODY_SUPER,
    FOREIGN,
    GITHUB,
    KAFKA_KEY,
    KMS,
    LOCKED,
    Templates,
    add,
    child_that_pages,
    definition,
    first_task,
    key_policy,
    lake,
    lifecycle,
    log_target,
    of,
    oidc,
    policy,
    raw,
    raw_deleted_with_its_stack,
    resources,
    trust,
    without_source,
    without_tls,
    wrong_domain_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One bad change, the rule that must refuse it, and whether every public gate let it through (facts, 5)."""

    name: str
    rule: str
    change: Callable[[Templates], None]
    missed_by_all: bool = False


_MISSED = (
    ("guardduty_off", "DP-DETECTOR-ON", add("AWS::GuardDuty::Detector", Enable=False)),
    (
        "kms_policy_foreign_account_decrypt",
        "DP-KMS-FOREIGN",
        key_policy({"Action": "kms:Decrypt", "Principal": {"AWS": FOREIGN}}),
    ),
    (
        "lf_iam_allowed_principals",
        "DP-LF-DEFAULTS",
        of(
            "AWS::LakeFormation::DataLakeSettings",
            lambda given: given.update(CreateTableDefaultPermissions=ANYBODY_SUPER),
        ),
    ),
    ("msk_no_cmk", "DP-MSK-KEY", add("AWS::MSK::Cluster", ClientAuthentication={})),
    (
        "msk_unauthenticated",
        "DP-MSK-CLIENTS",
        add(
            "AWS::MSK::Cluster",
            EncryptionInfo={"EncryptionAtRest": {"DataVolumeKMSKeyId": KAFKA_KEY}},
            ClientAuthentication={"Unauthenticated": {"Enabled": True}, "Sasl": {"Iam": {"Enabled": True}}},
        ),
    ),
    ("oidc_trust_no_sub", "DP-TRUST-OIDC", oidc({})),
    ("oidc_trust_wildcard_repo", "DP-TRUST-OIDC", oidc({"StringLike": {f"{GITHUB}:sub": "repo:*"}})),
    ("s3_deletion_policy_delete", "DP-DATA-RETAIN", raw_deleted_with_its_stack),
    (
        "s3_lifecycle_wrong_order",
        "DP-S3-LIFECYCLE-ORDER",
        raw(
            lambda given: lifecycle(
                given,
                Transitions=[
                    {"StorageClass": "GLACIER", "TransitionInDays": 30},
                    {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
                ],
            )
        ),
    ),
    ("s3_logbucket_kms_breaks_delivery", "DP-S3-LOG-KMS", log_target(BucketEncryption=KMS)),
    ("s3_logbucket_object_lock", "DP-S3-LOG-LOCK", log_target(ObjectLockConfiguration=LOCKED)),
    (
        "s3_raw_expire_1_day",
        "DP-S3-EXPIRY-RETENTION",
        raw(lambda given: lifecycle(given, ExpirationInDays=1, Transitions=[])),
    ),
    ("s3_wrong_domain_key", "DP-S3-ZONE-KEY", raw(wrong_domain_key)),
    (
        "sfn_dangling_next",
        "DP-SFN-GRAPH",
        definition(lambda parsed: first_task(parsed)["Catch"][0].update(Next="Nowhere")),
    ),
    (
        "sfn_no_retry_no_catch",
        "DP-SFN-RECOVERY",
        definition(lambda parsed: [first_task(parsed).pop(key) for key in ("Retry", "Catch")]),
    ),
)

_ISSUE = (
    ("bucket without TLS 1.2", "DP-S3-TLS", without_tls("TlsVersion")),
    ("bucket that takes plain HTTP", "DP-S3-TLS", without_tls("SecureTransport")),
    ("bucket under S3-managed keys", "DP-S3-KEY", raw(lambda given: given.pop("BucketEncryption"))),
    ("contract's lock missing", "DP-S3-LOCK", raw(lambda given: given.pop("ObjectLockConfiguration"))),
    (
        "expiry before the lock ends",
        "DP-S3-EXPIRY-LOCK",
        raw(lambda given: lifecycle(given, ExpirationInDays=100, Transitions=[])),
    ),
    (
        "expiry before a transition",
        "DP-S3-LIFECYCLE-ORDER",
        raw(lambda given: lifecycle(given, ExpirationInDays=300)),
    ),
    (
        "key without rotation",
        "DP-KMS-ROTATION",
        of("AWS::KMS::Key", lambda given: given.pop("EnableKeyRotation")),
    ),
    (
        "key open to everybody",
        "DP-KMS-FOREIGN",
        key_policy({"Action": "kms:*", "Principal": "*"}),
    ),
    ("key that does not let logs in", "DP-KMS-EDGE", lambda templates: without_source(templates, "logs.")),
    (
        "key that does not let alarms in",
        "DP-KMS-EDGE",
        lambda templates: without_source(templates, "cloudwatch."),
    ),
    ("trust in everybody", "DP-TRUST-WILDCARD", trust(lambda given: given.update(Principal={"AWS": "*"}))),
    ("service trusted for any account", "DP-TRUST-SERVICE", trust(lambda given: given.pop("Condition"))),
    (
        "foreign account without external id",
        "DP-TRUST-FOREIGN",
        trust(lambda given: given.update(Principal={"AWS": FOREIGN})),
    ),
    ("PassRole on *", "DP-IAM-PASSROLE", policy({"Action": "iam:PassRole", "Resource": "*"})),
    ("administrator", "DP-IAM-ADMIN", policy({"Action": "*", "Resource": "*"})),
    ("an IAM user", "DP-IAM-USER", add("AWS::IAM::User")),
    ("an access key", "DP-IAM-USER", add("AWS::IAM::AccessKey", UserName="robot")),
    (
        "bucket shared with an account in no list",
        "DP-POLICY-FOREIGN",
        of(
            "AWS::S3::BucketPolicy",
            lambda given: given["PolicyDocument"]["Statement"].append(
                {"Effect": "Allow", "Principal": {"AWS": FOREIGN}, "Action": "s3:GetObject", "Resource": "*"}
            ),
        ),
    ),
    (
        "bucket readable by everybody",
        "DP-POLICY-PUBLIC",
        of(
            "AWS::S3::BucketPolicy",
            lambda given: given["PolicyDocument"]["Statement"].append(
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
            ),
        ),
    ),
    (
        "lake grant to IAMAllowedPrincipals",
        "DP-LF-EVERYBODY",
        of(
            "AWS::LakeFormation::PrincipalPermissions",
            lambda given: given.update(Principal={"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}),
        ),
    ),
    (
        "lake grant on all tables with grant option",
        "DP-LF-GRANT-OPTION",
        of(
            "AWS::LakeFormation::PrincipalPermissions",
            lambda given: given.update(
                PermissionsWithGrantOption=["SELECT"], Resource={"Table": {"TableWildcard": {}}}
            ),
        ),
    ),
    (
        "lake location in hybrid mode",
        "DP-LF-HYBRID",
        of("AWS::LakeFormation::Resource", lambda given: given.update(HybridAccessEnabled=True)),
    ),
    (
        "database with default permissions",
        "DP-LF-DATABASE-DEFAULTS",
        of(
            "AWS::Glue::Database",
            lambda given: given["DatabaseInput"].update(CreateTableDefaultPermissions=ANYBODY_SUPER),
        ),
    ),
    (
        "the internet may come in",
        "DP-NET-INGRESS",
        of(
            "AWS::EC2::SecurityGroup",
            lambda given: given.update(SecurityGroupIngress=[{"IpProtocol": "-1", "CidrIpv6": "::/0"}]),
        ),
    ),
    (
        "SSH from a range that nobody could name",
        "DP-NET-SSH",
        of(
            "AWS::EC2::SecurityGroup",
            lambda given: given.update(
                SecurityGroupIngress=[
                    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}
                ]
            ),
        ),
    ),
    (
        "a database that takes connections without TLS",
        "DP-TLS-RDS",
        of("AWS::RDS::DBParameterGroup", lambda given: given["Parameters"].update({"rds.force_ssl": "0"})),
    ),
    (
        "a database with a public address",
        "DP-NET-PUBLIC",
        of("AWS::RDS::DBInstance", lambda given: given.update(PubliclyAccessible=True)),
    ),
    (
        "a subnet with public addresses",
        "DP-NET-PUBLIC",
        of("AWS::EC2::Subnet", lambda given: given.update(MapPublicIpOnLaunch=True)),
    ),
    (
        "SSH from the internet through an ACL",
        "DP-NET-ACL",
        add("AWS::EC2::NetworkAclEntry", Egress=False, RuleAction="allow", CidrBlock="0.0.0.0/0"),
    ),
    ("a public warehouse", "DP-NET-PUBLIC", add("AWS::Redshift::Cluster", PubliclyAccessible=True)),
    (
        "Kafka in plain text",
        "DP-TLS-MSK",
        add("AWS::MSK::Cluster", EncryptionInfo={"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}}),
    ),
    (
        "Kafka that lets passwords in",
        "DP-MSK-IAM",
        add(
            "AWS::MSK::Cluster",
            ClientAuthentication={"Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}}},
        ),
    ),
    ("topic that goes with its stack", "DP-MSK-TOPIC-KEPT", add("AWS::MSK::Topic", TopicName="retail.a.v1")),
    (
        "database without forced TLS",
        "DP-TLS-RDS",
        add("AWS::RDS::DBInstance", Engine="postgres", PubliclyAccessible=False),
    ),
    ("warehouse without forced TLS", "DP-TLS-REDSHIFT", add("AWS::Redshift::Cluster")),
    ("log group without key", "DP-LOG-KEY", of("AWS::Logs::LogGroup", lambda given: given.pop("KmsKeyId"))),
    (
        "log group for ever",
        "DP-LOG-RETENTION",
        of("AWS::Logs::LogGroup", lambda given: given.pop("RetentionInDays")),
    ),
    (
        "alarm that tells nobody",
        "DP-ALARM-ACTION",
        of("AWS::CloudWatch::Alarm", lambda given: given.pop("AlarmActions")),
    ),
    (
        "alarm without runbook",
        "DP-ALARM-TEXT",
        of("AWS::CloudWatch::Alarm", lambda given: given.update(AlarmDescription="It failed.")),
    ),
    ("alarm that pages beside its composite", "DP-ALARM-ONCE", child_that_pages),
    (
        "state machine without logging",
        "DP-SFN-LOGGING",
        of("AWS::StepFunctions::StateMachine", lambda given: given.pop("LoggingConfiguration")),
    ),
    (
        "task without timeout",
        "DP-SFN-TIMEOUT",
        definition(lambda parsed: first_task(parsed).pop("TimeoutSeconds")),
    ),
    (
        "state that nothing leads to",
        "DP-SFN-GRAPH",
        definition(lambda parsed: parsed["States"].update(Alone={"Type": "Succeed"})),
    ),
    (
        "function that may do a whole service",
        "DP-LAMBDA-ROLE",
        lambda templates: [
            each["Properties"]["PolicyDocument"]["Statement"].append(
                {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*"}
            )
            for each in resources(templates, "AWS::IAM::ManagedPolicy")
        ],
    ),
    (
        "function without log group",
        "DP-LAMBDA-LOGS",
        of("AWS::Lambda::Function", lambda given: given.pop("LoggingConfig")),
    ),
    (
        "password in an environment variable",
        "DP-SECRET-ENVIRONMENT",
        of(
            "AWS::Lambda::Function",
            lambda given: given.update(Environment={"Variables": {"DB_PASSWORD": "hunter2"}}),
        ),
    ),
    (
        "password in a template parameter",
        "DP-SECRET-TEMPLATE",
        lambda templates: lake(templates).setdefault("Parameters", {}).update(DbPassword={"Type": "String"}),
    ),
    (
        "password in user data",
        "DP-SECRET-USERDATA",
        add("AWS::EC2::Instance", UserData={"Fn::Base64": "export PASSWORD=hunter2secret"}),
    ),
    (
        "ARN of a foreign region",
        "DP-REGION-ARN",
        of(
            "AWS::SNS::Topic",
            lambda given: given.update(ArchivePolicy="arn:aws:sqs:us-east-1:333333333333:q"),
        ),
    ),
)

MUTANTS = (
    *(Mutant(name=name, rule=rule, change=change, missed_by_all=True) for name, rule, change in _MISSED),
    *(Mutant(name=name, rule=rule, change=change) for name, rule, change in _ISSUE),
)
