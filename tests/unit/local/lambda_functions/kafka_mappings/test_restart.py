"""A mapping outlives the embedded AWS: it goes on where its group was, after a stop and after a crash."""

from __future__ import annotations

import pytest

from local import process
from tests.unit.local.conftest import Aws
from tests.unit.local.lambda_functions.kafka_mappings.conftest import SECONDS, Reader, deployed, reader
from tests.unit.local.msk.conftest import Shop
from tests.waiting import until


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    process.stop(tmp_path)


def _again(before: Reader, folder) -> Reader:
    shop = Shop(Aws(endpoint=process.start(folder, auth=False)), before.shop.stack, before.shop.name, {})
    shop.active()
    return Reader(shop, before.function, before.folder, before.topic, before.role, before.uuid)


def test_a_mapping_goes_on_after_a_stop_and_after_a_crash_without_a_gap(folder):
    given = folder / "written"
    given.mkdir()
    reads = reader(deployed(Aws(endpoint=process.start(folder, auth=False))), given)
    reads.read()
    reads.produce(b"1", b"2")
    until(lambda: reads.offsets() == [0, 1], seconds=SECONDS)
    process.stop(folder)
    reads = _again(reads, folder)
    reads.produce(b"3")
    until(lambda: reads.offsets() == [0, 1, 2], seconds=SECONDS)
    (given / "refuse").touch()
    reads.produce(b"4")
    until(lambda: len(reads.events("seen")) > 3, seconds=SECONDS)  # a batch is in hand when the crash comes
    process.kill(folder)
    (given / "refuse").unlink()
    reads = _again(reads, folder)
    reads.produce(b"5")
    until(lambda: reads.offsets()[-1] == 4, seconds=SECONDS)
    assert reads.offsets() == [0, 1, 2, 3, 4]
    assert reads.mapping()["State"] == "Enabled"
