"""Lifecycle rules of buckets: nothing goes before its lock or promise ends, and steps stand in an order S3 keeps."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards
from data_platform.guardrails.rules.bucket_protection import default_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_BUCKET = ("AWS::S3::Bucket",)
# S3 moves objects down this list only: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
_COLDNESS = (
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)


def _enabled(bucket: Resource) -> list[Mapping[str, Any]]:
    rules = bucket.properties.get("LifecycleConfiguration", {}).get("Rules", [])
    return [rule for rule in rules if rule.get("Status") == "Enabled"]


def _name(rule: Mapping[str, Any]) -> str:
    return f"lifecycle rule {rule.get('Id', 'without id')!r}"


def _before_lock(bucket: Resource, _: Surroundings) -> Iterator[str]:
    mode, days = default_lock(bucket)
    for rule in _enabled(bucket):
        expires = rule.get("ExpirationInDays")
        if mode and expires is not None and int(expires) < days:
            yield f"{_name(rule)} expires objects after {expires} days, but they are locked for {days}"


def _before_retention(bucket: Resource, around: Surroundings) -> Iterator[str]:
    for promised, days in around.expected.retention.get(bucket.name, {}).items():
        for rule in _enabled(bucket):
            prefix = rule.get("Prefix", "")
            if not (promised.startswith(prefix) or prefix.startswith(promised)):
                continue
            expires = rule.get("ExpirationInDays")
            if expires is not None and int(expires) < days:
                yield f"{_name(rule)} deletes {promised} after {expires} days; its contract promises {days}"
            if "ExpirationDate" in rule:
                yield f"{_name(rule)} deletes {promised} on a date, whatever its contract promises"


def _steps(rule: Mapping[str, Any]) -> list[tuple[str, int]]:
    steps = [*listed(rule.get("Transitions")), *listed(rule.get("Transition"))]
    return [
        (step["StorageClass"], int(step["TransitionInDays"])) for step in steps if "TransitionInDays" in step
    ]


def _order(bucket: Resource, _: Surroundings) -> Iterator[str]:
    for rule in _enabled(bucket):
        steps = sorted(_steps(rule), key=lambda step: _COLDNESS.index(step[0]))
        for (warm, warm_days), (cold, cold_days) in combinations(steps, 2):
            if warm_days >= cold_days:
                yield f"{_name(rule)} moves to {cold} on day {cold_days}, before {warm} on day {warm_days}"
        expires, last = rule.get("ExpirationInDays"), max((days for _, days in steps), default=None)
        if expires is not None and last is not None and int(expires) <= last:
            yield f"{_name(rule)} expires on day {expires}, before its transition on day {last}"


RULES = (
    Rule(
        id="DP-S3-EXPIRY-LOCK",
        title="No lifecycle rule expires objects before their lock ends.",
        rationale="The bytes would stay, locked and paid for, while every reader sees them gone.",
        fix="Expire no earlier than the days of the default lock, or shorten the lock in the contract.",
        types=_BUCKET,
        check=_before_lock,
        standards=Standards(ism=("1511",), cpg_234=("36l", "44b"), fsbp=("S3.13", "S3.15")),
    ),
    Rule(
        id="DP-S3-EXPIRY-RETENTION",
        title="No lifecycle rule deletes data before the retention that its contract promises.",
        rationale="Deleted raw data cannot be loaded again, and a record-keeping duty may be broken.",
        fix="Expire after the contract's retention; retention of Expectations says how long that is.",
        types=_BUCKET,
        check=_before_retention,
        standards=Standards(
            ism=("1511", "859"),
            essential_eight=("Regular backups",),
            cpg_234=("36l", "44b"),
            fsbp=("S3.13",),
        ),
    ),
    Rule(
        id="DP-S3-LIFECYCLE-ORDER",
        title="Lifecycle steps get colder with age, and expiry comes last.",
        rationale="S3 never takes a step back to a warmer class; bill and reading time differ from the plan.",
        fix="Order the days as the classes: GLACIER_IR before GLACIER before DEEP_ARCHIVE, then the expiry.",
        types=_BUCKET,
        check=_order,
        standards=Standards(fsbp=("S3.13",)),
    ),
)
