from __future__ import annotations

import dataclasses

import pytest

from environments import DEV, ENVIRONMENTS, LOCAL, PROD, InvalidEnvironment
from environments.model import AlarmSettings, ExistingNetwork, NewNetwork, ProcessingSettings, StorageSettings

EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.0.0.0/16",
    "availability_zones": ("ap-southeast-2a",),
    "subnet_ids": ("subnet-0a1b2c3d",),
    "route_table_ids": ("rtb-0a1b2c3d",),
}


def test_environments_have_names_and_accounts_of_their_own():
    assert len({each.name for each in ENVIRONMENTS}) == len(ENVIRONMENTS)
    assert len({each.account for each in ENVIRONMENTS}) == len(ENVIRONMENTS)


def test_production_keeps_data_and_refuses_deletion():
    assert (PROD.removal, PROD.termination_protection) == ("retain", True)


def test_an_environment_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEV.name = "other"


def test_tags_cannot_be_changed():
    with pytest.raises(TypeError):
        DEV.tags["owner"] = "somebody"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Dev"),
        ("name", "d"),
        ("name", "development"),
        ("organisation", "my-org"),
        ("account", "12345"),
        ("account", 111111111111),
        ("region", "sydney"),
        ("availability_zones", ("us-east-1a",)),
        ("availability_zones", ("ap-southeast-2a",)),
        ("availability_zones", ["ap-southeast-2a", "ap-southeast-2b"]),
        ("removal", "delete"),
        ("tags", {"owner": ""}),
        ("tags", {"owner": 1}),
    ],
)
def test_a_wrong_value_is_refused_with_its_field_and_a_mend(field, value):
    with pytest.raises(InvalidEnvironment, match=rf"Environment\.{field} is .*Allowed: .*Mend: "):
        dataclasses.replace(DEV, **{field: value})


def test_a_refusal_names_the_file_and_line_that_wrote_the_value():
    with pytest.raises(InvalidEnvironment, match=r"^environments/test_model\.py:\d+: "):
        dataclasses.replace(DEV, account="1")


def test_a_protected_environment_may_not_destroy_its_data():
    with pytest.raises(InvalidEnvironment, match="termination_protection"):
        dataclasses.replace(PROD, removal="destroy")


def test_what_nobody_can_delete_may_not_be_marked_for_destruction():
    locked = dataclasses.replace(LOCAL.storage, object_lock_mode="COMPLIANCE")
    with pytest.raises(InvalidEnvironment, match="COMPLIANCE"):
        dataclasses.replace(LOCAL, storage=locked)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: dataclasses.replace(DEV.storage, object_lock_mode="governance"), "object_lock_mode"),
        (lambda: dataclasses.replace(DEV.storage, noncurrent_days=0), "noncurrent_days"),
        (lambda: dataclasses.replace(DEV.storage, sandbox_expire_days=True), "sandbox_expire_days"),
        (lambda: dataclasses.replace(DEV.network, cidr="8.8.0.0/16"), "cidr"),
        (lambda: dataclasses.replace(DEV.network, cidr="10.0.0.1/16"), "cidr"),
        (lambda: dataclasses.replace(DEV.network, cidr="10.0.0.0/8"), "cidr"),
        (lambda: dataclasses.replace(DEV.network, zones=1), "zones"),
        (lambda: dataclasses.replace(DEV.network, interface_endpoints=("athna",)), "interface_endpoints"),
        (lambda: dataclasses.replace(DEV.network, flow_log_days=31), "flow_log_days"),
        (lambda: dataclasses.replace(DEV.catalog, lake_formation="Create"), "lake_formation"),
        (lambda: dataclasses.replace(DEV.catalog, admin_role_arns=("admin",)), "admin_role_arns"),
        (lambda: dataclasses.replace(DEV.catalog, bytes_scanned_cutoff=1), "bytes_scanned_cutoff"),
        (lambda: dataclasses.replace(DEV.processing, dbt_cpu=512, dbt_memory_mib=8192), "dbt_memory_mib"),
        (lambda: dataclasses.replace(DEV.processing, dbt_image_tag="latest"), "dbt_image_tag"),
        (lambda: dataclasses.replace(DEV.processing, run_timeout_minutes=1), "run_timeout_minutes"),
        (lambda: dataclasses.replace(DEV.processing, schedule_enabled="yes"), "schedule_enabled"),
        (lambda: dataclasses.replace(DEV.processing, max_concurrency=0), "max_concurrency"),
        (lambda: AlarmSettings(page_emails=("nobody",), ticket_emails=()), "page_emails"),
        (lambda: AlarmSettings(page_emails="on-call@example.com", ticket_emails=()), "page_emails"),
        (lambda: ExistingNetwork(**{**EXISTING, "vpc_id": "my-vpc"}), "vpc_id"),
        (lambda: ExistingNetwork(**{**EXISTING, "subnet_ids": ()}), "subnet_ids"),
        (lambda: ExistingNetwork(**{**EXISTING, "route_table_ids": ("rtb-1",)}), "route_table_ids"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_field(made, field):
    with pytest.raises(InvalidEnvironment, match=rf"\.{field}\b.*Mend: "):
        made()


def test_an_existing_network_in_a_foreign_zone_is_refused():
    network = ExistingNetwork(**{**EXISTING, "availability_zones": ("us-east-1a",)})
    with pytest.raises(InvalidEnvironment, match=r"ExistingNetwork\.availability_zones"):
        dataclasses.replace(DEV, network=network)


def test_an_existing_network_takes_the_place_of_a_new_one():
    environment = dataclasses.replace(DEV, network=ExistingNetwork(**EXISTING), databases=())

    assert environment.network.vpc_id == EXISTING["vpc_id"]


def test_settings_take_keywords_only():
    for kind in (StorageSettings, NewNetwork, ProcessingSettings, AlarmSettings):
        with pytest.raises(TypeError):
            kind(1)
