"""Databases and the bastion to them: what a setting may be, and that a wrong one is refused by field."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import DEV, ENVIRONMENTS, LOCAL, PROD, InvalidEnvironment, settings_of
from environments.databases import WIDEST_ENTRANCE
from environments.model import BastionSettings, DatabaseSettings, ExistingNetwork, ExtractorSettings

SHOP = DEV.databases[0]
EXISTING = ExistingNetwork(
    vpc_id="vpc-0a1b2c3d4e5f60718",
    cidr="10.0.0.0/16",
    availability_zones=("ap-southeast-2a", "ap-southeast-2b"),
    subnet_ids=("subnet-0a1b2c3d", "subnet-0b2c3d4e"),
    route_table_ids=("rtb-0a1b2c3d", "rtb-0b2c3d4e"),
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Shop"),
        ("name", "the-shop"),
        ("domain", ""),
        ("database", "s" * 16),
        ("engine", "oracle"),
        ("version", "12.1"),
        ("version", "8.4.5"),
        ("instance_class", "t4g.medium"),
        ("storage_gib", 19),
        ("storage_gib", True),
        ("most_storage_gib", 10),
        ("multi_az", "yes"),
        ("backup_days", 0),
        ("backup_days", 36),
        ("insights_days", 8),
        ("backup_window", "4pm-5pm"),
        ("maintenance_window", "16:00-17:00"),
        ("dms_certificate_arn", "arn:aws:acm:ap-southeast-2:111111111111:certificate/x"),
        ("dms_certificate_arn", ""),
        ("maintenance_window", "sunday:17:00-sunday:18:00"),
    ],
)
def test_a_wrong_setting_of_a_database_is_refused_with_its_field_and_a_mend(field, value):
    with pytest.raises(InvalidEnvironment, match=rf"DatabaseSettings\..*{field}.* is .*Allowed: .*Mend: "):
        dataclasses.replace(SHOP, **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_tag", "latest"),
        ("memory_mib", 100),
        ("workers", 0),
        ("connections", 2),
        ("concurrency", 9),
        ("statement_seconds", 0),
        ("rows_per_second", -1),
        ("busy_minutes", 0),
    ],
)
def test_a_wrong_setting_of_an_extractor_is_refused_with_its_field_and_a_mend(field, value):
    with pytest.raises(InvalidEnvironment, match=rf"ExtractorSettings\.{field} is .*Allowed: .*Mend: "):
        dataclasses.replace(SHOP.extractor, **{field: value})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"mode": "vpn"}, "mode"),
        ({"mode": "ssh"}, "allowed_cidrs"),
        ({"mode": "ssm", "allowed_cidrs": ("203.0.113.0/24",)}, "allowed_cidrs"),
        ({"mode": "ssh", "allowed_cidrs": ("0.0.0.0/0",)}, "allowed_cidrs"),
        ({"mode": "ssh", "allowed_cidrs": ("10.0.0.0/8",)}, "allowed_cidrs"),
        ({"mode": "ssh", "allowed_cidrs": ("203.0.113.7/24",)}, "allowed_cidrs"),
        ({"mode": "ssh", "allowed_cidrs": ("somewhere",)}, "allowed_cidrs"),
        ({"mode": "ssh", "allowed_cidrs": ["203.0.113.0/24"]}, "allowed_cidrs"),
        ({"mode": "ssm", "instance_class": "t3.nano"}, "instance_class"),
        ({"mode": "ssm", "idle_minutes": 1}, "idle_minutes"),
        ({"mode": "ssm", "key_version": 0}, "key_version"),
        ({"mode": "ssm", "key_version": "2"}, "key_version"),
        ({"mode": "ssm", "stop_at": "7 pm"}, "stop_at"),
        ({"mode": "ssm", "stop_at": "24:00"}, "stop_at"),
    ],
)
def test_a_wrong_bastion_is_refused_with_its_field_and_a_mend(settings, field):
    with pytest.raises(InvalidEnvironment, match=rf"BastionSettings\.{field} is .*Allowed: .*Mend: "):
        BastionSettings(**settings)


@given(st.integers(0, WIDEST_ENTRANCE - 1))
def test_no_range_that_is_wider_than_an_office_may_come_in(length):
    with pytest.raises(InvalidEnvironment):
        BastionSettings(mode="ssh", allowed_cidrs=(f"0.0.0.0/{length}",))


def test_two_databases_of_one_name_are_refused():
    with pytest.raises(InvalidEnvironment, match=r"Environment\.databases is \['shop', 'shop'\]"):
        dataclasses.replace(DEV, databases=(SHOP, SHOP))


def test_a_bastion_with_a_public_address_needs_public_subnets_of_an_existing_network():
    with pytest.raises(InvalidEnvironment, match=r"BastionSettings\.mode is 'ssh'.*public_subnet_ids"):
        dataclasses.replace(LOCAL, network=EXISTING)
    public = dataclasses.replace(EXISTING, public_subnet_ids=("subnet-0c1d2e3f", "subnet-0d1e2f3a"))
    assert dataclasses.replace(LOCAL, network=public).bastion == LOCAL.bastion


def test_an_existing_network_names_as_many_public_subnets_as_zones():
    with pytest.raises(InvalidEnvironment, match=r"ExistingNetwork\.public_subnet_ids"):
        dataclasses.replace(EXISTING, public_subnet_ids=("subnet-0b1c2d3e",))


def test_databases_need_subnets_in_two_zones():
    one = ExistingNetwork(
        vpc_id="vpc-0a1b2c3d4e5f60718",
        cidr="10.0.0.0/16",
        availability_zones=("ap-southeast-2a",),
        subnet_ids=("subnet-0a1b2c3d",),
        route_table_ids=("rtb-0a1b2c3d",),
    )
    with pytest.raises(InvalidEnvironment, match=r"ExistingNetwork\.subnet_ids .*two zones"):
        dataclasses.replace(DEV, network=one)
    assert dataclasses.replace(DEV, network=one, databases=()).databases == ()


def test_a_domain_knows_its_databases():
    assert [each.name for each in DEV.databases_of("retail")] == ["shop"]
    assert DEV.databases_of("aviation") == ()


def test_production_survives_the_outage_of_a_zone_and_takes_nobody_from_outside():
    assert all(each.multi_az and each.backup_days == 35 for each in PROD.databases)
    assert PROD.bastion.mode == "ssm"


def test_only_the_laptop_has_a_bastion_with_an_address():
    assert {each.name: each.bastion.mode for each in ENVIRONMENTS} == {
        "dev": "ssm",
        "staging": "ssm",
        "prod": "ssm",
        "local": "ssh",
    }


def test_a_database_is_shown_by_its_name():
    assert settings_of(DEV)["databases.shop.extractor.workers"] == 2


def test_mysql_is_an_engine_too():
    assert (
        DatabaseSettings(
            name="till",
            domain="retail",
            engine="mysql",
            version="8.4.5",
            database="till",
            instance_class="db.m7g.large",
            storage_gib=50,
            most_storage_gib=50,
            multi_az=True,
            backup_days=7,
            extractor=ExtractorSettings(image_tag="0.1.0", cpu=512, memory_mib=1024),
        ).engine
        == "mysql"
    )
