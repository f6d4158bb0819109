"""The catalogue of guardrails as Markdown: what each refuses, why, how to mend it, and which controls ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.guardrails.rules import FAMILIES

if TYPE_CHECKING:
    from data_platform.guardrails.rule import Rule

_COLUMNS = ("rule", "what must hold", "why", "mend", "ISM", "Essential Eight", "CPG 234", "FSBP", "CIS")


def catalogue() -> str:
    """One table a family.

    Example:
        >>> catalogue().splitlines()[0]
        '### Buckets'
    """
    return "\n\n".join(f"### {family}\n\n{_table(rules)}" for family, rules in FAMILIES) + "\n"


def _table(rules: tuple[Rule, ...]) -> str:
    lines = [_row(_COLUMNS), _row(("---",) * len(_COLUMNS)), *(_row(_cells(rule)) for rule in rules)]
    return "\n".join(lines)


def _cells(rule: Rule) -> tuple[str, ...]:
    controls = rule.standards
    return (
        f"`{rule.id}`" if rule.severity == "error" else f"`{rule.id}` (warning)",
        rule.title,
        rule.rationale,
        rule.fix,
        *(
            ", ".join(each)
            for each in (
                controls.ism,
                controls.essential_eight,
                controls.cpg_234,
                controls.fsbp,
                controls.cis,
            )
        ),
    )


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
