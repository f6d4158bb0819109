"""Checkpoint files: atomic, shared when unchanged, and never half believed."""

from __future__ import annotations

import pytest

from local.checkpoints import KEPT, CheckpointFolder


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "checkpoints")


def _write(folder, *, clean=False, **states):
    with folder.writing(clean=clean) as written:
        for name, state in states.items():
            written.add(name, state)


def _files(folder, pattern):
    return sorted(path.name for path in folder.path.glob(pattern))


def test_no_checkpoint_loads_nothing(folder):
    assert folder.load() == {}


def test_the_newest_checkpoint_is_loaded(folder):
    _write(folder, s3={"b": b"\x00"}, glue={1: ("a", {2})})
    _write(folder, s3={"b": b"\x01"}, glue={1: ("a", {2})})
    assert folder.load() == {"s3": {"b": b"\x01"}, "glue": {1: ("a", {2})}}


def test_an_unchanged_service_is_not_written_again(folder):
    _write(folder, s3=1, glue=1)
    _write(folder, s3=2, glue=1)
    assert len(_files(folder, "glue-*.pickle")) == 1
    assert len(_files(folder, "s3-*.pickle")) == 2


def test_nothing_changed_makes_no_new_checkpoint(folder):
    _write(folder, s3=1)
    _write(folder, s3=1)
    assert len(_files(folder, "manifest-*")) == 1


def test_old_checkpoints_and_their_files_are_forgotten(folder):
    for number in range(10):
        _write(folder, s3=number)
    assert len(_files(folder, "manifest-*")) == KEPT
    assert len(_files(folder, "s3-*")) == KEPT


def test_an_error_while_writing_leaves_the_checkpoint_before(folder):
    _write(folder, s3=1)
    with pytest.raises(AttributeError, match="pickle"), folder.writing(clean=False) as written:
        written.add("s3", lambda: 2)
    assert folder.load() == {"s3": 1}


@pytest.mark.parametrize("torn", ["manifest-000000000002.json", "s3-*.pickle"])
def test_a_torn_checkpoint_falls_back_to_the_one_before(folder, torn):
    _write(folder, s3=[0] * 1000)
    first = set(_files(folder, "s3-*"))
    _write(folder, s3=[1] * 1000)
    path = next(p for p in folder.path.glob(torn) if p.name not in first)
    path.write_bytes(path.read_bytes()[:-20])
    assert folder.load() == {"s3": [0] * 1000}


def test_a_checkpoint_whose_file_vanished_falls_back(folder):
    _write(folder, s3=0)
    first = set(_files(folder, "s3-*"))
    _write(folder, s3=1)
    next(p for p in folder.path.glob("s3-*") if p.name not in first).unlink()
    assert folder.load() == {"s3": 0}


def test_after_a_fallback_the_next_checkpoint_is_the_newest(folder):
    _write(folder, s3=0)
    _write(folder, s3=1)
    (folder.path / "manifest-000000000002.json").write_text("{")
    _write(folder, s3=2)
    assert folder.load() == {"s3": 2}
