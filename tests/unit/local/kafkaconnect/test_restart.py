"""Connectors outlive the embedded AWS: after a crash they read on, and read nothing again."""

from __future__ import annotations

import psutil
import pytest

from local import process
from tests.unit.local.conftest import Aws
from tests.unit.local.kafkaconnect.conftest import Pipeline, deployed
from tests.waiting import until


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    process.stop(tmp_path)


def _engines(folder):
    return [one for one in psutil.process_iter(["name", "cwd"]) if _is_java_of(folder, one.info)]


def _is_java_of(folder, info):
    return info["name"] == "java" and str(info["cwd"]).startswith(str(folder))


def test_after_a_crash_a_connector_reads_on_and_reads_nothing_again(folder):
    pipeline = deployed(Aws(endpoint=process.start(folder, auth=True)))
    topic = f"{pipeline.name}.public.orders"
    assert len(pipeline.read(pipeline.aws.session(), topic, 5)) == 5
    pipeline.database.rows("INSERT INTO orders VALUES (6, 'before')")
    pipeline.read(pipeline.aws.session(), topic, 6)
    assert len(_engines(folder)) == 2
    pipeline.committed(6)

    process.kill(folder)

    until(lambda: not _engines(folder))
    again = Pipeline(
        Aws(endpoint=process.start(folder, auth=True)),
        pipeline.stack,
        pipeline.name,
        pipeline.resources,
        role=pipeline.role,
    )
    until(lambda: again.state == "RUNNING" and len(_engines(folder)) == 2)
    again.database.becomes("available")
    again.database.rows("INSERT INTO orders VALUES (7, 'after')")
    found = again.decoded(again.read(again.aws.session(), topic, 7))
    assert [one["after"]["id"] for one in found] == [1, 2, 3, 4, 5, 6, 7]
