"""What is loaded before runs of dbt are forked: without threads, which a fork would wait for."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

import pytest

_FILE = Path(__file__).parents[3] / "jobs" / "images" / "dbt" / "preload.py"
_SPEC = importlib.util.spec_from_file_location("preload", _FILE)
preload = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(preload)


class ExtractionError(Exception):
    """As dbt_extractor, which only the image has, says that it cannot read something."""


def test_one_ref_alone_is_read_as_the_static_parser_reads_it():
    found = preload._read_plainly("{{ ref('stg_planes') }}")

    assert found == {"refs": [{"name": "stg_planes"}], "sources": set(), "configs": []}


def test_one_source_alone_is_read_as_the_static_parser_reads_it():
    found = preload._read_plainly("{{source('aviation', 'planes')}}")

    assert found == {"refs": [], "sources": {("aviation", "planes")}, "configs": []}


def test_anything_longer_is_left_to_jinja(monkeypatch):
    stands_in = types.SimpleNamespace(ExtractionError=ExtractionError)
    monkeypatch.setitem(sys.modules, "dbt_extractor", stands_in)

    with pytest.raises(ExtractionError):
        preload._read_plainly("select * from {{ ref('stg_planes') }}")
