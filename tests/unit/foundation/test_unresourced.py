"""Actions without resources stand in one place, each bound by what can bind it."""

from __future__ import annotations

import pytest
from aws_cdk import assertions
from aws_cdk import aws_ecs as ecs

from data_platform.foundation import UnresourcedActions

CLUSTER = "arn:aws:ecs:ap-southeast-2:111111111111:cluster/dp-dev"


@pytest.fixture
def statements(stack):
    cluster = ecs.Cluster.from_cluster_arn(stack, "Cluster", CLUSTER)
    UnresourcedActions(stack, "Shared", name_prefix="dp-dev", figures="DataPlatform", cluster=cluster)
    policies = assertions.Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    return {
        policy["Properties"]["ManagedPolicyName"]: policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in policies
    }


def _of(statements, policy, action):
    (found,) = (s for s in statements[policy] if action in s["Action"])
    return found


def test_tasks_are_watched_and_stopped_in_one_cluster_only(statements):
    found = _of(statements, "dp-dev-machine", "ecs:StopTask")
    assert found["Condition"] == {"ArnEquals": {"ecs:cluster": CLUSTER}}


def test_figures_go_to_one_namespace_only(statements):
    found = _of(statements, "dp-dev-machine", "cloudwatch:PutMetricData")
    assert found["Condition"] == {"StringEquals": {"cloudwatch:namespace": "DataPlatform"}}


def test_every_action_is_spelt_out(statements):
    actions = [
        a for policy in statements.values() for s in policy for a in [s["Action"]] if isinstance(a, str)
    ]
    listed = [
        a
        for policy in statements.values()
        for s in policy
        if isinstance(s["Action"], list)
        for a in s["Action"]
    ]
    assert not any("*" in action for action in [*actions, *listed])


def test_a_function_has_none_of_the_rights_of_a_machine(statements):
    assert "logs:PutResourcePolicy" not in str(statements["dp-dev-function"])
