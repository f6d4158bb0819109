"""A database has no door but the named ones, no password in a template, and is under the domain's key."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from app import PACKS
from data_platform.foundation import Database, DatabaseOwner, MonitoringRole
from data_platform.foundation.database_engines import TRAITS

CONTEXT = json.loads((Path(__file__).resolve().parents[3] / "cdk.json").read_text())["context"]
INSTANCE = "AWS::RDS::DBInstance"
VERSIONS = {"postgres": "17.6", "mysql": "8.4.5"}


def made(engine="postgres", *, multi_az=True, removal_policy=cdk.RemovalPolicy.RETAIN):
    app = cdk.App(context=CONTEXT, analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a1b2c3d",
        availability_zones=["ap-southeast-2a", "ap-southeast-2b"],
        isolated_subnet_ids=["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
    )
    database = Database(
        stack,
        "Shop",
        identifier="dp-dev-retail-shop",
        engine=engine,
        version=VERSIONS[engine],
        database="shop",
        instance_class="db.m7g.large",
        storage_gib=20,
        most_storage_gib=100,
        multi_az=multi_az,
        max_connections=411,
        vpc=vpc,
        subnets=vpc.isolated_subnets,
        admitted={
            name: ec2.SecurityGroup.from_security_group_id(stack, name, f"sg-{number}a1b2c3d")
            for number, name in enumerate(("bastion", "extractor"))
        },
        key=kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:ap-southeast-2:111111111111:key/domain"),
        log_key=kms.Key.from_key_arn(stack, "LogKey", "arn:aws:kms:ap-southeast-2:111111111111:key/logs"),
        log_retention_days=30,
        insights_days=7,
        monitoring_role=MonitoringRole(stack, "Monitoring", name="dp-dev-retail-database-monitoring").role,
        backup_days=7,
        backup_window="16:00-16:30",
        maintenance_window="sun:17:00-sun:17:30",
        removal_policy=removal_policy,
    )
    return stack, database


@pytest.fixture(scope="module", params=sorted(TRAITS))
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def template(engine):
    return Template.from_stack(made(engine)[0])


def parameters(template):
    (group,) = template.find_resources("AWS::RDS::DBParameterGroup").values()
    return group["Properties"]["Parameters"]


def test_storage_secret_and_insights_are_under_the_domains_key(template):
    domain = "arn:aws:kms:ap-southeast-2:111111111111:key/domain"

    template.has_resource_properties(
        INSTANCE,
        {
            "StorageEncrypted": True,
            "KmsKeyId": domain,
            "MasterUserSecret": {"KmsKeyId": domain},
            "EnablePerformanceInsights": True,
            "PerformanceInsightsKMSKeyId": domain,
        },
    )


def test_rds_makes_and_rotates_the_password(template):
    template.has_resource_properties(
        INSTANCE, {"ManageMasterUserPassword": True, "MasterUserPassword": Match.absent()}
    )
    template.resource_count_is("AWS::SecretsManager::Secret", 0)


def test_users_may_log_in_by_iam(template):
    template.has_resource_properties(INSTANCE, {"EnableIAMDatabaseAuthentication": True})


@pytest.mark.parametrize(
    ("engine", "name"), [("postgres", "rds.force_ssl"), ("mysql", "require_secure_transport")], scope="module"
)
def test_a_connection_without_tls_is_refused(template, name):
    assert parameters(template)[name] == "1"


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("postgres", {"rds.logical_replication": "1", "max_replication_slots": "10"}),
        ("mysql", {"binlog_format": "ROW", "binlog_row_image": "full", "gtid-mode": "ON"}),
    ],
    scope="module",
)
def test_changes_can_be_captured(template, expected):
    assert expected.items() <= parameters(template).items()


@pytest.mark.parametrize("engine", ["postgres"], scope="module")
def test_a_reader_that_is_gone_cannot_fill_the_storage(template):
    assert int(parameters(template)["max_slot_wal_keep_size"]) == 20 * 1024 / 4


@pytest.mark.parametrize("engine", ["postgres"], scope="module")
def test_the_log_holds_no_values_of_statements(template):
    assert parameters(template)["log_parameter_max_length"] == "0"


def test_the_engine_takes_as_many_connections_as_alarms_count_on(template):
    assert parameters(template)["max_connections"] == "411"


def test_each_exported_log_has_an_encrypted_group_that_ends(template, engine):
    groups = [group["Properties"] for group in template.find_resources("AWS::Logs::LogGroup").values()]

    template.has_resource_properties(INSTANCE, {"EnableCloudwatchLogsExports": list(TRAITS[engine].logs)})
    assert {group["LogGroupName"] for group in groups} == {
        f"/aws/rds/instance/dp-dev-retail-shop/{log}" for log in TRAITS[engine].logs
    }
    assert {(group["RetentionInDays"], group["KmsKeyId"][-4:]) for group in groups} == {(30, "logs")}


def test_the_log_groups_are_there_before_the_instance(template, engine):
    (instance,) = template.find_resources(INSTANCE).values()

    assert len([name for name in instance["DependsOn"] if "Logs" in name]) == len(TRAITS[engine].logs)


def test_its_port_is_open_to_the_bastion_and_the_extractor_and_to_nobody_else(template, engine):
    rules = [
        rule["Properties"] for rule in template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    ]
    (group,) = template.find_resources("AWS::EC2::SecurityGroup").values()

    assert "SecurityGroupIngress" not in group["Properties"]
    assert sorted((rule["SourceSecurityGroupId"], rule["FromPort"], rule["ToPort"]) for rule in rules) == [
        (f"sg-{number}a1b2c3d", TRAITS[engine].port, TRAITS[engine].port) for number in (0, 1)
    ]


def test_whom_it_admits_may_go_out_to_it_and_no_further(template, engine):
    rules = [rule["Properties"] for rule in template.find_resources("AWS::EC2::SecurityGroupEgress").values()]

    assert sorted(rule["GroupId"] for rule in rules) == ["sg-0a1b2c3d", "sg-1a1b2c3d"]
    assert {rule["ToPort"] for rule in rules} == {TRAITS[engine].port}
    assert all("DestinationSecurityGroupId" in rule for rule in rules)


def test_it_has_no_public_address(template):
    template.has_resource_properties(INSTANCE, {"PubliclyAccessible": False})


def test_minor_upgrades_are_made_in_their_window(template):
    template.has_resource_properties(
        INSTANCE,
        {"AutoMinorVersionUpgrade": True, "PreferredMaintenanceWindow": "sun:17:00-sun:17:30"},
    )


def test_where_data_is_kept_the_instance_is_protected_and_leaves_a_snapshot(template):
    template.has_resource(
        INSTANCE,
        {
            "DeletionPolicy": "Snapshot",
            "UpdateReplacePolicy": "Snapshot",
            "Properties": {"DeletionProtection": True, "DeleteAutomatedBackups": False},
        },
    )


def test_where_data_is_destroyed_the_instance_goes_with_its_backups_once_its_protection_is_gone():
    stack, _ = made(removal_policy=cdk.RemovalPolicy.DESTROY)

    Template.from_stack(stack).has_resource(
        INSTANCE,
        {
            "DeletionPolicy": "Delete",
            "Properties": {"DeletionProtection": True, "DeleteAutomatedBackups": True},
        },
    )


@pytest.mark.parametrize("engine", ["mysql"], scope="module")
def test_mysql_audits_who_came_and_never_what_was_asked(template):
    (group,) = template.find_resources("AWS::RDS::OptionGroup").values()

    assert "CONNECT,QUERY_DDL,QUERY_DCL" in str(group["Properties"]["OptionConfigurations"])


def test_a_template_tells_no_password():
    stack, database = made()
    cdk.CfnOutput(stack, "Secret", value=database.instance.attr_master_user_secret_secret_arn)
    text = json.dumps(Template.from_stack(stack).to_json())

    assert "resolve:secretsmanager" not in text
    assert 'MasterUserPassword"' not in text.replace("ManageMasterUserPassword", "")


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.__name__)
def test_a_protected_database_has_no_open_finding(engine, pack):
    stack, database = made(engine)
    backup.CfnBackupSelection(
        stack,
        "Selection",
        backup_plan_id="plan",
        backup_selection=backup.CfnBackupSelection.BackupSelectionResourceTypeProperty(
            selection_name="s", iam_role_arn="r", resources=[database.instance.attr_db_instance_arn]
        ),
    )
    report = pack(stack.node.root).validate_scope(stack.node.root)

    open_rules = [found.rule_name for found in report.violations if "RDSOSMetrics" not in found.rule_name]

    assert open_rules == []  # what Enhanced Monitoring needs is accepted on its policy


def test_the_owner_reads_the_master_users_secret_and_no_other():
    stack, database = made()
    secret = database.instance.attr_master_user_secret_secret_arn
    DatabaseOwner(
        stack,
        "Owner",
        name="dp-dev-retail-database-owner",
        principals=["arn:aws:iam::111111111111:root"],
        secret_arns=[secret],
        key=kms.Key.from_key_arn(stack, "OwnerKey", "arn:aws:kms:ap-southeast-2:111111111111:key/domain"),
    )

    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::ManagedPolicy",
        {
            "PolicyDocument": Match.object_like(
                {
                    "Statement": Match.array_with(
                        [
                            {
                                "Action": "secretsmanager:GetSecretValue",
                                "Effect": "Allow",
                                "Resource": stack.resolve(secret),
                            }
                        ]
                    )
                }
            )
        },
    )


def test_monitoring_can_be_done_by_rds_of_this_account_only(stack):
    MonitoringRole(stack, "Monitoring", name="dp-dev-retail-database-monitoring")
    (role,) = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}
