"""Backups in the templates: what is in the plan, what the vaults refuse, and who can do what to copies."""

from __future__ import annotations

import dataclasses
import json

import pytest

from environments import DEV, LOCAL, InvalidEnvironment


@pytest.fixture(scope="module")
def prod(assembly_of):
    return assembly_of("prod")


def _vaults(assembly):
    return {
        stack: resource["Properties"]
        for (stack, _), resource in assembly.of_type("AWS::Backup::BackupVault").items()
    }


def test_every_table_and_every_database_is_in_the_plan(assembly):
    kept = {*assembly.of_type("AWS::DynamoDB::Table", "AWS::RDS::DBInstance")}
    selected = {
        (stack, each["Fn::GetAtt"][0])
        for (stack, _), resource in assembly.of_type("AWS::Backup::BackupSelection").items()
        for each in resource["Properties"]["BackupSelection"]["Resources"]
    }

    assert selected == kept


def test_every_backup_is_copied_to_the_other_region_of_the_country(assembly):
    (plan,) = assembly.of_type("AWS::Backup::BackupPlan").values()
    rules = plan["Properties"]["BackupPlan"]["BackupPlanRule"]

    assert {rule["RuleName"] for rule in rules} == {"daily", "weekly"}
    for rule in rules:
        (copy,) = rule["CopyActions"]
        assert ":ap-southeast-4:" in copy["DestinationBackupVaultArn"]
        assert copy["Lifecycle"] == rule["Lifecycle"]


def test_production_s_vaults_close_and_staging_s_can_be_lifted(assembly_of):
    for name, grace in (("prod", 3), ("staging", None)):
        for vault in _vaults(assembly_of(name)).values():
            assert vault["LockConfiguration"].get("ChangeableForDays") == grace


def test_a_lock_takes_every_retention_of_the_plan(prod):
    (plan,) = prod.of_type("AWS::Backup::BackupPlan").values()
    days = [r["Lifecycle"]["DeleteAfterDays"] for r in plan["Properties"]["BackupPlan"]["BackupPlanRule"]]
    for vault in _vaults(prod).values():
        lock = vault["LockConfiguration"]
        assert lock["MinRetentionDays"] <= min(days) <= max(days) <= lock["MaxRetentionDays"]


def test_what_may_be_deleted_has_neither_lock_nor_denial(assembly_of):
    for vault in _vaults(assembly_of("dev")).values():
        assert "LockConfiguration" not in vault
        assert "AccessPolicy" not in vault


def test_a_kept_vault_denies_everybody_to_end_a_copy_early(prod):
    for vault in _vaults(prod).values():
        deny = vault["AccessPolicy"]["Statement"][0]
        assert (deny["Effect"], deny["Principal"]) == ("Deny", {"AWS": "*"})
        assert {"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"} <= set(deny["Action"])
        assert "AWSServiceRoleForBackup" in json.dumps(deny["Condition"])


def test_who_restores_cannot_touch_the_table_itself(prod):
    restorers = [
        resource["Properties"]["PolicyDocument"]
        for (_, logical_id), resource in prod.of_type("AWS::IAM::ManagedPolicy").items()
        if "BackupsRestorePolicy" in logical_id
    ]

    assert len(restorers) == 4
    for policy in restorers:
        (writes,) = [s for s in policy["Statement"] if "dynamodb:PutItem" in s["Action"]]
        assert all(arn.endswith(("-drill", "-restored")) for arn in writes["Resource"])


def test_who_backs_up_changes_no_table(prod):
    for (_, logical_id), resource in prod.of_type("AWS::IAM::ManagedPolicy").items():
        if "BackupsBackupPolicy" in logical_id:
            actions = json.dumps(resource["Properties"]["PolicyDocument"])
            assert "Item" not in actions
            assert "backup:Delete" not in actions


def test_silence_rings_where_somebody_answers(assembly_of):
    def alarms(name):
        return {
            r["Properties"]["AlarmName"] for r in assembly_of(name).of_type("AWS::CloudWatch::Alarm").values()
        }

    assert {"dp-prod-backup-missing", "dp-prod-aviation-drill-missing"} <= alarms("prod")
    assert not {name for name in alarms("dev") if "backup-missing" in name or "drill-missing" in name}


def test_a_job_that_ends_badly_tells_the_topic(assembly):
    rules = {
        r["Properties"]["Name"]: r["Properties"]
        for r in assembly.of_type("AWS::Events::Rule").values()
        if r["Properties"].get("EventPattern", {}).get("source") == ["aws.backup"]
    }

    assert set(rules) == {f"dp-{assembly.environment}-{w}-failed" for w in ("backup", "copy", "restore")}
    for rule in rules.values():
        assert rule["Targets"][0]["DeadLetterConfig"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vault_lock", "COMPLIANCE"),
        ("copy_region", "us-east-1"),
        ("daily_days", 1),
        ("weekly_days", 6),
        ("watched", "yes"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_field(field, value):
    with pytest.raises(InvalidEnvironment, match=rf"RecoverySettings\.{field}\b.*Mend: "):
        dataclasses.replace(DEV.recovery, **{field: value})


def test_a_locked_vault_may_not_be_marked_for_destruction():
    locked = dataclasses.replace(LOCAL.recovery, vault_lock="governance")
    with pytest.raises(InvalidEnvironment, match="vault_lock=None"):
        dataclasses.replace(LOCAL, recovery=locked)
