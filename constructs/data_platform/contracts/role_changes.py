"""Changes of the consumer roles: zones, columns and rows that somebody no longer sees break their queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Dataset, Grant


def role_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to the roles: what each loses, else that it changed."""
    before = {grant.role: grant for grant in old.grants}
    after = {grant.role: grant for grant in new.grants}
    for role in sorted(before.keys() | after.keys()):
        was, now = before.get(role), after.get(role)
        if was == now:
            continue
        losses = list(_losses(was, now)) if was else []
        for what, reason in losses:
            yield Change(field=f"roles.{role}", what=what, breaks=Breaks.CONSUMERS, reason=reason)
        if not losses:
            what, reason = "changed" if was else "added", "nobody loses access"
            yield Change(field=f"roles.{role}", what=what, breaks=Breaks.NOBODY, reason=reason)


def _losses(was: Grant, now: Grant | None) -> Iterator[tuple[str, str]]:
    """What a role sees no longer, and what that means for it."""
    zones = set(was.zones) - set(now.zones if now else ())
    if zones:
        yield f"loses {', '.join(sorted(zones))}", "its queries are refused"
    if now is None:
        return
    hidden = [one for one in was.classifications if one not in now.classifications]
    if hidden:
        yield f"loses {', '.join(hidden)} columns", "queries that name one of them fail"
    if now.row_filter is not None and was.row_filter != now.row_filter:
        what = f"sees other rows: {was.row_filter or 'all'} -> {now.row_filter}"
        yield what, "the same queries give other answers"
