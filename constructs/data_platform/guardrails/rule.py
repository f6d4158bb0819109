"""A guardrail: what it refuses, why, which standard asks for it, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from data_platform.guardrails.estate import Estate, Resource
    from data_platform.guardrails.expectations import Expectations

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Standards:
    """The controls that a rule serves, by standard.

    Args:
        ism: Controls of the Australian Information Security Manual, as AWS's guard rule set `acsc-ism` (ISM
            2020-06) numbers them; `P…` are its principles.
        essential_eight: Strategies of the Essential Eight that the rule helps with.
        cpg_234: Paragraphs of APRA CPG 234, as AWS's guard rule set `apra-cpg-234` maps them.
        fsbp: Controls of AWS Foundational Security Best Practices.
        cis: Recommendations of the CIS AWS Foundations Benchmark 3.0.
    """

    ism: tuple[str, ...] = ()
    essential_eight: tuple[str, ...] = ()
    cpg_234: tuple[str, ...] = ()
    fsbp: tuple[str, ...] = ()
    cis: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a rule may look at beside the resource itself."""

    estate: Estate
    expected: Expectations


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One resource that breaks one rule, and what exactly is wrong there."""

    rule: Rule
    resource: Resource
    detail: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One guardrail.

    Args:
        id: Public name, `DP-...`; acknowledgements use it as `DataPlatform::DP-...`.
        title: What must hold, in one sentence.
        rationale: What goes wrong otherwise.
        fix: How to mend it.
        types: Resource types that the rule looks at; empty looks at every resource.
        check: Yields what is wrong with a resource, a text a fault; nothing when it is right.
        standards: The controls that ask for it.
        severity: "error" stops synthesis.
    """

    id: str
    title: str
    rationale: str
    fix: str
    types: tuple[str, ...]
    check: Callable[[Resource, Surroundings], Iterable[str]]
    standards: Standards = field(default_factory=Standards)
    severity: Severity = "error"

    def findings(self, around: Surroundings) -> Iterator[Finding]:
        """Every fault in the estate. A check that fails on a resource counts as a fault there, never as a pass."""
        estate = around.estate
        looked_at = (
            estate.of_type(*self.types)
            if self.types
            else [resource for stack in estate.stacks for resource in stack.resources.values()]
        )
        for resource in looked_at:
            try:
                details = sorted(set(self.check(resource, around)))
            except Exception as error:  # noqa: BLE001 - a template that a rule cannot read must not pass it
                details = [f"the rule could not read this resource ({type(error).__name__}: {error})"]
            for detail in details:
                yield Finding(rule=self, resource=resource, detail=detail)
