"""The schema registry judges versions as Glue's modes say, finds them by id and definition."""

from __future__ import annotations

import json
import uuid

import pytest


def _avro(*fields, name="Order"):
    return json.dumps({"type": "record", "name": name, "fields": list(fields)})


ID = {"name": "id", "type": "long"}
NOTE = {"name": "note", "type": ["null", "string"], "default": None}
NEEDED = {"name": "needed", "type": "string"}
TWO = _avro(ID, NOTE)
_PROTO = 'syntax = "proto3";\npackage shop;\nmessage Order {{\n  int64 id = 1;\n{}}}\n'


@pytest.fixture
def glue(aws):
    return aws.client("glue")


@pytest.fixture
def registry(glue):
    name = f"shop-{uuid.uuid4().hex[:6]}"
    glue.create_registry(RegistryName=name, Tags={"domain": "shop"})
    return name


def _schema(glue, registry, compatibility, definition, data_format="AVRO"):
    made = glue.create_schema(
        RegistryId={"RegistryName": registry},
        SchemaName=f"orders-{uuid.uuid4().hex[:6]}",
        DataFormat=data_format,
        Compatibility=compatibility,
        SchemaDefinition=definition,
    )
    return {"SchemaArn": made["SchemaArn"]}


def _registered(glue, schema, definition):
    return glue.register_schema_version(SchemaId=schema, SchemaDefinition=definition)["Status"]


@pytest.mark.parametrize(
    ("mode", "next_version", "status"),
    [
        ("BACKWARD", _avro(ID, NOTE), "AVAILABLE"),
        ("BACKWARD", _avro(ID, NEEDED), "FAILURE"),
        ("BACKWARD", _avro(), "AVAILABLE"),
        ("FORWARD", _avro(ID, NEEDED), "AVAILABLE"),
        ("FORWARD", _avro(), "FAILURE"),
        ("FULL", _avro(ID, NOTE), "AVAILABLE"),
        ("FULL", _avro(ID, NEEDED), "FAILURE"),
        ("FULL", _avro(), "FAILURE"),
        ("NONE", '"string"', "AVAILABLE"),
    ],
)
def test_a_mode_says_which_next_version_of_avro_fits(glue, registry, mode, next_version, status):
    assert _registered(glue, _schema(glue, registry, mode, _avro(ID)), next_version) == status


@pytest.mark.parametrize(("mode", "status"), [("BACKWARD", "AVAILABLE"), ("BACKWARD_ALL", "FAILURE")])
def test_all_asks_for_every_version_and_not_the_last_alone(glue, registry, mode, status):
    text = {"name": "note", "type": "string", "default": ""}
    schema = _schema(glue, registry, mode, _avro(ID, {"name": "note", "type": "int", "default": 0}))
    assert _registered(glue, schema, _avro(ID)) == "AVAILABLE"
    assert _registered(glue, schema, _avro(ID, text)) == status


def test_versions_before_the_checkpoint_are_not_asked(glue, registry):
    schema = _schema(glue, registry, "BACKWARD_ALL", _avro(ID, {"name": "note", "type": "int", "default": 0}))
    _registered(glue, schema, _avro(ID))
    glue.update_schema(SchemaId=schema, SchemaVersionNumber={"LatestVersion": True})
    text = {"name": "note", "type": "string", "default": ""}
    assert _registered(glue, schema, _avro(ID, text)) == "AVAILABLE"


@pytest.mark.parametrize(
    ("mode", "fields", "status"),
    [
        ("BACKWARD", "  string note = 2;\n", "AVAILABLE"),
        ("FORWARD", "  string note = 2;\n", "AVAILABLE"),
        ("BACKWARD", "  reserved 2;\n  string id_text = 1;\n", "FAILURE"),
    ],
)
def test_protobuf_is_judged_too(glue, registry, mode, fields, status):
    schema = _schema(glue, registry, mode, _PROTO.format(""), "PROTOBUF")
    text = _PROTO.format(fields)
    if "= 1" in fields:
        text = text.replace("  int64 id = 1;\n", "")
    assert _registered(glue, schema, text) == status


