"""What a connector may do beside writing its topics: its own topics and groups, its schemas, its login."""

from __future__ import annotations

from data_platform.streaming import connector_rights, offsets_topic, own_names, place_rights

KEY = "arn:aws:kms:ap-southeast-2:111111111111:key/k"


def names(*, history=False):
    return own_names(
        "dp-dev-retail-capture-shop",
        source="shop",
        history=history,
        cluster="dp-dev-retail-stream",
        region="ap-southeast-2",
        account="111111111111",
    )


def rights(*, history=False):
    made = connector_rights(
        names(history=history), cluster_arn="arn:c", registry_arns=["arn:r"], secret_arn="arn:s", key_arn=KEY
    )
    return {each.sid: each for each in made}


def place(*, history=False):
    cluster = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/dp-dev-retail-stream/5a"
    return place_rights(cluster, "dp-dev-retail-capture-shop", history=history).resources


def test_no_topic_of_a_contract_is_among_its_own():
    topics = [arn.rsplit("/", 1)[-1] for arn in (*rights()["TellItsWorkers"].resources, *place())]

    assert topics
    assert all(topic.startswith("__amazon_msk_connect_") for topic in topics)


def test_its_own_topics_carry_its_name():
    topics = [arn.rsplit("/", 1)[-1] for arn in (*rights()["TellItsWorkers"].resources, *place())]

    assert all("dp-dev-retail-capture-shop" in topic for topic in topics)


def test_where_it_keeps_its_place_is_named_without_a_wildcard():
    assert place() == [
        "arn:aws:kafka:ap-southeast-2:111111111111:topic/dp-dev-retail-stream/5a/"
        + offsets_topic("dp-dev-retail-capture-shop")
    ]


def test_the_memory_of_tables_is_mysqls_alone():
    with_history = {*names(history=True), *place(history=True)} - {*names(), *place()}

    assert {arn.rsplit("/", 1)[-1] for arn in with_history} == {
        "__debezium_schema_history_dp-dev-retail-capture-shop",
        "dp_shop-schemahistory",
    }


def test_it_registers_schemas_and_makes_no_subject():
    actions = rights()["RegisterSchemas"].actions

    assert "glue:RegisterSchemaVersion" in actions
    assert "glue:CreateSchema" not in actions


def test_it_deletes_nothing():
    assert [action for each in rights().values() for action in each.actions if "Delete" in action] == []
