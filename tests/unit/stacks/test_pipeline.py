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


def _grants(assembly, duty):
    """Permissions of a role of the runs by what they are on: a named table, or tables with a tag `zone`."""
    found = {}
    for (stack, _), grant in assembly.of_type("AWS::LakeFormation::PrincipalPermissions").items():
        properties = grant["Properties"]
        role = properties["Principal"]["DataLakePrincipalIdentifier"]["Fn::GetAtt"][0]
        if not stack.endswith("-aviation-pipeline") or not role.startswith(f"Roles{duty}"):
            continue
        ((kind, resource),) = properties["Resource"].items()
        if kind == "Table":
            found[resource["DatabaseName"].rsplit("_", 1)[-1], resource["Name"]] = properties["Permissions"]
        if kind == "LFTagPolicy" and resource["ResourceType"] == "TABLE":
            terms = {term["TagKey"].rsplit("-", 1)[-1]: term["TagValues"] for term in resource["Expression"]}
            assert terms["domain"] == ["aviation"]
            found |= dict.fromkeys(terms["zone"], properties["Permissions"])
    return found


def test_the_pipeline_changes_contract_tables_of_curated_and_no_model_of_dbt(dev):
    grants = _grants(dev, "Pipeline")

    assert "curated" not in grants
    assert {key[1] for key in grants if key[0] == "curated"} == {
        "airlines", "airports", "planes", "flights", "weather",
    }  # fmt: skip


def test_the_pipeline_only_reads_raw(dev):
    assert _grants(dev, "Pipeline")["raw"] == ["SELECT", "DESCRIBE"]


def test_the_pipeline_writes_candidates_quarantine_and_staged(dev):
    grants = _grants(dev, "Pipeline")

    assert all("INSERT" in grants[zone] for zone in ("candidate", "quarantine", "staged"))


def test_dbt_reads_staged_tables_and_neither_candidates_nor_quarantine(dev):
    assert _grants(dev, "Dbt") == {"staged": ["SELECT", "DESCRIBE"]}


def test_the_verdict_function_has_no_right_on_data_or_queries(dev):
    policies = [
        resource["Properties"]["PolicyDocument"]
        for (stack, logical_id), resource in dev.of_type("AWS::IAM::ManagedPolicy").items()
        if stack.endswith("-aviation-pipeline") and logical_id.startswith("PoliciesVerdict")
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