def test_json_schemas_are_kept_but_not_compared(glue, registry):
    kept = _schema(glue, registry, "NONE", '{"type": "object"}', "JSON")
    assert _registered(glue, kept, '{"type": "array"}') == "AVAILABLE"
    judged = _schema(glue, registry, "BACKWARD", '{"type": "object"}', "JSON")
    with pytest.raises(glue.exceptions.InvalidInputException, match="compatibility NONE"):
        _registered(glue, judged, '{"type": "array"}')


def test_a_definition_that_is_there_is_answered_with_its_version(glue, registry):
    schema = _schema(glue, registry, "BACKWARD", TWO)
    spaced = json.dumps(json.loads(TWO), indent=3)
    told = glue.register_schema_version(SchemaId=schema, SchemaDefinition=spaced)
    assert told["VersionNumber"] == 1
    found = glue.get_schema_by_definition(SchemaId=schema, SchemaDefinition=spaced)
    assert found["SchemaVersionId"] == told["SchemaVersionId"]
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_schema_by_definition(SchemaId=schema, SchemaDefinition=_avro(ID))


def test_a_version_is_found_by_the_id_that_is_in_every_record(glue, registry):
    schema = _schema(glue, registry, "BACKWARD", _avro(ID))
    version = glue.register_schema_version(SchemaId=schema, SchemaDefinition=TWO)["SchemaVersionId"]
    found = glue.get_schema_version(SchemaVersionId=version)
    assert (found["SchemaDefinition"], found["VersionNumber"], found["DataFormat"]) == (TWO, 2, "AVRO")
    latest = glue.get_schema_version(SchemaId=schema, SchemaVersionNumber={"LatestVersion": True})
    assert latest["SchemaVersionId"] == version
    assert glue.get_schema(SchemaId=schema)["LatestSchemaVersion"] == 2


def test_a_version_that_did_not_fit_is_not_the_latest(glue, registry):
    schema = _schema(glue, registry, "BACKWARD", _avro(ID))
    assert _registered(glue, schema, _avro(ID, NEEDED)) == "FAILURE"
    assert glue.get_schema(SchemaId=schema)["LatestSchemaVersion"] == 1
    statuses = [one["Status"] for one in glue.list_schema_versions(SchemaId=schema)["Schemas"]]
    assert statuses == ["AVAILABLE", "FAILURE"]


def test_a_disabled_schema_takes_no_new_version(glue, registry):
    schema = _schema(glue, registry, "DISABLED", _avro(ID))
    with pytest.raises(glue.exceptions.InvalidInputException, match="DISABLED"):
        _registered(glue, schema, TWO)


@pytest.mark.parametrize(
    ("data_format", "definition", "valid"),
    [
        ("AVRO", TWO, True),
        ("AVRO", '{"type": "record"}', False),
        ("PROTOBUF", _PROTO.format(""), True),
        ("PROTOBUF", "message {", False),
        ("JSON", '{"type": "object"}', True),
        ("JSON", '{"type": "no such type"}', False),
    ],
)
def test_a_definition_is_valid_or_is_told_why_not(glue, data_format, definition, valid):
    told = glue.check_schema_version_validity(DataFormat=data_format, SchemaDefinition=definition)
    assert told["Valid"] is valid
    assert bool(told.get("Error")) is not valid


def test_the_checkpoint_version_stays_and_others_go(glue, registry):
    schema = _schema(glue, registry, "BACKWARD", _avro(ID))
    _registered(glue, schema, TWO)
    told = glue.delete_schema_versions(SchemaId=schema, Versions="1-2")
    assert [one["VersionNumber"] for one in told["SchemaVersionErrors"]] == [1]
    assert len(glue.list_schema_versions(SchemaId=schema)["Schemas"]) == 1


