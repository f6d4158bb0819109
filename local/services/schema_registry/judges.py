"""Whether a definition is one, and whether a reader with one can read what another wrote: others judge.

Avro's own library, and buf for Protobuf, as the operator's command asks them (docs/adr/0019).
"""

from __future__ import annotations

import json
import subprocess
import sysconfig
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT_SECONDS = 60
# buf's strictest rules that say nothing of generated code; of those, what keeps the number of a field that goes from
# being given to another: asked of the new definition only, for the old one skips fields that it does not know.
_RULES = ["WIRE_JSON"]
_GONE = [
    "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
    "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "RESERVED_MESSAGE_NO_DELETE",
]
_FINDINGS = 100  # buf's exit code for findings; any other but 0 is an error of its own


class Unjudged(ValueError):
    """The judge of a format is not there, or does not know the format; the text says how to go on."""


def problem(data_format: str, definition: str) -> str:
    """Why a definition is none of its format; empty when it is.

    Example:
        >>> problem("AVRO", '"string"'), bool(problem("AVRO", '{"type": "record"}'))
        ('', True)
    """
    if data_format == "AVRO":
        return _problem_of_avro(definition)
    if data_format == "PROTOBUF":
        return _problem_of_protobuf(definition)
    return _problem_of_json(definition)


def unreadable(data_format: str, reader: str, writer: str, *, forward: bool = False) -> list[str]:
    """Why a reader with one definition cannot read what was written with another; empty when it can.

    Args:
        data_format: AVRO or PROTOBUF.
        reader: the reader's definition.
        writer: the writer's.
        forward: whether the writer's is the new one.

    Raises:
        Unjudged: Nobody here can tell.

    Example:
        >>> unreadable("AVRO", '"string"', '"string"'), len(unreadable("AVRO", '"int"', '"string"'))
        ([], 1)
    """
    if data_format == "AVRO":
        return _avro(reader, writer)
    if data_format == "PROTOBUF":
        if forward:
            return _protobuf(reader, writer, besides=_GONE) + _protobuf(writer, reader, use=_GONE)
        return _protobuf(reader, writer)
    raise Unjudged("The embedded AWS cannot compare JSON schemas: create them with the compatibility NONE.")


def _avro(reader: str, writer: str) -> list[str]:
    from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
    from avro.schema import parse

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of logical types that the library leaves to its callers
        ours, theirs = parse(reader), parse(writer)
    found = ReaderWriterCompatibilityChecker().get_compatibility(ours, theirs)  # type: ignore[no-untyped-call]
    if found.compatibility is SchemaCompatibilityType.compatible:
        return []
    return [f"{'; '.join(sorted(found.messages))} at {', '.join(sorted(found.locations))}"]


def _problem_of_avro(definition: str) -> str:
    from avro.errors import AvroException
    from avro.schema import parse

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parse(definition)
    except (AvroException, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _problem_of_json(definition: str) -> str:
    import jsonschema

    try:
        content = json.loads(definition)
        jsonschema.validators.validator_for(content).check_schema(content)
    except (json.JSONDecodeError, jsonschema.SchemaError) as error:
        return str(error).splitlines()[0]
    return ""


def _protobuf(
    reader: str, writer: str, *, use: Sequence[str] = _RULES, besides: Sequence[str] = ()
) -> list[str]:
    """What the reader's file has taken away or changed of the writer's, on the wire or as JSON."""
    rules = json.dumps({"version": "v2", "breaking": {"use": list(use), "except": list(besides)}})
    files = {"here": reader, "there": writer}
    return _buf(files, "breaking", ".", "--against", "../there", "--error-format", "json", "--config", rules)


def _problem_of_protobuf(definition: str) -> str:
    return "; ".join(_buf({"here": definition}, "build", ".", "--error-format", "json"))


def _buf(files: dict[str, str], *arguments: str) -> list[str]:
    program = Path(sysconfig.get_path("scripts")) / "buf"
    if not program.is_file():
        raise Unjudged("buf-bin is not installed, and it judges Protobuf. Mend: `make setup`.")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).mkdir()
            (Path(folder) / name / "schema.proto").write_text(content, encoding="utf-8")
        ended = subprocess.run(
            [str(program), *arguments],
            cwd=Path(folder) / "here",
            check=False,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )
    if ended.returncode not in (0, _FINDINGS):
        raise Unjudged(f"buf cannot read the definitions: {ended.stderr.strip()[-500:]}")
    return [
        json.loads(line)["message"] for line in (ended.stdout + ended.stderr).splitlines() if line.strip()
    ]
