"""pg_hba.conf of an instance: IAM users pass because the front has checked them, all others prove a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def content(iam_users: Iterable[str] = ()) -> str:
    """The file for these IAM users. The socket lies in a folder that only we may enter.

    Example:
        >>> print(content(["extractor"]))
        local all rdsadmin trust
        local all "extractor" trust
        local replication "extractor" trust
        local replication rdsadmin trust
        local all all scram-sha-256
        local replication all scram-sha-256
        <BLANKLINE>
    """
    lines = ["local all rdsadmin trust"]
    for user in sorted(iam_users):
        quoted = '"' + user.replace('"', '""') + '"'
        lines += [f"local all {quoted} trust", f"local replication {quoted} trust"]
    lines += ["local replication rdsadmin trust", "local all all scram-sha-256"]
    return "\n".join([*lines, "local replication all scram-sha-256", ""])
