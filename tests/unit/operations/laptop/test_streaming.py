"""What streams on the laptop is said, and what does not is said too."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from local.services import vpc_shell
from operations.exit_codes import CommandFailed
from operations.laptop import report, stock_writer, streaming
from operations.laptop.both_sides import Difference
from operations.page import Page
from operations.scope import domains
from tests.conftest import streaming_domain

STREAMED = streaming.Streamed(
    dataset="retail.orders",
    topic="retail.orders.v1",
    changes=12,
    source_rows=5,
    staged_rows=5,
    differences=[],
    dead_letters=0,
    p50=3.0,
    p99=4.5,
)


@pytest.fixture(scope="module")
def retail():
    return streaming_domain(next(each for each in domains() if each.name == "retail"))


def test_what_is_captured_from_a_database_is_what_contracts_say_of_it(retail):
    assert {each.name for each in streaming.captured(retail, "shop")} >= {"customers", "orders"}
    assert "order_items" not in {each.name for each in streaming.captured(retail, "shop")}
    assert streaming.captured(retail, "till") == []


def test_where_nothing_streams_each_stream_is_named_and_how_to_switch_it_on(retail, capsys):
    report.streams(Page(as_json=False), [streaming.streams(retail)], [])
    shown = capsys.readouterr().out
    assert "Not streaming here: make local STREAMING=1" in shown
    assert "retail.orders" in shown
    assert "shop: public.orders" in shown


def test_a_row_that_is_not_the_same_is_shown_on_both_sides(retail, capsys):
    other = Difference(key=("O1",), source=("O1", "paid"), lake=("O1", "placed"))
    differing = dataclasses.replace(STREAMED, differences=[other])
    report.streams(Page(as_json=False), [streaming.streams(retail)], [differing])
    shown = capsys.readouterr().out
    assert "('O1', 'paid')" in shown
    assert "('O1', 'placed')" in shown
    assert not differing.same


def test_machines_are_told_the_same(retail, capsys):
    assert STREAMED.as_dict()["same"] is True
    assert STREAMED.as_dict()["p99"] == 4.5
    report.streams(Page(as_json=True), [streaming.streams(retail)], [STREAMED])
    assert capsys.readouterr().out == ""


def test_dead_letters_are_what_comes_next():
    shell = "EMBEDDED_AWS_SECURITY_GROUPS=sg-1"
    assert streaming.next_commands([STREAMED], shell) == [f"{shell} dp streams retail"]
    assert streaming.next_commands([dataclasses.replace(STREAMED, dead_letters=2)], shell) == [
        f"{shell} dp streams retail",
        f"{shell} dp replay retail.orders.v1 --dry-run",
    ]


def test_a_shell_inside_the_network_stands_in_the_group_of_tasks():
    groups = [
        {"GroupName": "dp-local-foundation-NetworkTaskSecurityGroup1A", "GroupId": "sg-1"},
        {"GroupName": "default", "GroupId": "sg-2"},
    ]
    ec2 = SimpleNamespace(describe_security_groups=lambda: {"SecurityGroups": groups})
    connection = SimpleNamespace(client={"ec2": ec2}.get)
    assert streaming.shell(connection) == f"{vpc_shell.VARIABLE}=sg-1"


def test_a_generator_that_refuses_is_told_in_its_own_words(monkeypatch):
    with pytest.raises(CommandFailed, match="the retailer has no stock"):
        list(stock_writer.made(rows="many", transactions=1, changes=1, seed=7))
