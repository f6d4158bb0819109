"""LF-tags decide by column: columns inherit from their table, tables from their database, a tag of their own wins."""

from __future__ import annotations

import pytest

from tests.unit.local.lakeformation.conftest import by_tag

ALL = ["id", "name", "state", "born", "paid", "year"]


def test_a_grant_by_tag_on_the_database_reaches_every_column_below(place):
    key = place.key("low", "high")
    place.tag(key, "low", database=True)
    place.grant(by_tag(**{key: ["low"]}), "SELECT")
    assert place.columns() == ALL


def test_a_columns_own_tag_takes_it_out_of_the_grant(place):
    key = place.key("low", "high")
    place.tag(key, "low")
    place.tag(key, "high", "name", "born")
    place.grant(by_tag(**{key: ["low"]}), "SELECT")
    assert place.columns() == ["id", "state", "paid", "year"]


def test_a_columns_own_tag_brings_it_in_where_the_table_is_out(place):
    key = place.key("low", "high")
    place.tag(key, "high")
    place.tag(key, "low", "id", "year")
    place.grant(by_tag(**{key: ["low"]}), "SELECT", "DESCRIBE", "INSERT")
    assert place.columns() == ["id", "year"]
    reason = place.refusal(
        place.glue.update_table,
        DatabaseName=place.database,
        TableInput={"Name": "people", "Description": "x"},
    )
    assert "Required Alter on people" in reason


def test_a_tag_that_is_taken_away_lets_the_inherited_one_hold_again(place):
    key = place.key("low", "high")
    place.tag(key, "low")
    place.tag(key, "high", "name")
    place.grant(by_tag(**{key: ["low"]}), "SELECT")
    place.untag(key, "low", "name")  # it does not carry that value: nothing happens
    assert "name" not in place.columns()
    place.untag(key, "high", "name")
    assert "name" in place.columns()


def test_a_value_that_is_deleted_goes_from_what_carries_it(place):
    key = place.key("low", "high")
    place.tag(key, "low")
    place.tag(key, "high", "name")
    place.grant(by_tag(**{key: ["low"]}), "SELECT")
    place.lake.update_lf_tag(TagKey=key, TagValuesToDelete=["high"])
    assert place.columns() == ALL


def test_all_terms_of_an_expression_must_hold_and_one_value_of_each(place):
    key, zone = place.key("low", "mid", "high"), place.key("a", "b")
    place.tag(key, "mid")
    place.tag(zone, "a", database=True)
    place.tag(zone, "b", "state")
    place.grant(by_tag(**{key: ["low", "mid"], zone: ["a"]}), "SELECT")
    assert place.columns() == ["id", "name", "born", "paid", "year"]


def test_a_grant_by_tag_on_tables_does_not_show_their_database(place):
    key = place.key("low")
    place.tag(key, "low", database=True)
    place.grant(by_tag(**{key: ["low"]}), "SELECT")
    assert "Required Describe" in place.refusal(place.glue.get_database, Name=place.database)
    place.grant(
        {"LFTagPolicy": {"ResourceType": "DATABASE", "Expression": [{"TagKey": key, "TagValues": ["low"]}]}},
        "DESCRIBE",
    )
    assert place.glue.get_database(Name=place.database)["Database"]["Name"] == place.database


def test_a_saved_expression_is_looked_up_at_each_decision(place):
    key = place.key("low", "high")
    place.tag(key, "low")
    name = f"expression-{place.database}"
    place.lake.create_lf_tag_expression(Name=name, Expression=[{"TagKey": key, "TagValues": ["low"]}])
    place.grant({"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": name}}, "SELECT")
    assert place.columns() == ALL
    place.lake.update_lf_tag_expression(Name=name, Expression=[{"TagKey": key, "TagValues": ["high"]}])
    assert "Insufficient" in place.refusal(place.columns)
    assert name in [found["Name"] for found in place.lake.list_lf_tag_expressions()["LFTagExpressions"]]
    place.lake.delete_lf_tag_expression(Name=name)
    assert "does not exist" in place.refusal(place.lake.get_lf_tag_expression, Name=name)


def test_the_tags_of_a_resource_are_told_with_and_without_inheritance(place):
    key = place.key("low", "high")
    place.tag(key, "low", database=True)
    place.tag(key, "high", "name")
    told = place.lake.get_resource_lf_tags(Resource=place.resource())
    assert told["LFTagOnDatabase"][0]["TagValues"] == told["LFTagsOnTable"][0]["TagValues"] == ["low"]
    values = {column["Name"]: column["LFTags"][0]["TagValues"] for column in told["LFTagsOnColumns"]}
    assert (values["name"], values["id"]) == (["high"], ["low"])
    own = place.lake.get_resource_lf_tags(Resource=place.resource(), ShowAssignedLFTags=True)
    assert own["LFTagsOnTable"] == []
    assert [column["Name"] for column in own["LFTagsOnColumns"]] == ["name"]


def test_tags_go_with_their_table(place):
    key = place.key("low")
    place.tag(key, "low")
    owner = place.aws.client("glue")
    owner.delete_table(DatabaseName=place.database, Name="people")
    owner.create_table(
        DatabaseName=place.database, TableInput={"Name": "people", "StorageDescriptor": {"Columns": []}}
    )
    assert place.lake.get_resource_lf_tags(Resource=place.resource())["LFTagsOnTable"] == []


def test_what_cannot_be_tagged_is_named(place):
    key = place.key("low", "high")
    failures = place.lake.add_lf_tags_to_resource(
        Resource=place.resource(),
        LFTags=[{"TagKey": key, "TagValues": ["none"]}, {"TagKey": key, "TagValues": ["low", "high"]}],
    )["Failures"]
    assert [failure["Error"]["ErrorMessage"] for failure in failures] == [
        f"Tag {key} with value none is not defined.",
        f"A resource carries one value of tag {key}; given are low, high.",
    ]
    reason = place.refusal(
        place.lake.add_lf_tags_to_resource,
        Resource=place.resource("nowhere"),
        LFTags=[{"TagKey": key, "TagValues": ["low"]}],
    )
    assert "has no nowhere; it has born, id" in reason


def test_a_grant_by_an_undefined_tag_is_refused(place):
    with pytest.raises(Exception, match="Tag nowhere with value x is not defined"):
        place.grant(by_tag(nowhere=["x"]), "SELECT")