def test_metadata_and_tags_are_kept(glue, registry):
    schema = _schema(glue, registry, "BACKWARD", _avro(ID))
    version = glue.get_schema_version(SchemaId=schema, SchemaVersionNumber={"LatestVersion": True})[
        "SchemaVersionId"
    ]
    for value in ("a", "b"):
        pair = {"MetadataKey": "commit", "MetadataValue": value}
        glue.put_schema_version_metadata(SchemaVersionId=version, MetadataKeyValue=pair)
    found = glue.query_schema_version_metadata(SchemaVersionId=version)["MetadataInfoMap"]["commit"]
    assert found["MetadataValue"] == "a"
    assert [one["MetadataValue"] for one in found["OtherMetadataValueList"]] == ["b"]
    arn = glue.get_registry(RegistryId={"RegistryName": registry})["RegistryArn"]
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"domain": "shop"}


def _stack(name, *versions):
    resources = {
        "Registry": {
            "Type": "AWS::Glue::Registry",
            "Properties": {"Name": name, "Description": "of the test"},
        },
        "Schema": {
            "Type": "AWS::Glue::Schema",
            "Properties": {
                "Name": "orders.v1",
                "Registry": {"Arn": {"Fn::GetAtt": ["Registry", "Arn"]}},
                "DataFormat": "AVRO",
                "Compatibility": "BACKWARD_ALL",
                "SchemaDefinition": _avro(ID),
            },
        },
    }
    for number, definition in enumerate(versions, start=2):
        resources[f"Version{number}"] = {
            "Type": "AWS::Glue::SchemaVersion",
            "DeletionPolicy": "Retain",
            "Properties": {
                "Schema": {"SchemaArn": {"Fn::GetAtt": ["Schema", "Arn"]}},
                "SchemaDefinition": definition,
            },
        }
    return resources


def test_a_template_registers_versions_and_one_that_does_not_fit_fails_with_the_reason(aws, glue):
    name = f"shop-{uuid.uuid4().hex[:6]}"
    stack = aws.deploy(_stack(name))
    aws.deploy(_stack(name, TWO), stack=stack)
    identifier = {"RegistryName": name, "SchemaName": "orders.v1"}
    assert glue.get_schema(SchemaId=identifier)["LatestSchemaVersion"] == 2
    with pytest.raises(AssertionError, match=r"does not fit under BACKWARD_ALL: it cannot read version 1"):
        aws.deploy(_stack(name, TWO, _avro(ID, NEEDED)), stack=stack)
    aws.delete(stack)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_registry(RegistryId={"RegistryName": name})


def test_rights_are_asked_on_the_registry_and_the_schema(secured_aws):
    root = secured_aws.client("glue")
    root.create_registry(RegistryName="guarded")
    schema = _schema(root, "guarded", "BACKWARD", _avro(ID))
    name = schema["SchemaArn"].rsplit("/", 1)[-1]
    base = f"arn:aws:glue:ap-southeast-2:{secured_aws.endpoint.account}"
    actions = ["glue:GetSchemaVersion", "glue:RegisterSchemaVersion"]
    allowed = [f"{base}:registry/guarded", f"{base}:schema/guarded/{name}"]
    role = secured_aws.role({"Effect": "Allow", "Action": actions, "Resource": allowed})
    glue = secured_aws.client_as(role, "glue")
    version = glue.register_schema_version(SchemaId=schema, SchemaDefinition=TWO)["SchemaVersionId"]
    assert glue.get_schema_version(SchemaVersionId=version)["VersionNumber"] == 2
    other = _schema(root, "guarded", "BACKWARD", _avro(ID))
    with pytest.raises(glue.exceptions.ClientError, match="not authorized"):
        glue.register_schema_version(SchemaId=other, SchemaDefinition=TWO)
