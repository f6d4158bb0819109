"""Glue's frame is read as its serializers write it, and whatever else comes is poison of the right class."""

from __future__ import annotations

import zlib

import pytest
from stream_loader.poison import Poison
from stream_loader.wire import LARGEST, unframed

ID = bytes(range(16))


def _class(value):
    with pytest.raises(Poison) as poison:
        unframed(value)
    return poison.value.error_class


@pytest.mark.parametrize("body", [b"", b"row", b"x" * 100_000])
def test_a_value_is_the_same_plain_and_compressed(body):
    assert unframed(b"\x03\x00" + ID + body) == (ID, body)
    assert unframed(b"\x03\x05" + ID + zlib.compress(body)) == (ID, body)


@pytest.mark.parametrize("value", [b"\x00\x00\x00\x00\x01" + bytes(30), b"{}", b"\x03\x01" + ID + b"row"])
def test_another_frame_is_bad_magic(value):
    assert _class(value) == "BadMagic"


@pytest.mark.parametrize("length", range(18))
def test_a_value_shorter_than_the_frame_is_truncated(length):
    assert _class((b"\x03\x00" + ID)[:length]) == "TruncatedValue"


def test_a_compressed_value_that_ends_early_is_truncated():
    assert _class(b"\x03\x05" + ID + zlib.compress(b"row" * 100)[:-4]) == "TruncatedValue"


@pytest.mark.parametrize("body", [b"no zlib", zlib.compress(b"row") + b"more"])
def test_what_is_no_zlib_stream_alone_is_undecodable(body):
    assert _class(b"\x03\x05" + ID + body) == "UndecodableValue"


def test_a_value_of_a_mebibyte_is_taken_and_a_greater_one_is_too_large():
    assert unframed(b"\x03\x00" + ID + bytes(LARGEST - 18))[1] == bytes(LARGEST - 18)
    assert _class(b"\x03\x00" + ID + bytes(LARGEST - 17)) == "RecordTooLarge"


def test_a_small_value_that_inflates_to_a_huge_one_is_too_large():
    assert _class(b"\x03\x05" + ID + zlib.compress(bytes(64 << 20))) == "RecordTooLarge"
