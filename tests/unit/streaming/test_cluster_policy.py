"""The cluster's own policy: it allows nothing, spares who is named, and is refused before MSK would refuse it."""

from __future__ import annotations

import pytest

from data_platform.streaming import ClusterPolicy, ClusterPolicyTooLargeError, TopicAccess

CLUSTER = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/c/1"
ROLE = "arn:aws:iam::111111111111:role/"


def statements(stack, access, makers=(f"{ROLE}deploys",)):
    made = ClusterPolicy(stack, "Policy", cluster_arn=CLUSTER, prefix="retail.", access=access, makers=makers)
    return {each["Sid"]: each for each in stack.resolve(made.resource.policy)["Statement"]}


def access(topic, writer, *readers):
    return TopicAccess(topic=topic, writers=(f"{ROLE}{writer}",), readers=tuple(map(ROLE.__add__, readers)))


def test_it_only_refuses(stack):
    made = statements(stack, [access("a", "w", "r")])

    assert {each["Effect"] for each in made.values()} == {"Deny"}
    assert {str(each["Principal"]) for each in made.values()} == {"*"}


def test_only_the_writer_of_a_topic_is_spared_from_the_refusal_to_write(stack):
    only = statements(stack, [access("a", "w", "r")])["OnlyWriters1"]

    assert only["Action"] == "kafka-cluster:WriteData"
    assert only["Resource"].endswith(":topic/c/1/a")
    assert only["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [f"{ROLE}w"]}}


def test_what_nobody_may_read_spares_nobody(stack):
    assert "Condition" not in statements(stack, [access("a.dlq", "w")])["OnlyReaders1"]


def test_topics_of_the_same_writer_share_a_statement(stack):
    made = statements(stack, [access("a", "w", "r1"), access("b", "w", "r2")])

    assert [sid for sid in made if sid.startswith("OnlyWriters")] == ["OnlyWriters1"]
    assert [sid for sid in made if sid.startswith("OnlyReaders")] == ["OnlyReaders1", "OnlyReaders2"]


def test_nobody_at_all_deletes_a_topic(stack):
    never = statements(stack, [access("a", "w", "r")])["NobodyDeletes"]

    assert never["Action"] == "kafka-cluster:DeleteTopic"
    assert never["Resource"].endswith(":topic/c/1/retail.*")
    assert "Condition" not in never


def test_topics_are_made_by_the_deployment_alone(stack):
    makers = statements(stack, [access("a", "w", "r")])["OnlyMakers"]

    assert makers["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [f"{ROLE}deploys"]}}
    assert "kafka-cluster:CreateTopic" in makers["Action"]
    # MSK Connect makes topics of its own beside these.
    assert not "__amazon_msk_connect_offsets".startswith(makers["Resource"].rsplit("/", 1)[-1][:-1])


def test_a_policy_that_msk_would_refuse_is_refused_at_synth(stack):
    many = [access(f"retail.dataset_{number}.v1", f"w{number}", f"r{number}") for number in range(60)]

    with pytest.raises(ClusterPolicyTooLargeError, match=r"MSK takes 20,480\. Mend: "):
        statements(stack, many)
