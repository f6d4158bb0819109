"""A state machine's definition as a graph: its tasks, what leads where, and what nothing leads to.

Source: the Amazon States Language, https://states-language.net/spec.html.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.guardrails.estate import Resource

_ENDINGS = ("Succeed", "Fail")


class UnreadableDefinition(ValueError):
    """The template does not hold the definition as JSON."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The states of one level: of the whole machine, of a parallel branch, or of a map's items.

    Args:
        name: Path of the level within the definition; empty at the top.
        start: The state in which it starts.
        states: State by name.
    """

    name: str
    start: str
    states: Mapping[str, Mapping[str, Any]]

    def tasks(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The task states, by name."""
        yield from ((name, state) for name, state in self.states.items() if state.get("Type") == "Task")

    def faults(self) -> Iterator[str]:
        """What is wrong with the graph."""
        where = f" in {self.name}" if self.name else ""
        if self.start not in self.states:
            yield f"it starts at {self.start!r}, which does not exist{where}"
        for name, state in self.states.items():
            yield from (
                f"{name!r} leads to {next_name!r}, which does not exist{where}"
                for next_name in _successors(state)
                if next_name not in self.states
            )
            ends = state.get("End") is True or state.get("Type") in _ENDINGS
            if not ends and not _successors(state):
                yield f"{name!r} neither ends nor leads anywhere{where}"
        for name in self.states.keys() - self._reached():
            yield f"nothing leads to {name!r}{where}"

    def _reached(self) -> set[str]:
        reached: set[str] = set()
        waiting = [self.start]
        while waiting:
            name = waiting.pop()
            if name in self.states and name not in reached:
                reached.add(name)
                waiting += _successors(self.states[name])
        return reached


def machines(resource: Resource) -> list[Machine]:
    """Every level of a state machine's definition.

    Raises:
        UnreadableDefinition: when the definition lies in S3 or is no JSON.

    Example:
        >>> from data_platform.guardrails.estate import Stack, Estate
        >>> text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}'
        >>> template = {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine",
        ...                                 "Properties": {"DefinitionString": text}}}}
        >>> [machine] = machines(Estate([Stack(name="s", template=template)]).of_type(
        ...     "AWS::StepFunctions::StateMachine")[0])
        >>> list(machine.faults())
        ["'A' leads to 'B', which does not exist"]
    """
    given = resource.properties
    definition = given.get("Definition", given.get("DefinitionString"))
    if definition is None:
        raise UnreadableDefinition("the definition is not in the template (DefinitionS3Location)")
    if isinstance(definition, str):
        replaced = given.get("DefinitionSubstitutions", {})
        text = re.sub(r"\$\{(\w+)\}", lambda match: str(replaced.get(match[1], match[0])), definition)
        try:
            definition = json.loads(text)
        except json.JSONDecodeError as error:
            raise UnreadableDefinition(f"the definition is no JSON: {error}") from error
    return list(_levels("", definition))


def _levels(name: str, definition: Mapping[str, Any]) -> Iterator[Machine]:
    states = definition.get("States", {})
    yield Machine(name=name, start=str(definition.get("StartAt", "")), states=states)
    for key, state in states.items():
        inner = [*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator")]
        for branch in filter(None, inner):
            yield from _levels(f"{name}/{key}".lstrip("/"), branch)


def _successors(state: Mapping[str, Any]) -> list[str]:
    found = [state.get("Next"), state.get("Default")]
    found += [choice.get("Next") for choice in state.get("Choices", [])]
    found += [catcher.get("Next") for catcher in state.get("Catch", [])]
    return [name for name in found if name]
