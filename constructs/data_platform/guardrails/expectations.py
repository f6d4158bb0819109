"""What guardrails must be told, since no template says it: who is trusted, where, and what contracts promise."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data_platform.guardrails.estate import Stack


@dataclass(frozen=True, kw_only=True)
class PromisedLock:
    """The lock that a bucket must have: its mode, and for how many days at least."""

    mode: str
    days: int


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What an application promises. Everything may be left out; a rule that needs it then finds less.

    Args:
        regions: The only regions that stacks and ARNs may name; empty allows every region.
        accounts: Other accounts that policies may trust. A stack's own account always is; accounts of the
            application's other environments are not.
        zone_keys: Key alias (`alias/dp-prod-aviation`) by bucket name pattern (`dp-prod-aviation-*`); the
            first pattern that matches counts.
        locks: The lock that a contract asks for, by bucket name.
        retention: Days for which objects must stay, by bucket name and then by key prefix.
        protected_stacks: Name patterns of stacks whose data must outlive them; stacks with termination
            protection are always among them.

    Example:
        >>> told = Expectations(zone_keys={"dp-prod-aviation-*": "alias/dp-prod-aviation"})
        >>> told.zone_key("dp-prod-aviation-raw-333333333333-ap-southeast-2")
        'alias/dp-prod-aviation'
    """

    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    zone_keys: Mapping[str, str] = field(default_factory=dict)
    locks: Mapping[str, PromisedLock] = field(default_factory=dict)
    retention: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    protected_stacks: tuple[str, ...] = ()

    def trusts(self, account: str, stack: Stack) -> bool:
        """Whether a policy of the stack may name this account."""
        return account in (stack.account, "${AWS::AccountId}", *self.accounts)

    def protects(self, stack: Stack) -> bool:
        """Whether what holds data must outlive this stack."""
        return stack.protected or any(fnmatchcase(stack.name, each) for each in self.protected_stacks)

    def zone_key(self, bucket: str) -> str | None:
        """The alias of the key under which a bucket's objects belong, if anybody said so."""
        matching = (alias for pattern, alias in self.zone_keys.items() if fnmatchcase(bucket, pattern))
        return next(matching, None)
