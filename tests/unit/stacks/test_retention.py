"""Whoever ends old rows may change every table that holds some."""

from __future__ import annotations

from data_platform.contracts.odcs import load_domains
from data_platform.contracts.table_kinds import kinds_of, table_name, zone_of
from tests.conftest import ROOT


def test_retention_may_change_every_table_of_curated_that_a_contract_makes(assembly):
    retail = next(each for each in load_domains(ROOT / "domains") if each.name == "retail")
    (template,) = (each for name, each in assembly.templates.items() if name.endswith("-retail-retention"))
    granted = {
        resource["Properties"]["Resource"]["Table"].get("Name")
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::LakeFormation::PrincipalPermissions"
        and "DELETE" in resource["Properties"]["Permissions"]
        and "Table" in resource["Properties"]["Resource"]
    }
    held = {
        table_name(dataset.name, kind)
        for dataset in retail.datasets
        for kind in kinds_of(dataset)
        if zone_of(kind) == "curated"
    }

    assert "web_requests_per_minute" in held
    assert granted == held
