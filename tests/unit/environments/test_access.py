"""Settings of access for a time that would open a door are refused."""

from __future__ import annotations

import dataclasses

import pytest

from environments import DEV, ENVIRONMENTS, LOCAL, InvalidEnvironment
from environments.access import AccessSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"just_in_time": "yes"},
        {"most_hours": 0},
        {"most_hours": 169},
        {"approval_hours": 0},
        {"least_seconds": 0},
        {"identity_provider": "anybody"},
        {"regions": ("*",)},
        {"regions": "ap-southeast-2"},
    ],
    ids=str,
)
def test_a_setting_outside_its_bounds_is_refused_with_what_is_allowed(wrong):
    with pytest.raises(InvalidEnvironment, match="Allowed: "):
        AccessSettings(**{"just_in_time": True, "most_hours": 8, "approval_hours": 24, **wrong})


def test_no_account_of_aws_gets_the_role_that_believes_whoever_it_is_told():
    with pytest.raises(InvalidEnvironment, match="identity_provider"):
        dataclasses.replace(DEV, access=LOCAL.access)


def test_every_environment_can_act_in_its_own_region():
    assert all(each.region in each.access.regions for each in ENVIRONMENTS)
