"""Personal data: only domains that have some get a key, a register and the roles that work with them."""

from __future__ import annotations


def test_a_domain_without_personal_data_has_no_privacy_stack(assembly):
    assert f"dp-{assembly.environment}-retail-privacy" in assembly.templates
    assert f"dp-{assembly.environment}-aviation-privacy" not in assembly.templates


def test_landing_gets_nothing_but_the_keys_of_its_domain(assembly):
    template = assembly.templates[f"dp-{assembly.environment}-retail-privacy"]
    landing = f"dp-{assembly.environment}-retail-landing"
    policies = [
        resource["Properties"]["PolicyDocument"]["Statement"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        and landing in str(resource["Properties"].get("Roles"))
    ]
    assert [[one["Action"] for one in statements] for statements in policies] == [
        ["secretsmanager:GetSecretValue", "kms:Decrypt"]
    ]


def test_the_secret_and_the_register_outlive_the_stack_where_data_is_kept(assembly_of):
    template = assembly_of("prod").templates["dp-prod-retail-privacy"]
    kept = {
        resource["Type"]: resource["DeletionPolicy"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::SecretsManager::Secret"
        or "OpenTableFormatInput" in resource["Properties"]
    }
    assert kept == {"AWS::SecretsManager::Secret": "Retain", "AWS::Glue::Table": "Retain"}


def test_whoever_works_with_personal_data_uses_the_key_through_named_places_only(assembly):
    template = assembly.templates[f"dp-{assembly.environment}-retail-lake"]
    (key,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::KMS::Key")
    statements = key["Properties"]["KeyPolicy"]["Statement"]
    for duty in ("eraser", "token-keeper"):
        named = [one["Sid"] for one in statements if f"-retail-{duty}" in str(one.get("Condition"))]
        assert named
        assert all(sid.startswith(("UseThroughBucket", "UseThroughSecretsManager")) for sid in named)
