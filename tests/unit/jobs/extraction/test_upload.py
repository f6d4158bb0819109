"""An upload's bytes arrive as they were written, in parts of one size, from the same few megabytes of memory."""

from __future__ import annotations

import hashlib
import random

import pytest

from jobs.extraction import upload


class _S3:
    """Keeps what it is given, and the memory that it came in."""

    def __init__(self):
        self.parts, self.rooms, self.put = {}, [], None

    def create_multipart_upload(self, **_):
        return {"UploadId": "1"}

    def upload_part(self, **given):
        number = given["PartNumber"]
        self.parts[number] = bytes(given["Body"])
        self.rooms.append(given["Body"])
        return {"ETag": str(number), "ChecksumCRC32": f"sum-{number}", "ChecksumType": "FULL_OBJECT"}

    def complete_multipart_upload(self, **given):
        self.completed = given["MultipartUpload"]["Parts"]

    def put_object(self, **given):
        self.put = bytes(given["Body"])


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setattr(upload, "PART", 1000)
    return _S3()


def _written(s3, sizes):
    one, chance = upload.Upload(s3, "raw", "k"), random.Random(7)
    pieces = [chance.randbytes(size) for size in sizes]
    for piece in pieces:
        assert one.write(memoryview(piece)) == len(piece)
    return one, b"".join(pieces)


@pytest.mark.parametrize("sizes", [[1, 998, 2, 5000, 1], [1000] * 7, [300] * 50, [12_345], [0, 1001]])
def test_the_parts_together_are_what_was_written_however_it_was_cut(s3, sizes):
    one, content = _written(s3, sizes)

    assert one.complete() == hashlib.sha256(content).hexdigest()
    assert one.bytes == one.tell() == len(content)
    parts = [s3.parts[number] for number in sorted(s3.parts)]
    assert b"".join(parts) == content
    assert {len(part) for part in parts[:-1]} == {1000}
    assert [part["PartNumber"] for part in s3.completed] == sorted(s3.parts)
    assert s3.completed[0] == {"PartNumber": 1, "ETag": "1", "ChecksumCRC32": "sum-1"}


def test_what_fits_into_a_part_is_put_at_once(s3):
    one, content = _written(s3, [400, 599])

    assert one.complete() == hashlib.sha256(content).hexdigest()
    assert s3.put == content
    assert not s3.parts


def test_the_memory_of_a_part_that_has_arrived_is_used_for_a_later_one(s3):
    one, _ = _written(s3, [1000] * 40)
    one.complete()

    assert len(s3.rooms) == 40
    assert len({id(room) for room in s3.rooms}) <= 4
