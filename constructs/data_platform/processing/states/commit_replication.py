"""What DMS wrote, copied to the layout of raw and committed by one manifest, as if our extractor had written it.

Of a replication that goes on, a run takes the files after the last one that was committed; DMS names them in the order
of time. How far it came is the table's `high` in the ledger: when it was cut, and the last file's key.

Files keep their bytes. S3 computes each copy's SHA-256; it tells it in base64, and manifests tell it in hex.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.naming import REPLICATIONS
from data_platform.processing.states.reader import has_replication
from data_platform.processing.states.task import catch, choose, jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

MANIFEST_KEY = (
    "'_extractions/source=' & $source.name & '/ingest_date=' & $run.ingest_date & '/' & $run.run_id & '.json'"
)
# A manifest tells of every file, and a state carries 256 KiB.
_MOST_FILES = 500
_FILES_AT_A_TIME = 10
_FROM = f"""'{REPLICATIONS}source=' & $source.name & '/'
    & $replace($lookup($source.tables, $states.context.Map.Item.Value), '.', '/') & '/'"""
_TO = """$states.context.Map.Item.Value & '/source=' & $source.name & '/ingest_date=' & $run.ingest_date
    & '/run_id=' & $uuid() & '/'"""
_SINCE = "($high := $lookup($highs, $states.context.Map.Item.Value); $exists($high) ? $high : '')"
_LIST = """$merge([
    {'Bucket': $source.bucket, 'Prefix': $states.input.from & ($source.changes ? '' : 'LOAD')},
    $source.changes and $contains($states.input.since, ' ')
        ? {'StartAfter': $substringAfter($states.input.since, ' ')} : {}
])"""
# What an earlier copy left lies there too, until it ages away. Folders of days sort before the files of a whole load.
_NEW_FILES = f"""(
    $load := $states.input.from & 'LOAD';
    $since := $states.input.since;
    $at := $since = '' ? '' : $substringBefore($since, ' ');
    $loads := $source.changes
        ? $at = '' or $toMillis($states.input.ended) >= $toMillis($at)
        : true;
    $fresh := $states.result.Contents[$source.changes or $toMillis(LastModified) >= $toMillis($replication.began)];
    $changed := [$fresh[$substring(Key, 0, $length($load)) != $load]];
    $taken := $loads ? $fresh : $changed[[0..{_MOST_FILES - 1}]];
    $dated := [$taken[$substring(Key, 0, $length($load)) != $load]];
    $last := $dated[-1].Key;
    $more := $loads and $exists($states.result.IsTruncated) and $states.result.IsTruncated;
    $merge([$states.input, {{
        'truncated': $more,
        'high': $source.changes
            ? $replication.began & ' ' & ($exists($last) ? $last : $substringAfter($since, ' ')) : null,
        'files': [$map($taken, function($file, $number) {{ {{
            'from': $file.Key, 'bytes': $file.Size,
            'to': $states.input.prefix & 'part-' & $pad($string($number), -5, '0') & '.parquet'
        }} }})]
    }}])
)"""
_HEX = """(
    $digits := 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    $told := $states.result.CopyObjectResult.ChecksumSHA256;
    $sum := $exists($told) ? $replace($told, '=', 'A') : $error('S3 told no SHA-256 of the copy');
    $digit := function($place) { $length($substringBefore($digits, $substring($sum, $place, 1))) };
    $group := function($four) { $pad($formatBase(
        262144 * $digit(4 * $four) + 4096 * $digit(4 * $four + 1) + 64 * $digit(4 * $four + 2) + $digit(4 * $four + 3)
    , 16), -6, '0') };
    $substring($join($map([0..10], $group)), 0, 64)
)"""
_TABLE = """(
    $files := [$states.result];
    {
        'dataset': $states.input.dataset, 'prefix': $states.input.prefix, 'rows': $states.input.rows,
        'bytes': $count($files) = 0 ? 0 : $sum($files.bytes), 'files': $files,
        'low': $states.input.high != null and $states.input.since != '' ? $states.input.since : null,
        'high': $states.input.high,
        'sha256': $hash($join([$files.sha256]), 'SHA-256')
    }
)"""
_MANIFEST = """(
    $entry := function($table) { {$table.dataset: $sift($table, function($value, $key) { $key != 'dataset' })} };
    {
        'extraction': $run.run_id, 'source': $source.name, 'ingest_date': $run.ingest_date,
        'engine': $source.engine, 'snapshot': 'dms ' & $replication.began, 'started_at': $replication.began,
        'finished_at': $now(), 'tables': $merge([$states.result.$entry($)])
    }
)"""


def commit_replication_states(parts: MachineParts) -> dict[str, State]:
    """From tables that DMS wrote to a committed extraction; nothing where DMS copies nothing."""
    if not has_replication(parts):
        return {}
    return {**_copied(parts), **_written()}


def _copied(parts: MachineParts) -> dict[str, State]:
    state: State = {
        "Type": "Map",
        "Items": jsonata("[$wanted]"),
        "ItemSelector": {
            "dataset": jsonata("$states.context.Map.Item.Value"),
            # What DMS counts of changes is of all runs so far: no figure of this one.
            "rows": jsonata("$source.changes ? null : $lookup($loaded.rows, $states.context.Map.Item.Value)"),
            "ended": jsonata("$lookup($loaded.ended, $states.context.Map.Item.Value)"),
            "since": jsonata(_SINCE),
            "from": jsonata(_FROM),
            "prefix": jsonata(_TO),
        },
        "MaxConcurrency": parts.max_concurrency,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "ListTable",
            "States": {**_listed(), **_files(), **_table_failures()},
        },
        "Assign": {"manifest": jsonata(_MANIFEST)},
        "Output": {},
        "Catch": [catch("CopyTables", fails_as="ExtractionFailed")],
        "Next": "WriteManifest",
    }
    return {"CopyTables": state}


def _told_inside(states: dict[str, State], name: str, *, then: str) -> dict[str, State]:
    """Inside a map nothing can be assigned to the machine: the failure is handed on."""
    states[name]["Catch"] = [
        {"ErrorEquals": ["States.ALL"], "Output": jsonata("$states.errorOutput"), "Next": then}
    ]
    return states


def _listed() -> dict[str, State]:
    listed = task(
        "ListTable",
        resource="aws-sdk:s3:listObjectsV2",
        arguments=jsonata(_LIST),
        output=jsonata(_NEW_FILES),
        then="JudgeTable",
    )
    judged = choose(
        "JudgeTable",
        (f"$states.input.truncated or $count($states.input.files) > {_MOST_FILES}", "TooManyFiles"),
        (
            "$states.input.rows != null and $states.input.rows > 0 and $count($states.input.files) = 0",
            "FilesMissing",
        ),
        otherwise="CopyFiles",
    )
    return {**_told_inside(listed, "ListTable", then="TableNotCopied"), **judged}


def _files() -> dict[str, State]:
    copied = task(
        "CopyFile",
        resource="aws-sdk:s3:copyObject",
        arguments={
            "Bucket": jsonata("$source.bucket"),
            "Key": jsonata("$states.input.to"),
            "CopySource": jsonata("$encodeUrl($source.bucket & '/' & $states.input.from)"),
            "ChecksumAlgorithm": "SHA256",
        },
        output={
            "key": jsonata("$states.input.to"),
            "bytes": jsonata("$states.input.bytes"),
            "sha256": jsonata(_HEX),
        },
        then="CopyFile",
    )
    del copied["CopyFile"]["Next"]
    copied["CopyFile"]["End"] = True
    fail: State = {
        "Type": "Fail",
        "Error": jsonata("$states.input.Error"),
        "Cause": jsonata("$states.input.Cause"),
    }
    files: State = {
        "Type": "Map",
        "Items": jsonata("$states.input.files"),
        "MaxConcurrency": _FILES_AT_A_TIME,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "CopyFile",
            "States": {
                **_told_inside(copied, "CopyFile", then="FileNotCopied"),
                "FileNotCopied": fail,
            },
        },
        "Output": jsonata(_TABLE),
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Output": jsonata("$states.errorOutput"),
                "Next": "TableNotCopied",
            }
        ],
        "End": True,
    }
    return {"CopyFiles": files}


def _table_failures() -> dict[str, State]:
    many = f"""$states.input.from & ' holds more than {_MOST_FILES} files of the copy of ' & $run.ingest_date
    & '. Mend: read so large a table with method: extractor.'"""
    missing = """'DMS says that it copied ' & $string($states.input.rows) & ' rows to ' & $states.input.from
    & ' for ' & $run.ingest_date & ', and no file of them is there. Mend: run the day again with --reread.'"""
    return {
        "TooManyFiles": {"Type": "Fail", "Error": "ExtractionFailed", "Cause": jsonata(many)},
        "FilesMissing": {"Type": "Fail", "Error": "ExtractionFailed", "Cause": jsonata(missing)},
        "TableNotCopied": {
            "Type": "Fail",
            "Error": jsonata("$states.input.Error"),
            "Cause": jsonata("$states.input.Cause"),
        },
    }


def _written() -> dict[str, State]:
    """Only this run writes its manifest, and a repeated write is the same one."""
    return task(
        "WriteManifest",
        resource="aws-sdk:s3:putObject",
        arguments={
            "Bucket": jsonata("$source.bucket"),
            "Key": jsonata(MANIFEST_KEY),
            "Body": jsonata("$manifest"),
            "ContentType": "application/json",
        },
        then="RecordExtraction",
    )
