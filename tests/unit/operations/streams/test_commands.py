"""`dp replay` and `dp streams` say what is open, what was done and what came of it, by exit codes too."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from operations.cli import app
from operations.commands import replay as replay_command
from operations.commands import streams as streams_command


@pytest.fixture
def dp(world, monkeypatch):
    """The commands at a real broker and ledger; the login by IAM has its own test."""
    stream = SimpleNamespace(topic=world.topic, dead_letters=world.dead_letters)
    dataset = SimpleNamespace(domain="retail", name="orders", stream=stream)
    meant = SimpleNamespace(dataset=dataset, stream=stream, group=f"{world.topic}.replay")
    kafka = SimpleNamespace(
        names=SimpleNamespace(run_ledger=world.table, stream="stream"),
        connection=world.aws,
        settings=world.broker.client,
        records=lambda topic, group: world.records(topic),
    )
    monkeypatch.setattr(replay_command, "target", lambda topic: meant)
    monkeypatch.setattr(streams_command, "targets", lambda domain: [meant])
    for command in (replay_command, streams_command):
        monkeypatch.setattr(command, "connect", lambda name: None)
        monkeypatch.setattr(command, "reach", lambda connection, domain: kafka)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_open_dead_letters_are_told_by_reason_and_replayed(world, dp):
    world.fail(b"a", b"b", reason="price is below 0")

    before = json.loads(dp("streams", "--json").stdout)["streams"][0]
    ended = dp("replay", world.topic, "--wait", "0", "--json")

    assert before["open_dead_letters"] == 2
    found = json.loads(ended.stdout)
    assert [(each["class"], each["reason"], each["records"]) for each in found["open"]] == [
        ("RuleViolation", "price is below 0", 2)
    ]
    assert (found["replayed"], found["not_loaded_yet"], ended.exit_code) == (2, 2, 0)
    after = dp("streams", "--json")
    told = json.loads(after.stdout)["streams"][0]
    assert (told["open_dead_letters"], told["lag"], after.exit_code) == (0, 2, 0)


def test_a_dry_run_shows_differences_and_ends_0(world, dp):
    world.fail(b'{"price": -1}')

    ended = dp("replay", world.topic, "--fix", '{"value": {"price": 0}}', "--dry-run")

    assert ended.exit_code == 0
    assert '-  "price": -1' in ended.stdout
    assert '+  "price": 0' in ended.stdout
    assert "1 would be replayed" in ended.stderr
    assert world.sent() == []


def test_what_no_fix_mends_ends_1_with_the_reason(world, dp):
    world.fail(b"x")

    ended = dp("replay", world.topic, "--fix", "7", "--wait", "0")

    assert ended.exit_code == 1
    assert "the result must be an object" in ended.stderr
    assert "Next: dp streams retail" in ended.stderr


def test_a_topic_without_a_range_is_not_sent_again(world, dp):
    ended = dp("replay", world.topic, "--source", "topic")

    assert ended.exit_code == 2
    assert "--from and --to" in ended.stderr


def test_open_dead_letters_make_streams_end_1(world, dp):
    world.fail(b"x")

    assert dp("streams").exit_code == 1
