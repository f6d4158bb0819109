"""Step Functions: ministack's API and stores with an engine that acts with the state machine's own role."""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Put our engine in the place of ministack's."""
    from ministack.services import stepfunctions as engine

    from local import hooks
    from local.services.stepfunctions import branches, errors, flow, machine, outcome, paths, queries, task

    flow.keep_old_rule(hooks.replace(engine, "_evaluate_rule", flow.rule_holds, parameters="rule data ctx"))
    machine.keep_old_stop(hooks.replace(engine, "_stop_execution", machine.stop, parameters="data"))
    machine.keep_old_starts(
        hooks.replace(engine, "_start_execution", machine.start, parameters="data"),
        hooks.replace(engine, "_start_sync_execution", machine.start_sync, parameters="data"),
    )
    replacements: dict[str, Any] = {
        "_run_execution": machine.run_execution,
        "_run_sub_machine": machine.run_states,
        "_execute_task": task.execute,
        "_execute_choice": flow.choice,
        "_run_parallel_branches": branches.parallel,
        "_run_map_items": branches.inline_map,
        "_evaluate_jsonata": queries.evaluate,
        "_apply_state_assign": queries.assign,
        "_apply_input_path": paths.input_path,
        "_apply_output_path": paths.output_path,
        "_resolve_params_obj": paths.template,
        "_eval_intrinsic_arg": paths.intrinsic_argument,
        "_error_matches": errors.matches,
        "_add_event": outcome.add_event,
        "_fail_execution": outcome.fail,
        "_sleep_until": flow.sleep_until,
    }
    for name, replacement in replacements.items():
        hooks.replace(engine, name, replacement)
    _install_retry()
    _install_test_state()


def _install_retry() -> None:
    from ministack.services import stepfunctions as engine

    from local import hooks
    from local.services.stepfunctions import integrations, retry, running

    hooks.replace(engine, "_with_retry_and_catch", retry.under_retry_and_catch)
    hooks.replace(engine, "_scaled_sleep", running.pause, parameters="seconds")
    hooks.replace(engine, "_invoke_resource", integrations.invoke, parameters="resource input_data")


def _install_test_state() -> None:
    from ministack.services import stepfunctions as engine

    from local import hooks
    from local.services.stepfunctions import running

    def test_state(data: dict[str, Any]) -> Any:
        execution = {
            "executionArn": "",
            "name": "TestState",
            "stateMachineArn": "",
            "status": "RUNNING",
            "events": [],
        }
        running.enter(
            running.Run(
                execution=execution, machine={"roleArn": data.get("roleArn", ""), "name": "TestState"}
            )
        )
        return old(data)

    old = hooks.replace(engine, "_test_state", test_state, parameters="data")
