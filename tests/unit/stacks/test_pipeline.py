"""How a domain's pipeline is wired: who may read and change what, and what starts when."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from data_platform.processing import ancestors


def _dataset(name, *parents, domain="d"):
    return SimpleNamespace(
        name=name, foreign_keys=[SimpleNamespace(domain=domain, dataset=p) for p in parents]
    )


def test_ancestors_are_found_through_others():
    domain = SimpleNamespace(
        name="d", datasets=[_dataset("a"), _dataset("b", "a"), _dataset("c", "b"), _dataset("self", "self")]
    )

    assert ancestors(domain) == {"a": [], "b": ["a"], "c": ["a", "b"], "self": []}


def test_a_dataset_of_another_domain_blocks_nothing_here():
    domain = SimpleNamespace(name="d", datasets=[_dataset("a", "x", domain="other")])

    assert ancestors(domain) == {"a": []}


@pytest.fixture(scope="module")
def dev(assembly_of):
    return assembly_of("dev")


def _grants(assembly):
    """Permissions by (role's duty, database, table)."""
    found = {}
    for (stack, _), grant in assembly.of_type("AWS::LakeFormation::PrincipalPermissions").items():
        if not stack.endswith("-pipeline"):
            continue
        properties = grant["Properties"]
        role = properties["Principal"]["DataLakePrincipalIdentifier"]["Fn::GetAtt"][0]
        table = properties["Resource"].get("Table")
        if table:
            place = (table["DatabaseName"].rsplit("_", 1)[-1], table.get("Name", "*"))
            found[role.removeprefix("Roles").rstrip("0123456789ABCDEF"), *place] = set(
                properties["Permissions"]
            )
    return found


def test_the_pipeline_changes_contract_tables_of_curated_and_no_model_of_dbt(dev):
    grants = _grants(dev)
    curated = {key[2] for key in grants if key[0].startswith("Pipeline") and key[1] == "curated"}

    assert curated == {"airlines", "airports", "planes", "flights", "weather"}


def test_the_pipeline_only_reads_raw(dev):
    assert {"SELECT", "DESCRIBE"} == next(
        permissions for key, permissions in _grants(dev).items() if key[1] == "raw"
    )


def test_dbt_reads_staged_tables_and_neither_candidates_nor_quarantine(dev):
    staged = {
        key[2]: value
        for key, value in _grants(dev).items()
        if key[0].startswith("Dbt") and key[1] == "staged"
    }

    assert set(staged) == {"airlines", "airports", "planes", "flights", "weather"}
    assert {"SELECT", "DESCRIBE"} == set().union(*staged.values())


def test_the_verdict_function_has_no_right_on_data_or_queries(dev):
    policies = [
        resource["Properties"]["PolicyDocument"]
        for (stack, logical_id), resource in dev.of_type("AWS::IAM::ManagedPolicy").items()
        if stack.endswith("-pipeline") and logical_id.startswith("PoliciesVerdict")
    ]

    assert len(policies) == 1
    assert not [
        word for word in ("athena:", "s3:", "glue:", "lakeformation:") if word in json.dumps(policies)
    ]


def test_functions_and_machine_wait_for_their_rights(dev):
    for kind in ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"):
        for (stack, _), resource in dev.of_type(kind).items():
            if stack.endswith("-pipeline"):
                assert any(name.startswith("Policies") for name in resource["DependsOn"])
