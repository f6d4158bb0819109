"""Versions of contracts of events, as columns, and the changes by which gate and registry are compared."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))

from stream_contracts import accepted, column, events

from data_platform.contracts.streams import Reserved

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset

# A column is written "name type", "?" behind the type when it may be empty; values behind it close the list.
BASE = (
    "id bigint",
    "email string",
    "phone string?",
    "quantity int",
    "weight float",
    "price decimal(10,2)",
    "day date",
    "placed timestamp",
    "paid boolean",
    "status string NEW PAID",
)


def version(*columns: str, number: str = "1.0.0", **stream: object) -> Dataset:
    """A version of `retail.orders`; a field number behind `=`, else its place."""
    made, checks = [], []
    for place, line in enumerate(columns, 1):
        text, _, written = line.partition("=")
        name, physical, *values = text.split()
        optional = physical.endswith("?")
        moment = physical.rstrip("?") == "moment"
        made.append(
            column(
                name,
                "timestamp" if moment else physical.rstrip("?"),
                required=not optional,
                instant=moment,
                field_number=int(written) if written else place,
            )
        )
        if values:
            checks.append(accepted(name, *values))
    return events(*made, checks=tuple(checks), version=number, **stream)


def base(*changes: tuple[str, str], without: str = "", plus: str = "", **stream: object) -> Dataset:
    """BASE with some columns written otherwise, without one, or with one more; the others keep their numbers."""
    swapped = dict(changes)
    assert set(swapped) <= set(BASE), swapped
    lines = [swapped.get(text, text) for text in BASE]
    lines = [line if "=" in line else f"{line}={place}" for place, line in enumerate(lines, 1)]
    if without:
        assert without in [text.split()[0] for text in BASE]
        lines = [line for line in lines if line.split()[0] != without]
    return version(*lines, *([f"{plus}=50"] if plus else []), **stream)


def described(dataset: Dataset, text: str) -> Dataset:
    columns = tuple(dataclasses.replace(one, description=text) for one in dataset.columns)
    return dataclasses.replace(dataset, columns=columns)


def gone(number: int, name: str) -> tuple[Reserved, ...]:
    return (Reserved(number=number, name=name),)


ORIGIN = base()
REVERSED = dataclasses.replace(ORIGIN, columns=(ORIGIN.columns[0], *reversed(ORIGIN.columns[1:])))
# What happens: the old version, the new one, whether the new reads the old, whether the old reads the new.
# The answers are AWS's own where its guide has the case (marked AWS), else the Avro specification's.
AVRO = {
    "nothing": (ORIGIN, base(), True, True),
    "words": (ORIGIN, described(ORIGIN, "Other words."), True, True),
    "columns in another order": (ORIGIN, REVERSED, True, True),
    "an optional column comes (AWS)": (ORIGIN, base(plus="zip string?"), True, True),
    "a required column comes (AWS)": (ORIGIN, base(plus="zip string"), False, True),
    "an optional column goes (AWS)": (ORIGIN, base(without="phone"), True, True),
    "a required column goes (AWS)": (ORIGIN, base(without="email"), True, False),
    "an optional column gets another name": (ORIGIN, base(("phone string?", "mobile string?")), True, True),
    "a required column gets another name": (ORIGIN, base(("email string", "mailbox string")), False, False),
    "a required column may be empty": (ORIGIN, base(("email string", "email string?")), True, False),
    "an optional column must be filled in": (ORIGIN, base(("phone string?", "phone string")), False, True),
    "int to bigint": (ORIGIN, base(("quantity int", "quantity bigint")), True, False),
    "bigint to int": (base(("quantity int", "quantity bigint")), ORIGIN, False, True),
    "int to an optional bigint": (ORIGIN, base(("quantity int", "quantity bigint?")), True, False),
    "int to float": (ORIGIN, base(("quantity int", "quantity float")), True, False),
    "int to double": (ORIGIN, base(("quantity int", "quantity double")), True, False),
    "float to double": (ORIGIN, base(("weight float", "weight double")), True, False),
    "double to float": (base(("weight float", "weight double")), ORIGIN, False, True),
    "float to int": (ORIGIN, base(("weight float", "weight int")), False, True),
    "int to string": (ORIGIN, base(("quantity int", "quantity string")), False, False),
    "string to int": (ORIGIN, base(("email string", "email int")), False, False),
    "an optional string to an optional int": (ORIGIN, base(("phone string?", "phone int?")), False, False),
    "boolean to int": (ORIGIN, base(("paid boolean", "paid int")), False, False),
    "boolean to string": (ORIGIN, base(("paid boolean", "paid string")), False, False),
    "date to string": (ORIGIN, base(("day date", "day string")), False, False),
    "date to timestamp": (ORIGIN, base(("day date", "day timestamp")), True, False),
    "timestamp to string": (ORIGIN, base(("placed timestamp", "placed string")), False, False),
    "decimal to double": (ORIGIN, base(("price decimal(10,2)", "price double")), False, False),
    "decimal to int": (ORIGIN, base(("price decimal(10,2)", "price int")), False, False),
    "a closed list gets a value": (ORIGIN, base(("status string NEW PAID", "status string NEW PAID SENT")), True, False),
    "a closed list loses a value": (ORIGIN, base(("status string NEW PAID", "status string NEW")), False, True),
    "a closed list is sorted": (ORIGIN, base(("status string NEW PAID", "status string PAID NEW")), True, True),
    "a closed list gets other values": (ORIGIN, base(("status string NEW PAID", "status string OLD SOLD")), False, False),
    "a closed list is opened": (ORIGIN, base(("status string NEW PAID", "status string")), False, False),
    "an open list is closed": (base(("status string NEW PAID", "status string")), ORIGIN, False, False),
    "an optional closed list comes": (base(without="status"), base(("status string NEW PAID", "status string? NEW PAID")), True, True),
    "the key's type": (ORIGIN, base(("id bigint", "id string")), False, False),
    "the key gets a column": (ORIGIN, base(key=("id", "email")), False, True),
    # Bytes fit though the values mean something else. The version rule of `dp contract diff` refuses these.
    "decimal with another scale": (ORIGIN, base(("price decimal(10,2)", "price decimal(10,4)")), True, True),
    "decimal to string": (ORIGIN, base(("price decimal(10,2)", "price string")), True, True),
    "date to int": (ORIGIN, base(("day date", "day int")), True, True),
    "local time to moment": (ORIGIN, base(("placed timestamp", "placed moment")), True, True),
}  # fmt: skip
MISREAD = ("decimal with another scale", "decimal to string", "date to int", "local time to moment")

P = {"format": "protobuf"}
PROTO = base(**P)
# The same for Protobuf 3, which has no required fields: what is missing is empty, or zero where it may not be empty.
PROTOBUF = {
    "nothing": (PROTO, base(**P), True, True),
    "words": (PROTO, described(PROTO, "Other words."), True, True),
    "columns in another order": (PROTO, dataclasses.replace(REVERSED, stream=PROTO.stream), True, True),
    "an optional column comes (AWS)": (PROTO, base(plus="zip string?", **P), True, True),
    "an optional column goes, reserved (AWS)": (PROTO, base(without="phone", reserved=gone(3, "phone"), **P), True, True),
    "an optional closed list comes": (PROTO, base(plus="state string? VIC TAS", **P), True, True),
    "another number": (PROTO, base(("phone string?", "phone string?=77"), **P), False, False),
    "another name under the number": (PROTO, base(("email string", "mailbox string"), **P), False, False),
    "int to string": (PROTO, base(("quantity int", "quantity string"), **P), False, False),
    "int to float": (PROTO, base(("quantity int", "quantity float"), **P), False, False),
    "int to double": (PROTO, base(("quantity int", "quantity double"), **P), False, False),
    "string to int": (PROTO, base(("email string", "email int"), **P), False, False),
    "an optional string to an optional int": (PROTO, base(("phone string?", "phone int?"), **P), False, False),
    "string to boolean": (PROTO, base(("email string", "email boolean"), **P), False, False),
    "boolean to string": (PROTO, base(("paid boolean", "paid string"), **P), False, False),
    "float to double": (PROTO, base(("weight float", "weight double"), **P), False, False),
    "double to float": (base(("weight float", "weight double"), **P), PROTO, False, False),
    "float to int": (PROTO, base(("weight float", "weight int"), **P), False, False),
    "float to string": (PROTO, base(("weight float", "weight string"), **P), False, False),
    "decimal to double": (PROTO, base(("price decimal(10,2)", "price double"), **P), False, False),
    "decimal to int": (PROTO, base(("price decimal(10,2)", "price int"), **P), False, False),
    "date to string": (PROTO, base(("day date", "day string"), **P), False, False),
    "date to double": (PROTO, base(("day date", "day double"), **P), False, False),
    "timestamp to string": (PROTO, base(("placed timestamp", "placed string"), **P), False, False),
    "timestamp to float": (PROTO, base(("placed timestamp", "placed float"), **P), False, False),
    "a closed list gets a value": (PROTO, base(("status string NEW PAID", "status string NEW PAID SENT"), **P), True, False),
    "a closed list loses a value": (PROTO, base(("status string NEW PAID", "status string NEW"), **P), False, True),
    "a closed list is sorted": (PROTO, base(("status string NEW PAID", "status string PAID NEW"), **P), False, False),
    "a closed list gets other values": (PROTO, base(("status string NEW PAID", "status string OLD SOLD"), **P), False, False),
    "a closed list is opened": (PROTO, base(("status string NEW PAID", "status string"), **P), False, False),
    "an open list is closed": (base(("status string NEW PAID", "status string"), **P), PROTO, False, False),
    "the key's type": (PROTO, base(("id bigint", "id string"), **P), False, False),
}  # fmt: skip
