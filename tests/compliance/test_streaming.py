"""Streaming on, on brokers of each kind: no finding, no wildcard, no acknowledgement more, nobody but who is named."""

from __future__ import annotations

import json
import re

import pytest
from test_templates import window_problems

from data_platform.access import boundary_statements
from data_platform.access.duties import DUTIES, REPLICATION, STREAMING

BROKERS = ("express", "standard", "serverless")
TOPICS = {f"retail.{each}.v1{end}" for each in ("customers", "order_items", "orders") for end in ("", ".dlq")}
# Beyond the first three each names something that only a deployment knows.
_CLUSTER_PART = re.compile(r"^arn:.*:(cluster|topic|group)$")


def own(assembly, part="streaming"):
    """The template of the domain's streaming alone, or of its loaders."""
    (name,) = (stack for stack in assembly.templates if stack.endswith(f"-retail-{part}"))
    return assembly.templates[name]


def of_type(assembly, kind, part="streaming"):
    return {
        key: each["Properties"]
        for key, each in own(assembly, part)["Resources"].items()
        if each["Type"] == kind
    }


def statements(assembly):
    """Name of the role and statement, of every policy of a role of the cluster and of what loads from it."""
    return [each for part in ("streaming", "load") for each in statements_of(assembly, part)]


def statements_of(assembly, part):
    roles = {key: each["RoleName"] for key, each in of_type(assembly, "AWS::IAM::Role", part).items()}
    return [
        (roles[role["Ref"]] if role else policy.get("ManagedPolicyName"), statement)
        for policy in of_type(assembly, "AWS::IAM::ManagedPolicy", part).values()
        for role in policy.get(
            "Roles", [None]
        )  # a loader's policy is called as its role, which is in another stack
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def listed(value):
    return value if isinstance(value, list) else [value]


def test_it_synthesises(streaming):
    assert streaming.failure == ""


def test_no_finding_is_open(streaming):
    assert [
        f"{finding['ruleName']} {place['constructPath']}: {finding['description']}"
        for finding in streaming.findings()
        for place in finding["violatingConstructs"]
    ] == []


def test_no_pack_crashed(streaming):
    assert [
        plugin["pluginName"]
        for plugin in streaming.report["pluginReports"]
        if (plugin.get("metadata") or {}).get("error")
    ] == []


def test_cfn_lint_accepts_the_stack(cfn_lint, streaming):
    assert [
        f"{match.rule.id} {match.message}"
        for part in ("streaming", "load")
        for match in cfn_lint(own(streaming, part))
    ] == []


def test_every_alarm_has_a_window_that_cloudwatch_accepts(streaming):
    alarms = {
        name: each
        for part in ("streaming", "load")
        for name, each in of_type(streaming, "AWS::CloudWatch::Alarm", part).items()
    }

    assert alarms
    assert [
        problem for name, properties in alarms.items() for problem in window_problems(name, properties)
    ] == []


def test_streaming_needs_no_acknowledgement(streaming):
    assert [path for path, _ in streaming.acknowledgements if "/RetailStreaming/" in path] == []


def test_no_right_of_the_stack_has_a_wildcard_but_a_datasets_files(streaming):
    named = [
        text
        for _, statement in statements(streaming)
        for text in (*listed(statement["Action"]), *map(json.dumps, listed(statement["Resource"])))
    ]

    assert named
    wild = [text for text in named if "*" in text]
    assert len(wild) == 1
    assert "-retail-raw-" in wild[0]
    assert wild[0].endswith('/${aws:PrincipalTag/dataset}/*"')


def test_the_boundary_knows_every_action_of_the_stack_and_no_other(streaming_of):
    used = {
        action
        for broker in BROKERS
        for _, statement in statements(streaming_of(broker))
        for action in listed(statement["Action"])
    }

    assert used - DUTIES | {"glue:GetSchemaVersion"} == STREAMING


def test_a_role_of_the_stack_can_do_what_its_policies_say(streaming):
    (boundary,) = (
        each["Properties"]["PolicyDocument"]["Statement"][0]["Action"]
        for (stack, _), each in streaming.of_type("AWS::IAM::ManagedPolicy").items()
        if stack.endswith("-boundary")
    )

    assert {action for _, each in statements(streaming) for action in listed(each["Action"])} <= set(boundary)


def test_the_boundary_of_everything_at_once_fits_into_a_policy():
    # RoleBoundary refuses what IAM would: this is the widest that an environment can have.
    document = [
        each.to_json()
        for each in boundary_statements(
            ["ap-southeast-2", "ap-southeast-4", "us-east-1"], replicates=True, streams=True
        )
    ]

    assert len(json.dumps({"Version": "2012-10-17", "Statement": document}, separators=(",", ":"))) <= 6144
    assert not (STREAMING & (DUTIES | REPLICATION)) - {"glue:GetSchemaVersion"}


@pytest.mark.parametrize("broker", ["express", "standard"])
def test_every_topic_is_kept_and_made_after_the_one_before(streaming_of, broker):
    resources = own(streaming_of(broker))["Resources"]
    topics = {key: each for key, each in resources.items() if each["Type"] == "AWS::MSK::Topic"}
    chained = [
        [other for other in listed(each.get("DependsOn", [])) if other in topics] for each in topics.values()
    ]

    assert {each["Properties"]["TopicName"] for each in topics.values()} == TOPICS
    assert {(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in topics.values()} == {
        ("Retain", "Retain")
    }
    assert sorted(map(len, chained)) == [0] + [1] * (len(topics) - 1)
    assert len({tuple(each) for each in chained}) == len(topics)


def test_serverless_says_which_topics_to_make_by_hand(streaming_of):
    told = {
        each["Value"].split()[1]
        for each in own(streaming_of("serverless"))["Outputs"].values()
        if str(each["Value"]).startswith("--topic ")
    }

    assert told == TOPICS


def test_a_topic_is_written_and_read_by_whom_the_cluster_policy_names_and_nobody_else(streaming_of):
    assembly = streaming_of("express")
    (policy,) = of_type(assembly, "AWS::MSK::ClusterPolicy").values()
    spared = {}
    for statement in policy["Policy"]["Statement"]:
        for action in listed(statement["Action"]):
            for arn in listed(statement["Resource"]):
                topic = arn["Fn::Join"][1][-1].rsplit("/", 1)[-1]
                allowed = statement.get("Condition", {}).get("ArnNotEquals", {}).get("aws:PrincipalArn", [])
                spared[action.split(":")[1], topic] = {each.rsplit("/", 1)[-1] for each in listed(allowed)}
    prefix = "dp-express-retail"

    assert {each["Effect"] for each in policy["Policy"]["Statement"]} == {"Deny"}
    assert spared["WriteData", "retail.orders.v1"] == {f"{prefix}-capture-shop", f"{prefix}-replay"}
    assert spared["WriteData", "retail.order_items.v1"] == {
        f"{prefix}-produce-order_items",
        f"{prefix}-replay",
    }
    assert spared["ReadData", "retail.orders.v1"] == {f"{prefix}-load-orders", f"{prefix}-replay"}
    assert spared["WriteData", "retail.orders.v1.dlq"] == {f"{prefix}-load-orders"}
    assert spared["ReadData", "retail.orders.v1.dlq"] == {f"{prefix}-load-orders", f"{prefix}-replay"}
    assert spared["DeleteTopic", "retail.*"] == set()
    assert spared["CreateTopic", "retail.*"] == {"cdk-hnb659fds-cfn-exec-role-333333333333-ap-southeast-2"}


@pytest.mark.parametrize("action", ["WriteData", "ReadData"])
def test_who_has_the_right_on_a_topic_is_spared_by_the_cluster_policy(streaming_of, action):
    """The two locks say the same: a role's own policy and the cluster's."""
    assembly = streaming_of("express")
    given = {
        (role, arn["Fn::Join"][1][-1].rsplit("/", 1)[-1])
        for role, statement in statements(assembly)
        if f"kafka-cluster:{action}" in listed(statement["Action"])
        for arn in listed(statement["Resource"])
        if not arn["Fn::Join"][1][-1].rsplit("/", 1)[-1].startswith("__")  # what Connect makes for itself
    }
    (policy,) = of_type(assembly, "AWS::MSK::ClusterPolicy").values()
    spared = {
        (who.rsplit("/", 1)[-1], arn["Fn::Join"][1][-1].rsplit("/", 1)[-1])
        for statement in policy["Policy"]["Statement"]
        if statement["Action"] == f"kafka-cluster:{action}" and "Condition" in statement
        for who in listed(statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"])
        for arn in listed(statement["Resource"])
    }

    assert given == spared


@pytest.mark.parametrize("broker", ["express", "standard"])
def test_the_domains_key_is_there_for_brokers(streaming_of, broker):
    assembly = streaming_of(broker)
    (cluster,) = of_type(assembly, "AWS::MSK::Cluster").values()
    used = cluster["EncryptionInfo"]["EncryptionAtRest"]["DataVolumeKMSKeyId"]["Fn::GetStackOutput"]
    sids = {
        statement["Sid"]
        for (stack, _), key in assembly.of_type("AWS::KMS::Key").items()
        if stack == used["StackName"]
        for statement in key["Properties"]["KeyPolicy"]["Statement"]
    }

    assert used["StackName"].endswith("-retail-lake")
    assert {"ResourcesOfKafka", "GrantsToKafka"} <= sids


def test_clients_reach_the_control_plane_of_kafka_from_inside_the_network(streaming):
    services = {
        each["Properties"]["ServiceName"].rsplit(".", 1)[-1]
        for each in streaming.of_type("AWS::EC2::VPCEndpoint").values()
        if isinstance(each["Properties"]["ServiceName"], str)
    }

    assert {"athena", "glue", "kafka", "lambda", "sts"} <= services


def test_only_tasks_and_the_pollers_in_its_own_group_come_in_and_only_at_the_port_of_iam(streaming):
    ((key, group),) = of_type(streaming, "AWS::EC2::SecurityGroup").items()
    own_group = {"Fn::GetAtt": [key, "GroupId"]}
    rules = [
        rule
        for rule in of_type(streaming, "AWS::EC2::SecurityGroupIngress").values()
        if rule["GroupId"] == own_group
    ]

    assert [(rule["FromPort"], rule["ToPort"]) for rule in rules] == [(9098, 9098)] * 2
    assert [rule["SourceSecurityGroupId"] == own_group for rule in rules].count(True) == 1
    assert "SecurityGroupIngress" not in group


def test_pollers_go_out_to_brokers_and_to_endpoints_and_nowhere_else(streaming):
    (key,) = of_type(streaming, "AWS::EC2::SecurityGroup")
    rules = [
        rule
        for rule in of_type(streaming, "AWS::EC2::SecurityGroupEgress").values()
        if rule["GroupId"] == {"Fn::GetAtt": [key, "GroupId"]}
    ]

    assert sorted(rule["ToPort"] for rule in rules) == [443, 9098]
    assert all("DestinationSecurityGroupId" in rule for rule in rules)


def test_off_costs_nothing_and_keeps_the_schemas(streaming_of):
    assembly = streaming_of("off")
    kinds = {each["Type"] for each in own(assembly)["Resources"].values()}
    services = json.dumps(list(assembly.of_type("AWS::EC2::VPCEndpoint").values()))

    assert assembly.failure == ""
    assert assembly.findings() == []
    assert kinds == {"AWS::Glue::Registry", "AWS::Glue::Schema", "AWS::Glue::SchemaVersion"}
    assert ".kafka" not in services


def test_the_dashboard_of_the_domain_has_a_row_for_the_cluster(streaming):
    (board,) = (
        each["Properties"]["DashboardBody"]
        for (stack, _), each in streaming.of_type("AWS::CloudWatch::Dashboard").items()
        if stack.endswith("-retail-pipeline")
    )

    assert re.search(r"\*\*dp-\w+-retail-stream\*\*: Kafka", str(board))
