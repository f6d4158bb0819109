"""Schemas: a version is named by what it says, stays for ever, and its subject never changes with it."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from data_platform.streaming import SchemaRegistry, SchemaTooLargeError, Subject

TOPIC = "retail.orders.v1"


def subject(definition='{"type": "string"}', **given):
    return Subject(
        **{
            "name": TOPIC,
            "format": "AVRO",
            "compatibility": "BACKWARD_ALL",
            "definition": definition,
            **given,
        }
    )


def template(*subjects):
    stack = cdk.Stack(cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False), "Stack")
    SchemaRegistry(stack, "Registry", name="r", description="Of retail", subjects=subjects)
    return assertions.Template.from_stack(stack)


def test_a_changed_schema_is_a_new_version_of_the_same_subject():
    before, after = template(subject()), template(subject('{"type": "long"}'))

    assert before.find_resources("AWS::Glue::Schema") == after.find_resources("AWS::Glue::Schema")
    assert not set(before.find_resources("AWS::Glue::SchemaVersion")) & set(
        after.find_resources("AWS::Glue::SchemaVersion")
    )


def test_the_same_schema_is_the_same_version():
    assert template(subject()).to_json() == template(subject()).to_json()


def test_a_subject_holds_no_definition_as_that_could_never_change():
    template(subject()).has_resource_properties(
        "AWS::Glue::Schema",
        {
            "Name": TOPIC,
            "Compatibility": "BACKWARD_ALL",
            "DataFormat": "AVRO",
            "SchemaDefinition": assertions.Match.absent(),
        },
    )


def test_a_subject_without_a_definition_has_no_version_of_ours():
    template(subject(None)).resource_count_is("AWS::Glue::SchemaVersion", 0)


@pytest.mark.parametrize("kind", ["Registry", "Schema", "SchemaVersion"])
def test_nothing_of_a_registry_goes_with_its_template(kind):
    template(subject()).has_resource(
        f"AWS::Glue::{kind}", {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    )


def test_a_policy_names_the_registry_and_the_schemas_that_it_is_about(stack):
    made = SchemaRegistry(
        stack, "Registry", name="r", description="Of retail", subjects=[subject(), subject(name="other")]
    )

    assert [stack.resolve(arn)["Fn::GetAtt"][0] for arn in made.arns_of("other")] == [
        stack.get_logical_id(made.registry),
        stack.get_logical_id(made.schemas["other"]),
    ]


def test_a_schema_that_glue_would_refuse_is_refused_at_synth():
    with pytest.raises(SchemaTooLargeError, match=r"retail\.orders\.v1 has 170,001 characters.*Mend: "):
        template(subject("x" * 170_001))
