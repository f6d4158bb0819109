import re

import pytest

from data_platform.contracts.errors import ContractError
from data_platform.contracts.source_map import read_document


def _read(tmp_path, content):
    path = tmp_path / "contract.odcs.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_document(path)


def test_every_value_knows_its_line(tmp_path):
    document = _read(tmp_path, "a: 1\nb:\n  - c: x\n  - d:\n      e: y\n")
    assert (
        document.line(("a",)),
        document.line(("b", 0, "c")),
        document.line(("b", 1, "d", "e")),
    ) == (1, 3, 5)


def test_a_missing_value_has_the_line_of_what_stands_above_it(tmp_path):
    assert _read(tmp_path, "a: 1\nb:\n  c: 1\n").line(("b", "nothing", 3)) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "1: is empty"),
        ("# only words\n", "1: is empty"),
        ("- a\n- b\n", "1: holds a list, not a mapping"),
        ("just text\n", "1: holds a text, not a mapping"),
        ("a: 1\na: 2\n", "2: a: stands here twice, first on line 1; keep one of them"),
        ("a: 1\n\tb: 2\n", "2: is not YAML"),
        ("a: 'x\n", "is not YAML"),
        ("a: [1, 2\n", "is not YAML"),
        ("a: &x 1\nb: *x\n", "1: uses the anchor 'x'; write the value out"),
        ("a: !!python/object:os.system {}\n", "1: uses the tag"),
        ("a: 1\n---\nb: 2\n", "2: holds a second document"),
        ("? [a]\n: 1\n", "1: a key is not a word"),
        (b"a: \xff\xfe\n", "1: is not UTF-8 text"),
        (b"\x00\x01\x02", "1: is not YAML"),
        ("a: " + "[" * 60 + "]" * 60, "1: is nested deeper than 40 levels"),
        ("a: " + "9" * 5000, "1: a: a number of 5000 digits is too long"),
        ("a: .nan\n", "1: a: .nan is not a number that a contract can hold"),
        ("a: 1e999\n", "1: a: 1e999 is not a finite number"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(tmp_path, content, message):
    with pytest.raises(ContractError, match=re.escape(message)):
        _read(tmp_path, content)


@pytest.mark.parametrize(
    "scalar", ["16:00", "06:00", "2026-11-20", "yes", "No", "off", "010", "1_000", "0x1F"]
)
def test_a_scalar_that_yaml_versions_read_differently_asks_for_quotes(tmp_path, scalar):
    with pytest.raises(ContractError, match=re.escape(f'quote it: "{scalar}"')):
        _read(tmp_path, f"a: {scalar}\n")
    assert scalar == _read(tmp_path, f'a: "{scalar}"\n').value["a"]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("~", None),
        ("v3.1.0", "v3.1.0"),
        ("1.0.0", "1.0.0"),
    ],
)
def test_a_scalar_on_which_all_agree_is_read(tmp_path, scalar, value):
    assert value == _read(tmp_path, f"a: {scalar}\n").value["a"]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ContractError, match="cannot be read"):
        read_document(tmp_path / "nothing.odcs.yaml")


def test_a_file_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(ContractError, match="the limit is 2000000"):
        _read(tmp_path, b"#" * 2_000_001)
