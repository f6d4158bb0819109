"""A whole domain's day: datasets wave by wave in dependency order, one dbt build, then publication of each.

A dataset that fails blocks only what refers to it; the others are published, and the run fails at its end by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing.states import ledger
from data_platform.processing.states.nested import CHILD, nested
from data_platform.processing.states.task import catch, choose, jsonata, refuse

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_ITEM = {"dataset": jsonata("$states.context.Map.Item.Value")}
_BLOCKED_RESULT = {
    "dataset": jsonata("$states.input.dataset"),
    "status": "BLOCKED",
    "error": "Blocked",
    "cause": "a dataset that it refers to failed",
}
_FAILED = "$results[status in ['FAILED', 'BLOCKED']]"
_BLOCKED = "$count($lookup($ancestors, $states.input.dataset)[$ in $failed_datasets]) > 0"


def domain_states(parts: MachineParts) -> dict[str, State]:
    """From a claimed day of the domain to all its datasets."""
    start: State = {
        "Type": "Pass",
        "Assign": {
            "waves": [list(wave) for wave in parts.waves],
            "ancestors": {dataset: list(names) for dataset, names in parts.ancestors.items()},
            "wave": 0,
            "results": [],
            "failed_datasets": [],
        },
        "Output": {},
        "Next": "ExtractDomain" if parts.sources else "LoadWave",
    }
    loaded = _map(
        parts,
        "LoadWave",
        items="[$waves[$wave]]",
        phase="load",
        blockable=True,
        assign={
            "results": jsonata("[$append($results, $states.result)]"),
            "failed_datasets": jsonata(
                "[$append($failed_datasets, $states.result[status in ['FAILED', 'BLOCKED']].dataset)]"
            ),
            "wave": jsonata("$wave + 1"),
        },
        then="JudgeWave",
    )
    judged = choose(
        "JudgeWave",
        ("$wave < $count($waves)", "LoadWave"),
        ("$count($results[status = 'STAGED']) > 0", "SelectDomainForDbt"),
        otherwise="JudgeDomain",
    )
    selected: State = {
        "Type": "Pass",
        "Assign": {"dbt_select": jsonata("[$results[status = 'STAGED'].dbt_select]")},
        "Output": {},
        "Next": "ClaimDbt",
    }
    return {
        "StartDomain": start,
        **(_extract(parts) if parts.sources else {}),
        **loaded,
        **judged,
        "SelectDomainForDbt": selected,
        **_publish(parts),
        **_ends(parts),
    }


def _extract(parts: MachineParts) -> dict[str, State]:
    """Every source once, before its datasets load: their rows are of one moment. A failure is told by each load."""
    run, failed = "ExtractDomainSource", "ExtractDomainSourceFailed"
    states = nested(
        parts,
        run,
        given={"dataset": jsonata("$states.input.dataset"), "phase": "run"},
        otherwise=failed,
    )
    states[failed] = {"Type": "Pass", "Output": jsonata(CHILD), "End": True}
    state: State = {
        "Type": "Map",
        "Items": [source.item for source in parts.sources],
        "ItemSelector": _ITEM,
        "MaxConcurrency": parts.max_concurrency,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": run, "States": states},
        "Output": {},
        "Catch": [catch("ExtractDomain")],
        "Next": "LoadWave",
    }
    return {"ExtractDomain": state}


def _publish(parts: MachineParts) -> dict[str, State]:
    return _map(
        parts,
        "PublishDomain",
        items="[$results[status = 'STAGED'].dataset]",
        phase="publish",
        blockable=False,
        assign={"results": jsonata("[$append($results[status != 'STAGED'], $states.result)]")},
        then="JudgeDomain",
    )


def _map(
    parts: MachineParts,
    name: str,
    *,
    items: str,
    phase: str,
    blockable: bool,
    assign: dict[str, Any],
    then: str,
) -> dict[str, State]:
    run, failed = f"{name}Dataset", f"{name}DatasetFailed"
    given = {"dataset": jsonata("$states.input.dataset"), "phase": phase}
    states = nested(parts, run, given=given, otherwise=failed)
    states[failed] = {"Type": "Pass", "Output": jsonata(CHILD), "End": True}
    start = run
    if blockable:
        start, blocked = f"{name}Begin", f"{name}Blocked"
        states |= choose(start, (_BLOCKED, blocked), otherwise=run)
        states[blocked] = {"Type": "Pass", "Output": _BLOCKED_RESULT, "End": True}
    state: State = {
        "Type": "Map",
        "Items": jsonata(items),
        "ItemSelector": _ITEM,
        "MaxConcurrency": parts.max_concurrency,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": start, "States": states},
        "Assign": assign,
        "Output": {},
        "Catch": [catch(name)],
        "Next": then,
    }
    return {name: state}


def _ends(parts: MachineParts) -> dict[str, State]:
    judged = choose("JudgeDomain", (f"$count({_FAILED}) > 0", "DatasetsFailed"), otherwise="RecordDomain")
    failed = refuse(
        "DatasetsFailed",
        error="DatasetsFailed",
        cause=f"""$string($count({_FAILED})) & ' of ' & $string($count($results)) & ' datasets of {parts.domain}'
        & ' failed for ' & $run.ingest_date & ': '
        & $join({_FAILED}.(dataset & ' (' & error & '): ' & cause), ' | ')
        & ' | The others are published. Mend each, then run the domain again: what is unchanged loads nothing.'""",
    )
    return {**judged, **failed, **_recorded(parts)}


def _recorded(parts: MachineParts) -> dict[str, State]:
    recorded = ledger.update(
        "RecordDomain",
        table=parts.ledger,
        values={"status": {"S": "SUCCEEDED"}, "finished_at": {"S": jsonata("$now()")}},
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="DomainSucceeded",
    )
    return {
        **recorded,
        "DomainSucceeded": {
            "Type": "Succeed",
            "Output": {
                "status": "SUCCEEDED",
                "dataset": "*",
                "ingest_date": jsonata("$run.ingest_date"),
                "datasets": jsonata("$results"),
            },
        },
    }
