"""What is wrong with a contract, said so that its author can mend it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One thing that is wrong: where, what, what is allowed, how to mend it.

    Example:
        >>> print(Finding(file="flights.odcs.yaml", line=7, field="status", what="'activ' is not a status",
        ...               allowed="draft, active", mend="did you mean 'active'?"))
        flights.odcs.yaml:7: status: 'activ' is not a status; allowed: draft, active; did you mean 'active'?
    """

    file: str
    line: int
    field: str
    what: str
    allowed: str = ""
    mend: str = ""

    def __str__(self) -> str:
        """`file:line: field: what; allowed: ...; how to mend`, one line."""
        where = f"{self.file}:{self.line}: " + (f"{self.field}: " if self.field else "")
        allowed = f"allowed: {self.allowed}" if self.allowed else ""
        text = where + "; ".join(part for part in (self.what, allowed, self.mend) if part)
        # A contract may hold any character, a message is one readable line.
        return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class ContractError(ValueError):
    """A contract, or a set of them, breaks its rules. `str()` lists every finding, one a line.

    Args:
        findings: What is wrong, at least one thing.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(sorted(set(findings)))
        super().__init__("\n".join(str(finding) for finding in self.findings))


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The mend for a misspelt word: `did you mean 'x'?`, or nothing when no known word is close.

    Example:
        >>> did_you_mean("clasification", ["classification", "unique"])
        "did you mean 'classification'?"
    """
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(str(word).lower(), names, n=1, cutoff=0.6)
    return f"did you mean {names[close[0]]!r}?" if close else ""
