"""Phase 2 of an extracted dataset: the day's partition of raw points to what its extraction committed, in one call.

Until then no reader sees a byte of it, and an extraction that is repeated replaces the day by the same switch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing.states import ledger
from data_platform.processing.states.nested import CHILD, nested
from data_platform.processing.states.task import catch, choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_EXISTS = "Glue.AlreadyExistsException"
_SOURCE_KEY = {
    "dataset": {"S": jsonata("'source:' & $plan.source")},
    "ingest_date": {"S": jsonata("$run.ingest_date")},
}
_EXTRACTION = """(
    $item := $states.result.Item;
    $tables := $exists($item.tables) ? $parse($item.tables.S) : {};
    $table := $lookup($tables, $run.dataset);
    {
        'status': $exists($item.status) ? $item.status.S : 'NONE',
        'error': $exists($item.error) ? $item.error.S : 'NotExtracted',
        'cause': $exists($item.cause) ? $item.cause.S : 'the ledger knows no extraction of ' & $plan.source & ' for '
            & $run.ingest_date & ' that holds ' & $run.dataset & '. Mend: run the day again.',
        'prefix': $exists($table.prefix) ? $table.prefix : ''
    }
)"""
_TABLE = {"DatabaseName": jsonata("$plan.database.raw"), "TableName": jsonata("$run.dataset")}
_PARTITION = {
    "Values": [jsonata("$run.ingest_date")],
    "StorageDescriptor": jsonata(
        "$merge([$descriptor, {'Location': 's3://' & $plan.raw_bucket & '/' & $landing.prefix}])"
    ),
}


def register_states(parts: MachineParts) -> dict[str, State]:
    """From a claimed day of an extracted dataset to a partition that holds its rows."""
    if not parts.sources:
        return {}
    return {**_extraction(parts), **_found(parts), **_switched()}


def _extraction(parts: MachineParts) -> dict[str, State]:
    """A run of one dataset extracts it first; in a domain's run the source was extracted before."""
    forked = choose("ChooseExtraction", ("$run.phase = 'run'", "ExtractFirst"), otherwise="ReadExtraction")
    given: dict[str, Any] = {
        "dataset": jsonata("'source:' & $plan.source"),
        "datasets": [jsonata("$run.dataset")],
        "phase": "run",
    }
    state = nested(parts, "ExtractFirst", given=given, otherwise="NotExtracted")["ExtractFirst"]
    del state["End"]
    # AlreadyRunning and the like leave no trace in the source's item: they are told as they came.
    state |= {
        "Output": {},
        "Next": "ReadExtraction",
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"failed_at": "ExtractFirst", "fails_as": "ExtractionFailed"},
                "Output": jsonata(_told()),
                "Next": "Explain",
            }
        ],
    }
    return {**forked, "ExtractFirst": state}


def _told() -> str:
    """The nested run's own error and cause."""
    child = CHILD.replace("$states.input.Cause", "$states.errorOutput.Cause")
    child = child.replace("$states.input.dataset", "$run.dataset").replace(
        "$states.input", "$states.errorOutput"
    )
    return f"($told := {child}; {{'Error': $told.error, 'Cause': $told.cause}})"


def _found(parts: MachineParts) -> dict[str, State]:
    read = ledger.read(
        "ReadExtraction",
        table=parts.ledger,
        key=_SOURCE_KEY,
        assign={"landing": jsonata(_EXTRACTION)},
        then="JudgeExtraction",
    )
    judged = choose(
        "JudgeExtraction",
        ("$landing.status = 'FAILED' or $landing.prefix = ''", "NotExtracted"),
        otherwise="ReadRawTable",
    )
    refused = refuse("NotExtracted", error="ExtractionFailed", cause="$landing.cause")
    refused["NotExtracted"]["Output"]["Error"] = jsonata("$landing.error")
    return {**read, **judged, **refused}


def _switched() -> dict[str, State]:
    described = task(
        "ReadRawTable",
        resource="aws-sdk:glue:getTable",
        arguments={"DatabaseName": _TABLE["DatabaseName"], "Name": _TABLE["TableName"]},
        assign={"descriptor": jsonata("$states.result.Table.StorageDescriptor")},
        then="CreatePartition",
    )
    created = task(
        "CreatePartition",
        resource="aws-sdk:glue:createPartition",
        arguments={**_TABLE, "PartitionInput": _PARTITION},
        never_again=[_EXISTS],
        catches=[catch("CreatePartition", _EXISTS, then="UpdatePartition")],
        then="StartListing",
    )
    updated = task(
        "UpdatePartition",
        resource="aws-sdk:glue:updatePartition",
        arguments={
            **_TABLE,
            "PartitionValueList": [jsonata("$run.ingest_date")],
            "PartitionInput": _PARTITION,
        },
        then="StartListing",
    )
    return {**described, **created, **updated}
