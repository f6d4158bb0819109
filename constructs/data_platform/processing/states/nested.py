"""This machine again, as a run of its own: a dataset of a domain, or a source before its datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.task import jsonata, task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_CAUGHT = """{
    'dataset': $states.input.dataset,
    'Error': $states.errorOutput.Error,
    'Cause': $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ''
}"""
# The nested execution ended with an error of its own, which is in the description of that execution.
CHILD = r"""(
    $text := $string($states.input.Cause);
    $child := $contains($text, /^\s*\{[\s\S]*\}\s*$/) ? $parse($text) : {};
    {
        'dataset': $states.input.dataset,
        'status': 'FAILED',
        'error': $exists($child.Error) ? $child.Error : $states.input.Error,
        'cause': $substring($exists($child.Cause) ? $child.Cause : $text, 0, 1000)
    }
)"""


def nested(
    parts: MachineParts, name: str, *, given: Mapping[str, object], otherwise: str
) -> dict[str, State]:
    """The last state of a branch: a nested run and its output. A failed run is not repeated: its own tasks were.

    Args:
        parts: Names the longest time of a run.
        name: Name of the state.
        given: Input of the nested run, beside day, what is repeated and who started it.
        otherwise: State that follows a failure, with `dataset`, `Error` and `Cause` as input.
    """
    states = task(
        name,
        resource="states:startExecution.sync:2",
        arguments={
            "StateMachineArn": jsonata("$states.context.StateMachine.Id"),
            "Input": {
                "ingest_date": jsonata("$run.ingest_date"),
                "force": jsonata("$run.force"),
                "reread": jsonata("$run.reread"),
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": jsonata("$states.context.Execution.Id"),
                **given,
            },
        },
        output=jsonata("$states.result.Output"),
        then=name,
        timeout_seconds=parts.run_seconds,
        never_again=["States.TaskFailed", "States.Timeout"],
    )
    state = states[name]
    del state["Next"]
    state["End"] = True
    # Variables of the machine cannot be set inside a map: the failure is handed on as output.
    state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": jsonata(_CAUGHT), "Next": otherwise}]
    return states
