"""A registry of the embedded AWS, and a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.engines import kafka
from tests.stream_records import Registry
from tests.unit.local.conftest import aws  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.local.conftest import Aws


@pytest.fixture
def registry(aws: Aws) -> Registry:  # noqa: F811
    return Registry(aws.client("glue"))


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Broker]:
    made = kafka.Broker(
        tmp_path_factory.mktemp("kafka") / "broker", parameters={"message.max.bytes": str(8 << 20)}
    )
    made.start(seconds=120)
    yield made
    made.stop()
