import copy
from pathlib import Path

import pytest
import yaml
from contract_files import AVIATION
from jsonschema import Draft201909Validator

from data_platform.contracts.editor_schema import editor_schema, text

PUBLISHED = AVIATION.parents[1] / "docs" / "schemas" / "data-contract.schema.json"
NAMES = ("airlines", "airports", "planes", "weather", "flights")


def _value(name):
    return yaml.safe_load((AVIATION / f"{name}.odcs.yaml").read_text())


def test_the_published_schema_is_the_one_that_the_loader_uses():
    assert PUBLISHED.read_text() == text(), (
        "write it: python -m data_platform.contracts.editor_schema > docs/schemas/data-contract.schema.json"
    )


def test_the_published_schema_is_a_schema():
    Draft201909Validator.check_schema(editor_schema())


@pytest.mark.parametrize("name", NAMES)
def test_the_real_contracts_fit_the_published_schema(name):
    assert not list(Draft201909Validator(editor_schema()).iter_errors(_value(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_contracts_point_editors_to_the_published_schema(name):
    first = (AVIATION / f"{name}.odcs.yaml").read_text().splitlines()[0]
    pointer = first.removeprefix("# yaml-language-server: $schema=")
    assert Path(AVIATION / pointer).resolve() == PUBLISHED


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("customProperties", 1, "property"), "loadmode"),
        (("customProperties", 1, "value"), "partitions"),
        (("roles", 0, "customProperties", 0, "value"), ["kurated"]),
        (("schema", 0, "properties", 0, "clasification"), "public"),
        (("status",), "activ"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(steps, value):
    contract = copy.deepcopy(_value("flights"))
    place = contract
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    assert list(Draft201909Validator(editor_schema()).iter_errors(contract))


def test_an_editor_marks_a_contract_without_a_source():
    contract = _value("flights")
    del contract["customProperties"][0]
    assert list(Draft201909Validator(editor_schema()).iter_errors(contract))
