"""A JSONata expression has its time for each record, however long ago it was compiled."""

from __future__ import annotations

import time

import pytest

from operations.streams import expressions
from operations.streams.expressions import Expression, ExpressionFailed


def test_an_expression_that_is_older_than_its_time_is_evaluated_all_the_same(monkeypatch):
    monkeypatch.setattr(expressions, "_TIMEOUT_MS", 100)
    fix = Expression('{"value": value.n + 1}', "--fix")
    for number in (1, 2):
        time.sleep(0.2)
        assert fix.of({"value": {"n": number}}) == {"value": number + 1}


def test_an_expression_without_an_end_ends_with_its_time(monkeypatch):
    monkeypatch.setattr(expressions, "_TIMEOUT_MS", 100)
    endless = Expression("($f := function($n) { $f($n + 1) }; $f(0))", "--filter")
    with pytest.raises(ExpressionFailed, match=r"--filter: .*timeout"):
        endless.of({})
