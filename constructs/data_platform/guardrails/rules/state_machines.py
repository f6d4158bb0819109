"""State machines: they are logged, each task ends in time and is tried again, and every state can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.guardrails.definition import Machine, UnreadableDefinition, machines
from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_MACHINE = ("AWS::StepFunctions::StateMachine",)
_RELIABLE = Standards(cpg_234=("36i", "36j"))


def _readable(machine: Resource) -> list[Machine]:
    try:
        return machines(machine)
    except UnreadableDefinition:
        return []  # DP-SFN-GRAPH says so


def _logging(machine: Resource, _: Surroundings) -> Iterator[str]:
    given = machine.properties.get("LoggingConfiguration", {})
    if given.get("Level", "OFF") == "OFF":
        yield "LoggingConfiguration.Level is OFF or not set"
    elif not listed(given.get("Destinations")):
        yield "LoggingConfiguration names no destination"


def _timeout(machine: Resource, _: Surroundings) -> Iterator[str]:
    for level in _readable(machine):
        for name, task in level.tasks():
            if not {"TimeoutSeconds", "TimeoutSecondsPath"} & task.keys():
                yield f"task {name!r} has no TimeoutSeconds"


def _recovery(machine: Resource, _: Surroundings) -> Iterator[str]:
    for level in _readable(machine):
        for name, task in level.tasks():
            missing = [key for key in ("Retry", "Catch") if not task.get(key)]
            if missing:
                yield f"task {name!r} has no {' and no '.join(missing)}"


def _graph(machine: Resource, _: Surroundings) -> Iterator[str]:
    try:
        levels = machines(machine)
    except UnreadableDefinition as error:
        yield str(error)
        return
    for level in levels:
        yield from level.faults()


RULES = (
    Rule(
        id="DP-SFN-LOGGING",
        title="A state machine writes its history to a log group.",
        rationale="Without it nobody can say later which step touched which data.",
        fix="Set LoggingConfiguration with a level and a destination.",
        types=_MACHINE,
        check=_logging,
        standards=Standards(
            ism=("1405",), cpg_234=("67", "Attachment A 1(e)", "Attachment C 7(h)"), fsbp=("StepFunctions.1",)
        ),
    ),
    Rule(
        id="DP-SFN-TIMEOUT",
        title="Every task has a time limit.",
        rationale="Without one a task that got no answer waits for a year, holds its claim, and nobody notices.",
        fix="Set TimeoutSeconds on the task.",
        types=_MACHINE,
        check=_timeout,
        standards=_RELIABLE,
    ),
    Rule(
        id="DP-SFN-RECOVERY",
        title="Every task is retried and its failure caught.",
        rationale="Throttling is normal in AWS; a failure that nobody catches leaves a run half done and unreported.",
        fix="Give the task Retry for passing errors and Catch for the rest.",
        types=_MACHINE,
        check=_recovery,
        standards=_RELIABLE,
    ),
    Rule(
        id="DP-SFN-GRAPH",
        title="Every state can be reached, leads to one that exists, or ends.",
        rationale="A dangling Next is refused only when it is deployed, an unreachable state never runs.",
        fix="Mend the names in Next, Default, Choices and Catch; keep the definition in the template as JSON.",
        types=_MACHINE,
        check=_graph,
        standards=_RELIABLE,
    ),
)
