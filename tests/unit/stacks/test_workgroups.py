"""Each duty that asks Athena has a workgroup, a place for results and a tag; the audit keeps the queries of all."""

from __future__ import annotations


def _all(assembly, kind):
    return [
        resource["Properties"]
        for template in assembly.templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


def _workgroups(assembly):
    """Workgroups of domains: name and settings."""
    return {
        each["Name"]: each["WorkGroupConfiguration"]
        for each in _all(assembly, "AWS::Athena::WorkGroup")
        if not each["Name"].endswith("-audit")
    }


def _tagged(assembly):
    """Roles that say their duty: name and duty."""
    return {
        role["RoleName"]: tag["Value"]
        for role in _all(assembly, "AWS::IAM::Role")
        for tag in role.get("Tags", [])
        if tag["Key"] == "duty"
    }


def test_each_duty_finds_its_workgroup_and_each_workgroup_is_of_a_duty(assembly):
    wanted = {
        f"dp-{assembly.environment}-{name.split('-')[2]}-{duty}" for name, duty in _tagged(assembly).items()
    }
    assert wanted == set(_workgroups(assembly))


def test_no_two_workgroups_have_a_place_in_common(assembly):
    places = {
        name: group["ResultConfiguration"]["OutputLocation"] for name, group in _workgroups(assembly).items()
    }
    assert len(set(places.values())) == len(places)
    assert all(place.endswith(f"/athena-results/{name.split('-', 3)[3]}/") for name, place in places.items())


def test_only_who_is_elevated_names_the_place(assembly):
    free = {
        name for name, group in _workgroups(assembly).items() if not group["EnforceWorkGroupConfiguration"]
    }
    assert free == {name for name in _workgroups(assembly) if name.endswith("-elevated")}


def test_a_person_has_the_duty_of_the_roles_name_and_only_runs_and_loaders_share_one(assembly):
    for name, duty in _tagged(assembly).items():
        own = name.split("-", 3)[3]
        shared = "load" if own.startswith("load-") else own
        assert duty == ("run" if own in ("dbt", "pipeline", "retention") else shared)


def test_the_audit_keeps_the_queries_of_every_workgroup(assembly):
    (rule,) = (
        each
        for each in _all(assembly, "AWS::Events::Rule")
        if each.get("Name") == f"dp-{assembly.environment}-query-history"
    )
    kept = set(rule["EventPattern"]["detail"]["workgroupName"])
    assert kept == {*_workgroups(assembly), f"dp-{assembly.environment}-audit"}
