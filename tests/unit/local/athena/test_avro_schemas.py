"""Files of one schema are read by one reader, and each gives its own rows."""

from __future__ import annotations

import pyiceberg.avro.file as avro_file
import pytest
from pyiceberg.avro.file import AvroFile, AvroFileHeader, AvroOutputFile
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import LongType, NestedField, StringType

from local.athena import avro_schemas

NUMBERS = Schema(NestedField(1, "number", LongType(), required=True))
WORDS = Schema(NestedField(1, "word", StringType(), required=True))


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    monkeypatch.setattr(avro_file, "resolve_reader", avro_file.resolve_reader)
    monkeypatch.setattr(AvroFileHeader, "get_schema", AvroFileHeader.get_schema)
    avro_schemas.install()


@pytest.fixture
def write(tmp_path):
    def written(name, schema, *values):
        output = PyArrowFileIO().new_output(str(tmp_path / name))
        with AvroOutputFile(output_file=output, file_schema=schema, schema_name="row") as file:
            file.write_block([Record(value) for value in values])
        return output.to_input_file()

    return written


def _read(file, schema):
    with AvroFile(file, schema) as rows:
        return [row[0] for row in rows]


def test_files_that_are_read_by_turns_give_their_own_rows(write):
    first, words, second = (
        write("1", NUMBERS, 1, 2),
        write("2", WORDS, "x"),
        write("3", NUMBERS, 3),
    )

    assert _read(first, NUMBERS) == [1, 2]
    assert _read(words, WORDS) == ["x"]
    assert _read(second, NUMBERS) == [3]
    assert _read(first, NUMBERS) == [1, 2]


def test_a_schema_is_understood_once(write, monkeypatch):
    files = [write(str(number), NUMBERS, number) for number in range(4)]
    _read(files[0], NUMBERS)
    monkeypatch.setattr(avro_file.resolve_reader, "_resolve", lambda *_: pytest.fail("understood again"))

    assert [_read(file, NUMBERS) for file in files] == [[0], [1], [2], [3]]


def test_one_file_read_by_two_schemas_has_two_readers(write):
    file = write("1", NUMBERS, 7)
    renamed = Schema(NestedField(1, "other", LongType(), required=True))

    assert _read(file, NUMBERS) == _read(file, renamed) == [7]


def test_a_file_without_a_schema_is_refused_as_before():
    header = AvroFileHeader(b"Obj\x01", {}, b"0" * 16)

    with pytest.raises(ValueError, match="No schema"):
        header.get_schema()
