from __future__ import annotations

from aws_cdk.assertions import Template

from data_platform.foundation import DataLakeSettings

ADMIN = "arn:aws:iam::111111111111:role/data-governance"


def settings(stack):
    DataLakeSettings(stack, "Settings", admin_role_arns=[ADMIN])
    (resource,) = Template.from_stack(stack).find_resources("AWS::LakeFormation::DataLakeSettings").values()
    return resource["Properties"]


def test_nobody_has_rights_on_new_tables_by_default(stack):
    found = settings(stack)

    assert found["CreateDatabaseDefaultPermissions"] == []
    assert found["CreateTableDefaultPermissions"] == []


def test_the_deployment_role_and_the_named_ones_administer(stack):
    admins = [admin["DataLakePrincipalIdentifier"] for admin in settings(stack)["Admins"]]

    assert admins == [
        "arn:aws:iam::111111111111:role/cdk-hnb659fds-cfn-exec-role-111111111111-ap-southeast-2",
        ADMIN,
    ]


def test_grants_by_attribute_are_possible(stack):
    assert settings(stack)["Parameters"] == {"CROSS_ACCOUNT_VERSION": "4"}
