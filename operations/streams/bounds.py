"""The words of --from and --to: a moment, an age, or an offset."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from operations.exit_codes import CommandFailed, ExitCode

_OFFSET = re.compile(r"(?:(?P<partition>[0-9]{1,9}):)?(?P<offset>[0-9]{1,18})")
_AGE = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_ALLOWED = (
    "Allowed: a moment (2026-11-28, 2026-11-28T20:00, UTC unless it says otherwise), an age (30m, 2h, 7d), "
    "an offset (1500) or one partition's offset (3:1500)"
)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A place in a topic: a moment or an offset, never both.

    Args:
        at_ms: Milliseconds since 1970, UTC, of Kafka's timestamps.
        offset: An offset.
        partition: The one partition that the offset is of; all when it is None.
    """

    at_ms: int | None = None
    offset: int | None = None
    partition: int | None = None

    def before(self, offset: int, timestamp: int) -> bool:
        """Whether the bound stands before a record, or at it.

        Args:
            offset: Of the record.
            timestamp: Of the record, in milliseconds.
        """
        if self.at_ms is not None:
            return self.at_ms <= timestamp
        return (self.offset or 0) <= offset

    def concerns(self, partition: int) -> bool:
        """Whether records of a partition are meant."""
        return self.partition is None or self.partition == partition


@dataclass(frozen=True, kw_only=True)
class Range:
    """Records from a bound on, up to another that is not included."""

    first: Bound | None = None
    last: Bound | None = None

    def holds(self, partition: int, offset: int, timestamp: int) -> bool:
        """Whether a record is in it.

        Example:
            >>> Range(first=Bound(offset=5), last=Bound(offset=7)).holds(0, 6, 0)
            True
        """
        place = (offset, timestamp)
        if any(bound is not None and not bound.concerns(partition) for bound in (self.first, self.last)):
            return False
        if self.first is not None and not self.first.before(*place):
            return False
        return self.last is None or not self.last.before(*place)


def bound(text: str, option: str, now: dt.datetime) -> Bound:
    """What a word of --from or --to means.

    Args:
        text: The word.
        option: The option's name, for the message.
        now: What ages count from.

    Raises:
        CommandFailed: when it means nothing.

    Example:
        >>> noon = dt.datetime(2026, 11, 28, 12, tzinfo=dt.timezone.utc)
        >>> bound("3:1500", "--from", noon)
        Bound(at_ms=None, offset=1500, partition=3)
        >>> bound("2h", "--from", noon).at_ms == int(noon.timestamp() * 1000) - 7_200_000
        True
    """
    if found := _OFFSET.fullmatch(text):
        partition = found["partition"]
        return Bound(offset=int(found["offset"]), partition=None if partition is None else int(partition))
    if found := _AGE.fullmatch(text):
        seconds = int(found["number"]) * _UNITS[found["unit"]]
        return Bound(at_ms=int(now.timestamp() * 1000) - seconds * 1000)
    try:
        moment = dt.datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return Bound(at_ms=round(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise CommandFailed(f"{option} {text!r} is no place in a topic. {_ALLOWED}", ExitCode.USAGE) from None


def chosen(first: str | None, last: str | None, now: dt.datetime) -> Range:
    """The range that --from and --to name.

    Raises:
        CommandFailed: when one means nothing, or nothing can be between them.
    """
    made = Range(
        first=bound(first, "--from", now) if first else None, last=bound(last, "--to", now) if last else None
    )
    if made.first and made.last:
        for low, high in ((made.first.at_ms, made.last.at_ms), (made.first.offset, made.last.offset)):
            if low is not None and high is not None and low >= high:
                raise CommandFailed(f"--from {first} is not before --to {last}: swap them", ExitCode.USAGE)
        if None not in (made.first.partition, made.last.partition) and (
            made.first.partition != made.last.partition
        ):
            raise CommandFailed(
                f"--from {first} and --to {last} are of two partitions: name one", ExitCode.USAGE
            )
    return made
