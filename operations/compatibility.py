"""Whether readers and writers of a stream can live with a new version of its schemas, before a registry hears of it.

Others judge: Apache Avro's own library, and buf for Protobuf (docs/adr/0019). What is asked of them follows from the
contract's compatibility mode, as the Glue schema registry defines the modes: BACKWARD, new readers read what was
written; FORWARD, old readers read what will be written; FULL, both; `_ALL`, of every earlier version of the topic
and not the last alone.
"""

from __future__ import annotations

import json
import subprocess
import sysconfig
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset

# buf's strictest rules that say nothing of generated code: on bytes and JSON.
_RULES = ("WIRE_JSON",)
# Of those, what keeps the number of a field that goes from being given to another: asked of the new version in every
# mode, and never of the old one, which knows nothing of fields to come and skips them.
_GONE = (
    "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
    "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "RESERVED_MESSAGE_NO_DELETE",
)
_JSON = ("--error-format", "json", "--config")
_BROKEN = 100  # buf's exit code for findings; any other but 0 is an error of its own
_TIMEOUT_SECONDS = 60


def incompatibilities(new: Dataset, earlier: Sequence[Dataset]) -> tuple[str, ...]:
    """Why the new version's schemas do not fit the topic's earlier ones; empty when they do.

    Versions of another topic (another major version of the contract) or another format are of another subject and
    not looked at.

    Args:
        new: The contract that is to come; its mode decides what is asked.
        earlier: Earlier versions of the contract, the oldest first.

    Raises:
        CommandFailed: when the judge of the format is not installed, or cannot read a schema.
    """
    stream = new.stream
    if stream is None:
        return ()
    subject = [each for each in earlier if each.stream and _subject(each) == (stream.topic, stream.format)]
    if not stream.compatibility.endswith("_ALL"):
        subject = subject[-1:]
    mode = stream.compatibility.removesuffix("_ALL")
    judge = _protobuf if stream.format == "protobuf" else _avro
    found: dict[str, None] = {}  # each reason once, in the order in which it was found
    for old in subject:
        for part, (before, after) in _schemas(old, new).items():
            if mode in ("BACKWARD", "FULL"):
                why = f"version {new.version} cannot read the {part} of {old.version}"
                found |= dict.fromkeys(f"{why}: {reason}" for reason in judge(after, before))
            if mode in ("FORWARD", "FULL"):
                why = f"version {old.version} cannot read the {part} of {new.version}"
                found |= dict.fromkeys(f"{why}: {reason}" for reason in judge(before, after, forward=True))
    return tuple(found)


def _subject(dataset: Dataset) -> tuple[str, str]:
    stream = dataset.stream
    return (stream.topic, stream.format) if stream else ("", "")


def _schemas(old: Dataset, new: Dataset) -> dict[str, tuple[str, str]]:
    """The text of what the registry has and gets, by what it describes; texts that are equal need no judge."""
    from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
    from data_platform.contracts.protobuf_schema import protobuf_key_schema, protobuf_schema

    def texts(dataset: Dataset) -> dict[str, str]:
        if dataset.stream and dataset.stream.format == "protobuf":
            return {"value": protobuf_schema(dataset), "key": protobuf_key_schema(dataset)}
        return {"value": json.dumps(avro_schema(dataset)), "key": json.dumps(avro_key_schema(dataset))}

    before, after = texts(old), texts(new)
    return {part: (before[part], after[part]) for part in before if before[part] != after[part]}


def _avro(reader: str, writer: str, *, forward: bool = False) -> list[str]:  # noqa: ARG001 # the same both ways
    """Why a reader with one schema cannot read what was written with the other, as Avro's library says."""
    try:
        from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
        from avro.schema import parse
    except ImportError as error:
        raise _missing("avro") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of logical types that it leaves to its callers
        ours, theirs = parse(reader), parse(writer)
    result = ReaderWriterCompatibilityChecker().get_compatibility(ours, theirs)  # type: ignore[no-untyped-call]
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    kinds = ", ".join(sorted({one.value.replace("_", " ") for one in result.incompatibilities}))
    where = ", ".join(sorted(result.locations))
    return [f"{kinds} at {where} ({'; '.join(sorted(result.messages))})"]


def _protobuf(reader: str, writer: str, *, forward: bool = False) -> list[str]:
    """The same of two `.proto` files, as buf says; `forward` when the writer is the new version."""
    found = _buf(reader, writer)
    if not forward:
        return [message for _, message in found]
    gone = [message for rule, message in _buf(writer, reader) if rule in _GONE]
    return [message for rule, message in found if rule not in _GONE] + gone


def _buf(text: str, against: str) -> tuple[tuple[str, str], ...]:
    """What buf finds, each with its rule."""
    program = Path(sysconfig.get_path("scripts")) / "buf"
    if not program.is_file():
        raise _missing("buf-bin")
    return _judged(program, text, against, _RULES)


@cache  # versions of a topic often differ in one of their texts, and each start of buf costs 0.1 s
def _judged(program: Path, text: str, against: str, use: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    with tempfile.TemporaryDirectory() as folder:
        here, there = Path(folder) / "here", Path(folder) / "there"
        for place, content in ((here, text), (there, against)):
            place.mkdir()
            (place / "stream.proto").write_text(content, encoding="utf-8")
        rules = {"version": "v2", "breaking": {"use": use}}
        ended = subprocess.run(
            [str(program), "breaking", str(here), "--against", str(there), *_JSON, json.dumps(rules)],
            check=False,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )
    if ended.returncode not in (0, _BROKEN):
        raise CommandFailed(f"buf cannot compare the schemas: {ended.stderr.strip()[:500]}")
    findings = map(json.loads, ended.stdout.splitlines())
    return tuple((finding["type"], finding["message"]) for finding in findings)


def _missing(package: str) -> CommandFailed:
    return CommandFailed(
        f"{package} is not installed, and it judges whether schemas fit together. Mend: `make setup`"
    )
